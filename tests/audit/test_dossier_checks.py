"""A run whose chain is broken ends with status 1 and names the check; dossier and release stay to be looked at."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import WAVE, reproduce
from findings.audit.dossier.checks import FILE, hold
from findings.errors import FindingsError

MANIFEST, CHECKED = "results/release/MANIFEST.sha256", "results/work/audit/checked.json"


def dossier_anew(study: Path):
    shutil.rmtree(study / "results" / "audit")
    return reproduce(study)


def test_a_tampered_record_of_a_job_stops_every_run_until_it_is_mended(study):
    path, released = study / "results" / "logs" / WAVE / "estimate.json", (study / MANIFEST).read_bytes()
    record = path.read_bytes()
    path.write_text(json.dumps({**json.loads(record), "code": "0" * 64}), encoding="utf-8")
    done = dossier_anew(study)
    claim = "The code shown here is the code that ran"
    assert done.returncode == 1
    assert claim in done.stderr and "results/audit/checks.html" in done.stderr and f"estimate {WAVE}" in done.stderr
    assert "Mend: ./reproduce clean, then ./reproduce" in done.stderr
    assert done.stderr.rstrip().endswith("Stopped: the release is in place, and it does not pass its checks.")
    # Both are there to be looked at, and the dossier's first page says it too.
    assert (study / MANIFEST).read_bytes() == released
    assert claim in (study / "results" / "audit" / "checks.html").read_text(encoding="utf-8")
    assert "1 of 11 do not hold" in (study / "results" / "audit" / "index.html").read_text(encoding="utf-8")
    again = reproduce(study)
    assert again.returncode == 1 and claim in again.stderr
    assert reproduce(study, "bundle").returncode != 0
    path.write_bytes(record)
    mended = dossier_anew(study)
    assert mended.returncode == 0, mended.stderr
    assert all(check.keys() == {"claim", "looked_at", "of"} for check in json.loads((study / CHECKED).read_text()))


def test_a_tampered_file_between_two_jobs_stops_snakemake_and_is_mended_by_a_run(study):
    figure = next((study / "results" / "work" / "release" / "figures").glob("views.*.en.svg"))
    was = figure.stat()
    figure.write_bytes(figure.read_bytes() + b"\n")
    # With its old time, Snakemake takes it for the same.
    os.utime(figure, ns=(was.st_atime_ns, was.st_mtime_ns))
    done = reproduce(study, "snakemake", "--forcerun", "release")
    assert done.returncode == 1
    told = (study / "results" / "logs" / "checks.log").read_text(encoding="utf-8")
    assert "What a job read is, byte for byte, what the job before it wrote" in told and figure.name in told
    mended = reproduce(study)
    assert mended.returncode == 0, mended.stderr
    assert "is not as the rule figure left it" in mended.stdout


def test_each_check_that_does_not_hold_is_named_with_the_first_of_what_it_does_not_hold_of(tmp_path):
    file = tmp_path / FILE
    held = {"claim": "This holds", "looked_at": 3, "of": "files", "bad": [], "note": ""}
    file.write_text(json.dumps([held]), encoding="utf-8")
    assert hold(file) == [{"claim": "This holds", "looked_at": 3, "of": "files"}]
    broken = [{**held, "claim": f"Claim {n}", "bad": [f"file {n}{m}" for m in range(4)]} for n in (1, 2)]
    file.write_text(json.dumps([held, *broken]), encoding="utf-8")
    with pytest.raises(FindingsError, match=r"Claim 1; Claim 2\.\n(.*\n)*.*file 10, .*file 20 \(and 3 more\)"):
        hold(file)
