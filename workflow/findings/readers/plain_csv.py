"""Any table with one row of headers: never recognised, only declared; headers are names or labels of the form, or what
`columns` in wave.yaml says they are; several answers in one cell are joined by `;`, `,` or a blank."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from findings.instrument import Codebook
from findings.readers.labelled import Notation, Reading, beside
from findings.readers.labelled import coded as from_labels
from findings.readers.look import Look, read_table
from findings.readers.table import RawTable, named_columns

JOINS = (";", "; ", ",", ", ", "|", " ")


def marks(look: Look) -> list[str]:
    """Nothing marks it."""
    return []


def read(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> RawTable:
    """The table as found."""
    headers, cells, written = read_table(path, wave=wave, source=source)
    headers, cells = named_columns(headers, cells, path, wave)
    evidence = {
        "tool": "plain_csv", **written, "header_style": "declared", "group_separator": None, "through_r": False,
        "hxl_row": False,
    }  # fmt: skip
    return RawTable(headers, cells, evidence)


def coded(raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any]) -> RawTable:
    """Under the form's names and codes, as far as names, labels or wave.yaml tell."""
    return from_labels(raw, codebook, wave, place, Notation(reading, JOINS))


def reading(header: str, raw: RawTable) -> Reading:
    return Reading((header.strip(),), beside(header))
