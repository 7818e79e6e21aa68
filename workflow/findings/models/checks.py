"""What keeps a model from being reported: each check gives a cause with its numbers, or nothing.

A model that fails one is withheld whole: a coefficient that runs to infinity or rests on three people is no finding.
Sources: Konis (2007) on separation by linear programming; Belsley, Kuh and Welsch (1980) on condition numbers; Fox and
Monette (1992) on generalised variance inflation; Peduzzi et al. (1996) on events per term.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from findings.models.factors import Matrix
from findings.models.plan import Limits

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Finding:
    """Why a model is withheld: a `cause` in code, and what was found in words (terms and counts, no respondent)."""

    cause: str
    found: str


def checked(
    made: Matrix, outcome: Ints, weights: Floats, df: float, limits: Limits, person: Ints | None = None
) -> Finding | None:
    """The first thing that is wrong with a model's rows, or None.

    `outcome` (rows,) are the classes 0 … K−1 of the answer; a model of a mean has class 0 throughout, and is checked
    for its terms only. Of an ordinal answer, events are counted at the cut that has the fewest. `person` (rows,) says
    whose row it is where respondents have several: cells are of respondents.
    """
    binary = outcome.max(initial=0) > 0
    return (
        _rows(made, outcome)
        or _cells(made, outcome, limits, person)
        or (_events(made, outcome, limits) if binary else None)
        or _freedom(made, df)
        or _collinear(made, weights, limits)
        or (_separated(made, outcome) if binary else None)
    )


def constant(outcome: Floats) -> Finding | None:
    """That every answer is the same."""
    known = outcome[~np.isnan(outcome)]
    if len(known) and (known == known[0]).all():
        return Finding("constant_outcome", f"all {len(known)} answers are the same")
    return None


def level_counts(made: Matrix, outcome: Ints, person: Ints | None = None) -> dict[tuple[str, str], list[int]]:
    """Respondents in every level of every factor by class of the outcome: (factor, level) -> counts.

    `person` (rows,) says whose row it is; each counts once in a cell. None: every row is a respondent's own.
    """
    classes = int(outcome.max(initial=0)) + 1
    whose = np.arange(len(outcome)) if person is None else person
    found = {}
    for i, factor in enumerate(made.factors):
        once = np.unique(np.column_stack([made.place[:, i] * classes + outcome, whose]), axis=0)
        table = np.bincount(once[:, 0], minlength=len(factor.levels) * classes)
        for n, level in enumerate(factor.levels):
            found[factor.name, level] = [int(count) for count in table[n * classes : (n + 1) * classes]]
    return found


def _rows(made: Matrix, outcome: Ints) -> Finding | None:
    if len(outcome) <= made.x.shape[1]:
        return Finding("too_few_rows", f"{len(outcome)} complete rows for {made.x.shape[1]} columns")
    return None


def _cells(made: Matrix, outcome: Ints, limits: Limits, person: Ints | None) -> Finding | None:
    small = [
        f"{name}={level} ({min(counts)})"
        for (name, level), counts in level_counts(made, outcome, person).items()
        if min(counts) < limits.minimum_cell
    ]
    if small:
        return Finding("small_cell", f"fewer than {limits.minimum_cell} in a cell: {', '.join(small)}")
    return None


def _events(made: Matrix, outcome: Ints, limits: Limits) -> Finding | None:
    columns = max(len(made.columns), 1)
    above = [int((outcome > cut).sum()) for cut in range(int(outcome.max()))]
    events = min(min(count, len(outcome) - count) for count in above)
    if events < limits.minimum_events * columns:
        return Finding(
            "few_events", f"{events} events for {columns} terms; {limits.minimum_events:g} for each are wanted"
        )
    return None


def _freedom(made: Matrix, df: float) -> Finding | None:
    if df <= len(made.columns):
        return Finding("few_degrees_of_freedom", f"{df:g} degrees of freedom for {len(made.columns)} terms")
    return None


def _collinear(made: Matrix, weights: Floats, limits: Limits) -> Finding | None:
    x = made.x * np.sqrt(weights / weights.mean())[:, None]
    scaled = x / np.linalg.norm(x, axis=0)
    singular = np.linalg.svd(scaled, compute_uv=False)
    if singular[-1] <= 1e-10 * singular[0]:
        return Finding("collinear", "a term follows from the others")
    condition = float(singular[0] / singular[-1])
    if condition > limits.condition:
        return Finding("collinear", f"condition number {condition:.0f}, over {limits.condition:g}")
    inflation = inflations(made, weights)
    high = [f"{name} ({value:.1f})" for name, value in inflation.items() if value > limits.inflation]
    if high:
        return Finding("collinear", f"variance inflation over {limits.inflation:g}: {', '.join(high)}")
    return None


def inflations(made: Matrix, weights: Floats) -> dict[str, float]:
    """GVIF^(1/df) of every factor: by how much the others inflate a coefficient's variance (Fox and Monette 1992)."""
    columns = list(made.columns.values())
    if len(made.factors) < 2:
        return {factor.name: 1.0 for factor in made.factors}
    centred = made.x[:, columns] - np.average(made.x[:, columns], axis=0, weights=weights)
    products = (centred * weights[:, None]).T @ centred
    scale = np.sqrt(np.diag(products))
    correlation = products / np.outer(scale, scale)
    position = {column: n for n, column in enumerate(columns)}
    found = {}
    for factor in made.factors:
        own = [position[column] for column in made.of(factor)]
        rest = [n for n in range(len(columns)) if n not in own]
        logs = [
            np.linalg.slogdet(correlation[np.ix_(part, part)])[1] for part in (own, rest, list(range(len(columns))))
        ]
        found[factor.name] = float(np.exp((logs[0] + logs[1] - logs[2]) / len(own)))
    return found


def _separated(made: Matrix, outcome: Ints) -> Finding | None:
    for cut in range(int(outcome.max())):
        names = separated(made.x, (outcome > cut).astype(float))
        if names is not None:
            places = {column: f"{name}={level}" for (name, level), column in made.columns.items()}
            told = [places[column] for column in names if column in places]
            return Finding("separation", f"predicts the answer without error: {', '.join(told) or 'all terms'}")
    return None


def separated(x: Floats, y: Floats) -> list[int] | None:
    """Columns along which `y` (0 or 1) is separated, perfectly or in part; None if the coefficients are finite.

    A direction with s·xβ ≥ 0 for every row (s = ±1 by y) that is not 0 throughout lets the likelihood rise for ever:
    a linear program finds one (Konis 2007). Rows that repeat each other count once.
    """
    signed = np.unique(np.where(y[:, None] == 1, x, -x), axis=0)
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs")
    if found.x is None or (signed @ found.x).sum() <= 1e-7:
        return None
    return [int(column) for column in np.flatnonzero(np.abs(found.x) > 1e-7)]
