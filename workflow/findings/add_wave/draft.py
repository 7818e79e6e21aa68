"""The lines of a crosswalk, drafted from an export: what ingest itself reads is sure, the rest is proposed or unknown.

Nobody's words are listed: of a question with options, an answer is shown only where enough submissions give it, or
where it is like an option; of text, of numbers and of columns that nobody knows, none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from findings import readers
from findings.add_wave.matching import Match, matches
from findings.answers import checked
from findings.crosswalk import SURE, Row
from findings.errors import FindingsError
from findings.fates import SELECTS, Fate, fates_of
from findings.identifying import suspected
from findings.instrument import Codebook, Question
from findings.labels import AMBIGUOUS, options_of, pieces, plain, wording
from findings.readers.headers import SEPARATORS, original_name
from findings.readers.labelled import Reading
from findings.readers.table import RawTable

# ASSUME[closed_answer]: what five submissions say alike is an option of the tool, not somebody's own words; what fewer
# say is shown only where it is like an option of the form. A name that five respondents share would need both a
# question with options and no column for own words.
OFTEN = 5
LIKE = 0.75
TIME = "time of the interview: no answer"
# More different answers than these are own words.
MANY = 30
_PRIVATE = re.compile(r"@|\d{5}")
LONGEST = 200


@dataclass(frozen=True)
class Export:
    """What a draft is made from: the export as read, the codebook, the draft of wave.yaml, and how many submissions
    are no interviews (`out`, by row)."""

    raw: RawTable
    codebook: Codebook
    wave: Mapping[str, Any]
    out: pd.Series
    place: dict[str, Any]

    @property
    def tool(self) -> readers.Tool:
        """The reader of the export's tool."""
        return readers.READERS[self.raw.evidence["tool"]]

    def column(self, i: int, cells: pd.Series | None = None) -> RawTable:
        """The table of one column: of its header alone, or with `cells`."""
        cells = pd.Series([], dtype="string") if cells is None else cells.reset_index(drop=True)
        return replace(self.raw, headers=[self.raw.headers[i]], cells=pd.DataFrame({0: cells}), states=None, repeats={})

    def cells(self, i: int) -> pd.Series:
        """The cells of a column in interviews."""
        missing = self.wave["source"].get("missing") or []
        cells = self.raw.cells[i].mask(self.out)
        return cells.mask(cells.isin(missing)) if missing else cells


@dataclass(frozen=True)
class Target:
    """What a header may stand for: a question, or its option `code`."""

    question: str
    code: str
    match: Match


def lines(export: Export) -> list[Row]:
    """The lines of every column in the export's order, each with those of its answers after it."""
    found = [fate_of(export, i) for i in range(len(export.raw.headers))]
    first: dict[tuple[str, str | None], str] = {}
    rows: list[Row] = []
    for header, fate in zip(export.raw.headers, found, strict=True):
        key = (fate.column, fate.option) if isinstance(fate, Fate) else None
        if isinstance(fate, Fate) and key is not None and fate.fate in ("kept", "free_text", "split") and key in first:
            note = f"stands for {fate.column} as the column {first[key]} does: drop one of them"
            rows.append(Row("column", header, note=note))
            continue
        rows.append(_sure(header, fate) if isinstance(fate, Fate) else Row("column", header, note=fate or ""))
        if key is not None:
            first.setdefault(key, header)
    taken = set(first)
    rows = _proposed(export, rows, taken)
    made: list[Row] = []
    for i, row in enumerate(rows):
        answers, note = _answers(export, i, row) if row.how != "identifying" else ([], "")
        if row.accepted != SURE and row.question and not row.code and not _fits(export, i, row, answers):
            asked = f"is like {row.question}, but its answers are of another kind"
            made.append(replace(row, question="", how="", score="", note=asked))
            continue
        made += [replace(row, note="; ".join(filter(None, (row.note, note)))), *answers]
    return made


def fate_of(export: Export, i: int) -> Fate | str:
    """What ingest makes of a column, judged by its header alone; or why it cannot say."""
    raw = export.column(i)
    try:
        if coded := export.tool.coded:
            raw = coded(raw, export.codebook, export.wave, export.place)
        if not raw.headers:
            return Fate(export.raw.headers[i], "", "dropped", "of a repeat")
        fates, *_ = fates_of(raw, export.codebook, export.wave, raw.evidence, export.place)
    except FindingsError as error:
        return "stands for two questions" if "two questions" in str(error) else ""
    named: Mapping[str, str] = raw.evidence.get("headers") or {}
    return next((fate for fate in fates if named.get(fate.header) == export.raw.headers[i]), fates[-1])


