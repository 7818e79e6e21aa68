"""What a part without an answer counts as in an indicator that is made of several: found by trying it.

The function that makes every indicator (`indicators.build`) is given made-up respondents of whom one part is missing;
what it gives them is what is told. So the words cannot say another thing than the code does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from findings.indicators import build
from findings.plan import Indicator

YES, NO = "yes", "no"
# Kinds of source that are made of several parts.
OF_INDICATORS, OF_ITEMS = ("any_of", "but_not"), ("sus", "mean_of")
LEFT_OUT = "the respondent is left out of the number"


def composed(indicator: Indicator, known: Mapping[str, Indicator]) -> list[str]:
    """In words, what an unanswered or unasked part does; [] for an indicator of one question.

    `known` are the study's indicators by column.
    """
    source = indicator.source
    kind = next((kind for kind in (*OF_INDICATORS, *OF_ITEMS, "not_in") if kind in source), None)
    if kind is None:
        return []
    if kind in OF_INDICATORS:
        told = _any_of() if kind == "any_of" else _but_not(source["but_not"])
        return [*told, *_unasked([known[column] for column in source[kind]]), _lost(indicator)]
    if kind == "not_in":
        values = _tried(indicator, [{source[kind][0]: YES}, {source[kind][1]: YES}], source[kind])
        told = [f"{silent} has no answer: {_counts(value)}" for silent, value in zip(source[kind][::-1], values,
                                                                                     strict=True)]  # fmt: skip
        return [*told, _lost(indicator)]
    return [*_items(indicator, source[kind]), _lost(indicator)]


def _any_of() -> list[str]:
    one, none = _tried(_yes_or_no("any_of"), [{"a": YES}, {"a": NO}], ("a", "b"))
    return [
        f"one part is 1 and another has no answer: {_counts(one)}",
        f"no part is 1 and one has no answer: {_counts(none)}",
    ]


def _but_not(names: Sequence[str]) -> list[str]:
    rows = [{"b": NO}, {"b": YES}, {"a": YES}, {"a": NO}]
    values = _tried(_yes_or_no("but_not"), rows, ("a", "b"))
    first, second = names
    of = [(second, 0, first), (second, 1, first), (first, 1, second), (first, 0, second)]
    return [f"{name} is {given} and {silent} has no answer: {_counts(value)}"
            for (name, given, silent), value in zip(of, values, strict=True)]  # fmt: skip


def _items(indicator: Indicator, columns: Sequence[str]) -> list[str]:
    """How many items have to be answered: the fewest with which there is a value."""
    answer = next(iter(indicator.source["scale"]))
    rows = [dict.fromkeys(columns[:count], answer) for count in range(len(columns) + 1)]
    has = ~np.isnan(_tried(indicator, rows, columns))
    least = int(has.argmax())
    enough = f"{least} of the {len(columns)} items" if least < len(columns) else f"all {len(columns)} items"
    told = f"{enough} must be answered; with fewer, {LEFT_OUT}"
    if least == len(columns):
        return [told]
    return [told, "items that were not asked or not answered are left aside: the number is made of those answered"]


def _unasked(parts: Sequence[Indicator]) -> list[str]:
    """What parts that have a base count as for those who were not asked, as config.yaml declares (`not_asked`)."""
    found: dict[tuple[str, Any], int] = {}
    for part in parts:
        if part.base is not None:
            name = (str(part.base_indicator), part.source.get("not_asked"))
            found[name] = found.get(name, 0) + 1
    return [
        f"a part that was not asked because its {base} is 0: "
        + ("has no answer" if value is None else f"counts as {value}")
        + (f" ({count} of the {len(parts)} parts)" if count < len(parts) else "")
        for (base, value), count in found.items()
    ]


def _lost(indicator: Indicator) -> str:
    """What happens in a wave that did not ask one of the questions."""
    return "a wave that did not ask one of these questions (not_asked in its wave.yaml): " + (
        "nobody has a value" if _without_one(indicator) else "the others are enough"
    )


def _without_one(indicator: Indicator) -> bool:
    """Whether nobody has a value where one of the questions was not asked, all the others being answered."""
    kind = next(kind for kind in (*OF_INDICATORS, *OF_ITEMS, "not_in") if kind in indicator.source)
    if kind in OF_INDICATORS:
        tried, rest, answer = _yes_or_no(kind), ["a"], YES
    else:
        tried, rest = indicator, list(indicator.source[kind][1:])
        answer = next(iter(indicator.source.get("scale", [YES])))
    lost = "b" if kind in OF_INDICATORS else indicator.source[kind][0]
    return bool(np.isnan(_tried(tried, [dict.fromkeys(rest, answer)], rest, lost)).all())


def _yes_or_no(kind: str) -> Indicator:
    """An indicator of two questions a and b, made as one of this kind is."""
    texts: dict[str, str] = {}
    return Indicator("tried", "try", "proportion", None, None, "tried", {kind: ["try__a", "try__b"]}, None, None,
                     frozenset(), texts, texts, texts)  # fmt: skip


def _tried(
    indicator: Indicator, rows: Sequence[Mapping[str, str]], columns: Sequence[str], lost: str | None = None
) -> Any:
    """The values that made-up respondents get; what a row does not hold is an empty cell, `lost` was not asked."""
    frame = pd.DataFrame([{"row_id": str(i), **dict.fromkeys(columns), **row} for i, row in enumerate(rows)])
    parts = [
        replace(indicator, id=name, column=f"try__{name}", source={"column": name, "one": [YES], "zero": [NO]})
        for name in ("a", "b") if set(OF_INDICATORS) & set(indicator.source)
    ]  # fmt: skip
    study = {"nonanswers": {}, "not_asked": [lost] if lost else []}
    made = build(frame, [*parts, replace(indicator, base=None)], [], study)
    return made[indicator.column].to_numpy(dtype=float)


def _counts(value: float) -> str:
    return LEFT_OUT if np.isnan(value) else f"counts as {value:g}"
