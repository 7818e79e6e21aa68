from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from findings import figures, fonts
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.figures import timeline
from findings.figures.page import save, styled, wrapped
from findings.figures.page import width as printed
from findings.figures.rows import top
from findings.inventory import load_inventory
from findings.text.captions import captions
from findings.text.issued import plain
from matplotlib import font_manager
from matplotlib.text import Text
from released_example import of_figure, released, study

EPOCH = 1735689600
STUDY = study()
NAMES = [name for name, entry in STUDY["exhibits"]["figures"].items() if entry["kind"] != "timeline"]
BOTH = [(name, lang) for name in NAMES for lang in STUDY["languages"]]
# A heat map and bars show a number in place of a mark.
WITHOUT_MARKS = ("flow", "heatmap", "tiles", "likert")


@pytest.fixture(scope="session", autouse=True)
def burmese(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fonts")
    fonts.cut(folder)
    fonts.use(folder)
    return folder


def texts(figure) -> list[Text]:
    """The texts of a figure as they are printed: the marks of their keys are taken off before it is saved."""
    found = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    for each in found:
        each.set_text(plain(each.get_text()))
    return found


@pytest.fixture(scope="module")
def rows():
    return released()


@pytest.mark.parametrize(("name", "lang"), BOTH)
def test_no_text_leaves_the_sheet_or_lies_on_another_and_synthetic_data_are_stamped(name, lang):
    rows, stamp = of_figure(STUDY, name), captions(lang)["stamp"]
    figure = figures.draw(rows, name, lang)
    assert_apart(figure, lang)
    assert stamp in [text.get_text() for text in texts(figure)]
    assert stamp in figures.alt(rows, name, lang)


@pytest.mark.parametrize("lang", STUDY["languages"])
def test_the_time_line_has_no_text_on_another(lang):
    inventory = load_inventory(ROOT / "data/reference/inventory.yaml", STUDY["services"])
    assert_apart(timeline.draw(inventory, STUDY, STUDY["exhibits"]["figures"]["timeline"], lang), lang)


def assert_apart(figure, lang):
    with styled(lang):
        renderer = figure.canvas.get_renderer()
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts(figure)]
    assert len(boxes) > 8
    for words, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, words
    for number, (words, box) in enumerate(boxes):
        for other, there in boxes[number + 1 :]:
            across = min(box.x1, there.x1) - max(box.x0, there.x0)
            down = min(box.y1, there.y1) - max(box.y0, there.y0)
            # A line of text has empty room above and below: a fifth of its height may be shared, of a script that
            # stacks its signs a quarter.
            assert across <= 1 or down <= (0.2 if lang == "en" else 0.25) * min(box.height, there.height), (
                words,
                other,
            )


def test_real_data_has_no_stamp():
    rows = released(synthetic=False)
    assert not any("SYNTHETIC" in text.get_text() for text in texts(figures.draw(rows, "funnel_health", "en")))


@pytest.mark.parametrize("name", NAMES)
def test_every_withheld_row_is_a_symbol_and_no_mark_on_the_scale(name):
    rows = of_figure(STUDY, name, suppress=1.0)
    figure = figures.draw(rows, name, "en")
    withheld = [key for key in figures.keys(rows, name, "en") if not rows.number(key).published]
    kind = STUDY["exhibits"]["figures"][name]["kind"]
    if kind in ("population", "upset"):
        # Shares of the whole sample are not withheld in this example; a combination that is withheld is not listed.
        assert not withheld
        return
    said = [text.get_text() for text in texts(figure)]
    symbols = sum(words.startswith("◇") for words in said)
    items = len(STUDY["item_sets"].get(STUDY["exhibits"]["figures"][name].get("items"), {}))
    assert withheld and (kind == "tiles" or symbols >= (items or len(withheld)))
    if kind not in WITHOUT_MARKS:
        lines = [line for line in figure.axes[0].lines if line.get_transform() == figure.axes[0].transData]
        assert not lines
    assert not figure.axes[0].containers


def test_a_figure_without_intervals_draws_none():
    rows = released(intervals=False)
    said = " ".join(text.get_text() for text in texts(figures.draw(rows, "adoption_gender", "en")))
    assert "No intervals are shown" in said and "–3" not in said


def test_figures_of_the_same_indicator_share_one_scale(rows):
    same = ("gender", "age", "ethnicity", "urban_rural", "conflict", "education", "crossing")
    ends = {figures.draw(rows, f"adoption_{n}", "en").axes[0].get_xlim() for n in same}
    assert len(ends) == 1


