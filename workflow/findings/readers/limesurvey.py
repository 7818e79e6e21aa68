"""LimeSurvey: CSV (or XLSX) with headers as codes, full texts or both, and answers as codes or texts.

Sources: LimeSurvey/LimeSurvey application/helpers/admin/export/{Writer,CsvWriter}.php: a byte-order mark, `;`, all
cells quoted, a blank line at the end; `Q1[SQ001]` of a sub-question, `Q1. Text [sub]` of both; `Y` or nothing of an
option; `-oth-` for "other", its text in `Q1[other]`; a `'` before a cell that a spreadsheet would take for a formula.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from findings.instrument import OTHER, Codebook
from findings.readers.labelled import Notation, Reading, beside
from findings.readers.labelled import coded as from_labels
from findings.readers.look import Look, read_table
from findings.readers.table import RawTable, named_columns

OWN = {
    "Response ID": "id", "Date submitted": "submitdate", "Last page": "lastpage", "Start language": "startlanguage",
    "Seed": "seed", "Date started": "startdate", "Date last action": "datestamp", "IP address": "ipaddr",
    "Referrer URL": "refurl", "Token": "token", "Access code": "token",
}  # fmt: skip
NAMES = set(OWN.values())
ALIASES = {"-oth-": (OTHER, "Other"), "Y": ("yes", "y", "Yes"), "N": ("no", "n", "No")}
_CODE = re.compile(r"(?P<code>[A-Za-z]\w*)(\[(?P<sub>[^\[\]]*)\])?(\[\w+\])?(\.\s*(?P<text>.*))?", re.DOTALL)
_SUB = re.compile(r"(?P<text>.*?)\s*\[(?P<sub>[^\[\]]*)\]\s*", re.DOTALL)
_MASKED = re.compile("^'(?=[=+@-])")


def marks(look: Look) -> list[str]:
    """Two of its own columns, or headers of sub-questions."""
    own = sorted({name for header in look.header if (name := _own_name(header)) in NAMES - {"id", "token", "seed"}})
    subs = [h for h in look.header if re.match(r"[A-Za-z]\w*\[\w+\](\.|$)", h)]
    return (own if len(own) > 1 else []) or (["headers of sub-questions"] if len(subs) > 2 else [])


def _own_name(header: str) -> str:
    """The code of a header if it is one of the tool's own columns; else the header."""
    code, _, text = header.partition(". ")
    return code if code in NAMES and (not text or OWN.get(text) == code) else OWN.get(header, header)


def read(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> RawTable:
    """The responses as found; `coded` gives them the form's names and codes."""
    headers, cells, written = read_table(path, wave=wave, source=source)
    headers, cells = named_columns([_own_name(header) for header in headers], cells, path, wave)
    masked = [i for i in cells.columns if cells[i].str.match(_MASKED).fillna(False).any()]
    cells = cells.copy() if masked else cells
    for i in masked:
        cells[i] = cells[i].str.replace(_MASKED, "", regex=True)
    evidence = {
        "tool": "limesurvey", **written, "header_style": _style(headers), "group_separator": None, "through_r": False,
        "hxl_row": False, "masked_columns": len(masked),
    }  # fmt: skip
    wordings = {h: m["text"] for h in headers if (m := _CODE.fullmatch(h)) and m["text"]}
    table = RawTable(headers, cells, evidence, wordings=wordings)
    end = table.column("submitdate")
    states = None if end is None else pd.Series("unfinished", index=cells.index, dtype="string").mask(end.notna())
    return RawTable(headers, cells, evidence, states, wordings)


def _style(headers: list[str]) -> str:
    found = [m for header in headers if (m := _CODE.fullmatch(header))]
    return "labels" if len(found) < len(headers) else "codes and labels" if any(m["text"] for m in found) else "names"


def coded(raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any]) -> RawTable:
    """Under the form's names and codes: `Q1[SQ001]` is the option SQ001 of Q1, or the question Q1_SQ001 of a grid."""
    notation = Notation(reading, (), {"startdate": "start", "submitdate": "end"}, aliases=ALIASES)
    return from_labels(raw, codebook, wave, place, notation)


def reading(header: str, raw: RawTable) -> Reading:
    code = _CODE.fullmatch(header)
    text = (code["text"] or "") if code else header
    sub = _SUB.fullmatch(text)
    asked = beside(sub["text"].rstrip(":")) + beside(sub["text"]) if sub else beside(text)
    row = beside(sub["sub"]) if sub and sub["sub"] else ()
    if code is None:
        return Reading((), asked, row, own=row[:1] == ("Other",))
    part = code["sub"]
    parts = tuple(dict.fromkeys([*([part] if part else []), *row]))
    return Reading((code["code"],), asked, parts, own=part == "other")
