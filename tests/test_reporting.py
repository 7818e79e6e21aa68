from __future__ import annotations

import csv
import html
import json
import re
from collections import Counter
from dataclasses import replace

import jsonschema
import pytest
from findings import figures, fonts
from findings.config import load_wave
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.figures import timeline
from findings.figures.page import save
from findings.inventory import load_inventory
from findings.release import write_record
from findings.reporting import Parts, build_html, build_pdf, content, write_sentences
from pypdf import PdfReader
from released_example import WAVE, released, study

EPOCH = 1735689600


LANGUAGES = study()["languages"]


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fonts")
    fonts.cut(folder)
    fonts.use(folder)
    return folder


@pytest.fixture(scope="module")
def parts(letters, tmp_path_factory):
    """A report of two waves of one design and one of volunteers, with a few figures of each kind of wave."""
    config = study()
    folder = tmp_path_factory.mktemp("release")
    (folder / "figures").mkdir()
    first = released(config, wave="nug_2024", design="volunteer", intervals=False)
    main = released(config)
    inventory = load_inventory(ROOT / "data/reference/inventory.yaml", config["services"])
    shown = [("timeline", ""), ("flow", WAVE), ("funnel_health", WAVE), ("adoption_gender", WAVE), ("views", WAVE),
             ("volunteers", "nug_2024")]  # fmt: skip
    for name, wave in shown:
        for lang in LANGUAGES:
            entry = config["exhibits"]["figures"][name]
            rows = first if wave == "nug_2024" else main
            figure = figures.draw(rows, name, lang) if wave else timeline.draw(inventory, config, entry, lang)
            save(figure, [folder / "figures" / f"{name}{'.' + wave if wave else ''}.{lang}.svg"], EPOCH, lang)
    waves = {wave: load_wave(ROOT / "data" / "raw" / wave / "wave.yaml") for wave in ("nug_2024", WAVE)}
    tables = [("services", ""), ("respondents", WAVE), ("adoption", WAVE), ("quality", "nug_2024"), ("glossary", WAVE)]
    return Parts({"nug_2024": first, WAVE: main}, waves, WAVE, shown, tables, inventory, folder)


def text_of(page: str) -> str:
    """What a reader of the HTML sees, without the contents, which the PDF numbers by page."""
    body = re.sub(r"<(style|nav|title)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", body))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pdf_is_tagged_and_the_same_bytes_each_time(parts, letters, tmp_path, lang):
    found, _ = content(parts, lang)
    for name in ("a.pdf", "b.pdf"):
        build_pdf(found, parts.release, letters, tmp_path / name, EPOCH)
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert pdf == (tmp_path / "b.pdf").read_bytes()
    assert b"/StructTreeRoot" in pdf and b"pdfuaid:part" in pdf and b"/Lang" in pdf and b"/Outlines" in pdf


def test_the_html_needs_no_other_file_and_every_figure_has_its_text(parts, letters, tmp_path):
    found, _ = content(parts, "en")
    build_html(found, parts.release, letters, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)
    anchors = set(re.findall(r'href="#([^"]+)"', page))
    assert anchors <= set(re.findall(r'id="([^"]+)"', page))
    alts = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(alts) == len(parts.figures) and all(len(alt) > 40 for alt in alts[1:])
    assert page.count("<caption>") == len(parts.tables)
    assert "synthetic" in page and "No percentage in it is a finding of the study" in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pdf_and_html_say_the_same_numbers(parts, letters, tmp_path, lang):
    """The figures' own text is drawn in the one and an image in the other: the rest is compared, number by number."""
    found, _ = content(parts, lang)
    for chapter in found["chapters"]:
        chapter["figures"] = []
    build_html(found, parts.release, letters, tmp_path / "r.html")
    build_pdf(found, parts.release, letters, tmp_path / "r.pdf", EPOCH)
    said = text_of((tmp_path / "r.html").read_text(encoding="utf-8"))
    pages = [page.extract_text() for page in PdfReader(tmp_path / "r.pdf").pages]
    # The second page, the contents, names pages; the last line of each is its own number.
    body = " ".join("\n".join(page.rstrip().split("\n")[:-1]) for page in (pages[0], *pages[2:]))
    digit = "[0-9၀-၉]"
    counted = [Counter(re.findall(f"{digit}+", words)) for words in (said, body)]
    assert sum(counted[0].values()) > 500
    assert counted[0] == counted[1]


def test_real_data_are_not_called_synthetic(parts):
    real = {wave: released(study(), wave=wave, synthetic=False) for wave in parts.released}
    found, _ = content(replace(parts, released=real), "en")
    assert found["stamp"] == found["warning"] == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_claims_hold_only_released_keys_and_the_texts_they_print(parts, tmp_path, lang):
    _, claims = content(parts, lang)
    write_sentences(claims, tmp_path / "sentences.csv")
    schema = json.loads((ROOT / "workflow/schemas/sentences.schema.json").read_text())
    with (tmp_path / "sentences.csv").open(encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert len(lines) > 10
    for line in lines:
        jsonschema.validate(line, schema)
        keys, texts = line["keys"].split(" "), line["texts"].split("|")
        assert len(keys) == len(texts) and all(parts.released[line["wave"]].number(key) for key in keys)
        assert all(text in line["sentence"] for text in texts)


def test_what_a_wave_does_not_state_is_said_with_the_key_that_would_state_it(parts):
    found, _ = content(parts, "en")
    lists = next(chapter["checklists"] for chapter in found["chapters"] if chapter["checklists"])
    labels = [each["label"] for each in lists]
    assert sum("AAPOR" in label for label in labels) == 2 and sum("CHERRIES" in label for label in labels) == 1
    said = " ".join(cell for each in lists for row in each["rows"] for cell in row)
    assert "methods.sponsor" in said and "No margin of error" in said and "{{" not in said


def test_a_missing_figure_and_an_unknown_exhibit_stop_the_report(parts, tmp_path):
    with pytest.raises(FindingsError, match="missing"):
        content(replace(parts, release=tmp_path), "en")
    config = study()
    config["report"]["chapters"][0]["figures"] = ["no_such"]
    with pytest.raises(FindingsError, match="no_such"):
        content(replace(parts, released={WAVE: released(config)}, headline=WAVE), "en")


def test_a_record_names_files_as_they_lie_in_the_release(tmp_path):
    files = ["results/work/release/figures/funnel.w.en.svg"]
    write_record(tmp_path / "r.json", "funnel", WAVE, "figure", ["k"], files, {})
    record = json.loads((tmp_path / "r.json").read_text())
    assert record["files"] == ["figures/funnel.w.en.svg"] and record["script"] == "workflow/scripts/figure.py"
    schema = json.loads((ROOT / "workflow/schemas/exhibits.schema.json").read_text())
    row = {**record, "keys": " ".join(record["keys"]), "file": record["files"][0], "sha256": "0" * 64}
    del row["files"], row["numbers"]
    jsonschema.validate(row, schema)
