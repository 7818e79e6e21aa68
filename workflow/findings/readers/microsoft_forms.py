"""Microsoft Forms: its workbook of responses; questions and answers are texts as shown, several joined by `;`.

Source: the workbook's own layout: ID, Start time, Completion time, Email, Name, then the questions; of a grid only the
row stands in the header; a `;` also ends a list of answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from findings.instrument import Codebook
from findings.readers.labelled import Notation, Reading, beside
from findings.readers.labelled import coded as from_labels
from findings.readers.look import Look, read_table
from findings.readers.table import RawTable, named_columns

START, END = "Start time", "Completion time"
JOINS = (";",)


def marks(look: Look) -> list[str]:
    """Its first three columns."""
    return (
        ["ID", START, END] if [name.lower() for name in look.header[:3]] == ["id", START.lower(), END.lower()] else []
    )


def read(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> RawTable:
    """The responses as found; `coded` gives them the form's names and codes."""
    headers, cells, written = read_table(path, wave=wave, source=source)
    headers, cells = named_columns(headers, cells, path, wave)
    evidence = {
        "tool": "microsoft_forms", **written, "header_style": "labels", "group_separator": None, "through_r": False,
        "hxl_row": False,
    }  # fmt: skip
    return RawTable(headers, cells, evidence)


def coded(raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any]) -> RawTable:
    """Under the form's names and codes."""
    notation = Notation(reading, JOINS, {START: "start", END: "end"}, rows_alone=True)
    return from_labels(raw, codebook, wave, place, notation)


def reading(header: str, raw: RawTable) -> Reading:
    return Reading(wordings=beside(header))
