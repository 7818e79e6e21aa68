"""What is generated from the study for reviewers: codecheck.yml and the replication page."""

from __future__ import annotations

import pandas as pd
import yaml
from findings.bundle import codecheck, replication
from findings.environment import ROOT
from findings.text.captions import FOLDER

MEND = "run PYTHONPATH=workflow .venv/bin/python -m findings.bundle.codecheck"


def test_the_generated_files_are_those_of_the_study_and_the_code():
    for path, words in codecheck.generated().items():
        assert (ROOT / path).read_text(encoding="utf-8") == words, f"{path} is not current: {MEND}"


def test_the_manifest_is_what_the_release_holds(finished_study):
    config, waves = codecheck.declared(finished_study)
    made = yaml.safe_load(codecheck.codecheck(config, waves, finished_study))
    listed = [entry["file"].removeprefix(codecheck.RELEASE) for entry in made["manifest"]]
    assert all((finished_study / "results" / "release" / name).is_file() for name in listed)
    exhibits = pd.read_csv(finished_study / "results" / "release" / "exhibits.csv", dtype=str)
    of = exhibits[exhibits["rule"].str.endswith(("figure", "table"))]
    wanted = of[of["file"].str.endswith((".en.pdf", ".csv"))]["file"]
    assert sorted(name for name in listed if "/" in name) == sorted(wanted)
    assert all(entry["comment"] for entry in made["manifest"])


def test_it_says_what_is_known_of_the_paper_and_nothing_of_a_check():
    made = yaml.safe_load((ROOT / "codecheck.yml").read_text(encoding="utf-8"))
    assert set(made) == {"version", "paper", "manifest"}
    assert [each["name"] for each in made["paper"]["authors"]] == ["Kyaw Lwin", "Myat Su Thwe"]


def test_a_study_without_a_paper_has_none(tmp_path):
    assert codecheck.paper(tmp_path) is None


def test_each_exhibit_names_the_line_of_its_function():
    config, waves = codecheck.declared(ROOT)
    for found in codecheck.manifest(config, waves):
        exhibit = replication._exhibit(found, config, "en")
        line = (ROOT / exhibit["program"]).read_text(encoding="utf-8").splitlines()[exhibit["line"] - 1]
        assert line.startswith("def "), exhibit


def test_the_first_page_has_the_same_steps_in_every_language():
    config, _ = codecheck.declared(ROOT)
    words = [
        yaml.safe_load((FOLDER / "bundle" / f"start.{each}.yaml").read_text(encoding="utf-8"))
        for each in config["languages"]
    ]
    assert len({(tuple(each), len(each["steps"]), len(each["parts"])) for each in words}) == 1
    assert len(words[0]["steps"]) == 10
