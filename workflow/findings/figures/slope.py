"""Slopes: small panels on one scale, a line per group from wave to wave, its first and last number at its ends.

A line joins comparable waves only; a wave in which a number is withheld breaks it, and the symbol stands below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from findings.figures.page import EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width, wrapped
from findings.figures.series import Mark, draw_mark
from findings.release import Estimate, Released
from findings.text.exhibits import short
from findings.text.facts import Line, Panel, panels, rows_of

MARKS = (
    Mark("#0072B2", "o"), Mark("#C04A00", "s"), Mark("#3F3F3F", "D", filled=False), Mark("#007A5A", "^"),
    Mark("#9A4C84", "v"), Mark("#7A6A00", "P"),
)  # fmt: skip
COLUMNS, PLOT, LINE = 3, 1.35, 0.13
# Room for a number at the left of the first wave, and, with the group's name, at the right of the last.
NUMBER, NAMES = 0.44, 0.62


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """A panel per indicator, in rows of three; the same group has the same colour and shape in all."""
    shown = panels(released, entry, lang)
    estimates = [line.estimate for panel in shown for line in panel.lines]
    groups = list(dict.fromkeys(line.label for panel in shown for line in panel.lines))
    waves = list(dict.fromkeys(line.series for panel in shown for line in panel.lines))
    with styled(lang):
        line = LINE * leading(lang)
        wide = (WIDTH - 2 * EDGE) / COLUMNS
        heads = [wrapped(panel.label, 8, wide - 0.15, "bold") for panel in shown]
        right = NAMES + max((width(group, 7.5) for group in groups), default=0.0)
        step = (wide - NUMBER - right) / max(len(waves) - 1, 1)
        feet = [wrapped(wave, 7, max(step, 0.5) - 0.06) for wave in waves]
        above = max(map(len, heads), default=1) * line + 0.08
        below = (max(map(len, feet), default=1) + _most_withheld(shown)) * line + 0.2
        rows = max(ceil(len(shown) / COLUMNS), 1)
        height = rows * (above + PLOT + below)
        figure, axes = sheet(released, name, entry, estimates, lang, height, EDGE, EDGE, axis=False)
        # One unit is one inch, down and across.
        axes.set_xlim(0, WIDTH - 2 * EDGE)
        axes.set_ylim(height, 0)
        axes.axis("off")
        low, high = _scale(estimates)
        for number, panel in enumerate(shown):
            x, y = number % COLUMNS * wide, number // COLUMNS * (above + PLOT + below)
            for place, words in enumerate(heads[number]):
                _put(axes, x, y + (place + 0.5) * line, words, size=8, weight="bold")
            at = {wave: x + NUMBER + step * place for place, wave in enumerate(waves)}
            _panel(axes, panel, groups, at, (y + above, low, high), line, lang)
            for wave, lines in zip(waves, feet, strict=True):
                for place, words in enumerate(lines):
                    down = y + above + PLOT + below - 0.12 - (len(lines) - place - 0.5) * line
                    _put(axes, at[wave], down, words, size=7, ha="center", color=MUTED)
    return figure


def _most_withheld(shown: Sequence[Panel]) -> int:
    """Lines that the panels need below for what is withheld."""
    counts = [sum(any(not x.estimate.published for x in lines) for _, lines in rows_of(panel)) for panel in shown]
    return max(counts, default=0)


def _scale(estimates: Sequence[Estimate]) -> tuple[float, float]:
    ends = [v for row in estimates if row.published for v in (row.value, row.low, row.high) if v is not None]
    low, high = floor(min(ends, default=0) * 10) / 10, ceil(max(ends, default=1) * 10 - 1e-9) / 10
    return low, max(high, low + 0.1)


def _panel(
    axes: Axes, panel: Panel, groups: Sequence[str], at: Mapping[str, float], scale: tuple[float, float, float],
    line: float, lang: str,
) -> None:  # fmt: skip
    top, low, high = scale
    axes.vlines(list(at.values()), top, top + PLOT, color="#d9d9d9", lw=0.8, zorder=1)

    def down(value: float) -> float:
        return top + PLOT * (high - value) / (high - low)

    sides: dict[str, list[tuple[float, str, str]]] = {"left": [], "right": []}
    first, last = list(at)[0], list(at)[-1]
    hidden = top + PLOT + 0.08
    for label, lines in rows_of(panel):
        mark = MARKS[groups.index(label) % len(MARKS)]
        nudge = (groups.index(label) - (len(groups) - 1) / 2) * 0.035
        drawn = [x for x in lines if x.estimate.published]
        _line(axes, drawn, {wave: x + nudge for wave, x in at.items()}, mark, down)
        for each in drawn:
            value = down(each.estimate.value or 0.0)
            if each.series == first:
                sides["left"].append((value, short(each.estimate, lang), mark.colour))
            elif each.series == last:
                sides["right"].append((value, f"{short(each.estimate, lang)}  {label}", mark.colour))
        silent = [x for x in lines if not x.estimate.published]
        if silent:
            hidden += line
            for each in silent:
                _put(axes, at[each.series], hidden - line / 2, "◇", size=7.5, color=MUTED, ha="center")
            _put(axes, at[last] + 0.1, hidden - line / 2, label, size=7.5, color=MUTED)
    for side, words in sides.items():
        x = at[first] - 0.09 if side == "left" else at[last] + 0.1
        for y, text, colour in _apart(words, line, top + PLOT):
            _put(axes, x, y, text, size=7.5, color=colour, ha="right" if side == "left" else "left")


def _line(axes: Axes, lines: Sequence[Line], at: Mapping[str, float], mark: Mark, down: Any) -> None:
    order = list(at)
    for one, other in zip(lines, lines[1:], strict=False):
        if order.index(other.series) - order.index(one.series) == 1:
            ends = [down(one.estimate.value), down(other.estimate.value)]
            axes.plot([at[one.series], at[other.series]], ends, color=mark.colour, lw=1.5, zorder=2)
    for each in lines:
        row, x = each.estimate, at[each.series]
        if row.low is not None and row.high is not None:
            axes.plot([x, x], [down(row.low), down(row.high)], color=mark.colour, lw=0.9, alpha=0.6, zorder=1.8)
        draw_mark(axes, mark, x, down(row.value))


def _apart(words: Sequence[tuple[float, str, str]], line: float, bottom: float) -> list[tuple[float, str, str]]:
    """Texts moved apart so that none lies on another, as near to their own height as that allows."""
    made = sorted(words)
    places = [y for y, *_ in made]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + line)
    for i in range(len(places) - 1, -1, -1):
        limit = bottom if i == len(places) - 1 else places[i + 1] - line
        places[i] = min(places[i], limit)
    return [(y, text, colour) for y, (_, text, colour) in zip(places, made, strict=True)]


def _put(axes: Axes, x: float, y: float, words: str, **style: Any) -> None:
    axes.text(x, y, words, **{"va": "center", "color": INK, "clip_on": False, **style})