def test_the_ranking_puts_withheld_rows_last():
    alt = plain(figures.alt(released(suppress=0.3), "barriers_health", "en"))
    health = alt.split("Health: ")[1].split(". ")[0].split("; ")
    values = [int(part.split("%")[0].rsplit(" ", 1)[1]) for part in health if "withheld" not in part]
    assert values == sorted(values, reverse=True)
    hidden = ["withheld" in part for part in health]
    assert any(hidden) and hidden == sorted(hidden)


def test_the_published_ladder_level_is_shown_and_named(rows):
    shown = {rows.number(key).breakdown for key in figures.keys(rows, "adoption_ethnicity", "en")}
    assert shown == {"ethnicity_state_forming"}
    said = " ".join(text.get_text() for text in texts(figures.draw(rows, "adoption_ethnicity", "en")))
    assert "finer groups are too small to publish" in said


@pytest.mark.parametrize("lang", STUDY["languages"])
def test_the_same_rows_give_the_same_bytes(rows, tmp_path, lang):
    hashes = []
    for run in ("a", "b"):
        paths = [tmp_path / f"{run}.{kind}" for kind in ("svg", "pdf", "png")]
        save(figures.draw(rows, "adoption_gender", lang), paths, EPOCH, lang)
        hashes.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in paths])
    assert hashes[0] == hashes[1]
    # A script that few systems have a font of is drawn.
    assert ("<text" in (tmp_path / "a.svg").read_text()) == (lang == "en")


def test_an_exhibit_with_no_rows_and_one_of_no_ministry_do_not_fail():
    config = study()
    config["exhibits"]["figures"] = {
        "none": {"kind": "groups", "family": "no_such", "indicators": {"x": None}, "breakdown": "gender", "label": {}},
        "flow": config["exhibits"]["figures"]["flow"],
    }
    rows = released(config)
    figure = figures.draw(rows, "none", "en")
    assert any("None of these numbers may be published" in text.get_text() for text in texts(figure))
    assert figures.keys(rows, "none", "en") == []


def test_an_unknown_kind_names_what_there_is():
    config = study()
    config["exhibits"]["figures"]["pie"] = {"kind": "pie", "label": {"en": "Pie"}}
    with pytest.raises(FindingsError, match="funnel"):
        figures.draw(released(config), "pie", "en")


def test_the_scale_ends_at_a_tenth_above_the_highest_limit(rows):
    estimate = next(row for row in rows.totals("adoption", "aware") if row.published)
    assert top([estimate.__class__(**{**estimate.__dict__, "value": 0.2, "high": 0.3})]) == pytest.approx(0.3)
    assert top([estimate.__class__(**{**estimate.__dict__, "value": 0.2, "high": 0.301})]) == pytest.approx(0.4)


def test_lines_are_no_wider_than_the_room():
    lines = wrapped("from one end of the line to the other " * 4, 8, 2.0)
    assert len(lines) > 2 and all(printed(line, 8) <= 2.0 for line in lines)


def test_burmese_is_broken_between_syllables():
    words = "အမျိုးသားညီညွတ်ရေးအစိုးရ၏ဒစ်ဂျစ်တယ်ဝန်ဆောင်မှုများ"
    with styled("my"):
        lines = wrapped(words, 8, 1.2)
        assert len(lines) > 1 and "".join(lines) == words and all(printed(line, 8) <= 1.2 for line in lines)
    # No line begins with a sign that belongs to the letter before it.
    assert all("\u1000" <= line[0] <= "\u102a" for line in lines)


def test_a_pdf_lists_its_fonts_by_name_wherever_they_lie(rows, burmese, tmp_path):
    """In the order of their paths, a release would hang on where the study and the environment lie."""
    for family in (fonts.LATIN, fonts.BURMESE):
        for weight in ("regular", "bold"):
            found = font_manager.findfont(font_manager.FontProperties(family=family, weight=weight))
            assert Path(found).parent == burmese.resolve()
    path = tmp_path / "figure.pdf"
    save(figures.draw(rows, "funnel_health", "my"), [path], 0, "my")
    listed = re.findall(rb"/FontName /[A-Z]{6}\+([\w-]+)", path.read_bytes())
    names = [name.decode() for name in dict.fromkeys(listed)]
    assert len(names) > 2 and names == sorted(names, key=lambda name: f"{name}.ttf")
