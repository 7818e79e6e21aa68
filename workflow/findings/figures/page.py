"""The sheet that every figure is drawn on: title, question, plot, footer, and the stamp of synthetic data.

All lengths are inches. Nothing depends on the screen or the date, so that the same rows give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from findings.release import Estimate, Released
from findings.text.captions import captions
from findings.text.exhibits import footer, question, title

STYLE = Path(__file__).resolve().parents[2] / "report" / "style.mplstyle"
FORMATS = ("svg", "pdf", "png")
# The text width of an A4 page with margins of 2 cm, so that a figure is printed at its own size.
WIDTH = 6.7
EDGE = 0.08
INK, MUTED, ACCENT, STAMP = "#1a1a1a", "#595959", "#0072B2", "#A33F00"
_MEASURE = TextToPath()
# Height of a line by its font size.
_LINE = {11: 0.19, 8: 0.145, 7: 0.125}


def width(words: str, size: float, weight: str = "normal") -> float:
    """Printed width of a text in inches at a font size in points."""
    if not words.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight=weight, size=size)
    # Hinted glyphs, as PNG has them, stand up to 3 % wider than their outlines.
    return 1.03 * float(_MEASURE.get_text_width_height_descent(words, font, ismath=False)[0]) / 72


def wrapped(words: str, size: float, room: float, weight: str = "normal") -> list[str]:
    """A text in lines no wider than `room`; a word wider than that stands alone; a percent sign keeps its number."""
    lines: list[str] = []
    for word in re.split(r" (?!%)", words.strip()):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, weight) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def sheet(
    released: Released, name: str, entry: Mapping[str, Any], rows: Iterable[Estimate], lang: str, height: float,
    left: float, right: float,
) -> tuple[Figure, Axes]:  # fmt: skip
    """A figure with all its words, and the axes to draw in: `height` high, with `left` and `right` margins."""
    room = WIDTH - 2 * EDGE
    head = wrapped(title(released, name, entry, lang).sentence, 11, room, "bold")
    asked = wrapped(question(entry, lang), 8, room)
    foot = wrapped(" ".join(footer(released, entry, list(rows), lang)), 7, room)
    stamp = 0.3 if released.synthetic else 0.0
    top = EDGE + stamp + len(head) * _LINE[11] + len(asked) * _LINE[8] + 0.14
    bottom = EDGE + len(foot) * _LINE[7] + 0.34
    total = top + height + bottom
    figure = Figure(figsize=(WIDTH, total))
    FigureCanvasAgg(figure)

    def line(words: str, down: float, size: int, **style: Any) -> None:
        figure.text(EDGE / WIDTH, 1 - down / total, words, size=size, va="top", ha="left", **style)

    down = EDGE
    if released.synthetic:
        figure.text(
            EDGE / WIDTH + 0.005, 1 - (down + 0.04) / total, captions(lang)["stamp"], size=8, weight="bold", va="top",
            color="white", bbox={"facecolor": STAMP, "edgecolor": "none", "pad": 2.5},
        )  # fmt: skip
        down += stamp
    for words in head:
        line(words, down, 11, weight="bold")
        down += _LINE[11]
    for words in asked:
        line(words, down, 8, color=MUTED)
        down += _LINE[8]
    for number, words in enumerate(foot):
        line(words, total - EDGE - (len(foot) - number) * _LINE[7], 7, color=MUTED)
    axes = figure.add_axes((left / WIDTH, bottom / total, (WIDTH - left - right) / WIDTH, height / total))
    return figure, axes


def save(figure: Figure, paths: Iterable[Path], epoch: int) -> None:
    """Write a figure, the format by each path's suffix; `epoch` (seconds, UTC) is the date in SVG and PDF."""
    date = datetime.fromtimestamp(epoch, UTC)
    metadata: dict[str, dict[str, Any]] = {
        "svg": {"Date": date.isoformat(), "Creator": None},
        "pdf": {"CreationDate": date.replace(tzinfo=None), "Creator": None, "Producer": None},
        "png": {"Software": None},
    }
    with rc_context(fname=STYLE):
        for path in paths:
            kind = path.suffix[1:]
            figure.savefig(path, format=kind, metadata=metadata[kind])
