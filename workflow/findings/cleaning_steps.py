"""The steps of cleaning by name. A step reads the state and returns its changes; it makes none itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings import aliases, myanmar
from findings import form_rules as rules
from findings.errors import FindingsError
from findings.instrument import Codebook
from findings.labels import token
from findings.xforms import Bools, Cells, Memo


@dataclass
class State:
    """What a step sees: `cells` column -> text (rows,), None = empty; `kept` (rows,); `answers` the coded questions.

    `recodes`: lines of recodes.csv, see `findings.other_specify`.
    `reference` is the folder of the tables that steps name.
    """

    cells: dict[str, Cells]
    row_ids: Cells
    kept: Bools
    codebook: Codebook
    wave: Mapping[str, Any]
    corrections: pd.DataFrame | None
    answers: list[str]
    reference: Path
    # How often each rule of `form_rules` was judged and broken: rows of rules.json.
    rules: list[dict[str, Any]] = field(default_factory=list)
    recodes: Sequence[Any] = ()
    # What expressions gave, where a wave is cleaned several times.
    memo: Memo | None = None
    # Tables of `findings.repeats`, by name.
    repeats: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Edit:
    """New cells of one column: `rows` positions, `new` the values (None = empty); a reason for all, or one for each."""

    column: str
    rows: Any
    new: Any
    reason: str | list[str]


@dataclass(frozen=True)
class Recode:
    """A column's values replaced: old -> new, for every row."""

    column: str
    mapping: Mapping[str, str | None]
    reason: str


@dataclass(frozen=True)
class Drop:
    """Respondents flagged: `rows` (rows,) bool."""

    rows: Bools
    reason: str


@dataclass(frozen=True)
class Flag:
    """Cells of one column that break a rule or are doubtful, and stay as they are: `rows` positions.

    `held` are the cells where the column is one of a repeat, which the state does not have.
    """

    column: str
    rows: Any
    reason: str
    held: Cells | None = None


Change = Edit | Recode | Drop | Flag
Step = Callable[[State, Mapping[str, Any]], Iterable[Change]]


DOUBTFUL = "may be Zawgyi: not converted"
_NUMBERS = ("integer", "decimal", "range", "date")


