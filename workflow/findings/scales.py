"""Reliability of scales of several items: Cronbach's alpha, McDonald's omega, item-rest correlations; unweighted.

They are properties of the answers given, not of the population: no weights and no interval. Complete cases only.
Sources: Cronbach (1951); McDonald (1999), omega from one common factor; R `psych::alpha` (raw), `psych::omega(nfactors
= 1)`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
STEPS, TOLERANCE = 10_000, 1e-12


def complete(items: Floats, reversed_items: Sequence[bool], lowest: float, highest: float) -> Floats:
    """Rows of `items` (rows × k) with every answer, those of reversed items turned round on their scale."""
    kept = items[~np.isnan(items).any(axis=1)]
    turned = np.asarray(reversed_items, dtype=bool)
    return np.where(turned, lowest + highest - kept, kept)


def alpha(items: Floats) -> float:
    """Cronbach's alpha of complete `items` (rows × k): k/(k−1) · (1 − Σ variances / variance of the sum).

    NaN with fewer than two items or where all sums are the same.
    """
    k = items.shape[1]
    if k < 2 or len(items) < 2:
        return float("nan")
    total = items.sum(axis=1).var(ddof=1)
    return float(k / (k - 1) * (1 - items.var(axis=0, ddof=1).sum() / total)) if total > 0 else float("nan")


def omega(items: Floats) -> float:
    """McDonald's omega of complete `items` (rows × k): 1 − Σ unique variances / variance of the sum, standardised.

    Unique variances are of one factor by unweighted least squares. NaN with fewer than three items, a constant item, or
    where the factor leaves an item a variance below zero.
    """
    if items.shape[1] < 3 or len(items) < 3 or (items.std(axis=0) == 0).any():
        return float("nan")
    correlation = np.atleast_2d(np.corrcoef(items, rowvar=False))
    loadings = one_factor(correlation)
    if loadings is None or (loadings**2 > 1).any():
        return float("nan")
    return float(1 - (1 - loadings**2).sum() / correlation.sum())


def one_factor(correlation: Floats) -> Floats | None:
    """Loadings (k,) of one factor that leave the least squared residuals off the diagonal; None if none is found.

    Iterated principal axes: a fixed point is a minimum of unweighted least squares (Harman and Jones 1966).
    """
    share = 1 - 1 / np.diag(np.linalg.pinv(correlation, hermitian=True))
    for _ in range(STEPS):
        reduced = correlation.copy()
        np.fill_diagonal(reduced, share)
        values, vectors = np.linalg.eigh(reduced)
        if values[-1] <= 0:
            return None
        loadings: Floats = vectors[:, -1] * np.sqrt(values[-1])
        if np.abs(loadings**2 - share).max() <= TOLERANCE:
            return loadings * (1.0 if loadings.sum() >= 0 else -1.0)
        share = loadings**2
    return None


def item_rest(items: Floats) -> Floats:
    """Correlation (k,) of every item with the sum of the others; NaN where either is constant."""
    total = items.sum(axis=1)
    found = np.full(items.shape[1], np.nan)
    for i in range(items.shape[1]):
        rest = total - items[:, i]
        if items[:, i].std() > 0 and rest.std() > 0:
            found[i] = np.corrcoef(items[:, i], rest)[0, 1]
    return found
