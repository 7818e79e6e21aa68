"""A first look at an export: what kind of file it is and how it begins, so that a tool can be recognised."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.readers.tabular import ENCODING, delimiter_of, first_records, head_of, read_bytes, read_delimited
from findings.readers.workbook import read_sheets

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
        sheets = read_sheets(path, wave=wave)
        headers, cells = next(iter(sheets.values()))
        rows = cells.head(4).astype(object).where(cells.head(4).notna(), "").to_numpy().tolist()
        return Look("xlsx", [headers, *rows], list(sheets))
    if suffix == ".zip":
        try:
            with zipfile.ZipFile(path) as archive:
                return Look("zip", names=archive.namelist())
        except (zipfile.BadZipFile, OSError):
            raise FindingsError(
                "The archive is truncated or broken.", wave=wave, file=path.name, mend="download the export again."
            ) from None
    head = head_of(raw, str(source.get("encoding") or ENCODING))
    delimiter = str(source.get("delimiter") or delimiter_of(head, path, wave=wave))
    return Look("csv", first_records(head, delimiter, 5), delimiter=delimiter, bom=raw.startswith(BOM))


def read_table(
    path: Path, *, wave: str, source: Mapping[str, Any] | None = None
) -> tuple[list[str], pd.DataFrame, dict[str, Any]]:
    """A CSV, or the first sheet of a workbook: headers, cells, and how it was written."""
    if path.suffix.lower() in WORKBOOKS:
        headers, cells = next(iter(read_sheets(path, wave=wave, first=True).values()))
        return headers, cells, {"delimiter": None, "encoding": None}
    return read_delimited(path, wave=wave, source=source)
