"""Clean: named steps, in the order of wave.yaml; each returns its changes, and the engine makes and records them.

Nothing is changed but through the ledger: `clean` proves that responses + ledger = respondents, and back. A drop is a
flag in `dropped_by`, never a deletion; a dropped row is left as it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from findings import ledger as book
from findings import other_specify
from findings.cleaning_steps import STEPS, Change, Drop, Edit, Flag, Recode, State
from findings.errors import FindingsError
from findings.instrument import Codebook
from findings.xforms import Bools, cells_of

ALL_STEPS = {**STEPS, other_specify.STEP: other_specify.recoded}
FLOW_LABELS = {
    "left_out": "are interviews, for the survey tool",
    "removals": "were not removed by the field team",
    "consent": "gave consent",
    "eligibility": "are eligible",
    "test_rows": "are not tests",
    "duplicates": "are not duplicates",
    "duration": "took long enough",
    "straight_lining": "did not answer all alike",
    "form_rules": "keep to the rules of the form",
}


@dataclass(frozen=True)
class Cleaned:
    """`respondents` (responses + dropped_by, by row_id), `free_text` (row_id, column, text), `ledger`, `flow`, `rules`
    (how often each rule of the step form_rules was broken), and own words to be `listed`."""

    respondents: pd.DataFrame
    free_text: pd.DataFrame
    ledger: pd.DataFrame
    flow: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    listed: other_specify.Listed


@dataclass
class Book:
    """The rows of the ledger, as they come."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def frame(self) -> pd.DataFrame:
        frame = pd.DataFrame(self.rows, columns=book.COLUMNS)
        text = {name: "string" for name in book.COLUMNS if name != "count"}
        return frame.astype(text).astype({"count": "int64"})


def clean(
    responses: pd.DataFrame,
    free_text: pd.DataFrame,
    codebook: Mapping[str, Any],
    wave: Mapping[str, Any],
    corrections: pd.DataFrame | None,
    left_out: int = 0,
    recodes: Sequence[other_specify.Line] = (),
    reference: Path = Path("data/reference"),
    repeats: Mapping[str, pd.DataFrame] | None = None,
) -> Cleaned:
    """Run the steps of `wave["cleaning"]` on the responses and the free text, and prove the ledger.

    `left_out`: submissions that ingest left out because the tool marks them as no interviews; the flow begins with
    them. `recodes`: lines of recodes.csv. `reference`: the folder of the tables that steps name.
    `repeats`: name -> table (`findings.repeats`), whose rules are judged and whose answers stay as they are.

    Raises FindingsError on what the form and wave.yaml do not allow after the steps: a number that is none, an answer
    that is no code.
    """
    wide = with_free_text(responses, free_text)
    state = begin(responses, wide, codebook, wave, corrections, recodes, reference)
    state.repeats = repeats or {}
    entries = Book()
    texts = set(wide.columns) - set(responses.columns)
    n = len(wide) + left_out
    flow = [{"step": "received", "label": "were received", "n_in": n, "n_dropped": 0, "n_out": n}]
    if left_out:
        label = FLOW_LABELS["left_out"]
        flow.append({"step": "left_out", "label": label, "n_in": n, "n_dropped": left_out, "n_out": len(wide)})
    for number, options in enumerate(wave["cleaning"]):
        before = int(state.kept.sum())
        if take(number, options, state, entries, texts):
            after = int(state.kept.sum())
            name = options["step"]
            label = FLOW_LABELS.get(name, name)
            flow.append({"step": name, "label": label, "n_in": before, "n_dropped": before - after, "n_out": after})
    n = int(state.kept.sum())
    flow.append({"step": "analysed", "label": "are analysed", "n_in": n, "n_dropped": 0, "n_out": n})
    _check(state, wave)
    ledger = entries.frame()
    cleaned = book.apply(wide, ledger)
    made = pd.DataFrame({name: state.cells[name] for name in state.cells if name != book.DROPPED}, dtype="string")
    if not made.equals(cleaned[list(made.columns)].reset_index(drop=True).astype("string")):
        raise book.LedgerError("responses and ledger do not give the respondents")
    if not book.reverse(cleaned, ledger).equals(wide):
        raise book.LedgerError("respondents and ledger do not give the responses")
    respondents = cleaned[[*responses.columns, book.DROPPED]]
    said = _long(cleaned, sorted(texts))
    listed = other_specify.listed(respondents, said, ledger, state.codebook, wave, list(recodes))
    return Cleaned(respondents, said, ledger, flow, state.rules, listed)


def begin(
    responses: pd.DataFrame,
    wide: pd.DataFrame,
    codebook: Mapping[str, Any],
    wave: Mapping[str, Any],
    corrections: pd.DataFrame | None,
    recodes: Sequence[other_specify.Line],
    reference: Path,
) -> State:
    """The state before the first step; `wide` are the responses with their free text (`with_free_text`)."""
    questions = Codebook.from_json(json.dumps(dict(codebook)))
    return State(
        cells={name: cells_of(wide[name]) for name in wide.columns if name != "row_id"},
        row_ids=wide["row_id"].astype(object).to_numpy(),
        kept=np.ones(len(wide), dtype=bool),
        codebook=questions,
        wave=wave,
        corrections=corrections,
        answers=[name for name in responses.columns if name in questions.questions],
        recodes=recodes,
        reference=reference,
    )


def take(number: int, options: Mapping[str, Any], state: State, entries: Book, texts: Container[str]) -> bool:
    """Take one step, number `number` under `cleaning`: its changes are made in the state and entered in the ledger.

    `texts` are the columns of free text. Returns whether it is a step that drops.
    """
    drops = False
    for change in ALL_STEPS[options["step"]](state, options):
        drops |= isinstance(change, Drop)
        _make(change, state, entries, options["step"], f"wave.yaml cleaning.{number}", texts)
    return drops


