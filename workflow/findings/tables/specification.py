"""Specifications of a headline: in codes a row per point and summary; labelled, a row per choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.grids import DIMENSIONS
from findings.release import Released
from findings.tables.labelled import Number
from findings.text.captions import captions
from findings.text.numbers import interval, shown
from findings.text.specifications import COUNT, Curve, choices, curves, span

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
    """Header and rows: the number as reported, then all specifications and those that share a choice, a row each.

    A column per ministry or service: lowest to highest estimate, share that keeps the sign, share beyond chance too.
    """
    words, table = captions(lang)["specification"], captions(lang)["table"]
    found = curves(released, entry, lang)
    header = [words["choice"], words["count"], *(curve.label or table["estimate"] for curve in found)]
    rows: list[list[Any]] = [
        [words["main"], Number(COUNT, len(found)), *(curve.main for curve in found)],
        [table["interval"], table["no"], *(interval(curve.main, lang) for curve in found)],
    ]
    places = [("", "", words["all"])]
    for dimension, labels in choices(found, released, entry, lang).items():
        places += [(dimension, code, f"{words['dimensions'][dimension]}: {name}") for code, name in labels.items()]
    for dimension, code, name in places:
        count = sum(len(curve.having(dimension, code)) for curve in found)
        rows.append([name, Number(COUNT, count), *(_cell(curve, dimension, code, lang) for curve in found)])
    return header, rows


def _cell(curve: Curve, dimension: str, code: str, lang: str) -> str:
    points = [row for _, row in curve.having(dimension, code)]
    if not points:
        return f"◇ {captions(lang)['withheld']}"
    ends = span(points[0], points[-1], lang)
    shares = curve.shares.get((dimension, code), {})
    return "; ".join([ends, *(shown(shares[name], lang) for name in ("same_sign", "significant") if name in shares)])
