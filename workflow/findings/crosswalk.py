"""The crosswalk: crosswalk.csv of a wave says which question a column of its export is, and which code an answer is.

`./reproduce add-wave` drafts it (`findings.add_wave`), a person decides each line that is not sure, and every rule
reads what was accepted as if it stood under `columns` and `answers` of wave.yaml, which comes first where both decide.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from findings.errors import FindingsError
from findings.instrument import Codebook
from findings.readers.table import shown
from findings.readers.tabular import delimiter_of

FILE = "crosswalk.csv"
SURE = "sure"
DECISIONS = ("yes", "no", "drop", "identifying")
ACCEPTED = ("", SURE, *DECISIONS)
KINDS = ("column", "answer")
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = re.compile(r"'*[=+@-]")


@dataclass(frozen=True)
class Row:
    """A line of crosswalk.csv.

    `kind` column: the column `header` (as the export has it) is `question`, or its option `code`. `kind` answer: the
    answer `answer` under `header` is `code` of `question`. `accepted`: sure (ingest knows it without the line), yes, no
    (refused: as without the line), drop (column left out, no answer), identifying, or "" (a person has to decide).
    `how` it was found, with `score` from 0 to 100 as text; "" where nothing was.
    """

    kind: str
    header: str
    answer: str = ""
    question: str = ""
    code: str = ""
    accepted: str = ""
    how: str = ""
    score: str = ""
    note: str = ""


COLUMNS = [field.name for field in fields(Row)]


def written(rows: Iterable[Row]) -> str:
    """crosswalk.csv as text. A cell that a spreadsheet would take for a formula gets a `'` before it."""
    stream = io.StringIO()
    out = csv.writer(stream, lineterminator="\n")
    out.writerow(COLUMNS)
    out.writerows([("'" if _FORMULA.match(cell) else "") + cell for cell in vars(row).values()] for row in rows)
    return stream.getvalue()


def read(folder: Path, wave: str) -> list[Row]:
    """The lines of crosswalk.csv in a wave's folder; none where there is no such file.

    Raises FindingsError, with the line of the file, on what is no line of a crosswalk.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    place: dict[str, Any] = {"wave": wave, "file": FILE}
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FindingsError(
            "The crosswalk is not in UTF-8.", **place,
            mend="save it from the spreadsheet as `CSV UTF-8`; headers and answers in Burmese are lost in any other.",
        ) from None  # fmt: skip
    try:
        records = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text, path, wave), strict=True)
        entries = list(records)
    except csv.Error:
        raise FindingsError("The crosswalk cannot be read.", **place, mend="save it as CSV in UTF-8.") from None
    if list(records.fieldnames or []) != COLUMNS:
        raise FindingsError("The crosswalk has another header.", **place, mend=f"the first line is {','.join(COLUMNS)}")
    rows: list[Row] = []
    for number, entry in enumerate(entries, start=2):
        if None in entry or any(value is None for value in entry.values()):
            _stop("has too few or too many cells", number, place, "quote cells that hold the delimiter.")
        cells = {name: value[1:] if re.match("'" + _FORMULA.pattern, value) else value for name, value in entry.items()}
        row = _row(cells)
        if row.kind not in KINDS:
            _stop("is of no kind", number, place, f"`kind` is one of {', '.join(KINDS)}.")
        if row.accepted not in ACCEPTED or row.kind == "answer" and row.accepted == "identifying":
            _stop("has another word under `accepted`", number, place, f"one of {', '.join(DECISIONS)}.")
        if row.accepted == "yes" and not (row.question and (row.code or row.kind == "column")):
            _stop("is accepted and does not say as what", number, place, _what(row))
        rows.append(row)
    _check(rows, place)
    return rows


def _row(cells: Mapping[str, str]) -> Row:
    bare = {name: value.strip() for name, value in cells.items() if name not in ("header", "answer")}
    return Row(**{**cells, **bare, "accepted": bare["accepted"].lower()})


def _delimiter(text: str, path: Path, wave: str) -> str:
    """Spreadsheets save a CSV by their own language's delimiter: the one that stands after the first column's name."""
    mark = text[len(COLUMNS[0]) : len(COLUMNS[0]) + 1]
    return mark if text.startswith(COLUMNS[0]) and mark in (",", ";", "\t") else delimiter_of(text, path, wave=wave)


def _stop(what: str, line: int, place: Mapping[str, Any], mend: str) -> None:
    raise FindingsError(f"Line {line} of the crosswalk {what}.", **place, mend=mend)


def _what(row: Row) -> str:
    if row.kind == "column":
        return "write the name of the form's question under `question`; in the column of one option its code too."
    return "write the form's code under `code`, or `drop` under `accepted` where it is no answer."


def _check(rows: list[Row], place: Mapping[str, Any]) -> None:
    """Stop where two lines decide on the same, or a line of an answer is of another question than its column."""
    columns: dict[str, Row] = {}
    seen: dict[tuple[str, str, str], int] = {}
    for number, row in enumerate(rows, start=2):
        key = (row.kind, row.header, row.answer)
        if key in seen:
            _stop(f"decides on the same as line {seen[key]}", number, place, "remove one of them.")
        seen[key] = number
        if row.kind == "column":
            columns[row.header] = row
    for number, row in enumerate(rows, start=2):
        column = columns.get(row.header)
        if row.kind == "answer" and column is not None and column.accepted in (SURE, "yes"):
            if row.accepted in ("yes", "drop") and row.question != column.question:
                line = seen["column", row.header, ""]
                _stop(
                    f"is of another question than line {line}, which has its column", number, place,
                    "write the same question in both, and codes of its list.",
                )  # fmt: skip


