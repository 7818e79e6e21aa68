"""Respondents by batches: the wanted columns of a frame in memory or of a Parquet file, so that memory stays flat.

A batch is an Arrow record batch. Text cells are looked up once per distinct answer of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Source = pd.DataFrame | Path
Batch = Any  # pyarrow.RecordBatch; pyarrow has no types


def column_names(source: Source) -> list[str]:
    """Names of the columns of a frame or file."""
    return list(source.columns) if isinstance(source, pd.DataFrame) else list(pq.read_schema(source).names)


def batches(source: Source, columns: Sequence[str], rows: int) -> Iterator[Batch]:
    """The `columns` of `source`, at most `rows` respondents at a time, in their order."""
    wanted = list(dict.fromkeys(columns))
    # A power of two, as the row groups of the file are: no batch ends in a small rest.
    rows = 2 ** max(0, int(rows).bit_length() - 1)
    if isinstance(source, pd.DataFrame):
        for start in range(0, len(source), rows):
            yield pa.RecordBatch.from_pandas(source.iloc[start : start + rows][wanted], preserve_index=False)
        return
    schema = pq.read_schema(source)
    text = [name for name in wanted if schema.field(name).type in (pa.string(), pa.large_string())]
    with pq.ParquetFile(source, read_dictionary=text) as file:
        # One row group after the other: a reader of several keeps the pages of all that it has read.
        for group in range(file.num_row_groups):
            yield from file.iter_batches(batch_size=rows, row_groups=[group], columns=wanted, use_threads=False)


def numbers(batch: Batch, names: Sequence[str]) -> Floats:
    """Columns of numbers (rows × names), NaN where there is none."""
    made = np.empty((len(names), batch.num_rows))
    for i, name in enumerate(names):
        made[i] = batch.column(name).to_numpy(zero_copy_only=False)
    return made.T


def known(batch: Batch, name: str) -> Bools:
    """Whether a column has a number (rows,)."""
    there: Bools = ~np.isnan(numbers(batch, [name])[:, 0])
    return there


def codes(batch: Batch, name: str, names: Sequence[str]) -> Ints:
    """The position of each cell of a text column in `names` (rows,), -1 for no cell and for any other."""
    column = batch.column(name)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    place = {cell: i for i, cell in enumerate(names)}
    of_answer = np.array([*(place.get(cell, -1) for cell in column.dictionary.to_pylist()), -1], dtype=np.intp)
    answer = column.indices.fill_null(len(of_answer) - 1).to_numpy(zero_copy_only=False)
    return of_answer[answer]


class Positions:
    """Where rows are in `table`, whose rows are distinct combinations of text cells."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._names = {str(name): table[name].dropna().unique().tolist() for name in table.columns}
        keys = self._keys(pa.RecordBatch.from_pandas(table, preserve_index=False))
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]

    def of(self, batch: Batch) -> Ints:
        """The position in the table of each row of `batch`, all of which it holds."""
        return self._order[np.searchsorted(self._sorted, self._keys(batch))]

    def _keys(self, batch: Batch) -> Ints:
        keys = np.zeros(batch.num_rows, dtype=np.intp)
        for name, names in self._names.items():
            keys = keys * (len(names) + 1) + codes(batch, name, names) + 1
        return keys
