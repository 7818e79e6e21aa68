"""SurveyMonkey: two header rows, the question over the first of its columns and its options below; or three.

Sources: sfirke's gist and mattroumaya/doubleheadr on its headers; exports of cncf/surveys: an option's column holds its
text or nothing, in exports as numbers its number; three rows have question numbers on top.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from findings.errors import FindingsError
from findings.instrument import Codebook
from findings.readers.labelled import Notation, Reading, beside
from findings.readers.labelled import coded as from_labels
from findings.readers.look import Look, read_table
from findings.readers.table import RawTable, named_columns

WHOLE = {"", "Response", "Open-Ended Response"}
OWN = {
    "Respondent ID",
    "Collector ID",
    "Start Date",
    "End Date",
    "IP Address",
    "Email Address",
    "First Name",
    "Last Name",
}
JOIN = " | "
_NUMBER = re.compile(r"Q\d+")
_OTHER = re.compile(r"other\b.*", re.IGNORECASE)


def marks(look: Look) -> list[str]:
    """Its own columns, or `Response` and `Open-Ended Response` in the second row."""
    first, second, third = (look.record(i) for i in range(3))
    below = third if _numbered(first) else second
    found = sorted({"Response", "Open-Ended Response", "Other (please specify)"} & set(below))
    own = sorted(OWN & set(second if _numbered(first) else look.header))
    return found + own if found or "Respondent ID" in own and "Collector ID" in own else []


def _numbered(header: list[str]) -> bool:
    """Whether a row holds question numbers and nothing else."""
    return any(header) and all(_NUMBER.fullmatch(name.strip()) for name in header if name.strip())


def read(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> RawTable:
    """The responses as found under headers `question | option`; `coded` gives them the form's names and codes."""
    first, cells, written = read_table(path, wave=wave, source=source)
    rows = [first, *(cells.iloc[i].fillna("").tolist() for i in range(min(2, len(cells))))]
    count = 3 if _numbered(first) else 2
    if len(rows) < count:
        raise FindingsError("The export has a header and no rows.", wave=wave, file=path.name, mend="export it again.")
    upper, lower = rows[count - 2], rows[count - 1]
    headers: list[str] = []
    question = ""
    for above, below in zip(upper, lower, strict=True):
        question = " ".join(above.split()) or question
        option = " ".join(below.split())
        if not above.strip() and not option:
            headers.append("")
        elif above.strip() in OWN or option in WHOLE or option == question:
            headers.append(question)
        else:
            headers.append(f"{question}{JOIN}{option}")
    headers, cells = named_columns(headers, cells.iloc[count - 1 :].reset_index(drop=True), path, wave)
    evidence = {
        "tool": "surveymonkey", **written, "header_style": "labels", "group_separator": None, "through_r": False,
        "hxl_row": False, "header_rows": count,
    }  # fmt: skip
    return RawTable(headers, cells, evidence)


def coded(raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any]) -> RawTable:
    """Under the form's names and codes."""
    notation = Notation(reading, (), {"Start Date": "start", "End Date": "end"})
    return from_labels(raw, codebook, wave, place, notation)


def reading(header: str, raw: RawTable) -> Reading:
    question, join, option = header.rpartition(JOIN)
    if not join:
        return Reading(wordings=beside(header))
    return Reading(wordings=beside(question), parts=beside(option), own=bool(_OTHER.fullmatch(option)))
