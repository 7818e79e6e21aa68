"""What the differences of two waves mean for each indicator: comparable, comparable with a note, or not comparable.

An indicator rests on its own questions, on those of its base, and on those of the indicators that it is made from. The
worst of what is found there is its verdict; the config says how bad each kind of difference is, and wave.yaml may
overrule the verdict with a reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.families import named
from findings.keys import AND
from findings.plan import Indicator, Level, rests_on
from findings.wave_diff.structure import KINDS, Difference

COMPARABLE, NOTE, NOT_COMPARABLE = VERDICTS = ("comparable", "note", "not_comparable")
# Beside the kinds of differences: a difference of an option that the indicator does not count; shifts of non-answers.
OTHER_OPTION, SHIFT, DRIFT = "other_option", "missing_shift", "missing_drift"
OVERRULED = "overruled"
# A question, and the codes of it that count; None where every code does.
Rest = tuple[str, set[str] | None]
# ASSUME[comparability]: what each difference means where the config does not say. Somebody who was not asked the same
# question, of the same people, with the same answers to choose from, has no trend; changed words have a note as long as
# they are nearly the same words.
DEFAULTS: dict[str, Any] = {
    "similarity": 0.9,
    "missing_points": 0.1,
    "significance": 0.05,
    "correction": "benjamini_hochberg",
    "differences": {
        **dict.fromkeys(KINDS, NOTE),
        **dict.fromkeys(
            ("column_added", "column_lost", "type_changed", "filter_changed", "reworded", "option_added", "option_lost",
             "relabelled", "labels_swapped", "scale_reversed", SHIFT), NOT_COMPARABLE,
        ),
        "column_renamed": COMPARABLE,
        OTHER_OPTION: NOTE,
        DRIFT: NOTE,
    },
}  # fmt: skip


def rules(study: Mapping[str, Any]) -> dict[str, Any]:
    """The config's `comparability`, with the defaults of what it leaves out."""
    own = study.get("comparability", {})
    return {**DEFAULTS, **own, "differences": {**DEFAULTS["differences"], **own.get("differences", {})}}


