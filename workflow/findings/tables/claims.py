"""The table of claims: each sentence with its verdict, the numbers it is about, adjusted p, and since which wave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.claims.verdicts import ORDER, Verdict, verdicts
from findings.release import Released, text
from findings.text.captions import captions
from findings.text.facts import NOTES, Line, wave_label
from findings.text.issued import issue
from findings.text.numbers import numerals, p_value

COLUMNS = ["claim", "verdict", "reason", "since", "expected", "key", "estimate", "ci_low", "ci_high", "rank_low",
           "rank_high", "p_adjusted", "verdict_key", "status"]  # fmt: skip


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per claim and number that it is about, in codes; a claim without numbers has one row."""
    made = [
        [one.id, one.verdict, one.reason or None, one.since, one.expected or None,
         *([n.key, n.value, n.low, n.high, n.rank_low, n.rank_high] if n else [None] * 6),
         one.p_adjusted, one.key, n.status if n else None]
        for one in _ordered(released)
        for n in [*one.numbers, *([] if one.numbers else [None])]
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS)


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows, those that are supported first."""
    words, no = captions(lang)["claims"], captions(lang)["table"]["no"]
    header = [words[name] for name in ("claim", "verdict", "number", "p", "since")]
    rows = []
    for one in _ordered(released):
        sentence = text(released.config["claims"]["claims"][one.id]["sentence"], lang)
        p = no if one.p_adjusted is None else issue(f"{one.key}#p_adjusted", numerals(p_value(one.p_adjusted), lang))
        rows.append([sentence, _told(one, lang), _numbers(released, one, lang) or no, p, _since(released, one, lang)])
    return header, rows


def _ordered(released: Released) -> list[Verdict]:
    return sorted(verdicts(released), key=lambda one: ORDER.index(one.verdict))


def _told(one: Verdict, lang: str) -> str:
    """`Cannot be told: too imprecise`; of a sentence that no longer stands, what was expected too."""
    words = captions(lang)["claims"]
    found = str(words["verdicts"][one.verdict])
    if one.reason:
        found = words["because"].format(verdict=found, reason=words["reasons"][one.reason])
    return words["stale"].format(expected=words["no_longer"][one.expected], found=found) if one.stale else found


def _numbers(released: Released, one: Verdict, lang: str) -> tuple[Line, ...]:
    """The numbers behind a claim, each after its service or ministry where there are several."""
    rank = str(captions(lang)["claims"]["rank"])
    made = []
    for row in one.numbers:
        own = released.indicator(row)
        what = text(own.label, lang) if own and len({other.indicator for other in one.numbers}) > 1 else ""
        of = released.of_label(row, lang) if len(one.numbers) > 1 else ""
        words = " – ".join(part for part in (what, of) if part)
        made.append(Line(" ".join(part for part in (words, rank if row.statistic == "rank" else "") if part), row))
    return tuple(made)


def _since(released: Released, one: Verdict, lang: str) -> str:
    return wave_label(next(each for each in released.waves if each.wave == one.since), lang)


def _notes(released: Released, entry: Mapping[str, Any], rows: list[Any], lang: str) -> list[str]:
    words = captions(lang)
    weighting = words["footer"]["weighting"].get(released.weighting, released.weighting)
    return [weighting, words["claims"]["synthetic"] if released.synthetic else ""]


NOTES["claims"] = _notes
