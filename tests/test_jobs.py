"""The jobs behind a release, from their records."""

from __future__ import annotations

import json

import pytest
from findings import jobs
from findings.environment import ROOT
from findings.errors import FindingsError


def record(job: str, inputs: dict, outputs: dict) -> dict:
    return {"job": job, "rule": "clean", "wildcards": {"wave": "w"}, "started": "1", "ended": job, "inputs": inputs,
            "outputs": outputs, "read": [*inputs], "made": [*outputs]}  # fmt: skip


LAST = record("c", {"results/b": "2"}, {"results/release/x": "3"})


def test_only_jobs_that_the_release_rests_on_are_in_the_chain():
    before, other = record("b", {"data/a": "1"}, {"results/b": "2"}), record("d", {}, {"results/confidential/y": "4"})
    assert [each["job"] for each in jobs.chain([LAST, before, other])] == ["b", "c"]


def test_of_two_jobs_that_wrote_a_file_the_later_one_counts():
    old, new = record("1", {}, {"results/b": "another"}), record("b", {}, {"results/b": "2"})
    assert jobs.makers([new, LAST, old])["results/b"] is new
    assert [each["job"] for each in jobs.chain([new, LAST, old])] == ["b", "c"]


@pytest.mark.parametrize("before", [[], [record("b", {}, {"results/b": "another"})]])
def test_a_file_of_no_recorded_job_or_written_anew_stops(before):
    with pytest.raises(FindingsError) as stop:
        jobs.chain([LAST, *before])
    assert "results/b" in str(stop.value) and "Mend" in str(stop.value)
    with pytest.raises(FindingsError, match="No job has left a record"):
        jobs.chain(before)


def test_what_is_no_whole_record_speaks_of_no_job(tmp_path):
    (tmp_path / "w").mkdir()
    for name, words in {"w/c": json.dumps(LAST), "cut": json.dumps(LAST)[:-9], "other": "[]", "half": "{}"}.items():
        (tmp_path / f"{name}.json").write_text(words, encoding="utf-8")
    assert [each["job"] for each in jobs.read(tmp_path)] == ["w/c"]


def test_a_rule_is_told_from_the_file_that_declares_it():
    rule = jobs.rules()["clean"]
    line = (ROOT / rule.file).read_text(encoding="utf-8").splitlines()[rule.line - 1]
    assert line == "rule clean:" and (ROOT / rule.script).is_file()
    assert "{wave}" in rule.sentence and "wave w" in jobs.sentence(LAST)
