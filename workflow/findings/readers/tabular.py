"""Delimited text as received: every cell exact text, ragged or broken files refused, parsed a second time by Arrow."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from findings.errors import FindingsError

# Delimiters a survey tool writes; the others only where wave.yaml says so.
ACCEPTED = {";": "semicolon", ",": "comma"}
REFUSED = {"\t": "tab", "|": "bar"}
CHUNK = 20_000
HEAD = 1 << 18
AGAIN = "download the answers again from the survey tool, signed in, as CSV or XLSX."
# How files begin that are given the name of a CSV: beginning, what it is, and the mend.
DISGUISED = (
    (b"pk\x03\x04", "a workbook or an archive", "give it the ending that it had: .xlsx or .zip."),
    (b"\xd0\xcf\x11\xe0", "an old or protected workbook", "save it as XLSX, without a password, under that ending."),
    (b"<!doctype", "a web page", AGAIN),
    (b"<html", "a web page", AGAIN),
    (b'{"', "JSON, perhaps an error of the survey tool's,", AGAIN),
)
# How many records of the file's beginning must be of one width.
FIRST = 50
ENCODING = "utf-8"

csv.field_size_limit(16 * 1024 * 1024)


def read_bytes(path: Path, *, wave: str) -> bytes:
    """The file's bytes; stops when it is missing, empty or a PDF."""
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
    if raw.startswith(b"%PDF"):
        raise FindingsError(
            "The file is a PDF and no export.",
            wave=wave,
            file=path.name,
            mend="download the answers from the survey tool, as CSV or XLSX.",
        )
    return raw


def _codec(encoding: str) -> str:
    """The codec that leaves out a byte-order mark."""
    return "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding


def _not_in(encoding: str, raw: bytes, error: Exception, path: Path, wave: str) -> FindingsError:
    if isinstance(error, LookupError):
        return FindingsError(
            f"There is no encoding of the name {encoding}.",
            wave=wave,
            file=path.name,
            mend="`source: {encoding: ...}` in wave.yaml: utf-8, utf-16, cp1252 (Windows), or another of Python's.",
        )
    name = "UTF-8" if _codec(encoding) == "utf-8-sig" else encoding
    at = error.start if isinstance(error, UnicodeDecodeError) else 0
    return FindingsError(
        f"The export is not {name}: line {raw.count(bytes([10]), 0, at) + 1} of the file holds a byte that {name} does "
        "not have.",
        wave=wave,
        file=path.name,
        mend="export it again from the survey tool as CSV (UTF-8); do not open and save it in a spreadsheet. If it is"
        " the only copy: `source: {encoding: cp1252}` in wave.yaml, or the encoding it has.",
    )


