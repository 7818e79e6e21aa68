"""The estimates of one exclusion set under one weighting: all definitions and ways with missing answers at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from findings.influence import Sample, means, standard_errors
from findings.intervals import korn_graubard, logit, mover, student

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
UNANSWERED = ("declined", "dont_know", "blank")


@dataclass(frozen=True)
class Shares:
    """Shares of m columns in one group or two: `value`, `se`, `n`, `k`, `df` (m × groups).

    Of two groups besides the `correlation` of the two shares and, of their difference, `gap`, `gap_se` and `gap_df`
    (m,); of one these are empty.
    """

    value: Floats
    se: Floats
    n: Floats
    k: Floats
    df: Floats
    correlation: Floats
    gap: Floats
    gap_se: Floats
    gap_df: Floats


def as_counted(values: Floats, states: npt.NDArray[np.object_], missing: str) -> Floats:
    """Values (rows × m) with missing answers as a choice counts them: left out (NaN), all no (0), or all yes (1).

    `states` say why a value is missing; who was not asked stays out.
    """
    if missing == "complete":
        return values
    return np.where(np.isnan(values) & np.isin(states, UNANSWERED), float(missing == "all_yes"), values)


def shares(sample: Sample, values: Floats, groups: Sequence[Bools]) -> Shares:
    """Weighted shares of the columns of `values` (rows × m, NaN = no value) in each of one or two `groups` (rows,)."""
    width, answered = values.shape[1], ~np.isnan(values)
    domains = np.repeat(np.array(groups), width, axis=0)
    found = means(sample, np.tile(values, len(groups)), domains)
    se, df = standard_errors(sample, found)
    n = np.array([answered[rows].sum(axis=0) for rows in groups], dtype=float)
    k = np.array([np.nansum(values[rows], axis=0) for rows in groups])
    value, se, n, k, df = (each.reshape(len(groups), width).T for each in (found.value, se, n, k, df))
    if len(groups) == 1:
        none = np.empty(0)
        return Shares(value, se, n, k, df, none, none, none, none)
    gap = found.combined(np.hstack([np.eye(width), -np.eye(width)]))
    gap_se, gap_df = standard_errors(sample, gap)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = (se[:, 0] ** 2 + se[:, 1] ** 2 - gap_se**2) / (2 * se[:, 0] * se[:, 1])
    return Shares(value, se, n, k, df, np.nan_to_num(correlation), gap.value, gap_se, gap_df)


def interval(found: Shares, method: str) -> tuple[Floats, Floats, str]:
    """Lower and upper limits (m,) of the gaps, or of the shares of one group, and the name of the method.

    A gap's limits on the logit scale or by Korn and Graubard are recovered from those of its two shares.
    """
    if len(found.gap) and method == "t":
        return *student(found.gap, found.gap_se, found.gap_df), "t"
    limits = [
        LIMITS[method](found.value[:, g], found.se[:, g], found.n[:, g], found.df[:, g])
        for g in range(found.value.shape[1])
    ]
    if len(limits) == 1:
        return *limits[0], method
    one, other = ((found.value[:, g], *limits[g]) for g in (0, 1))
    return *mover(one, other, found.correlation), f"mover_{method}"


LIMITS: dict[str, Callable[[Floats, Floats, Floats, Floats], tuple[Floats, Floats]]] = {
    "t": lambda p, se, n, df: student(p, se, df),
    "korn_graubard": korn_graubard,
    "logit": lambda p, se, n, df: logit(p, se, df),
}
