"""A wave added to ten runs its own jobs and those across waves. No wave is run: see benchmarks/added_wave.py."""

from __future__ import annotations

import importlib.util

import yaml
from conftest import WAVE
from findings.environment import ROOT
from findings.inputs import wave_part

SPEC = importlib.util.spec_from_file_location("added_wave", ROOT / "benchmarks" / "added_wave.py")
assert SPEC and SPEC.loader
added = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(added)
TEN = [f"w{number:02}" for number in range(1, 11)]
VOLUNTEERS = ("w03", "w07")
NEW = "w11"


def test_a_wave_added_to_ten_runs_its_own_jobs_and_those_across_waves(raw_study, tmp_path):
    study = tmp_path / "study"
    added.study_of(raw_study, study, dict.fromkeys(TEN, WAVE))
    for wave in VOLUNTEERS:
        path = study / "data" / "raw" / wave / "wave.yaml"
        declared = yaml.safe_load(path.read_text(encoding="utf-8")) | {"design": {"kind": "volunteer"}}
        del declared["calibration"]
        path.write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    added.finish(study)
    # Of the same design as the last: it has changes, and the headline is its own.
    added.add(raw_study, study, NEW, WAVE)
    found = added.outputs(study)
    own = [row for row in found if added.is_of(row, NEW)]
    others = [row for row in found if not added.is_of(row, NEW)]
    assert {row["plan"] for row in own} == {"update pending"}
    per_wave = {"ingest", "clean", "weight", "estimate", "disclose", "disclose_derived", "changes", "figure", "table"}
    assert per_wave | {"wave_diff", "wave_diff_page", "specify", "claims"} <= {row["rule"] for row in own}
    again = {row["rule"] for row in others if row["plan"] != "no update"}
    assert again == added.ACROSS, [row["output_file"] for row in others if row["plan"] != "no update"]
    # What stays as it is are the ten waves' own files, of every rule that the new one's are of.
    kept = {(row["rule"], wave) for row in others for wave in TEN if added.is_of(row, wave)}
    assert {(rule, wave) for rule in per_wave - {"changes"} for wave in TEN} <= kept
    assert {("changes", wave) for wave in TEN[1:] if wave not in VOLUNTEERS} <= kept


def test_an_exhibit_knows_the_waves_that_it_may_name_and_no_others():
    drawn, volunteers = {"design": {"kind": "probability"}}, {"design": {"kind": "volunteer"}}
    waves = {"a": drawn, "b": drawn, "c": volunteers, "d": drawn, "e": volunteers, "f": drawn}
    study = {"waves": {wave: {"label": {"en": wave}} for wave in waves}}
    named = {wave: "".join(wave_part(study, wave, waves)["waves"]) for wave in ["", *waves]}
    assert named == {"": "", "a": "a", "b": "ab", "c": "bc", "d": "abcd", "e": "de", "f": "abdef"}
