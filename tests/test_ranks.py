"""Rank sets: the critical value against Tukey's, the sets against plain loops, and that they hold the true ranks."""

from __future__ import annotations

import importlib.util
import json
import sys
from itertools import permutations

import numpy as np
import pytest
from findings.environment import ROOT
from findings.ranks import critical_value, overlap_sets, rank_sets, standard_errors, studentised
from scipy.stats import studentized_range, t

SPEC = importlib.util.spec_from_file_location("rank_coverage", ROOT / "benchmarks" / "rank_coverage.py")
coverage = importlib.util.module_from_spec(SPEC)
sys.modules["rank_coverage"] = coverage  # its dataclass looks itself up there
SPEC.loader.exec_module(coverage)
DOCS = (ROOT / "docs" / "estimate.md").read_text(encoding="utf-8")


def pairs(count: int) -> np.ndarray:
    return ~np.eye(count, dtype=bool)


@pytest.mark.parametrize("items", [2, 5, 11])
def test_of_independent_items_with_one_variance_the_critical_value_is_tukeys(items):
    # With very many degrees of freedom all differences have one standard error, as Tukey's range assumes.
    noise = studentised(np.eye(items), 1e9, 60_000, 1)
    tukey = studentized_range.ppf(0.95, items, np.inf) / np.sqrt(2)
    assert critical_value(noise, pairs(items), 0.95) == pytest.approx(tukey, rel=0.012)


def test_the_difference_of_two_items_is_students_t_with_few_degrees_of_freedom():
    for df in (1.0, 4.0, 30.0):
        noise = studentised(np.array([[1.0, 0.6], [0.6, 2.0]]), df, 60_000, 2)
        assert critical_value(noise, pairs(2), 0.95) == pytest.approx(t.ppf(0.975, df), rel=0.04)


def test_a_constant_added_to_every_answer_of_a_respondent_changes_no_order():
    # The covariance of differences is what counts: respondents who name more of everything add to all items alike.
    values, own = np.array([0.5, 0.4, 0.1]), np.diag([0.02, 0.03, 0.01]) ** 2
    alone, together = rank_sets(values, own, 60.0), rank_sets(values, own + 0.05**2, 60.0)
    assert (alone.low == together.low).all() and (alone.high == together.high).all()
    low, high = overlap_sets(values, np.sqrt(np.diag(own + 0.05**2)), 60.0)
    assert (high - low).sum() > (together.high - together.low).sum()


def test_words_of_three_examples_known_by_hand():
    apart = rank_sets(np.array([0.2, 0.6, 0.4]), np.eye(3) * 1e-4, 100.0)
    assert apart.point.tolist() == apart.low.tolist() == apart.high.tolist() == [3, 1, 2]
    tied = rank_sets(np.array([0.41, 0.42, 0.40, 0.1]), np.eye(4) * 1e-4, 100.0)
    assert tied.point.tolist() == [2, 1, 3, 4]
    assert tied.low.tolist() == [1, 1, 1, 4] and tied.high.tolist() == [3, 3, 3, 4]
    same = rank_sets(np.array([0.3, 0.3]), np.zeros((2, 2)), 9.0)
    assert same.point.tolist() == [1, 1] and same.low.tolist() == [1, 1] and same.high.tolist() == [2, 2]


def test_shares_that_sum_to_one_have_sets_although_their_covariance_is_singular():
    p = np.array([0.5, 0.3, 0.15, 0.05])
    covariance = (np.diag(p) - np.outer(p, p)) / 900
    found = rank_sets(p, covariance, 100.0)
    assert found.low.tolist() == found.high.tolist() == [1, 2, 3, 4]
    few = rank_sets(p, covariance * 900 / 20, 3.0)
    assert (few.low == 1).all() and (few.high == 4).all()