def _sure(header: str, fate: Fate) -> Row:
    if fate.fate == "identifying":
        return Row("column", header, accepted=SURE, how="identifying", note=f"stops at ingest: {fate.reason}")
    if fate.fate in ("dropped", "duration"):
        what = TIME if fate.fate == "duration" else fate.reason
        return Row("column", header, accepted=SURE, how="exact", note=what)
    names = {header.strip(), original_name(header)}
    how = "exact" if any(name.endswith(fate.option or fate.column) for name in names) else "label"
    return Row("column", header, "", fate.column, fate.option or "", SURE, how, "100")


def _proposed(export: Export, rows: list[Row], taken: set[tuple[str, str | None]]) -> list[Row]:
    """The rows with proposals for those that nobody knows, the best first, one for each question and option."""
    targets: list[tuple[Match, int, Target]] = []
    free = {name: q.label for name, q in export.codebook.questions.items() if q.type != "meta"}
    whole = {name: labels for name, labels in free.items() if not any(question == name for question, _ in taken)}
    rows = list(rows)
    for i, row in enumerate(rows):
        if row.accepted == SURE or row.note:
            continue
        readings = _readings(export, row.header)
        texts = [row.header, *(text for r in readings for text in (*r.wordings, *r.parts))]
        if suspected([*texts, export.raw.wordings.get(row.header, "")], export.cells(i)):
            rows[i] = replace(row, how="identifying", note="may identify people: identifying, or drop if it does not")
            continue
        found, note = _targets(export, row.header, readings, whole)
        rows[i] = replace(row, note=note or "no question of the study is like it")
        targets += [(target.match, i, target) for target in found]
    for match, i, target in sorted(targets, key=lambda entry: (entry[0].rank, entry[1])):
        key = (target.question, target.code or None)
        if key in taken or rows[i].question:
            continue
        taken.add(key)
        rows[i] = Row(
            "column", rows[i].header, "", target.question, target.code, "", match.how, match.percent, match.others
        )
    return rows


def _readings(export: Export, header: str) -> list[Reading]:
    """What a header may say, as the tool writes headers."""
    if export.tool.reading:
        return [export.tool.reading(header, export.raw)]
    name = original_name(header)
    marks = [mark for mark in (*SEPARATORS, *export.raw.evidence.get("separators", ())) if mark in name]
    cuts = [name.rpartition(mark) for mark in marks]
    found = [Reading((name, *(last for _, _, last in cuts)), (name,))]
    for stem, mark, last in cuts:
        names = (stem, stem.rpartition(mark)[2])
        found.append(Reading(names, names, (last,)))
    return found


def _targets(
    export: Export, header: str, readings: list[Reading], whole: Mapping[str, Mapping[str, str]]
) -> tuple[list[Target], str]:
    """Questions, and options of questions, that a header may stand for; and a note on what is missing."""
    found: list[Target] = []
    note = ""
    multiples = {n: q for n, q in export.codebook.questions.items() if q.type == "select_multiple"}
    for reading in readings:
        asked = [*reading.names, *reading.wordings, *filter(None, [export.raw.wordings.get(header)])]
        if not reading.parts:
            found += [Target(match.code, "", match) for match in matches(asked, whole)]
            continue
        rows = [f"{stem} [{part}]" for stem in asked for part in reading.parts]
        rows += [f"{stem}_{part}" for stem in reading.names for part in reading.parts]
        found += [Target(match.code, "", match) for match in matches(rows, whole)]
        for stem in matches([*reading.names, *reading.wordings], {n: q.label for n, q in multiples.items()})[:1]:
            options = export.codebook.choices[multiples[stem.code].list or ""]
            parts = matches(reading.parts, options)
            found += [Target(stem.code, part.code, max(stem, part, key=lambda m: m.rank)) for part in parts]
            if not parts and stem.how != "text":
                note = f"an option of {stem.code} that its list does not have: write {stem.code} and its code, or drop"
    return found, note


