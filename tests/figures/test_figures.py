from __future__ import annotations

import hashlib

import pytest
from findings import figures
from findings.errors import FindingsError
from findings.figures.page import save, wrapped
from findings.figures.page import width as printed
from findings.figures.rows import top
from matplotlib.text import Text
from released_example import released, study

EPOCH = 1735689600
NAMES = list(study()["exhibits"]["figures"])


def texts(figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]


@pytest.fixture(scope="module")
def rows():
    return released()


@pytest.mark.parametrize("name", NAMES)
def test_no_text_leaves_the_sheet_or_lies_on_another(rows, name):
    figure = figures.draw(rows, name, "en")
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts(figure)]
    assert len(boxes) > 8
    for words, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, words
    for number, (words, box) in enumerate(boxes):
        for other, there in boxes[number + 1 :]:
            across = min(box.x1, there.x1) - max(box.x0, there.x0)
            down = min(box.y1, there.y1) - max(box.y0, there.y0)
            # A line of text has empty room above and below: a fifth of its height may be shared.
            assert across <= 1 or down <= 0.2 * min(box.height, there.height), (words, other)


@pytest.mark.parametrize("name", NAMES)
def test_a_synthetic_figure_says_so_on_its_face_and_in_its_alt_text(rows, name):
    said = [text.get_text() for text in texts(figures.draw(rows, name, "en"))]
    assert "SYNTHETIC DATA — not findings" in said
    assert "SYNTHETIC DATA" in figures.alt(rows, name, "en")


def test_real_data_has_no_stamp():
    rows = released(synthetic=False)
    assert not any("SYNTHETIC" in text.get_text() for text in texts(figures.draw(rows, "funnel", "en")))


@pytest.mark.parametrize("name", NAMES)
def test_every_withheld_row_is_a_symbol_and_no_mark_on_the_scale(name):
    rows = released(suppress=1.0)
    figure = figures.draw(rows, name, "en")
    withheld = [key for key in figures.keys(rows, name, "en") if not rows.number(key).published]
    assert sum(text.get_text() == "◇ withheld" for text in texts(figure)) == len(withheld) > 0
    lines = figure.axes[0].lines
    assert not lines[1:] or name == "flow" or all(len(set(line.get_ydata())) == 1 for line in lines)
    assert not figure.axes[0].containers


def test_a_figure_without_intervals_draws_none():
    rows = released(intervals=False)
    said = " ".join(text.get_text() for text in texts(figures.draw(rows, "adoption_gender", "en")))
    assert "No intervals are shown" in said and "–3" not in said


def test_figures_of_the_same_indicator_share_one_scale(rows):
    ends = {figures.draw(rows, n, "en").axes[0].get_xlim() for n in NAMES if n.startswith("adoption_")}
    assert len(ends) == 1


def test_the_ranking_puts_withheld_rows_last(rows):
    alt = figures.alt(rows, "barriers", "en")
    health = alt.split("Health: ")[1].split(". ")[0].split("; ")
    values = [int(part.split(" %")[0].rsplit(" ", 1)[1]) for part in health if "withheld" not in part]
    assert values == sorted(values, reverse=True)
    hidden = ["withheld" in part for part in health]
    assert any(hidden) and hidden == sorted(hidden)


def test_the_published_ladder_level_is_shown_and_named(rows):
    shown = {rows.number(key).breakdown for key in figures.keys(rows, "adoption_ethnicity", "en")}
    assert shown == {"ethnicity_state_forming"}
    said = " ".join(text.get_text() for text in texts(figures.draw(rows, "adoption_ethnicity", "en")))
    assert "finer groups are too small to publish" in said


def test_the_same_rows_give_the_same_bytes(rows, tmp_path):
    hashes = []
    for run in ("a", "b"):
        paths = [tmp_path / f"{run}.{kind}" for kind in ("svg", "pdf", "png")]
        save(figures.draw(rows, "adoption_gender", "en"), paths, EPOCH)
        hashes.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in paths])
    assert hashes[0] == hashes[1]
    assert "<text" in (tmp_path / "a.svg").read_text()


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


def test_a_percent_sign_stays_with_its_number():
    lines = wrapped("ever used 30 %, use now 19 % " * 5, 8, 0.8)
    assert len(lines) > 5 and not any(line.startswith("%") for line in lines)