def by_loops(values, covariance, df, level=0.95, draws=20_000):
    """One-step sets by plain loops, on draws and a quantile of their own."""
    random, items = np.random.default_rng(99), len(values)
    at = [(i, j) for i in range(items) for j in range(items) if i < j]
    se = {(i, j): (covariance[i][i] + covariance[j][j] - 2 * covariance[i][j]) ** 0.5 for i, j in at}
    largest = []
    for draw in random.multivariate_normal(np.zeros(items), covariance, draws):
        largest.append(max(abs(draw[i] - draw[j]) / se[i, j] for i, j in at))
    limit = sorted(largest)[int(level * draws)]
    low, high = [1] * items, [items] * items
    for i, j in at:
        difference = values[i] - values[j]
        if abs(difference) > limit * se[i, j]:
            upper, lower = (i, j) if difference > 0 else (j, i)
            low[lower] += 1
            high[upper] -= 1
    return low, high, limit


def test_sets_are_those_of_plain_loops_or_smaller_by_the_steps():
    random = np.random.default_rng(5)
    smaller = 0
    for _ in range(6):
        root = random.normal(size=(6, 6)) * 0.02
        values, covariance = random.uniform(0.1, 0.6, 6), root @ root.T + 1e-5 * np.eye(6)
        low, high, limit = by_loops(values, covariance, 1e9, draws=4_000)
        ours = rank_sets(values, covariance, 1e9)
        first = critical_value(studentised(covariance, 1e9, 20_000, 3), pairs(6), 0.95)
        assert first == pytest.approx(limit, rel=0.03)
        assert (ours.low >= low).all() and (ours.high <= high).all()
        smaller += int((ours.low > low).sum() + (ours.high < high).sum())
        # What the first step puts in order clearly, the steps keep; what is far from it they leave.
        clear = np.subtract.outer(values, values) / np.where(pairs(6), standard_errors(covariance), 1)
        assert ours.above[clear > 1.03 * limit].all() and not ours.above[clear < t.ppf(0.95, 1e9)].any()
    assert smaller > 0


def test_the_order_of_the_items_changes_nothing():
    values = np.array([0.5, 0.46, 0.3])
    covariance = np.array([[4, 1, 0], [1, 3, 1], [0, 1, 2]]) * 1e-4
    whole = rank_sets(values, covariance, 40.0)
    for order in permutations(range(3)):
        place = list(order)
        moved = rank_sets(values[place], covariance[np.ix_(place, place)], 40.0)
        assert (moved.low == whole.low[place]).all() and (moved.high == whole.high[place]).all()


def test_values_without_a_covariance_have_no_sets():
    for values, df in (([0.1, np.nan], 9.0), ([0.1, 0.2], 0.0)):
        with pytest.raises(ValueError, match="degrees of freedom"):
            rank_sets(np.array(values), np.eye(2), df)


def test_sets_hold_all_true_ranks_of_samples_and_pairs_tested_one_by_one_do_not():
    # Seeds are fixed: 300 samples of ties, the hardest truth; three Monte-Carlo errors below 94 %.
    found = coverage.tally(coverage.TRUTHS["tied"], (30, 4, 4), 300, seed=17, inner=2_000)
    assert found.coverage["stepwise"] > 0.94 - 3 * np.sqrt(0.94 * 0.06 / 300)
    assert found.coverage["pair by pair"] < 0.5
    assert found.size["stepwise"] <= found.size["intervals of the items"]


def test_the_recorded_coverage_is_at_least_94_percent_and_stands_in_the_docs():
    results = json.loads(coverage.RESULTS.read_text(encoding="utf-8"))
    assert results["draws"] >= 2_000 and set(results["designs"]) == set(coverage.DESIGNS)
    many = results["designs"]["120 PSUs in 30 strata"]
    assert set(many) == set(coverage.TRUTHS)
    assert all(found["stepwise"]["coverage"] >= 0.94 for found in many.values())
    assert coverage.table(results) in DOCS, "run benchmarks/rank_coverage.py and put its table into docs/estimate.md"
