"""Delimited text as received: every cell exact text, ragged or broken files refused, parsed a second time by Arrow."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from findings.errors import FindingsError

# Delimiters a survey tool writes; the others are known only so that the error can name what it found.
ACCEPTED = {";": "semicolon", ",": "comma"}
REFUSED = {"\t": "tab", "|": "bar"}
CHUNK = 20_000
ENCODING = "utf-8"

csv.field_size_limit(16 * 1024 * 1024)


def read_text(path: Path, *, wave: str) -> str:
    """The file as text, without a byte-order mark; stops when it is missing, empty or not UTF-8."""
    raw = read_bytes(path, wave=wave)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FindingsError(
            f"The export is not UTF-8: line {line} of the file holds a byte that UTF-8 does not have.",
            wave=wave,
            file=path.name,
            mend="export it again from the survey tool as CSV (UTF-8); do not open and save it in a spreadsheet.",
        ) from None


def read_bytes(path: Path, *, wave: str) -> bytes:
    """The file's bytes; stops when it is missing or empty."""
    if not path.is_file():
        raise FindingsError(
            "The export is missing.",
            wave=wave,
            file=path.name,
            mend="put the file beside wave.yaml, or correct `source: {export: ...}` in wave.yaml.",
        )
    raw = path.read_bytes()
    if not raw.strip():
        raise FindingsError(
            "The export is empty.", wave=wave, file=path.name, mend="download the export again from the survey tool."
        )
    return raw


def first_record(text: str, delimiter: str) -> list[str]:
    """The header record as `delimiter` splits it; empty when it cannot be parsed."""
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def delimiter_of(text: str, path: Path, *, wave: str) -> str:
    """The delimiter that splits the header into most columns; one column, or a refused delimiter, stops."""
    widths = {mark: len(first_record(text, mark)) for mark in (*ACCEPTED, *REFUSED)}
    best = max(widths, key=lambda mark: widths[mark])
    if best in ACCEPTED and widths[best] > 1:
        return best
    found = f"separated by {REFUSED[best]}" if widths[best] > 1 else "one column: its delimiter is neither ; nor ,"
    raise FindingsError(
        f"The export has the wrong delimiter; it is {found}.",
        wave=wave,
        file=path.name,
        mend="export it again as CSV separated by ; (KoboToolbox's own) or by a comma.",
    )


def read_delimited(path: Path, *, wave: str) -> tuple[list[str], pd.DataFrame, str]:
    """Headers as found, cells (text; columns 0..n-1; null = empty cell), and the delimiter.

    Parsed by the standard library's csv, strictly, then by Arrow, and compared cell for cell.
    """
    text = read_text(path, wave=wave)
    delimiter = delimiter_of(text, path, wave=wave)
    try:
        headers, table = _parse(text, delimiter, path, wave)
    except csv.Error:
        rows = _records_before_break(text, delimiter)
        raise FindingsError(
            "The export is broken or truncated: a quotation mark is not closed, or stands inside an unquoted cell.",
            wave=wave,
            file=path.name,
            rows=[rows],
            mend="download the export again from the survey tool.",
        ) from None
    _check_by_arrow(text, delimiter, headers, table, path, wave)
    cells = [pa.array(column, type=pa.string()) if not column else pa.chunked_array(column) for column in table]
    frame = {i: pd.array(column, dtype="string[pyarrow]") for i, column in enumerate(cells)}
    return headers, pd.DataFrame(frame).replace("", pd.NA), delimiter


def _parse(text: str, delimiter: str, path: Path, wave: str) -> tuple[list[str], list[list[pa.Array]]]:
    """Headers and, per column, chunks of text (empty cells still ''); blank lines hold no record."""
    records = (
        record for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if record
    )
    headers = next(records)
    columns: list[list[pa.Array]] = [[] for _ in headers]
    ragged: list[int] = []
    done = 0
    while chunk := list(itertools.islice(records, CHUNK)):
        ragged += [done + i for i, record in enumerate(chunk, start=1) if len(record) != len(headers)]
        if not ragged:
            for column, values in zip(columns, zip(*chunk, strict=True), strict=True):
                column.append(pa.array(values, type=pa.string()))
        done += len(chunk)
    if ragged:
        raise FindingsError(
            f"The export is truncated or broken: {len(ragged)} of {done} rows do not have the header's "
            f"{len(headers)} columns.",
            wave=wave,
            file=path.name,
            rows=ragged,
            mend="download the export again from the survey tool.",
        )
    return headers, columns


def _records_before_break(text: str, delimiter: str) -> int:
    """Number of the data row in which strict parsing stops."""
    count = 0
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            count += 1
    except csv.Error:
        pass
    return max(count, 1)


def _check_by_arrow(
    text: str, delimiter: str, headers: list[str], table: list[list[pa.Array]], path: Path, wave: str
) -> None:
    """Parse again with Arrow's reader and compare every cell; names the first row and column that differ."""
    names = [f"f{i}" for i in range(len(headers))]
    raw = text.encode(ENCODING)
    try:
        second = arrow_csv.read_csv(
            pa.BufferReader(raw),
            read_options=arrow_csv.ReadOptions(
                autogenerate_column_names=True, block_size=min(max(len(raw), 1 << 16), 1 << 27), use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        raise disagreement("cannot be parsed by the second library", path, wave) from None
    rows = sum(len(chunk) for chunk in table[0])
    if second.num_columns != len(headers) or second.num_rows != rows + 1:
        raise disagreement("has another number of rows or columns to a second library", path, wave)
    for position, header in enumerate(headers):
        other = second.column(position)
        if other[0].as_py() != header:
            raise disagreement("has another header to a second library", path, wave, column=header)
        mine = pa.chunked_array(table[position], type=pa.string())
        if not mine.equals(other.slice(1)):
            pairs = zip(mine.to_pylist(), other.slice(1).to_pylist(), strict=True)
            row = next(i for i, (a, b) in enumerate(pairs, start=1) if a != b)
            raise disagreement("has another cell to a second library", path, wave, column=header, row=row)


def disagreement(
    what: str, path: Path, wave: str, *, column: str | None = None, row: int | None = None
) -> FindingsError:
    """The error for two libraries that read one file differently; names the place, never the value."""
    return FindingsError(
        f"The export {what}: what was parsed cannot be trusted.",
        wave=wave,
        file=path.name,
        column=column,
        rows=[] if row is None else [row],
        mend="export it again from the survey tool; if the error stays, this is a defect of the reader.",
    )