def script(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Digits, invisible characters, Zawgyi, order of marks and outer blanks, in every answer and text."""
    texts = {}
    for column, cells in state.cells.items():
        # A text of a repeat is `repeat[n].question`.
        question = state.codebook.questions.get(column.rsplit("].", 1)[-1])
        if question is None:
            continue
        if question.type == "text":
            texts[column] = cells
            continue
        change = {value: _plain(question.type, value) for value in set(cells) - {None}}
        new = np.array([*(change.get(value) for value in cells), None], dtype=object)[:-1]
        yield from _edits(column, cells, new, "script, digits or blanks")
    clean = myanmar.clean_texts(texts)
    for column, cells in texts.items():
        new, doubtful = clean.texts[column], clean.doubtful[column]
        yield from _edits(column, cells, new, "script, digits or blanks", ~clean.converted[column] & ~doubtful)
        yield from _edits(column, cells, new, "Zawgyi to Unicode", clean.converted[column])
        # One row a cell: a flag where it stays, or the reason of what else changes in it.
        yield from _edits(column, cells, new, DOUBTFUL, doubtful)
        if (stays := doubtful & (cells == new)).any():
            yield Flag(column, np.flatnonzero(stays), DOUBTFUL)


def _edits(column: str, cells: Cells, new: Cells, reason: str, among: Bools | None = None) -> Iterable[Edit]:
    changed = np.array([a != b for a, b in zip(cells, new, strict=True)], dtype=bool)
    rows = np.flatnonzero(changed if among is None else changed & among)
    if len(rows):
        yield Edit(column, rows, new[rows], reason)


def _plain(kind: str, text: str) -> str | None:
    """What `script` makes of a cell of a question of type `kind` that is no text; None when nothing is left."""
    text = myanmar.without_invisible(text)
    return (myanmar.digits(text) if kind in _NUMBERS else text) or None


def answers(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """wave.yaml's `answers`: answers that the form does not know, as its codes."""
    for column, mapping in (state.wave.get("answers") or {}).items():
        question = state.codebook.questions.get(column)
        if column not in state.cells:
            raise FindingsError(
                "wave.yaml maps answers of a question that is not kept.",
                wave=state.wave["wave"],
                column=column,
                mend=f"remove `answers.{column}` or keep the column.",
            )
        if question is None or question.type != "select_multiple":
            yield Recode(column, mapping, "answers in wave.yaml")
            continue
        cells = state.cells[column]
        order = {code: i for i, code in enumerate(state.codebook.choices[question.list or ""])}
        mapping = {token(str(raw)): code for raw, code in mapping.items()}
        rows = [i for i, value in enumerate(cells) if value is not None and set(value.split()) & set(mapping)]
        new = []
        for value in cells[rows]:
            codes = {mapping.get(code, code) for code in value.split()} - {None}
            new.append(" ".join(sorted(map(str, codes), key=lambda code: order.get(code, len(order)))) or None)
        yield Edit(column, rows, new, "answers in wave.yaml")


def corrections(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """The corrections of corrections.csv and of the cleaning log, each with its old value checked."""
    place = {row_id: i for i, row_id in enumerate(state.row_ids)}
    current: dict[tuple[str, int], str | None] = {}
    why: dict[tuple[str, int], list[str]] = {}
    stale: dict[str, dict[int, str]] = {}
    for entry in _entries(state, removals=False):
        row, column = place[entry["row_id"]], str(entry["column"])
        question = state.codebook.questions.get(column)
        kind = question.type if question else "text"
        old, new = _cleaned(kind, entry["old"]), _cleaned(kind, entry["new"])[0]
        held = current.get((column, row), state.cells[column][row])
        if entry["option"]:
            had, order = (held or "").split(), state.codebook.choices[question.list or ""] if question else {}
            was = None if held is None else "1" if entry["option"] in had else "0"
            chosen = {*had, entry["option"]} if new == "1" else {*had} - {entry["option"]}
            new = " ".join(code for code in order if code in chosen) or None
        else:
            was = held
        if entry["checked"] == "yes" and was not in old:
            stale.setdefault(entry["file"], {})[int(entry["row"])] = column
            continue
        current[column, row] = new
        why.setdefault((column, row), []).append(_reason(entry))
    for file, rows in stale.items():
        raise FindingsError(
            f"{sum(map(len, stale.values()))} correction(s) have an old value that is not what the export holds.",
            wave=state.wave["wave"],
            file=file,
            column=", ".join(list(dict.fromkeys(rows.values()))[:5]),
            rows=list(rows),
            mend="set `old` to the answer as exported (after its script was cleaned), or remove the correction; rows of"
            " a cleaning log are left out by `skip`, or made whatever the answer was by `unchecked`, under"
            " `cleaning_log` in wave.yaml: `[{rows: [12, 15-20], reason: ...}]`.",
        )
    # A cell is one change of the step, whatever number of corrections it took.
    for (column, row), value in current.items():
        yield Edit(column, [row], [value], "; ".join(why[column, row]))


def removals(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Drop the submissions that the field team's cleaning log removes."""
    rows: dict[str, Bools] = {}
    for entry in _entries(state, removals=True):
        of = rows.setdefault(_reason(entry), np.zeros(len(state.kept), dtype=bool))
        of |= state.row_ids == entry["row_id"]
    for reason, of in rows.items():
        yield Drop(of, reason)


def _entries(state: State, *, removals: bool) -> list[dict[str, Any]]:
    """Rows of the corrections: those that remove a submission, or the others; None = an empty cell."""
    table = state.corrections
    if table is None:
        return []
    table = table[table["column"].isna() == removals]
    records = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): cell for name, cell in record.items()} for record in records]


def _reason(entry: Mapping[str, Any]) -> str:
    return f"{entry['reason']} ({entry['who']}, {entry['date']}; {entry['file']} row {entry['row']})"


def _cleaned(kind: str, text: str | None) -> list[str | None]:
    """What `script` may have made of a cell as exported: a text by itself, or as its respondent's others are."""
    if text is None:
        return [None]
    if kind != "text":
        return [_plain(kind, text)]
    return [myanmar.clean_text(text, zawgyi) or None for zawgyi in (None, False, True)]


