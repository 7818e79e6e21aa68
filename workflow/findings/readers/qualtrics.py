"""Qualtrics: names, the questions as asked, and a row of ImportIds; older exports have the first two rows only.

Sources: ropensci/qualtRics (inst/extdata/sample.csv, R/read_survey.R): the tool's own columns, `V1` to `V10` of old
exports, `Question - Option` in the second row of option columns, choices of one cell joined by `,` without a blank.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.instrument import Codebook
from findings.readers.labelled import Notation, Reading, beside
from findings.readers.labelled import coded as from_labels
from findings.readers.look import Look, read_table
from findings.readers.table import RawTable, named_columns

# What stands in the second row of the tool's own columns, which a researcher may have renamed -> their names.
OWN = {
    "Start Date": "StartDate", "End Date": "EndDate", "Response Type": "Status", "IP Address": "IPAddress",
    "Progress": "Progress", "Duration (in seconds)": "Duration (in seconds)", "Finished": "Finished",
    "Recorded Date": "RecordedDate", "Response ID": "ResponseId", "Recipient Last Name": "RecipientLastName",
    "Recipient First Name": "RecipientFirstName", "Recipient Email": "RecipientEmail",
    "External Data Reference": "ExternalReference", "Location Latitude": "LocationLatitude",
    "Location Longitude": "LocationLongitude", "Distribution Channel": "DistributionChannel",
    "User Language": "UserLanguage", "ResponseID": "ResponseId", "ResponseSet": "ResponseSet", "StartDate": "StartDate",
    "EndDate": "EndDate", "Status": "Status", "IPAddress": "IPAddress", "EmailAddress": "RecipientEmail",
    "ExternalDataReference": "ExternalReference", "LocationAccuracy": "LocationAccuracy",
}  # fmt: skip
NAMES = {"ResponseId", "RecordedDate", "DistributionChannel", "IPAddress", "UserLanguage", "Finished", "Progress"}
PREVIEWS = {"survey preview", "survey test", "preview spam", "1", "2", "9"}
SPAM = {"spam", "imported spam", "8", "12"}
UNFINISHED = {"false", "0"}
_IMPORT = re.compile(r"\s*\{\s*[\"']ImportId[\"']")
_PART = re.compile(r"(?P<name>.+)_(?P<number>\d+)(?P<own>_TEXT)?")
_CHOICE = " - Selected Choice"
JOINS = (",",)


def marks(look: Look) -> list[str]:
    """The row of ImportIds; its own columns by name; or the second row's words for them."""
    if any(_IMPORT.match(cell) for cell in look.record(2)):
        return ["a row of ImportIds"]
    names = sorted(NAMES & set(look.header))
    words = sorted(set(OWN) & {cell.strip() for cell in look.record(1)})
    return (names if len(names) > 2 else []) or (words if len(words) > 3 else [])


def read(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> RawTable:
    """The responses as found, with the questions as asked in `wordings`; `coded` gives them the form's codes."""
    headers, cells, written = read_table(path, wave=wave, source=source)
    # The rows under the names are no responses: checks of the columns come after them.
    asked = cells.iloc[0].fillna("").tolist() if len(cells) else []
    ids = len(cells) > 1 and bool(cells.iloc[1].dropna().str.match(_IMPORT).all()) and bool(cells.iloc[1].notna().any())
    if not ids and not set(OWN) & {text.strip() for text in asked}:
        raise FindingsError(
            "The second row of the export is not that of the questions as asked.",
            wave=wave,
            file=path.name,
            mend="export it again from Qualtrics with all its header rows, or read it as `source: {tool: plain_csv}`.",
        )
    headers = [_own_name(header, text) for header, text in zip(headers, asked, strict=True)]
    cells = cells.iloc[2 if ids else 1 :].reset_index(drop=True)
    wordings = {header: text for header, text in zip(headers, asked, strict=True) if text}
    headers, cells = named_columns(headers, cells, path, wave)
    evidence = {
        "tool": "qualtrics", **written, "header_style": "names", "group_separator": None, "through_r": False,
        "hxl_row": False, "header_rows": 3 if ids else 2,
    }  # fmt: skip
    table = RawTable(headers, cells, evidence, wordings=wordings)
    return RawTable(headers, cells, evidence, _states(table), wordings)


def _own_name(header: str, text: str) -> str:
    """The tool's name of one of its own columns, by the second row; another header stays."""
    known = OWN.get(text.strip())
    if known is None and re.fullmatch(r"V\d+", header) and text.strip() in ("Name", "Finished"):
        known = {"Name": "RecipientLastName"}.get(text.strip(), text.strip())
    return known or header


def _states(table: RawTable) -> pd.Series:
    states = pd.Series(pd.NA, index=table.cells.index, dtype="string")
    for column, values, state in (
        ("Finished", UNFINISHED, "unfinished"), ("Status", SPAM, "spam"), ("Status", PREVIEWS, "preview"),
        ("DistributionChannel", {"preview"}, "preview"),
    ):  # fmt: skip
        found = table.column(column)
        if found is not None:
            states = states.mask(found.str.strip().str.lower().isin(values), state)
    return states


def coded(raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any]) -> RawTable:
    """Under the form's names and codes; a column is known by its name, else by the question as asked."""
    notation = Notation(reading, JOINS, {"StartDate": "start", "EndDate": "end"})
    return from_labels(raw, codebook, wave, place, notation)


def reading(header: str, raw: RawTable) -> Reading:
    asked = raw.wordings.get(header, "")
    whole = asked.removesuffix(_CHOICE)
    stem, _, part = whole.rpartition(" - ")
    found = _PART.fullmatch(header)
    if header.endswith("_TEXT"):
        name = found["name"] if found else header.removesuffix("_TEXT")
        stem = stem.removesuffix(_CHOICE)
        number = (found["number"],) if found else ()
        return Reading((header, name), beside(stem.removesuffix(" - Other")), (*number, part, "Other"), own=True)
    if found and stem:
        return Reading((found["name"],), (*beside(stem.removesuffix(_CHOICE)),), (*beside(part), found["number"]))
    grid = [f"{q} [{row}]" for q in beside(stem) for row in beside(part)] if stem else []
    return Reading((header,), (*beside(asked), *beside(whole), *grid))
