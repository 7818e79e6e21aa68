"""Indicators: respondents × declared indicators, 1, 0, a number or nothing, and why nothing; and the groups.

States: `answered`; `declined`, `dont_know` (codes of the config's `nonanswers`); `blank` (asked, no answer);
`not_asked` (the base left the respondent out; the value is the indicator's `not_asked`, or none).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.config import Indicator, Level
from findings.errors import FindingsError
from findings.xforms import cells_of

Cells = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
STATES = ["answered", "declined", "dont_know", "blank", "not_asked"]
STATE = "__state"


def build(
    respondents: pd.DataFrame, indicators: Sequence[Indicator], levels: Sequence[Level], study: Mapping[str, Any]
) -> pd.DataFrame:
    """One row per kept respondent: row_id, a text column per level, a float column per indicator and its state.

    `respondents` holds kept rows; null = empty cell. In levels null = in no group; in indicators NaN = no value. Raises
    FindingsError on an answer that is neither declared nor a non-answer, and on a column that is not there.
    """
    answers = _Answers(respondents, study["nonanswers"])
    columns: dict[str, Any] = {"row_id": respondents["row_id"].to_numpy()}
    for level in levels:
        columns[level.name] = pd.array(_groups(level, answers), dtype="string")
    values: dict[str, Floats] = {}
    states: dict[str, Cells] = {}
    for indicator in indicators:
        value, state = _source(indicator, answers, values, states)
        if indicator.base is not None:
            base = values[indicator.base]
            out = base != 1
            value = np.where(out, np.nan, value)
            state = np.where(out, "not_asked", state)
            if "not_asked" in indicator.source:
                # Whose base is not known has no value either: the unaware are no users, the silent might be.
                value = np.where(base == 0, indicator.source["not_asked"], value)
                state = np.where(np.isnan(base), states[indicator.base], state)
        values[indicator.column], states[indicator.column] = value, state
        columns[indicator.column] = value
        columns[indicator.column + STATE] = pd.array(state, dtype="string")
    return pd.DataFrame(columns)


class _Answers:
    """The respondents' cells, and what counts as no answer."""

    def __init__(self, respondents: pd.DataFrame, nonanswers: Mapping[str, Sequence[str]]) -> None:
        self._frame = respondents
        self._cells: dict[str, Cells] = {}
        self.states = {code: state for state, codes in nonanswers.items() for code in codes}
        self.count = len(respondents)

    def cells(self, column: str, wanted_by: str) -> Cells:
        if column not in self._frame:
            raise FindingsError(
                f"The respondents have no column {column}.",
                column=column,
                mend=f"correct `column` of {wanted_by} in config.yaml, or the form.",
            )
        if column not in self._cells:
            self._cells[column] = cells_of(self._frame[column])
        return self._cells[column]

    def mapped(self, column: str, known: Mapping[str, float], wanted_by: str) -> tuple[Floats, Cells]:
        """Values by code, with the state of each cell."""
        codes, place = np.unique(_filled(self.cells(column, wanted_by)), return_inverse=True)
        unknown = sorted({code for code in codes if code and code not in known and code not in self.states})
        if unknown:
            raise FindingsError(
                f"{len(unknown)} answer(s) of {column} are in no list of {wanted_by} and are no non-answers.",
                column=column,
                codes=unknown,
                mend=f"add them to {wanted_by} in config.yaml, to `nonanswers`, or recode them in wave.yaml.",
            )
        values = np.array([known.get(code, np.nan) for code in codes])
        states = np.array([self.state(code, code in known) for code in codes], dtype=object)
        return values[place], states[place]

    def state(self, code: str, answered: bool) -> str:
        return "answered" if answered else self.states.get(code, "blank")


def _filled(cells: Cells) -> Cells:
    return np.array([cell or "" for cell in cells], dtype=object)


def _groups(level: Level, answers: _Answers) -> list[str | None]:
    cells = answers.cells(level.column, f"the level {level.name}")
    if level.bins is not None:
        numbers = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(dtype=float)
        groups: list[str | None] = [None] * len(cells)
        for group, (low, high) in level.bins.items():
            for i in np.flatnonzero((numbers >= low) & (numbers <= high)):
                groups[i] = group
        return groups
    of = {code: name for name, group in level.groups.items() for code in group.codes}
    rest = {code for code in set(cells) if code is not None} - set(of) - set(answers.states) - set(level.not_shown)
    if rest:
        raise FindingsError(
            f"{len(rest)} answer(s) of {level.column} are in no group of the level {level.name}.",
            column=level.column,
            codes=sorted(rest),
            mend="put them in a group, or in the level's `not_shown`, in config.yaml.",
        )
    return [of.get(cell) for cell in cells]


