"""Ranks with simultaneous confidence sets: which item is first, or may be tied for first.

Two items are put in order only where their difference is beyond what chance does to the largest of all differences;
what is not put in order may be tied. The items are answered by the same respondents, so their whole covariance counts.

Sources: Mogstad, Romano, Shaikh and Wilhelm (2024), Inference for ranks, Review of Economic Studies 91(1), joint
confidence sets, stepwise; Romano and Wolf (2005) on the steps; Klein, Wright and Wieczorek (2020), A joint confidence
region for an overall ranking of populations, JRSS C 69(3), from intervals of the items instead of differences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LEVEL = 0.95
DRAWS = 20_000
# ASSUME[rank_seed]: the critical value is simulated; one seed makes every run give the same sets.
SEED = 20_24


@dataclass(frozen=True)
class Ranks:
    """Rank of every item, 1 the highest value: `point`, and the least and greatest of its set, each (items,).

    Tied values share the best of their ranks. `above` (items × items) says whether the row's item was put above the
    column's.
    """

    point: Ints
    low: Ints
    high: Ints
    above: Bools


def rank_sets(
    values: Floats, covariance: Floats, df: float, level: float = LEVEL, *, draws: int = DRAWS, seed: int = SEED
) -> Ranks:
    """Ranks of `values` (items,) with sets that hold all true ranks at once with probability `level`.

    `covariance` (items × items) is that of the values; `df` its degrees of freedom: the differences are multivariate t.
    Every ordered pair is a hypothesis "not above", tested by its studentised difference against the `level` quantile of
    the largest of the hypotheses left, simulated; those refused are taken out, and the rest is tested anew until none
    is refused. A pair whose difference has no variance is never put in order. Raises ValueError on values that are no
    numbers, and where `df` is not positive.
    """
    if not (np.isfinite(values).all() and np.isfinite(covariance).all() and df > 0):
        raise ValueError("ranks need values with a covariance and degrees of freedom")
    difference, se = values[:, None] - values[None, :], standard_errors(covariance)
    open_pairs = se > 0
    above = np.zeros_like(open_pairs)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(open_pairs, difference / se, 0.0)
    noise = studentised(covariance, df, draws, seed)
    while open_pairs.any():
        refused = open_pairs & (t > critical_value(noise, open_pairs, level))
        if not refused.any():
            break
        above |= refused
        open_pairs &= ~refused
    count = len(values)
    return Ranks(
        point=1 + (difference < 0).sum(axis=1).astype(np.int64),
        low=1 + above.sum(axis=0).astype(np.int64),
        high=count - above.sum(axis=1).astype(np.int64),
        above=above,
    )


def standard_errors(covariance: Floats) -> Floats:
    """Standard error of the difference of every pair (items × items); 0 on the diagonal, and where it is rounding."""
    variance = np.diag(covariance)[:, None] + np.diag(covariance)[None, :] - 2 * covariance
    least = 1e-12 * max(float(np.diag(covariance).max(initial=0.0)), np.finfo(float).tiny)
    return np.sqrt(np.where(variance > least, variance, 0.0))


def studentised(covariance: Floats, df: float, draws: int, seed: int) -> Floats:
    """Draws (draws × items × items) of t of every pair's difference when all items are tied; NaN without variance.

    Each draw has errors with this covariance, and a covariance of its own from `df` degrees of freedom (Wishart,
    Bartlett's decomposition): every difference has Student's t, and the largest of them its own law. One standard error
    for all, as the multivariate t has, would make the largest too small where PSUs are few. The symmetric root of the
    covariance is unique, so that draws do not depend on the library that finds it; it is there for singular ones too.
    """
    random, items = np.random.default_rng(seed), len(covariance)
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    error = random.standard_normal((draws, items)) @ root
    # Bartlett's triangle needs more degrees of freedom than items; with fewer, as many normal vectors are summed.
    df = df if df > items else max(int(df), 1)
    if df > items:
        triangle = np.tril(random.standard_normal((draws, items, items)), -1)
        triangle[:, range(items), range(items)] = np.sqrt(random.chisquare(df - np.arange(items), (draws, items)))
    else:
        triangle = random.standard_normal((draws, items, int(df)))
    factor = root @ triangle / np.sqrt(df)
    own = factor @ factor.transpose(0, 2, 1)
    variance = np.diagonal(own, axis1=1, axis2=2)
    spread = variance[:, :, None] + variance[:, None, :] - 2 * own
    with np.errstate(divide="ignore", invalid="ignore"):
        own_se = np.sqrt(np.where(standard_errors(covariance) > 0, spread, np.nan))
        return (error[:, :, None] - error[:, None, :]) / own_se


def adjusted_p(values: Floats, covariance: Floats, df: float, *, draws: int = DRAWS, seed: int = SEED) -> Floats:
    """p of "the row's item is not above the column's" (items × items), corrected for every ordered pair at once.

    The share of draws in which the largest t of all pairs is at least the pair's own (single step, and so never smaller
    than what `rank_sets` goes by), each draw counted with the data themselves. 1 where a difference has no variance.
    """
    se = standard_errors(covariance)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, (values[:, None] - values[None, :]) / se, -np.inf)
    noise = studentised(covariance, df, draws, seed)
    largest = np.sort(noise[:, se > 0].max(axis=1)) if (se > 0).any() else np.zeros(draws)
    as_large = draws - np.searchsorted(largest, t, side="left")
    return np.asarray((1.0 + as_large) / (1.0 + draws), dtype=np.float64)


def critical_value(noise: Floats, open_pairs: Bools, level: float) -> float:
    """The `level` quantile of the largest of `noise` (draws × items × items) among the ordered pairs that are open."""
    return float(np.quantile(noise[:, open_pairs].max(axis=1), level, method="higher"))


def overlap_sets(values: Floats, se: Floats, df: float, level: float = LEVEL) -> tuple[Ints, Ints]:
    """Least and greatest rank of each item from Bonferroni intervals of the items: Klein et al.'s region.

    Right whatever the covariance, and so wider where the items move together; kept as the check of `rank_sets`.
    """
    half = stats.t.ppf(1 - (1 - level) / (2 * len(values)), df) * se
    above = (values - half)[:, None] > (values + half)[None, :]
    return 1 + above.sum(axis=0).astype(np.int64), len(values) - above.sum(axis=1).astype(np.int64)
