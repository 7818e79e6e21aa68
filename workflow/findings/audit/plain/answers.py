"""Indicators and groups of a wave, by what config.yaml declares and the replayed answers, one respondent at a time."""

from __future__ import annotations

import re
from typing import Any

from findings.audit.plain.replay import Row, Wave

Value = float | None
# A value and its state: answered, declined, dont_know, blank or not_asked.
Answer = tuple[Value, str]
ANSWERED, BLANK, NOT_ASKED = "answered", "blank", "not_asked"
SILENT = ("declined", "dont_know", "blank")


class Answers:
    """The indicators (by column) and levels (by name) of a wave, derived when they are asked for and then kept."""

    def __init__(self, wave: Wave) -> None:
        self.wave = wave
        study = wave.study
        self.state_of = {code: state for state, codes in study["nonanswers"].items() for code in codes}
        self.indicators = {entry["column"]: entry for entry in _expanded(study)}
        self._named = {(e["id"], e["service"] or e["ministry"]): e["column"] for e in self.indicators.values()}
        self.levels = {
            level["level"]: {**level, "of": breakdown, "source": entry}
            for breakdown, entry in study["breakdowns"].items()
            for level in entry["ladder"]
        }
        self._answers: dict[str, list[Answer]] = {}
        self._groups: dict[str, list[str | None]] = {}

    def column(self, family: str, indicator: str, of: str | None) -> str:
        """The column of an indicator, of a service or a ministry or (None) of neither."""
        return "__".join(part for part in (family, indicator, of) if part)

    def of(self, column: str) -> list[Answer]:
        """Value and state of an indicator for every respondent kept."""
        if column not in self._answers:
            self._answers[column] = self._derived(self.indicators[column])
        return self._answers[column]

    def values(self, column: str) -> list[Value]:
        """The values alone."""
        return [value for value, _ in self.of(column)]

    def groups(self, level: str) -> list[str | None]:
        """The group of a level that every respondent kept is in; None in none."""
        if level not in self._groups:
            declared = self.levels[level]
            if "indicator" in declared["source"]:
                values = self.values(declared["source"]["indicator"])
                self._groups[level] = [_bin(value, declared["bins"]) for value in values]
            else:
                column = declared["source"]["column"]
                self._groups[level] = [_group(row[column], declared) for row in self.wave.rows]
        return self._groups[level]

    def rests_on(self, column: str) -> set[str]:
        """The questions (columns of the responses) that an indicator is made from, through its base too."""
        entry = self.indicators[column]
        named = [entry.get("from"), *entry.get("sus", []), *entry.get("mean_of", []), *entry.get("not_in", [])]
        found = {name for name in named if name}
        others = [*([self.base(entry)] if entry["base"] else []), *self.parts(entry)]
        return found.union(*(self.rests_on(other) for other in others)) if others else found

    def unasked(self, entry: Row) -> bool:
        """Whether the wave did not have a question, or an answer, that an indicator is made of, its base's too."""
        named = {entry.get("from"), *entry.get("sus", []), *entry.get("mean_of", []), *entry.get("not_in", [])}
        codes = entry.get("equals") or entry.get("contains") or []
        named |= {f"{entry.get('from')}/{code}" for code in ([codes] if isinstance(codes, str) else codes)}
        lost = set(self.wave.declared.get("not_asked", []))
        others = [*([self.base(entry)] if entry["base"] else []), *self.parts(entry)]
        return bool(named & lost) or any(self.unasked(self.indicators[column]) for column in others)

    def base(self, entry: Row) -> str:
        """The column of an indicator's base."""
        return self._linked(entry, entry["base"])

    def parts(self, entry: Row) -> list[str]:
        """The columns of the indicators that one of `any_of` or `but_not` is made from."""
        if "but_not" in entry:
            return [self._linked(entry, wanted) for wanted in entry["but_not"]]
        if "any_of" not in entry:
            return []
        same = [e for e in self.indicators.values() if e["id"] == entry["any_of"] and e["column"] != entry["column"]]
        return [e["column"] for e in same if entry["ministry"] in (None, e["ministry"])]

    def _linked(self, entry: Row, wanted: str) -> str:
        places = ((wanted, of) for of in (entry["service"], entry["ministry"], None))
        return next(self._named[place] for place in places if place in self._named)

    def _derived(self, entry: Row) -> list[Answer]:
        parts = [self.of(column) for column in self.parts(entry)]
        if self.unasked(entry):
            return [(None, NOT_ASKED)] * len(self.wave.rows)
        own = [self._own(entry, row, [part[i] for part in parts]) for i, row in enumerate(self.wave.rows)]
        if not entry["base"]:
            return own
        made: list[Answer] = []
        for (value, state), (base, base_state) in zip(own, self.of(self.base(entry)), strict=True):
            if base == 1:
                made.append((value, state))
            elif "not_asked" not in entry:
                made.append((None, NOT_ASKED))
            elif base == 0:
                made.append((float(entry["not_asked"]), NOT_ASKED))
            else:
                made.append((None, base_state if base is None else NOT_ASKED))
        return made

    def _own(self, entry: Row, row: Row, parts: list[Answer]) -> Answer:
        """The indicator of one respondent, its base left aside."""
        if "any_of" in entry:
            if any(value == 1 for value, _ in parts):
                return 1.0, ANSWERED
            silent = [state for value, state in parts if value is None]
            return (None, silent[0]) if silent else (0.0, ANSWERED)
        if "but_not" in entry:
            (first, first_state), (second, second_state) = parts
            if first == 0 or second == 1:
                return 0.0, ANSWERED
            if first == 1 and second == 0:
                return 1.0, ANSWERED
            return None, first_state if first is None else second_state
        if "not_in" in entry:
            wanted, offered = (set((row[column] or "").split()) for column in entry["not_in"])
            for codes in (wanted, offered):
                if not codes - self.state_of.keys():
                    return None, self.state_of[min(codes)] if codes else BLANK
            return float(bool(wanted - offered - self.state_of.keys())), ANSWERED
        if "sus" in entry or "mean_of" in entry:
            return self._scale(entry, row)
        cell = row[entry["from"]]
        return self._of_cell(cell, self._counted(entry, cell))

    def _counted(self, entry: Row, cell: str | None) -> Value:
        """What a cell counts as; None if it is no answer."""
        if cell is None:
            return None
        if "one" in entry:
            return 1.0 if cell in entry["one"] else 0.0 if cell in entry["zero"] else None
        if "contains" in entry:
            wanted = {entry["contains"]} if isinstance(entry["contains"], str) else set(entry["contains"])
            chosen = set(cell.split()) - self.state_of.keys()
            return float(bool(chosen & wanted)) if chosen else None
        if "scale" in entry:
            value = entry["scale"].get(cell)
            return None if value is None else float(value)
        if cell in self.state_of:
            return None
        return float(cell == entry["equals"]) if "equals" in entry else float(cell)

    def _of_cell(self, cell: str | None, value: Value) -> Answer:
        return (value, ANSWERED) if value is not None else (None, self.state_of.get(cell or "", BLANK))

    def _scale(self, entry: Row, row: Row) -> Answer:
        sus = "sus" in entry
        columns: list[str] = entry["sus"] if sus else entry["mean_of"]
        scale = entry["scale"]
        lowest, highest = min(scale.values()), max(scale.values())
        total, count, states = 0.0, 0, set()
        for number, column in enumerate(columns, start=1):
            value, state = self._of_cell(row[column], scale.get(row[column]))
            if value is None:
                states.add(state)
                continue
            turned = number % 2 == 0 if sus else column in entry.get("reversed", [])
            total += lowest + highest - value if turned else value
            count += 1
        if count < entry.get("minimum_items", len(columns)):
            return None, next(state for state in SILENT if state in states)
        return ((total - count) * 25 / count if sus else total / count), ANSWERED


