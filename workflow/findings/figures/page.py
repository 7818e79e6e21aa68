"""The sheet that every figure is drawn on: title, question, plot, footer, and the stamp of synthetic data.

All lengths are inches. Nothing depends on the screen or the date, so that the same rows give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib import rc_context, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import TextToPath

from findings.fonts import LATIN
from findings.myanmar import syllables
from findings.release import Estimate, Released, text
from findings.text.captions import captions
from findings.text.exhibits import footer, question, title
from findings.text.issued import lines, plain

# What stands for the numbers of a scale.
AXIS = "axis"
STYLE = Path(__file__).resolve().parents[2] / "report" / "style.mplstyle"
FORMATS = ("svg", "pdf", "png")
# The text width of an A4 page with margins of 2 cm, so that a figure is printed at its own size.
WIDTH = 6.7
EDGE = 0.08
INK, MUTED, ACCENT, STAMP = "#1a1a1a", "#595959", "#0072B2", "#A33F00"
_MEASURE = TextToPath()
# Height of a line by its font size.
_LINE = {11: 0.19, 8: 0.145, 7: 0.125}


@contextmanager
def styled(lang: str) -> Iterator[None]:
    """The one style, with the fonts of the language. Text of a script that few systems have is drawn, not set."""
    fonts = captions(lang).get("fonts", [LATIN])
    drawn = "path" if len(fonts) > 1 else "none"
    with rc_context(fname=STYLE), rc_context({"font.family": fonts, "svg.fonttype": drawn}):
        yield


def leading(lang: str) -> float:
    """How much higher a line is than a Latin one: scripts that stack their signs need room."""
    return float(captions(lang).get("leading", 1.0))


def width(words: str, size: float, weight: str = "normal") -> float:
    """Printed width of a text in inches at a font size in points, in the fonts of the style."""
    words = plain(words)
    return _width(words, size, weight, tuple(rcParams["font.family"])) if words.strip() else 0.0


@cache
def _width(words: str, size: float, weight: str, fonts: tuple[str, ...]) -> float:
    font = FontProperties(family=list(fonts), weight=weight, size=size)
    # Hinted glyphs, as PNG has them, stand up to 3 % wider than their outlines.
    return 1.03 * float(_MEASURE.get_text_width_height_descent(words, font, ismath=False)[0]) / 72


def wrapped(words: str, size: float, room: float, weight: str = "normal") -> list[str]:
    """A text in lines no wider than `room`. A word wider than that is broken between syllables, or stands alone."""
    broken: list[str] = []
    for word in words.strip().split(" "):
        longer = f"{broken[-1]} {word}" if broken else word
        if broken and width(longer, size, weight) <= room:
            broken[-1] = longer
            continue
        pieces = syllables(word) if width(word, size, weight) > room else [word]
        broken.append(pieces[0])
        for piece in pieces[1:]:
            if width(broken[-1] + piece, size, weight) <= room:
                broken[-1] += piece
            else:
                broken.append(piece)
    return list(lines(broken))


def sheet(
    released: Released, name: str, entry: Mapping[str, Any], rows: Iterable[Estimate], lang: str, height: float,
    left: float, right: float, *, axis: bool = True,
) -> tuple[Figure, Axes]:  # fmt: skip
    """A figure with all its words, and the axes to draw in: `height` high, with `left` and `right` margins.

    With `axis`, there is room for the scale's numbers below.
    """
    head, foot = title(released, name, entry, lang).sentence, footer(released, entry, list(rows), lang)
    stamp = captions(lang)["stamp"] if released.synthetic else ""
    return _sheet(head, question(entry, lang), foot, stamp, lang, height, left, right, axis=axis)


def plain_sheet(
    entry: Mapping[str, Any], notes: list[str], lang: str, height: float, left: float,
    right: float,
) -> tuple[Figure, Axes]:  # fmt: skip
    """A sheet for what is no estimate: its label as title, and its own notes."""
    return _sheet(text(entry["label"], lang), question(entry, lang), notes, "", lang, height, left, right, axis=True)


def _sheet(
    sentence: str, asked_as: str, notes: list[str], stamped: str, lang: str, height: float, left: float, right: float,
    *, axis: bool,
) -> tuple[Figure, Axes]:  # fmt: skip
    room, high = WIDTH - 2 * EDGE, {size: line * leading(lang) for size, line in _LINE.items()}
    head = wrapped(sentence, 11, room, "bold")
    asked = wrapped(asked_as, 8, room)
    foot = wrapped(" ".join(notes), 7, room)
    stamp = 0.3 if stamped else 0.0
    top = EDGE + stamp + len(head) * high[11] + len(asked) * high[8] + 0.14
    bottom = EDGE + len(foot) * high[7] + (0.34 if axis else 0.1)
    total = top + height + bottom
    figure = Figure(figsize=(WIDTH, total))
    FigureCanvasAgg(figure)

    def line(words: str, down: float, size: int, **style: Any) -> None:
        figure.text(EDGE / WIDTH, 1 - down / total, words, size=size, va="top", ha="left", **style)

    down = EDGE
    if stamped:
        figure.text(
            EDGE / WIDTH + 0.005, 1 - (down + 0.04) / total, stamped, size=8, weight="bold", va="top",
            color="white", bbox={"facecolor": STAMP, "edgecolor": "none", "pad": 2.5},
        )  # fmt: skip
        down += stamp
    for words in head:
        line(words, down, 11, weight="bold")
        down += high[11]
    for words in asked:
        line(words, down, 8, color=MUTED)
        down += high[8]
    for number, words in enumerate(foot):
        line(words, total - EDGE - (len(foot) - number) * high[7], 7, color=MUTED)
    axes = figure.add_axes((left / WIDTH, bottom / total, (WIDTH - left - right) / WIDTH, height / total))
    return figure, axes


def save(figure: Figure, paths: Iterable[Path], epoch: int, lang: str) -> str:
    """Write a figure, the format by each path's suffix; `epoch` (seconds, UTC) is the date in SVG and PDF.

    Gives its texts in one, its numbers with their keys, which are taken off before; those of a scale are left out.
    """
    axes = (axis for each in figure.axes for axis in (each.xaxis, each.yaxis))
    scales = {id(each) for axis in axes for each in axis.findobj(Text)}
    found = [each for each in figure.findobj(Text) if id(each) not in scales]
    # A sentence stands in several lines, a text each.
    said = " ".join(each.get_text() for each in found)
    for each in found:
        each.set_text(plain(each.get_text()))
    date = datetime.fromtimestamp(epoch, UTC)
    metadata: dict[str, dict[str, Any]] = {
        "svg": {"Date": date.isoformat(), "Creator": None},
        "pdf": {"CreationDate": date.replace(tzinfo=None), "Creator": None, "Producer": None},
        "png": {"Software": None},
    }
    with styled(lang):
        for path in paths:
            kind = path.suffix[1:]
            figure.savefig(path, format=kind, metadata=metadata[kind])
    return said
