"""One indicator by the groups of several breakdowns: dots with intervals on one scale, a panel per breakdown."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from findings.figures.rows import Gap, Heading, Row, chart
from findings.release import Released
from findings.text.facts import panels

# Distances of the scale's numbers, and how many of them there may be.
STEPS, MOST = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100), 5


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Breakdowns in the order of the entry, groups in that of the config."""
    items: list[Row | Heading | Gap] = []
    for panel in panels(released, entry, lang):
        items += [Gap(0.5)] if items else []
        items += [Heading(panel.label), Gap(0.25), *(Row(line.label, line.estimate) for line in panel.lines)]
    figure = chart(released, name, entry, items, lang)
    rows = [item.estimate for item in items if isinstance(item, Row) and item.estimate.published]
    ends = [end for row in rows for end in (row.low, row.high, row.value) if end is not None]
    if ends and all(row.statistic == "mean" for row in rows):
        # Dots need no zero: of a mean, the scale runs from one round number to another about the intervals.
        step = next(s for s in STEPS if (max(ends) - min(ends)) / s <= MOST)
        axes = figure.axes[0]
        axes.set_xlim(floor(min(ends) / step) * step, ceil(max(ends) / step) * step)
        axes.xaxis.set_major_locator(MultipleLocator(step))
    return figure
