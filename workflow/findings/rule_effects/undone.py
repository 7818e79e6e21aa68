"""A wave cleaned without one of its rules, for each of them: the steps before it stand, those after it are anew.

So a respondent whom a rule dropped is judged and coded by every later step as all others are, and one may drop them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from findings.cleaning import Book, begin, take, unread, with_free_text
from findings.cleaning_steps import State
from findings.errors import FindingsError
from findings.form_rules import rules_of
from findings.specifications import Records
from findings.xforms import cells_of

# Rules that are never left out: nobody is estimated on without consent or outside the population.
# ASSUME[removed]: the field team removes a submission also because a respondent took consent back; nobody can tell.
NEVER = ("consent", "eligibility", "removals")
# Whom these dropped stays out, whichever rule is left out.
# ASSUME[form_rules_drop]: a rule of the form that drops may be one of eligibility (an age that it does not allow).
STAY = (*NEVER, "form_rules")
FORM_RULES, PLACES = "form_rules", "places"


@dataclass(frozen=True)
class Without:
    """The wave without a rule.

    `rule` is its code and `number` its place under `cleaning`; `changes` the entries of the ledger that it made
    (flags, which change nothing, left out); `kept` the kept respondents (row_id, `columns`), None where they and their
    cells are those of the wave as cleaned, or where there is none; `unread` cells emptied since nothing reads them
    without the rule; `stops` why there is no such wave.
    """

    rule: str
    number: int
    changes: int
    kept: pd.DataFrame | None = None
    unread: int = 0
    stops: str | None = None


def rules(cleaning: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Place -> code of every rule that may be left out: its step, numbered where a step is taken again."""
    names: list[str] = [options["step"] for options in cleaning]
    return {
        number: name + (f"_{names[: number + 1].count(name)}" if name in names[:number] else "")
        for number, name in enumerate(names)
        if name not in NEVER
    }


def without_each(
    records: Records, wave: Mapping[str, Any], columns: Sequence[str], reference: Path
) -> Iterator[Without]:
    """The wave without each of its rules, in the order of `cleaning`; `columns` are those that matter.

    # ASSUME[unread]: an answer that nothing reads without the rule (a number with a blank in it) counts as no answer,
    # and a place without a code as none.
    """
    wide = with_free_text(records.responses, records.free_text)
    texts = set(wide.columns) - set(records.responses.columns)
    state = begin(records.responses, wide, records.codebook, wave, records.corrections, records.recodes, reference)
    state.memo = {}
    cleaned = records.respondents.set_index("row_id").loc[list(state.row_ids)]
    stay = cleaned["dropped_by"].isin(STAY).to_numpy(dtype=bool)
    as_cleaned = {name: cells_of(cleaned[name]) for name in columns}
    kept = cleaned["dropped_by"].isna().to_numpy(dtype=bool)
    wanted = rules(wave["cleaning"])
    for number, options in enumerate(wave["cleaning"]):
        before = replace(state, cells={name: cells.copy() for name, cells in state.cells.items()},
                         kept=state.kept.copy(), rules=[])  # fmt: skip
        entries = Book()
        if not _only_flags(options, state):
            take(number, options, state, entries, texts)
        if number not in wanted:
            continue
        changes = sum(_changes(entry, options["step"]) for entry in entries.rows)
        found = Without(wanted[number], number, changes)
        if not changes:
            yield found
            continue
        try:
            for later, taken in enumerate(wave["cleaning"][number + 1 :], start=number + 1):
                own = {**taken, "unknown": "empty"} if taken["step"] == PLACES else taken
                if not _only_flags(taken, before):
                    take(later, own, before, Book(), texts)
        except FindingsError as error:
            yield replace(found, stops=str(error).split("\n")[0])
            continue
        before.kept &= ~stay
        emptied = _emptied(before, columns)
        same = np.array_equal(before.kept, kept) and all(
            np.array_equal(before.cells[name][kept], as_cleaned[name][kept]) for name in columns
        )
        frame = None if same else pd.DataFrame(
            {"row_id": before.row_ids[before.kept]} | {name: before.cells[name][before.kept] for name in columns},
            dtype="string",
        )  # fmt: skip
        yield replace(found, kept=frame, unread=emptied)


def _changes(entry: Mapping[str, Any], step: str) -> int:
    """Cells that an entry changed; none of a flag, nor of a drop by a rule of the form, which stays."""
    if entry["old"] == entry["new"] or (step == FORM_RULES and entry["column"] == "dropped_by"):
        return 0
    return int(entry["count"])


def _only_flags(options: Mapping[str, Any], state: State) -> bool:
    """Whether a step is of rules of the form that do nothing but flag: it changes no answer, and takes time."""
    if options["step"] != FORM_RULES:
        return False
    return all(rule.then == "flag" for rule in rules_of(state.codebook, state.wave, options))


def _emptied(state: State, columns: Sequence[str]) -> int:
    """Empty what cannot be read, in the columns that matter; how many cells that were."""
    count = 0
    for name in set(columns) & set(state.answers):
        odd = unread(state, name)
        state.cells[name][odd] = None
        count += int(odd.sum())
    return count
