"""Snakemake's own report: every exhibit with its caption, by chapter and wave, without a network."""

from __future__ import annotations

import re

import yaml
from conftest import WAVE, reproduce
from findings import overview
from findings.text.captions import captions
from snakemake.iocontainers import Wildcards


def test_a_finished_run_has_a_report_with_captions_and_categories(study, tmp_path, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        # Nobody is there: what would be fetched is missing.
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    page = tmp_path / "report.html"
    done = reproduce(study, "snakemake", "--report", str(page))
    assert done.returncode == 0, done.stderr
    words = page.read_text(encoding="utf-8")
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    said = re.findall(r'"caption": ?"((?:[^"\\]|\\.)*)"', words)
    exhibits = [*config["exhibits"]["figures"].values(), *config["exhibits"]["tables"].values()]
    # Each exhibit in both languages, the appendix and the report too.
    assert len(said) == 2 * len(exhibits) + 4
    assert all(caption.strip() for caption in said)
    stamp = captions("en")["stamp"].split(" — ")[0]
    unstamped = [caption for caption in said if stamp not in caption]
    assert len(unstamped) == 4 and all("published sources" in caption for caption in unstamped)
    for chapter in config["report"]["chapters"]:
        if chapter.get("figures") or chapter.get("tables"):
            assert chapter["label"]["en"] in words
    assert all(entry["label"]["en"] in words for entry in exhibits)


def test_an_exhibit_stands_under_its_first_chapter_and_its_wave():
    study = {
        "languages": ["en"],
        "study": {"title": {"en": "The study"}},
        "waves": {WAVE: {"label": {"en": "A wave"}}},
        "report": {
            "chapters": [
                {"label": {"en": "One"}, "figures": ["a"]},
                {"label": {"en": "Two"}, "figures": ["a", "b"]},
            ]
        },
        "exhibits": {"figures": {"a": {"label": {"en": "A"}}, "b": {}, "c": {}}},
    }

    def wildcards(name, **more):
        return Wildcards(fromdict={"name": name, **more})

    chapter = overview.chapter_of(study, "figures")
    assert [chapter(wildcards(name)) for name in "abc"] == ["One", "Two", "In no chapter"]
    assert overview.wave_of(study)(wildcards("a", wave=WAVE)) == "A wave"
    assert overview.wave_of(study)(wildcards("a")) == "The study"
    assert overview.labels_of(study, "figures", "en")(wildcards("a")) == {"figure": "A", "language": "en"}
    marked = overview.marked(["x.en.svg", "x.en.pdf"], "figures", study)
    assert [hasattr(file, "flags") for file in marked] == [True, False]