def _group(cell: str | None, level: Row) -> str | None:
    if "bins" in level:
        try:
            return _bin(float(cell or ""), level["bins"])
        except ValueError:
            return None
    for group, entry in level["groups"].items():
        if cell in ((entry or {}).get("codes") or [group]):
            return str(group)
    return None


def _bin(value: Value, bins: Row) -> str | None:
    if value is None:
        return None
    return next((group for group, (low, high) in bins.items() if low <= value <= high), None)


# What an entry is repeated over: a section of the config, the items of a set, the steps of a scale.
_WITHIN = {"item": "item_sets", "step": "scales"}


def _expanded(study: Row) -> list[Row]:
    """Every indicator of the config: an entry once for each combination of what it is repeated over."""
    made = []
    for entry in study["indicators"]:
        runs: list[dict[str, str]] = [{}]
        for variable, section in entry.get("for_each", {}).items():
            codes = study[_WITHIN[variable]][section] if variable in _WITHIN else study[section]
            runs = [{**run, variable: code} for run in runs for code in codes]
        for run in runs:
            if "service" in run:
                run["ministry"] = study["services"][run["service"]]["ministry"]
            one = {key: _filled(value, run) for key, value in entry.items()}
            if "dimension" in one:
                barriers = study["barriers"].items()
                one["contains"] = [code for code, barrier in barriers if barrier["dimension"] == one["dimension"]]
            one |= {"service": run.get("service"), "ministry": run.get("ministry"), "base": entry.get("base")}
            of = one["service"] or one["ministry"]
            # The answers' column, under a name of its own: `column` is the indicator's.
            one["from"] = one.get("column")
            one["column"] = "__".join([one["family"], one["id"], *([of] if of else [])])
            made.append(one)
    return made


def _filled(value: Any, run: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(part, run) for part in value]
    return re.sub(r"\{(\w+)\}", lambda m: run.get(m[1], m[0]), value) if isinstance(value, str) else value
