"""Answers on a scale as bars that are divided at its middle: agreement to the right, disagreement to the left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from findings.figures.page import EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width
from findings.figures.rows import LABELS, put
from findings.release import Released
from findings.text.captions import captions
from findings.text.exhibits import short
from findings.text.facts import Line, panels, rows_of
from findings.text.numbers import shown as printed

ROW = 0.27
# Brown to green: told apart by the colour-blind; in grey the side says which end it is.
COLOURS = ("#9c5a0f", "#dcbf86", "#e3e3e3", "#8ccabf", "#01665e")
INKS = ("white", INK, INK, INK, "white")


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Items in the order of the config; a row with a withheld step is not drawn, for its place would tell it."""
    rows = [row for panel in panels(released, entry, lang) for row in rows_of(panel)]
    lines = [line for _, found in rows for line in found]
    steps = list(dict.fromkeys(line.series for line in lines))
    silent = {label: _silent(released, found[0], lang) for label, found in rows}
    whole = {label: found for label, found in rows if all(x.estimate.published for x in found)}
    with styled(lang):
        left = min(EDGE + max((width(label, 8) for label, _ in rows), default=1.0) + 0.12, EDGE + LABELS)
        right = max([width(words, 7.5) for words in silent.values()] + [0.3]) + 0.2
        row = ROW * (1 + (leading(lang) - 1) / 2)
        head = 0.3 * leading(lang)
        figure, axes = sheet(
            released, name, entry, [x.estimate for x in lines], lang, head + max(len(rows), 1) * row, left, right,
            axis=False,
        )  # fmt: skip
        span = WIDTH - left - right
        ends = [_ends(found) for found in whole.values()]
        low, high = min((a for a, _ in ends), default=-0.5), max((b for _, b in ends), default=0.5)
        axes.set_xlim(low, high)
        axes.set_ylim(head + max(len(rows), 1) * row, 0)
        axes.set_axis_off()
        _legend(axes, steps, left, span, head)
        axes.plot([0, 0], [head, head + len(rows) * row], color=MUTED, lw=0.7, zorder=4)
        for number, (label, found) in enumerate(rows):
            y = head + (number + 0.5) * row
            put(axes, (EDGE - left) / span, y, label, size=8)
            put(axes, 1 + 0.1 / span, y, silent[label], size=7.5, color=MUTED)
            if label in whole:
                _bar(axes, found, y, row, (high - low) / span, lang)
            else:
                put(axes, 0.35, y, f"◇ {captions(lang)['withheld']}", size=7.5, color=MUTED)
    return figure


def _ends(found: list[Line]) -> tuple[float, float]:
    """Where a bar begins and ends when the middle of its scale lies at 0."""
    values = [line.estimate.value or 0.0 for line in found]
    half, odd = divmod(len(values), 2)
    below = sum(values[:half]) + (values[half] / 2 if odd else 0.0)
    return -below, sum(values) - below


def _bar(axes: Axes, found: list[Line], y: float, row: float, unit: float, lang: str) -> None:
    """`unit` is what one inch of the axis stands for."""
    start = _ends(found)[0]
    middle = (len(found) - 1) / 2
    for number, line in enumerate(found):
        size = line.estimate.value or 0.0
        place = round(number * (len(COLOURS) - 1) / max(len(found) - 1, 1)) if middle else 2
        axes.barh(y, size, left=start, height=row * 0.72, color=COLOURS[place], lw=0)
        words = short(line.estimate, lang)
        if width(words, 7) + 0.04 < size / unit:
            axes.text(start + size / 2, y, words, size=7, color=INKS[place], ha="center", va="center")
        start += size


def _legend(axes: Axes, steps: list[str], left: float, span: float, head: float) -> None:
    """The steps in a line above the bars, each beside its colour."""
    needed = sum(width(step, 7) + 0.28 for step in steps)
    x = (EDGE - left) / span if needed > span else max(0.0, (1 - needed / span) / 2)
    for number, step in enumerate(steps):
        place = round(number * (len(COLOURS) - 1) / max(len(steps) - 1, 1))
        axes.plot([x + 0.05 / span], [head * 0.4], "s", ms=6, color=COLOURS[place], mew=0, clip_on=False,
                  transform=axes.get_yaxis_transform())  # fmt: skip
        put(axes, x + 0.13 / span, head * 0.4, step, size=7)
        x += (width(step, 7) + 0.28) / span


def _silent(released: Released, line: Line, lang: str) -> str:
    """How many of those asked gave no answer, where that may be said."""
    row = line.estimate
    of = {"ministry": row.ministry, "service": row.service, "statistic": "nonresponse"}
    found = [r for r in released.select("quality", f"{row.family}_{row.indicator}", **of) if r.published]
    return captions(lang)["table"]["no_answer"].format(value=printed(found[0], lang)) if found else ""
