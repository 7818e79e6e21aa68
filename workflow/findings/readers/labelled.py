"""From labels to codes: headers and answers written as respondents saw them, known by the form's labels.

A text is compared without invisible characters, HTML tags and repeated blanks. One that stands for two things, or that
can be split into known options in two ways, stops the run; one that stands for nothing stops it too, unsaid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from findings.answers import data_rows
from findings.errors import FindingsError
from findings.instrument import OTHER, Codebook, Question
from findings.labels import AMBIGUOUS, Choices, options_of, pieces, splits, token, unique, wording
from findings.readers.kobo import OFF, ON
from findings.readers.table import RawTable, shown

# Two languages of one header or row stand beside each other.
BESIDE = " / "
TICKED = ON | {"Y", "Yes", "x", "X"}
UNTICKED = OFF | {"N", "No"}
_ZONED = re.compile(r"(?P<moment>.+?)(?:\s+(?:GMT|UTC)?(?P<zone>[+-]\d{1,2}(?::?\d{2})?|Z))?\s*")
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")


@dataclass(frozen=True)
class Reading:
    """What a header may say: a question's name, or its wording; `part` names an option, or a row of a grid, by its
    code or wordings; `own` marks the column of respondents' own words."""

    names: tuple[str, ...] = ()
    wordings: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True)
class Notation:
    """How a tool writes: `reading` of a header, `joins` between options of one cell, `clock` header -> start or end."""

    reading: Callable[[str, RawTable], Reading]
    joins: tuple[str, ...] = ()
    clock: Mapping[str, str] = field(default_factory=dict)
    moments: str | None = None
    # How a tool writes some answers: its cell -> the codes or labels that it may mean, the first that the list has.
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # A row of a grid stands in the header without its question.
    rows_alone: bool = False


def beside(text: str) -> tuple[str, ...]:
    """A text, and each of the languages that stand in it beside each other."""
    return tuple(dict.fromkeys([text, *(text.split(BESIDE) if BESIDE in text else ())]))


def coded(
    raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any], notation: Notation
) -> RawTable:
    """The table under the form's names, answers as codes, times in ISO 8601; unknown headers stay as they are.

    In the questions under `source.other` of wave.yaml a text that is no option is the respondent's own: it moves to the
    text question named there; one in a column that is marked for own words, to `<name>_other` as well. Raises
    FindingsError on an answer that is no option, and on a time of another format than declared.
    """
    return _Coding(raw, codebook, wave, place, notation).table()


