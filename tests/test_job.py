"""The wrapper of every script: what a researcher sees, and what nobody may see."""

import subprocess
import sys

from findings.environment import PINNED

SCRIPT = """
from types import SimpleNamespace
from findings.errors import FindingsError
from findings.job import job

with job(SimpleNamespace(log=["{log}"])):
    print("Daw Planted Name 09 123 456 789")
    {body}
"""


def run(tmp_path, body):
    log = tmp_path / "job.log"
    code = SCRIPT.format(log=log, body=body)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=PINNED)
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
