"""KoboToolbox exports: XLSX with its repeats; CSV, also one that went through R, or of the legacy interface or Ona.

Sources: kobotoolbox/formpack and kobotoolbox/kpi (option columns `question/option`, trailing `_id`, `_uuid`, ...,
repeats as further sheets tied by `_parent_index`, a row of HXL tags); onaio/onadata (legacy: comma, `n/a`, True/False).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.readers.headers import SEPARATORS, Headers, Placed, leaf, original_name
from findings.readers.look import WORKBOOKS, Look
from findings.readers.table import RawTable, Repeat, named_columns
from findings.readers.tabular import ACCEPTED, read_delimited
from findings.readers.workbook import read_sheets

__all__ = ["OFF", "ON", "Headers", "Placed", "RawTable", "leaf", "marks", "original_name", "read"]

MARKERS = {"_id", "_uuid", "_submission_time", "_index", "_validation_status", "__version__"}
LEGACY = {"_xform_id_string", "_media_all_received", "_geolocation", "_bamboo_dataset_id", "_review_status"}
ON = frozenset({"1", "1.0", "TRUE", "True", "true"})
OFF = frozenset({"0", "0.0", "FALSE", "False", "false"})
NO_ANSWER = "n/a"
# Of `_validation_status`, as names and as labels; "on hold" is not decided, and stays.
REFUSED = {"validation_status_not_approved": "not_approved", "Not Approved": "not_approved"}


def marks(look: Look) -> list[str]:
    """KoboToolbox's own columns in the header."""
    return sorted(MARKERS & {original_name(header) for header in look.header})


def read(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> RawTable:
    """A KoboToolbox XLSX, whose further sheets are repeats, or CSV: `;` and all quoted, or by commas."""
    if path.suffix.lower() not in WORKBOOKS:
        headers, cells, written = read_delimited(path, wave=wave, source=source)
        name = ACCEPTED.get(written["delimiter"], "declared")
        return _table(headers, cells, {"tool": "kobo_csv", **written, "delimiter_name": name}, path, wave)
    sheets = read_sheets(path, wave=wave)
    main = next(iter(sheets))
    evidence = {"tool": "kobo_xlsx", "delimiter": None, "encoding": None, "sheets": len(sheets)}
    table = _table(*sheets[main], evidence, path, wave)
    known: dict[str, tuple[str, pd.Series | None]] = {main: ("", table.column("_index"))}
    repeats: dict[str, Repeat] = {}
    for name, (headers, cells) in list(sheets.items())[1:]:
        # A repeat that nobody answered is a header without rows.
        if not cells.empty:
            repeats[name] = _repeat(name, headers, cells, known, path, wave)
    return RawTable(table.headers, table.cells, table.evidence, table.states, repeats=repeats)


def _table(headers: list[str], cells: pd.DataFrame, evidence: dict[str, Any], path: Path, wave: str) -> RawTable:
    """Check the header, set aside a row of HXL tags, and state what the header shows."""
    hxl = len(cells) > 0 and cells.iloc[0].notna().any() and cells.iloc[0].dropna().str.startswith("#").all()
    if hxl:
        cells = cells.iloc[1:].reset_index(drop=True)
    headers, cells = named_columns(headers, cells, path, wave, same=original_name)
    names = [original_name(header) for header in headers]
    through_r = names != headers or not any("/" in header for header in headers) and any("." in h for h in headers)
    separator = next((mark for mark in SEPARATORS if any(mark in name for name in names)), None)
    style = "names" if all(re.fullmatch(r"[\w./\[\]-]+", name) for name in names) else "labels"
    legacy = evidence["delimiter"] == "," and bool(LEGACY & set(names))
    if legacy:
        # Its False is a skipped question as well (onadata issue 454): options of which none is on are no answer.
        cells = cells.replace(NO_ANSWER, pd.NA)
    status = next((cells[i] for i, name in enumerate(names) if name == "_validation_status"), None)
    found = {
        **evidence,
        "header_style": style,
        "group_separator": separator,
        "through_r": through_r,
        "hxl_row": bool(hxl),
        "legacy": legacy,
    }
    return RawTable(headers, cells, found, None if status is None else status.map(REFUSED).astype("string"))


def _repeat(
    name: str,
    headers: list[str],
    cells: pd.DataFrame,
    known: dict[str, tuple[str, pd.Series | None]],
    path: Path,
    wave: str,
) -> Repeat:
    """A further sheet, its rows tied to their parents by `_parent_table_name` and `_parent_index`."""
    headers, cells = named_columns(headers, cells, path, wave, same=original_name)
    columns = {original_name(header): cells[i] for i, header in enumerate(headers)}
    tables = columns.get("_parent_table_name", pd.Series(dtype="string")).dropna().unique()
    of = str(tables[0]) if len(tables) == 1 else ""
    parent, index = known.get(of, (None, None))
    if parent is None or index is None or "_parent_index" not in columns:
        raise FindingsError(
            "A further sheet is no repeat of a sheet before it: no `_parent_table_name` or `_parent_index`.",
            wave=wave,
            file=path.name,
            column=name,
            mend="export it again from KoboToolbox, with all its columns.",
        )
    place = {value: row for row, value in enumerate(index) if not pd.isna(value)}
    parents = columns["_parent_index"].map(place)
    if parents.isna().any():
        raise FindingsError(
            "Rows of a repeat belong to no submission.",
            wave=wave,
            file=path.name,
            column=name,
            rows=[int(i) + 1 for i in parents.index[parents.isna()]],
            mend="export it again from KoboToolbox; the sheets have to be of one export.",
        )
    known[name] = (name, columns.get("_index"))
    return Repeat(headers, cells, parents.astype("int64"), parent)
