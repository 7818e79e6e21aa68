"""The adoption funnel: for every service, by ministry, the steps from hearing of it to using it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from findings.figures.rows import Gap, Heading, Row, chart
from findings.release import Released
from findings.text.facts import panels

# Three steps of one blue (Okabe and Ito's): lighter is wider, in colour and in grey alike.
STEPS = ("#9ecfee", "#4f94c4", "#0b4f80")


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Bars of one service beneath each other, from the widest step to the narrowest, each with its interval."""
    items: list[Row | Heading | Gap] = []
    within = ""
    for panel in panels(released, entry, lang):
        if panel.within and panel.within != within:
            items += ([Gap(0.6)] if items else []) + [Heading(panel.within), Gap(0.25)]
            within = panel.within
        elif items:
            items.append(Gap(0.45))
        for number, line in enumerate(panel.lines):
            colour = STEPS[min(number, len(STEPS) - 1)]
            items.append(Row(line.label, line.estimate, panel.label if not number else "", colour=colour, bar=True))
    return chart(released, name, entry, items, lang)
