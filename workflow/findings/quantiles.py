"""Quantiles of a weighted sample, with Woodruff's intervals.

The interval of the share at or below the quantile is carried back through the quantiles. Sources: Woodruff (1952); R
`survey::svyquantile(qrule = "math", interval.type = "mean")`, its defaults; where the share is below that of the
smallest value, survey 4.1 gives the second smallest, and this the smallest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from findings.influence import Sample, means, standard_errors

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
# Sums of weights that differ by less are equal: a quantile must not hang on the order of addition.
EQUAL = 1e-12


@dataclass(frozen=True)
class Quantiles:
    """Each (m,): value, standard error, limits, degrees of freedom, and respondents with a value."""

    value: Floats
    se: Floats
    low: Floats
    high: Floats
    df: Floats
    n: Floats


def quantile(values: Floats, weights: Floats, share: float) -> float:
    """Smallest of `values` (rows,) at or below which lies at least `share` of the weight (R's qrule "math").

    NaN without values, and where `share` is not between 0 and 1.
    """
    if not len(values) or not 0 <= share <= 1:
        return float("nan")
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    place = int(np.searchsorted(reached, share * reached[-1] * (1 - EQUAL)))
    return float(values[order][min(place, len(values) - 1)])


def quantiles(of: Sample, values: Floats, domains: Sequence[Bools] | Bools, share: float = 0.5) -> Quantiles:
    """The quantile of each column of `values` (rows × m; NaN = no value) in its domain (m × rows), at 95 %.

    The standard error is the interval's width over twice Student's t. A limit is NaN where the interval of the share
    leaves 0 to 1, or the domain has no degrees of freedom: the sample says nothing of it.
    """
    inside = np.asarray(domains, dtype=bool).T & ~np.isnan(values)

    def at(column: int, wanted: float) -> float:
        rows = inside[:, column]
        return quantile(values[rows, column], of.weights[rows], wanted)

    columns = range(values.shape[1])
    value = np.array([at(i, share) for i in columns])
    below = np.where(inside, (values <= value).astype(float), np.nan)
    shares = means(of, below, inside.T)
    spread, df = standard_errors(of, shares)
    t = stats.t.ppf(0.975, np.where(df > 0, df, np.nan))
    low = np.array([at(i, limit) for i, limit in enumerate(shares.value - t * spread)])
    high = np.array([at(i, limit) for i, limit in enumerate(shares.value + t * spread)])
    return Quantiles(value, (high - low) / (2 * t), low, high, df, inside.sum(axis=0).astype(float))