class _Coding:
    """One table on its way from labels to codes."""

    def __init__(
        self, raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any], notation: Notation
    ) -> None:
        self.raw, self.codebook, self.place, self.notation = raw, codebook, place, notation
        self.source: Mapping[str, Any] = wave["source"]
        duration = wave.get("duration") or {}
        self.used = {wave.get("month"), duration.get("start"), duration.get("end")}
        self.declared: Mapping[str, Mapping[str, Any]] = wave.get("columns") or {}
        self.mapped: Mapping[str, Mapping[str, str | None]] = wave.get("answers") or {}
        self.by_wording = unique((w, name) for name, q in codebook.questions.items() for w in q.label.values())
        self.by_row = unique(
            (label[label.rindex("[") + 1 : -1], name)
            for name, q in codebook.questions.items()
            for label in q.label.values()
            if label.endswith("]") and "[" in label
        )
        self.headers: list[str] = []
        self.columns: list[pd.Series] = []
        self.own: dict[str, pd.Series] = {}
        self.options: dict[str, list[tuple[str, pd.Series]]] = {}
        self.named: dict[str, str] = {}
        self.labels = 0

    def table(self) -> RawTable:
        """All columns, coded."""
        for position, header in enumerate(self.raw.headers):
            self._column(header, self.raw.cells[position])
        for name, options in self.options.items():
            self._ticked(name, options)
        for name, texts in self.own.items():
            if name in self.headers:
                at = self.headers.index(name)
                self.columns[at] = _joined(self.columns[at], texts)
            else:
                self._add(name, texts)
        frame = pd.DataFrame({i: column.astype("string") for i, column in enumerate(self.columns)})
        found = {"answers_as_labels": self.labels, "own_words": sorted(self.own), "headers": self.named}
        return RawTable(
            self.headers, frame, {**self.raw.evidence, **found}, self.raw.states, self.raw.wordings, self.raw.values,
            self.raw.missing, self.raw.repeats,
        )  # fmt: skip

    def _add(self, name: str, cells: pd.Series) -> None:
        self.headers.append(name)
        self.columns.append(cells)

    def _column(self, header: str, cells: pd.Series) -> None:
        """One column of the export, to where it belongs."""
        if moment := self.notation.clock.get(header.strip()):
            form = self.source.get("timestamp") or self.notation.moments
            self._add(moment, moments(cells, header, form, self.place) if moment in self.used else cells)
            return
        if header in self.used and header not in self.codebook.questions:
            self._add(header, moments(cells, header, self.source.get("timestamp"), self.place))
            return
        entry = self.declared.get(header) or {}
        if entry and not entry.get("rename"):
            self._add(header, cells)
            return
        reading = self.notation.reading(header, self.raw)
        if entry.get("rename"):
            reading = Reading((str(entry["rename"]),), reading.wordings, reading.parts, reading.own)
        if entry.get("option"):
            self._option(str(entry["rename"]), str(entry["option"]), reading, header, cells)
            return
        name = self._question(reading, header)
        if name is not None:
            # A declared name is given by findings.fates, which knows the column by its header.
            self._answers(header if entry.get("rename") else name, self.codebook.questions[name], cells)
            self.named[name] = header
            if reading.own and self.codebook.questions[name].type == "text":
                self._other(self._known(reading.names, reading.wordings, header), cells)
        elif not (reading.parts and self._part(reading, header, cells)):
            self._add(header, cells)

    def _question(self, reading: Reading, header: str) -> str | None:
        """The question that the whole header stands for: of a grid, the one of its row."""
        questions = self.codebook.questions
        if not reading.parts:
            return self._known(reading.names, reading.wordings, header)
        names = [f"{name}_{part}" for name in reading.names for part in reading.parts]
        wordings = [f"{text} [{part}]" for text in reading.wordings for part in reading.parts]
        wordings += [f"{text} | {part}" for text in reading.wordings for part in reading.parts]
        found = self._known(tuple(names), tuple(wordings), header)
        if found and reading.own and questions[found].type != "text":
            return None
        return found

    def _known(self, names: tuple[str, ...], wordings: tuple[str, ...], header: str) -> str | None:
        for name in names:
            if name in self.codebook.questions:
                return name
        found = {self.by_wording[w] for text in wordings if (w := wording(text)) in self.by_wording}
        if not found and self.notation.rows_alone:
            found = {self.by_row[w] for text in wordings if (w := wording(text)) in self.by_row}
        if len(found) > 1 or AMBIGUOUS in found:
            raise FindingsError(
                "A header stands for two questions.",
                **self.place,
                column=shown(header),
                mend="give the questions different labels in the form, or say which it is in wave.yaml: `columns: "
                '{"header as found": {rename: question}}`.',
            )
        return next(iter(found), None)

    def _part(self, reading: Reading, header: str, cells: pd.Series) -> bool:
        """An option of a select_multiple, or the own words beside a question; False when it is neither."""
        name = self._known(reading.names, reading.wordings, header)
        if name is None:
            return False
        question = self.codebook.questions[name]
        choices = self.codebook.choices.get(question.list or "", {})
        known = options_of(choices)
        codes = {known[w] for part in reading.parts if (w := wording(part)) in known}
        code = next(iter(codes)) if len(codes) == 1 else OTHER if reading.own and OTHER in choices else None
        text = self._own_question(name, reading.own)
        if question.type == "select_multiple" and code and code != AMBIGUOUS:
            self._option(name, code, reading, header, cells)
            return True
        if text is not None and (reading.own or question.type != "select_multiple"):
            self._words(text, cells)
            if question.type == "select_one" and code:
                self._chosen(name, code, cells)
        else:
            return False
        self.named[f"{name}/{code}" if code else str(text)] = header
        return True

    def _option(self, name: str, code: str, reading: Reading, header: str, cells: pd.Series) -> None:
        """The column of one option: ticks; of the option `other` also respondents' own words in place of a tick."""
        texts = (*self.codebook.choices[self.codebook.questions[name].list or ""][code].values(), *reading.parts)
        ticks = self._ticks(cells, name, texts, code)
        words = cells.where(ticks.isna() & cells.notna())
        if words.notna().any():
            text = self._own_question(name, reading.own) if reading.own or code == OTHER else None
            if text is None:
                self._stop_tick(name, code, words)
            self._words(str(text), words)
            ticks = ticks.mask(words.notna(), "1")
        self.options.setdefault(name, []).append((code, ticks))
        self.named[f"{name}/{code}"] = header

    def _other(self, name: str | None, words: pd.Series) -> None:
        """Own words in a text question beside a question that has the option `other`: who wrote them chose it."""
        question = self.codebook.questions.get(name or "")
        if name is None or question is None or OTHER not in self.codebook.choices.get(question.list or "", {}):
            return
        if question.type == "select_multiple":
            ticks = pd.Series("1", index=words.index, dtype="string").where(words.notna())
            self.options.setdefault(name, []).append((OTHER, ticks))
        else:
            self._chosen(name, OTHER, words)

    def _chosen(self, name: str, code: str, words: pd.Series) -> None:
        """Own words beside a single answer that is empty: the option they stand beside was chosen."""
        if name in self.headers:
            at = self.headers.index(name)
            self.columns[at] = self.columns[at].mask(self.columns[at].isna() & words.notna(), code)

    def _ticks(self, cells: pd.Series, name: str, texts: Collection[str], code: str) -> pd.Series:
        """1, 0 or null of an option's column; null too where the cell is neither a tick nor the option's own text."""
        # Some tools write the option's number in its column.
        number = str(len(self.options.get(name, ())) + 1)
        own = {wording(text) for text in texts} | {code, number}
        mapped = {wording(cell): value for cell, value in self.mapped.get(name, {}).items()}
        change: dict[str, str | None] = {}
        for cell in cells.dropna().unique():
            bare = wording(cell)
            if bare in mapped:
                change[cell] = "1" if mapped[bare] in ("1", code) else "0"
                continue
            change[cell] = "0" if bare in UNTICKED else "1" if bare in TICKED or bare in own else None
        return cells.map(change).astype("string")

    def _ticked(self, name: str, options: list[tuple[str, pd.Series]]) -> None:
        for code, ticks in options:
            header = f"{name}/{code}"
            if code == OTHER and header in self.headers:
                # Of the option, and of the words beside it. (Any other option that stands twice stops the run later.)
                at = self.headers.index(header)
                before = self.columns[at]
                self.columns[at] = before.mask(ticks.notna() & before.ne("1").fillna(True), ticks)
            else:
                self._add(header, ticks)
        self.labels += 1

    def _own_question(self, name: str, own: bool = False) -> str | None:
        """The text question that takes own words; the usual one only where the column is marked as theirs (`own`): an
        option that was renamed must not pass for them."""
        declared: Mapping[str, str] = self.source.get("other") or {}
        usual = f"{name}_{OTHER}"
        return declared.get(name) or (usual if own and usual in self.codebook.questions else None)

    def _words(self, question: str, texts: pd.Series) -> None:
        before = self.own.get(question)
        self.own[question] = texts if before is None else _joined(before, texts)

    def _answers(self, name: str, question: Question, cells: pd.Series) -> None:
        """A column that is a whole question."""
        if question.type == "date" and self.source.get("date"):
            cells = moments(cells, question.name, str(self.source["date"]), self.place).str.slice(0, 10)
        if not question.list:
            self._add(name, cells)
            return
        choices = self.codebook.choices[question.list]
        codes = options_of(choices)
        several = question.type == "select_multiple"
        # Answers that are mapped stay as they are until clean maps them, by the ledger; several as one word each.
        mapped = {wording(raw): token(raw) if several else str(raw) for raw in self.mapped.get(question.name, {})}
        known = {**mapped, **codes} if several else codes
        change: dict[str, str | None] = {}
        words: dict[str, str] = {}
        unknown: list[str] = []
        twofold: list[str] = []
        text = self._own_question(question.name)
        for cell in cells.dropna().unique():
            bare = wording(cell)
            if bare not in codes:
                bare = next((w for word in self.notation.aliases.get(bare, ()) if (w := wording(word)) in codes), bare)
            if bare in mapped and bare not in codes:
                change[cell] = mapped[bare]
                continue
            readings = self._readings(bare, question.type, known, choices)
            if len(readings) > 1 or any(AMBIGUOUS in found for found in readings):
                twofold.append(cell)
            elif readings:
                change[cell] = " ".join(next(iter(readings.values()))) or None
            elif text is None:
                unknown.append(cell)
            else:
                parts, own, join = pieces(bare, known, self.notation.joins if several else ())
                change[cell] = " ".join(dict.fromkeys(parts)) or None
                words[cell] = (join.strip() + " ").join(own)
        if twofold:
            raise FindingsError(
                f"{len(twofold)} answer(s) can be read as more than one option of the form.",
                **self.place,
                column=question.name,
                rows=data_rows(cells.isin(twofold)),
                mend="correct the form's labels so that no option is made of others, or map the answers in wave.yaml: "
                f"`answers: {{{question.name}: {{answer as found: code}}}}`.",
            )
        if unknown:
            self._stop_own(question.name, cells.where(cells.isin(unknown)))
        self._add(name, cells.map(change).astype("string"))
        self.labels += 1
        if words:
            self._words(str(text), cells.map(words).astype("string"))

    def _readings(
        self, text: str, type_: str, codes: Mapping[str, str], choices: Choices
    ) -> dict[frozenset[str], tuple[str, ...]]:
        """Every set of options that an answer can be read as."""
        if type_ != "select_multiple":
            return {frozenset({codes[text]}): (codes[text],)} if text in codes else {}
        found = [reading for join in self.notation.joins for reading in sorted(splits(text, codes, join))]
        if not found and set(text.split()) <= set(choices):
            found = [tuple(dict.fromkeys(text.split()))]
        return {frozenset(reading): reading for reading in found}

    def _stop_own(self, name: str, words: pd.Series) -> None:
        raise FindingsError(
            f"{words.nunique()} answer(s) are no option of the form in any language.",
            **self.place,
            column=name,
            rows=data_rows(words.notna()),
            mend="say in wave.yaml which code each is, or null for no answer: "
            f"`answers: {{{name}: {{answer as found: code}}}}`; or, if respondents may write their own, "
            f"`source: {{other: {{{name}: other_text_question}}}}`.",
        )

    def _stop_tick(self, name: str, code: str, words: pd.Series) -> None:
        own = f"; or, if they are respondents' own words, `source: {{other: {{{name}: other_text_question}}}}`"
        raise FindingsError(
            f"{words.nunique()} answer(s) in the column of an option are neither a tick nor the option's own text.",
            **self.place,
            column=f"{name}, option {code}",
            rows=data_rows(words.notna()),
            mend='say in wave.yaml that they mean chosen ("1") or not chosen ("0"), as `Yes` and `No` of another'
            f' language: `answers: {{{name}: {{answer as found: "1"}}}}`{own if code == OTHER else ""}.',
        )


