"""Shifts of non-answers and of the length of interviews: by hand, through the gate, and what they mean."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from findings.disclosure import disclose_derived
from findings.influence import sample
from findings.plan import Indicator
from findings.wave_diff.released import released
from findings.wave_diff.shifts import duration, representatives, rows, shares, shifted
from findings.wave_diff.verdicts import rules
from plain import mean_of
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

DESIGN = {"kind": "probability", "weighting": ["none", "design"], "singletons": "error"}
KINDS = ["answered", "declined", "dont_know", "blank", "not_asked"]


def indicator(name: str, source: dict) -> Indicator:
    return Indicator(
        name, "use", "proportion", None, None, f"use__{name}", source, None, None, frozenset(), {}, {}, {}
    )  # fmt: skip


PLAN = [
    indicator("now", {"column": "now", "one": ["yes"], "zero": ["no"], "not_asked": 0}),
    indicator("kept", {"column": "now", "one": ["yes"], "zero": ["no"]}),
    indicator("calm", {"column": "calm", "one": ["yes"], "zero": ["no"]}),
    indicator("index", {"mean_of": ["a", "b"], "scale": {"low": 1}}),
]


def frame(seed: int, declining: float, size: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rest = [0.03, 0.03, 0.2]
    made = {
        "row_id": [f"r{n:06d}" for n in range(size)],
        "base_weight": random.uniform(0.5, 2, size),
        "stratum": random.integers(0, 4, size).astype(str),
        "psu": random.integers(0, 40, size).astype(str),
    }
    made["psu"] = [f"{a}_{b}" for a, b in zip(made["stratum"], made["psu"], strict=True)]
    for one in PLAN:
        share = declining if one.id == "kept" else 0.05
        states = random.choice(KINDS, size, p=[1 - share - sum(rest), share, *rest])
        made[one.column] = np.where(states == "answered", random.integers(0, 2, size), np.nan)
        made[one.column + "__state"] = states
    return pd.DataFrame(made)


EARLIER, LATER = frame(1, 0.05), frame(2, 0.30)


def numbers(of: pd.DataFrame, wave: str) -> dict:
    return shares(sample(of, DESIGN, "design", wave), PLAN, 10)


OWN, BEFORE = numbers(LATER, "b"), numbers(EARLIER, "a")
MADE = rows(OWN, BEFORE, {"wave": "b", "synthetic": True}, "probability", "benjamini_hochberg")


def by_hand(of: pd.DataFrame, state: str) -> dict:
    asked = of["use__kept__state"] != "not_asked"
    value = (of["use__kept__state"] == state).astype(float)
    records = of.assign(value=value, asked=asked, ssu=range(len(of)), fpc1=None, fpc2=None).to_dict("records")
    return mean_of(records, "value", "base_weight", lambda row: row["asked"], DESIGN)


def test_a_shift_is_the_difference_of_two_weighted_shares_of_those_asked():
    found = MADE.set_index("key").loc[
        "diff(wave_diff.now.declined|weights=design@b,wave_diff.now.declined|weights=design@a)"
    ]
    now, then = by_hand(LATER, "declined"), by_hand(EARLIER, "declined")
    se = math.hypot(now["se"], then["se"])
    df = se**4 / (now["se"] ** 4 / now["df"] + then["se"] ** 4 / then["df"])
    value = now["value"] - then["value"]
    assert found["estimate"] == pytest.approx(value, abs=1e-12) and found["se"] == pytest.approx(se, abs=1e-12)
    assert found["df"] == pytest.approx(df) and found["p"] == pytest.approx(2 * student.sf(abs(value / se), df))
    half = student.ppf(0.975, df) * se
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((value - half, value + half))
    assert found["n"] == now["n"] + then["n"] and found["comparison_family"] == "wave_diff"


def test_all_tests_of_a_wave_have_one_correction():
    tests = MADE[MADE["p"].notna()]
    assert len(tests) == 9
    corrected = multipletests(tests["p"], method="fdr_bh")[1]
    assert tests["p_adjusted"].to_numpy() == pytest.approx(corrected)


def test_a_question_is_looked_at_once_and_by_whom_it_was_asked():
    found = representatives(PLAN)
    # The indicator that gives a value to those not asked says nothing of who was asked.
    assert found["now"] == ("now", PLAN[1]) and found["a"] == found["b"] == ("use_index", PLAN[3])


def test_a_large_shift_that_is_told_apart_is_one_and_no_other():
    assert shifted(MADE, OWN, BEFORE, PLAN, rules({})) == {
        "now": [
            {"code": "missing_shift",
             "key": f"diff(wave_diff.now.{kind}|weights=design@b,wave_diff.now.{kind}|weights=design@a)"}
            for kind in ("nonresponse", "declined")
        ]
    }  # fmt: skip
    drift = rules({"comparability": {"missing_points": 0.5}})
    assert {one["code"] for one in shifted(MADE, OWN, BEFORE, PLAN, drift)["now"]} == {"missing_drift"}


def test_a_wave_has_no_shift_from_itself():
    again = {place: numbers(LATER, "a")[place] for place in OWN}
    made = rows(OWN, again, {"wave": "b", "synthetic": True}, "probability", "holm")
    assert (made.loc[made["p"].notna(), "estimate"] == 0).all()
    assert shifted(made, OWN, again, PLAN, rules({})) == {}


def test_with_no_wave_before_there_are_shares_and_no_test_and_volunteers_have_no_error():
    made = rows(OWN, {}, {"wave": "b", "synthetic": True}, "volunteer", "holm")
    assert len(made) == len(OWN) and made[["se", "df", "p", "test"]].isna().all(axis=None)


def judged() -> pd.DataFrame:
    points = {row for cells in MADE["cells"] for row in json.loads(cells)["rows"] if not row.startswith("wave_diff")}
    return pd.DataFrame({"key": sorted(points), "status": "published"})


def test_a_count_below_the_minimum_and_what_would_tell_it_are_withheld():
    limits = {"min_cell": 10, "min_difference": 10}
    passed = disclose_derived(MADE, [judged()], limits).set_index("key")["status"] == "published"
    for key, (place, share) in zip(
        [f"wave_diff.{name}.{kind}|weights=design@b" for name, kind in OWN], OWN.items(), strict=True
    ):
        states = LATER[{"now": "use__kept", "calm": "use__calm", "use_index": "use__index"}[place[0]] + "__state"]
        wanted = KINDS[1:4] if place[1] == "nonresponse" else [place[1]]
        count = int(states.isin(wanted).sum())
        assert not passed[key] or count == 0 or count >= 10
        if share.safe and abs(share.n - int((states == "answered").sum())) >= 10:
            assert passed[key]
    shifts = passed[passed.index.str.startswith("diff")]
    assert shifts.any() and not shifts.all()
    hidden = judged().assign(status="suppressed")
    assert (disclose_derived(MADE, [hidden], limits)["status"] == "suppressed").all()


def test_a_withheld_shift_is_no_reason_that_a_reader_sees():
    reason = {"code": "missing_shift", "verdict": "not_comparable", "question": "now", "key": "k"}
    found = {"wave": "b", "earlier": "a", "waves": [], "levels": {},
             "columns": {"use__now": {"verdict": "not_comparable", "reasons": [reason]}}}  # fmt: skip
    told = released({"wave": "b", "pairs": []}, found, set())["columns"]["use__now"]
    assert told == {"verdict": "not_comparable", "reasons": [{"code": "withheld", "verdict": "not_comparable"}]}
    assert released({"wave": "b", "pairs": []}, found, {"k"})["columns"]["use__now"]["reasons"] == [reason]


def test_minutes_are_those_of_the_analysed_and_an_interrupted_interview_counts_as_the_longest():
    of = sample(LATER, DESIGN, "design", "b")
    minutes = pd.Series("30", index=[*LATER["row_id"], "dropped"]).astype("string")
    minutes.iloc[0], minutes.iloc[1] = "9000", None
    found = duration(of, minutes, 180.0)
    weights = LATER["base_weight"].to_numpy()
    rest = weights[2:].sum()
    assert found.value == pytest.approx((weights[0] * 180 + rest * 30) / (weights[0] + rest))
    assert found.n == len(LATER) - 1 and found.near == [(len(LATER) - 1, len(LATER))]
    assert duration(of, pd.Series(dtype="string"), 180.0) is None
