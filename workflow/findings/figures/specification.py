"""The specification curve: points from the lowest to the highest estimate, and below each the choices it was made by.

Source: Simonsohn, Simmons and Nelson (2020). One panel per ministry or service, all on one scale. Everything stands in
one pair of axes whose unit is the inch, so that a point and its choices are one column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from findings.figures.page import ACCENT, AXIS, EDGE, INK, MUTED, STAMP, WIDTH, leading, sheet, styled, width, wrapped
from findings.grids import Point
from findings.release import Estimate, Released
from findings.text.captions import captions
from findings.text.exhibits import value
from findings.text.issued import issue
from findings.text.numbers import limit, numerals, signed
from findings.text.specifications import Curve, choices, curves

# Inches: height of the curves, of a row of the matrix, between panels, and of one point across.
CURVE, ROW, APART, STEP = 1.75, 0.13, 0.16, 0.02
UNCLEAR = "#a6a6a6"
Columns = list[tuple[Point, Estimate]]


@dataclass(frozen=True)
class _Page:
    """What all panels share: `rows` of the matrix (dimension's label, choices), y of a value, heights in inches."""

    axes: Axes
    rows: list[tuple[str, str, dict[str, str]]]
    low: float
    high: float
    top: float
    line: float
    lang: str

    def y(self, number: float) -> float:
        """Where a value stands, in inches from the top."""
        return self.top + CURVE * (self.high - number) / (self.high - self.low)


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """The curves of a headline. Of many points as many are drawn as can be told apart, evenly in their order."""
    found = curves(released, entry, lang)
    words = captions(lang)["specification"]
    with styled(lang):
        rows = [(d, words["dimensions"][d], of) for d, of in choices(found, released, entry, lang).items()]
        names = [width(label, 7) for _, _, of in rows for label in of.values()]
        left = EDGE + max([*names, *(width(head, 7.5, "bold") for _, head, _ in rows)], default=1.0) + 0.14
        room = (WIDTH - left - EDGE - APART * (len(found) - 1)) / max(len(found), 1)
        drawn = [thinned(curve, int(room / STEP)) for curve in found]
        heads = [wrapped(curve.label, 8, room, "bold") if curve.label else [] for curve in found]
        said = [_said(curve, lang) for curve in found]
        line = ROW * leading(lang)
        above = (max(map(len, heads), default=0) + max(map(len, said), default=0) + 0.6) * line * 1.1
        height = above + CURVE + sum(len(of) + 1.3 for _, _, of in rows) * line
        shown = [row for columns in drawn for _, row in columns]
        hidden = [curve.main for curve in found if not curve.main.published]
        figure, axes = sheet(released, name, entry, [*shown, *hidden], lang, height, left, EDGE, axis=False)
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH - left - EDGE)
        axes.set_ylim(height, 0)
        page = _Page(axes, rows, *_scale(found, shown), above, line, lang)
        for number, (curve, columns) in enumerate(zip(found, drawn, strict=True)):
            start = number * (room + APART)
            for n, words_ in enumerate(heads[number]):
                axes.text(start, (n + 0.5) * line * 1.1, words_, size=8, weight="bold", va="center")
            for n, words_ in enumerate(said[number]):
                axes.text(start, (len(heads[number]) + n + 0.5) * line * 1.1, words_, size=7, color=MUTED, va="center")
            if columns:
                _panel(page, curve, columns, start, room)
        if shown:
            _names(page, left, words["points" if all(curve.null == 0 for curve in found) else "share"])
    return figure


def keys(released: Released, entry: Mapping[str, Any], lang: str) -> set[str]:
    """Keys of the published points that the curves run through, drawn or not."""
    return {row.key for curve in curves(released, entry, lang) for _, row in curve.points}


def thinned(curve: Curve, most: int) -> Columns:
    """At most `most` of a curve's points: the ends, the number as reported, and the others evenly in their order."""
    total = len(curve.points)
    if total <= most:
        return curve.points
    places = np.unique(np.linspace(0, total - 1, most).round().astype(int))
    main = next((n for n, (_, row) in enumerate(curve.points) if row.key == curve.main.key), None)
    if main is not None:
        inner = places[1:-1]
        inner[np.abs(inner - main).argmin()] = main
        places = np.unique([places[0], *inner, places[-1], main])
    return [curve.points[n] for n in places]


