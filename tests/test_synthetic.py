"""The questionnaire is a form that pyxform takes; the synthetic wave is cleaned back to its clean twin."""

from __future__ import annotations

import filecmp
import json

import pandas as pd
import pytest
import yaml
from conftest import WAVE
from findings.cleaning import clean
from findings.config import load_study, load_wave
from findings.environment import ROOT
from findings.ingest import ingest
from findings.instrument import read_xlsform
from findings.other_specify import read_recodes
from findings.synthetic import WAVES, truth_of, write_wave
from findings.synthetic.draw import Drawer
from findings.synthetic.form import write_form
from findings.synthetic.mess import OTHER
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


@pytest.mark.parametrize("wave", WAVES)
def test_the_shipped_waves_are_what_the_truth_gives(tmp_path, wave):
    study, raw = load_study(ROOT / "config.yaml"), RAW.parent / wave
    write_wave(tmp_path / "wave", study, truth_of(wave, REFERENCE), REFERENCE, WAVES[wave], wave=wave)
    names = sorted(path.name for path in raw.iterdir() if path.is_file())
    assert filecmp.cmpfiles(raw, tmp_path / "wave", names, shallow=False) == (names, [], [])


@pytest.mark.parametrize("wave", ["nug_2024", "nug_2026"])
def test_the_other_waves_are_cleaned_back_to_their_clean_twins(tmp_path, wave):
    """Google Forms by labels, and a KoboToolbox CSV with a renamed option: without the workflow, all in one process."""
    folder = tmp_path / wave
    study = load_study(ROOT / "config.yaml")
    scale = 1.0 if wave == "nug_2024" else 0.15
    write_wave(folder, study, truth_of(wave, REFERENCE), REFERENCE, 3, scale=scale, wave=wave)
    declared = load_wave(folder / "wave.yaml")
    got = ingest(declared, folder, b"key")
    corrections = got.corrections if len(got.corrections) else None
    codebook, recodes = json.loads(got.codebook.to_json()), read_recodes(declared, folder)
    done = clean(got.responses, got.free_text, codebook, declared, corrections, recodes=recodes)
    kept = done.respondents[done.respondents["dropped_by"].isna()]
    twin = pd.read_csv(folder / "clean_twin.csv", dtype="string", keep_default_na=False).replace("", pd.NA)
    columns = [name for name in twin.columns if name in kept.columns]
    assert len(columns) > 90
    by = {"by": columns, "ignore_index": True}
    pd.testing.assert_frame_equal(
        kept[columns].astype("string").sort_values(**by), twin[columns].astype("string").sort_values(**by)
    )


def test_the_volunteers_are_not_like_the_sample_and_the_later_wave_has_changed():
    waves = {wave: pd.read_csv(RAW.parent / wave / "clean_twin.csv", dtype=str) for wave in WAVES}

    def share(wave, column, code):
        return (waves[wave][column] == code).mean()

    assert len(waves["nug_2024"]) == 420
    assert (waves["nug_2024"]["age"].astype(float) < 35).mean() > (
        waves["nug_2025"]["age"].astype(float) < 35
    ).mean() + 0.1
    assert share("nug_2024", "location", "outside") > 0.15 and share("nug_2024", "urban_rural", "urban") > 0.4
    assert share("nug_2024", "aware_nugpay", "yes") > share("nug_2025", "aware_nugpay", "yes") + 0.05
    assert share("nug_2026", "aware_nugpay", "yes") > share("nug_2025", "aware_nugpay", "yes") + 0.05
    assert abs(share("nug_2026", "aware_telekyanmar", "yes") - share("nug_2025", "aware_telekyanmar", "yes")) < 0.04


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
    # How long an interview took is the clock's, and no answer.
    assert set(columns) == set(kept.columns) - {"row_id", "dropped_by", "interview_minutes"}
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


def test_the_language_of_the_interview_changes_no_other_answer(tmp_path):
    study, truth = load_study(ROOT / "config.yaml"), truth_of(WAVE, REFERENCE)
    frames = []
    for name, left_out in (("with", []), ("without", ["interview_language"])):
        write_form(tmp_path / f"{name}.xlsx", REFERENCE / "instrument", study, {"leave_out": left_out})
        frames.append(Drawer(read_xlsform(tmp_path / f"{name}.xlsx"), study, truth, 3, 0.1).frame())
    asked, absent = frames
    pd.testing.assert_frame_equal(asked.drop(columns="interview_language"), absent)
    burmese = asked["main_language"] == truth["languages"]["burmese"]
    assert set(asked.loc[burmese, "interview_language"]) == {"burmese"}
    assert set(asked.loc[~burmese, "interview_language"]) == {"burmese", "own_language"}


def test_own_words_are_listed_and_reach_neither_release_nor_log(finished_study):
    results = finished_study / "results"
    listed = pd.read_csv(results / "confidential" / WAVE / "other_specify.csv", encoding="utf-8-sig")
    assert set(listed["text"]) <= {*OTHER[:2], "'-"} and listed["times"].sum() > 2
    register = pd.read_parquet(results / "confidential" / WAVE / "register.parquet").set_index("key")
    assert register.loc[f"quality.other_barrier.uncoded|weights=none@{WAVE}", "estimate"] == 1
    words = [text.encode() for text in OTHER[:2]]
    for path in [*(results / "release").rglob("*"), *(results / "logs").rglob("*")]:
        if path.is_file():
            assert not [word for word in words if word in path.read_bytes()], path
