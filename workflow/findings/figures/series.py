"""Rows with several numbers each: marks of distinct shapes on one scale, and a column of numbers per series.

The head of a column shows its mark: no legend stands apart from what it explains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from findings.figures.page import EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width, wrapped
from findings.figures.rows import LABELS, put, set_scale
from findings.release import Estimate, Released
from findings.text.compared import difference, told
from findings.text.exhibits import short
from findings.text.facts import Line, panels, rows_of
from findings.text.numbers import DIFFERENCES

ROW, HEAD = 0.21, 0.14
# A column's room, at most; longer heads are broken.
COLUMN = 1.05
# Where three columns of numbers leave little to the scale: the room of a head and of a label, and how much of a row a
# further line of a label takes.
NARROW, LABEL, FURTHER = 0.72, 1.55, 0.75


@dataclass(frozen=True)
class Mark:
    """How a series is drawn: colour, shape, filled or hollow. Told apart without colour."""

    colour: str
    shape: str
    filled: bool = True


MARKS = (Mark("#0072B2", "o"), Mark("#C04A00", "s"), Mark("#3F3F3F", "D", filled=False))
# The wave before is hollow, this one filled; the change is a number only.
ENDS = (Mark("#6b6b6b", "o", filled=False), Mark("#0072B2", "o"), Mark(INK, "D"))
# The population is no estimate: a plain stroke.
TARGETS = (Mark(INK, "|"), Mark("#C04A00", "o", filled=False), Mark("#0072B2", "o"))


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """One row per label, one mark per series; a difference is a number only; weightings of volunteers are a bar."""
    shown = panels(released, entry, lang)
    series = list(dict.fromkeys(line.series for panel in shown for line in panel.lines))
    chosen = {"population": TARGETS, "dumbbell": ENDS}.get(entry["kind"], MARKS)
    marks = dict(zip(series, chosen, strict=False))
    estimates = [line.estimate for panel in shown for line in panel.lines]
    with styled(lang):
        dumbbell = entry["kind"] == "dumbbell"
        heads = {s: wrapped(s, 7.5, NARROW if dumbbell else COLUMN) for s in series}
        rows = [row for panel in shown for row in rows_of(panel)]
        columns = {s: _wide(heads[s], [x for _, lines in rows for x in lines if x.series == s], lang) for s in series}
        labels = {label: wrapped(label, 8, LABEL if dumbbell else LABELS) for label, _ in rows}
        left = EDGE + max((width(x, 8) for parts in labels.values() for x in parts), default=1.0) + 0.12
        right = sum(columns.values()) + EDGE
        lines = max((len(head) for head in heads.values()), default=1)
        heights = [
            sum(1 + FURTHER * (len(labels[label]) - 1) for label, _ in rows_of(panel)) + (1.3 if panel.label else 0.4)
            for panel in shown
        ]
        row, head = ROW * (1 + (leading(lang) - 1) / 2), HEAD * leading(lang) * lines + 0.08
        figure, axes = sheet(released, name, entry, estimates, lang, head + max(sum(heights), 1) * row, left, right)
        span = WIDTH - left - right
        set_scale(axes, [each for each in estimates if each.statistic not in DIFFERENCES], lang, span)
        # One unit down is one inch, so that head and rows share an axis.
        axes.set_ylim(head + max(sum(heights), 1) * row, 0)
        axes.set_yticks([])
        places = _columns(axes, heads, columns, marks, span, head, entry["kind"])
        down = head
        for panel in shown:
            if panel.label:
                put(axes, (EDGE - left) / span, down + 0.75 * row, panel.label, size=8.5, weight="bold")
            down += (1.3 if panel.label else 0.4) * row
            for label, found in rows_of(panel):
                more = FURTHER * row * (len(labels[label]) - 1)
                for number, words in enumerate(labels[label]):
                    put(axes, (EDGE - left) / span, down + row / 2 + number * FURTHER * row, words, size=8)
                down += more / 2
                _marks(axes, found, marks, down + row / 2, row, entry["kind"])
                for line in found:
                    words = _words(line.estimate, lang)
                    put(axes, places[line.series], down + row / 2, words, size=7.5,
                        color=INK if line.estimate.published else MUTED)  # fmt: skip
                down += row + more / 2
    return figure


def _words(row: Estimate, lang: str) -> str:
    if row.statistic not in DIFFERENCES or not row.published:
        return short(row, lang)
    return ", ".join(filter(None, (difference(row, lang), told(row, lang, short=True))))


def _wide(head: list[str], lines: Sequence[Line], lang: str) -> float:
    return max([width(words, 7.5) for words in head] + [width(_words(x.estimate, lang), 7.5) for x in lines]) + 0.16


def _columns(
    axes: Axes, heads: Mapping[str, list[str]], wide: Mapping[str, float], marks: Mapping[str, Mark], span: float,
    head: float, kind: str,
) -> dict[str, float]:  # fmt: skip
    """Heads of the columns with their marks; where each column begins, as a fraction of the axes' width."""
    places: dict[str, float] = {}
    x = 1 + 0.12 / span
    for series, lines in heads.items():
        places[series] = x
        step = (head - 0.06) / max(len(each) for each in heads.values())
        for number, words in enumerate(lines):
            put(axes, x, step * (number + 0.5), words, size=7.5, color=MUTED)
        mark = marks.get(series)
        if mark and not (kind in ("change", "dumbbell") and series == list(heads)[-1]):
            draw_mark(axes, mark, x + 0.04 / span, head + 0.02, transform=axes.get_yaxis_transform())
        x += wide[series] / span
    return places


def _marks(axes: Axes, lines: Sequence[Line], marks: Mapping[str, Mark], y: float, row: float, kind: str) -> None:
    drawn = [line for line in lines if line.estimate.published and line.estimate.statistic not in DIFFERENCES]
    values = [line.estimate.value or 0.0 for line in drawn]
    if kind == "sensitivity" and len(values) > 1:
        axes.plot([min(values), max(values)], [y, y], color="#8fbfe0", lw=5, solid_capstyle="butt", zorder=2)
    elif kind == "dumbbell" and len(values) > 1:
        axes.plot(values, [y, y], color="#b9cfe0", lw=3.5, zorder=1.5, solid_capstyle="butt")
    elif len(values) > 1:
        axes.plot([min(values), max(values)], [y, y], color="#c8c8c8", lw=1, zorder=1.5)
    several = sum(line.estimate.low is not None for line in drawn) > 1
    for place, line in enumerate(drawn):
        mark = marks[line.series]
        # Intervals of one row would cover each other: they stand beneath each other.
        at = y + (place - (len(drawn) - 1) / 2) * row * 0.26 if several else y
        if line.estimate.low is not None and line.estimate.high is not None:
            axes.plot([line.estimate.low, line.estimate.high], [at, at], color=mark.colour, lw=1.2, zorder=2.5,
                      solid_capstyle="butt", clip_on=False)  # fmt: skip
        draw_mark(axes, mark, line.estimate.value or 0.0, at)


def draw_mark(axes: Axes, mark: Mark, x: float, y: float, **style: Any) -> None:
    bar = mark.shape == "|"
    axes.plot([x], [y], mark.shape, ms=9 if bar else 4.3, color=mark.colour, mew=1.6 if bar else 1.1, zorder=3,
              mfc=mark.colour if mark.filled else "white", clip_on=False, **style)  # fmt: skip
