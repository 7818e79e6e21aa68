from __future__ import annotations

import csv
import json
import re

import jsonschema
import pytest
from findings import figures
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.figures.page import save
from findings.release import write_record
from findings.reporting import build_html, build_pdf, content, write_claims
from released_example import WAVE, released

EPOCH = 1735689600


@pytest.fixture(scope="module")
def rows():
    return released()


@pytest.fixture(scope="module")
def release(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    (folder / "figures").mkdir()
    for name in rows.config["exhibits"]["figures"]:
        save(figures.draw(rows, name, "en"), [folder / "figures" / f"{name}.{WAVE}.en.svg"], EPOCH)
    return folder


def test_the_pdf_is_tagged_and_the_same_bytes_each_time(rows, release, tmp_path):
    found, _ = content([rows], release, "en")
    for name in ("a.pdf", "b.pdf"):
        build_pdf(found, release, tmp_path / name, EPOCH)
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert pdf == (tmp_path / "b.pdf").read_bytes()
    assert b"/StructTreeRoot" in pdf and b"pdfuaid:part" in pdf and b"/Lang" in pdf


def test_the_html_needs_no_other_file_and_every_figure_has_its_text(rows, release, tmp_path):
    found, _ = content([rows], release, "en")
    build_html(found, release, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)
    alts = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(alts) == len(rows.config["exhibits"]["figures"]) and all(len(alt) > 40 for alt in alts)
    assert page.count("<caption>") == len(rows.config["exhibits"]["tables"])
    assert "synthetic" in page and "No percentage in it is a finding of the study" in page


def test_real_data_are_not_called_synthetic(release):
    found, _ = content([released(synthetic=False)], release, "en")
    assert found["stamp"] == found["warning"] == ""


def test_claims_hold_only_released_keys_and_the_texts_they_print(rows, release, tmp_path):
    _, claims = content([rows], release, "en")
    write_claims(claims, tmp_path / "claims.csv")
    schema = json.loads((ROOT / "workflow/schemas/claims.schema.json").read_text())
    with (tmp_path / "claims.csv").open(encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert len(lines) > 15
    for line in lines:
        jsonschema.validate(line, schema)
        keys, texts = line["keys"].split(" "), line["texts"].split("|")
        assert len(keys) == len(texts) and all(rows.number(key) for key in keys)
        assert all(text in line["sentence"] for text in texts)


def test_a_missing_figure_stops_the_report(rows, tmp_path):
    with pytest.raises(FindingsError, match="missing"):
        content([rows], tmp_path, "en")


def test_a_record_names_files_as_they_lie_in_the_release(tmp_path):
    write_record(tmp_path / "r.json", "funnel", WAVE, "figure", ["k"], ["results/work/release/figures/funnel.w.en.svg"])
    record = json.loads((tmp_path / "r.json").read_text())
    assert record["files"] == ["figures/funnel.w.en.svg"] and record["script"] == "workflow/scripts/figure.py"
    schema = json.loads((ROOT / "workflow/schemas/exhibits.schema.json").read_text())
    row = {**record, "keys": " ".join(record["keys"]), "file": record["files"][0], "sha256": "0" * 64}
    del row["files"]
    jsonschema.validate(row, schema)
