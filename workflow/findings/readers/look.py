"""A first look at an export: what kind of file it is and how it begins, so that a tool can be recognised."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.readers.tabular import (
    ENCODING,
    check_delimited,
    delimiter_of,
    first_records,
    head_of,
    read_bytes,
    read_delimited,
)
from findings.readers.workbook import first_rows, read_sheets

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls"})
STATISTICAL = {".sav": "sav", ".zsav": "sav", ".dta": "dta"}
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Look:
    """`kind` csv, xlsx, zip, sav or dta; `records` the first ones, with the header; `names` of sheets or members."""

    kind: str
    records: list[list[str]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    delimiter: str | None = None
    bom: bool = False

    @property
    def header(self) -> list[str]:
        """The first record, its names without outer blanks."""
        return [name.strip().removeprefix("\ufeff") for name in self.records[0]] if self.records else []

    def record(self, number: int) -> list[str]:
        """A record by number (0 = the header); empty where there is none."""
        return self.records[number] if number < len(self.records) else []


def look(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> Look:
    """How the export begins; stops on a file that cannot be read at all."""
    source = source or {}
    suffix = path.suffix.lower()
    raw = read_bytes(path, wave=wave)
    if suffix in STATISTICAL:
        return Look(STATISTICAL[suffix])
    if suffix in WORKBOOKS:
        names, rows = first_rows(path, wave=wave, count=5)
        return Look("xlsx", rows, names)
    kind = "csv"
    if suffix == ".zip":
        members = tables_in(path, wave=wave)
        kind, raw = "zip", next(iter(members.values()))
    check_delimited(raw, path, wave=wave, source=source)
    head = head_of(raw, str(source.get("encoding") or ENCODING))
    delimiter = str(source.get("delimiter") or delimiter_of(head, path, wave=wave))
    return Look(kind, first_records(head, delimiter, 5), delimiter=delimiter, bom=raw.startswith(BOM))


def tables_in(path: Path, *, wave: str) -> dict[str, bytes]:
    """The CSV files at the top of an archive, the one with the shortest name first; not its media, not audit logs."""
    again = "download the export again; it has to be the archive as the survey tool gave it."
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".csv") and "/" not in name]
            names = sorted(
                (name for name in names if not name.endswith("audit.csv")), key=lambda name: (len(name), name)
            )
            tables = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error):
        raise FindingsError(
            "The archive is truncated, broken or protected.", wave=wave, file=path.name, mend=again
        ) from None
    tables = {name: raw for name, raw in tables.items() if raw.strip()}
    if not tables:
        raise FindingsError("The archive holds no CSV.", wave=wave, file=path.name, mend=again)
    return tables


def read_table(
    path: Path, *, wave: str, source: Mapping[str, Any] | None = None
) -> tuple[list[str], pd.DataFrame, dict[str, Any]]:
    """A CSV (in an archive, the first), or the first sheet of a workbook: headers, cells, and how it was written."""
    if path.suffix.lower() in WORKBOOKS:
        headers, cells = next(iter(read_sheets(path, wave=wave, first=True).values()))
        return headers, cells, {"delimiter": None, "encoding": None}
    if path.suffix.lower() == ".zip":
        name, raw = next(iter(tables_in(path, wave=wave).items()))
        return read_delimited(Path(name), wave=wave, source=source, raw=raw)
    return read_delimited(path, wave=wave, source=source)
