"""Indicators: respondents × declared indicators, 1, 0, a number or nothing, and why nothing; and the groups.

States: `answered`; `declined`, `dont_know` (codes of the config's `nonanswers`); `blank` (asked, no answer);
`not_asked` (the base left the respondent out; the value is the indicator's `not_asked`, or none).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.errors import FindingsError
from findings.plan import Indicator, Level, rests_on
from findings.xforms import cells_of

Cells = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
STATES = ["answered", "declined", "dont_know", "blank", "not_asked"]
# Asked, and no answer.
SILENT = ["declined", "dont_know", "blank"]
STATE = "__state"
# What a study can do where a wave did not ask what it reports.
UNASKED = (
    "leave a breakdown out by `breakdowns: [...]` in wave.yaml, which names those that stay; a question behind an"
    " indicator by `not_asked: [question]` there"
)


def build(
    respondents: pd.DataFrame, indicators: Sequence[Indicator], levels: Sequence[Level], study: Mapping[str, Any]
) -> pd.DataFrame:
    """One row per kept respondent: row_id, a text column per level, a float column per indicator and its state.

    `respondents` holds kept rows; null = empty cell. In levels null = in no group; in indicators NaN = no value. An
    indicator that needs a question which the wave did not ask (`not_asked` of `config.of_wave`) has no value. Raises
    FindingsError on an answer that is neither declared nor a non-answer, and on a column that is not there.
    """
    answers = _Answers(respondents, study["nonanswers"])
    columns: dict[str, Any] = {"row_id": respondents["row_id"].to_numpy()}
    for level in levels:
        if not level.by_value:
            columns[level.name] = pd.array(_groups(level, answers), dtype="string")
    values: dict[str, Floats] = {}
    states: dict[str, Cells] = {}
    unasked = set(study.get("not_asked", ()))
    if there := sorted(unasked & set(respondents.columns)):
        raise FindingsError(
            "Questions that were not asked have answers.", file="wave.yaml", column="not_asked", codes=there,
            mend="take them out of `not_asked`.",
        )  # fmt: skip
    for indicator in indicators:
        # One of several questions is enough: the others alone would count every yes and not every no.
        lost = bool(unasked & {*_asked(indicator), *rests_on(indicator), *_counted(indicator)})
        if lost:
            unasked.add(indicator.column)
            value, state = np.full(answers.count, np.nan), np.full(answers.count, "not_asked", dtype=object)
        else:
            value, state = _source(indicator, answers, values, states)
        if indicator.base is not None and not lost:
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
    for level in levels:
        if level.by_value:
            columns[level.name] = pd.array(_binned(level, values[level.column]), dtype="string")
    return pd.DataFrame(columns)


def check_offered(
    indicators: Sequence[Indicator],
    codebook: Mapping[str, Any],
    unasked: Collection[str],
    added: Mapping[str, Collection[str]],
    respondents: pd.DataFrame,
) -> None:
    """Stop where an answer that an indicator counts is no option of the wave's form: it would count as never given.

    `codebook` is codebook.json; `unasked`: questions, and answers as `question/code`, that the wave did not have.
    `added`: codes that wave.yaml gives the form's lists, which are options only where somebody has them (a step
    `recode` that was not taken makes none).
    """
    lists = {}
    for question in codebook["questions"]:
        name, own = question["name"], set(added.get(question["list"], ()))
        held = set(" ".join(respondents[name].dropna()).split()) if own and name in respondents else set()
        lists[name] = {code for code in codebook["choices"].get(question["list"] or "", {}) if code not in own - held}
    odd: dict[str, None] = {}
    for indicator in indicators:
        counted = _counted(indicator)
        column = str(indicator.source.get("column"))
        offered = {f"{column}/{code}" for code in lists.get(column, ())}
        if offered and counted and not offered & counted and not {column, *counted} & set(unasked):
            odd |= dict.fromkeys(sorted(counted))
    if odd:
        raise FindingsError(
            f"{len(odd)} answer(s) that the study counts are no options of this wave's form.",
            column=", ".join(dict.fromkeys(name.partition("/")[0] for name in odd)),
            codes=list(odd),
            mend="where the form has another code for it, `- {step: recode, column: ..., map: {its code: the study's}}`"
            " under `cleaning` in wave.yaml, and the study's code under `codes`; where the wave did not offer it, or"
            " nobody chose what wave.yaml adds, `not_asked: [question/code]` there.",
        )


def _counted(indicator: Indicator) -> set[str]:
    """The answers that an indicator counts, as `question/code`; none where it counts no single options."""
    counted = indicator.source.get("equals", indicator.source.get("contains", ()))
    codes = [counted] if isinstance(counted, str) else counted
    return {f"{indicator.source.get('column')}/{code}" for code in codes}


def wanted(indicators: Sequence[Indicator], levels: Sequence[Level]) -> dict[str, list[str]]:
    """The respondents' columns that a study reports -> the breakdowns and indicators that are made of each."""
    made: dict[str, list[str]] = {}
    for level in levels:
        if not level.by_value:
            made.setdefault(level.column, []).append(f"breakdown {level.breakdown}")
    for indicator in indicators:
        for column in _asked(indicator):
            made.setdefault(column, []).append(f"indicator {indicator.family}.{indicator.id}")
    return {column: list(dict.fromkeys(names)) for column, names in made.items()}


