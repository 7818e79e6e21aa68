"""The sheets of an XLSX workbook as exact text, read by calamine and checked cell for cell by openpyxl."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.utils.escape import unescape
from python_calamine import CalamineWorkbook

from findings.errors import FindingsError
from findings.readers.tabular import disagreement, read_bytes

# The container of an encrypted workbook and of the old .xls: [MS-CFB] section 2.2.
OLE2 = bytes.fromhex("D0CF11E0A1B11AE1")
Grid = list[list[str | None]]


def check_workbook(path: Path, *, wave: str) -> bytes:
    """The bytes of a plain XLSX; stops on a password, macros, a broken archive or another kind of file."""
    raw = read_bytes(path, wave=wave)
    again = "export it again from the survey tool as XLSX, without a password and without macros."
    if raw.startswith(OLE2):
        raise FindingsError(
            "The workbook is protected by a password, or is an old .xls.", wave=wave, file=path.name, mend=again
        )
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
            broken = archive.testzip()
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError):
        raise FindingsError("The workbook is truncated or broken.", wave=wave, file=path.name, mend=again) from None
    if broken:
        raise FindingsError("The workbook is truncated or broken.", wave=wave, file=path.name, mend=again)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FindingsError("The workbook holds macros.", wave=wave, file=path.name, mend=again)
    if "xl/workbook.xml" not in names:
        raise FindingsError("The file is not an XLSX workbook.", wave=wave, file=path.name, mend=again)
    return raw


def cell_text(value: object) -> str | None:
    """A typed cell as exact text: whole numbers without `.0`, TRUE as 1, dates as ISO 8601; an empty cell is None."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        # XML 1.0 section 2.11: a parser hands on every line end as \n; calamine's does not, openpyxl's does.
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        # Sheets hold days as binary fractions: the two libraries round the last microseconds differently.
        second = (value + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
        return second.date().isoformat() if second.time() == dt.time() else second.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.replace(microsecond=0).isoformat()
    if isinstance(value, dt.timedelta):
        return str(round(value.total_seconds()))
    raise TypeError(f"no text for a cell of type {type(value).__name__}")


def read_sheets(path: Path, *, wave: str, first: bool = False) -> dict[str, tuple[list[str], pd.DataFrame]]:
    """Sheets by name, in order (the first alone, if asked): headers as found, and cells (text; columns 0..n-1; null =
    empty cell). Stops when the first is empty; further empty ones are left out."""
    raw = check_workbook(path, wave=wave)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        names = workbook.sheet_names[:1] if first else workbook.sheet_names
        grids = {name: _trim(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names}
    except Exception:  # noqa: BLE001 - calamine raises several kinds, whose text may quote a cell
        raise FindingsError(
            "The workbook is truncated or broken.", wave=wave, file=path.name, mend="download the export again."
        ) from None
    if not grids or not next(iter(grids.values())):
        raise FindingsError("The first sheet is empty.", wave=wave, file=path.name, mend="download the export again.")
    sheets = {}
    for number, (name, grid) in enumerate(grids.items()):
        if grid:
            _check_by_openpyxl(raw, grid, path, wave, number)
            frame = {i: pd.array([row[i] for row in grid[1:]], dtype="string[pyarrow]") for i in range(len(grid[0]))}
            sheets[name] = [value or "" for value in grid[0]], pd.DataFrame(frame)
    return sheets


def first_rows(path: Path, *, wave: str, count: int) -> tuple[list[str], list[list[str]]]:
    """The names of the sheets, and the first rows of the first one, for a look; "" where a cell is empty."""
    raw = check_workbook(path, wave=wave)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        grid = _trim(workbook.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=count))
    except Exception:  # noqa: BLE001 - calamine raises several kinds, whose text may quote a cell
        raise FindingsError(
            "The workbook is truncated or broken.", wave=wave, file=path.name, mend="download the export again."
        ) from None
    return workbook.sheet_names, [[cell or "" for cell in row] for row in grid]


def _trim(rows: Iterable[Iterable[object]]) -> Grid:
    """Text cells, all rows of one width, without the empty rows and columns at the end."""
    grid = [[cell_text(value) for value in row] for row in rows]
    while grid and not any(value is not None for value in grid[-1]):
        grid.pop()
    width = max((i + 1 for row in grid for i, value in enumerate(row) if value is not None), default=0)
    return [(row + [None] * width)[:width] for row in grid]


def _check_by_openpyxl(raw: bytes, grid: Grid, path: Path, wave: str, number: int = 0) -> None:
    """Read again with openpyxl and compare every cell; names the first row and column that differ."""
    workbook = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    try:
        sheet = workbook.worksheets[number]
        sheet.reset_dimensions()
        second = _trim(sheet.iter_rows(values_only=True))
    finally:
        workbook.close()
    if len(second) != len(grid) or len(second[0]) != len(grid[0]):
        raise disagreement("has another number of rows or columns to a second library", path, wave)
    for at, (mine, other) in enumerate(zip(grid, second, strict=True)):
        differing = [i for i, (a, b) in enumerate(zip(mine, other, strict=True)) if a != b and a != _unescaped(b)]
        if differing:
            raise disagreement(
                "has another cell to a second library", path, wave, column=grid[0][differing[0]] or None, row=at
            )


def _unescaped(value: str | None) -> str | None:
    """A cell with `_xHHHH_` escapes undone (ECMA-376 part 1, 22.9.2.19), as calamine does and openpyxl does not."""
    return None if value is None else cell_text(unescape(value))
