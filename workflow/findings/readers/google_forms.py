"""Google Forms: the CSV of its responses, and that of a linked Sheet; questions and answers are texts as shown.

Sources: headers `Question` and, of a grid, `Question [Row]`; checkboxes joined by `;` in the direct CSV and by `, ` in
a Sheet (GeckoRobotics/gecko-sustainability, pleochroite/FormsPreprocessors.jl, cgonza12/gonzomisc).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from findings.answers import data_rows, plain
from findings.errors import FindingsError
from findings.instrument import Codebook, Question
from findings.readers.kobo import RawTable
from findings.readers.tabular import ENCODING, delimiter_of, first_record, read_delimited, read_text

TIMESTAMP = "Timestamp"
JOINS = {";": "direct", ", ": "sheet"}
# Two languages of one header or row stand beside each other.
BESIDE = " / "
_GRID = re.compile(r"(?P<question>.+?)\s*\[(?P<row>[^\[\]]+)\]\s*", re.DOTALL)
_ZONED = re.compile(r"(?P<moment>.+?)(?:\s+(?:GMT|UTC)?(?P<zone>[+-]\d{1,2}(?::?\d{2})?|Z))?\s*")


def recognise(path: Path, *, wave: str) -> str | None:
    """`google_forms` when the first column of a CSV is called Timestamp; None otherwise."""
    if path.suffix.lower() != ".csv":
        return None
    text = read_text(path, wave=wave)
    header = first_record(text, delimiter_of(text, path, wave=wave))
    return "google_forms" if header and header[0].strip() == TIMESTAMP else None


def read_csv(path: Path, *, wave: str) -> RawTable:
    """The responses as found; `coded` gives them the form's names and codes."""
    headers, cells, delimiter = read_delimited(path, wave=wave)
    if cells.empty:
        raise FindingsError("The export has a header and no rows.", wave=wave, file=path.name, mend="export it again.")
    evidence = {
        "tool": "google_forms", "delimiter": delimiter, "encoding": ENCODING, "header_style": "labels",
        "group_separator": None, "through_r": False, "hxl_row": False,
    }  # fmt: skip
    return RawTable(headers, cells, evidence)


def coded(raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any]) -> RawTable:
    """The table under the form's names, answers as codes, times in ISO 8601; unknown headers stay as they are.

    A header or an answer is known by its label in any language of the form. In the columns under `source.other` of
    wave.yaml a text that is no option is the respondent's own: it moves to the text question named there. Raises
    FindingsError on an answer that is no option, and on a time of another format.
    """
    names = _names(codebook)
    other: Mapping[str, str] = wave["source"].get("other") or {}
    headers: list[str] = []
    columns: list[pd.Series] = []
    own: dict[str, pd.Series] = {}
    labels = 0
    for position, header in enumerate(raw.headers):
        cells = raw.cells[position]
        found = sorted({names[text] for text in _readings(header) if text in names})
        if len(found) > 1:
            raise FindingsError(
                "A header stands for two questions.",
                **place,
                column=", ".join(found),
                mend="correct the form's labels.",
            )
        name = "start" if header.strip() == TIMESTAMP else found[0] if found else header
        question = codebook.questions.get(name)
        if name == "start":
            cells = _iso(cells, str(wave["source"].get("timestamp", "%Y/%m/%d %I:%M:%S %p")), place)
        elif question is not None and question.list:
            cells, rest = _codes(cells, question, codebook.choices[question.list], name in other, place)
            labels += 1
            if name in other and rest.notna().any():
                before = own.get(other[name])
                own[other[name]] = rest if before is None else _joined(before, rest)
        headers.append(name)
        columns.append(cells)
    for name, texts in own.items():
        headers.append(name)
        columns.append(texts)
    frame = pd.DataFrame({i: column.astype("string") for i, column in enumerate(columns)})
    return RawTable(headers, frame, {**raw.evidence, "answers_as_labels": labels, "own_words": sorted(own)})


def _names(codebook: Codebook) -> dict[str, str]:
    """Label, in any language -> question. A label of two questions is none's."""
    found: dict[str, list[str]] = {}
    for name, question in codebook.questions.items():
        for label in {plain(text) for text in question.label.values()}:
            found.setdefault(label, []).append(name)
    return {label: names[0] for label, names in found.items() if len(names) == 1}


