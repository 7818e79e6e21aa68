"""Estimates in rows on one scale: a dot or a bar with its interval, its label before it and its number after it.

The numbers stand in a column of their own, so that no two can overlap; a withheld row has a hollow symbol there and
nothing on the scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from findings.figures.page import ACCENT, EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width
from findings.release import Estimate, Released
from findings.text.captions import captions
from findings.text.exhibits import value
from findings.text.numbers import numerals

ROW = 0.165
# Widest part of a figure that labels may take.
LABELS = 2.9


@dataclass(frozen=True)
class Row:
    """One estimate. `lead` stands before the label (bold), `note` after it (grey); `bar` draws a bar in `colour`."""

    label: str
    estimate: Estimate
    lead: str = ""
    note: str = ""
    colour: str = ACCENT
    bar: bool = False


@dataclass(frozen=True)
class Heading:
    """A line of its own above rows."""

    label: str


@dataclass(frozen=True)
class Gap:
    """Room between rows: `size` rows."""

    size: float = 0.5


def chart(
    released: Released, name: str, entry: Mapping[str, Any], items: list[Row | Heading | Gap], lang: str,
    scale: Iterable[Estimate] = (),
) -> Figure:  # fmt: skip
    """The figure of `items` from top to bottom. The scale takes in the rows shown and those of `scale`."""
    with styled(lang):
        rows = [item for item in items if isinstance(item, Row)]
        estimates = [row.estimate for row in rows]
        lead = max((width(row.lead, 8, "bold") for row in rows), default=0)
        label = max((width(row.label, 8) + (width("  " + row.note, 7) if row.note else 0) for row in rows), default=0)
        gap = 0.12 if lead else 0
        left = min(EDGE + lead + gap + label + 0.1, EDGE + LABELS + lead)
        right = max([width(value(estimate, lang), 7.5) for estimate in estimates] + [0.8]) + 0.2
        height = sum(item.size if isinstance(item, Gap) else 1.15 if isinstance(item, Heading) else 1 for item in items)
        figure, axes = sheet(released, name, entry, estimates, lang, max(height, 1) * ROW * leading(lang), left, right)
        span = WIDTH - left - right
        set_scale(axes, [*estimates, *scale], lang, span)
        axes.set_ylim(max(height, 1), 0)
        axes.set_yticks([])
        down = 0.0
        for item in items:
            if isinstance(item, Gap):
                down += item.size
                continue
            size = 1.15 if isinstance(item, Heading) else 1.0
            if isinstance(item, Heading):
                put(axes, (EDGE - left) / span, down + size / 2, item.label, size=8.5, weight="bold")
                axes.axhline(down + size, xmin=(EDGE - left) / span, color="#bfbfbf", lw=0.6, clip_on=False)
            else:
                _row(axes, item, down + size / 2, lang, (EDGE - left) / span, (EDGE + lead + gap - left) / span, span)
            down += size
    return figure


def top(estimates: Iterable[Estimate]) -> float:
    """The end of the scale: the first tenth (of means: whole number) at or above every value and limit."""
    values = [v for row in estimates if row.published for v in (row.value, row.high) if v is not None]
    highest = max(values, default=1.0)
    step = 0.1 if highest <= 1 else 1.0 if highest <= 10 else 10.0
    # The small part keeps 0.3 from becoming 0.4 by the noise of its division.
    return min(ceil(highest / step - 1e-9) * step, 1.0) if step == 0.1 else ceil(highest / step) * step


def set_scale(axes: Axes, estimates: list[Estimate], lang: str, span: float) -> None:
    """A scale from 0 to the end that `top` gives, with its grid and numbers; `span` is its width in inches."""
    end = max(top(estimates), 0.1)
    axes.set_xlim(0, end)
    # Labels of an axis need about 0.6 inches each.
    steps = [0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 25, 50, 100]
    axes.xaxis.set_major_locator(MultipleLocator(next((s for s in steps if end / s <= span / 0.6), end)))
    if any(row.statistic != "mean" for row in estimates):
        words = str(captions(lang)["percent"])
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: numerals(words.format(value=f"{100 * x:.0f}"), lang)))
    else:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: numerals(f"{x:g}", lang)))
    axes.grid(axis="x", color="#e6e6e6", lw=0.6)
    axes.tick_params(axis="x", length=2)


def _row(axes: Axes, row: Row, y: float, lang: str, lead: float, label: float, span: float) -> None:
    estimate = row.estimate
    if row.lead:
        put(axes, lead, y, row.lead, size=8, weight="bold")
    put(axes, label, y, row.label, size=8)
    if row.note:
        put(axes, label + width(row.label + "  ", 8) / span + 0.05 / span, y, row.note, size=7, color=MUTED)
    words = value(estimate, lang)
    if not estimate.published or estimate.value is None:
        put(axes, 1 + 0.1 / span, y, words, size=7.5, color=MUTED)
        return
    put(axes, 1 + 0.1 / span, y, words, size=7.5)
    if row.bar:
        axes.barh(y, estimate.value, height=0.72, color=row.colour, lw=0)
    else:
        axes.plot([estimate.value], [y], "o", ms=4.5, color=row.colour, mew=0, zorder=3, clip_on=False)
    if estimate.low is not None and estimate.high is not None:
        ends = [estimate.low, estimate.high]
        axes.plot(ends, [y, y], color=INK if row.bar else row.colour, lw=1.0 if row.bar else 1.6, zorder=2.5,
                  solid_capstyle="butt", clip_on=False)  # fmt: skip
        if row.bar:
            axes.plot(ends, [y, y], "|", color=INK, ms=3.5, mew=1.0, zorder=2.5, clip_on=False)


def put(axes: Axes, x: float, y: float, words: str, **style: Any) -> None:
    """Text at a fraction of the axes' width and a place down the axis."""
    axes.text(x, y, words, transform=axes.get_yaxis_transform(), **{"va": "center", "clip_on": False, **style})
