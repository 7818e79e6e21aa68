"""The register on intervals, answers that are all the same, groups nobody is in, and its check column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from findings.errors import FindingsError
from findings.estimators import estimate, without_row
from findings.influence import sample
from findings.plan import Group, Indicator, Level
from findings.replicates import check_column

WAVE = {"wave": "w", "synthetic": True}
LEVELS = [Level("sex", "sex", 0, False, {}, "sex", {g: Group({}, [g]) for g in ("f", "m", "x")}, None, [])]
OPTIONS = {
    "replicates": {"method": "jackknife", "indicators": ["a"]},
    "weighting": {"max_iterations": 500, "tolerance": 1e-12},
}
DESIGN = {
    "kind": "probability", "singletons": "error", "weighting": ["none", "design", "calibrated"],
    "calibration": {"margins": [{"name": "sex", "totals": {"f": 6500.0, "m": 5500.0}}]},
}  # fmt: skip


def indicator(column, statistic):
    family, name = column.split("__")
    return Indicator(name, family, statistic, None, None, column, {}, None, None, frozenset({"sex"}), {}, {}, {})


INDICATORS = [indicator("a__uses", "proportion"), indicator("a__all", "proportion"), indicator("u__score", "mean"),
              indicator("u__same", "mean"), indicator("u__women", "mean"), indicator("u__none", "mean")]  # fmt: skip


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(8)
    count = 120
    sex = np.array(["f", "m"] * (count // 2))
    made = pd.DataFrame({
        "stratum": ["a"] * 60 + ["b"] * 60, "psu": [f"p{i // 5:02d}" for i in range(count)], "sex": sex,
        "base_weight": np.full(count, 100.0), "margin_sex": sex,
        "weight": np.where(sex == "f", 6500 / 60, 5500 / 60),
        "a__uses": (random.random(count) < 0.3).astype(float), "a__all": 1.0,
        "u__score": random.normal(50, 10, count), "u__same": 7.0,
        "u__women": np.where(sex == "f", random.normal(5, 1, count), np.nan), "u__none": np.nan,
    })  # fmt: skip
    for each in INDICATORS:
        made[each.column + "__state"] = np.where(made[each.column].isna(), "blank", "answered")
    return made


def rows_of(frame, **study):
    return estimate(frame, DESIGN, INDICATORS, LEVELS, study, WAVE)


def one(rows, column, weighting="calibrated", group=None):
    found = rows[(rows["column"] == column) & (rows["weighting"] == weighting)]
    found = found[found["breakdown"].isna() if group is None else (found["group"] == group)]
    assert len(found) == 1
    return found.iloc[0]


def test_answers_that_are_all_the_same_are_estimates_with_a_mark(frame):
    rows = rows_of(frame)
    share, mean = one(rows, "a__all"), one(rows, "u__same")
    assert share["estimate"] == 1 and share["se"] == pytest.approx(0, abs=1e-12) and share["reliability"] == "review"
    assert share["ci_method"] == "korn_graubard" and 0.9 < share["ci_low"] < 1 == share["ci_high"]
    assert mean["estimate"] == pytest.approx(7) and mean["ci_low"] == pytest.approx(mean["ci_high"])
    assert mean["reliability"] == "review" and mean["ci_method"] == "t"
    assert rows[["estimate", "se", "df"]].notna().all(axis=None)


def test_the_interval_is_the_configs_and_named_in_the_row(frame):
    plain, steep = rows_of(frame), rows_of(frame, interval="logit")
    a, b = one(plain, "a__uses"), one(steep, "a__uses")
    assert (a["ci_method"], b["ci_method"]) == ("korn_graubard", "logit") and a["ci_low"] != b["ci_low"]
    assert b["ci_low"] < b["estimate"] < b["ci_high"] and a["reliability"] == b["reliability"]
    # On the logit scale a share of 1 has no interval; it keeps the other, and says so.
    assert one(steep, "a__all")["ci_method"] == "korn_graubard"


def test_what_has_no_row_is_told(frame):
    rows = rows_of(frame)
    assert not (rows["group"] == "x").any() and not (rows["column"] == "u__none").any()
    assert without_row(rows, INDICATORS, LEVELS) == [
        "No respondent, so no row: sex=x.",
        "Nobody has a value of u__women, so no row, in sex=m.",
        "Nobody has a value, so no row: u__none.",
    ]


def test_the_check_column_is_of_the_declared_indicators_in_the_headline_weighting(frame):
    rows = rows_of(frame)
    of = sample(frame, DESIGN, "calibrated", "w")
    rows["se_replicate"] = check_column(rows, of, INDICATORS, DESIGN, OPTIONS)
    known = rows[rows["se_replicate"].notna()]
    assert set(known["weighting"]) == {"calibrated"} and set(known["column"]) == {"a__uses", "a__all"}
    # A jackknife of a mean without calibration is the linearised one but for the ratio; with it, nearly.
    uses = known[known["column"] == "a__uses"]
    assert len(uses) == 3 and (uses["se_replicate"] / uses["se"]).between(0.97, 1.05).all()


def test_a_trimmed_headline_has_no_check(frame):
    of = sample(frame.assign(weight_trimmed=frame["weight"]), DESIGN, "trimmed", "w")
    with pytest.raises(FindingsError, match="not trimmed"):
        check_column(rows_of(frame), of, INDICATORS, DESIGN, OPTIONS)
