"""Ranks with their sets: one row per item, a bar over the ranks that the data leave open, and the share beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from findings.figures.page import ACCENT, EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width
from findings.figures.rows import LABELS, put
from findings.release import Estimate, Released
from findings.text.captions import captions
from findings.text.exhibits import value
from findings.text.facts import panels, rows_of
from findings.text.numbers import numerals

ROW, HEAD = 0.175, 0.2
# Those that may be first are dark, so that the eye finds them without the heads.
FIRST, OTHERS = "#8fbfe0", "#dcdcdc"


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Rows from the first rank to the last; a set that holds rank 1 is blue; without a set there is the rank alone."""
    shown = panels(released, entry, lang)
    estimates = [line.estimate for panel in shown for line in panel.lines]
    words = captions(lang)["table"]
    with styled(lang):
        rows = [row for panel in shown for row in rows_of(panel)]
        left = min(EDGE + max((width(label, 8) for label, _ in rows), default=1.0) + 0.15, EDGE + LABELS)
        wide = [_wide(words[head], [lines[i].estimate for _, lines in rows], lang)
                for i, head in enumerate(("rank", "share"))]  # fmt: skip
        row, head = ROW * (1 + (leading(lang) - 1) / 2), HEAD * leading(lang)
        heights = [len(rows_of(panel)) + (1.5 if panel.label else 0.3) for panel in shown]
        high = head + max(sum(heights), 1) * row
        figure, axes = sheet(released, name, entry, estimates, lang, high, left, sum(wide) + EDGE)
        span = WIDTH - left - sum(wide) - EDGE
        _scale(axes, max((len(rows_of(panel)) for panel in shown), default=1), high, lang)
        places = [1 + 0.14 / span, 1 + (0.14 + wide[0]) / span]
        for place, code in zip(places, ("rank", "share"), strict=True):
            put(axes, place, head / 2, words[code], size=7.5, color=MUTED)
        down = head
        for panel in shown:
            if panel.label:
                put(axes, (EDGE - left) / span, down + 0.85 * row, panel.label, size=8.5, weight="bold")
            down += (1.5 if panel.label else 0.3) * row
            for label, (rank, share) in rows_of(panel):
                put(axes, (EDGE - left) / span, down + row / 2, label, size=8)
                _bar(axes, rank.estimate, down + row / 2, row)
                for place, line in zip(places, (rank, share), strict=True):
                    put(axes, place, down + row / 2, value(line.estimate, lang), size=7.5,
                        color=INK if line.estimate.published else MUTED)  # fmt: skip
                down += row
    return figure


def _wide(head: str, estimates: list[Estimate], lang: str) -> float:
    return max([width(head, 7.5), *(width(value(each, lang), 7.5) for each in estimates)]) + 0.16


def _scale(axes: Axes, count: int, high: float, lang: str) -> None:
    axes.set_xlim(0.4, count + 0.6)
    axes.set_ylim(high, 0)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MultipleLocator(1))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: numerals(f"{x:.0f}", lang) if 1 <= x <= count else ""))
    axes.grid(axis="x", color="#e6e6e6", lw=0.6)
    axes.tick_params(axis="x", length=0)


def _bar(axes: Axes, rank: Estimate, y: float, row: float) -> None:
    if not rank.published or rank.value is None:
        return
    low, high = rank.rank_low, rank.rank_high
    if low is not None and high is not None:
        colour = FIRST if low == 1 else OTHERS
        axes.barh(y, high - low + 0.7, left=low - 0.35, height=0.62 * row, color=colour, lw=0, zorder=2)
    first = low == 1 if low is not None else False
    axes.plot([rank.value], [y], "o", ms=4.2, color=ACCENT if first else INK, mew=0, zorder=3)
