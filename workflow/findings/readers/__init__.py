"""Readers: an export as a survey tool wrote it -> text cells and the evidence of how it was written.

One signature for every tool: `read(path, *, wave, source) -> RawTable`, beside `marks(look)`, what in the file says
that the tool wrote it; and for tools that write labels for codes `coded(raw, codebook, wave, place) -> RawTable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from findings.errors import FindingsError
from findings.readers import (
    google_forms,
    kobo,
    limesurvey,
    microsoft_forms,
    odk_central,
    plain_csv,
    qualtrics,
    statistical,
    surveycto,
    surveymonkey,
)
from findings.readers.labelled import Reading
from findings.readers.look import Look, look
from findings.readers.table import RawTable, Repeat

__all__ = ["READERS", "RawTable", "Repeat", "Tool", "evidence_of", "read", "recognise"]


@dataclass(frozen=True)
class Tool:
    """A survey tool: the kinds of its files, what marks it, its reader, and its way from labels to codes, if any; what
    its headers may say, and what joins the options of one cell."""

    kinds: tuple[str, ...]
    marks: Callable[[Look], list[str]]
    read: Callable[..., RawTable]
    coded: Callable[..., RawTable] | None = None
    reading: Callable[[str, RawTable], Reading] | None = None
    joins: tuple[str, ...] = (" ",)


TABLES = ("csv", "xlsx")
READERS: dict[str, Tool] = {
    "kobo_xlsx": Tool(("xlsx",), kobo.marks, kobo.read),
    "kobo_csv": Tool(("csv",), kobo.marks, kobo.read),
    "odk_central": Tool(("zip", "csv"), odk_central.marks, odk_central.read),
    "surveycto": Tool(TABLES, surveycto.marks, surveycto.read, surveycto.coded),
    "google_forms": Tool(
        ("csv", "xlsx", "zip"),
        google_forms.marks,
        google_forms.read,
        google_forms.coded,
        google_forms.reading,
        google_forms.JOINS,
    ),
    "microsoft_forms": Tool(
        TABLES,
        microsoft_forms.marks,
        microsoft_forms.read,
        microsoft_forms.coded,
        microsoft_forms.reading,
        microsoft_forms.JOINS,
    ),
    "qualtrics": Tool(
        ("csv", "xlsx", "zip"), qualtrics.marks, qualtrics.read, qualtrics.coded, qualtrics.reading, qualtrics.JOINS
    ),
    "limesurvey": Tool(TABLES, limesurvey.marks, limesurvey.read, limesurvey.coded, limesurvey.reading),
    "surveymonkey": Tool(
        ("csv", "xlsx", "zip"), surveymonkey.marks, surveymonkey.read, surveymonkey.coded, surveymonkey.reading
    ),
    "spss": Tool(("sav",), statistical.marks, statistical.read, statistical.coded, statistical.reading),
    "stata": Tool(("dta",), statistical.marks, statistical.read, statistical.coded, statistical.reading),
    "plain_csv": Tool(TABLES, plain_csv.marks, plain_csv.read, plain_csv.coded, plain_csv.reading, plain_csv.JOINS),
}


def recognise(path: Path, wave: str, source: Mapping[str, Any] | None = None) -> str:
    """The tool that wrote the export, from the file itself; stops when no reader knows it, or two do."""
    return evidence_of(path, wave, source)[0]


def evidence_of(path: Path, wave: str, source: Mapping[str, Any] | None = None) -> tuple[str, list[str]]:
    """The tool that wrote the export, and what in the file says so."""
    seen = look(path, wave=wave, source=source)
    found = {name: marks for name, tool in READERS.items() if seen.kind in tool.kinds and (marks := tool.marks(seen))}
    if len(found) == 1:
        return next(iter(found.items()))
    raise FindingsError(
        f"The export may be of {' or '.join(found)}." if found else "No reader recognises the export.",
        wave=wave,
        file=path.name,
        mend=f"say which tool wrote it: `source: {{tool: ...}}` in wave.yaml, one of {', '.join(sorted(READERS))}.",
    )


def read(path: Path, *, wave: str, tool: str | None = None, source: Mapping[str, Any] | None = None) -> RawTable:
    """The export, by the reader of `tool` (None: recognised from the file); `source` as in wave.yaml."""
    marks = ["source.tool in wave.yaml"]
    if tool is None:
        tool, marks = evidence_of(path, wave, source)
    if tool not in READERS:
        raise FindingsError(
            f"There is no reader for the tool {tool}.",
            wave=wave,
            file=path.name,
            mend=f"`source: {{tool: ...}}` in wave.yaml, one of {', '.join(sorted(READERS))}.",
        )
    raw = READERS[tool].read(path, wave=wave, source=source)
    return replace(raw, evidence={**raw.evidence, "recognised_by": marks})
