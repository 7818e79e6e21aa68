"""A time line of the inventory: when each service began and what was claimed of it, one row per event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from findings.figures.page import ACCENT, EDGE, INK, MUTED, WIDTH, leading, plain_sheet, styled, width, wrapped
from findings.figures.rows import put
from findings.text.captions import captions
from findings.text.context import Event, dated, events

ROW, LINE = 0.17, 0.13


def draw(inventory: Mapping[str, Any], study: Mapping[str, Any], entry: Mapping[str, Any], lang: str) -> Figure:
    """Services under their ministry in the order of the config; a launch is a filled mark, a claim a hollow one."""
    words = captions(lang)["timeline"]
    with styled(lang):
        found = events(inventory, study, lang)
        years = [event.when for event in found]
        first, last = int(min(years)), int(max(years)) + 1
        service = max(width(event.service, 8, "bold") for event in found) + 0.15
        axis, date = 1.55, max(width(dated(event.date, lang), 7.5) for event in found) + 0.12
        room = WIDTH - 2 * EDGE - service - date - axis - 0.15
        rows = [(event, wrapped(event.label, 7.5, room)) for event in found]
        line, gap = LINE * leading(lang), 0.05
        heights = [len(lines) * line + gap for _, lines in rows]
        ministries = len({event.ministry for event in found})
        height = sum(heights) + ministries * ROW * 1.7 * leading(lang)
        notes = [words["launch"], words["claim"], words["note"]]
        figure, axes = plain_sheet(entry, notes, lang, height, EDGE, WIDTH - EDGE - axis)
        axes.set_xlim(first, last)
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        axes.set_xticks(range(first, last + 1), [""] * (last - first + 1))
        axes.xaxis.set_ticks_position("none")
        axes.grid(axis="x", color="#e6e6e6", lw=0.6)
        down, ministry, before = 0.0, "", ""
        for event, lines in rows:
            if event.ministry != ministry:
                ministry = event.ministry
                down += ROW * 1.7 * leading(lang)
                put(axes, 0, down - ROW * 0.8, ministry, size=8.5, weight="bold")
            middle = down + (len(lines) * line + gap) / 2
            _event(axes, event, lines, (axis, service, date, line), down, middle, lang, named=event.service != before)
            before = event.service
            down += len(lines) * line + gap
        for year in range(first, last):
            put(axes, (year - first + 0.5) / (last - first), height + 0.1, dated(str(year), lang), size=7, color=MUTED,
                ha="center")  # fmt: skip
    return figure


def _event(
    axes: Any, event: Event, lines: list[str], wide: tuple[float, float, float, float], down: float, middle: float,
    lang: str, *, named: bool,
) -> None:  # fmt: skip
    axis, service, date, line = wide
    axes.plot([event.when], [middle], "o", ms=5, color=ACCENT, mew=1.2, clip_on=False, zorder=3,
              mfc=ACCENT if event.launch else "white")  # fmt: skip
    at = 1 + 0.12 / axis
    if named:
        put(axes, at, down + line / 2 + 0.02, event.service, size=8, weight="bold")
    put(axes, at + service / axis, down + line / 2 + 0.02, dated(event.date, lang), size=7.5, color=MUTED)
    for number, words in enumerate(lines):
        put(axes, at + (service + date) / axis, down + (number + 0.5) * line + 0.02, words, size=7.5, color=INK)
