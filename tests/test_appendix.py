"""The data appendix: every variable of a wave, from released rows alone."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from findings.appendix import frame, keys, variables
from findings.appendix import page as pages
from findings.errors import FindingsError
from findings.finished import check_finished, check_said, numerals_of_html, texts_of_html
from findings.plan import expand_indicators
from findings.text.captions import FOLDER
from findings.text.exhibits import INSTRUMENT
from findings.text.issued import plain
from released_example import WAVE, released, study

LANGUAGES = study()["languages"]


@pytest.fixture(scope="module")
def shown():
    main = released(study())
    found, absent = variables(main)
    return main, found, absent


def page(shown, lang, tmp_path):
    main, found, absent = shown
    return pages.page(main, found, absent, lang, tmp_path, f"variables.{WAVE}.csv")


def test_every_indicator_stands_in_one_variable_or_is_named_as_absent(shown):
    main, found, absent = shown
    rows = [row.estimate for variable in found if variable.section != "respondents" for row in variable.rows]
    have = [(row.family, row.indicator, row.of) for row in rows]
    lack = [(each.family, each.id, each.service or each.ministry) for each in absent]
    assert sorted([*have, *lack], key=str) == sorted(
        [(each.family, each.id, each.service or each.ministry) for each in expand_indicators(main.config)], key=str
    )
    assert all(row.breakdown is None and row.weighting == main.weighting for row in rows)
    assert len({variable.name for variable in found}) == len(found)


def test_the_answers_of_a_question_are_one_variable(shown):
    _, found, _ = shown
    of = {variable.name: variable for variable in found}
    families = {row.estimate.family for row in of["trust"].rows}
    assert {"answers", "trust"} <= families and of["trust"].section == "questions"
    assert of["trust"].rows[0].estimate.family == "answers"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_the_released_numbers_and_no_others(shown, lang, tmp_path):
    made = page(shown, lang, tmp_path)
    path = tmp_path / "page.html"
    path.write_text(plain(made), encoding="utf-8")
    numbers = check_said("appendix", texts_of_html(made))
    check_finished("appendix", texts_of_html(made), numerals_of_html(path))
    assert {key.split("#")[0] for key, _ in numbers} <= {INSTRUMENT, *keys(shown[1])}
    assert made.count("<figure>") == made.count("<table>") == len(shown[1])
    assert not re.search(r'(?:src|href)="?https?:', made)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_label_and_a_question_stand_in_every_language(shown, lang, tmp_path):
    made = page(shown, lang, tmp_path)
    of = next(variable for variable in shown[1] if variable.name == "trust")
    assert all(of.label[each] in made and of.question[each] in made for each in LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_question_may_name_a_number_and_a_label_may_not(shown, lang, tmp_path):
    """ "In the past 30 days" is the questionnaire's own; 30 of a label might be a result."""
    main, found, absent = shown
    asked = [replace(each, question={"en": "In the past 30 days?"}) for each in found]
    numbers = check_said("appendix", texts_of_html(page((main, asked, absent), lang, tmp_path)))
    assert sum("30 days" in words for _, words in numbers) == len(found)
    labelled = [replace(each, label={"en": "30 of them"}) for each in found]
    with pytest.raises(FindingsError, match="30"):
        check_said("appendix", texts_of_html(page((main, labelled, absent), lang, tmp_path)))


def test_a_withheld_row_has_no_number_and_no_bar(tmp_path):
    def withhold(row):
        return {**row, "status": "suppressed", **dict.fromkeys(("estimate", "ci_low", "ci_high", "n"), "")}

    main = released(study())
    main._rows[:] = [
        withhold(row) if row["family"] == "answers" and "trust" in row["indicator"] else row for row in main._rows
    ]
    main._by_key |= {row["key"]: row for row in main._rows}
    found, _ = variables(main)
    of = next(variable for variable in found if variable.name == "trust")
    rows = [row for row in of.rows if row.estimate.family == "answers"]
    drawn = pages._figure(rows, "", "en")["bars"]
    assert rows and all(bar["width"] is None and bar["low"] is None for bar in drawn)
    table = frame([of])
    assert table.loc[table["family"] == "answers", ["estimate", "ci_low", "n"]].isna().all(axis=None)


def test_a_number_typed_into_the_template_stops_the_build(shown, tmp_path, monkeypatch):
    folder = tmp_path / "appendix"
    folder.mkdir()
    for path in (FOLDER / "appendix").iterdir():
        words = path.read_text(encoding="utf-8").replace(
            "<h1>{{ title }}</h1>", "<h1>{{ title }}</h1><p>61% of women</p>"
        )
        (folder / path.name).write_text(words, encoding="utf-8")
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    with pytest.raises(FindingsError, match="no key stands behind"):
        check_said("appendix", texts_of_html(page(shown, "en", tmp_path)))


def test_the_release_has_it_with_its_keys(finished_study):
    release = finished_study / "results" / "release"
    table = pd.read_csv(release / "appendix" / "variables.nug_2025.csv", dtype=str)
    rows = pd.read_csv(release / "estimates.csv", dtype=str).set_index("key")
    printed = pd.read_csv(release / "numbers.csv", dtype=str)
    assert set(table["key"]) <= set(rows.index) and len(table) > 100
    told = table.dropna(subset="estimate").set_index("key")["estimate"].astype(float)
    assert (told - rows.loc[told.index, "estimate"].astype(float)).abs().max() == 0
    assert set(printed.loc[printed["exhibit"] == "appendix", "language"]) == set(LANGUAGES)
    assert "appendix/variables.nug_2025.en.html" in (release / "index.html").read_text(encoding="utf-8")
