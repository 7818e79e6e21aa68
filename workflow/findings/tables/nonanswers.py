"""Non-answers by kind: of those asked, who declined, did not know, left blank, for everyone and by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.release import Estimate, Released
from findings.tables.labelled import number
from findings.text.captions import captions
from findings.text.compared import NONANSWERS, nonanswers
from findings.text.facts import rows_of

COLUMNS = [
    *(f"{kind}_key" for kind in NONANSWERS), "family", "indicator", "ministry", "breakdown", "group", "n", *NONANSWERS,
]  # fmt: skip


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per indicator and group in codes; null where withheld. `n` is the number asked."""
    made = []
    for _, _, rows in _lines(released, entry, released.config["languages"][0]):
        first = next(iter(rows.values()))
        found = [rows.get(kind) for kind in NONANSWERS]
        made.append(
            [*(row.key if row else None for row in found), first.family, first.indicator, first.ministry,
             first.breakdown, first.group, _n(rows), *(row.value if row else None for row in found)]
        )  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS).astype({"n": "Int64"})


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows: indicator, group, number asked, and a share of it per kind."""
    words = captions(lang)["table"]
    header = [words[name] for name in ("indicator", "group", "asked", *NONANSWERS)]
    rows: list[list[Any]] = []
    for item, group, found in _lines(released, entry, lang):
        shares = [found.get(kind) or words["no"] for kind in NONANSWERS]
        asked = next((number(row, row.n, words["no"]) for row in found.values() if row.published), words["no"])
        rows.append([item, group, asked, *shares])
    return header, rows


def _lines(released: Released, entry: Mapping[str, Any], lang: str) -> list[tuple[str, str, dict[str, Estimate]]]:
    return [
        (panel.label, name, {line.series: line.estimate for line in lines})
        for panel in nonanswers(released, entry, lang)
        for name, lines in rows_of(panel)
    ]


def _n(rows: Mapping[str, Estimate]) -> int | None:
    """The number asked: that of any kind which is published."""
    return next((row.n for row in rows.values() if row.published), None)
