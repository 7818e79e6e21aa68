"""Texts that a figure's SVG draws glyph by glyph, and the figure without them.

A script that few systems have is drawn in the SVG (`figures.page.styled`): an outline for every letter. In a PDF that
is many times the size of the text, and cannot be searched. The report sets the same words at the same places instead,
in the fonts that it embeds anyway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

# A text as matplotlib's SVG backend draws it (fonttype "path"): its words, then its glyphs by their font's name.
_DRAWN = re.compile(
    r'<!-- (?P<words>[^<>]*?) -->\s*<g(?: style="(?P<style>[^"]*)")? '
    r'transform="translate\((?P<x>\S+) (?P<y>\S+)\)(?: rotate\((?P<angle>\S+)\))? scale\((?P<scale>\S+) -\S+\)">\s*'
    r"(?P<glyphs>(?:<defs>.*?</defs>\s*)?(?:<use [^>]*/>\s*)+)</g>",
    re.DOTALL,
)
# Font size in points at which the backend takes outlines (`matplotlib.textpath.TextToPath.FONT_SCALE`).
_EM = 100


@dataclass(frozen=True)
class Drawn:
    """One line of text: start of its baseline and size in the SVG's units (points), angle in degrees, clockwise."""

    words: str
    x: float
    y: float
    size: float
    angle: float
    bold: bool
    fill: str


def lifted(svg: str) -> tuple[str, list[Drawn]]:
    """A figure without the texts that it draws, and these; of one whose texts are set, itself and none."""
    texts = []
    for found in _DRAWN.finditer(svg):
        style = dict(part.split(": ") for part in (found["style"] or "").split("; ") if part)
        opacity = round(255 * float(style.get("opacity", 1)))
        texts.append(
            Drawn(
                unescape(found["words"]), float(found["x"]), float(found["y"]), _EM * float(found["scale"]),
                float(found["angle"] or 0), "-Bold-" in found["glyphs"],
                f"{style.get('fill', '#000000')}{opacity:02x}",
            )
        )  # fmt: skip
    return _DRAWN.sub("", svg), texts