def _joined(before: pd.Series, after: pd.Series) -> pd.Series:
    both = before.notna() & after.notna()
    return before.fillna(after).mask(both, before.str.cat(after, sep="; "))


def _offset(zone: str) -> str:
    """`+6:30`, `+7` or `Z` as ISO 8601 has it."""
    if zone == "Z":
        return zone
    hours, _, minutes = zone[1:].partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    return f"{zone[0]}{int(hours):02d}:{minutes or '00'}"


def moments(cells: pd.Series, header: str, form: str | None, place: Mapping[str, Any]) -> pd.Series:
    """Moments written as `form` (codes of strftime; None: none but ISO 8601 is known) as ISO 8601 with their offset.

    `GMT+6:30` is east of Greenwich, whatever POSIX makes of it. Raises FindingsError on a cell of another format.
    """
    iso = cells.str.fullmatch(_ISO.pattern).fillna(False).astype(bool)
    parts = cells.str.extract(f"^{_ZONED.pattern}$")
    found = pd.Series(pd.NaT, index=cells.index)
    if form:
        found = pd.to_datetime(parts["moment"].mask(iso), format=form, errors="coerce")
    odd = cells.notna() & ~iso & found.isna()
    if odd.any():
        raise FindingsError(
            "Times are in another format than declared.",
            **place,
            column=shown(header),
            rows=data_rows(odd),
            mend='say it in wave.yaml, for example `source: {timestamp: "%d/%m/%Y %H:%M:%S"}`; `date` for dates.',
        )
    if not form:
        return cells
    zones = [_offset(zone) if isinstance(zone, str) else "" for zone in parts["zone"]]
    text = found.dt.strftime("%Y-%m-%dT%H:%M:%S").astype("string")
    return (text + pd.Series(zones, index=cells.index, dtype="string")).mask(iso, cells)
