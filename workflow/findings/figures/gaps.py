"""Differences on one scale with a line at none: filled where told from none, hollow where not, with what could be.

Beside each stands the difference with its interval, and either its corrected p or the least difference that could have
been detected: "not told apart" is not "the same".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from findings.figures.page import ACCENT, EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width, wrapped
from findings.figures.rows import put
from findings.release import Estimate, Released
from findings.text.captions import captions
from findings.text.compared import CERTAIN, difference, family_label, told
from findings.text.facts import Line, Panel, panels
from findings.text.numbers import SIGNED, numerals, signed

ROW, HEAD, LINE = 0.175, 0.14, 0.125
# The room of a column's head, and of a row's label, before they are broken.
COLUMN, LABEL = 1.3, 1.75
# Headings stand on the scale's lines.
ABOVE: dict[str, Any] = {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1.0}, "zorder": 4}
# Rows that a family's heading, and a panel's, take.
FAMILY, PANEL, NO_HEADING = 1.6, 1.15, 0.4


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Rows under their family and what is compared, in the order of the config."""
    shown = panels(released, entry, lang)
    rows = [line.estimate for panel in shown for line in panel.lines]
    words = captions(lang)["comparisons"]
    with styled(lang):
        labels = {line.label: wrapped(line.label, 8, LABEL) for panel in shown for line in panel.lines}
        left = EDGE + max((width(each, 8) for lines in labels.values() for each in lines), default=1.0) + 0.14
        texts = [[difference(row, lang) for row in rows], [told(row, lang) for row in rows]]
        heads = [wrapped(words[head], 7, COLUMN) for head in ("gap", "told")]
        wide = [
            max([width(each, 7.5) for each in column] + [width(each, 7) for each in head], default=0.5) + 0.14
            for column, head in zip(texts, heads, strict=True)
        ]
        lead = leading(lang)
        head = HEAD * lead * max(len(each) for each in heads) + 0.04
        row = ROW * (1 + (lead - 1) / 2)
        page = _Page(released, lang, head, row, LINE * lead, labels)
        height = page.height(shown)
        figure, axes = sheet(released, name, entry, rows, lang, height, left, sum(wide) + EDGE)
        span = WIDTH - left - sum(wide) - EDGE
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        set_scale(axes, rows, lang, span, head)
        columns = [1 + 0.1 / span, 1 + (0.1 + wide[0]) / span]
        for x, lines in zip(columns, heads, strict=True):
            for number, each in enumerate(lines):
                put(axes, x, HEAD * lead * (number + 0.5), each, size=7, color=MUTED)
        page.rows(axes, shown, (EDGE - left) / span, columns)
    return figure


@dataclass(frozen=True)
class _Page:
    """Where things stand, in inches: `head` the heads of the columns, `row` a row of one line, `line` a further one."""

    released: Released
    lang: str
    head: float
    row: float
    line: float
    labels: Mapping[str, list[str]]

    def height(self, shown: Sequence[Panel]) -> float:
        """Of all rows and headings."""
        families = len(dict.fromkeys(panel.within for panel in shown))
        headings = families * FAMILY + sum(_above(panel) for panel in shown) + 0.2
        return self.head + headings * self.row + sum(self._size(x.label) for panel in shown for x in panel.lines)

    def _size(self, label: str) -> float:
        return self.row + (len(self.labels[label]) - 1) * self.line

    def rows(self, axes: Axes, shown: Sequence[Panel], edge: float, columns: Sequence[float]) -> None:
        """Every heading and row, from the top."""
        within, down, row = "", self.head, self.row
        for panel in shown:
            if panel.within != within:
                within = panel.within
                family = family_label(self.released, str(panel.lines[0].estimate.comparison_family), self.lang)
                put(axes, edge, down + 0.9 * row, family, size=8.5, weight="bold", **ABOVE)
                axes.axhline(down + 1.45 * row, xmin=edge, color="#bfbfbf", lw=0.6, clip_on=False)
                down += FAMILY * row
            if panel.label:
                put(axes, edge, down + 0.6 * row, panel.label, size=8, weight="bold", **ABOVE)
            down += _above(panel) * row
            for line in panel.lines:
                size = self._size(line.label)
                self._line(axes, line, down + size / 2, edge, columns)
                down += size

    def _line(self, axes: Axes, line: Line, middle: float, edge: float, columns: Sequence[float]) -> None:
        parts = self.labels[line.label]
        for number, each in enumerate(parts):
            put(axes, edge, middle + (number - (len(parts) - 1) / 2) * self.line, each, size=8)
        estimate = line.estimate
        shade = INK if estimate.published else MUTED
        put(axes, columns[0], middle, difference(estimate, self.lang), size=7.5, color=shade)
        shade = INK if apart(estimate) else MUTED
        put(axes, columns[1], middle, told(estimate, self.lang), size=7.5, color=shade)
        _mark(axes, estimate, middle)


def _above(panel: Panel) -> float:
    """Rows that stand above those of a panel."""
    return PANEL if panel.label else NO_HEADING


def apart(row: Estimate) -> bool:
    """Whether a difference is told from none after its family's correction."""
    return row.published and row.p_adjusted is not None and row.p_adjusted < CERTAIN


def _mark(axes: Axes, row: Estimate, y: float) -> None:
    if not row.published or row.value is None:
        return
    colour = ACCENT if apart(row) else MUTED
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [y, y], color=colour, lw=1.5, solid_capstyle="butt", zorder=2)
    axes.plot([row.value], [y], "o", ms=4.6, color=colour, mew=1.1, mfc=colour if apart(row) else "white", zorder=3)


def set_scale(axes: Axes, rows: Sequence[Estimate], lang: str, span: float, head: float) -> None:
    """A scale in percentage points (of means, in their unit) with every interval and 0, its lines below the heads."""
    ends = [v for row in rows if row.published for v in (row.value, row.low, row.high) if v is not None]
    mean = any(row.statistic in SIGNED for row in rows)
    step = 0.5 if mean else 0.05
    low, high = floor(min([*ends, -step]) / step - 1e-9) * step, ceil(max([*ends, step]) / step + 1e-9) * step
    axes.set_xlim(low, high)
    steps = [0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20]
    apart_by = next((s for s in steps if (high - low) / s <= span / 0.5), high - low)
    axes.xaxis.set_major_locator(MultipleLocator(apart_by))
    plain = (lambda x: f"{x:+g}".replace("-", "−") if x else "0") if mean else (lambda x: signed(round(x, 6)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: numerals(plain(x), lang)))
    axes.grid(visible=False)
    bottom = axes.get_ylim()[0]
    axes.vlines([x for x in axes.get_xticks() if low <= x <= high], head, bottom, color="#e6e6e6", lw=0.6, zorder=1)
    axes.vlines(0, head, bottom, color=INK, lw=0.8, zorder=1.5)
    axes.tick_params(axis="x", length=2)
