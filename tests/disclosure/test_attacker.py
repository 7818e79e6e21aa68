"""The attacker against brute force: every table that fits a release, counted one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from findings.disclosure.attacker import Relation, System, attack
from findings.errors import FindingsError
from hypothesis import given, settings
from hypothesis import strategies as st


def sums_to_total(groups):
    """k of `groups` groups and their total (variables 0..groups), n of each after them; k <= n."""
    k, n = list(range(groups + 1)), list(range(groups + 1, 2 * groups + 2))
    relations = [Relation([part[-1], *part[:-1]], [1.0] + [-1.0] * groups, 0, 0, "sum") for part in (k, n)]
    return relations + [Relation([b, a], [1.0, -1.0], 0, np.inf, "k within n") for a, b in zip(k, n, strict=True)]


def brute_force(truth, relations, known):
    """Least and greatest value of each variable over all integer tables that fit what is known."""
    hidden = [i for i in range(len(truth)) if not known[i]]
    seen = []
    for values in itertools.product(range(int(max(truth)) + 3), repeat=len(hidden)):
        point = list(truth)
        for i, value in zip(hidden, values, strict=True):
            point[i] = value
        sums = [sum(c * point[v] for v, c in zip(r.variables, r.coefficients, strict=True)) for r in relations]
        if all(r.low <= s <= r.high for r, s in zip(relations, sums, strict=True)):
            seen.append(point)
    return np.min(seen, axis=0), np.max(seen, axis=0)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=2, max_size=2),
    st.integers(0, 63),
)
def test_bounds_hold_every_table_that_fits_and_are_no_looser_than_the_line(groups, mask):
    k = [a for a, _ in groups]
    n = [a + b for a, b in groups]
    truth = [*k, sum(k), *n, sum(n)]
    relations = sums_to_total(len(groups))
    known = np.array([bool(mask >> i & 1) for i in range(len(truth))])
    known[[len(k), -1]] = True  # Totals are released, so that every count is bounded.
    low, high = brute_force(truth, relations, known)
    bounds = attack(System(truth, relations), known, list(range(len(truth))), needed=1.0, exact=True)
    # A linear program may allow what whole numbers do not; with sums and differences of whole numbers it does not.
    np.testing.assert_allclose(bounds.low, low, atol=1e-6)
    np.testing.assert_allclose(bounds.high, high, atol=1e-6)


def test_one_suppressed_group_in_a_published_total_is_found():
    truth = [12, 3, 20, 35, 100, 100, 100, 300]
    known = np.array([True, False, True, True] + [True] * 4)
    bounds = attack(System(truth, sums_to_total(3)), known, [1], needed=10.0)
    assert (bounds.low[0], bounds.high[0]) == (3, 3)


def test_two_suppressed_groups_are_bounded_by_their_sum():
    truth = [12, 3, 20, 35, 100, 100, 100, 300]
    known = np.array([False, False, True, True] + [True] * 4)
    bounds = attack(System(truth, sums_to_total(3)), known, [0, 1], needed=100.0, exact=True)
    assert bounds.low.tolist() == [0, 0] and bounds.high.tolist() == [15, 15]


@pytest.mark.parametrize("quick", [True, False])
def test_witnesses_of_a_former_release_count_only_where_they_still_fit(quick):
    truth = [12, 3, 20, 35, 100, 100, 100, 300]
    system, witnesses = System(truth, sums_to_total(3)), []
    known = np.array([False, False, False, True] + [True] * 4)
    first = attack(system, known, [1], needed=10.0, witnesses=witnesses)
    assert first.width[0] >= 10 and witnesses
    # More is released: what was possible then may be so no more.
    known[[0, 2]] = True
    again = attack(system, known, [1], needed=10.0, witnesses=witnesses, quick=quick)
    assert again.width[0] == 0
    # Less is released: the witnesses alone are proof.
    known[[0, 2]] = False
    last = attack(system, known, [1], needed=10.0, witnesses=witnesses)
    assert last.programs == 0 and last.width[0] >= 10


def test_relations_that_contradict_what_is_known_are_an_error():
    with pytest.raises(FindingsError, match="no solution"):
        relations = [Relation([0, 1], [1.0, 1.0], 5, 5, "sum"), Relation([0, 1], [1.0, 1.0], 9, 9, "sum")]
        attack(System([2, 3], relations), np.array([False, False]), [0], needed=10.0)
