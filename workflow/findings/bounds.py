"""Worst-case bounds: what a proportion would be if all who gave no answer were no, or all were yes.

Source: Manski (1989) on bounds; Imbens and Manski (2004) on their interval, which covers the proportion itself, not the
whole range, in 95 % of samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.optimize import brentq

from findings.influence import Sample, means, standard_errors

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
LEVEL = 0.95


@dataclass(frozen=True)
class Bounds:
    """Each (m,): shares of those asked if no non-answer, or every one, were yes, and the limits around both."""

    low: Floats
    high: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats


def bounds(of: Sample, values: Floats, silent: Bools, domains: Bools) -> Bounds:
    """Bounds of proportions in domains (m × rows).

    `values` (rows × m) are 0, 1 or NaN; `silent` marks those who were asked and gave no answer. Who has no value and is
    not silent was not asked, and is in neither bound. NaN where nobody of a domain was asked.
    """
    asked = ~np.isnan(values) | silent
    sides = []
    for yes in (0.0, 1.0):
        sides.append(means(of, np.where(silent, yes, np.where(asked, values, np.nan)), domains))
    low, high = (side.value for side in sides)
    # Both sides are of everyone who was asked, so their degrees of freedom are the same.
    (se_low, df), (se_high, _) = (standard_errors(of, side) for side in sides)
    c = imbens_manski(high - low, np.maximum(se_low, se_high), df)
    return Bounds(low, high, np.maximum(low - c * se_low, 0.0), np.minimum(high + c * se_high, 1.0), df)


def imbens_manski(width: Floats, se: Floats, df: Floats, level: float = LEVEL) -> Floats:
    """How many standard errors the interval goes beyond the bounds: c with F(c + width / se) − F(−c) = level.

    F is Student's t with the design's degrees of freedom, where the paper has the normal distribution: without
    non-answers the interval is then Student's. c falls from t(0.975) to t(0.95) as the bounds move apart. NaN where
    `df` is not positive; with `se` 0 there is nothing beyond the bounds, and c is t(0.95).
    """
    found = np.full(len(width), np.nan)
    for i, (gap, error, freedom) in enumerate(zip(width, se, df, strict=True)):
        if freedom <= 0 or np.isnan(gap) or np.isnan(error):
            continue
        apart = gap / error if error > 0 else np.inf

        def short(c: float, apart: float = apart, freedom: float = freedom) -> float:
            return float(stats.t.cdf(c + apart, freedom) - stats.t.cdf(-c, freedom) - level)

        least, most = (float(stats.t.ppf(share, freedom)) for share in (level, 0.5 + level / 2))
        found[i] = brentq(short, least - 1e-9, most + 1e-9, xtol=1e-14)
    return found
