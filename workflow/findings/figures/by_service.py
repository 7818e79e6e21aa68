"""One indicator by service: dots with intervals, the services under their ministry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from findings.figures.rows import Gap, Heading, Row, chart
from findings.release import Released
from findings.text.facts import panels


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Services in the order of the config."""
    items: list[Row | Heading | Gap] = []
    for panel in panels(released, entry, lang):
        items += [Gap(0.5)] if items else []
        items += [Heading(panel.label), Gap(0.25)] if panel.label else []
        items += [Row(line.label, line.estimate) for line in panel.lines]
    return chart(released, name, entry, items, lang)
