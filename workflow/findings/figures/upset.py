"""UpSet: what was named together. Bars of combinations over a matrix of dots, and bars of the sets beside it.

A column is a combination: those who named exactly the sets with a dot, of the sets shown. Source: Lex et al. (2014).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from findings.figures.page import ACCENT, EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width, wrapped
from findings.figures.rows import top
from findings.release import Released
from findings.sets import sets_of
from findings.text.captions import captions
from findings.text.exhibits import short
from findings.text.facts import Line, panels, value_of
from findings.text.numbers import interval

BARS, ROW, HEAD, SETS = 1.4, 0.2, 0.17, 0.95
COLUMN = 0.42  # at most; more combinations stand closer
EMPTY, STRIPE = "#d9d9d9", "#f4f4f4"


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Combinations from the largest to the smallest of those shown, sets from the largest to the smallest."""
    shown = panels(released, entry, lang)
    combinations, sets = [panel.lines for panel in shown] if len(shown) == 2 else ([], [])
    words = captions(lang)["upset"]
    with styled(lang):
        row = ROW * (1 + (leading(lang) - 1) / 2)
        label = max((width(line.label, 8) for line in sets), default=1.0)
        share = max((width(short(line.estimate, lang), 7.5) for line in sets), default=0.3) + 0.08
        left = label + 0.12 + share + SETS + 0.15
        room = WIDTH - 2 * EDGE - left
        step = min(room / max(len(combinations), 1), COLUMN)
        head = HEAD * leading(lang)
        high = BARS + 2 * head + len(sets) * row
        estimates = [line.estimate for line in [*combinations, *sets]]
        figure, axes = sheet(released, name, entry, estimates, lang, high, EDGE, EDGE, axis=False)
        axes.set_xlim(0, WIDTH - 2 * EDGE)
        axes.set_ylim(high, 0)
        axes.set_axis_off()
        first = BARS + 2 * head
        _heads(axes, [words["of_combinations"], words["of_sets"]], left, first - head / 2 - 0.03)
        for place, line in enumerate(sets):
            y = first + (place + 0.5) * row
            if place % 2 == 0:
                axes.add_patch(Rectangle((0, y - row / 2), left + len(combinations) * step, row, color=STRIPE, lw=0))
            _set(axes, line, sets, y, row, label + 0.12, share, lang)
        for place, line in enumerate(combinations):
            x = left + (place + 0.5) * step
            _combination(axes, line, combinations, x, step, BARS + head * 0.6, lang)
            _dots(axes, line, sets, x, first, row)
    return figure


def _heads(axes: Axes, heads: Sequence[str], left: float, down: float) -> None:
    for number, words in enumerate(wrapped(heads[0], 7.5, left - 0.2)):
        axes.text(0, 0.08 + 0.16 * number, words, size=7.5, color=MUTED, va="center")
    axes.text(0, down, heads[1], size=7.5, color=MUTED, va="center")


def _set(
    axes: Axes, line: Line, sets: Sequence[Line], y: float, row: float, after: float, share: float, lang: str
) -> None:
    """Label, share and bar of a set."""
    axes.text(0.03, y, line.label, size=8, va="center")
    axes.text(after + share - 0.06, y, short(line.estimate, lang), size=7.5, va="center", ha="right")
    scale = SETS / top(other.estimate for other in sets)
    axes.barh(y, scale * value_of(line), left=after + share, height=0.6 * row, color="#8c8c8c", lw=0)
    if line.estimate.low is not None and line.estimate.high is not None:
        ends = [after + share + scale * end for end in (line.estimate.low, line.estimate.high)]
        axes.plot(ends, [y, y], color=INK, lw=0.9, solid_capstyle="butt")


def _combination(
    axes: Axes, line: Line, combinations: Sequence[Line], x: float, step: float, ground: float, lang: str
) -> None:
    """The bar of a combination with its interval, its number above and the interval's numbers above that."""
    row = line.estimate
    highest = max(other.estimate.high or value_of(other) for other in combinations)
    scale = (ground - 0.42) / (highest or 1.0)
    axes.add_patch(Rectangle((x - 0.3 * step, ground - scale * value_of(line)), 0.6 * step, scale * value_of(line),
                             color=ACCENT, lw=0))  # fmt: skip
    end = row.high if row.high is not None else value_of(line)
    if row.low is not None and row.high is not None:
        axes.plot([x, x], [ground - scale * row.low, ground - scale * row.high], color=INK, lw=1, zorder=3,
                  solid_capstyle="butt")  # fmt: skip
        axes.text(x, ground - scale * end - 0.07, interval(row, lang), size=5.5, color=MUTED, ha="center", va="center")
        end += 0.11 / scale
    axes.text(x, ground - scale * end - 0.08, short(row, lang), size=7.5, ha="center", va="center")
    axes.plot([x - 0.5 * step, x + 0.5 * step], [ground, ground], color="#bfbfbf", lw=0.6)


def _dots(axes: Axes, line: Line, sets: Sequence[Line], x: float, first: float, row: float) -> None:
    inside = set(sets_of(line.estimate.indicator))
    held = [place for place, each in enumerate(sets) if each.estimate.indicator in inside]
    places = [first + (place + 0.5) * row for place in range(len(sets))]
    axes.plot([x] * len(sets), places, "o", ms=5, color=EMPTY, mew=0, ls="")
    if held:
        chosen = [places[place] for place in held]
        axes.plot([x, x], [chosen[0], chosen[-1]], color=INK, lw=1.5, zorder=2)
        axes.plot([x] * len(held), chosen, "o", ms=5.5, color=INK, mew=0, ls="", zorder=3)
