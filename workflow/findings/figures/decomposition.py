"""Changes taken apart: the change, and by every breakdown what came from its groups and from their composition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from findings.figures.gaps import ABOVE, set_scale
from findings.figures.page import EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width, wrapped
from findings.figures.rows import LABELS, put
from findings.figures.series import MARKS, draw_mark
from findings.release import Released
from findings.text.captions import captions
from findings.text.compared import difference
from findings.text.facts import panels, rows_of

ROW, HEAD, COLUMN = 0.2, 0.14, 1.2


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Marks of both effects about a line at none, and a column of numbers for each."""
    shown = panels(released, entry, lang)
    words, lead = captions(lang)["table"], leading(lang)
    effects = [words["rate_effect"], words["composition_effect"]]
    marks = dict(zip([*effects, words["change"]], MARKS, strict=True))
    rows = [line.estimate for panel in shown for line in panel.lines]
    with styled(lang):
        heads = {effect: wrapped(effect, 7.5, COLUMN) for effect in effects}
        texts = [difference(row, lang) for row in rows]
        wide = max([width(each, 7.5) for each in texts] + [width(x, 7.5) for h in heads.values() for x in h]) + 0.22
        labels = [label for panel in shown for label, _ in rows_of(panel)]
        left = min(EDGE + max((width(label, 8) for label in labels), default=1.0) + 0.14, EDGE + LABELS)
        row, head = ROW * (1 + (lead - 1) / 2), HEAD * lead * max(map(len, heads.values())) + 0.08
        height = head + row * max(sum(len(rows_of(panel)) + 1.4 for panel in shown), 1)
        figure, axes = sheet(released, name, entry, rows, lang, height, left, 2 * wide + EDGE)
        span = WIDTH - left - 2 * wide - EDGE
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        set_scale(axes, rows, lang, span, head)
        places = {effect: 1 + (0.14 + number * wide) / span for number, effect in enumerate(effects)}
        places[words["change"]] = places[effects[0]]
        for effect, head_lines in heads.items():
            for number, each in enumerate(head_lines):
                put(axes, places[effect], HEAD * lead * (number + 0.5), each, size=7.5, color=MUTED)
            at = places[effect] + 0.04 / span
            draw_mark(axes, marks[effect], at, head - 0.02, transform=axes.get_yaxis_transform())
        down = head
        for panel in shown:
            put(axes, (EDGE - left) / span, down + 0.85 * row, panel.label, size=8.5, weight="bold", **ABOVE)
            down += 1.4 * row
            for label, lines in rows_of(panel):
                put(axes, (EDGE - left) / span, down + row / 2, label, size=8)
                for place, line in enumerate(lines):
                    estimate, mark = line.estimate, marks[line.series]
                    shade = INK if estimate.published else MUTED
                    put(axes, places[line.series], down + row / 2, difference(estimate, lang), size=7.5, color=shade)
                    at = down + row / 2 + (place - (len(lines) - 1) / 2) * row * 0.3
                    if estimate.low is not None and estimate.high is not None:
                        axes.plot([estimate.low, estimate.high], [at, at], color=mark.colour, lw=1.2, zorder=2.5)
                    if estimate.value is not None:
                        draw_mark(axes, mark, estimate.value, at)
                down += row
    return figure
