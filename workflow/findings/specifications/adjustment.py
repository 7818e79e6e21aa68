"""Adjusted gaps: the average marginal effect of the group in a logistic regression on it and on covariates.

Everyone's chance as if of the first group, less the same as if of the second, all else as it is; with the full
influence values of `findings.models.effects`, so that strata, PSUs and calibration are in its standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from findings.influence import Linear, Sample, standard_errors
from findings.models.effects import logistic_effects
from findings.models.factors import Factor, matrix, places
from findings.models.logistic import logistic

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Adjusted:
    """Adjusted gaps of m columns: `gap`, `se`, `df`, `n` (m,), NaN in `gap` where a model does not hold.

    `counts` are, of each column, its respondents by level of every factor and by answer.
    """

    gap: Floats
    se: Floats
    df: Floats
    n: Floats
    counts: list[list[int]]


def adjusted(of: Sample, values: Floats, group: Factor, covariates: Sequence[Factor]) -> Adjusted:
    """Gaps between the second level of `group` and its reference in the columns of `values` (rows × m; NaN = none).

    Over the respondents with a value and a level of every factor. A model that is separated by a term, or that does not
    converge, gives NaN.
    """
    factors = (group, *covariates)
    place = places(of.frame, factors)
    complete = np.asarray((place >= 0).all(axis=1), dtype=bool)
    gap, influence = np.full(values.shape[1], np.nan), np.zeros(values.shape)
    held = ~np.isnan(values) & complete[:, None]
    # Who is in each level, and answers yes or no: of all columns at once.
    levels = np.column_stack([place[:, i] == n for i, factor in enumerate(factors) for n in range(len(factor.levels))])
    yes = levels.T.astype(float) @ np.where(held, values, 0.0)
    counts = np.vstack([yes, levels.T.astype(float) @ held.astype(float) - yes]).round().astype(int).T
    for m in np.flatnonzero(counts.min(axis=1) > 0):
        rows = held[:, m]
        made, y = matrix(place[rows], factors), values[rows, m]
        weights = of.weights[rows]
        fit = logistic(made.x, y, weights)
        if fit.converged:
            effect, values_of = logistic_effects(fit, replace(made, factors=(group,)), weights)
            gap[m], influence[rows, m] = effect[0], values_of[:, 0]
    se, df = standard_errors(of, Linear(gap, influence, held))
    return Adjusted(gap, np.where(np.isnan(gap), np.nan, se), df, held.sum(axis=0).astype(float), counts.tolist())
