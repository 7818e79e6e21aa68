"""Rows of rankings and combinations: of whom, from which weights, with what they need; none of it for volunteers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from findings.estimators import ratios
from findings.influence import means, sample
from findings.plan import expand_indicators
from findings.rankings import combination_rows, effective_df, rows

CODES = ("a", "b", "c")
STUDY = {
    "headline_weighting": "design",
    "breakdowns": {},
    "services": {},
    "ministries": {"m": {}, "other": {}},
    "barriers": {code: {"dimension": "d"} for code in CODES},
    "disclosure": {"min_cell": 10},
    "indicators": [
        {"id": "asked", "family": "f", "statistic": "proportion", "for_each": {"ministry": "ministries"},
         "column": "asked_{ministry}", "one": ["yes"], "zero": ["no"], "base": None},
        {"id": "{barrier}", "family": "barriers", "statistic": "proportion", "column": "q_{ministry}",
         "for_each": {"ministry": "ministries", "barrier": "barriers"}, "contains": "{barrier}", "base": "asked"},
    ],
    "rankings": {"named": {"family": "barriers", "items": "barriers", "level": 0.95}},
    "intersections": {"family": "barriers", "items": "barriers", "sets": 2},
}  # fmt: skip
DESIGN = {"kind": "probability", "weighting": ["none", "design"], "singletons": "error"}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(4)
    count = 400
    stratum = np.repeat(np.arange(4), 100)
    made = pd.DataFrame({
        "stratum": stratum.astype(str), "psu": [f"{s}_{i % 100 // 20}" for i, s in enumerate(stratum)],
        "base_weight": np.array([1.0, 2.0, 0.5, 1.5])[stratum],
    })  # fmt: skip
    for ministry, shift in (("m", 0.0), ("other", 0.2)):
        asked = random.random(count) < 0.8
        made[f"f__asked__{ministry}"] = asked.astype(float)
        for code, share in zip(CODES, (0.7, 0.4, 0.1), strict=True):
            named = (random.random(count) < share + shift).astype(float)
            made[f"barriers__{code}__{ministry}"] = np.where(asked, named, np.nan)
    made.loc[made.index[:7], "base_weight"] = np.nan  # outside the target population
    return made


def test_ranks_are_of_the_shares_of_those_asked_within_each_ministry(frame):
    made = rows(frame, DESIGN, STUDY, {"wave": "w", "synthetic": True})
    ranks = made[made["statistic"] == "rank"]
    assert set(ranks["ministry"]) == {"m", "other"} and len(ranks) == 6
    for ministry, some in ranks.groupby("ministry"):
        own = frame[frame["base_weight"].notna()]
        share = {c: np.average(own[f"barriers__{c}__{ministry}"].fillna(0),
                               weights=own["base_weight"] * own[f"f__asked__{ministry}"]) for c in CODES}  # fmt: skip
        order = sorted(CODES, key=lambda c: -share[c])
        point = some.set_index("indicator")["estimate"]
        assert [point[c] for c in order] == [1.0, 2.0, 3.0]
        assert (some["rank_low"] <= some["estimate"]).all() and (some["estimate"] <= some["rank_high"]).all()
        assert set(some["comparison_family"]) == {f"rank.named.{ministry}"}
        needed = {tuple(json.loads(cells)["rows"]) for cells in some["cells"]}
        assert needed == {tuple(f"barriers.{c}.proportion|ministry={ministry};weights=design@w" for c in CODES)}
    assert ranks.set_index("key").loc["barriers.a.rank|ministry=m;weights=design@w", "rank_high"] == 1


def test_combinations_are_the_estimates_of_their_own_indicators(frame):
    of = sample(frame, DESIGN, "design", "w")
    made = combination_rows(of, STUDY, expand_indicators(STUDY), intervals=True)
    some = {row["indicator"]: row for row in made if row["ministry"] == "m"}
    # The two most named of three.
    assert set(some) == {"none", "a", "b", "a__b"}
    assert sum(row["estimate"] for row in some.values()) == pytest.approx(1)
    a, b = (of.frame[f"barriers__{c}__m"].to_numpy() for c in ("a", "b"))
    only = np.where(np.isnan(a), np.nan, ((a == 1) & (b == 0)).astype(float))
    found = ratios(only[:, None], of.weights, np.ones((1, len(only)), dtype=bool), of.design)
    assert some["a"]["estimate"] == pytest.approx(found.value[0, 0])
    assert some["a"]["se"] == pytest.approx(found.se[0, 0])
    assert json.loads(some["a"]["cells"])["counts"] == [int(np.nansum(only)), int((only == 0).sum())]
    assert some["a"]["ci_low"] < some["a"]["estimate"] < some["a"]["ci_high"]


def test_a_set_that_few_named_is_not_combined(frame):
    few = frame.assign(**{"barriers__b__m": np.where(frame["f__asked__m"] == 1, 0.0, np.nan)})
    few.loc[few.index[few["f__asked__m"] == 1][20:25], "barriers__b__m"] = 1.0
    of = sample(few, DESIGN, "design", "w")
    made = combination_rows(of, STUDY, expand_indicators(STUDY), intervals=True)
    assert {row["indicator"] for row in made if row["ministry"] == "m"} == {"none", "a", "c", "a__c"}


def test_of_volunteers_there_are_neither_sets_nor_intervals(frame):
    design = {**DESIGN, "kind": "volunteer", "weighting": ["none"]}
    made = rows(frame, design, STUDY, {"wave": "w", "synthetic": True})
    assert set(made["weighting"]) == {"none"} and made["estimate"].notna().all()
    columns = [
        "se",
        "ci_low",
        "ci_high",
        "ci_method",
        "df",
        "rank_low",
        "rank_high",
        "comparison_family",
        "reliability",
    ]
    assert made[columns].isna().all().all()


def test_degrees_of_freedom_are_satterthwaites_over_strata_and_no_more_than_the_designs():
    random = np.random.default_rng(2)
    count = 300
    stratum = np.repeat(np.arange(3), 100)
    frame = pd.DataFrame({"stratum": stratum.astype(str), "psu": [f"{s}_{i // 5}" for i, s in enumerate(stratum)]})
    frame["base_weight"] = np.array([1.0, 1.0, 5.0])[stratum]
    value = random.random((count, 2))
    of = sample(frame, DESIGN, "design", "w")
    shares = means(of, value, np.ones((2, count), dtype=bool))
    by_stratum = []
    for s in range(3):
        totals = [(shares.influence * of.weights[:, None])[(frame["psu"] == p).to_numpy()].sum(axis=0)
                  for p in frame.loc[stratum == s, "psu"].unique()]  # fmt: skip
        by_stratum.append(20 * np.var(totals, axis=0, ddof=1))
    share = (np.array(by_stratum) / np.sum(by_stratum, axis=0)).sum(axis=1)
    assert effective_df(of, shares) == pytest.approx(share.sum() ** 2 / (share**2 / 19).sum())
    assert 19 < effective_df(of, shares) < 57  # one stratum has nearly all of the variance
