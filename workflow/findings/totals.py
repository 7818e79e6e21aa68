"""Totals: all that proportions and means rest on, summed in one pass over the respondents, batch by batch.

The mean of a group is T/B: T = Σwy and B = Σw over its respondents with a value. Its standard error needs T and B by
unit of the last stage and no more, its calibration Σby and Σb (b the base weights) by cell of the margins. A breakdown
puts a respondent in at most one group, so every sum of a batch is in one product: a sparse matrix (units × groups by
respondents, one entry per respondent and breakdown) times a table (respondents × values, and 1 where there is one).
Nothing is kept per respondent; numbers are float64 throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from findings.design import Design, degrees_of_freedom, deviations

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
# Rows turned at a time: columns of a batch lie far apart in memory, and a block of this many stays in the cache.
BLOCK = 512


@dataclass(frozen=True)
class Estimates:
    """Results, each (indicators × domains): value, standard error, unweighted n and sum, degrees of freedom."""

    value: Floats
    se: Floats
    n: Floats
    k: Floats
    df: Floats


@dataclass(frozen=True)
class Cells:
    """Calibration cells of a batch: entry j says that respondent `row[j]` is in `cell[j]`; `base` (rows,) weights."""

    row: Ints
    cell: Ints
    base: Floats


class Totals:
    """Running sums of `indicators` values in `groups` groups, for each of several weightings.

    `by_unit` (weightings × units × groups × 2·indicators): T of every indicator, then B; `by_cell` (cells × groups ×
    2·indicators) the same with base weights; `counts` (groups × 2·indicators) unweighted; `gram` (cells × cells) the
    base-weighted products of the cells; `mass` (weightings × units × cells) their weighted sums.
    """

    def __init__(self, weightings: int, units: int, groups: int, indicators: int, cells: int = 0) -> None:
        wide = 2 * indicators
        self.indicators = indicators
        self.by_unit = np.zeros((weightings, units, groups, wide))
        self.by_cell = np.zeros((cells, groups, wide))
        self.counts = np.zeros((groups, wide))
        self.gram = np.zeros((cells, cells))
        self.mass = np.zeros((weightings, units, cells))

    def add(self, values: Floats, unit: Ints, groups: Ints, weights: Floats, cells: Cells | None = None) -> None:
        """Add a batch: `values` (rows × indicators, NaN = none), `unit` (rows,), `weights` (weightings × rows).

        `groups` (breakdowns × rows) says in which group a row is by each breakdown, -1 in none.
        """
        table = _table(values)
        rows = np.arange(len(table))
        self.counts += counted(groups, table, len(self.counts))
        for w, weight in enumerate(weights):
            add_sums(self.by_unit[w], rows, unit, groups, weight, table)
        if cells is not None:
            add_sums(self.by_cell, cells.row, cells.cell, groups, cells.base, table)
            shape = (len(table), len(self.gram))
            place = (cells.row, cells.cell)
            member = sparse.csr_array((np.ones(len(cells.row)), place), shape=shape)
            self.gram += (member.T @ sparse.csr_array((cells.base[cells.row], place), shape=shape)).toarray()
            for w, weight in enumerate(weights):
                of_unit = sparse.csr_array((weight, (unit, rows)), shape=(len(self.mass[w]), len(table)))
                self.mass[w] += (of_unit @ member).toarray()

    def estimates(
        self, weighting: int, design: Design | None, *, calibrated: bool, units: Ints | None = None
    ) -> Estimates:
        """Value, standard error and degrees of freedom of every indicator in every group, in one weighting.

        `units` are the positions here of the units of `design`; absent: all, in its order. Without a design there is
        no standard error and no degree of freedom (NaN).
        """
        sums = self.by_unit[weighting] if units is None else self.by_unit[weighting][units]
        mass = self.mass[weighting] if units is None else self.mass[weighting][units]
        inverse = np.linalg.pinv(self.gram, hermitian=True) if calibrated and design is not None else None
        columns = []
        for group in range(sums.shape[1]):
            top, bottom = np.split(sums[:, group], 2, axis=1)
            total = bottom.sum(axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):
                value = top.sum(axis=0) / total
                if design is None:
                    columns.append((value, np.full(len(value), np.nan), np.full(len(value), np.nan)))
                    continue
                influence = np.where(total > 0, (top - value * bottom) / total, 0.0)
                if inverse is not None:
                    slope_top, slope_bottom = np.split(inverse @ self.by_cell[:, group], 2, axis=1)
                    influence -= mass @ np.where(total > 0, (slope_top - value * slope_bottom) / total, 0.0)
            se = np.sqrt((deviations(influence, design) ** 2).sum(axis=0))
            columns.append((value, np.where(total > 0, se, np.nan), degrees_of_freedom(bottom > 0, design)))
        value, se, df = (np.column_stack(part).astype(float) for part in zip(*columns, strict=True))
        n, k = self.counts[:, self.indicators :].T, self.counts[:, : self.indicators].T
        return Estimates(value, se, n, k, df)


def add_sums(into: Floats, row: Ints, place: Ints, groups: Ints, weights: Floats, table: Floats) -> None:
    """Add to `into` (places × groups × m) the weighted sums of `table` (rows × m) by place and group.

    Entry j says that `row[j]` belongs to `place[j]`; `groups` (breakdowns × rows) are positions, -1 in none.
    """
    of_entry = groups[:, row]
    breakdown, entry = np.nonzero(of_entry >= 0)
    # Place by place: the groups of one unit read the same few rows of the table, which stay in the cache.
    code = place[entry] * into.shape[1] + of_entry[breakdown, entry]
    shape = (into.shape[0] * into.shape[1], len(table))
    matrix = sparse.csr_array((weights[row[entry]], (code, row[entry])), shape=shape)
    into += (matrix @ table).reshape(into.shape)


def counted(groups: Ints, table: Floats, count: int) -> Floats:
    """Unweighted sums of `table` (rows × m) by group (count × m); few groups, so a dense product is the quicker."""
    member = np.zeros((count + 1, len(table)))
    for group in groups:
        member[group, np.arange(len(table))] = 1.0
    sums: Floats = member[:-1] @ table
    return sums


def _table(values: Floats) -> Floats:
    """Values with 0 where there is none, then 1 where there is one (rows × 2·indicators), row by row in memory."""
    rows, count = values.shape
    table = np.empty((rows, 2 * count))
    for start in range(0, rows, BLOCK):
        block = values[start : start + BLOCK]
        answered = ~np.isnan(block)
        table[start : start + BLOCK, :count] = np.where(answered, block, 0.0)
        table[start : start + BLOCK, count:] = answered
    return table
