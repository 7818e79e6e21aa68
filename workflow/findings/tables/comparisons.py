"""Tables of comparisons: differences with interval, corrected p and what could have been detected; tests of tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.release import Released
from findings.tables.labelled import number
from findings.text.captions import captions
from findings.text.compared import detectable, family_label, gaps, tests
from findings.text.numbers import interval, p_value, part

COLUMNS = [
    "key", "comparison_family", "family", "indicator", "ministry", "breakdown", "group", "difference", "ci_low",
    "ci_high", "p_adjusted", "detectable", "n", "status",
]  # fmt: skip
TEST_COLUMNS = [
    "key", "comparison_family", "family", "indicator", "ministry", "breakdown", "cramers_v", "f", "df1", "df",
    "p_adjusted", "n", "status",
]  # fmt: skip


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per difference in codes; null where withheld."""
    rows = [line.estimate for panel in gaps(released, entry, released.config["languages"][0]) for line in panel.lines]
    made = [
        [r.key, r.comparison_family, r.family, r.indicator, r.ministry, r.breakdown, r.group, r.value, r.low, r.high,
         r.p_adjusted, r.detectable, r.n, r.status]
        for r in rows
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS).astype({"n": "Int64"})


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows: what is compared, difference, interval, corrected p, detectable difference."""
    words, no = captions(lang)["table"], captions(lang)["table"]["no"]
    header = [words[name] for name in ("comparison", "group", "difference", "interval", "p_corrected", "detectable")]
    rows: list[list[Any]] = []
    for panel in gaps(released, entry, lang):
        for line in panel.lines:
            row = line.estimate
            within = family_label(released, str(row.comparison_family), lang)
            what = " · ".join(part for part in (within, panel.label) if part)
            limits = interval(row, lang) if row.published else no
            p = part(row, "p_adjusted", p_value(row.p_adjusted), lang) if row.p_adjusted is not None else no
            rows.append([what, line.label, row, limits, p, part(row, "detectable", detectable(row), lang)])
    return header, rows


def build_tests(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per test in codes; null where withheld."""
    rows = [line.estimate for panel in tests(released, entry, released.config["languages"][0]) for line in panel.lines]
    made = [
        [r.key, r.comparison_family, r.family, r.indicator, r.ministry, r.breakdown, r.value, r.test_value, r.df1, r.df,
         r.p_adjusted, r.n, r.status]
        for r in rows
    ]  # fmt: skip
    return pd.DataFrame(made, columns=TEST_COLUMNS).astype({"n": "Int64"})


def label_tests(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows: indicator, breakdown, Cramér's V, F with its degrees of freedom, corrected p."""
    words, no = captions(lang)["table"], captions(lang)["table"]["no"]
    header = [words[name] for name in ("indicator", "breakdown", "n", "cramers_v", "f", "df", "p_corrected")]
    rows: list[list[Any]] = []
    for panel in tests(released, entry, lang):
        for line in panel.lines:
            row = line.estimate
            f = no if row.test_value is None else part(row, "test_value", f"{row.test_value:.2f}", lang)
            df = no if row.df1 is None else part(row, "df1", f"{row.df1:.1f}; {row.df}", lang)
            p = no if row.p_adjusted is None else part(row, "p_adjusted", p_value(row.p_adjusted), lang)
            rows.append([panel.label, line.label, number(row, row.n, no), row, f, df, p])
    return header, rows
