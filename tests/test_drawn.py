"""Texts that a figure draws are found again with their places, and nothing else of it moves."""

from __future__ import annotations

import pytest
from findings import figures, fonts
from findings.drawn import Drawn, lifted
from findings.figures.page import save
from findings.finished import texts_of_svg
from findings.text.issued import plain
from matplotlib.text import Text
from released_example import released, study


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fonts")
    fonts.cut(folder)
    fonts.use(folder)


@pytest.mark.parametrize("name", ["funnel_health", "adoption_age"])
def test_every_drawn_text_is_lifted_and_every_set_one_stays(letters, tmp_path, name):
    said = {}
    for lang in study()["languages"]:
        figure = figures.draw(released(study()), name, lang)
        path = tmp_path / f"{lang}.svg"
        save(figure, [path], 1735689600, lang)
        svg = path.read_text(encoding="utf-8")
        bare, texts = lifted(svg)
        shown = [each.get_text() for each in figure.findobj(Text) if each.get_visible() and each.get_text().strip()]
        said[lang] = texts
        if lang == "en":
            assert (bare, texts) == (svg, [])
            continue
        assert set(words for each in shown for words in plain(each).split("\n")) >= {each.words for each in texts}
        assert len(texts) > 10 and "<use" in svg and "<!--" not in bare and "Myanmar" not in bare
        assert len(bare) < len(svg) / 4 and {each.words for each in texts} <= set(texts_of_svg(svg))
        heading = max(texts, key=lambda each: each.size)
        assert heading.bold and heading.size == pytest.approx(11) and not all(each.bold for each in texts)


def test_a_turned_or_faint_text_keeps_its_angle_and_its_ink():
    glyphs = '<defs>\n<path id="A-Bold-1" d="M 0 0"/>\n</defs>\n<use xlink:href="#A-Bold-1"/>\n'
    place = "translate(3 4.5) rotate(-90) scale(0.08 -0.08)"
    style = "fill: #595959; opacity: 0.5"
    svg = f'<g id="t">\n<!-- a &lt; b -->\n<g style="{style}" transform="{place}">\n{glyphs}</g>\n</g>'
    bare, texts = lifted(svg)
    assert texts == [Drawn("a < b", 3, 4.5, 8, -90, True, "#59595980")] and bare == '<g id="t">\n\n</g>'
