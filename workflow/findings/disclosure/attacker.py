"""The attacker of the gate: how tightly can a count that was withheld be bounded from all that is released?

A system of counts is a set of variables (each a number of respondents, never negative) and linear relations between
them, all of which the attacker knows: groups sum to their total, an answer and its contrary to their base, users are
among the aware. The attacker also knows every released count. What is left is a linear program per count; since counts
in different connected components have nothing to do with each other, one program is solved for all components at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from findings.errors import FindingsError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

# Programs of random sums settle half of the open targets each; after so many in vain, those left are tried singly.
ROUNDS_IN_VAIN = 2
SLACK = 1e-6  # HiGHS's feasibility tolerance is 1e-7; a width of 10 - 1e-6 respondents is 10


@dataclass
class Relation:
    """`low <= sum(coefficients * variables) <= high`; an equation has low = high. `kind` says what it means."""

    variables: list[int]
    coefficients: list[float]
    low: float
    high: float
    kind: str


class System:
    """Counts with their true values and the relations between them.

    `truth` (variables,) holds the true counts: the attacker uses only those marked known; the others serve as a first
    feasible point. `floor` (variables,) is the least value that the attacker can rule in, 0 where nothing is known.
    """

    def __init__(self, truth: Sequence[float], relations: Sequence[Relation], floor: Sequence[float] | None = None):
        self.truth: Floats = np.asarray(truth, dtype=float)
        self.floor: Floats = np.zeros(len(self.truth)) if floor is None else np.asarray(floor, dtype=float)
        self.relations = list(relations)
        pointer = np.cumsum([0] + [len(relation.variables) for relation in self.relations])
        columns = [variable for relation in self.relations for variable in relation.variables]
        values = [float(value) for relation in self.relations for value in relation.coefficients]
        shape = (len(self.relations), len(self.truth))
        self.matrix = sparse.csr_array((values, columns, pointer), shape=shape)
        self.low: Floats = np.array([relation.low for relation in self.relations], dtype=float)
        self.high: Floats = np.array([relation.high for relation in self.relations], dtype=float)
        self._touch = sparse.csr_array((np.ones(len(columns)), columns, pointer), shape=shape)

    def pinned(self, known: Bools) -> Bools:
        """The variables that follow by subtraction alone: equations with one unknown left, again and again."""
        pinned = known.copy()
        equation = self.low == self.high
        while True:
            unknown = (~pinned).astype(float)
            single = equation & (np.rint(self._touch @ unknown) == 1)
            new = ((self._touch.T @ single.astype(float)) > 0) & ~pinned
            if not new.any():
                return pinned
            pinned |= new


@dataclass
class Bounds:
    """Least and greatest possible value of each target, shape (targets,).

    Where `exact` is False the attacker's true range holds [low, high] and is at least as wide as was asked for, so the
    search stopped. An upper end at the system's cap means that nothing bounds the count.
    """

    low: Floats
    high: Floats
    exact: Bools
    programs: int = 0

    @property
    def width(self) -> Floats:
        """Width of each range, in respondents."""
        return self.high - self.low


@dataclass
class _Program:
    """The unknown part of a system: its variables (places in the system), constraints and component of each."""

    variables: Ints
    equal: sparse.csr_array
    equal_to: Floats
    below: sparse.csr_array
    below_to: Floats
    bounds: Floats
    component: Ints
    solved: int = 0

    def part(self, components: Ints) -> _Program:
        """The same program on some of its components only."""
        keep = np.isin(self.component, components)
        equal, below = self.equal[:, keep], self.below[:, keep]
        some_equal, some_below = np.diff(equal.indptr) > 0, np.diff(below.indptr) > 0
        return _Program(
            self.variables[keep],
            equal[some_equal],
            self.equal_to[some_equal],
            below[some_below],
            self.below_to[some_below],
            self.bounds[keep],
            self.component[keep],
        )

    def minimise(self, cost: Floats) -> Floats:
        """Point (variables,) of least cost."""
        self.solved += 1
        answer = linprog(  # type: ignore[call-overload]  # its stubs refuse sparse matrices, which it takes
            cost,
            A_ub=self.below if self.below.shape[0] else None,
            b_ub=self.below_to if self.below.shape[0] else None,
            A_eq=self.equal if self.equal.shape[0] else None,
            b_eq=self.equal_to if self.equal.shape[0] else None,
            bounds=self.bounds,
            method="highs",
        )
        if answer.x is None:
            raise FindingsError(f"The attacker's linear program has no solution (status {answer.status})")
        return np.asarray(answer.x, dtype=float)


def _program(system: System, pinned: Bools, active: Bools, cap: float) -> _Program:
    hidden = np.flatnonzero(~pinned)
    rows = np.flatnonzero(active & (system._touch @ (~pinned).astype(float) > 0))
    matrix = system.matrix[rows]
    fixed = matrix @ np.where(pinned, system.truth, 0.0)
    free = sparse.csr_array(matrix[:, hidden])
    low, high = system.low[rows] - fixed, system.high[rows] - fixed
    equal = low == high
    upper, lower = ~equal & np.isfinite(high), ~equal & np.isfinite(low)
    count = len(hidden)
    # Two variables of one relation are in one component.
    graph = sparse.csr_array(abs(free).T @ abs(free)) if len(rows) else sparse.csr_array((count, count))
    component = (
        connected_components(graph, directed=False)[1].astype(np.int64) if count else np.zeros(0, dtype=np.int64)
    )
    return _Program(
        hidden,
        free[equal],
        low[equal],
        sparse.csr_array(sparse.vstack([free[upper], -free[lower]])),
        np.concatenate([high[upper], -low[lower]]),
        np.column_stack([system.floor[hidden], np.full(count, cap)]),
        component,
    )


def attack(
    system: System,
    known: Bools,
    targets: Sequence[int] | Ints,
    *,
    needed: float,
    exact: bool = False,
    quick: bool = False,
    active: Bools | None = None,
    witnesses: list[Floats] | None = None,
) -> Bounds:
    """Bound every target from the known counts and the relations.

    `known` (variables,) marks the released counts, `active` (relations,) the relations that hold for this release (all
    if None). With `exact` every bound is solved for; else a count is left as soon as two possible values at least
    `needed` apart were met, which proves the same. Raises FindingsError if the relations contradict each other.
    """
    targets = np.asarray(targets, dtype=int)
    pinned = system.pinned(known)
    active = np.ones(len(system.relations), dtype=bool) if active is None else active
    cap = 2 * float(system.truth.max(initial=0)) + 10 * needed + 10
    program = _program(system, pinned, active, cap)
    place = np.full(len(system.truth), -1)
    place[program.variables] = np.arange(len(program.variables))
    low, high = system.truth.copy(), system.truth.copy()
    done = pinned.copy()

    def see(part: _Program, point: Floats) -> None:
        low[part.variables] = np.minimum(low[part.variables], point)
        high[part.variables] = np.maximum(high[part.variables], point)
        if witnesses is not None:
            whole = system.truth.copy()
            whole[part.variables] = point
            witnesses.append(whole)

    for witness in witnesses or []:
        possible = _possible(witness, system, program, active, cap)
        np.minimum(low, possible, out=low)
        np.maximum(high, possible, out=high)

    def open_targets() -> Ints:
        wanted = targets[~done[targets]]
        return wanted if exact else wanted[high[wanted] - low[wanted] < needed - SLACK]

    programs, in_vain = 0, ROUNDS_IN_VAIN if exact else 0
    random = np.random.default_rng(0)
    while in_vain < (1 if quick else ROUNDS_IN_VAIN) and len(wanted := open_targets()):
        part = program.part(np.unique(program.component[place[wanted]]))
        cost = np.where(np.isin(part.variables, wanted), random.choice([-1.0, 1.0], len(part.variables)), 0.0)
        see(part, part.minimise(cost))
        see(part, part.minimise(-cost))
        programs += 2
        settled = len(wanted) - len(open_targets())
        in_vain = in_vain + 1 if settled <= (len(wanted) // 10 if quick else 0) else 0
    if quick:
        return Bounds(low[targets], high[targets], done[targets], programs)
    while len(wanted := open_targets()):
        # One target per component: the components are independent, so the optimum of the sum is every one's optimum.
        components, first = np.unique(program.component[place[wanted]], return_index=True)
        chosen = wanted[first]
        part = program.part(components)
        cost = np.isin(part.variables, chosen).astype(float)
        see(part, part.minimise(cost))
        see(part, part.minimise(-cost))
        programs += 2
        done[chosen] = True
    return Bounds(low[targets], high[targets], done[targets], programs)


def _possible(witness: Floats, system: System, program: _Program, active: Bools, cap: float) -> Floats:
    """The witness where it holds to every relation of this release, the truth in the other components."""
    point = system.truth.copy()
    point[program.variables] = witness[program.variables]
    sums = system.matrix @ point
    slack = SLACK + 1e-7 * (abs(system.matrix) @ abs(point))
    broken = active & ((sums < system.low - slack) | (sums > system.high + slack))
    outside = (point < system.floor - SLACK) | (point > cap + SLACK)
    outside |= (system._touch[np.flatnonzero(broken)].sum(axis=0) > 0) & (system._touch.shape[0] > 0)
    component = np.full(len(point), -1)
    component[program.variables] = program.component
    bad = np.isin(component, np.setdiff1d(component[outside], [-1]))
    return np.where(bad, system.truth, point)
