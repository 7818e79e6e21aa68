"""Indicators of a family for everyone: one row per service or ministry and indicator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.release import Estimate, Released
from findings.tables.labelled import number
from findings.text.captions import captions
from findings.text.exhibits import mark
from findings.text.facts import panels
from findings.text.numbers import interval

COLUMNS = [
    "key", "ministry", "service", "family", "indicator", "weighting", "estimate", "ci_low", "ci_high", "n",
    "reliability", "status",
]  # fmt: skip


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """The rows in codes, in the order of the study; numbers null where the status is suppressed."""
    made = [
        [r.key, r.ministry, r.service, r.family, r.indicator, r.weighting, r.value, r.low, r.high, r.n, r.reliability,
         r.status]
        for r in _rows(released, entry)
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS).astype({"n": "Int64"})


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows; columns that would be empty throughout (no service, no ministry) are left out."""
    words = captions(lang)["table"]
    shown = panels(released, {**entry, "kind": "indicators"}, lang)
    lines = [line for panel in shown for line in panel.lines]
    with_ministry = any(line.estimate.ministry for line in lines)
    with_service = any(line.estimate.service for line in lines)
    header = [words["ministry"]] * with_ministry + [words["service"]] * with_service
    header += [words["indicator"], words["estimate"], words["interval"], words["n"]]
    rows: list[list[Any]] = []
    for line in lines:
        row = line.estimate
        place = [released.label("ministries", row.ministry, lang)] * with_ministry
        place += [released.label("services", row.service, lang)] * with_service
        limits = interval(row, lang) if row.published else words["no"]
        n = number(row, row.n if row.published else None, words["no"])
        rows.append([*place, f"{line.label}{' ' if mark(row, lang) else ''}{mark(row, lang)}", row, limits, n])
    return header, rows


def _rows(released: Released, entry: Mapping[str, Any]) -> list[Estimate]:
    shown = panels(released, {**entry, "kind": "indicators"}, released.config["languages"][0])
    return [line.estimate for panel in shown for line in panel.lines]