def _asked(indicator: Indicator) -> list[str]:
    """The respondents' columns that an indicator is made of itself."""
    source = indicator.source
    columns = (source.get("column"), *(c for key in ("sus", "mean_of", "not_in") for c in source.get(key, [])))
    return [column for column in columns if column]


class _Answers:
    """The respondents' cells, and what counts as no answer."""

    def __init__(self, respondents: pd.DataFrame, nonanswers: Mapping[str, Sequence[str]]) -> None:
        self._frame = respondents
        self._cells: dict[str, Cells] = {}
        self._coded: dict[str, tuple[Cells, npt.NDArray[np.intp]]] = {}
        self.states = {code: state for state, codes in nonanswers.items() for code in codes}
        self.count = len(respondents)

    def cells(self, column: str, wanted_by: str) -> Cells:
        if column not in self._frame:
            raise FindingsError(
                f"The respondents have no column {column}.",
                column=column,
                mend=f"if the wave did ask it, say in crosswalk.csv or wave.yaml which column of the export it is;"
                f" if not, {UNASKED}. A wrong name: correct `column` of {wanted_by} in config.yaml.",
            )
        if column not in self._cells:
            self._cells[column] = cells_of(self._frame[column])
        return self._cells[column]

    def coded(self, column: str, wanted_by: str) -> tuple[Cells, npt.NDArray[np.intp]]:
        """The distinct answers of a column, an empty cell as an empty text, and which of them each row has."""
        if column not in self._coded:
            self._coded[column] = np.unique(_filled(self.cells(column, wanted_by)), return_inverse=True)
        return self._coded[column]

    def mapped(self, column: str, known: Mapping[str, float], wanted_by: str) -> tuple[Floats, Cells]:
        """Values by code, with the state of each cell."""
        codes, place = self.coded(column, wanted_by)
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
        return _binned(level, numbers)
    of = {code: name for name, group in level.groups.items() for code in group.codes}
    rest = {code for code in set(cells) if code is not None} - set(of) - set(answers.states) - set(level.not_shown)
    if rest:
        raise FindingsError(
            f"{len(rest)} answer(s) of {level.column} are in no group of the level {level.name}.",
            column=level.column,
            codes=sorted(rest),
            mend="a step `recode` in wave.yaml, where this wave's form has other codes; else put them in a group, or in"
            " the level's `not_shown`, in config.yaml.",
        )
    return [of.get(cell) for cell in cells]


def _binned(level: Level, numbers: Floats) -> list[str | None]:
    """The group in whose bin each number lies; none where it lies in no bin or is none."""
    groups: list[str | None] = [None] * len(numbers)
    for group, (low, high) in (level.bins or {}).items():
        for i in np.flatnonzero((numbers >= low) & (numbers <= high)):
            groups[i] = group
    return groups


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
    if "sus" in source or "mean_of" in source:
        return _scale_of_items(source, answers, name)
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
    for cell in answers.coded(column, name)[0]:
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


def _scale_of_items(source: Mapping[str, Any], answers: _Answers, name: str) -> tuple[Floats, Cells]:
    """The mean of the items answered, those under `reversed` turned (lowest + highest − value); of SUS, its score.

    SUS, 0 to 100: odd items minus 1, even items 5 minus, their sum × 2.5. `minimum_items` must be answered (absent:
    all); those answered then stand for all: ASSUME[person_mean], a respondent's missing items are like the others.
    Source: Brooke (1996), SUS: a quick and dirty usability scale.
    """
    sus = "sus" in source
    columns: list[str] = source["sus"] if sus else source["mean_of"]
    turned = columns[1::2] if sus else source.get("reversed", [])
    ends = min(source["scale"].values()) + max(source["scale"].values())
    items = [answers.mapped(column, source["scale"], name) for column in columns]
    table = np.array([ends - value if c in turned else value for c, (value, _) in zip(columns, items, strict=True)])
    known = ~np.isnan(table)
    count = known.sum(axis=0)
    enough = count >= source.get("minimum_items", len(columns))
    total = np.where(known, table, 0.0).sum(axis=0)
    of = np.maximum(count, 1)
    value = np.where(enough, (total - count) * 25 / of if sus else total / of, np.nan)
    states = np.array([state for _, state in items], dtype=object)
    state = np.full(len(value), "answered", dtype=object)
    for missing in ("blank", "dont_know", "declined"):
        state[~enough & (states == missing).any(axis=0)] = missing
    return value, state


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
