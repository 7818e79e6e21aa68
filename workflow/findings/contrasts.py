"""Contrasts: differences between estimates of one wave, and differences of these, with the covariance of their parts.

The parts share respondents, PSUs and margins: a contrast is a dot product of their influence values, so its standard
error knows. Source: Lumley, R `survey::svycontrast` on `svyby(covmat = TRUE)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from findings.design import covariance, degrees_of_freedom, unit_totals
from findings.influence import Sample, means

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
# First less second; of four, the gap of the first two less that of the last two.
SIGNS = {2: [1.0, -1.0], 4: [1.0, -1.0, -1.0, 1.0]}
# The half width of a 95 % interval, and what 80 % power needs beyond it.
DETECTABLE = float(stats.norm.ppf(0.975) + stats.norm.ppf(0.80))
# Parts whose influence values are held at once.
AT_ONCE = 32


@dataclass(frozen=True)
class Part:
    """An estimate that is compared: the mean of a column of the sample's frame among `rows` (Bools of the sample)."""

    column: str
    rows: Bools


@dataclass(frozen=True)
class Contrasts:
    """Each (c,): difference, standard error, degrees of freedom, t, p, and respondents in any of the parts."""

    value: Floats
    se: Floats
    df: Floats
    t: Floats
    p: Floats
    n: Floats


def contrasts(of: Sample, compared: Sequence[Sequence[Part]]) -> Contrasts:
    """Contrasts of two or four parts each.

    Degrees of freedom are those of all respondents with a value in any part: R `degf(subset)`. NaN in `se` and what
    follows from it where a part has no respondents, and in `t` and `p` where the standard error is 0.
    """
    names = ("value", "se", "df", "t", "p", "n")
    blocks: list[list[Sequence[Part]]] = [[]]
    for parts in compared:
        if sum(len(other) for other in blocks[-1]) + len(parts) > AT_ONCE:
            blocks.append([])
        blocks[-1].append(parts)
    found = [_block(of, block) for block in blocks if block]
    return Contrasts(*(np.concatenate([one[name] for one in found] or [np.empty(0)]) for name in names))


def _block(of: Sample, compared: Sequence[Sequence[Part]]) -> dict[str, Floats]:
    parts = [part for each in compared for part in each]
    values = np.column_stack([of.frame[part.column].to_numpy(dtype=float) for part in parts])
    rows = np.array([part.rows for part in parts])
    signs = np.zeros((len(compared), len(parts)))
    union = np.zeros((len(of.weights), len(compared)), dtype=bool)
    at = 0
    for number, each in enumerate(compared):
        signs[number, at : at + len(each)] = SIGNS[len(each)]
        union[:, number] = (rows[at : at + len(each)].T & ~np.isnan(values[:, at : at + len(each)])).any(axis=1)
        at += len(each)
    stacked = means(of, values, rows)
    held = unit_totals(union.astype(float), of.design) > 0
    df = degrees_of_freedom(held, of.design).astype(float)
    value = signs @ stacked.value if not np.isnan(stacked.value).any() else _each(signs, stacked.value)
    variance = np.einsum("ij,jk,ik->i", signs, covariance(stacked.influence, of.weights, of.design), signs)
    # What is left of a variance of zero by the arithmetic of floats is no variance.
    se = np.where(np.isnan(value) | (df <= 0), np.nan, np.sqrt(np.where(variance > 1e-24, variance, 0.0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, value / se, np.nan)
        p = 2 * stats.t.sf(np.abs(t), np.where(df > 0, df, np.nan))
    return {"value": value, "se": se, "df": df, "t": t, "p": p, "n": union.sum(axis=0).astype(float)}


def _each(signs: Floats, value: Floats) -> Floats:
    """Sums that are NaN only where a part of their own is."""
    return np.array([float((row[row != 0] * value[row != 0]).sum()) for row in signs])


def limits(found: Contrasts) -> tuple[Floats, Floats]:
    """95 % limits by Student's t; NaN where there is no standard error."""
    half = stats.t.ppf(0.975, np.where(found.df > 0, found.df, np.nan)) * found.se
    return found.value - half, found.value + half


@dataclass(frozen=True)
class Difference:
    """Differences of two samples' estimates, each (m,): value, standard error, df, t, p and 95 % limits."""

    value: Floats
    se: Floats
    df: Floats
    t: Floats
    p: Floats
    low: Floats
    high: Floats


def independent(later: Floats, earlier: Floats) -> Difference:
    """Later minus earlier, of estimates, standard errors and degrees of freedom (3 × m each) of two samples.

    The samples are independent, so variances add; degrees of freedom are Satterthwaite's; the interval is Student's. t
    and p are NaN where nothing varies in either. Source: Satterthwaite (1946).
    """
    (value, se, df), (other, other_se, other_df) = later, earlier
    whole = np.sqrt(se**2 + other_se**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = whole**4 / (se**4 / df + other_se**4 / other_df)
        freedom = np.where(np.isfinite(freedom) & (freedom > 0), freedom, np.minimum(df, other_df))
        t = np.where(whole > 0, (value - other) / whole, np.nan)
    half = stats.t.ppf(0.975, freedom) * whole
    p = 2 * stats.t.sf(np.abs(t), freedom)
    return Difference(value - other, whole, freedom, t, p, value - other - half, value - other + half)