def _make(change: Change, state: State, entries: Book, step: str, place: str, texts: Container[str]) -> None:
    """Make one change in the state and enter it in the ledger."""
    if isinstance(change, Drop):
        rows = np.flatnonzero(change.rows & state.kept)
        state.kept[rows] = False
        entries.rows += [
            _entry(state.row_ids[row], book.DROPPED, None, step, step, change.reason, place) for row in rows
        ]
        return
    source = "free_text" if change.column in texts else place
    if isinstance(change, Flag):
        held = state.cells[change.column][change.rows] if change.held is None else change.held
        entries.rows += [
            _entry(state.row_ids[row], change.column, cell, cell, step, change.reason, source)
            for row, cell in zip(change.rows, held, strict=True)
        ]
        return
    cells = state.cells[change.column]
    if isinstance(change, Recode):
        mapping = {old: new for old, new in change.mapping.items() if old != new}
        held = {old: int(np.sum(cells == old)) for old in mapping}
        mapping = {old: new for old, new in mapping.items() if held[old]}
        staying = {value for value in set(cells) if value not in mapping}
        one_to_one = len(set(mapping.values())) == len(mapping) and not staying & set(mapping.values())
        if one_to_one and state.kept.all():
            changed = cells.copy()
            for old, new in mapping.items():
                changed[cells == old] = new
                entries.rows.append(
                    _entry(None, change.column, old, new, step, change.reason, source) | {"count": held[old]}
                )
            state.cells[change.column] = changed
            return
        rows = np.flatnonzero(state.kept & np.isin(cells.astype(str), list(mapping)) & (cells != None))  # noqa: E711
        change = Edit(change.column, rows, [mapping[value] for value in cells[rows]], change.reason)
    reasons = change.reason if isinstance(change.reason, list) else [change.reason] * len(change.rows)
    for row, new, reason in zip(change.rows, change.new, reasons, strict=True):
        if state.kept[row] and cells[row] != new:
            entries.rows.append(_entry(state.row_ids[row], change.column, cells[row], new, step, reason, source))
            cells[row] = new


def _entry(row: str | None, column: str, old: Any, new: Any, step: str, reason: str, source: str) -> dict[str, Any]:
    return {
        "row": row, "column": column, "old": old, "new": new, "step": step, "reason": reason, "source": source,
        "count": 1,
    }  # fmt: skip


def with_free_text(responses: pd.DataFrame, free_text: pd.DataFrame) -> pd.DataFrame:
    """Responses with one more column per text question, by row_id, index 0..n-1."""
    wide = responses.reset_index(drop=True).astype("string")
    for column, part in free_text.groupby("column", sort=True):
        texts = part.set_index("row_id")["text"]
        wide[str(column)] = wide["row_id"].map(texts).astype("string")
    return wide


def _long(wide: pd.DataFrame, texts: list[str]) -> pd.DataFrame:
    parts = [pd.DataFrame({"row_id": wide["row_id"], "column": name, "text": wide[name]}) for name in texts]
    whole = pd.concat(parts) if parts else pd.DataFrame({"row_id": [], "column": [], "text": []})
    return whole.astype("string").dropna().sort_values(["row_id", "column"], ignore_index=True)


def unread(state: State, name: str) -> Bools:
    """Which cells of a question are kept and are no number where one is asked, or no code of its list (rows,)."""
    question, cells = state.codebook.questions[name], state.cells[name]
    values = {value for value in set(cells) if value is not None}
    bad: set[str] = set()
    if question.type in ("integer", "decimal"):
        bad = {value for value in values if not is_number(value)}
    elif question.list and question.type in ("select_one", "select_multiple"):
        known = set(state.codebook.choices[question.list])
        split: Callable[[str], list[str]] = str.split if question.type == "select_multiple" else lambda v: [v]
        bad = {value for value in values if not set(split(value)) <= known}
    return state.kept & np.array([value in bad for value in cells], dtype=bool) if bad else np.zeros_like(state.kept)


def _check(state: State, wave: Mapping[str, Any]) -> None:
    """Stop on an answer of a kept respondent that is no number where one is asked, or no code of its list."""
    for name in state.answers:
        odd = unread(state, name)
        if not odd.any():
            continue
        question = state.codebook.questions[name]
        place: dict[str, Any] = {"wave": wave["wave"], "column": name, "codes": state.row_ids[odd].tolist()}
        found = "the codes are row ids: link.parquet has their rows in the export. "
        if question.type in ("integer", "decimal"):
            raise FindingsError(
                f"{int(odd.sum())} answer(s) to a question for a number are not numbers after the steps of cleaning.",
                **place,
                mend=f"{found}Correct them in corrections.csv, or `answers: {{{name}: {{...: null}}}}` in wave.yaml.",
            )
        raise FindingsError(
            f"{len(set(state.cells[name][odd]))} answer(s) are not in the form's list {question.list} after the steps"
            " of cleaning.",
            **place,
            mend=f"{found}Put the steps `script` and `answers` first under `cleaning` in wave.yaml; a code"
            f" that a step `recode` makes is to be under `codes` there: `codes: {{{question.list}: {{...}}}}`.",
        )


def is_number(text: str) -> bool:
    """Whether a cell is a number as survey tools write it: what comes after reads digits 0 to 9 alone."""
    try:
        return text.isascii() and "_" not in text and bool(np.isfinite(float(text)))
    except ValueError:
        return False
