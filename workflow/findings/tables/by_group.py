"""One indicator by the groups of several breakdowns: a row per group, a column per service or ministry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.release import Estimate, Released
from findings.text.captions import captions
from findings.text.exhibits import value
from findings.text.facts import Panel, panels

COLUMNS = [
    "key", "breakdown", "group", "ministry", "service", "family", "indicator", "weighting", "estimate", "ci_low",
    "ci_high", "n", "reliability", "status",
]  # fmt: skip


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per group and service or ministry in codes; each breakdown at the level the gate let through."""
    lang = released.config["languages"][0]
    rows = [line.estimate for _, shown in _parts(released, entry, lang) for panel in shown for line in panel.lines]
    made = [
        [r.key, r.breakdown, r.group, r.ministry, r.service, r.family, r.indicator, r.weighting, r.value, r.low, r.high,
         r.n, r.reliability, r.status]
        for r in rows
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS).astype({"n": "Int64"})


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows: breakdown, group, and the estimate with its interval in a column per service or ministry."""
    words = captions(lang)["table"]
    columns: list[str] = []
    rows: list[list[Any]] = []
    for breakdown, shown in _parts(released, entry, lang):
        columns = columns or [panel.label for panel in shown]
        for number, line in enumerate(shown[0].lines if shown else []):
            found: list[Estimate | None] = [
                panel.lines[number].estimate if number < len(panel.lines) else None for panel in shown
            ]
            texts = [value(row, lang) if row else words["no"] for row in found]
            rows.append([released.breakdown_label(breakdown, lang), line.label, *texts])
    return [words["breakdown"], words["group"], *columns], rows


def _parts(released: Released, entry: Mapping[str, Any], lang: str) -> list[tuple[str, list[Panel]]]:
    wanted = entry.get("breakdowns", released.config["breakdowns"])
    return [(name, panels(released, {**entry, "kind": "groups", "breakdown": name}, lang)) for name in wanted]
