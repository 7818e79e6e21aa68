"""A wave's own form beside the study's: what it calls otherwise, proposed by label and likeness."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from findings.add_wave.matching import Match, matches
from findings.crosswalk import SURE, Row
from findings.instrument import Codebook


def counterparts(rows: Iterable[Row], own: Codebook, known: Codebook, wanted: Collection[str]) -> dict[str, Match]:
    """Question of the wave's form that the study does not report -> the one that it reports, and that it may be.

    `rows` are the lines of a crosswalk to `own`, the codebook of the wave's form; `known` is the study's so far.
    """
    lacking = [name for name in wanted if name in known.questions and name not in own.questions]
    free = dict.fromkeys(row.question for row in rows if row.accepted == SURE and row.question in own.questions)
    found = {
        name: matches(
            [name, *own.questions[name].label.values()],
            {n: known.questions[n].label for n in lacking if known.questions[n].type == own.questions[name].type},
        )
        for name in free
        if name not in wanted
    }
    return _paired(found)


def named(rows: Iterable[Row], taken: Mapping[str, Match]) -> list[Row]:
    """The lines, with those of a question that has a counterpart (`taken`) proposed as that."""

    def proposed(row: Row) -> Row:
        match = taken.get(row.question)
        if match is None:
            return row
        if row.kind == "answer":
            return replace(row, question=match.code)
        note = "; ".join(filter(None, (f"the form calls it {row.question}", match.others)))
        return replace(row, question=match.code, accepted="", how=match.how, score=match.percent, note=note)

    return [proposed(row) for row in rows]


def codes(
    taken: Mapping[str, Match],
    own: Codebook,
    known: Codebook,
    wanted: Collection[str],
    recodes: Mapping[str, Mapping[str, str]],
    language: str,
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, Any]]]:
    """Question that the study reports -> code of the wave's form -> other code of the study that it may be; and these
    codes as wave.yaml's `codes` has them, under the lists of the wave's form. `recodes`: what the last wave
    recoded (column -> old -> new), proposed again where the form has those codes; `language` is the study's first."""
    listed = {name: question.list for name, question in own.questions.items() if question.list}
    listed |= {match.code: listed[name] for name, match in taken.items() if name in listed}
    found: dict[str, dict[str, str]] = {}
    added: dict[str, dict[str, Any]] = {}
    for name in wanted:
        question = known.questions.get(name)
        if question is None or not question.list or not listed.get(name):
            continue
        mine, theirs = own.choices[listed[name]], known.choices[question.list]
        lacking = {code: labels for code, labels in theirs.items() if code not in mine}
        new = {code: labels for code, labels in mine.items() if code not in theirs}
        pairs = _paired({code: matches([code, *labels.values()], lacking) for code, labels in new.items()})
        again = recodes.get(name, {})
        made = {**(again if set(again) <= set(mine) else {}), **{code: match.code for code, match in pairs.items()}}
        if made:
            found[name] = made
            for code in sorted(set(made.values()) - set(mine)):
                # A form of one language need not name it.
                label = {language if of == "default" else of: words for of, words in theirs.get(code, {}).items()}
                added.setdefault(listed[name], {})[code] = {"label": label}
    return found, added


def _paired(found: Mapping[str, list[Match]]) -> dict[str, Match]:
    """Each with its best counterpart, the best pairs first; no counterpart twice."""
    taken: dict[str, Match] = {}
    pairs = sorted(((match.rank, name, match) for name, of in found.items() for match in of), key=lambda pair: pair[:2])
    for _, name, match in pairs:
        if name not in taken and match.code not in {other.code for other in taken.values()}:
            taken[name] = match
    return taken
