"""The flow of respondents: one box per cleaning step, with how many are left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from findings.figures.page import EDGE, INK, MUTED, WIDTH, leading, sheet, styled
from findings.release import Released
from findings.text.exhibits import value
from findings.text.facts import panels

STEP, BOX = 0.42, 0.27


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Boxes from top to bottom; a withheld count is a dashed, empty box."""
    lines = [line for panel in panels(released, entry, lang) for line in panel.lines]
    step = STEP * (1 + (leading(lang) - 1) / 2)
    height = max(len(lines), 1) * step
    with styled(lang):
        figure, axes = sheet(
            released, name, entry, [line.estimate for line in lines], lang, height, left=EDGE, right=EDGE, axis=False
        )
        # One unit is one inch, so that the corners of the boxes are round.
        axes.set_xlim(0, WIDTH - 2 * EDGE)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        left, wide = 0.6, 5.2
        for number, line in enumerate(lines):
            y = number * step
            ends = number in (0, len(lines) - 1)
            shown = line.estimate.published
            axes.add_patch(
                FancyBboxPatch(
                    (left, y + 0.03),
                    wide,
                    BOX,
                    boxstyle="round,pad=0,rounding_size=0.05",
                    lw=1.2 if ends else 0.8,
                    edgecolor=INK if shown else MUTED,
                    facecolor="#dcebf5" if ends and shown else "white",
                    linestyle="-" if shown else "--",
                )  # fmt: skip
            )
            middle = y + 0.03 + BOX / 2
            weight = "bold" if ends else "normal"
            axes.text(left + 0.12, middle, line.label, va="center", ha="left", size=8.5, weight=weight)
            axes.text(left + wide - 0.12, middle, value(line.estimate, lang), va="center", ha="right", size=8.5,
                      weight=weight if shown else "normal", color=INK if shown else MUTED)  # fmt: skip
            if number:
                axes.annotate(
                    "", (left + wide / 2, y + 0.03), (left + wide / 2, y - step + 0.03 + BOX),
                    arrowprops={"arrowstyle": "-|>", "lw": 0.8, "color": MUTED, "shrinkA": 0, "shrinkB": 0,
                                "mutation_scale": 7},
                )  # fmt: skip
    return figure
