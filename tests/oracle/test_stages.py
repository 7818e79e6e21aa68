"""Designs of one and two stages, with finite populations, weights only and post-stratified, against R `survey`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from comparison import Comparison, anew, assert_same, check, recorded
from findings.design import covariance, make_design
from findings.estimators import ratios

CASES = recorded("stages")


def loaded(case):
    """Frame, values (rows × 1), domains (everyone, then each group), design of a case."""
    data = case["data"]
    frame = pd.DataFrame({name: data[name] for name in data if name not in ("margin", "base")})
    if "margin" in data:
        frame["margin_cell"] = data["margin"]
    base = np.array(data["base"], dtype=float)
    design = make_design(frame, case["singletons"], "w", calibrated=True, base=base)
    groups = sorted(set(data["domain"]))
    domains = np.array([np.ones(len(frame), dtype=bool), *[(frame["domain"] == g).to_numpy() for g in groups]])
    return frame, frame[["value"]].to_numpy(dtype=float), domains, design


def comparisons():
    for case in CASES.values():
        frame, values, domains, design = loaded(case)
        weights, answer, call = frame["weight"].to_numpy(dtype=float), case["answer"], case["call"]
        found = ratios(values, weights, domains, design)
        yield Comparison("mean", f"svymean, {call}", found.value[0, 0], answer["mean"])
        yield Comparison("standard error of a mean", f"svymean, {call}", found.se[0, 0], answer["mean_se"])
        yield Comparison("mean of a domain", f"subset, {call}", found.value[0, 1:], answer["domain_mean"])
        yield Comparison("standard error in a domain", f"subset, {call}", found.se[0, 1:], answer["domain_se"])
        yield Comparison("degrees of freedom", f"degf, {call}", found.df[0], [answer["df"], *answer["domain_df"]])
        total = np.sqrt(covariance(values, weights, design)[0, 0])
        yield Comparison("standard error of a total", f"svytotal, {call}", total, answer["total_se"])


def test_against_r():
    check("stages", comparisons())


@pytest.mark.parametrize("name", list(CASES))
def test_both_paths_are_one(name):
    frame, values, domains, design = loaded(CASES[name])
    weights = frame["weight"].to_numpy(dtype=float)
    found = ratios(values, weights, domains, design)
    influence = np.column_stack(
        [rows * (values[:, 0] - found.value[0, d]) / weights[rows].sum() for d, rows in enumerate(domains)]
    )
    se = np.sqrt(np.diag(covariance(influence, weights, design)))
    assert np.abs(se / found.se[0] - 1).max() < 1e-12


def test_r_gives_the_recorded_answers():
    answers = anew("stages")
    if answers is None:
        pytest.skip("not run: R, or its package survey, is not installed")
    assert_same(answers, CASES)