def _said(curve: Curve, lang: str) -> list[str]:
    """Below a panel's heading: the number as reported, and the shares that keep its sign and are beyond chance."""
    words = captions(lang)["specification"]
    every = curve.shares.get(("", ""), {})
    lines = [value(curve.main, lang)]
    said = {"same_sign": words["same_side" if curve.null else "same_sign"], "significant": words["significant"]}
    return lines + [said[name].format(value=value(every[name], lang)) for name in said if name in every]


def _scale(found: Iterable[Curve], shown: list[Estimate]) -> tuple[float, float]:
    ends = [v for row in shown for v in (row.value, row.low, row.high) if v is not None]
    ends += [curve.null for curve in found]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    room = 0.03 * (high - low or 1.0)
    return low - room, high + room


def _panel(page: _Page, curve: Curve, columns: Columns, start: float, room: float) -> None:
    """One curve and its matrix, `room` wide from `start`."""
    axes = page.axes
    step = room / len(columns)
    x = [start + (n + 0.5) * step for n in range(len(columns))]
    for tick in _ticks(page):
        axes.plot([start, start + room], [page.y(tick)] * 2, color="#e6e6e6", lw=0.6, zorder=1)
    axes.plot([start, start + room], [page.y(curve.null)] * 2, color=INK, lw=0.8, zorder=1.5)
    colours = [
        STAMP if row.key == curve.main.key else ACCENT if curve.clear(row) or row.low is None else UNCLEAR
        for _, row in columns
    ]
    thick = min(72 * step * 0.6, 1.4)
    bars = [
        ([(at, page.y(row.low)), (at, page.y(row.high))], colour)
        for at, (_, row), colour in zip(x, columns, colours, strict=True)
        if row.low is not None and row.high is not None
    ]
    axes.add_collection(
        LineCollection([bar for bar, _ in bars], colors=[c for _, c in bars], linewidths=thick, alpha=0.45, zorder=2)
    )
    for at, (_, row), colour in zip(x, columns, colours, strict=True):
        axes.plot([at], [page.y(float(row.value or 0.0))], "o", ms=min(72 * step, 2.6), color=colour, mew=0, zorder=3)
    down = _matrix(page, columns, list(zip(x, colours, strict=True)), thick, start, room)
    main = next((at for at, (_, row) in zip(x, columns, strict=True) if row.key == curve.main.key), None)
    if main is not None:
        axes.plot([main, main], [page.top, down], color=STAMP, lw=0.7, alpha=0.6, zorder=1.8)
        axes.plot([main], [page.y(float(curve.main.value or 0.0))], "D", ms=4, color=STAMP, mew=0, zorder=5)


def _matrix(
    page: _Page, columns: Columns, drawn: list[tuple[float, str]], thick: float, start: float, room: float
) -> float:
    """The choices below the curve: a mark where a column has a choice; gives where it ends."""
    down = page.top + CURVE
    marks = []
    for dimension, _, of in page.rows:
        down += 1.3 * page.line
        for number, choice in enumerate(of):
            if number % 2 == 0:
                ends = [start, start + room]
                page.axes.fill_between(ends, down, down + page.line, color="#f5f5f5", lw=0, zorder=0)
            at_choice = [each for each, (point, _) in zip(drawn, columns, strict=True)
                         if getattr(point, dimension) == choice]  # fmt: skip
            marks += [
                ([(at, down + 0.12 * page.line), (at, down + 0.88 * page.line)], colour) for at, colour in at_choice
            ]
            down += page.line
    page.axes.add_collection(
        LineCollection([mark for mark, _ in marks], colors=[c for _, c in marks], linewidths=thick, zorder=2)
    )
    return down


def _ticks(page: _Page) -> list[float]:
    found = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(page.low, page.high)
    return [float(tick) for tick in found if page.low <= tick <= page.high]


def _names(page: _Page, left: float, unit: str) -> None:
    """The numbers of the scale and the labels of the matrix, left of the panels."""
    axes, edge = page.axes, EDGE - left
    for tick in _ticks(page):
        words = signed(round(tick, 6)) if page.low < 0 < page.high else limit(round(tick, 6))
        words = issue(AXIS, numerals(words, page.lang))
        axes.text(-0.06, page.y(tick), words, size=7, color=MUTED, va="center", ha="right")
    axes.text(-0.06, page.top - page.line, unit, size=7, color=MUTED, va="center", ha="right")
    down = page.top + CURVE
    for _, head, of in page.rows:
        axes.text(edge, down + 0.8 * page.line, head, size=7.5, weight="bold", va="center")
        down += 1.3 * page.line
        for label in of.values():
            axes.text(edge, down + 0.5 * page.line, label, size=7, va="center")
            down += page.line
