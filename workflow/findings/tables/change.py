"""Indicators of two waves side by side, with their difference, its interval and its corrected p."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.release import Released
from findings.text.captions import captions
from findings.text.compared import detectable
from findings.text.facts import panels, rows_of, wave_label
from findings.text.numbers import full, interval, p_value, part

COLUMNS = [
    "key", "earlier_key", "later_key", "ministry", "service", "family", "indicator", "earlier", "later", "change",
    "ci_low", "ci_high", "p_adjusted", "detectable", "status",
]  # fmt: skip


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per indicator and service or ministry in codes; null where withheld."""
    made = []
    for panel in panels(released, entry, released.config["languages"][0]):
        for _, lines in rows_of(panel):
            before, now, change = (line.estimate for line in lines)
            made.append(
                [change.key, before.key, now.key, now.ministry, now.service, now.family, now.indicator, before.value,
                 now.value, change.value, change.low, change.high, change.p_adjusted,
                 change.detectable, change.status]
            )  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS)


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows; a difference of proportions is in percentage points."""
    words = captions(lang)["table"]
    earlier = wave_label(released.earlier, lang) if released.earlier else ""
    header = [words["ministry"], words["indicator"], earlier, wave_label(released, lang)]
    header += [words["change"], words["interval"], words["p_corrected"], words["detectable"]]
    rows: list[list[Any]] = []
    for panel in panels(released, entry, lang):
        for name, lines in rows_of(panel):
            before, now, change = (line.estimate for line in lines)
            p = words["no"]
            if change.p_adjusted is not None:
                p = part(change, "p_adjusted", p_value(change.p_adjusted), lang)
            limits = interval(change, lang) if change.published else words["no"]
            rows.append([panel.label or words["no"], name, full(before, lang), full(now, lang), change, limits, p])
            rows[-1].append(part(change, "detectable", detectable(change), lang))
    return header, rows
