"""What every released number is, in words: of the release, the declarations and the code, never of a respondent.

What many keys share (an indicator, a filter, a setting, a way of rules) is written once, and a key names it by number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from findings.audit import explain
from findings.audit.dossier.packed import Numbered, Packed, runs
from findings.audit.plain.answers import Answers
from findings.audit.plain.estimates import Frame
from findings.audit.plain.keys import Parts, leaves
from findings.audit.plain.replay import Wave
from findings.ingest import extended
from findings.instrument import Codebook, read_xlsform
from findings.plan import expand_indicators

Row = dict[str, Any]
Study = Mapping[str, Any]
# What is said of every key: of whom it is, of which indicators, the settings and rules it depends on, the questions of
# each wave that it rests on, and what the effect of a rule is.
NAMES = ("filters", "columns", "settings", "made_by", "touched", "effects")


class Declared:
    """The study and its waves as declared: config.yaml, and each wave's wave.yaml, form and frame. No answer is read.

    `waves` are the declarations by name; `root` is the study's folder.
    """

    def __init__(self, study: Study, waves: Mapping[str, Row], root: Path) -> None:
        self.study, self.root = study, root
        self.waves = {name: wave if wave["synthetic"] else _without_answers(wave) for name, wave in waves.items()}
        self.indicators = {indicator.column: indicator for indicator in expand_indicators(study)}
        self._frames: dict[str, Frame] = {}

    def frame(self, wave: str) -> Frame:
        """The wave without its respondents, as the functions of `audit.explain` want it."""
        if wave not in self._frames:
            folder, reference = self.root / "data" / "raw" / wave, self.root / "data" / "reference"
            nobody = Wave(wave, dict(self.study), self.waves[wave], [], [], [], {}, folder, reference)
            self._frames[wave] = Frame(Answers(nobody))
        return self._frames[wave]

    @cached_property
    def codebooks(self) -> dict[str, Codebook]:
        """The questions and answers of each wave, from its form and wave.yaml."""
        return {
            name: extended(
                read_xlsform(self.root / "data" / "raw" / name / wave["source"]["form"]), wave, {"wave": name}
            )
            for name, wave in self.waves.items()
        }


def _without_answers(wave: Row) -> Row:
    """A declaration without what its cleaning maps: of people, that may be what somebody wrote."""
    steps = [{name: value for name, value in step.items() if name != "map"} for step in wave["cleaning"]]
    return {**wave, "cleaning": steps}


def indicators(declared: Declared) -> dict[str, Row]:
    """Column of an indicator -> what `explain.described` says of it; of its questions only their names."""
    made = {}
    every: dict[str, Any] = {}
    for book in declared.codebooks.values():
        every = {q["name"]: q for q in json.loads(book.to_json())["questions"]} | every
    answers = declared.frame(next(iter(declared.waves))).answers
    codebook = {"questions": list(every.values())}
    for column in declared.indicators:
        found = explain.described(declared.study, column, answers, codebook, declared.indicators)
        made[column] = found | {"asked": [question["name"] for question in found["asked"]]}
    return made


class About:
    """What is said of keys, each thing once: what many keys share is asked of `audit.explain` once."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.filters, self.columns, self.settings, self.made_by, self.touched, self.effects = (
            Numbered() for _ in NAMES
        )
        self.entries: dict[str, Any] = {}
        self._told: dict[Any, Any] = {}

    def of(self, key: str, part: str) -> tuple[int, ...]:
        """The numbers of what is said of a key, in the order of NAMES; `part` made its row."""
        parts = [found for _, found in leaves(key)]
        if key.startswith("model."):
            _, name, rest = key.split(".", 2)
            parts = [Parts("model", name, "", rest.rsplit("@", 1)[1])]
        # Rows that differ in their weights alone are told of alike.
        same = (part, *(replace(one, weighting=None) for one in parts))
        return tuple(self._once(same, lambda: self._of(key, parts, part)))

    def _of(self, key: str, parts: Sequence[Parts], part: str) -> tuple[int, ...]:
        columns = tuple(dict.fromkeys(column for one in parts for column in self._columns_of(key, one)))
        waves = tuple(dict.fromkeys(one.wave for one in parts))
        alone = (parts[0].family, parts[0].statistic) if len(parts) == 1 else None
        settings = (waves, columns, *((one.family, one.statistic == "rank", one.breakdown) for one in parts))
        return (
            self._once(("filters", *((o.wave, o.breakdown, o.group) for o in parts)), lambda: self._filters(parts)),
            self._once(("columns", columns), lambda: self.columns.of(columns)),
            self._once(("settings", settings), lambda: self._settings(parts, columns)),
            self._once(("made_by", part, alone), lambda: self.made_by.of(
                explain.made_by(part, parts[0] if alone else None))),
            self._once(("touched", *settings), lambda: self._touched(parts, columns)),
            self.effects.of(list(dict.fromkeys(words for one in parts for words in explain.effect(one)))),
        )  # fmt: skip

    def _once(self, name: Any, told: Callable[[], Any]) -> Any:
        if name not in self._told:
            self._told[name] = told()
        return self._told[name]

    def _filters(self, parts: Sequence[Parts]) -> int:
        study = self.declared.study
        return self.filters.of([
            self._once(("filter", one.wave, one.breakdown, one.group), partial(explain.filters, study, one))
            for one in parts
        ])  # fmt: skip

    def _settings(self, parts: Sequence[Parts], columns: Sequence[str]) -> int:
        described = [{"config": self.indicators[column]["config"]} for column in columns]
        found: set[str] = set()
        for one in parts:
            name = ("setting", one.wave, one.family, one.statistic == "rank", one.breakdown)
            found |= self._once(name, partial(self._entries, one, []))
        found |= self._once(("setting", *columns), lambda: self._entries(parts[0], described))
        return self.settings.of(sorted(found))

    def _touched(self, parts: Sequence[Parts], columns: Sequence[str]) -> int:
        found: dict[str, list[str]] = {}
        for wave in dict.fromkeys(one.wave for one in parts):
            of = [one for one in parts if one.wave == wave]
            found[wave] = sorted(explain.questions_of(self.declared.frame(wave), columns, of))
        return self.touched.of(found)

    def _entries(self, one: Parts, described: Sequence[Row]) -> set[str]:
        waves = {one.wave: self.declared.waves[one.wave]}
        found = explain.settings(self.declared.study, waves, one, described)
        self.entries |= found
        return set(found)

    def _columns_of(self, key: str, one: Parts) -> list[str]:
        known = ("column", one.family, one.indicator, one.statistic, one.ministry, one.service, one.wave)
        asked = key if one.family == "model" else ""
        frame = self.declared.frame
        return list(self._once(known, lambda: explain.columns_of(asked, [one], frame).get(one.wave, [])))

    @cached_property
    def indicators(self) -> dict[str, Row]:
        return indicators(self.declared)

    def data(self, numbers: Sequence[tuple[int, ...]]) -> Packed:
        """Everything that was said, for the pages; `numbers` are those of the rows, in their order."""
        return {
            "indicators": self.indicators,
            "entries": self.entries,
            "of_rows": {name: runs(each[place] for each in numbers) for place, name in enumerate(NAMES)},
            **{name: getattr(self, name).values for name in NAMES},
        }
