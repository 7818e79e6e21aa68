"""Intervals of proportions and means, and how reliable they are; all vectorised, NaN = does not apply.

Sources: Korn and Graubard (1998); R `survey::svyciprop(method="beta", "logit")`; NCHS, Parker et al. (2017), National
Center for Health Statistics Data Presentation Standards for Proportions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Limits = tuple[Floats, Floats, Floats]
LEVEL = 0.95


def effective_n(p: Floats, se: Floats, n: Floats) -> Floats:
    """p(1 − p)/se², capped at n; n where p is 0 or 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.minimum(p * (1 - p) / se**2, n)
    return np.where((p <= 0) | (p >= 1), n, effective)


def korn_graubard(p: Floats, se: Floats, n: Floats, df: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Lower and upper limit of a proportion; `n` respondents of the domain, `df` its degrees of freedom."""
    alpha = 1 - level
    known = (df > 0) & (n > 1)
    safe_df, safe_n = np.where(known, df, 1.0), np.where(known, n, 2.0)
    ratio = stats.t.ppf(1 - alpha / 2, safe_n - 1) / stats.t.ppf(1 - alpha / 2, safe_df)
    effective = np.minimum(effective_n(p, se, n) * ratio**2, n)
    x = p * effective
    with np.errstate(invalid="ignore"):
        low = np.where(x <= 0, 0.0, stats.beta.ppf(alpha / 2, x, effective - x + 1))
        high = np.where(x >= effective, 1.0, stats.beta.ppf(1 - alpha / 2, x + 1, effective - x))
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def logit(p: Floats, se: Floats, df: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Lower and upper limit of a proportion on the logit scale; none where p is 0 or 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        known = (df > 0) & (p > 0) & (p < 1)
        t = stats.t.ppf(0.5 + level / 2, np.where(df > 0, df, np.nan))
        centre, half = np.log(p / (1 - p)), t * se / (p * (1 - p))
        low, high = 1 / (1 + np.exp(half - centre)), 1 / (1 + np.exp(-half - centre))
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def student(mean: Floats, se: Floats, df: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Lower and upper limit of a mean."""
    t = stats.t.ppf(0.5 + level / 2, np.where(df > 0, df, np.nan))
    return mean - t * se, mean + t * se


def reliability(p: Floats, low: Floats, high: Floats, n: Floats, n_eff: Floats, df: Floats) -> npt.NDArray[np.object_]:
    """`not_reliable`, `footnote`, `review` or `reliable` for each proportion, on its Korn–Graubard interval."""
    width = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        relative, other = width / p, width / (1 - p)
    few = (n < 30) | (n_eff < 30)
    narrow = width <= 0.05
    wide = (width >= 0.30) | (relative > 1.30)
    choices = [few | np.isnan(width), ~narrow & wide, (df < 8) | (p <= 0) | (p >= 1), ~narrow & (other > 1.30)]
    names = ["not_reliable", "not_reliable", "review", "footnote"]
    return np.select(choices, names, "reliable").astype(object)


def of_mean(value: Floats, se: Floats, n: Floats, df: Floats) -> npt.NDArray[np.object_]:
    """`not_reliable`, `review` or `reliable` for each mean, median or total.

    ASSUME[reliability_of_means]: the standards for proportions say nothing of means, so NCHS's older rule stands: not
    reliable with n < 30 or a standard error over 30 % of the value (or none); to be looked at with fewer than 8 degrees
    of freedom, or where all answers are the same. Source: NCHS, NHANES analytic guidelines (relative standard error).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(value == 0, 0.0, se / np.abs(value))
    choices = [(n < 30) | np.isnan(relative) | (relative > 0.30), (df < 8) | (se == 0)]
    return np.select(choices, ["not_reliable", "review"], "reliable").astype(object)


def mover(a: Limits, b: Limits, correlation: Floats) -> tuple[Floats, Floats]:
    """Lower and upper limit of the difference `a` − `b`, recovered from the limits of both (each value, low, high).

    With Korn–Graubard or logit limits, an interval of that kind for a gap between two shares; NaN where a limit is.
    Source: Zou and Donner (2008); Zou (2007) with correlated estimates. With Wilson's limits and independent groups it
    is Newcombe's (1998) hybrid score interval.
    """
    (p, p_low, p_high), (q, q_low, q_high) = a, b
    below, above, low, high = p - p_low, p_high - p, q - q_low, q_high - q
    # A correlation of estimates is within ±1 but for the noise of its sums.
    r = np.clip(correlation, -1.0, 1.0)
    left = np.sqrt(np.maximum(below**2 - 2 * r * below * high + high**2, 0.0))
    right = np.sqrt(np.maximum(above**2 - 2 * r * above * low + low**2, 0.0))
    return p - q - left, p - q + right
