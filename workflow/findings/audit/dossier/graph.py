"""The graph of steps as SVG: a row a depth, a box a rule, a line where a rule reads what another wrote."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from findings.audit.dossier.steps import Step, depth, nearest

BOX, HIGH, GAP, ROW, MARGIN = 138, 30, 10, 78, 16
# Boxes side by side, on a wide screen and on a phone's: there the graph is longer, and no part of it is out of sight.
WIDE, NARROW = 7, 2


def svg(made: Sequence[Step], most: int = WIDE) -> str:
    """The drawing, with `most` boxes side by side and a link to each step's page; the table below says the same."""
    width, name = most * (BOX + GAP) - GAP + 4, f"graph-{most}"
    before_each, levels = nearest(made), _levels(made)
    rows: list[list[Step]] = []
    for level in sorted(set(levels.values())):
        own = [step for step in made if levels[step.rule] == level]
        rows += [own[at : at + most] for at in range(0, len(own), most)]
    places: dict[str, tuple[float, float]] = {}
    for number, row in enumerate(rows):
        # Under those that it reads from, so that few lines cross.
        middle = {
            step.rule: sum(places[other][0] for other in near) / len(near) if near else 0.0
            for step in row
            for near in [before_each[step.rule]]
        }
        left = (width - len(row) * BOX - (len(row) - 1) * GAP) / 2
        for place, step in enumerate(sorted(row, key=lambda step: middle[step.rule])):
            places[step.rule] = (left + place * (BOX + GAP), MARGIN + number * ROW)
    lines = []
    for rule, before in before_each.items():
        x, y = places[rule][0] + BOX / 2, places[rule][1]
        for other in before:
            u, v = places[other][0] + BOX / 2, places[other][1] + HIGH
            bend = (y - v) / 2
            lines.append(f'<path d="M{u:g} {v:g}C{u:g} {v + bend:g} {x:g} {y - bend:g} {x:g} {y:g}"/>')
    boxes = [
        f'<a href="step.{step.rule}.html" class="{step.side}"><rect x="{x:g}" y="{y:g}" width="{BOX}" height="{HIGH}" '
        f'rx="4"/><text x="{x + BOX / 2:g}" y="{y + HIGH / 2 + 4:g}" text-anchor="middle">{escape(step.rule)}</text>'
        "</a>"
        for step in made
        for x, y in [places[step.rule]]
    ]
    high = MARGIN * 2 + (len(rows) - 1) * ROW + HIGH
    return (
        f'<svg class="graph" id="{name}" viewBox="0 0 {width} {high}" role="group" aria-labelledby="{name}-title">'
        f'<title id="{name}-title">The steps from the export to the release</title>'
        f"{''.join(lines)}{''.join(boxes)}</svg>"
    )


def _levels(made: Sequence[Step]) -> dict[str, int]:
    """Rule -> its row: right above the first of those that read what it wrote."""
    depths = depth(made)
    found: dict[str, int] = {}
    for step in sorted(made, key=lambda step: -depths[step.rule]):
        behind = [found[other.rule] for other in made if step.rule in other.after]
        found[step.rule] = min(behind) - 1 if behind else max(depths.values())
    return found
