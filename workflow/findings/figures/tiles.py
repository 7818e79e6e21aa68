"""A tile map: one tile per place, laid out by the config; one map per service or ministry, on one colour scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from findings.figures.heatmap import shade
from findings.figures.page import EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width, wrapped
from findings.release import Estimate, Released
from findings.text.exhibits import short
from findings.text.facts import Panel, panels

GAP = 0.2


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Each tile has the number of its group; where a coarser level is shown, all tiles of a group have the group's."""
    shown = panels(released, entry, lang)
    estimates = [line.estimate for panel in shown for line in panel.lines]
    places: Mapping[str, list[int]] = entry["tiles"]
    across, down = (max(place[i] for place in places.values()) + 1 for i in (1, 0))
    finest = next((v for v in released.levels.values() if v.breakdown == entry["breakdown"] and not v.rank), None)
    labels = {code: (finest.groups[code].label.get(lang, code) if finest and code in finest.groups else code)
              for code in places}  # fmt: skip
    highest = max((row.value or 0.0 for row in estimates), default=1.0) or 1.0
    with styled(lang):
        each = (WIDTH - 2 * EDGE - GAP * (max(len(shown), 1) - 1)) / max(len(shown), 3)
        side = each / across
        heads = [wrapped(panel.label, 8.5, each - 0.05, "bold") for panel in shown]
        head = 0.16 * leading(lang) * max((len(words) for words in heads), default=1) + 0.08
        high = min(side, 0.46)
        height = head + down * high
        figure, axes = sheet(released, name, entry, estimates, lang, height, EDGE, EDGE, axis=False)
        axes.set_xlim(0, WIDTH - 2 * EDGE)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        for number, panel in enumerate(shown):
            x = number * (each + GAP)
            for line, words in enumerate(heads[number]):
                axes.text(x, (line + 0.5) * 0.16 * leading(lang), words, size=8.5, weight="bold", va="center")
            values = _by_code(released, panel)
            for code, (r, c) in places.items():
                _tile(
                    axes, (x + c * side, head + r * high), (side, high), labels[code], values.get(code), highest, lang
                )
    return figure


def _by_code(released: Released, panel: Panel) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    for line in panel.lines:
        level = released.levels.get(line.estimate.breakdown or "")
        group = level.groups.get(line.estimate.group or "") if level else None
        found |= {code: line.estimate for code in (group.codes if group else [])}
    return found


def _tile(
    axes: Axes, corner: tuple[float, float], size: tuple[float, float], label: str, row: Estimate | None,
    highest: float, lang: str,
) -> None:  # fmt: skip
    (x, y), (wide, high) = corner, size
    ink = MUTED
    style: dict[str, Any] = {"facecolor": "white", "edgecolor": "#bfbfbf", "hatch": "////", "lw": 0.5}
    if row is not None and row.published and row.value is not None:
        colour, ink = shade(row.value / highest)
        style = {"facecolor": colour, "lw": 0}
    axes.add_patch(Rectangle((x + 0.012, y + 0.012), wide - 0.024, high - 0.024, **style))
    room = wide - 0.05
    fitting = next((s for s in (6.5, 6, 5.5, 5, 4.5) if width(label, s) <= room), 4.5)
    words = short(row, lang) if row is not None else ""
    box = None if row is not None and row.published else {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    axes.text(x + wide / 2, y + high * 0.32, label, size=fitting, color=ink if box is None else INK, ha="center",
              va="center", bbox=box)  # fmt: skip
    axes.text(x + wide / 2, y + high * 0.7, words, size=7.5, weight="bold", color=ink, ha="center", va="center",
              bbox=box)  # fmt: skip
