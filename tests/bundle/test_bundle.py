"""The reviewer's bundle: it verifies where this project is not, holds no microdata, and is refused where it must be."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from conftest import WAVE, reproduce
from findings.bundle import codecheck, contents
from findings.bundle.packing import make
from findings.environment import ROOT
from findings.errors import FindingsError
from python_calamine import CalamineWorkbook


def alone(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """verify.py by Python without any installed package, in an environment that knows nothing of this project."""
    command = [sys.executable, "-I", "-S", "verify.py", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={"PYTHONIOENCODING": "utf-8"})


def test_it_verifies_in_an_empty_folder(opened_bundle):
    done = alone(opened_bundle)
    assert done.returncode == 0 and "Verified:" in done.stdout, done.stdout + done.stderr
    path = f"{Path(sys.executable).parent}:{os.defpath}:/usr/bin:/bin"
    done = subprocess.run(["sh", "VERIFY.sh"], cwd=opened_bundle, capture_output=True, text=True, env={"PATH": path})
    assert done.returncode == 0 and "Verified:" in done.stdout, done.stdout + done.stderr


def test_a_harmed_one_does_not(opened_bundle):
    changed, missing = opened_bundle / "START.html", opened_bundle / "results/release/claims.csv"
    added, before = opened_bundle / "data" / "raw" / WAVE / "export.xlsx", changed.read_bytes()
    changed.write_bytes(before + b"x")
    missing.rename(added)
    done = alone(opened_bundle)
    changed.write_bytes(before)
    added.rename(missing)
    assert done.returncode == 1 and "Verified" not in done.stdout
    for words in (
        "changed: START.html",
        "missing: results/release/claims.csv",
        f"not in the manifest: data/raw/{WAVE}/export.xlsx",
    ):
        assert words in done.stdout


def test_a_printed_number_that_the_register_lacks_is_found(opened_bundle, tmp_path):
    """As after somebody made the manifest and the crate anew: `verify` by its parts."""
    spec = importlib.util.spec_from_file_location("verify", opened_bundle / "verify.py")
    verify = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(verify)
    rows = verify.rows
    verify.rows = lambda name: (row for row in rows(name) if name != "estimates.csv" or row["family"] != "trust")
    wrong, _ = verify.verify()
    told = {each.split(": ")[0] for each in wrong}
    assert told == {"printed, and not published", "in a sentence, and not in the register"}
    # A sentence that says of a number that it is withheld is sound; the number printed would not be.
    key = next(each.split(": ")[1] for each in wrong if each.startswith("printed") and "proportion" in each)
    verify.rows = lambda name: (
        row | {"status": "suppressed"} if name == "estimates.csv" and row["key"] == key else row for row in rows(name)
    )
    assert verify.verify()[0] == [f"printed, and not published: {key}"]


def test_a_sentence_leads_to_its_keys_rows_rules_and_commit(opened_bundle):
    sentences = pd.read_csv(opened_bundle / "results/release/sentences.en.csv", dtype=str)
    row = sentences.iloc[0]
    done = alone(opened_bundle, row["sentence"][:60])
    assert done.returncode == 0
    for key in row["keys"].split():
        assert f"KEY {key}" in done.stdout
    commit = next(
        e
        for e in json.loads((opened_bundle / "ro-crate-metadata.json").read_text())["@graph"]
        if e["@id"] == "Snakefile"
    )
    for words in (
        "workflow/scripts/clean.py",
        "workflow/scripts/disclose.py",
        f"data/raw/{WAVE}/export.xlsx",
        commit["version"],
    ):
        assert words in done.stdout, words
    assert (
        done.stdout.index("scripts/ingest.py")
        < done.stdout.index("scripts/estimate.py")
        < done.stdout.index("scripts/disclose.py")
    )
    assert alone(opened_bundle, "no sentence holds these words").returncode == 1


def test_a_search_says_how_many_numbers_it_does_not_show_and_how_to_see_them(opened_bundle):
    for words in ("adoption.current_any.proportion|ministry=finance;weights=none", "ever used"):
        first, whole = alone(opened_bundle, words), alone(opened_bundle, "--all", words)
        left = int(re.search(r"NOT SHOWN: (\d+) more", first.stdout)[1])
        assert shlex.quote(words) in first.stdout.split("--all ")[1], first.stdout
        assert "NOT SHOWN" not in whole.stdout and whole.returncode == first.returncode == 0
        # A sentence is shown whole: its numbers may be a few more than the five.
        assert whole.stdout.count("\nKEY ") == left + first.stdout.count("\nKEY ") > 5
    alone_told = alone(opened_bundle, f"adoption.current_any_service.proportion|weights=calibrated@{WAVE}").stdout
    assert "NOT SHOWN" not in alone_told
    assert "a part that was not asked because its ever_used is 0: counts as 0" in alone_told


def test_the_first_page_links_the_key_of_its_own_example(opened_bundle):
    page = (opened_bundle / "START.html").read_text(encoding="utf-8")
    links = re.findall(r'href="results/audit/key.html#([^"]+)">[^<]*<wbr>([^<]+)</a>', page)
    assert len(links) == page.count("audit/key.html") / 2 == 2
    keys = set(pd.read_csv(opened_bundle / "results/release/estimates.csv", usecols=["key"])["key"])
    assert all(unquote(link) == unescape(shown) in keys for link, shown in links)


def test_it_holds_the_report_the_code_and_no_microdata(opened_bundle, finished_study):
    files = {path.relative_to(opened_bundle).as_posix() for path in opened_bundle.rglob("*") if path.is_file()}
    assert {"START.html", "VERIFY.sh", "verify.py", "codecheck.yml", "docs/replication.md", "envs/run.txt", "Snakefile",
            "config.yaml", "results/release/report.en.pdf", "results/release/estimates.csv"} <= files  # fmt: skip
    raw = {name for name in files if name.startswith("data/raw/")}
    assert raw == {f"data/raw/{WAVE}/wave.yaml", f"data/raw/{WAVE}/form.xlsx"}
    assert not {
        name
        for name in files
        if name.startswith("results/") and not name.startswith(("results/release/", "results/audit/"))
    }
    assert (opened_bundle / "config.yaml").read_bytes() == (finished_study / "config.yaml").read_bytes()
    assert os.access(opened_bundle / "reproduce", os.R_OK)


def test_nothing_of_a_respondent_and_no_path_of_this_machine_is_in_it(bundle, finished_study):
    export = finished_study / "data" / "raw" / WAVE / "export.xlsx"
    rows = CalamineWorkbook.from_path(str(export)).get_sheet_by_index(0).to_python()
    uuid = next(n for n, header in enumerate(rows[0]) if str(header).endswith("_uuid"))
    planted = [str(row[uuid]) for row in rows[1:151]]
    planted += [str(finished_study), str(ROOT), bundle.parent.as_posix()]
    assert len(planted) > 100 and all(len(word) > 7 for word in planted)
    with zipfile.ZipFile(bundle) as archive:
        (top,) = {name.split("/")[0] for name in archive.namelist()}
        for entry in archive.infolist():
            assert not entry.filename.startswith("/") and ".." not in entry.filename.split("/")
            assert entry.external_attr >> 28 == 0o10, "a file, and no link"
            content = archive.read(entry)
            assert not [word for word in planted if word.encode() in content], entry.filename
    assert top.startswith("nug_digital_services-")


def test_the_same_content_gives_the_same_bytes(bundle, repository):
    before = bundle.read_bytes()
    again = make(bundle.parents[2], repository)
    assert again.name == bundle.name and again.read_bytes() == before


def test_it_is_refused_for_real_people_and_for_results_that_are_not_current(study, repository):
    release, wave = study / "results" / "release", study / "data" / "raw" / WAVE / "wave.yaml"

    def refused(path: Path, old: str, new: str, words: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(FindingsError, match=words):
            make(study, repository)
        path.write_text(text, encoding="utf-8")

    refused(wave, "synthetic: true", "synthetic: false", rf"synthetic waves only[^$]*{WAVE}")
    refused(release / "estimates.csv", ",True,", ",False,", rf"synthetic waves only[^$]*{WAVE}")
    link = release / "link.csv"
    link.symlink_to(study / "data" / "raw" / WAVE / "export.xlsx")
    config, _ = codecheck.declared(study)
    with pytest.raises(FindingsError, match="leads out"):
        contents.files(study, config, repository)
    link.unlink()
    config_file = study / "config.yaml"
    text = config_file.read_text(encoding="utf-8")
    config_file.write_text(text.replace("{en: Telekyanmar", "{en: Telekyanmar clinic", 1), encoding="utf-8")
    done = reproduce(study, "bundle")
    assert done.returncode == 1 and "not current" in done.stderr and "./reproduce" in done.stderr
    assert not (study / "results" / "bundle").exists()


def test_code_that_differs_from_its_commit_is_refused(repository, tmp_path):
    clone = tmp_path / "clone"
    shutil.copytree(repository, clone)
    assert len(contents.commit(clone)) == 40
    (clone / "workflow" / "scripts" / "new.py").write_text("")
    with pytest.raises(FindingsError) as stop:
        contents.commit(clone)
    assert "workflow/scripts/new.py" in str(stop.value) and "git commit" in str(stop.value)
    with pytest.raises(FindingsError, match="no git"):
        contents.commit(tmp_path)
