"""Nothing stale: what cannot be vouched for is named, job by job, and made again."""

from __future__ import annotations

import json
import os
import shutil
import sys
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from conftest import WAVE, reproduce
from findings.command import _snakemake
from findings.current import DOSSIER, MANIFEST, doubts, refuse_unless_current
from findings.errors import FindingsError
from test_workflow import released

REGISTER = f"results/confidential/{WAVE}/register.parquet"
ESTIMATES = f"results/work/release/{WAVE}/estimates.csv"


def kept_time(path: Path, change) -> None:
    """Change a file and give it its old time back: nothing that looks at times sees it."""
    times = path.stat()
    change(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def note_of(study: Path, name: str) -> Path:
    """Snakemake's note of an output."""
    notes = study / ".snakemake" / "metadata"
    return next(path for path in notes.iterdir() if urlsafe_b64decode(path.name).decode() == name)


def started(study: Path) -> dict[str, str]:
    """When each job ran, by its record."""
    logs = study / "results" / "logs"
    return {str(path.relative_to(logs)): json.loads(path.read_text())["started"] for path in logs.rglob("*.json")}


def test_a_finished_study_is_vouched_for(finished_study):
    assert doubts(finished_study) == []
    refuse_unless_current(finished_study, _snakemake(finished_study))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("results/release/report.en.html", MANIFEST),
        ("results/release/estimates.csv", MANIFEST),
        (MANIFEST, MANIFEST),
        ("results/audit/data.js", DOSSIER),
        (ESTIMATES, ESTIMATES),
        (REGISTER, REGISTER),
        (f"results/confidential/{WAVE}/ledger.parquet", f"results/confidential/{WAVE}/respondents.parquet"),
        ("results/work/fonts", "results/work/fonts"),
        (f"data/raw/{WAVE}/export.xlsx", f"results/confidential/{WAVE}/responses.parquet"),
        ("data/reference/age_sex.csv", f"results/confidential/{WAVE}/indicators.parquet"),
    ],
)
def test_a_file_that_is_edited_and_keeps_its_time_is_named_with_what_mends_it(study, name, target):
    path = study / name
    path = next(path.glob("*.ttf")) if path.is_dir() else path
    kept_time(path, longer)
    found = doubts(study)
    assert target in {doubt.target for doubt in found}
    assert any(path.name in doubt.why for doubt in found) and all(doubt.there for doubt in found)


def test_a_file_too_many_or_too_few_in_the_release_is_named(study):
    (study / "results/release/extra.csv").write_text("a\n")
    (study / "results/release/index.html").unlink()
    assert sorted((doubt.why.split()[0], doubt.target) for doubt in doubts(study)) == [
        ("results/release/extra.csv", MANIFEST), ("results/release/index.html", MANIFEST),
    ]  # fmt: skip


def test_what_was_put_back_from_a_copy_with_its_record_is_not_of_snakemakes_note(study):
    # Both are of an earlier run, so they fit each other; the note is of the run since.
    record = study / "results" / "logs" / WAVE / "estimate.json"
    told = json.loads(record.read_text())
    told |= {end: told[end].replace("2", "1", 1) for end in ("started", "ended")}
    kept_time(record, lambda path: path.write_text(json.dumps(told)))
    (doubt,) = doubts(study)
    assert doubt.target == REGISTER and "another run" in doubt.why


def test_a_lost_note_or_record_is_named_and_all_of_them_too(study):
    note_of(study, REGISTER).unlink()
    (study / "results" / "logs" / WAVE / "clean.json").unlink()
    (study / "results" / "logs" / WAVE / "weight.json").write_text("{")
    found = {doubt.target: doubt.why for doubt in doubts(study)}
    assert "note" in found[REGISTER]
    for name in ("respondents.parquet", "indicators.parquet"):
        assert "no record" in found[f"results/confidential/{WAVE}/{name}"]
    shutil.rmtree(study / ".snakemake" / "metadata")
    records = {path for path in (study / "results" / "logs").rglob("*.json")}
    assert len(doubts(study)) >= len(records) - 1


def test_what_cannot_be_vouched_for_is_made_again_and_nothing_else(study):
    before, times, name = released(study), started(study), f"tables/adoption.{WAVE}.csv"
    for place in (study / "results" / "work" / "release" / name, study / "results" / "release" / "estimates.csv"):
        kept_time(place, longer)
    with pytest.raises(FindingsError, match="adoption"):
        refuse_unless_current(study, _snakemake(study))
    done = reproduce(study)
    assert done.returncode == 0, done.stderr
    assert "Nothing to be done" not in done.stdout
    assert f"{name} is not as the rule table left it" in done.stdout
    assert "results/release/estimates.csv is not as its manifest says" in done.stdout
    # The table, the release, what is told of both, and whether that holds.
    assert {path for path, at in started(study).items() if at != times[path]} == {
        f"{WAVE}/table_adoption.json", "release.json", "dossier.json", "checks.json",
    }  # fmt: skip
    assert released(study) == before and doubts(study) == []


def test_a_study_without_a_release_has_nothing_to_vouch_for(raw_study):
    (doubt,) = doubts(raw_study)
    assert not doubt.there and doubt.target == MANIFEST
    with pytest.raises(FindingsError, match="Snakemake has steps to do"):
        refuse_unless_current(raw_study, [sys.executable, "-c", "print('Building DAG of jobs')"])
