"""Google Forms: the CSV of its responses, and a linked Sheet (CSV or XLSX); questions and answers are texts as shown.

Sources: headers `Question` and, of a grid, `Question [Row]`; checkboxes joined by `;` in the direct CSV and by `, ` in
a Sheet (GeckoRobotics/gecko-sustainability, pleochroite/FormsPreprocessors.jl, cgonza12/gonzomisc).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from findings.instrument import Codebook
from findings.readers.labelled import Notation, Reading, beside
from findings.readers.labelled import coded as from_labels
from findings.readers.look import Look, read_table
from findings.readers.table import RawTable, named_columns

TIMESTAMP = "Timestamp"
JOINS = (";", ", ")
MOMENTS = "%Y/%m/%d %I:%M:%S %p"
_GRID = re.compile(r"(?P<question>.+?)\s*\[(?P<row>[^\[\]]+)\]\s*", re.DOTALL)


def marks(look: Look) -> list[str]:
    """A first column called Timestamp."""
    return [TIMESTAMP] if look.header[:1] == [TIMESTAMP] else []


def read(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> RawTable:
    """The responses as found; `coded` gives them the form's names and codes."""
    headers, cells, written = read_table(path, wave=wave, source=source)
    headers, cells = named_columns(headers, cells, path, wave)
    evidence = {
        "tool": "google_forms", **written, "header_style": "labels", "group_separator": None, "through_r": False,
        "hxl_row": False,
    }  # fmt: skip
    return RawTable(headers, cells, evidence)


def coded(raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any]) -> RawTable:
    """Under the form's names and codes; the longest known options first where a Sheet joins them by a comma."""
    notation = Notation(reading, JOINS, {TIMESTAMP: "start"}, MOMENTS)
    return from_labels(raw, codebook, wave, place, notation)


def reading(header: str, raw: RawTable) -> Reading:
    """Its languages; of a grid, those of the question and of the row."""
    grid = _GRID.fullmatch(header)
    if grid is None:
        return Reading(wordings=beside(header))
    return Reading(wordings=beside(grid["question"]), parts=beside(grid["row"]))
