"""Own words beside "other, please specify": listed for a person to read, and recoded by that person's file.

The texts stay in this stage: what leaves it are codes of the form's lists, and how many texts nobody has coded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from findings import myanmar
from findings.cleaning_steps import Cells, Change, Edit, State
from findings.corrections import SAID, read_lines
from findings.errors import FindingsError, shown_code
from findings.instrument import Codebook
from findings.xforms import cells_of

STEP = "other_specify"
RECODES = "recodes.csv"
# A line that was read and whose answer stays as it is.
STAYS = "-"
NEEDED = ("text", "code", *SAID)
LISTED = ["column", "question", "text", "times", "codes", "code", *SAID]
# ASSUME[formula]: a spreadsheet takes a text that begins so for a formula; it is listed behind an apostrophe.
FORMULA = "=+-@\t\r"


@dataclass(frozen=True)
class Line:
    """A line of recodes.csv (`row`: 1 = the first under the header): what `text` in `column` says on `questions`.

    `codes`: empty = the answer stays; `row_id`: empty = of everyone with the text.
    """

    row: int
    column: str
    questions: tuple[str, ...]
    text: str
    row_id: str
    codes: tuple[str, ...]
    said: Mapping[str, str]


@dataclass(frozen=True)
class Listed:
    """`lines` (LISTED): one per text and question, the commonest first; `counts`: per column texts, coded, uncoded."""

    lines: pd.DataFrame
    counts: list[dict[str, Any]] = field(default_factory=list)


def read_recodes(wave: Mapping[str, Any], wave_dir: Path) -> list[Line]:
    """The lines of recodes.csv that hold a code; none where there is no file.

    Raises FindingsError, never with a text in it, on a line without reason, author or date, of a column or question
    that wave.yaml does not declare under `other_specify`, or that stands there twice.
    """
    declared: Mapping[str, Mapping[str, Any]] = wave.get(STEP) or {}
    steps = {step["step"] for step in wave.get("cleaning") or []}
    there = (wave_dir / RECODES).is_file()
    if (declared or there) and (STEP not in steps or not declared):
        raise FindingsError(
            "Own words are to be recoded, and wave.yaml does not say where.",
            wave=wave["wave"],
            file="wave.yaml",
            mend=f"`{STEP}: {{text_question: {{questions: [...]}}}}`, and `- {{step: {STEP}}}` under `cleaning`.",
        )
    if not there:
        return []
    place: dict[str, Any] = {"wave": wave["wave"], "file": RECODES}
    header, cells = read_lines(wave_dir / RECODES, NEEDED, place)
    needed = [*NEEDED, *(["column"] if len(declared) > 1 else [])]
    if missing := [name for name in needed if name not in header]:
        raise FindingsError(
            "The recodes lack a column.", **place, column=", ".join(missing),
            mend=f"the header is: {', '.join(needed)}; also question, row_id.",
        )  # fmt: skip
    lines = [_line(row, cell, declared) for row, cell in enumerate(cells, 1) if cell["code"].strip()]
    _stop([n for n in lines if not n.questions], "Recodes of a column or question that wave.yaml does not declare.",
          f"name it under `{STEP}` in wave.yaml.", place)  # fmt: skip
    _stop([n for n in lines if not all(n.said.values())], "Recodes that do not say why, by whom or when.",
          f"fill in {', '.join(SAID)}.", place)  # fmt: skip
    seen = [(q, n.column, n.text, n.row_id) for n in lines for q in n.questions]
    _stop([n for n in lines if any(seen.count((q, n.column, n.text, n.row_id)) > 1 for q in n.questions)],
          "A text stands more than once for one question.", "leave one line of it; several codes stand in one cell,"
          " with a blank between them.", place)  # fmt: skip
    return lines


def _line(row: int, cell: Mapping[str, str], declared: Mapping[str, Mapping[str, Any]]) -> Line:
    column = cell.get("column", "").strip() or (next(iter(declared)) if len(declared) == 1 else "")
    every = declared.get(column, {}).get("questions", [])
    question, code = cell.get("question", "").strip(), cell["code"].strip()
    return Line(
        row=row,
        column=column,
        questions=tuple(every) if not question else tuple(name for name in every if name == question),
        text=_plain(cell["text"]),
        row_id=cell.get("row_id", "").strip(),
        codes=() if code == STAYS else tuple(code.split()),
        said={name: cell[name].strip() for name in SAID},
    )


def recoded(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """The step: the codes of recodes.csv join the answer, in place of the codes that `replaces` names.

    Raises FindingsError on a code that the question does not have, and on a text that nobody gave to it.
    """
    place: dict[str, Any] = {"wave": state.wave["wave"], "file": RECODES}
    declared: Mapping[str, Mapping[str, Any]] = state.wave.get(STEP) or {}
    met: set[int] = set()
    for column, entry in declared.items():
        if column not in state.cells:
            continue
        texts = [None if text is None else _plain(text) for text in state.cells[column]]
        for name in entry["questions"]:
            mine = {(n.text, n.row_id): n for n in state.recodes if n.column == column and name in n.questions}
            kind, order = _known(state.codebook, name, list(mine.values()), state.cells, place)
            gone = set(entry.get("replaces") or [])
            rows, new, why = [], [], []
            for i in np.flatnonzero(state.kept):
                text, answer = texts[i], state.cells[name][i]
                if text is None or not _has_place(answer, kind, gone):
                    continue
                line = mine.get((text, str(state.row_ids[i]))) or mine.get((text, ""))
                if line is None:
                    continue
                met.add(line.row)
                if line.codes:
                    codes = {*answer.split(), *line.codes} - (gone - {*line.codes}) if kind == "select_multiple" else {
                        *line.codes}  # fmt: skip
                    rows.append(int(i))
                    new.append(" ".join(code for code in order if code in codes))
                    why.append("{reason} ({who}, {date}; {file} row {row})".format(
                        **line.said, file=RECODES, row=line.row))  # fmt: skip
            yield Edit(name, rows, new, why)
    _stop([n for n in state.recodes if n.row not in met],
          "Recodes of a text that no respondent who is kept gave, or not beside an answer that it can change.",
          "other_specify.csv among the wave's confidential results lists the texts that there are; remove the line.",
          place)  # fmt: skip


def listed(
    respondents: pd.DataFrame, free_text: pd.DataFrame, ledger: pd.DataFrame, codebook: Codebook,
    wave: Mapping[str, Any], recodes: list[Line],
) -> Listed:  # fmt: skip
    """The texts of the respondents who are kept, ready to be coded, with the codes that a person has given already."""
    kept = respondents[respondents["dropped_by"].isna()]
    made: list[dict[str, Any]] = []
    counts: list[dict[str, Any]] = []
    for column, entry in (wave.get(STEP) or {}).items():
        said = free_text[free_text["column"] == column].set_index("row_id")["text"]
        texts = kept["row_id"].map(said).dropna().map(_plain)
        placed, coded = set(), set()
        for name in (name for name in entry["questions"] if name in kept):
            question = codebook.questions[name]
            done = set(ledger.loc[(ledger["step"] == STEP) & (ledger["column"] == name), "row"].dropna())
            mine = {(n.text, n.row_id): n for n in recodes if n.column == column and name in n.questions}
            groups: dict[str, int] = {}
            answers = dict(zip(kept.index, cells_of(kept[name]), strict=True))
            for i, text in texts.items():
                row_id, held = str(kept.at[i, "row_id"]), answers[i]
                if row_id in done or _has_place(held, question.type, set(entry.get("replaces") or [])):
                    groups[text] = groups.get(text, 0) + 1
                    placed.add(row_id)
                    coded |= {row_id} if {(text, row_id), (text, "")} & set(mine) else set()
            codes = " ".join(codebook.choices.get(question.list or "", {}))
            for text, times in groups.items():
                line = mine.get((text, ""))
                given = {"code": " ".join(line.codes) or STAYS, **line.said} if line else {}
                made.append({"column": column, "question": name, "times": times, "codes": codes,
                             "text": f"'{text}" if text[:1] in FORMULA else text, **given})  # fmt: skip
        counts.append({"column": column, "texts": len(placed), "coded": len(coded), "uncoded": len(placed - coded)})
    lines = pd.DataFrame(made, columns=LISTED).sort_values(
        ["column", "question", "times", "text"], ascending=[True, True, False, True], ignore_index=True
    )
    return Listed(lines, counts)


def _has_place(answer: str | None, kind: str, gone: set[str]) -> bool:
    """Whether a text can change the answer: a single one only where it is one of the codes that recodes replace."""
    # ASSUME[own_words]: who was not asked a question, or gave it no answer, has none by words given elsewhere.
    return answer is not None and (kind == "select_multiple" or answer in gone)


def _known(
    codebook: Codebook, name: str, lines: list[Line], cells: Mapping[str, Cells], place: dict[str, Any]
) -> tuple[str, list[str]]:
    """The question's type and codes; stops on a question without a list, and on lines with codes it does not have."""
    question = codebook.questions.get(name)
    if question is None or question.type not in ("select_one", "select_multiple") or name not in cells:
        raise FindingsError(
            "Own words can be recoded to a question of a list only, and one that the wave has.",
            wave=place["wave"],
            file="wave.yaml",
            column=name,
            mend=f"correct `{STEP}: {{...: {{questions: [...]}}}}`.",
        )
    order = list(codebook.choices.get(question.list or "", {}))
    odd = [n for n in lines if set(n.codes) - set(order)]
    unknown = sorted({shown_code(code) for n in odd for code in set(n.codes) - set(order)})
    _stop(odd, f"Recodes to a code that the list {question.list} does not have.",
          f"correct it, or add it in wave.yaml: `codes: {{{question.list}: {{new_code: {{label: {{en: ...}}}}}}}}`.",
          {**place, "column": name, "codes": unknown})  # fmt: skip
    several = [n for n in lines if len(n.codes) > 1 and question.type == "select_one"]
    _stop(several, "Several codes for a question of one answer.", "give one.", {**place, "column": name})
    return question.type, order


def _plain(text: str) -> str:
    """A text as the step `script` leaves it, without the apostrophe of the list."""
    text = text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA else text
    return myanmar.clean_text(text)


def _stop(lines: list[Line], message: str, mend: str, place: dict[str, Any]) -> None:
    if lines:
        raise FindingsError(message, **place, rows=[line.row for line in lines], mend=mend)
