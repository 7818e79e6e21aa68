"""Medians and totals: what they count, of whom, and what volunteers have not."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from findings.descriptives import descriptives
from findings.influence import sample
from findings.intervals import of_mean
from findings.plan import Group, Indicator, Level

WAVE = {"wave": "w", "synthetic": True}
SEX = Level("sex", "sex", 0, False, {}, "sex", {g: Group({}, [g]) for g in ("f", "m", "x")}, None, [])


def indicator(column, statistic, *also):
    family, name = column.split("__")
    by, texts = frozenset({"sex"}), ({}, {}, {})
    return Indicator(name, family, statistic, None, None, column, {}, None, None, by, *texts, also=also)


def found(kind="probability", **columns):
    random = np.random.default_rng(5)
    count = 120
    frame = pd.DataFrame({
        "stratum": ["a"] * 60 + ["b"] * 60, "psu": [f"p{i // 6}" for i in range(count)],
        "base_weight": random.uniform(50, 150, count), "sex": ["f", "m"] * 60,
        "u__score": random.integers(0, 101, count).astype(float), "a__uses": (random.random(count) < 0.4).astype(float),
    }).assign(**columns)  # fmt: skip
    design = {"kind": kind, "singletons": "error", "weighting": ["none"] if kind == "volunteer" else ["none", "design"]}
    of = sample(frame, design, "none" if kind == "volunteer" else "design", "w")
    wanted = [indicator("u__score", "mean", "median"), indicator("a__uses", "proportion", "total")]
    rows, notes = descriptives(of, wanted, [SEX], WAVE, kind)
    return frame, rows.set_index("key"), notes


def test_a_total_is_people_and_its_groups_add_up():
    frame, rows, _ = found()
    total = rows.loc["a__uses".replace("__", ".") + ".total|weights=design@w"]
    assert total["estimate"] == pytest.approx((frame["base_weight"] * frame["a__uses"]).sum())
    groups = rows[(rows["statistic"] == "total") & rows["breakdown"].notna()]
    assert groups["estimate"].sum() == pytest.approx(total["estimate"]) and len(groups) == 2
    assert total["ci_low"] < total["estimate"] < total["ci_high"] and total["ci_method"] == "t"
    assert json.loads(total["cells"]) == {"rows": ["a.uses.proportion|weights=design@w"]}


def test_a_median_says_how_many_lie_on_either_side_of_it_and_of_its_limits():
    frame, rows, _ = found()
    median = rows.loc["u.score.median|weights=design@w"]
    assert median["ci_method"] == "woodruff" and median["ci_low"] <= median["estimate"] <= median["ci_high"]
    values = frame["u__score"]
    cells = json.loads(median["cells"])
    assert cells["rows"] == ["u.score.mean|weights=design@w"]
    assert cells["counts"] == [
        (values <= median["estimate"]).sum(), (values >= median["estimate"]).sum(),
        (values <= median["ci_low"]).sum(), (values >= median["ci_high"]).sum(),
    ]  # fmt: skip


def test_volunteers_have_no_total_and_no_interval():
    _, rows, notes = found("volunteer")
    assert set(rows["statistic"]) == {"median"} and rows["ci_low"].isna().all() and rows["se"].isna().all()
    assert "volunteers stand for nobody" in notes[0]


def test_nobody_with_a_value_is_a_note():
    _, rows, notes = found(u__score=np.nan)
    assert set(rows["statistic"]) == {"total"} and notes == ["No median of u__score: nobody has a value."]


def test_answers_that_are_all_the_same_have_no_error_and_are_marked():
    _, rows, _ = found(u__score=50.0, a__uses=1.0)
    median = rows.loc["u.score.median|weights=design@w"]
    assert median["se"] == 0 and median["ci_low"] == median["ci_high"] == 50 and median["reliability"] == "review"


def test_reliability_of_a_mean():
    value, se = np.array([50.0, 50, 50, 50, 1, 0]), np.array([1.0, 1, 0, 1, 0.4, 0.1])
    n, df = np.array([29.0, 30, 500, 500, 500, 500]), np.array([20.0, 20, 20, 7, 20, 20])
    assert of_mean(value, se, n, df).tolist() == [
        "not_reliable", "reliable", "review", "review", "not_reliable", "reliable"]  # fmt: skip
