"""Reliability of scales: alpha and omega of each, and the item-rest correlation of every item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.release import Released
from findings.tables.labelled import number
from findings.text.captions import captions
from findings.text.facts import panels

COLUMNS = ["key", "scale", "indicator", "statistic", "estimate", "n", "status"]


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """The rows in codes, by scale in the order of the config; null where withheld."""
    shown = panels(released, entry, released.config["languages"][0])
    made = [
        [row.key, panel.lines[0].estimate.indicator, row.indicator, row.statistic, row.value, row.n, row.status]
        for panel in shown
        for row in (line.estimate for line in panel.lines)
    ]
    return pd.DataFrame(made, columns=COLUMNS).astype({"n": "Int64"})


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows."""
    words, table = captions(lang)["scale"], captions(lang)["table"]
    rows: list[list[Any]] = []
    for panel in panels(released, entry, lang):
        for line in panel.lines:
            row = line.estimate
            rows.append([panel.label, line.label, row, number(row, row.n if row.published else None, table["no"])])
    return [words["scale"], words["measure"], words["value"], table["n"]], rows
