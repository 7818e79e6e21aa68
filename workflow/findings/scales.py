"""Reliability of scales of several items: Cronbach's alpha, McDonald's omega, item-rest correlations; unweighted.

They are properties of the answers given, not of the population: no weights and no interval. Complete cases only.
Sources: Cronbach (1951); McDonald (1999), omega from one common factor; R `psych::alpha` (raw), `psych::omega(nfactors
= 1)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from findings.plan import Indicator
from findings.register import needs

if TYPE_CHECKING:
    import pandas as pd

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


def scale_rows(
    frame: pd.DataFrame, indicators: Sequence[Indicator], declared: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Derived rows of the scales that the config declares: `alpha` and `omega` of each, `item_rest` of every item.

    `frame` is indicators.parquet; only the target population's complete answers count.
    """
    columns = {indicator.column: indicator for indicator in indicators}
    inside = frame["base_weight"].notna().to_numpy(dtype=bool)
    rows: list[dict[str, Any]] = []
    for scale, entry in declared.items():
        items: list[str] = [name for name in entry["items"] if name in columns]
        if len(items) < len(entry["items"]):
            continue  # Not asked in this study's wave.
        answers = frame.loc[inside, items].to_numpy(dtype=float)
        steps = [float(step) for name in items for step in columns[name].source["scale"].values()]
        turned = [name in entry.get("reversed", []) for name in items]
        kept = complete(answers, turned, min(steps), max(steps))
        # The number of complete answers stands beside that of each item's own.
        near = [(len(kept), int(n)) for n in (~np.isnan(answers)).sum(axis=0)]
        found = [(scale, "alpha", alpha(kept)), (scale, "omega", omega(kept))]
        found += [(columns[n].id, "item_rest", float(r)) for n, r in zip(items, item_rest(kept), strict=True)]
        for indicator, statistic, value in found:
            rows.append(
                {"family": "reliability", "indicator": indicator, "statistic": statistic, "weighting": "none",
                 "estimate": value, "n": len(kept),
                 # What cannot be computed is withheld: a scale of one answer has no reliability.
                 "cells": needs(counts=[0 if np.isnan(value) else len(kept)], near=near)}
            )  # fmt: skip
    return rows
