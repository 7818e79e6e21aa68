"""Designs of one and two stages, with finite populations, weights only and post-stratified, against R `survey`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from agreement import agree
from findings.design import covariance, make_design
from findings.estimators import ratios
from recorded import assert_same, computed, recorded

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


@pytest.mark.parametrize("name", list(CASES))
def test_against_r(name):
    case = CASES[name]
    frame, values, domains, design = loaded(case)
    weights, answer = frame["weight"].to_numpy(dtype=float), case["answer"]
    found = ratios(values, weights, domains, design)
    total_se = np.sqrt(np.diag(covariance(values, weights, design)))
    means, errors = [answer["mean"], *answer["domain_mean"]], [answer["mean_se"], *answer["domain_se"]]
    of = {"oracle": "package", "tolerance": 1e-8}
    agree("stages", "mean, and mean of a domain, in every design", found.value[0], means, call="svymean()", **of)
    df = [answer["df"], *answer["domain_df"]]
    agree("stages", "degrees of freedom in every design", found.df[0], df, call="degf(subset())", **of)
    agree("stages", f"standard errors of means and totals: {case['design']}", [*found.se[0], *total_se],
          [*errors, answer["total_se"]], call=case["call"], **of)  # fmt: skip


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
    answers = computed("stages")
    if answers is None:
        pytest.skip("not run: R, or its package survey, is not installed")
    assert_same(answers, CASES)