def _source(
    indicator: Indicator, answers: _Answers, values: Mapping[str, Floats], states: Mapping[str, Cells]
) -> tuple[Floats, Cells]:
    """Value and state of every respondent, the base left aside."""
    source, name = indicator.source, f"the indicator {indicator.column}"
    if "one" in source:
        known = dict.fromkeys(source["zero"], 0.0) | dict.fromkeys(source["one"], 1.0)
        return answers.mapped(source["column"], known, name)
    if "equals" in source:
        cells = answers.cells(source["column"], name)
        known = {c: float(c == source["equals"]) for c in set(cells) if c is not None and c not in answers.states}
        return answers.mapped(source["column"], known, name)
    if "contains" in source:
        wanted = source["contains"]
        return _contains(source["column"], {wanted} if isinstance(wanted, str) else set(wanted), answers, name)
    if "sus" in source:
        return _sus([answers.mapped(column, source["scale"], name) for column in source["sus"]])
    if "scale" in source:
        return answers.mapped(source["column"], source["scale"], name)
    if "number" in source:
        cells = answers.cells(source["column"], name)
        known = {c: float(c) for c in set(cells) if c is not None and c not in answers.states}
        return answers.mapped(source["column"], known, name)
    if "any_of" in source:
        return _any_of([values[column] for column in source["any_of"]], [states[column] for column in source["any_of"]])
    if "but_not" in source:
        return _but_not(
            [values[column] for column in source["but_not"]], [states[column] for column in source["but_not"]]
        )
    wanted_column, offered_column = source["not_in"]
    return _not_in(answers.cells(wanted_column, name), answers.cells(offered_column, name), answers)


def _contains(column: str, wanted: set[str], answers: _Answers, name: str) -> tuple[Floats, Cells]:
    """1 if a select-multiple answer holds one of `wanted`; a non-answer chosen beside answers is left out."""
    known: dict[str, float] = {}
    for cell in set(answers.cells(column, name)) - {None}:
        chosen = set(cell.split()) - set(answers.states)
        if chosen:
            known[cell] = float(bool(chosen & wanted))
    return answers.mapped(column, known, name)


def _any_of(values: list[Floats], states: list[Cells]) -> tuple[Floats, Cells]:
    """1 if any is 1; 0 if all are 0; else none, with the first state that is missing."""
    table = np.array(values)
    value = np.where((table == 1).any(axis=0), 1.0, np.where((table == 0).all(axis=0), 0.0, np.nan))
    missing = np.isnan(table)
    first = np.array(states, dtype=object)[missing.argmax(axis=0), np.arange(table.shape[1])]
    return value, np.where(np.isnan(value), first, "answered").astype(object)


def _but_not(values: list[Floats], states: list[Cells]) -> tuple[Floats, Cells]:
    """1 if the first is 1 and the second 0; 0 if the first is 0 or the second 1; else none, and why it is missing."""
    first, second = values
    value = np.where((first == 1) & (second == 0), 1.0, np.where((first == 0) | (second == 1), 0.0, np.nan))
    missing = np.where(np.isnan(first), states[0], states[1])
    return value, np.where(np.isnan(value), missing, "answered").astype(object)


def _sus(items: list[tuple[Floats, Cells]]) -> tuple[Floats, Cells]:
    """SUS score, 0 to 100: odd items minus 1, even items 5 minus, sum × 2.5; none unless all ten are answered.

    Source: Brooke (1996), SUS: a quick and dirty usability scale.
    """
    table = np.array([value - 1 if i % 2 == 0 else 5 - value for i, (value, _) in enumerate(items)])
    score = table.sum(axis=0) * 2.5
    states = np.array([state for _, state in items], dtype=object)
    state = np.full(states.shape[1], "answered", dtype=object)
    for missing in ("blank", "dont_know", "declined"):
        state[(states == missing).any(axis=0)] = missing
    return score, state


def _not_in(wanted: Cells, offered: Cells, answers: _Answers) -> tuple[Floats, Cells]:
    """1 if a wanted option is not among those offered, 0 if all are."""
    value = np.full(answers.count, np.nan)
    state = np.full(answers.count, "answered", dtype=object)
    for i, pair in enumerate(zip(wanted, offered, strict=True)):
        sets = [set((cell or "").split()) for cell in pair]
        silent = [codes for codes in sets if not codes - set(answers.states)]
        if silent:
            state[i] = answers.states[min(silent[0])] if silent[0] else "blank"
        else:
            value[i] = float(bool(sets[0] - sets[1] - set(answers.states)))
    return value, state
