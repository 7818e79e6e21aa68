"""The questionnaire is a form that pyxform takes; the synthetic wave is cleaned back to its clean twin."""

from __future__ import annotations

import filecmp

import pandas as pd
import pytest
import yaml
from conftest import WAVE
from findings.config import load_study
from findings.environment import ROOT
from findings.instrument import read_xlsform
from findings.synthetic import write_wave
from pyxform.xls2xform import convert

RAW = ROOT / "data" / "raw" / "nug_2025"
REFERENCE = ROOT / "data" / "reference"


def test_pyxform_accepts_the_questionnaire():
    made = convert(str(RAW / "form.xlsx"), validate=False)
    assert "<h:html" in made.xform and "start-geopoint" in made.xform
    assert 'lang="Burmese (my)"' in made.xform and 'lang="English (en)"' in made.xform


def test_every_answer_can_be_declined_or_unknown():
    codebook = read_xlsform(RAW / "form.xlsx")
    asked = [q for q in codebook.questions.values() if q.type.startswith("select_")]
    assert len(asked) > 80
    for question in asked:
        assert {"dont_know", "prefer_not_to_answer"} <= set(codebook.choices[question.list]), question.name
        assert {"en", "my"} <= set(question.label), question.name


def test_barriers_are_asked_of_everyone_aware_users_included():
    codebook, study = read_xlsform(RAW / "form.xlsx"), load_study(ROOT / "config.yaml")
    for ministry in study["ministries"]:
        relevant = codebook.questions[f"barriers_{ministry}"].relevant
        own = [service for service, entry in study["services"].items() if entry["ministry"] == ministry]
        assert all(f"${{aware_{service}}} = 'yes'" in relevant for service in own)
        assert "ever_" not in relevant and "now_" not in relevant


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    study = load_study(ROOT / "config.yaml")
    truth = yaml.safe_load((REFERENCE / "synthetic_truth.yaml").read_text(encoding="utf-8"))
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_wave(tmp_path / name, study, truth, REFERENCE, seed, scale=0.06)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert filecmp.cmpfiles(tmp_path / "a", tmp_path / "b", names, shallow=False) == (names, [], [])
    assert "export.xlsx" in filecmp.cmpfiles(tmp_path / "a", tmp_path / "c", names, shallow=False)[1]


def test_the_shipped_wave_is_what_the_truth_gives(tmp_path):
    study = load_study(ROOT / "config.yaml")
    truth = yaml.safe_load((REFERENCE / "synthetic_truth.yaml").read_text(encoding="utf-8"))
    write_wave(tmp_path / "wave", study, truth, REFERENCE, 20250301)
    names = sorted(path.name for path in RAW.iterdir() if path.is_file())
    assert filecmp.cmpfiles(RAW, tmp_path / "wave", names, shallow=False) == (names, [], [])


def test_after_cleaning_the_respondents_are_the_clean_twin(finished_study):
    raw, done = finished_study / "data" / "raw" / WAVE, finished_study / "results" / "confidential" / WAVE
    twin = pd.read_csv(raw / "clean_twin.csv", dtype="string", keep_default_na=False).replace("", pd.NA)
    lost = pd.read_csv(raw / "irrecoverable.csv")
    assert 0 < len(lost) < 20 and set(lost["column"]) == {"age"}
    # What no rule can bring back is empty in the twin, and declared.
    at = twin.set_index(twin["data_row"].astype(int))
    assert at.loc[lost["data_row"], "age"].isna().all()
    respondents = pd.read_parquet(done / "respondents.parquet")
    kept = respondents[respondents["dropped_by"].isna()]
    columns = [name for name in twin.columns if name != "data_row"]
    assert set(columns) == set(kept.columns) - {"row_id", "dropped_by"}
    by = {"by": columns, "ignore_index": True}
    pd.testing.assert_frame_equal(
        kept[columns].astype("string").sort_values(**by), twin[columns].astype("string").sort_values(**by)
    )


@pytest.mark.parametrize("step", ["consent", "eligibility", "test_rows", "duplicates", "duration", "straight_lining"])
def test_every_kind_of_mess_is_there(finished_study, step):
    respondents = pd.read_parquet(finished_study / "results" / "confidential" / WAVE / "respondents.parquet")
    assert (respondents["dropped_by"] == step).sum() >= 2


def test_cells_of_every_kind_were_mended(finished_study):
    ledger = pd.read_parquet(finished_study / "results" / "confidential" / WAVE / "ledger.parquet")
    place = ledger[ledger["step"] == "script"].groupby("column").size()
    assert {"age", "place_text"} <= set(place.index)
    assert {"script", "corrections", "range", "skip_logic"} <= set(ledger["step"])
