"""Totals, ratios, quantiles, differences and ratios of estimates, against R `survey`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from agreement import agree
from findings.design import make_design
from findings.influence import Sample, means, ratios, standard_errors, totals
from findings.quantiles import quantile, quantiles
from recorded import assert_same, computed, recorded

CASES = recorded("linear")
# Where no limit falls below the share of the smallest value, R's rule "math" is ours (see linear.R).
MATH = ("strata", "two_stages", "nhanes")


def loaded(data):
    """The sample, x and y (rows,), and the domains: everyone, then each group."""
    frame = pd.DataFrame({name: values for name, values in data.items() if name not in ("x", "y")})
    design = make_design(frame, "error", "w", calibrated=True, base=frame["base"].to_numpy(dtype=float))
    groups = sorted(set(data["domain"]))
    domains = np.array([np.ones(len(frame), dtype=bool), *[(frame["domain"] == g).to_numpy() for g in groups]])
    of = Sample(frame, frame["weight"].to_numpy(dtype=float), design, "calibrated", "w")
    return of, *(np.array(data[name], dtype=float) for name in "xy"), domains


@pytest.mark.parametrize("name", list(CASES))
def test_against_r(name):
    case = CASES[name]
    of, x, y, domains = loaded(case["data"])
    xs, ys = (np.tile(column[:, None], len(domains)) for column in (x, y))

    def compare(statistic, function, ours, key, parts=("value", "se"), tolerance=1e-8):
        named = {"value": statistic, "se": f"{statistic}: standard error", "low": f"{statistic}: lower limit",
                 "high": f"{statistic}: upper limit"}  # fmt: skip
        for part, numbers in zip(parts, ours, strict=True):
            theirs = np.atleast_1d(np.array(case["answer"][key][part], dtype=float))
            agree("linear", named[part], numbers, theirs, oracle="package", call=function, tolerance=tolerance)

    for statistic, function, found, key in (
        ("total", "svytotal(x)", totals(of, xs, domains), "total"),
        ("ratio", "svyratio(y, x)", ratios(of, ys, xs, domains), "ratio"),
    ):
        compare(statistic, function, (found.value, standard_errors(of, found)[0]), key)
    pair = means(of, xs[:, :2], domains[1:3])
    for statistic, function, found, key in (
        ("difference of two means", "svycontrast(quote(a - b))", pair.combined(np.array([[1.0, -1.0]])), "difference"),
        ("ratio of two means", "svycontrast(quote(a / b))", pair.ratios([(0, 1)]), "quotient"),
    ):
        compare(statistic, function, (found.value, standard_errors(of, found)[0]), key)
    for share, key in ((0.25, "quartile"), (0.5, "median"), (0.9, "upper")):
        found = quantiles(of, ys, domains, share)
        numbers = (found.value, found.se, found.low, found.high)
        parts = ("value", "se", "low", "high")
        compare("quantile", "svyquantile(qrule = smallest)", numbers, key, parts, 1e-6)
        if name in MATH:
            call = 'svyquantile(qrule = "math", interval.type = "mean")'
            compare("quantile, R's rule", call, numbers, f"{key}_math", parts, 1e-6)


def test_a_conversion_is_the_ratio_of_two_indicators_on_the_same_respondents():
    of, x, _, domains = loaded(CASES["strata"]["data"])
    first = (x > np.median(x)).astype(float)
    second = first * (np.arange(len(x)) % 3 == 0)
    both = means(of, np.column_stack([second, first]), np.array([domains[0]] * 2)).ratios([(0, 1)])
    direct = ratios(of, second[:, None], first[:, None], domains[:1])
    among = means(of, second[:, None], [first == 1])
    for other in (direct, among):
        assert other.value == pytest.approx(both.value)
        assert standard_errors(of, other)[0] == pytest.approx(standard_errors(of, both)[0])


def test_a_quantile_is_an_answer_somebody_gave():
    values, weights = np.array([3.0, 1.0, 2.0, 4.0]), np.array([1.0, 1.0, 1.0, 1.0])
    assert [quantile(values, weights, share) for share in (0, 0.25, 0.26, 0.5, 1)] == [1, 1, 2, 2, 4]
    assert np.isnan(quantile(values, weights, 1.1)) and np.isnan(quantile(values[:0], weights[:0], 0.5))
    # Weights of a tenth do not add up to one exactly; the quantile does not show it.
    assert quantile(np.arange(10.0), np.full(10, 0.1), 0.3) == 2


def test_nobody_with_a_value_gives_nothing_and_no_warning():
    of, x, _, domains = loaded(CASES["strata"]["data"])
    empty = np.full((len(x), 1), np.nan)
    for found in (means(of, empty, domains[:1]), ratios(of, empty, empty, domains[:1])):
        assert np.isnan(found.value[0]) and not found.influence.any()
    assert np.isnan(quantiles(of, empty, domains[:1]).value[0])


def test_r_gives_the_recorded_answers():
    answers = computed("linear")
    if answers is None:
        pytest.skip("not run: R, or its package survey, is not installed")
    assert_same(answers, CASES)
