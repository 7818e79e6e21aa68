"""Marginal effects of a model: a column per ministry or per block on one scale, rows the levels under their terms.

The reference of every term stands beside it, hollow, at zero; a filled dot is beyond chance after the family's
correction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from findings.figures.page import ACCENT, EDGE, INK, MUTED, WIDTH, leading, sheet, styled, width, wrapped
from findings.release import Estimate, Released
from findings.text.associations import ALL, CERTAIN, Column, columns, level_label, term_label
from findings.text.exhibits import mark
from findings.text.numbers import numerals

ROW, BETWEEN = 0.16, 0.14
# Widest part of a figure that labels may take, by whether its columns are many.
LABELS, FEW_COLUMNS = {True: 2.8, False: 3.9}, 2
HEAD = 0.15


@dataclass(frozen=True)
class Row:
    """A line of the figure: a term with its reference (`level` None), or a level."""

    term: str
    level: str | None
    words: str
    reference: str = ""


def draw(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Figure:
    """Terms in the order of the model; all columns share their rows and their scale.

    The covariate that tells a pooled model's rows apart is in the table only: it is no trait of a respondent.
    """
    with styled(lang):
        found = columns(released, entry, lang)
        lines = _lines(released, found, lang)
        # One line a row: signs that are stacked need less room than in a paragraph.
        high = ROW * (1 + (leading(lang) - 1) / 2)
        most = LABELS[len(found) > FEW_COLUMNS]
        left = min(EDGE + max((_wide(line) for line in lines), default=0.5) + 0.12, most)
        right = 0.2
        span = (WIDTH - left - right - BETWEEN * (len(found) - 1)) / max(len(found), 1)
        size = 7.5 if len(found) > FEW_COLUMNS else 8.0
        heads = [wrapped(column.label, size, span, "bold") for column in found]
        step = HEAD * leading(lang)
        room = max((len(head) for head in heads), default=0) * step + 0.05
        rows = [row for column in found for row in column.rows.values() if row.group != ALL or not row.published]
        figure, whole = sheet(released, name, entry, rows, lang, max(len(lines), 1) * high + room, left, right)
        box, total = whole.get_position(), figure.get_figheight()
        figure.delaxes(whole)
        shown = [row for column in found for line in lines if (row := column.effect(line.term, line.level or ""))]
        end = _end(shown)
        for number, (column, head) in enumerate(zip(found, heads, strict=True)):
            at = (left + number * (span + BETWEEN)) / WIDTH
            axes = figure.add_axes((at, box.y0, span / WIDTH, box.height - room / total))
            _column(axes, column, lines, end, lang)
            for place, words in enumerate(head):
                down = place * step / total
                figure.text(at, box.y0 + box.height - down, words, size=size, weight="bold", va="top", ha="left")
            if number == 0:
                _labels(axes, lines, left, span)
    return figure


def _lines(released: Released, found: list[Column], lang: str) -> list[Row]:
    terms: dict[str, tuple[str, ...]] = {}
    for column in found:
        unit = column.plan.unit_factor.name if column.plan.unit_factor else None
        terms |= {term: levels for term, levels in column.terms.items() if term not in terms and term != unit}
    made = []
    for term, (reference, *levels) in terms.items():
        against = f"○ {level_label(released, term, reference, lang)}"
        made.append(Row(term, None, term_label(released, term, lang), against))
        made += [Row(term, level, level_label(released, term, level, lang)) for level in levels]
    return made


def _wide(line: Row) -> float:
    if line.level is None:
        return width(line.words, 8, "bold") + 0.1 + width(line.reference, 7)
    return 0.1 + width(line.words, 8)


def _labels(axes: Axes, lines: list[Row], left: float, span: float) -> None:
    """Labels before the first column; what is too long for its room ends in an ellipsis."""

    def put(words: str, at: float, y: float, size: float, **style: Any) -> None:
        weight = style.get("weight", "normal")
        fitting = wrapped(words, size, left - at - 0.06, weight)
        words = fitting[0] + ("…" if len(fitting) > 1 else "")
        x = (at - left) / span
        axes.text(
            x, y + 0.5, words, transform=axes.get_yaxis_transform(), size=size, va="center", clip_on=False, **style
        )

    for y, line in enumerate(lines):
        if line.level is None:
            put(line.words, EDGE, y, 8, weight="bold")
            put(line.reference, EDGE + width(line.words, 8, "bold") + 0.1, y, 7, color=MUTED)
        else:
            put(line.words, EDGE + 0.1, y, 8)


def _means(rows: Iterable[Estimate]) -> bool:
    return any(row.statistic == "difference_of_means" for row in rows)


def _end(rows: list[Estimate]) -> float:
    """The end of the scale on both sides: the next twentieth (of means: two) beyond every limit."""
    ends = [abs(end) for row in rows if row.published for end in (row.low, row.high) if end is not None]
    step = 2.0 if _means(rows) else 0.05
    return max(ceil(max(ends, default=step) / step - 1e-9) * step, step)


def _column(axes: Axes, column: Column, lines: list[Row], end: float, lang: str) -> None:
    means = _means(column.rows.values())
    axes.set_xlim(-end, end)
    axes.set_ylim(len(lines), 0)
    axes.set_yticks([])
    # Two numbers and zero: a tick at about two thirds of each side.
    unit = 1.0 if means else 0.05
    tick = max(round(end * 0.65 / unit), 1) * unit
    axes.set_xticks([-tick, 0, tick])
    words = (f"{(1 if means else 100) * x:+.0f}".replace("-", "−") for x in (-tick, tick))
    low, high = (numerals(word, lang) for word in words)
    axes.set_xticklabels([low, numerals("0", lang), high])
    axes.tick_params(axis="x", length=2, labelsize=7)
    axes.grid(axis="x", color="#e6e6e6", lw=0.6)
    axes.axvline(0, color=INK, lw=0.8, zorder=1)
    whole = column.whole
    for y, line in enumerate(lines):
        if line.level is None:
            axes.axhline(y, color="#d9d9d9", lw=0.5)
            if line.term in column.terms and whole is not None and whole.published:
                axes.plot([0], [y + 0.5], "o", ms=3.4, mfc="white", mec=MUTED, mew=0.8, zorder=3)
        elif (row := column.effect(line.term, line.level)) is not None:
            _effect(axes, row, y + 0.5, lang)


def _effect(axes: Axes, row: Estimate, y: float, lang: str) -> None:
    if not row.published or row.value is None:
        axes.text(0, y, "◇", size=7.5, color=MUTED, va="center", ha="center",
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip
        return
    clear = row.p_adjusted is not None and row.p_adjusted < CERTAIN
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [y, y], color=ACCENT, lw=1.4, zorder=2.5, solid_capstyle="butt")
    axes.plot([row.value], [y], "o", ms=4.2, color=ACCENT, mfc=ACCENT if clear else "white", mew=1.0, zorder=3)
    if sign := mark(row, lang):
        axes.text(1.03, y, sign, transform=axes.get_yaxis_transform(), size=6.5, va="center", ha="left", color=MUTED)