def _readings(header: str) -> list[str]:
    """What a header may say: itself, each of its languages; of a grid each language of question and row."""
    grid = _GRID.fullmatch(header)
    if grid is None:
        return [plain(header), *(plain(part) for part in header.split(BESIDE))]
    pairs = [(q, r) for q in grid["question"].split(BESIDE) for r in grid["row"].split(BESIDE)]
    return [plain(header), *(plain(f"{q.strip()} [{r.strip()}]") for q, r in pairs)]


def _codes(
    cells: pd.Series, question: Question, choices: Mapping[str, Mapping[str, str]], own_words: bool,
    place: Mapping[str, Any],
) -> tuple[pd.Series, pd.Series]:  # fmt: skip
    """The column in codes, several joined by spaces, and the respondents' own words (null where there are none)."""
    codes = {plain(text): code for code, labels in choices.items() for text in (code, *labels.values())}
    change: dict[str, str | None] = {}
    words: dict[str, str] = {}
    unknown: list[str] = []
    for cell in cells.dropna().unique():
        parts, rest = _options(cell, codes) if question.type == "select_multiple" else _single(cell, codes)
        if rest and not own_words:
            unknown.append(cell)
        elif rest:
            words[cell] = rest
        change[cell] = " ".join(dict.fromkeys(parts)) or None
    if unknown:
        raise FindingsError(
            f"{len(unknown)} answer(s) are no option of the form in any language.",
            **place,
            column=question.name,
            rows=data_rows(cells.isin(unknown)),
            mend="add the option to the form, or, if respondents may write their own, "
            f"`source: {{other: {{{question.name}: other_text_question}}}}` in wave.yaml.",
        )
    return cells.map(change).astype("string"), cells.map(words).astype("string")


def _single(cell: str, codes: Mapping[str, str]) -> tuple[list[str], str]:
    code = codes.get(plain(cell))
    return ([code], "") if code else ([], plain(cell))


def _options(cell: str, codes: Mapping[str, str]) -> tuple[list[str], str]:
    """Codes of a checkbox cell, and what is no option. Options may hold the join: the longest known one is taken."""
    if ";" in cell:
        parts = [plain(part) for part in cell.split(";")]
        return [codes[p] for p in parts if p in codes], "; ".join(p for p in parts if p and p not in codes)
    found: list[str] = []
    own: list[str] = []
    rest = plain(cell)
    longest = sorted(codes, key=len, reverse=True)
    while rest:
        option = next((o for o in longest if rest == o or rest.startswith(f"{o}, ")), None)
        if option is not None:
            found.append(codes[option])
            rest = rest[len(option) :].removeprefix(", ")
            continue
        first, _, rest = rest.partition(", ")
        own.append(first)
    return found, ", ".join(own)


def _joined(before: pd.Series, after: pd.Series) -> pd.Series:
    both = before.notna() & after.notna()
    return before.fillna(after).mask(both, before.str.cat(after, sep="; "))


def _iso(cells: pd.Series, form: str, place: Mapping[str, Any]) -> pd.Series:
    """Moments as ISO 8601 with their offset. `GMT+6:30` is east of Greenwich, whatever POSIX makes of it."""
    parts = cells.str.extract(f"^{_ZONED.pattern}$")
    moments = pd.to_datetime(parts["moment"], format=form, errors="coerce")
    odd = cells.notna() & moments.isna()
    if odd.any():
        raise FindingsError(
            "Times are in another format than declared.",
            **place,
            column=TIMESTAMP,
            rows=data_rows(odd),
            mend='say it in wave.yaml, for example `source: {timestamp: "%d/%m/%Y %H:%M:%S"}`.',
        )
    zones = [_offset(zone) if isinstance(zone, str) else "" for zone in parts["zone"]]
    return moments.dt.strftime("%Y-%m-%dT%H:%M:%S").astype("string") + pd.Series(
        zones, index=cells.index, dtype="string"
    )


def _offset(zone: str) -> str:
    """`+6:30`, `+7` or `Z` as ISO 8601 has it."""
    if zone == "Z":
        return zone
    hours, _, minutes = zone[1:].partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    return f"{zone[0]}{int(hours):02d}:{minutes or '00'}"
