from __future__ import annotations

import dataclasses
import re

import pytest
from findings.errors import FindingsError
from findings.release import Released, text
from findings.text.captions import captions
from findings.text.exhibits import mark, sentences, title
from findings.text.issued import plain
from findings.text.numbers import full, percent, shown
from findings.text.sentences import claim
from released_example import as_text, estimates, is_derived, of_figure, released, study


@pytest.fixture(scope="module")
def rows():
    return released()


def some(rows, published: bool):
    return next(r for r in rows.select("adoption", breakdown=None) if r.published is published)


@pytest.mark.parametrize(
    ("value", "words"), [(0.125, "13"), (0.124, "12"), (0.0, "0"), (0.004, "<1"), (0.997, ">99"), (1.0, "100")]
)
def test_percent_is_half_up_and_never_hides_a_few(value, words):
    assert percent(value) == words


def test_a_withheld_row_is_a_word_and_never_a_number(rows):
    row = some(rows, False)
    assert shown(row, "en") == full(row, "en") == "withheld"
    assert mark(row, "en") == ""


def test_a_number_enters_by_key_and_is_logged(rows):
    row, hidden = some(rows, True), some(rows, False)
    said = claim(rows, "en", "x", "{{ num(a) }} and {{ num(b) }}", {"a": row.key, "b": hidden.key})
    assert said.keys == [row.key, hidden.key]
    assert said.texts == [plain(shown(row, "en")), "withheld"]
    assert said.sentence == f"{shown(row, 'en')} and withheld"


@pytest.mark.parametrize("template", ["{{ nothing }}", "{{ num('no.such.key@x') }}", "{{ num( }}"])
def test_a_template_that_cannot_be_filled_stops(rows, template):
    with pytest.raises(FindingsError):
        claim(rows, "en", "x", template, {})


def test_a_title_says_of_what_is_published_where_something_is_withheld(rows):
    entry = rows.config["exhibits"]["figures"]["barriers_health"]
    assert "of what is published" in title(released(suppress=0.3), "barriers_health", entry, "en").sentence
    whole = released(suppress=0.0)
    assert "published" not in title(whole, "barriers_health", entry, "en").sentence


STUDY = study()
OF_WAVES = [name for name, entry in STUDY["exhibits"]["figures"].items() if entry["kind"] != "timeline"]


@pytest.mark.parametrize("lang", STUDY["languages"])
@pytest.mark.parametrize("name", OF_WAVES)
def test_no_sentence_has_a_digit_that_no_key_accounts_for(name, lang):
    rows, entry = of_figure(STUDY, name), STUDY["exhibits"]["figures"][name]
    labels = [text(g.label, lang) for level in rows.levels.values() for g in level.groups.values()]
    labels = sorted((label for label in labels if re.search(r"\d", label)), key=len, reverse=True)
    for said in [title(rows, name, entry, lang), *sentences(rows, name, entry, lang)]:
        rest = said.sentence
        for words in said.texts:
            rest = rest.replace(words, "", 1)
        # A label of ages has digits of its own.
        for words in labels:
            rest = rest.replace(words, "")
        assert not any(letter.isdigit() for letter in rest), said.sentence


def test_a_row_that_is_suppressed_and_has_a_number_is_refused():
    config = study()
    rows = as_text(estimates(config))
    next(row for row in rows if row["status"] == "suppressed")["estimate"] = "0.5"
    with pytest.raises(FindingsError, match="suppressed row has a number"):
        Released(rows, config)


def test_the_release_reads_from_csv_as_from_a_frame(rows, tmp_path):
    frame = estimates(rows.config)
    frame[~is_derived(frame)].to_csv(tmp_path / "estimates.csv", index=False)
    read = Released.read(tmp_path / "estimates.csv", rows.config)
    assert read.select("barriers") == rows.select("barriers")
    assert read.synthetic and read.weighting == "calibrated"


def test_groups_take_the_level_let_through_in_the_order_of_the_config(rows):
    ministry = rows.totals("adoption", "current_any")[0].ministry
    of = {"family": "adoption", "indicator": "current_any", "ministry": ministry}
    shown_rows = rows.groups("ethnicity", **of)
    assert [row.group for row in shown_rows] == list(rows.levels["ethnicity_state_forming"].groups)


def test_a_language_without_captions_is_named():
    with pytest.raises(FindingsError, match="captions.xx.yaml"):
        captions("xx")


def test_every_reliability_of_the_register_has_a_mark(rows):
    row = some(rows, True)
    marks = {r: mark(dataclasses.replace(row, reliability=r), "en") for r in ("footnote", "review", "not_reliable")}
    assert len(set(marks.values())) == 3 and all(marks.values())
    assert mark(dataclasses.replace(row, reliability="reliable"), "en") == ""


def test_a_difference_is_in_points_with_its_sign_and_burmese_has_its_own_digits(rows):
    row = dataclasses.replace(some(rows, True), statistic="difference", value=-0.041, low=-0.08, high=0.004)
    assert plain(full(row, "en")) == "−4 points (−8 to 0)"
    assert plain(full(row, "my")) == "−၄ မှတ် (−၈ မှ ၀)"
