"""Estimates with their intervals on a wider bar: what they would be if all who gave no answer were no, or all yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from findings.figures.page import ACCENT, EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width, wrapped
from findings.figures.rows import put, set_scale
from findings.release import Estimate, Released
from findings.text.captions import captions
from findings.text.exhibits import value
from findings.text.facts import panels, rows_of

ROW, HEAD, LINE = 0.2, 0.14, 0.125
# The room of a column's head, and of a row's label, before they are broken.
COLUMN, LABEL = 1.25, 1.75
BAR = "#bcd9ec"


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """A row per estimate; a withheld bound is no bar."""
    shown = panels(released, entry, lang)
    rows = [line.estimate for panel in shown for line in panel.lines]
    words = captions(lang)["comparisons"]
    with styled(lang):
        labels = {line.label: wrapped(line.label, 8, LABEL) for panel in shown for line in panel.lines}
        left = EDGE + max((width(each, 8) for lines in labels.values() for each in lines), default=1.0) + 0.14
        heads = [wrapped(words[head], 7, COLUMN) for head in ("estimate", "bounds")]
        wide = [
            max([width(value(row, lang), 7.5) for row in rows if (row.statistic == "bounds") == own]
                + [width(each, 7) for each in head], default=0.5) + 0.16
            for head, own in zip(heads, (False, True), strict=True)
        ]  # fmt: skip
        lead = leading(lang)
        head = HEAD * lead * max(len(each) for each in heads) + 0.04
        row = ROW * (1 + (lead - 1) / 2)
        sizes = {label: row + (len(lines) - 1) * LINE * lead for label, lines in labels.items()}
        height = head + sum((1.4 if panel.label else 0.3) * row for panel in shown)
        height += sum(sizes[label] for panel in shown for label, _ in rows_of(panel))
        figure, axes = sheet(released, name, entry, rows, lang, height, left, sum(wide) + EDGE)
        span = WIDTH - left - sum(wide) - EDGE
        set_scale(axes, rows, lang, span)
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.vlines(axes.get_xticks(), head, height, color="#e6e6e6", lw=0.6, zorder=1)
        edge, columns = (EDGE - left) / span, [1 + 0.1 / span, 1 + (0.1 + wide[0]) / span]
        for x, lines in zip(columns, heads, strict=True):
            for number, each in enumerate(lines):
                put(axes, x, HEAD * lead * (number + 0.5), each, size=7, color=MUTED)
        down = head
        for panel in shown:
            if panel.label:
                put(axes, edge, down + 0.85 * row, panel.label, size=8.5, weight="bold")
            down += (1.4 if panel.label else 0.3) * row
            for label, lines_ in rows_of(panel):
                middle = down + sizes[label] / 2
                for number, each in enumerate(labels[label]):
                    at = middle + (number - (len(labels[label]) - 1) / 2) * LINE * lead
                    put(axes, edge, at, each, size=8)
                for x, line in zip(columns, lines_, strict=False):
                    shade = INK if line.estimate.published else MUTED
                    put(axes, x, middle, value(line.estimate, lang), size=7.5, color=shade)
                    _mark(axes, line.estimate, middle, row)
                down += sizes[label]
    return figure


def _mark(axes: Axes, row: Estimate, y: float, size: float) -> None:
    if not row.published:
        return
    if row.statistic != "bounds":
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [y, y], color=ACCENT, lw=1.6, solid_capstyle="butt", zorder=3)
        axes.plot([row.value or 0.0], [y], "o", ms=4.5, color=ACCENT, mew=0, zorder=4, clip_on=False)
    elif row.bound_low is not None and row.bound_high is not None:
        wide = row.bound_high - row.bound_low
        axes.barh(y, wide, left=row.bound_low, height=0.72 * size, color=BAR, lw=0, zorder=1.5)
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [y, y], color="#6f9dbd", lw=0.8, zorder=2)
            axes.plot([row.low, row.high], [y, y], "|", color="#6f9dbd", ms=4, mew=0.8, zorder=2, clip_on=False)
