"""Specifications of a headline: in codes one row per point and summary; labelled, one row per choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.grids import DIMENSIONS
from findings.release import Released
from findings.text.captions import captions
from findings.text.numbers import numerals
from findings.text.specifications import choices, curves

COLUMNS = [
    "key", "ministry", "service", "statistic", *DIMENSIONS, "main", "estimate", "ci_low", "ci_high", "ci_method", "p",
    "n", "status",
]  # fmt: skip


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """Every point with its choices and whether it is the number as reported, and every summary; null where withheld."""
    made = []
    for curve in curves(released, entry, released.config["languages"][0]):
        for point, row in [*curve.points, *curve.hidden]:
            chosen = [getattr(point, name) for name in DIMENSIONS]
            made.append([row, *chosen, int(row.key == curve.main.key)])
        for (dimension, choice), shares in curve.shares.items():
            chosen = [choice if name == dimension else None for name in DIMENSIONS]
            made += [[row, *chosen, 0] for row in shares.values()]
    rows = [
        [row.key, row.ministry, row.service, row.statistic, *rest, row.value, row.low, row.high, row.ci_method, row.p,
         row.n, row.status]
        for row, *rest in made
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows: of all published points and of those that share a choice, how many, their ends and shares."""
    words, table = captions(lang)["specification"], captions(lang)["table"]
    found = curves(released, entry, lang)
    header = [table["ministry"], words["choice"], words["count"], words["lowest"], words["highest"]]
    header += [words["columns"][name] for name in ("same_sign", "significant")]
    rows: list[list[Any]] = []
    for curve in found:
        of = curve.label or table["no"]
        rows.append([of, words["main"], numerals("1", lang), curve.main, curve.main, table["no"], table["no"]])
        places = [("", "", words["all"])]
        for dimension, labels in choices(found, released, entry, lang).items():
            head = words["dimensions"][dimension]
            places += [(dimension, code, f"{head}: {name}") for code, name in labels.items()]
        for dimension, code, name in places:
            points = [row for _, row in curve.having(dimension, code)]
            shares = curve.shares.get((dimension, code), {})
            ends = [points[0], points[-1]] if points else [table["no"]] * 2
            rows.append(
                [of, name, len(points), *ends, *(shares.get(s, table["no"]) for s in ("same_sign", "significant"))]
            )
    return header, rows
