"""A heat map: one row per indicator, one column per ministry, every cell with its number and interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from findings.figures.page import EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width, wrapped
from findings.figures.rows import LABELS
from findings.release import Estimate, Released
from findings.text.exhibits import value
from findings.text.facts import panels, rows_of

ROW, HEAD = 0.26, 0.15
# One blue from pale to dark: its order is seen in grey as well.
PALE, DARK = (0.93, 0.96, 0.99), (0.03, 0.28, 0.49)


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Rows from the highest published number to the lowest; a withheld cell is hatched."""
    shown = panels(released, entry, lang)
    lines = [line for panel in shown for line in panel.lines]
    rows = [row for panel in shown for row in rows_of(panel)]
    columns = list(dict.fromkeys(line.series for line in lines))
    highest = max((line.estimate.value or 0.0 for line in lines), default=1.0) or 1.0
    with styled(lang):
        left = min(max((width(label, 8) for label, _ in rows), default=1.0) + 0.12, LABELS)
        wide = (WIDTH - 2 * EDGE - left) / max(len(columns), 1)
        heads = [wrapped(column, 8, wide - 0.1, "bold") for column in columns]
        head = HEAD * leading(lang) * max((len(each) for each in heads), default=1) + 0.06
        row = ROW * (1 + (leading(lang) - 1) / 2)
        height = head + len(rows) * row
        figure, axes = sheet(released, name, entry, [x.estimate for x in lines], lang, height, EDGE, EDGE, axis=False)
        axes.set_xlim(0, WIDTH - 2 * EDGE)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        for place, words in enumerate(heads):
            for number, each in enumerate(words):
                axes.text(left + (place + 0.5) * wide, (number + 0.5) * (head - 0.06) / len(words), each, size=8,
                          weight="bold", ha="center", va="center")  # fmt: skip
        for number, (label, found) in enumerate(rows):
            y = head + number * row
            axes.text(0, y + row / 2, label, size=8, va="center")
            for line in found:
                _cell(axes, left + columns.index(line.series) * wide, y, wide, row, line.estimate, highest, lang)
    return figure


def shade(share: float) -> tuple[tuple[float, float, float], str]:
    """The colour of a share (0 to 1) of the highest number, and a colour of text that can be read on it."""
    colour = tuple(a + (b - a) * share for a, b in zip(PALE, DARK, strict=True))
    return colour, "white" if share > 0.5 else INK  # type: ignore[return-value]


def _cell(axes: Any, x: float, y: float, wide: float, high: float, row: Estimate, highest: float, lang: str) -> None:
    gap = 0.02
    if row.published and row.value is not None:
        colour, ink = shade(row.value / highest)
        axes.add_patch(Rectangle((x + gap, y + gap), wide - 2 * gap, high - 2 * gap, facecolor=colour, lw=0))
    else:
        ink = MUTED
        axes.add_patch(
            Rectangle((x + gap, y + gap), wide - 2 * gap, high - 2 * gap, facecolor="white", edgecolor="#bfbfbf",
                      hatch="////", lw=0.5)
        )  # fmt: skip
    axes.text(x + wide / 2, y + high / 2, value(row, lang), size=7.5, color=ink, ha="center", va="center",
              bbox=None if row.published else {"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # fmt: skip
