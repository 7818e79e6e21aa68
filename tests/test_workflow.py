"""The whole way of the data on a mini study: what runs, what it leaves, and what a person sees when it stops."""

from __future__ import annotations

import hashlib
import io
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from conftest import WAVE, command, reproduce
from findings.environment import PINNED
from findings.text.captions import captions
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

PLANTED = ("Daw Planted Name", "09 795 555 123")


def released(study: Path) -> dict[str, str]:
    release = study / "results" / "release"
    return {
        str(p.relative_to(release)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(release.rglob("*"))
        if p.is_file()
    }


def export_rows(study: Path) -> list[list]:
    path = study / "data" / "raw" / WAVE / "export.xlsx"
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def write_export(study: Path, rows: list[list]) -> None:
    with Workbook(str(study / "data" / "raw" / WAVE / "export.xlsx"), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)


def test_the_manifest_lists_every_released_file_with_its_hash(finished_study):
    files = released(finished_study)
    manifest = (finished_study / "results/release/MANIFEST.sha256").read_text().splitlines()
    listed = {line[66:]: line[:64] for line in manifest}
    del files["MANIFEST.sha256"]
    assert listed == files
    assert {"estimates.csv", "exhibits.csv", "index.html", "report.en.pdf", "report.en.html"} <= set(files)


def test_every_page_says_that_its_waves_are_synthetic_and_has_the_fonts(finished_study):
    release = finished_study / "results/release"
    shown = pd.read_csv(release / "exhibits.csv", usecols=["wave", "file"], dtype=str)
    # What a table of no wave shows are facts of the services, not data.
    facts = {name for name in shown.loc[shown["wave"].isna(), "file"] if name.startswith("tables/")}
    for path in sorted(release.rglob("*.html")):
        name, words = path.relative_to(release).as_posix(), path.read_text(encoding="utf-8")
        languages = ["en", "my"] if name == "index.html" else [name.split(".")[-2]]
        for language in languages if name not in facts else []:
            assert captions(language)["stamp"] in words, name
        linked = re.search(r'<link rel="stylesheet" href="([^"]*fonts.css)">', words)
        if re.search("[\u1000-\u109f]", words):
            assert "@font-face" in ((path.parent / linked[1]).read_text(encoding="utf-8") if linked else words), name


def test_a_second_run_has_nothing_to_do(study):
    done = reproduce(study)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout


def test_no_rule_below_the_gate_reads_a_confidential_file(finished_study):
    done = reproduce(finished_study, "snakemake", "--detailed-summary", "--quiet", "all")
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(io.StringIO(done.stdout), sep="\t", dtype=str, keep_default_na=False)
    inputs = table.groupby("rule")["input-file(s)"].agg(" ".join)
    below = {"figure", "table", "report", "release", "dossier"}
    assert {"ingest", "clean", "weight", "estimate", "disclose"} | below <= set(inputs.index)
    assert "results/confidential/" in inputs["disclose"]
    for rule in below:
        assert "results/" in inputs[rule] and "results/confidential/" not in inputs[rule], rule


def test_record_level_files_are_closed_to_others(finished_study):
    confidential = finished_study / "results" / "confidential"
    assert all(path.stat().st_mode & 0o077 == 0 for path in (confidential, *confidential.rglob("*")))


def test_a_changed_label_runs_exhibits_only(study):
    config = study / "config.yaml"
    text = config.read_text(encoding="utf-8")
    changed = text.replace("{en: Telekyanmar", "{en: Telekyanmar clinic", 1)
    assert changed != text
    config.write_text(changed, encoding="utf-8")
    before = pd.read_csv(study / "results/release/estimates.csv")
    done = reproduce(study)
    assert done.returncode == 0, done.stderr
    ran = done.stdout
    assert "Drawing figure" in ran
    assert not re.search(r"Reading the export|Cleaning wave|Weighting wave|Estimating|The gate of", ran)
    pd.testing.assert_frame_equal(before, pd.read_csv(study / "results/release/estimates.csv"))


def test_an_unknown_answer_stops_the_run_and_names_place_and_mend(study):
    before = released(study)
    rows = export_rows(study)
    column = next(n for n, header in enumerate(rows[0]) if str(header).endswith("gender"))
    rows[3][column] = "unheard_of"
    write_export(study, rows)
    done = reproduce(study)
    assert done.returncode != 0
    assert all(word in done.stderr for word in (f"wave {WAVE}", "export.xlsx", "gender", "unheard_of", "3", "Mend"))
    assert released(study) == before


def test_an_unknown_column_stops_the_run_and_names_it(study):
    before = released(study)
    rows = export_rows(study)
    write_export(study, [[*row, "new_question" if not n else "x"] for n, row in enumerate(rows)])
    done = reproduce(study)
    assert done.returncode != 0
    assert "new_question" in done.stderr and "Mend" in done.stderr
    assert released(study) == before


def test_a_truncated_workbook_stops_the_run(study):
    before = released(study)
    path = study / "data" / "raw" / WAVE / "export.xlsx"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    done = reproduce(study)
    assert done.returncode != 0
    assert "export.xlsx" in done.stderr and "Mend" in done.stderr and "Traceback" not in done.stderr
    assert released(study) == before


def test_a_wrong_config_stops_before_any_job_with_key_and_value(study):
    config = study / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"min_base: \d+", "min_base: lots", text), encoding="utf-8")
    done = reproduce(study)
    assert done.returncode != 0
    assert "min_base" in done.stderr and "lots" in done.stderr
    assert "Reading the export" not in done.stdout
    plan = reproduce(study, "plan")
    assert plan.returncode != 0 and "min_base" in plan.stderr and "FindingsError" not in plan.stderr + plan.stdout


