from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml
from findings import figures, finished, fonts, reporting, tables
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.figures.page import save
from findings.finished import (
    check_finished,
    check_report,
    check_said,
    check_table,
    numerals_of_html,
    texts_of_svg,
    typed,
)
from findings.release import write_record
from findings.reporting import Parts, build_html, build_pdf, content
from findings.tables.labelled import write_html
from findings.text.issued import issue, issued, plain
from matplotlib.text import Text
from released_example import WAVE, released, study

EPOCH = 1735689600
LANGUAGES = study()["languages"]
KEY = "adoption.uses.proportion|weights=none@w"


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A short report of one wave: two figures, two tables."""
    config = study()
    chosen = {"figures": ["funnel_health", "adoption_age"], "tables": ["adoption", "quality"]}
    last = {"id": "x", "label": {"en": "X", "my": "X"}, **chosen}
    config["report"]["chapters"] = [*config["report"]["chapters"][:2], last]
    folder = tmp_path_factory.mktemp("release")
    (folder / "figures").mkdir()
    (folder / "fonts").mkdir()
    fonts.cut(folder / "fonts")
    fonts.use(folder / "fonts")
    main = released(config)
    for lang in LANGUAGES:
        for name in chosen["figures"]:
            save(figures.draw(main, name, lang), [folder / "figures" / f"{name}.{WAVE}.{lang}.svg"], EPOCH, lang)
    shown = {kind: [(name, WAVE) for name in names] for kind, names in chosen.items()}
    return Parts({WAVE: main}, {}, WAVE, shown["figures"], shown["tables"], {}, folder)


def build(parts, lang, folder):
    """The report's two files, and what is said in them."""
    found, _ = content(parts, lang)
    html, pdf = folder / "r.html", folder / "r.pdf"
    page = build_html(found, parts.release, parts.release / "fonts", html)
    build_pdf(found, parts.release, parts.release / "fonts", pdf, EPOCH)
    return found, page, html, pdf, parts.release / "figures"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_number_of_the_report_has_its_key_in_both_forms(parts, tmp_path, lang):
    numbers = check_report(*build(parts, lang, tmp_path))
    keys = {key.split("#")[0] for key, _ in numbers if "|" in key}
    assert len(numbers) > 100 and keys and all(parts.released[WAVE].number(key) for key in keys)
    assert not re.search("[\U000f0000-\U0010ffff]", (tmp_path / "r.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("template", "place", "number"),
    [
        ("report.html.jinja", '<main id="text">', '<main id="text"><p>And 61% of women.</p>'),
        ("report.typ", "#outline(title: w.contents", "#par[61% of women]\n#outline(title: w.contents"),
        ("report.typ", "heading(level: 1, chapter.label)", "heading(level: 1, chapter.label)\n  par[61% of women]"),
    ],
)
def test_a_number_typed_into_a_template_stops_the_build(parts, tmp_path, monkeypatch, template, place, number):
    folder = tmp_path / "report"
    folder.mkdir()
    for path in filter(Path.is_file, reporting.FOLDER.iterdir()):
        words = path.read_text(encoding="utf-8")
        if path.name == template:
            assert place in words
            words = words.replace(place, number)
        (folder / path.name).write_text(words, encoding="utf-8")
    monkeypatch.setattr(reporting, "FOLDER", folder)
    with pytest.raises(FindingsError, match="61|not those that were issued"):
        check_report(*build(parts, "en", tmp_path))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_number_typed_into_the_config_or_a_caption_stops_the_build(parts, tmp_path, lang):
    found, page, *files = build(parts, lang, tmp_path)
    with pytest.raises(FindingsError, match="no key stands behind"):
        check_report(found, [*page, "၆၁% of women"], *files)
    found["chapters"][0]["paragraphs"].append("61% of women")
    with pytest.raises(FindingsError, match="61"):
        check_report(found, page, *files)


def test_a_number_lost_on_the_way_to_the_page_stops_the_build(parts, tmp_path):
    found, page, *files = build(parts, "en", tmp_path)
    lost = [words for words in page if not issued(words)]
    with pytest.raises(FindingsError, match="not on its page"):
        check_report(found, lost, *files)
    with pytest.raises(FindingsError, match="not those that were issued"):
        check_finished("page", page, numerals_of_html(files[0]) + Counter(["61"]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_number_of_a_figure_that_the_pdf_does_not_say_stops_the_build(parts, tmp_path, lang):
    found, page, *files, folder = build(parts, lang, tmp_path)
    for path in folder.glob(f"*.{lang}.svg"):
        shutil.copy(path, tmp_path)
    check_report(found, page, *files, tmp_path)
    other = tmp_path / f"funnel_health.{WAVE}.{lang}.svg"
    words = max((each for each in texts_of_svg(other.read_text(encoding="utf-8")) if "%" in each), key=len)
    other.write_text(other.read_text(encoding="utf-8").replace(words, f"{words}1"), encoding="utf-8")
    with pytest.raises(FindingsError, match="not those that were issued"):
        check_report(found, page, *files, tmp_path)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_number_written_by_the_code_of_a_figure_stops_it(parts, lang):
    figure = figures.draw(parts.released[WAVE], "funnel_health", lang)
    assert check_said("funnel_health", [save(figure, [], EPOCH, lang)])
    assert not any(issued(text.get_text()) for text in figure.findobj(Text))
    figure = figures.draw(parts.released[WAVE], "funnel_health", lang)
    figure.text(0.5, 0.5, "61%")
    with pytest.raises(FindingsError, match="61"):
        check_said("funnel_health", [save(figure, [], EPOCH, lang)])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_table_is_compared_with_its_page(parts, tmp_path, lang):
    table = tables.labelled(parts.released[WAVE], "adoption", lang)
    path = tmp_path / f"adoption.{lang}.html"
    write_html(table, path)
    assert check_table("adoption", table.said, [str(path)], lang)
    path.write_text(path.read_text(encoding="utf-8").replace("</tbody>", "<tr><td>61%</td></tr></tbody>"))
    with pytest.raises(FindingsError, match="61"):
        check_table("adoption", table.said, [str(path)], lang)


def test_what_is_let_through_names_more_than_a_number():
    """A pattern that matched any percentage would let a result through."""
    results = ["61%", "61% (58–64%)", "34–40%", "1,234", "0.012", "+4 points", "2,019", "3.25", "၆၁%", "95% use it"]
    assert all(typed(words) for words in results)
    assert not typed(f"In 2025, aged 18–24: {issue(KEY, '61%')}; 95% intervals")


def test_a_record_lists_each_number_with_its_key(tmp_path):
    write_record(tmp_path / "r.json", "x", WAVE, "figure", [KEY], [], {"en": [(KEY, plain(issue(KEY, "61%")))]})
    assert json.loads((tmp_path / "r.json").read_text())["numbers"] == {"en": [[KEY, "61%"]]}


def test_every_pattern_has_its_reason():
    entries = yaml.safe_load(finished.KNOWN.read_text(encoding="utf-8"))
    assert all(set(entry) == {"pattern", "reason"} and len(entry["reason"]) > 8 for entry in entries)
    assert len(entries) < 20 and (ROOT / "workflow" / "report" / "numerals.yaml").is_file()
