"""The page "Your own study" run from top to bottom, in the order in which it is read."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess

import pytest
from findings.environment import ROOT

PAGE = ROOT / "docs" / "your_own_study.md"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A copy of the project without data and results, with the environment of the tests."""
    folder = tmp_path_factory.mktemp("own") / "project"
    ignored = shutil.ignore_patterns(
        ".git", ".venv", ".snakemake", "results", "raw", ".*_cache", "__pycache__", "tests"
    )
    shutil.copytree(ROOT, folder, ignore=ignored)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def test_every_step_of_the_page_works_as_it_is_written(place):
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert len(re.findall(r"^\*\*\d+\.\*\*", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)) == 10
    for kind, block in blocks:
        if kind == "sh":
            done = subprocess.run(["sh", "-ec", block], cwd=place, capture_output=True, text=True)
            assert done.returncode == 0, block + done.stdout + done.stderr
        else:
            name, _, text = block.partition("\n")
            (place / name.removeprefix("# ")).write_text(text, encoding="utf-8")
    release = place / "my_study" / "results" / "release"
    assert (release / "figures" / "funnel.spring.en.svg").is_file()
    assert (release / "tables" / "adoption.spring.csv").is_file()
    assert "does not hold" not in (release.parent / "audit" / "checks.html").read_text(encoding="utf-8")
    assert "A poor network" in (release / "report.en.html").read_text(encoding="utf-8")
    # One number, counted by hand from the export.
    with (place / "my_study/data/raw/spring/answers.csv").open(encoding="utf-8") as stream:
        agreed = [row for row in csv.DictReader(stream) if row["consent"] == "yes"]
    share = sum(row["uses_clinic"] == "yes" for row in agreed) / len(agreed)
    with (release / "estimates.csv").open(encoding="utf-8") as stream:
        rows = {row["key"]: row for row in csv.DictReader(stream)}
    found = rows["adoption.uses.proportion|ministry=town;service=clinic;weights=none@spring"]
    assert found["status"] == "published" and int(found["n"]) == len(agreed)
    assert float(found["estimate"]) == pytest.approx(share, abs=0.0006)
