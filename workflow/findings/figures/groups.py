"""One indicator by the groups of a breakdown: dots with intervals on one scale, a panel per service or ministry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from findings.figures.rows import Gap, Heading, Row, chart
from findings.release import Estimate, Released
from findings.text.facts import panels


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Groups in the order of the config. All figures of the same indicators share one scale, whatever they break by."""
    items: list[Row | Heading | Gap] = []
    for panel in panels(released, entry, lang):
        items += [Gap(0.5)] if items else []
        items += [Heading(panel.label), Gap(0.25)] if panel.label else []
        items += [Row(line.label, line.estimate) for line in panel.lines]
    return chart(released, name, entry, items, lang, _siblings(released, entry, lang))


def _siblings(released: Released, entry: Mapping[str, Any], lang: str) -> list[Estimate]:
    """Rows of the other figures that show the same indicators."""
    same = [
        other
        for other in released.config["exhibits"]["figures"].values()
        if other["kind"] == "groups"
        and other.get("weighting") == entry.get("weighting")
        and other["family"] == entry["family"]
        and other.get("indicators") == entry.get("indicators")
    ]
    return [line.estimate for other in same for panel in panels(released, other, lang) for line in panel.lines]
