"""Each thing that keeps a model from being reported is found and named; a sound model passes."""

from __future__ import annotations

import numpy as np
import pytest
from findings.models.checks import Limits, checked, constant, inflations, level_counts, separated
from findings.models.factors import Factor, matrix, places
from findings.models.logistic import logistic

TWO, THREE = Factor("a", ("no", "yes")), Factor("b", ("low", "medium", "high"))


def drawn(rows=900, seed=3):
    """Places of two independent factors, and a binary outcome that depends on them."""
    random = np.random.default_rng(seed)
    place = np.column_stack([random.integers(0, 2, rows), random.integers(0, 3, rows)])
    outcome = (random.random(rows) < 0.3 + 0.2 * place[:, 0]).astype(int)
    return place, outcome, np.ones(rows)


def test_a_sound_model_passes():
    place, outcome, weights = drawn()
    assert checked(matrix(place, [TWO, THREE]), outcome, weights, 40, Limits()) is None
    # A model of a mean has no events to count.
    assert checked(matrix(place, [TWO, THREE]), np.zeros(900, dtype=int), weights, 40, Limits()) is None


def test_small_cells_are_named():
    place, outcome, weights = drawn()
    outcome[place[:, 1] == 2] = 0
    found = checked(matrix(place, [TWO, THREE]), outcome, weights, 40, Limits())
    assert found.cause == "small_cell" and "b=high (0)" in found.found and "a=" not in found.found


def test_few_events_for_the_terms():
    place, outcome, weights = drawn(rows=200)
    found = checked(matrix(place, [TWO, THREE]), outcome, weights, 40, Limits(minimum_events=40, minimum_cell=5))
    assert found.cause == "few_events" and "3 terms" in found.found


def test_fewer_degrees_of_freedom_than_terms():
    place, outcome, weights = drawn()
    assert checked(matrix(place, [TWO, THREE]), outcome, weights, 3, Limits()).cause == "few_degrees_of_freedom"


def test_fewer_rows_than_columns():
    place, outcome, weights = drawn(rows=4)
    assert checked(matrix(place, [TWO, THREE]), outcome, weights, 3, Limits()).cause == "too_few_rows"


def test_a_term_that_follows_from_another():
    place, outcome, weights = drawn()
    same = np.column_stack([place[:, 0], place[:, 0]])
    found = checked(matrix(same, [TWO, Factor("c", ("no", "yes"))]), outcome, weights, 40, Limits())
    assert found.cause == "collinear" and "follows" in found.found


def test_a_term_that_nearly_follows_is_inflated():
    place, outcome, weights = drawn()
    near = place[:, 0].copy()
    near[:25] = 1 - near[:25]
    made = matrix(np.column_stack([place[:, 0], near]), [TWO, Factor("c", ("no", "yes"))])
    # Of two columns the inflation is 1 / (1 - r²).
    r = np.corrcoef(place[:, 0], near)[0, 1]
    assert inflations(made, weights)["a"] == pytest.approx(1 / (1 - r**2), rel=1e-10)
    found = checked(made, outcome, weights, 40, Limits(inflation=5))
    assert found.cause == "collinear" and "a (" in found.found
    assert checked(made, outcome, weights, 40, Limits(inflation=100, condition=5)).cause == "collinear"


def test_separation_is_found_where_the_coefficients_run_away():
    place, _, weights = drawn()
    x = matrix(place, [TWO, THREE]).x
    # Perfect: the outcome is the factor. In part: one level has one outcome only. A combination of two factors.
    perfect = place[:, 0]
    partial = np.where(place[:, 1] == 2, 1, np.arange(900) % 2)
    together = (place.sum(axis=1) > 1).astype(int)
    for outcome in (perfect, partial, together):
        assert separated(x, outcome.astype(float)) is not None
        assert not logistic(x, outcome.astype(float), weights).converged
        found = checked(matrix(place, [TWO, THREE]), outcome, weights, 40, Limits(minimum_cell=0, minimum_events=0))
        assert found.cause == "separation"
    overlapping = drawn()[1]
    assert separated(x, overlapping.astype(float)) is None and logistic(x, overlapping.astype(float), weights).converged


def test_a_constant_outcome():
    assert constant(np.array([1.0, 1.0, np.nan])).cause == "constant_outcome"
    assert constant(np.array([1.0, 0.0])) is None and constant(np.array([np.nan])) is None


def test_levels_are_counted_by_outcome_and_rows_in_no_level_are_marked():
    import pandas as pd

    frame = pd.DataFrame({"a": ["yes", "no", None, "yes"], "b": ["low", "other", "low", "high"]})
    place = places(frame, [TWO, THREE])
    assert place.tolist() == [[1, 0], [0, -1], [-1, 0], [1, 2]]
    whole = place[(place >= 0).all(axis=1)]
    counts = level_counts(matrix(whole, [TWO, THREE]), np.array([1, 0]))
    assert counts["a", "yes"] == [1, 1] and counts["b", "high"] == [1, 0] and counts["a", "no"] == [0, 0]