def _fits(export: Export, i: int, row: Row, answers: list[Row]) -> bool:
    """Whether the answers of a column are of the kind that the proposed question asks for, at least half of them."""
    question = export.codebook.questions[row.question]
    cells = export.cells(i).dropna()
    if question.type in ("integer", "decimal"):
        return bool(len(cells) and pd.to_numeric(cells, errors="coerce").notna().mean() >= 0.5)
    if question.type not in SELECTS or not len(cells):
        return True
    options = export.codebook.choices[question.list or ""]
    counts, _ = _counted(export, i, question)
    near = {answer.answer for answer in answers if answer.code}
    known = sum(n for text, n in counts.items() if text in options or text in near)
    return known >= 0.5 * sum(counts.values())


def _counted(export: Export, i: int, question: Question) -> tuple[Counter[str], dict[str, str]]:
    """The answers of a column and how many submissions give each: a code where ingest reads it, else as found; and what
    the form's labels among them are read as."""
    choices = export.codebook.choices[question.list or ""]
    codes = options_of(choices)
    counts: Counter[str] = Counter()
    read: dict[str, str] = {}
    for cell, count in export.cells(i).value_counts().items():
        text = wording(str(cell))
        if question.type == "select_multiple" and not set(text.split()) <= set(choices):
            joins = export.tool.joins if text not in codes else ()
            found, own, _ = pieces(text, codes, joins)
            for word in (*found, *own):
                counts[word] += int(count)
            continue
        words = text.split() if question.type == "select_multiple" else [plain(str(cell))]
        for word in words:
            code = word if word in choices else _as_read(export, i, question, word, codes)
            if code is not None and code != word:
                read[word] = code
            counts[word] += int(count)
    return counts, read


def _as_read(export: Export, i: int, question: Question, cell: str, codes: Mapping[str, str]) -> str | None:
    """The code of a single answer as ingest reads it; None where it does not know it."""
    found = codes.get(wording(cell))
    if found is not None:
        return found if found != AMBIGUOUS else None
    one = pd.Series([cell], dtype="string")
    try:
        if coded := export.tool.coded:
            renamed = {"columns": {export.raw.headers[i]: {"rename": question.name}}}
            table = coded(export.column(i, one), export.codebook, {**export.wave, **renamed}, export.place)
            one = table.cells[0]
        choices = export.codebook.choices[question.list or ""]
        column, _ = checked(one, question, choices, {}, export.place)
    except FindingsError:
        return None
    return None if pd.isna(column.iloc[0]) else str(column.iloc[0])


def _answers(export: Export, i: int, row: Row) -> tuple[list[Row], str]:
    """The lines of the answers of a column that is a question with options; and a note on those not shown."""
    question = export.codebook.questions.get(row.question)
    if question is None or question.type not in SELECTS or row.code or not question.list:
        return [], ""
    choices = export.codebook.choices[question.list]
    counts, read = _counted(export, i, question)
    mixed = export.tool.coded is None and _mixed(read, choices)
    of = ("answer", row.header)
    found = [
        Row(*of, text, question.name, code, "" if mixed else SURE, "label", "100", "two languages" if mixed else "")
        for text, code in sorted(read.items())
    ]
    unknown = [text for text in counts if text not in choices and text not in read]
    hidden = 0
    for text in sorted(unknown):
        match = next(iter(matches([text, *_labels(export, row.header, text)], choices)), None)
        often = counts[text] >= OFTEN and len(unknown) <= MANY
        if _PRIVATE.search(text) or len(text) > LONGEST or not (often or match and match.score >= LIKE):
            hidden += 1
        elif match is None:
            found.append(Row(*of, text, question.name, note=f"no option of the list {question.list} is like it"))
        else:
            found.append(Row(*of, text, question.name, match.code, "", match.how, match.percent, match.others))
    into = (export.wave["source"].get("other") or {}).get(question.name)
    meant = f"taken for own words, into {into}" if into else "what the run then stops at"
    return found, f"{hidden} further answers, rare or long, are not shown: {meant}" if hidden else ""


def _labels(export: Export, header: str, cell: str) -> list[str]:
    """The export's own label of a cell, where it has one."""
    return [label for label in [export.raw.values.get(header, {}).get(cell)] if label]


def _mixed(read: Mapping[str, str], choices: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether labels of one column are of no common language, where ingest would stop."""
    held = [
        {language for language, label in choices[code].items() if wording(label) == wording(text)}
        for text, code in read.items()
    ]
    return bool(held) and not set.intersection(*held)
