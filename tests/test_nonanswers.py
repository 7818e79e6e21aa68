"""Non-answers: counts by kind, what may be told of them, worst-case bounds, and whether declining differs by group."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from findings.bounds import imbens_manski
from findings.disclosure import disclose_derived
from findings.influence import sample
from findings.nonanswers import nonanswers, withheld
from findings.plan import expand_indicators, levels
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

WAVE = {"wave": "w", "synthetic": True}
DESIGN = {"kind": "probability", "singletons": "error", "weighting": ["design", "none"]}
DECLINING = {"id": "declining", "kind": "declining", "correction": "holm", "indicators": ["x.trust"], "levels": ["sex"]}
STUDY = {
    "ministries": {}, "services": {}, "barriers": {}, "headline_weighting": "design",
    "disclosure": {"min_cell": 10, "min_difference": 10},
    "breakdowns": {
        "sex": {"column": "sex", "sensitive": False, "ladder": [{"level": "sex", "groups": {"f": {}, "m": {}}}]},
    },
    "indicators": [
        {"id": "trust", "family": "x", "statistic": "proportion", "column": "trust", "one": ["yes"], "zero": ["no"]}
    ],
    "comparisons": [DECLINING],
    "missing": {"bounds": ["x.trust"], "counts": ["x"], "levels": ["sex"]},
}  # fmt: skip


def answers(women: dict[str, int], men: dict[str, int]) -> pd.DataFrame:
    """Respondents by sex and state; `answered` is half 1, half 0. In 2 strata of 10 PSUs, dealt out in turn."""
    parts = []
    for sex, counts in (("f", women), ("m", men)):
        for state, count in counts.items():
            value = np.arange(count) % 2 if state == "answered" else np.full(count, np.nan)
            parts.append(pd.DataFrame({"sex": sex, "x__trust": value, "x__trust__state": state}))
    frame = pd.concat(parts, ignore_index=True)
    place = np.arange(len(frame)) % 20
    return frame.assign(stratum=place // 10, psu=place, base_weight=1.0 + place % 3)


def made(frame: pd.DataFrame, kind: str = "probability") -> tuple[pd.DataFrame, list[str]]:
    of = sample(frame, {**DESIGN, "kind": kind}, "design" if kind == "probability" else "none", "w")
    return nonanswers(of, STUDY, expand_indicators(STUDY), levels(STUDY), WAVE, kind)


def released(rows: pd.DataFrame) -> pd.DataFrame:
    """With every estimate beside them released."""
    places = ["", ";sex=f", ";sex=m"]
    keys = [f"x.trust.proportion|weights={w}{place}@w" for w in ("none", "design") for place in places]
    judged = pd.DataFrame({"key": keys, "status": "published"})
    return disclose_derived(rows, [judged], STUDY["disclosure"]).set_index("key")


FRAME = answers(
    {"answered": 200, "declined": 40, "dont_know": 20, "blank": 0, "not_asked": 30},
    {"answered": 220, "declined": 12, "dont_know": 15, "blank": 11},
)


def test_each_kind_of_non_answer_is_a_share_of_those_asked():
    rows = made(FRAME)[0].set_index("key")
    women = rows.loc["quality.x_trust.declined|weights=none;sex=f@w"]
    assert women["estimate"] == pytest.approx(40 / 260) and women["n"] == 260
    assert rows.loc["quality.x_trust.blank|weights=none@w", "estimate"] == pytest.approx(11 / 518)
    shown = released(made(FRAME)[0])
    # One group's zero is told, so the total is the other's: both are known, and neither is small.
    assert shown.loc["quality.x_trust.blank|weights=none;sex=f@w", "status"] == "published"
    assert shown.loc["quality.x_trust.declined|weights=none;sex=m@w", "estimate"] == pytest.approx(0.047)


def test_a_small_count_is_withheld_with_another_of_its_item_and_of_its_level():
    few = answers({"answered": 200, "declined": 40, "dont_know": 20}, {"answered": 220, "declined": 4, "dont_know": 15})
    shown = released(made(few)[0])["status"]
    place = "quality.x_trust.{}|weights=none;sex={}@w"
    for kind in ("declined", "dont_know"):
        for sex in ("f", "m"):
            assert shown[place.format(kind, sex)] == "suppressed"
    assert shown["quality.x_trust.declined|weights=none@w"] == "published"


def test_the_number_asked_is_withheld_beside_a_near_number_of_answers():
    few = answers({"answered": 200, "declined": 5, "dont_know": 0}, {"answered": 220, "declined": 0, "dont_know": 0})
    shown = released(made(few)[0])["status"]
    # No woman answered "do not know", but how many were asked would tell how many declined.
    assert shown["quality.x_trust.dont_know|weights=none;sex=f@w"] == "suppressed"
    assert shown["quality.x_trust.dont_know|weights=none;sex=m@w"] == "published"


@given(arrays(int, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=st.integers(0, 40)))
def test_no_withheld_count_stands_alone_in_its_row_or_column(counts):
    hidden = withheld(counts, 10)
    assert hidden[(counts > 0) & (counts < 10)].all()
    live = counts.any(axis=0)
    for values, shut in [*zip(counts[:, live], hidden[:, live], strict=True),
                         *zip(counts.T[live], hidden.T[live], strict=True)]:  # fmt: skip
        if shut.any() and len(shut) > 1:
            assert shut.sum() > 1 and (values[shut].sum() >= 10 or not values[~shut].any())
    assert not hidden[:, ~live].any()


def test_bounds_are_the_shares_if_all_silent_were_no_or_yes():
    rows = made(FRAME)[0].set_index("key")
    row = rows.loc["x.trust.bounds|weights=design@w"]
    asked = FRAME[FRAME["x__trust__state"] != "not_asked"]
    low, high = (np.average(asked["x__trust"].fillna(fill), weights=asked["base_weight"]) for fill in (0, 1))
    assert (row["bound_low"], row["bound_high"]) == pytest.approx((low, high))
    assert row["ci_low"] < low < row["estimate"] < high < row["ci_high"] and row["ci_method"] == "imbens_manski"
    answered = FRAME[FRAME["x__trust__state"] == "answered"]
    assert row["estimate"] == pytest.approx(np.average(answered["x__trust"], weights=answered["base_weight"]))
    assert json.loads(row["cells"]) == {"rows": ["x.trust.proportion|weights=design@w"], "counts": [98]}


def test_without_non_answers_the_bounds_are_the_estimate_and_the_interval_is_students():
    found = made(answers({"answered": 200}, {"answered": 220}))[0].set_index("key")
    row = found.loc["x.trust.bounds|weights=design@w"]
    assert row["bound_low"] == pytest.approx(row["estimate"]) and row["bound_high"] == pytest.approx(row["estimate"])
    half = (row["ci_high"] - row["ci_low"]) / 2
    wide = imbens_manski(np.array([0.0]), np.array([0.1]), np.array([18.0]))[0]
    assert wide == pytest.approx(stats.t.ppf(0.975, 18)) and half > 0 and row["df"] == 18
    assert "counts" not in json.loads(row["cells"])


def test_the_interval_falls_from_two_sided_to_one_sided_as_the_bounds_move_apart():
    c = imbens_manski(np.array([0.0, 0.02, 0.1, 0.5]), np.full(4, 0.02), np.full(4, 1e6))
    assert c[0] == pytest.approx(stats.norm.ppf(0.975), abs=1e-4)
    assert c[3] == pytest.approx(stats.norm.ppf(0.95), abs=1e-4) and (np.diff(c) < 0).all()
    assert np.isnan(imbens_manski(np.array([0.1]), np.array([0.1]), np.array([0.0])))[0]


def test_declining_is_tested_by_group_with_every_count_behind_it():
    rows, notes = made(FRAME)
    test = rows.set_index("key").loc["quality.x_trust.rao_scott|weights=design;sex=all@w"]
    assert notes == [] and test["p"] < 0.05 and test["comparison_family"] == "declining"
    assert test["p_adjusted"] == pytest.approx(test["p"]) and test["n"] == 518
    assert json.loads(test["cells"])["counts"] == [220, 40, 246, 12]


def test_where_nobody_declined_nothing_is_tested_and_it_is_said():
    rows, notes = made(answers({"answered": 200}, {"answered": 220}))
    assert not (rows["statistic"] == "rao_scott").any()
    assert notes[0].startswith("Not tested, declining: declining x__trust by sex")


def test_volunteers_have_bounds_without_an_interval_and_no_test():
    rows = made(FRAME, "volunteer")[0]
    bounds = rows[rows["statistic"] == "bounds"]
    assert bounds[["bound_low", "bound_high", "estimate"]].notna().all().all()
    assert rows[["se", "ci_low", "ci_high", "df", "p", "p_adjusted", "test_value"]].isna().all().all()
