"""SurveyCTO: the wide CSV: `question_option` and `question_<n>` of repeats in one row.

Sources: SurveyCTO's export as PovertyAction/high-frequency-checks holds it: `-` of an option's value becomes `_`, times
as `Oct 17, 2022 6:31:58 PM`, and `<repeat>_count`, `SET-OF-<repeat>`, `formdef_version`, `KEY` beside the questions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.instrument import Codebook
from findings.readers.headers import Headers
from findings.readers.labelled import moments
from findings.readers.look import Look, read_table
from findings.readers.table import RawTable, Repeat, named_columns

MOMENT, DAY = "%b %d, %Y %I:%M:%S %p", "%b %d, %Y"
SEPARATORS = ("_", "-")
_TIMES = re.compile(r"(?P<name>.+)_(?P<number>\d+)")


def marks(look: Look) -> list[str]:
    """`formdef_version` and `KEY`, SubmissionDate or `instanceID`."""
    header = set(look.header)
    found = sorted({"KEY", "SubmissionDate", "instanceID", "CompletionDate"} & header)
    return ["formdef_version", *found] if "formdef_version" in header and found else []


def read(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> RawTable:
    """The submissions, wide; `coded` takes the repeats out."""
    headers, cells, written = read_table(path, wave=wave, source=source)
    headers, cells = named_columns(headers, cells, path, wave)
    evidence = {
        "tool": "surveycto", **written, "header_style": "names", "group_separator": None, "through_r": False,
        "hxl_row": False, "separators": list(SEPARATORS),
    }  # fmt: skip
    return RawTable(headers, cells, evidence)


def coded(raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any]) -> RawTable:
    """Times and dates in ISO 8601, and repeats as tables of their own."""
    source: Mapping[str, Any] = wave["source"]
    duration = wave.get("duration") or {}
    used = {wave.get("month"), duration.get("start"), duration.get("end")}
    cells = raw.cells.copy()
    for i, header in enumerate(raw.headers):
        question = codebook.questions.get(header)
        if header in used:
            cells[i] = moments(cells[i], header, str(source.get("timestamp") or MOMENT), place)
        elif question is not None and question.type == "date":
            cells[i] = moments(cells[i], header, str(source.get("date") or DAY), place).str.slice(0, 10)
    return folded(replace(raw, cells=cells), codebook, place)


def folded(raw: RawTable, codebook: Codebook, place: Mapping[str, Any]) -> RawTable:
    """Columns `question_<n>` of questions asked in a repeat, taken out into the repeat's table: one row for each number
    of which a respondent has a cell. Option columns in a repeat are left out: the question's own column tells."""
    inside = {name: q.repeat for name, q in codebook.questions.items() if q.repeat}
    counts = {f"{name}_count" for name in inside.values()} | {f"SET-OF-{name}" for name in inside.values()}
    headers = Headers(codebook.questions, {}, {}, raw.evidence.get("separators", ()))
    taken: dict[str, dict[int, dict[str, int]]] = {}
    gone: list[int] = []
    for i, header in enumerate(raw.headers):
        if header in counts:
            gone.append(i)
            continue
        if headers.place(header) is not None and header not in inside:
            continue
        found = _TIMES.fullmatch(header)
        if found is None:
            continue
        name = found["name"]
        if name in inside:
            taken.setdefault(inside[name], {}).setdefault(int(found["number"]), {})[name] = i
            gone.append(i)
        elif of := _option_of(name, inside, codebook, place, header):
            gone.append(i)
            taken.setdefault(inside[of], {})
    if not gone:
        return raw
    repeats = dict(raw.repeats)
    for repeat, numbers in taken.items():
        questions = list(dict.fromkeys(name for columns in numbers.values() for name in columns))
        parts, parents = [], []
        for _, columns in sorted(numbers.items()):
            part = pd.DataFrame(
                {j: raw.cells[columns[name]] if name in columns else pd.NA for j, name in enumerate(questions)},
                index=raw.cells.index,
            ).astype("string")
            said = part.notna().any(axis=1)
            parts.append(part[said])
            parents.append(pd.Series(raw.cells.index[said]))
        if parts and sum(map(len, parts)):
            whole, of_rows = pd.concat(parts, ignore_index=True), pd.concat(parents, ignore_index=True)
            repeats[repeat] = Repeat(questions, whole, of_rows)
    left = [i for i in range(len(raw.headers)) if i not in set(gone)]
    return replace(
        raw,
        headers=[raw.headers[i] for i in left],
        cells=raw.cells[left].set_axis(range(len(left)), axis=1),
        evidence={**raw.evidence, "wide_columns": len(gone)},
        repeats=repeats,
    )


def _option_of(
    name: str, inside: Mapping[str, str], codebook: Codebook, place: Mapping[str, Any], header: str
) -> str | None:
    """The select_multiple in a repeat whose option column this is; stops on a question of a repeat in a repeat."""
    for question in inside:
        if name.startswith(question + "_"):
            if codebook.questions[question].type == "select_multiple":
                return question
            if name[len(question) + 1 :].isdecimal():
                raise FindingsError(
                    "A repeat in a repeat stands wide in one row.",
                    **place,
                    column=header,
                    mend="export it from SurveyCTO in long format, or drop its columns in wave.yaml.",
                )
    return None
