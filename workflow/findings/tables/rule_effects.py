"""What the rules of cleaning do to the headlines: the number as published, and its effect under each rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.keys import RULE_EFFECTS, parse_effect
from findings.release import Estimate, Released
from findings.text.captions import captions
from findings.text.facts import NOTES, panels, rows_of
from findings.text.issued import issue
from findings.text.numbers import numerals

COLUMNS = [
    "key", "number_key", "ministry", "service", "family", "indicator", "rule", "as_published", "effect", "n", "status",
]  # fmt: skip
Effects = dict[str, Estimate]


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per number and rule in codes; null where withheld. `n` is of the number as published."""
    made = [
        [effect.key, row.key, row.ministry, row.service, row.family, row.indicator, rule, row.value, effect.value,
         effect.n, effect.status]
        for _, _, row, effects in _lines(released, entry, released.config["languages"][0])
        for rule, effect in effects.items()
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS).astype({"n": "Int64"})


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows: ministry, indicator, number as published, and a column per rule of which any is published."""
    words, table = captions(lang)["rule_effects"], captions(lang)["table"]
    shown = _shown(released, entry, lang)
    header = [table["ministry"], table["indicator"], words["as_published"], *(_rule(rule, lang) for rule in shown)]
    rows = [
        [of or table["no"], name, row, *(effects.get(rule, table["no"]) for rule in shown)]
        for of, name, row, effects in _lines(released, entry, lang)
    ]
    return header, rows


def _lines(released: Released, entry: Mapping[str, Any], lang: str) -> list[tuple[str, str, Estimate, Effects]]:
    """Ministry or service, indicator, the number, and its effects by rule in the order of the captions."""
    found: dict[tuple[str, str, str | None], Effects] = {}
    for row in released.derived(RULE_EFFECTS, breakdown=None):
        family, indicator, rule = parse_effect(row.indicator)
        found.setdefault((family, indicator, row.of), {})[rule] = row
    order = list(captions(lang)["rule_effects"]["rules"])
    made = []
    for panel in panels(released, entry, lang):
        for name, lines in rows_of(panel):
            row = lines[0].estimate
            own = found.get((row.family, row.indicator, row.of), {})
            effects = dict(sorted(own.items(), key=lambda pair: (order.index(_step(pair[0], lang)), pair[0])))
            made.append((panel.label, name, row, effects))
    return made


def _shown(released: Released, entry: Mapping[str, Any], lang: str) -> list[str]:
    """The rules of which any effect is published."""
    lines = _lines(released, entry, lang)
    rules = dict.fromkeys(rule for *_, effects in lines for rule in effects)
    return [rule for rule in rules if any(rule in effects and effects[rule].published for *_, effects in lines)]


def _step(rule: str, lang: str) -> str:
    """The step of a rule: itself, or what stands before its number where a step is taken again."""
    return rule if rule in captions(lang)["rule_effects"]["rules"] else rule.rsplit("_", 1)[0]


def _rule(rule: str, lang: str) -> str:
    step = _step(rule, lang)
    words = str(captions(lang)["rule_effects"]["rules"][step])
    if rule == step:
        return words
    return f"{words} ({issue('wave.cleaning', numerals(rule.removeprefix(step + '_'), lang))})"


def _notes(released: Released, entry: Mapping[str, Any], rows: list[Estimate], lang: str) -> list[str]:
    """The weighting, and the rules of which nothing is published."""
    words = captions(lang)
    shown = _shown(released, entry, lang)
    rest = dict.fromkeys(rule for *_, effects in _lines(released, entry, lang) for rule in effects if rule not in shown)
    weighting = words["footer"]["weighting"].get(released.weighting, released.weighting)
    none = words["rule_effects"]["none"].format(rules=", ".join(_rule(rule, lang) for rule in rest)) if rest else ""
    return [weighting, none]


NOTES[RULE_EFFECTS] = _notes
