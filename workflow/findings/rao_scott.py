"""Rao and Scott's second-order test that two answers are independent: Pearson's X², corrected for the design.

Source: Rao and Scott (1984); R `survey::svychisq(statistic = "F")`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from findings.design import covariance, degrees_of_freedom, unit_totals
from findings.influence import Sample, means

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class TableTest:
    """`f` with `df1` and `df2` degrees of freedom, its `p`; Cramér's `v` of the weighted table; `df` of the design."""

    f: float
    df1: float
    df2: float
    p: float
    v: float
    df: float
    n: int


def independence(of: Sample, rows: Ints, columns: Ints) -> TableTest | None:
    """Test a table of respondents: `rows` and `columns` are codes 0, 1, … (n,), negative where there is none.

    The domain are those with both; degrees of freedom of the design are its PSUs less its strata (R `degf(subset)`).
    Codes that nobody of it has are left out. None where fewer than two rows or columns are left, or the table is
    degenerate: nothing varies between PSUs, or zero cells leave no interaction to test.
    """
    inside = (rows >= 0) & (columns >= 0)
    table = [np.unique(codes[inside], return_inverse=True) for codes in (rows, columns)]
    r, c = (len(names) for names, _ in table)
    if r < 2 or c < 2:
        return None
    cell = np.full(len(rows), -1)
    cell[inside] = table[0][1] * c + table[1][1]
    held = (cell[:, None] == np.arange(r * c)).astype(float)
    shares = means(of, np.where(inside[:, None], held, np.nan), np.tile(inside, (r * c, 1)))
    matrix = covariance(shares.influence, of.weights, of.design)
    held_by = unit_totals(inside[:, None].astype(float), of.design) > 0
    df = float(degrees_of_freedom(held_by, of.design)[0])
    found = _second_order(shares.value.reshape(r, c), matrix, df)
    if found is None:
        return None
    f, df1, v = found
    return TableTest(f, df1, df1 * df, float(stats.f.sf(f, df1, df1 * df)), v, df, int(inside.sum()))


def _second_order(table: Floats, matrix: Floats, df: float) -> tuple[float, float, float] | None:
    """F, its first degrees of freedom and Cramér's V of weighted shares (r × c) with their covariance."""
    r, c = table.shape
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    pearson = float(((table - expected) ** 2 / expected).sum())
    # A basis of the interactions: what is orthogonal to rows and columns.
    interactions = np.kron(_differences(r), _differences(c))
    flat = table.reshape(-1)
    with np.errstate(divide="ignore"):
        inverse = np.where(flat > 0, 1 / flat, 0.0)
    scaled = inverse[:, None] * interactions
    binomial = interactions.T @ scaled
    if df <= 0 or np.linalg.matrix_rank(binomial) < binomial.shape[0]:
        return None
    # The generalised design effects are the eigenvalues of delta; n cancels between it and X².
    delta = np.linalg.solve(binomial, scaled.T @ matrix @ scaled)
    trace = float(np.trace(delta))
    if trace <= 0:
        return None
    df1 = trace**2 / float(np.trace(delta @ delta))
    return pearson / trace, df1, float(np.sqrt(pearson / (min(r, c) - 1)))


def _differences(size: int) -> Floats:
    """An orthonormal basis (size × size − 1) of what sums to zero."""
    return np.linalg.qr(np.vstack([np.ones(size), np.eye(size)[:-1]]).T)[0][:, 1:]
