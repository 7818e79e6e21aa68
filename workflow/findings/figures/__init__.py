"""Figures: each kind a function from released rows to a Figure; which figures there are is the study's to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure

from findings.figures import (
    bounds,
    by_service,
    decomposition,
    effects,
    flow,
    funnel,
    gaps,
    groups,
    heatmap,
    likert,
    profile,
    ranked,
    ranks,
    series,
    slope,
    specification,
    tiles,
    upset,
)
from findings.release import Released
from findings.text import exhibits
from findings.text.facts import panels, spec

FIGURES: dict[str, Callable[[Released, str, Mapping[str, Any], str], Figure]] = {
    "flow": flow.draw,
    "funnel": funnel.draw,
    "groups": groups.draw,
    "ranked": ranked.draw,
    "ranks": ranks.draw,
    "upset": upset.draw,
    "by_service": by_service.draw,
    "heatmap": heatmap.draw,
    "tiles": tiles.draw,
    "likert": likert.draw,
    "paired": series.draw,
    "population": series.draw,
    "change": series.draw,
    "dumbbell": series.draw,
    "slope": slope.draw,
    "decomposition": decomposition.draw,
    "sensitivity": series.draw,
    "specification": specification.draw,
    "effects": effects.draw,
    "profile": profile.draw,
    "gaps": gaps.draw,
    "bounds": bounds.draw,
}


def draw(released: Released, name: str, lang: str) -> Figure:
    """The figure of the config called `name`. Raises FindingsError if there is none or its kind is not known."""
    entry = spec(released, "figures", name)
    panels(released, entry, lang)
    return FIGURES[entry["kind"]](released, name, entry, lang)


def alt(released: Released, name: str, lang: str) -> str:
    """The figure in words, with every number it shows."""
    return exhibits.alt(released, name, spec(released, "figures", name), lang)


def keys(released: Released, name: str, lang: str) -> list[str]:
    """Keys of the rows that the figure shows, withheld ones included, sorted."""
    entry = spec(released, "figures", name)
    shown = {line.estimate.key for panel in panels(released, entry, lang) for line in panel.lines}
    if entry["kind"] == "specification":
        shown |= specification.keys(released, entry, lang)
    return sorted(shown)