def folded(wave: Mapping[str, Any], rows: list[Row]) -> dict[str, Any]:
    """wave.yaml with what was accepted under its `columns` and `answers`; where wave.yaml decides, its word stays.

    Raises FindingsError on lines that nobody has decided, the first five named.
    """
    columns: dict[str, Any] = dict(wave.get("columns") or {})
    answers = {name: dict(mapping) for name, mapping in (wave.get("answers") or {}).items()}
    of_column = {row.header: row for row in rows if row.kind == "column"}
    _undecided(wave, [row for row in rows if not row.accepted], of_column, columns, answers)
    for row in rows:
        column = of_column.get(row.header)
        if row.kind == "answer":
            if row.accepted in ("yes", "drop") and (column is None or column.accepted in (SURE, "yes")):
                answers.setdefault(row.question, {}).setdefault(row.answer, row.code if row.accepted == "yes" else None)
            continue
        if row.header in columns:
            continue
        if row.accepted == "yes":
            # What wave.yaml says of the question is said of its column.
            own = {} if row.code else columns.pop(row.question, {})
            columns[row.header] = {**own, "rename": row.question, **({"option": row.code} if row.code else {})}
        elif row.accepted == "drop":
            columns[row.header] = {"drop": FILE}
        elif row.accepted == "identifying":
            columns[row.header] = {"identifying": True}
    return {**wave, "columns": columns, "answers": answers}


def _undecided(
    wave: Mapping[str, Any], rows: list[Row], of_column: Mapping[str, Row], columns: Mapping[str, Any],
    answers: Mapping[str, Any],
) -> None:  # fmt: skip
    left: list[Row] = []
    for row in rows:
        column = of_column.get(row.header)
        settled = row.header in columns or row.answer in answers.get(row.question, {})
        # A column that is not taken has no answers to be decided.
        if not settled and (row.kind == "column" or column is None or column.accepted in (SURE, "yes", "")):
            left.append(row)
    if not left:
        return
    lines = "".join(f"\n      {_suggestion(row)}" for row in left[:5])
    counts = {kind: sum(row.kind == kind for row in left) for kind in KINDS}
    raise FindingsError(
        f"{counts['column']} column(s) and {counts['answer']} answer(s) of the crosswalk are not decided.",
        wave=wave["wave"],
        file=FILE,
        column=", ".join(dict.fromkeys(shown(row.header) for row in left[:5])),
        mend="write yes, no, drop or identifying under `accepted` (docs/swap_in_a_wave.md says what each means):"
        + lines,
    )


def _suggestion(row: Row) -> str:
    """The line as it would be accepted, or what it still lacks."""
    found = f"{row.question}{'/' + row.code if row.code and row.kind == 'column' else ''}"
    if row.kind == "column":
        said = f"`{shown(row.header)}`"
        return f"{said} is {found}? then yes" if row.question else f"{said} is no question that the study knows: drop?"
    said = f"the answer `{row.answer}` of {row.question}"
    return f"{said} is {row.code}? then yes" if row.code else f"{said} is no option: write its code and yes, or drop"


def check_known(rows: list[Row], wave: Mapping[str, Any], codebook: Codebook, place: Mapping[str, Any]) -> None:
    """Stop where an accepted line names a question, or a code, that neither the form nor wave.yaml has."""
    declared: Mapping[str, Any] = wave.get("columns") or {}
    place = {**place, "file": FILE}
    for number, row in enumerate(rows, start=2):
        if row.accepted != "yes" or "type" in declared.get(row.header, {}):
            continue
        question = codebook.questions.get(row.question)
        if question is None:
            like = get_close_matches(row.question, codebook.questions, n=3)
            also = f": {', '.join(like)}?" if like else ", or write `drop`."
            _stop("names a question that the form does not have", number, place, f"write a name of the form's{also}")
        elif row.code and row.code not in (choices := codebook.choices.get(question.list or "", {})):
            known = ", ".join(get_close_matches(row.code, choices, n=3) or list(choices)[:12])
            _stop(
                "names a code that the form does not have", number, place,
                f"write a code of the list {question.list} ({known} ...), or add a new one in wave.yaml: "
                f"`codes: {{{question.list}: {{{row.code}: {{label: {{en: ...}}}}}}}}`.",
            )  # fmt: skip


def check_sure(rows: list[Row], placed: Mapping[str, tuple[str, str | None]], place: Mapping[str, Any]) -> None:
    """Stop where a line says `sure` of what ingest reads otherwise, as after a change of question by hand.

    `placed`: header -> question and option, as read.
    """
    for number, row in enumerate(rows, start=2):
        found = placed.get(row.header)
        if row.kind == "column" and row.accepted == SURE and row.question and found is not None:
            if found != (row.question, row.code or None):
                _stop(
                    "says that it is sure, and the export reads otherwise", number, {**place, "file": FILE},
                    "write yes in place of sure, if the question in the line is right.",
                )  # fmt: skip