def consent(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Drop who did not consent."""
    yield Drop(~_is_in(state, options["column"], options["keep"]), "no consent")


def eligibility(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Drop who is outside the population: below `minimum`, above `maximum`, or with an answer not in `keep`."""
    column = options["column"]
    out = np.zeros(len(state.kept), dtype=bool)
    if "keep" in options:
        out |= ~_is_in(state, column, options["keep"])
    # ASSUME[age_not_given]: who gave consent and no age is taken to be of age.
    numbers = _numbers(state, column) if "minimum" in options or "maximum" in options else np.array([])
    if "minimum" in options:
        out |= numbers < options["minimum"]
    if "maximum" in options:
        out |= numbers > options["maximum"]
    yield Drop(out, "not eligible")


def test_rows(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Drop test submissions."""
    yield Drop(_is_in(state, options["column"], options["drop"]), "a test")


def duplicates(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Drop all but one of the submissions that are equal in every answer and text but those of `ignore`."""
    names = [name for name in state.cells if name in state.codebook.questions]
    frame = pd.DataFrame({name: state.cells[name] for name in names if name not in options.get("ignore", [])})
    kept = np.flatnonzero(state.kept)
    among = kept[frame.iloc[kept].duplicated(keep=False).to_numpy(dtype=bool)]
    # Which one stays must not hang on the order of the rows or their random ids: the one of usual length, then the
    # earlier month (what is left of the time of submission), then by what it holds where they may differ.
    first = ["odd", "duration_flag", "interview_month"]
    every = pd.DataFrame({name: state.cells[name][among] for name in state.cells}, index=among)
    every = every.assign(odd=every["duration_flag"].ne("ok"))
    order = every.sort_values([*first, *(str(name) for name in every if name not in first)], na_position="last").index
    again = frame.loc[order].duplicated(keep="first")
    rows = np.zeros(len(state.kept), dtype=bool)
    rows[again.index[again.to_numpy(dtype=bool)].to_numpy()] = True
    yield Drop(rows, "equal to another submission")


def duration(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Drop by the flag that ingest made of the interview's length."""
    yield Drop(_is_in(state, "duration_flag", options["drop"]), "length of the interview")


def straight_lining(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Drop who gave one answer to at least `minimum` of `columns`, and no other answer to any."""
    # ASSUME[straight_lining]: the scale holds reversed statements, so one answer to all of them is no opinion.
    cells = np.array([state.cells[name] for name in _known(state, options["columns"])], dtype=object)
    given = np.array([[value is not None for value in row] for row in cells], dtype=bool)
    alike = np.array([len({v for v in cells[:, i] if v is not None}) == 1 for i in range(cells.shape[1])], dtype=bool)
    yield Drop(alike & (given.sum(axis=0) >= options["minimum"]), "one answer to a whole scale")


def value_range(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Empty the numbers of a column that are out of range."""
    numbers = _numbers(state, options["column"])
    low, high = options.get("minimum", -np.inf), options.get("maximum", np.inf)
    rows = np.flatnonzero((numbers < low) | (numbers > high))
    yield Edit(options["column"], rows, [None] * len(rows), f"not between {low} and {high}")


def skip_logic(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Empty the answers to questions that the form did not ask, in form order, so that one emptied empties the next."""
    for name, (answers, (_, out)) in rules.relevance(state.cells, state.codebook, state.wave, memo=state.memo).items():
        rows = np.flatnonzero(out & state.kept & answers)
        if len(rows):
            relevant = state.codebook.questions[name].relevant
            yield Edit(name, rows, [None] * len(rows), f"not asked: {relevant}")


def form_rules(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Flag what breaks a rule of the form or of wave.yaml's `checks`; then do what the rule says a break does."""
    found = list(rules.broken(state.cells, state.kept, state.codebook, state.wave, options))
    state.rules += [rule.record(judged, rows) for rule, judged, rows in found]
    breaks = [(rule, np.flatnonzero(rows), rule.reason) for rule, _, rows in found if rows is not None]
    for rule, rows, reason in breaks:
        yield Flag(rule.column, rows, reason)
    for rule, rows, reason in breaks:
        if rule.then == "empty":
            yield Edit(rule.column, rows, [None] * len(rows), reason)
    for rule, rows, reason in breaks:
        if rule.then == "drop":
            yield Drop(np.isin(np.arange(len(state.kept)), rows), reason)
    yield from _in_repeats(state, options)


def _in_repeats(state: State, options: Mapping[str, Any]) -> Iterable[Flag]:
    """The same for the questions of repeats: a break is a flag of the column `repeat[n].question`."""
    for name in dict.fromkeys(question.repeat for question in state.codebook.questions.values() if question.repeat):
        cells, at = dict[str, Cells](), np.array([], dtype=np.intp)
        if name in state.repeats:
            cells, at = rules.of_repeat(name, state.repeats, state.cells, state.row_ids, state.codebook)
        for rule, judged, rows in rules.broken(cells, state.kept[at], state.codebook, state.wave, options, name):
            state.rules.append(rule.record(judged, rows))
            for row in np.flatnonzero(rows) if rows is not None else ():
                number, held = state.repeats[name]["repeat_row"].iloc[row], cells[rule.column][[row]]
                yield Flag(f"{name}[{number}].{rule.column}", at[[row]], rule.reason, held)


def recode(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Replace the values of a column."""
    yield Recode(_known(state, [options["column"]])[0], options["map"], "recode")


def places(state: State, options: Mapping[str, Any]) -> Iterable[Change]:
    """Replace names of a column by their codes in a table of aliases; a name that is not in it stops, or is emptied."""
    column, cells = options["column"], state.cells[_known(state, [options["column"]])[0]]
    codes = aliases.read(state.reference / options["table"], options["to"])
    found = {value: codes.get(aliases.key(value)) for value in set(cells[state.kept]) - {None}}
    unknown = [name for name, code in found.items() if code is None]
    rows = np.array([i for i in np.flatnonzero(state.kept) if cells[i] in found], dtype=int)
    if unknown and options.get("unknown", "stop") == "stop":
        odd = [str(state.row_ids[i]) for i in rows if found[cells[i]] is None]
        raise FindingsError(
            f"{len(odd)} answer(s) are names that {options['table']} does not have ({len(unknown)} name(s)).",
            wave=state.wave["wave"],
            column=column,
            codes=odd,
            mend="the codes are row ids: link.parquet has their rows in the export. Add the names as aliases, each with"
            f" its source, to data/reference/{options['table']}; correct them in corrections.csv; or, if they are no"
            " places, `unknown: empty` in this step.",
        )
    reasons = [f"{options['table']}: " + ("unknown" if found[cells[i]] is None else options["to"]) for i in rows]
    yield Edit(column, rows, [found[cells[i]] for i in rows], reasons)


STEPS: dict[str, Step] = {
    "script": script,
    "answers": answers,
    "corrections": corrections,
    "removals": removals,
    "consent": consent,
    "eligibility": eligibility,
    "test_rows": test_rows,
    "duplicates": duplicates,
    "duration": duration,
    "straight_lining": straight_lining,
    "range": value_range,
    "skip_logic": skip_logic,
    "form_rules": form_rules,
    "recode": recode,
    "places": places,
}


def _known(state: State, names: Iterable[str]) -> list[str]:
    names = list(names)
    if missing := [name for name in names if name not in state.cells]:
        raise FindingsError(
            "A step of cleaning names a column that is not there.",
            wave=state.wave["wave"],
            file="wave.yaml",
            column=", ".join(missing[:5]),
            mend="correct the step under `cleaning`.",
        )
    return names


def _is_in(state: State, column: str, codes: Iterable[str]) -> Bools:
    wanted = set(codes)
    return np.array([value in wanted for value in state.cells[_known(state, [column])[0]]], dtype=bool)


def _numbers(state: State, column: str) -> npt.NDArray[np.float64]:
    """A column as numbers; NaN where it is empty or no number (`clean` stops on those at the end)."""
    cells = pd.Series(state.cells[_known(state, [column])[0]], dtype=object)
    return pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float)
