"""The same bytes: exports whose rows are shuffled, releases that are compared, and two whole runs."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import WAVE, reproduce
from findings import cleaning, readers
from findings.config import load_study, load_wave
from findings.environment import ROOT, processor
from findings.ingest import ingest
from findings.synthetic import truth_of, write_wave
from findings.verification import SEED, compare, copied, shuffled, told

WAVES = {"nug_2024": "csv", "nug_2025": "xlsx", "nug_2026": "csv"}


@pytest.fixture(scope="module")
def waves(tmp_path_factory) -> Path:
    """A small draw of every shipped wave: a CSV of Google Forms, a workbook and a CSV of KoboToolbox."""
    folder, reference = tmp_path_factory.mktemp("waves"), ROOT / "data" / "reference"
    config = load_study(ROOT / "config.yaml")
    for wave in WAVES:
        write_wave(folder / wave, config, truth_of(wave, reference), reference, seed=5, scale=0.05, wave=wave)
    return folder


def cleaned(folder: Path, key: bytes) -> pd.DataFrame:
    """The kept respondents of a wave as weight sorts them: what every sum runs over, without the random ids."""
    wave = load_wave(folder / "wave.yaml")
    result = ingest(wave, folder, key)
    codebook = json.loads(result.codebook.to_json())
    corrections = result.corrections if len(result.corrections) else None
    found = cleaning.clean(result.responses, result.free_text, codebook, wave, corrections).respondents
    kept = found[found["dropped_by"].isna()].drop(columns="row_id")
    return kept.sort_values([*kept.columns], ignore_index=True)


@pytest.mark.parametrize("wave", WAVES)
def test_rows_in_another_order_and_another_secret_give_the_same_respondents_in_the_same_order(waves, tmp_path, wave):
    folder = tmp_path / wave
    shutil.copytree(waves / wave, folder)
    assert shuffled(folder)
    one, other = (readers.read(place / f"export.{WAVES[wave]}", wave=wave).cells for place in (waves / wave, folder))
    order = np.random.default_rng(SEED).permutation(len(one))
    assert not other.equals(one) and other.equals(one.iloc[order].reset_index(drop=True))
    pd.testing.assert_frame_equal(cleaned(waves / wave, b"a" * 32), cleaned(folder, b"b" * 32))


def test_rows_that_others_point_at_by_number_stay_and_a_declared_hash_follows(waves, tmp_path):
    folder = tmp_path / WAVE
    shutil.copytree(waves / WAVE, folder)
    export, declared = folder / "export.xlsx", folder / "wave.yaml"
    text = declared.read_text(encoding="utf-8")
    digest = hashlib.sha256(export.read_bytes()).hexdigest().upper()
    declared.write_text(text.replace("form: form.xlsx}", f"form: form.xlsx, sha256: {digest}}}"), encoding="utf-8")
    assert shuffled(folder)
    ingest(load_wave(declared), folder, b"a" * 32)
    with (folder / "corrections.csv").open("a", encoding="utf-8") as stream:
        stream.write(",3,education,none,high,a slip,team,2025-05-05\n")
    before = export.read_bytes()
    assert not shuffled(folder) and export.read_bytes() == before


@pytest.mark.parametrize("ignore", [[], ["comment"]])
def test_which_duplicate_stays_hangs_on_its_content_not_on_its_place(waves, ignore):
    wave = load_wave(waves / WAVE / "wave.yaml")
    wave = {**wave, "cleaning": [{"step": "script"}, {"step": "duplicates", "ignore": ignore}]}
    result = ingest(wave | {"cleaning": [{"step": "corrections"}]}, waves / WAVE, b"a" * 32)
    twice = pd.concat([result.responses.head(2).assign(row_id=["x1", "x2"]), result.responses], ignore_index=True)
    minutes = ["12", "11", *twice["interview_minutes"].iloc[2:]]
    twice = twice.assign(interview_minutes=pd.array(minutes, dtype="string"))
    codebook = json.loads(result.codebook.to_json())
    texts = result.free_text.iloc[:0]
    kept = []
    for frame in (twice, twice.iloc[::-1].reset_index(drop=True)):
        found = cleaning.clean(frame, texts, codebook, wave, None).respondents
        stays = found[found["dropped_by"].isna()].drop(columns="row_id")
        kept.append(stays.sort_values([*stays.columns], ignore_index=True))
    assert len(kept[0]) < len(twice)
    pd.testing.assert_frame_equal(kept[0], kept[1])


def tables(folder: Path, **files: list[list[str]]) -> Path:
    folder.mkdir()
    for name, rows in files.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows)
    (folder / "MANIFEST.sha256").write_text(str(files))
    return folder


def test_releases_are_the_same_to_the_byte_on_one_processor_and_to_1e_9_across_two(tmp_path):
    rows = [["key", "estimate", "sha256"], ["a", "0.5", "x"], ["b", "", "y"]]
    one = tables(tmp_path / "one", estimates=rows)
    good, sentence = told(compare(one, one), {processor()})
    assert good and "byte for byte" in sentence and processor() in sentence
    last = [rows[0], ["a", "0.50000000001", "z"], rows[2]]
    near = compare(one, tables(tmp_path / "near", estimates=last))
    assert (near.differ, near.near) == ([], ["estimates.csv"])
    assert not told(near, {processor()})[0]
    good, sentence = told(near, {"another processor"})
    assert good and "another processor" in sentence and processor() in sentence and "1e-09" in sentence
    for number, row in enumerate((["a", "0.5001", "x"], ["c", "0.5", "x"], ["a", "", "x"], ["a", "0.5"])):
        far = compare(one, tables(tmp_path / str(number), estimates=[rows[0], row, rows[2]]))
        assert far.differ == ["estimates.csv"] and not told(far, {"another processor"})[0]
    more = compare(one, tables(tmp_path / "more", estimates=rows, other=rows))
    assert more.differ == ["other.csv"]


def test_a_copy_for_the_second_run_has_no_results_and_other_rows(finished_study, tmp_path):
    assert copied(finished_study, tmp_path / "deep" / "copy") == []
    names = {path.name for path in (tmp_path / "deep" / "copy").iterdir()}
    assert names == {"config.yaml", "claims.yaml", "data"}
    export = Path("data/raw") / WAVE / "export.xlsx"
    assert (finished_study / export).read_bytes() != (tmp_path / "deep" / "copy" / export).read_bytes()


def test_two_runs_elsewhere_with_shuffled_rows_give_the_same_bytes(finished_study):
    done = reproduce(finished_study, "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing to be done" in done.stdout and "rows of the exports in another order ..." in done.stdout
    assert "byte for byte, on the same processor" in done.stdout


def test_a_release_is_compared_with_one_from_another_machine(finished_study, tmp_path):
    other = tmp_path / "release"
    shutil.copytree(finished_study / "results" / "release", other)
    done = reproduce(finished_study, "verify", "--against", str(other))
    assert done.returncode == 0 and "an unknown processor" in done.stdout, done.stderr
    path = other / "report.en.html"
    path.write_text(path.read_text(encoding="utf-8").replace("%", "&#37;", 1), encoding="utf-8")
    done = reproduce(finished_study, "verify", "--against", str(other))
    assert done.returncode == 1 and "differs: report.en.html" in done.stderr
    assert reproduce(finished_study, "verify", "--against", str(tmp_path)).returncode == 2
