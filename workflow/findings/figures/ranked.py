"""Indicators of a family, ranked within each ministry: dots with intervals on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from findings.figures.rows import Gap, Heading, Row, chart
from findings.release import Estimate, Released
from findings.text.facts import panels


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """From the highest to the lowest; each barrier's dimension stands in grey beside it; withheld rows last."""
    items: list[Row | Heading | Gap] = []
    for panel in panels(released, entry, lang):
        items += [Gap(0.5)] if items else []
        items += [Heading(panel.label), Gap(0.25)] if panel.label else []
        items += [Row(x.label, x.estimate, note=_dimension(released, x.estimate, lang)) for x in panel.lines]
    return chart(released, name, entry, items, lang)


def _dimension(released: Released, row: Estimate, lang: str) -> str:
    barrier = released.config["barriers"].get(row.indicator)
    return released.label("dimensions", barrier["dimension"], lang) if barrier else ""