def check_delimited(raw: bytes, path: Path, *, wave: str, source: Mapping[str, Any]) -> None:
    """Stop, and say what it is, on what bears the name of a CSV and is none; and on UTF-16 that wave.yaml does not say.

    Any of these would be read as a table of another tool, of another delimiter or of one column.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not source.get("encoding"):
        raise FindingsError(
            "The export is in UTF-16, as a spreadsheet saves it ('Unicode text').",
            wave=wave,
            file=path.name,
            mend="download it again from the survey tool as CSV (UTF-8), and do not save it in a spreadsheet. If it is"
            ' the only copy: `source: {encoding: utf-16}` in wave.yaml, with `delimiter: "\\t"` where tabs divide.',
        )
    begins = raw[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for mark, kind, mend in DISGUISED:
        if begins.startswith(mark):
            raise FindingsError(f"The file is {kind} and no CSV.", wave=wave, file=path.name, mend=mend)


def first_records(head: str, delimiter: str, count: int = FIRST) -> list[list[str]]:
    """The first records, as `delimiter` splits them, up to where they cannot be parsed."""
    found: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=True):
            if record:
                found.append(record)
            if len(found) == count:
                break
    except csv.Error:
        pass
    return found


def head_of(raw: bytes, encoding: str = ENCODING) -> str:
    """The beginning of the file as text, cut after a whole record."""
    codec = _codec(encoding)
    try:
        text = raw[:HEAD].decode(codec, errors="replace")
    except LookupError:
        text = raw[:HEAD].decode("utf-8-sig", errors="replace")
    if len(raw) <= HEAD:
        return text
    # A line end is a record's end where the quotation marks before it are paired.
    cut = next((i for i in range(len(text) - 1, 0, -1) if text[i] == "\n" and text.count('"', 0, i) % 2 == 0), 0)
    return text[: cut + 1]


def delimiter_of(head: str, path: Path, *, wave: str) -> str:
    """The delimiter that splits the beginning of the file into records of one width; several, or none, stops."""
    widths: dict[str, list[int]] = {}
    for mark in (*ACCEPTED, *REFUSED):
        widths[mark] = [len(record) for record in first_records(head, mark)]
    even = [mark for mark in ACCEPTED if widths[mark] and widths[mark][0] > 1 and len(set(widths[mark])) == 1]
    if len(even) == 1:
        return even[0]
    if len(even) > 1:
        raise FindingsError(
            "The export can be read with two delimiters.",
            wave=wave,
            file=path.name,
            mend='say which it is in wave.yaml: `source: {delimiter: ";"}`.',
        )
    best = max(widths, key=lambda mark: widths[mark][0] if widths[mark] else 0)
    first = widths[best][0] if widths[best] else 0
    if best in ACCEPTED and first > 1:
        return best
    found = f"separated by {REFUSED[best]}" if first > 1 else "one column: its delimiter is neither ; nor ,"
    raise FindingsError(
        f"The export has the wrong delimiter; it is {found}.",
        wave=wave,
        file=path.name,
        mend="export it again as CSV separated by ; (KoboToolbox's own) or by a comma, or say its delimiter in"
        ' wave.yaml: `source: {delimiter: "|"}`.',
    )


def read_delimited(
    path: Path, *, wave: str, source: Mapping[str, Any] | None = None, raw: bytes | None = None
) -> tuple[list[str], pd.DataFrame, dict[str, Any]]:
    """Headers as found, cells (text; columns 0..n-1; null = empty cell), and the delimiter and encoding.

    `raw`: the bytes, where the file lies in an archive. `source` of wave.yaml may say `delimiter` and `encoding`.
    Parsed by the standard library's csv, strictly, then by Arrow, and compared cell for cell; never is the whole file
    a second time in memory.
    """
    source = source or {}
    encoding = str(source.get("encoding") or ENCODING)
    raw = read_bytes(path, wave=wave) if raw is None else raw
    check_delimited(raw, path, wave=wave, source=source)
    delimiter = str(source.get("delimiter") or delimiter_of(head_of(raw, encoding), path, wave=wave))
    try:
        stream = io.TextIOWrapper(io.BytesIO(raw), encoding=_codec(encoding), newline="")
        headers, table = _parse(stream, delimiter, path, wave)
    except csv.Error:
        raise FindingsError(
            "The export is broken or truncated: a quotation mark is not closed, or stands inside an unquoted cell.",
            wave=wave,
            file=path.name,
            rows=[_records_before_break(raw, encoding, delimiter)],
            mend="download the export again from the survey tool.",
        ) from None
    except (UnicodeError, LookupError) as error:
        raise _not_in(encoding, raw, error, path, wave) from None
    if _codec(encoding) != "utf-8-sig":
        raw = raw.decode(_codec(encoding)).encode(ENCODING)
    _check_by_arrow(raw, delimiter, headers, table, path, wave)
    frame = {}
    for i in range(len(headers)):
        column, table[i] = table[i], []
        cells = pa.chunked_array(column, type=pa.string())
        empty = pa.scalar(None, type=pa.string())
        frame[i] = pd.array(pc.if_else(pc.equal(cells, ""), empty, cells), dtype="string[pyarrow]")
    return headers, pd.DataFrame(frame), {"delimiter": delimiter, "encoding": encoding}


def _records(stream: Iterator[str] | io.TextIOBase, delimiter: str) -> Iterator[list[str]]:
    """Records of the file; blank lines hold none."""
    return (record for record in csv.reader(stream, delimiter=delimiter, strict=True) if record)


def _parse(
    stream: Iterator[str] | io.TextIOBase, delimiter: str, path: Path, wave: str
) -> tuple[list[str], list[list[pa.Array]]]:
    """Headers and, per column, chunks of text (empty cells still '')."""
    records = _records(stream, delimiter)
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


def _records_before_break(raw: bytes, encoding: str, delimiter: str) -> int:
    """Number of the data row in which strict parsing stops."""
    count = 0
    try:
        for _ in _records(io.TextIOWrapper(io.BytesIO(raw), encoding=_codec(encoding), newline=""), delimiter):
            count += 1
    except csv.Error:
        pass
    return max(count, 1)


def _check_by_arrow(
    raw: bytes, delimiter: str, headers: list[str], table: list[list[pa.Array]], path: Path, wave: str
) -> None:
    """Parse again with Arrow's reader, block by block, and compare every cell; names the first that differs."""
    names = [f"f{i}" for i in range(len(headers))]
    mine = [pa.chunked_array(column, type=pa.string()) for column in table]
    seen = -1  # the header is the first record
    try:
        second = arrow_csv.open_csv(
            pa.BufferReader(raw),
            read_options=arrow_csv.ReadOptions(
                autogenerate_column_names=True, block_size=min(max(len(raw), 1 << 16), 1 << 26), use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
        if len(second.schema) != len(headers):
            raise disagreement("has another number of columns to a second library", path, wave)
        for batch in second:
            start = 0
            if seen < 0 and batch.num_rows:
                for position, header in enumerate(headers):
                    if batch.column(position)[0].as_py() != header:
                        raise disagreement("has another header to a second library", path, wave, column=header)
                start, seen = 1, 0
            for position, header in enumerate(headers):
                other = batch.column(position).slice(start)
                part = mine[position].slice(seen, len(other))
                if not part.equals(pa.chunked_array([other])):
                    pairs = zip(part.to_pylist(), other.to_pylist(), strict=False)
                    row = next((i for i, (a, b) in enumerate(pairs, start=1) if a != b), len(part) + 1)
                    raise disagreement(
                        "has another cell to a second library", path, wave, column=header, row=seen + row
                    )
            seen += batch.num_rows - start
    except pa.ArrowInvalid:
        raise disagreement("cannot be parsed by the second library", path, wave) from None
    if max(seen, 0) != len(mine[0]):
        raise disagreement("has another number of rows to a second library", path, wave)


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