def test_a_wave_without_data_stops_before_any_job(study):
    config = study / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(f"  {WAVE}:", "  nug_2062:", 1), encoding="utf-8")
    assert config.read_text(encoding="utf-8") != text
    done = reproduce(study)
    assert done.returncode != 0
    assert "waves.nug_2062" in done.stderr and WAVE in done.stderr and "Nothing to be done" not in done.stdout


def test_a_real_wave_is_released_only_with_the_gate_accepted(study):
    path = study / "data" / "raw" / WAVE / "wave.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("synthetic: true", "synthetic: false"), encoding="utf-8")
    done = reproduce(study)
    assert done.returncode != 0
    assert "--accept-interim-gate" in done.stderr


def test_a_planted_name_and_number_reach_no_log_no_terminal_and_no_release(study):
    rows = export_rows(study)
    comment = next(n for n, header in enumerate(rows[0]) if str(header).endswith("comment"))
    age = next(n for n, header in enumerate(rows[0]) if str(header).endswith("/age") or header == "age")
    for row in rows[1:]:
        row[comment] = " ".join(PLANTED)
    write_export(study, rows)
    seen = reproduce(study)
    assert seen.returncode == 0, seen.stderr
    for row in rows[1:40]:
        row[age] = " ".join(PLANTED)
    write_export(study, rows)
    stopped = reproduce(study)
    assert stopped.returncode != 0
    folders = (".snakemake", "results/logs", "results/release", "results/work")
    places = [study / folder for folder in folders]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert len(files) > 20
    texts = [seen.stdout, seen.stderr, stopped.stdout, stopped.stderr]
    texts += [path.read_bytes().decode("utf-8", "replace") for path in files]
    for planted in (*PLANTED, "Planted Name", "555 123"):
        assert not any(planted in text for text in texts), planted


def test_killed_at_random_moments_a_run_ends_with_the_same_files(raw_study, finished_study, tmp_path):
    expected = released(finished_study)
    study = tmp_path / "study"
    subprocess.run(["cp", "-r", raw_study, study], check=True)
    moments = random.Random(20251101)
    for _ in range(10):
        process = subprocess.Popen(
            command(study),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **PINNED},
            start_new_session=True,
        )
        time.sleep(moments.uniform(1, 12))
        os.killpg(process.pid, signal.SIGKILL)
        # Snakemake has a process group of its own: what is orphaned must not disturb the next run either.
        subprocess.run(["pkill", "-KILL", "-f", str(study)], check=False)
        process.wait()
    done = reproduce(study)
    assert done.returncode == 0, done.stdout + done.stderr
    assert released(study) == expected


@pytest.mark.parametrize("word", ["audti", "--study=nowhere"])
def test_a_wrong_word_is_answered_with_what_there_is(raw_study, word):
    done = reproduce(raw_study, word)
    assert done.returncode == 2
    assert done.stderr.strip()


@pytest.mark.parametrize("target", ["results/confidential/nug_2062/respondents.parquet", "results/none.csv"])
@pytest.mark.parametrize("words", [("run",), ("plan",)])
def test_a_target_that_no_rule_makes_is_named_with_the_place_of_waves(study, words, target):
    done = reproduce(study, *words, target)
    assert done.returncode != 0
    assert f"No rule makes {target}." in done.stderr and "`waves:` of config.yaml" in done.stderr


def test_a_sentence_that_no_longer_stands_stops_the_run_and_the_last_release_stays(study):
    before, path = released(study), study / "claims.yaml"
    found = pd.read_csv(study / "results/release/claims.csv").set_index("id")["verdict"]
    other = "not_supported" if found["internet_barrier"] == "supported" else "supported"
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    declared["claims"]["internet_barrier"]["expected"] = other
    path.write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    done = reproduce(study)
    words = done.stdout + done.stderr
    assert done.returncode != 0 and f"internet_barrier (expected {other}, now {found['internet_barrier']}" in words
    assert "when_stale: print" in words and released(study) == before