def comparability(
    wave: Mapping[str, Any],
    earlier: str | None,
    waves: Sequence[Mapping[str, Any]],
    indicators: Sequence[Indicator],
    steps: Sequence[Level],
    differences: Sequence[Difference],
    shifts: Mapping[str, Sequence[Mapping[str, Any]]],
    rule: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of comparability.json: `earlier`, `waves`, and a verdict with its reasons per column and level.

    `waves` says of earlier waves that may not be compared in what they differ; with `earlier` None nothing is judged.
    `shifts`: question -> code (SHIFT or DRIFT) and key of each shift of its non-answers. Raises FindingsError if
    wave.yaml overrules an indicator or a level that is not there.
    """
    found = {"wave": wave["wave"], "earlier": earlier, "waves": list(waves), "columns": {}, "levels": {}}
    if earlier is None:
        return found
    by_question: dict[str, list[dict[str, Any]]] = {}
    for difference in differences:
        about = {"code": difference.kind, "question": difference.question, "option": difference.option,
                 "language": difference.language}  # fmt: skip
        by_question.setdefault(difference.question, []).append({name: text for name, text in about.items() if text})
    for question, of_question in shifts.items():
        by_question.setdefault(question, []).extend({**shift, "question": question} for shift in of_question)
    by_column = {indicator.column: indicator for indicator in indicators}
    overruled = _overruled(wave, earlier, indicators, steps)
    rests: dict[tuple[str, str], list[Rest]] = {
        ("columns", column): _rests(i, by_column) for column, i in by_column.items()
    }
    rests |= {("levels", level.name): _rests_of_level(level, by_column) for level in steps}
    for (kind, name), parts in rests.items():
        reasons = [
            reason
            for question, counted in parts
            for reason in _judged(by_question.get(question, []), counted, rule["differences"])
        ]
        reasons = [reason for i, reason in enumerate(reasons) if reason not in reasons[:i]]
        verdict = max((reason["verdict"] for reason in reasons), key=VERDICTS.index, default=COMPARABLE)
        if name in overruled:
            entry = overruled[name]
            reasons.insert(0, {"code": OVERRULED, "verdict": entry["verdict"], "was": verdict, "text": entry["reason"]})
            verdict = entry["verdict"]
        found[kind][name] = {"verdict": verdict, "reasons": reasons}
    return found


def read(path: Path) -> dict[str, Any]:
    """comparability.json: `wave`, `earlier` (name or None), `waves`, `columns` and `levels` (-> verdict, reasons)."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def without_incomparable(register: pd.DataFrame, found: Mapping[str, Any]) -> pd.DataFrame:
    """Rows of a register (`column`, `breakdown`) that may have a change; `found` is the content of comparability.json.

    Not comparable is a row of an indicator, or by a level, that is so; of a crossing, by any of its levels.
    """
    return register[~_with(register, found, NOT_COMPARABLE)]


def noted(register: pd.DataFrame, found: Mapping[str, Any]) -> pd.Series:
    """Whether each row of a register (`column`, `breakdown`) has a change that is to be read with a note."""
    return _with(register, found, NOTE)


def _with(register: pd.DataFrame, found: Mapping[str, Any], verdict: str) -> pd.Series:
    of = {
        kind: {name for name, entry in found[kind].items() if entry["verdict"] == verdict}
        for kind in ("columns", "levels")
    }
    by = register["breakdown"].astype("string").fillna("").str.split(AND)
    held = register["column"].isin(of["columns"]) | by.map(lambda levels: bool(of["levels"].intersection(levels)))
    return held.astype(bool)


def questions(indicator: Indicator) -> list[str]:
    """Columns of the respondents that an indicator itself is made from."""
    source = indicator.source
    several = [*source.get("sus", []), *source.get("mean_of", []), *source.get("not_in", [])]
    return several or ([source["column"]] if "column" in source else [])


def _rests(indicator: Indicator, by_column: Mapping[str, Indicator]) -> list[Rest]:
    """Questions, and the codes of each that count, of the indicator and of all that it rests on."""
    seen: dict[str, Indicator] = {}
    waiting = [indicator]
    while waiting:
        one = waiting.pop(0)
        if one.column not in seen:
            seen[one.column] = one
            waiting += [by_column[column] for column in rests_on(one)]
    return [(question, _counts(one)) for one in seen.values() for question in questions(one)]


def _rests_of_level(level: Level, by_column: Mapping[str, Indicator]) -> list[Rest]:
    if level.by_value:
        return _rests(by_column[level.column], by_column)
    return [(level.column, None if level.bins else {code for group in level.groups.values() for code in group.codes})]


def _counts(indicator: Indicator) -> set[str] | None:
    """Codes that an indicator gives a value of their own; None where it takes every code for itself."""
    source = indicator.source
    for key in ("equals", "contains"):
        if key in source:
            return {source[key]} if isinstance(source[key], str) else set(source[key])
    if "one" in source:
        return {*source["one"], *source["zero"]}
    return set(source["scale"]) if "scale" in source else None


def _judged(
    found: Sequence[Mapping[str, Any]], counted: set[str] | None, verdicts: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """The reasons that are worth a note or more, each with its verdict."""
    for reason in found:
        ours = counted is None or reason.get("option", "") in {"", *counted} or reason["code"].startswith("nonanswer")
        verdict = verdicts[reason["code"] if ours else OTHER_OPTION]
        if verdict != COMPARABLE:
            yield {**reason, "verdict": verdict}


def _overruled(
    wave: Mapping[str, Any], earlier: str, indicators: Sequence[Indicator], steps: Sequence[Level]
) -> dict[str, Mapping[str, Any]]:
    """Entry of wave.yaml's `comparability` by the column or level that it overrules, for this earlier wave."""
    found: dict[str, Mapping[str, Any]] = {}
    exact = {*(i.column for i in indicators), *(level.name for level in steps)}
    for entry in wave.get("comparability", []):
        for name in entry["of"]:
            names = [name] if name in exact else [indicator.column for indicator in named([name], indicators)]
            if not names:
                raise FindingsError(
                    "wave.yaml overrules the verdict on what is not in the plan.",
                    wave=wave["wave"], file="wave.yaml", column="comparability", codes=[name],
                    mend="name a family, family.id, a column (family__id__service), or a level of a breakdown.",
                )  # fmt: skip
            if entry.get("earlier", earlier) == earlier:
                found |= dict.fromkeys(names, entry)
    return found
