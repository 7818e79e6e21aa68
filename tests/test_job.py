"""The wrapper of every script: what a researcher sees, and what nobody may see."""

import hashlib
import json
import subprocess
import sys

from findings.environment import PINNED
from findings.job import digest

SCRIPT = """
from pathlib import Path
from types import SimpleNamespace
from findings.errors import FindingsError
from findings.job import job

RULE = dict(rule="clean", wildcards=dict(wave="w"), input=["in.csv"], output=["out"], params=dict(code="c", n=1))
with job(SimpleNamespace(log=["{log}"], **RULE)):
    print("Daw Planted Name 09 123 456 789")
    {body}
"""


def run(tmp_path, body):
    log = tmp_path / "job.log"
    code = SCRIPT.format(log=log, body=body)
    (tmp_path / "in.csv").write_text("a\n")
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=PINNED, cwd=tmp_path)
    return done, log.read_text()


def test_a_library_error_leaves_type_and_place_but_not_its_text(tmp_path):
    done, log = run(tmp_path, "import pandas; pandas.to_datetime(['Daw Secret 09 555'], format='%Y')")
    assert done.returncode == 1
    assert "Secret" not in done.stdout + done.stderr + log
    assert "STOP: ValueError at " in log


def test_our_own_error_reaches_the_log_whole(tmp_path):
    done, log = run(tmp_path, "raise FindingsError('A column is unknown', wave='w', column='c', mend='add it')")
    assert done.returncode == 1
    assert log == "STOP: A column is unknown\n  Where: wave w, column c\n  Mend: add it\n"
    assert done.stdout + done.stderr == ""


def test_a_good_job_ends_with_status_0_and_prints_nothing(tmp_path):
    done, _ = run(tmp_path, "pass")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_good_job_leaves_a_record_of_its_files_and_a_failed_one_none(tmp_path):
    run(tmp_path, "Path('out/deep').mkdir(parents=True); Path('out/deep/a').write_text('b')")
    record = json.loads((tmp_path / "job.json").read_text())
    assert record["inputs"] == {"in.csv": hashlib.sha256(b"a\n").hexdigest()}
    assert record["outputs"] == {"out/deep/a": hashlib.sha256(b"b").hexdigest()}
    assert (record["rule"], record["wildcards"], record["code"]) == ("clean", {"wave": "w"}, "c")
    assert record["params"] == digest({"n": 1}) and record["started"] <= record["ended"]
    run(tmp_path, "raise ValueError")
    assert not (tmp_path / "job.json").exists()
