"""Changes between two waves taken apart: within groups, and of their composition; the CSV has each group's part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.keys import ALL
from findings.release import Released
from findings.text.captions import captions
from findings.text.numbers import interval
from findings.text.trends import taken_apart

COLUMNS = [
    "change_key", "rate_key", "composition_key", "family", "indicator", "ministry", "service", "breakdown", "group",
    "change", "rate_effect", "rate_low", "rate_high", "composition_effect", "composition_low", "composition_high",
]  # fmt: skip
HEADS = ("rate_effect", "interval", "composition_effect", "interval")


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per indicator and level (`group` all), and per group of it; null where withheld."""
    made = [
        [x.change.key, x.rate.key, x.composition.key, x.change.family, x.change.indicator, x.change.ministry,
         x.change.service, x.level, x.group, x.change.value, x.rate.value, x.rate.low, x.rate.high,
         x.composition.value, x.composition.low, x.composition.high]
        for _, found in taken_apart(released, entry, released.config["languages"][0])
        for x in found
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS)


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of whole levels; of proportions in percentage points."""
    words = captions(lang)["table"]
    header = [words[name] for name in ("indicator", "breakdown", "change", *HEADS)]
    rows: list[list[Any]] = [
        [name, x.label, x.change, x.rate, interval(x.rate, lang), x.composition, interval(x.composition, lang)]
        for name, found in taken_apart(released, entry, lang)
        for x in found
        if x.group == ALL
    ]
    return header, rows
