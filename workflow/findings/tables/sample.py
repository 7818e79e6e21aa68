"""The respondents: how many there are in each group, and their share unweighted and weighted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.release import Estimate, Released
from findings.text.captions import captions

COLUMNS = [
    "breakdown", "group", "n", "unweighted", "weighted", "population", "n_status", "unweighted_status",
    "weighted_status", "population_status", "n_key", "unweighted_key", "weighted_key", "population_key",
]  # fmt: skip
_Row = tuple[Estimate | None, Estimate | None, Estimate | None, Estimate | None]


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per group in codes; `unweighted` and `weighted` are proportions of the respondents, `population` of the
    population; null where withheld.

    Each breakdown stands at the ladder level that the gate let through. A wave without weights has `weighted` null.
    """
    made = []
    for rows in _rows(released, entry):
        first = next(row for row in rows if row)
        made.append(
            [first.breakdown, first.group, *[row.value if row else None for row in rows],
             *[row.status if row else None for row in rows], *[row.key if row else None for row in rows]]
        )  # fmt: skip
    frame = pd.DataFrame(made, columns=COLUMNS)
    return frame.astype({"n": "Int64", "unweighted": "Float64", "weighted": "Float64", "population": "Float64"})


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows; the first row is everyone."""
    words = captions(lang)["table"]
    header = [words[name] for name in ("breakdown", "group", "n", "unweighted", "weighted", "population")]
    rows: list[list[Any]] = []
    for shown in _rows(released, entry):
        first = next(row for row in shown if row)
        level = released.levels.get(first.breakdown or "")
        name = released.label("breakdowns", level.breakdown, lang) if level else words["everyone"]
        group = released.group_label(first, lang) if level else ""
        rows.append([name, group, *[row or words["no"] for row in shown]])
    return header, rows


def _rows(released: Released, entry: Mapping[str, Any]) -> list[_Row]:
    """Count, unweighted and weighted share of everyone, then of each group; None where there is no such row."""
    everyone = released.select(family="sample", statistic="count", breakdown=None, weighting="none")
    made: list[_Row] = [(row, None, None, None) for row in everyone]
    weighted = released.weighting if released.weighting != "none" else None
    for breakdown in entry.get("breakdowns", released.config["breakdowns"]):
        counts = released.groups(breakdown, "none", family="sample", statistic="count")
        for count in counts:
            shares = [
                next(iter(released.select(family="sample", statistic="proportion", breakdown=count.breakdown,
                                          group=count.group, weighting=weighting)), None)
                if weighting else None
                for weighting in ("none", weighted)
            ]  # fmt: skip
            population = released.select("population", "share", breakdown=count.breakdown, group=count.group)
            made.append((count, shares[0], shares[1], next(iter(population), None)))
    return made
