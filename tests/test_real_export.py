"""A real survey of others, from its raw export to a report, with unchanged code; see tests/studies/iraq_water.

The export is not ours to copy: FINDINGS_EXPORTS names the folder that holds it, or this test reports "not run".
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import reproduce
from findings.environment import ROOT

WAVE = "water_2021"


@pytest.fixture(scope="module")
def folder() -> Path:
    folder = Path(os.environ.get("FINDINGS_EXPORTS", "/nowhere")) / "kobo-reach-iraq-water"
    if not folder.is_dir():
        pytest.skip("not run: FINDINGS_EXPORTS names no folder of real exports")
    return folder


@pytest.fixture(scope="module")
def real(folder, tmp_path_factory) -> Path:
    """The study's folder with the export, the form and the sample frame put in place."""
    study = tmp_path_factory.mktemp("real") / "study"
    shutil.copytree(ROOT / "tests" / "studies" / "iraq_water", study)
    for name in ("raw_data.csv", "xlsform_rebuilt.xlsx", "sample_frame.csv"):
        shutil.copy(folder / name, study / "data" / "raw" / WAVE / name)
    write_corrections(study, fitting(folder))
    return study


def changes(folder: Path) -> list[dict]:
    """The log's changes of an answer: submission, question, old and new value, and whether the old one is exported."""
    with (folder / "raw_data.csv").open(encoding="utf-8-sig", newline="") as stream:
        raw = {row["X_uuid"]: row for row in csv.DictReader(stream)}
    with (folder / "cleaning_log.csv").open(encoding="utf-8-sig", newline="") as stream:
        log = [row for row in csv.DictReader(stream) if row["change_type"] in ("change_response", "blank_response")]
    return [
        {"tool_id": row["X_uuid"], "column": row["questions"], "old": row["old_value"], "new": row["new_value"],
         "reason": row["reason"] or row["issue"], "who": "field_team", "date": row["X.U.FEFF.reported_date"],
         "fits": raw[row["X_uuid"]].get(row["questions"]) == row["old_value"]}
        for row in log
    ]  # fmt: skip


def fitting(folder: Path) -> list[dict]:
    """Those changes whose old value is what the export holds, each once: the log repeats two of them."""
    return list({(c["tool_id"], c["column"]): c for c in changes(folder) if c["fits"]}.values())


def write_corrections(study: Path, rows: list[dict]) -> None:
    with (study / "data" / "raw" / WAVE / "corrections.csv").open("w", encoding="utf-8", newline="") as stream:
        names = ["tool_id", "column", "old", "new", "reason", "who", "date"]
        writer = csv.DictWriter(stream, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def finished(real) -> Path:
    done = reproduce(real, "--accept-interim-gate")
    assert done.returncode == 0, done.stdout + done.stderr
    return real


def test_without_its_decisions_the_run_names_what_the_form_does_not_know(real, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(real, study)
    wave = study / "data" / "raw" / WAVE / "wave.yaml"
    wave.write_text(
        wave.read_text(encoding="utf-8").replace("{about_half: about_half_pay}", "{another: about_half_pay}"),
        encoding="utf-8",
    )
    stopped = reproduce(study)
    assert stopped.returncode != 0
    for word in (WAVE, "raw_data.csv", "pay_water_charges_when", "about_half", "Mend"):
        assert word in stopped.stderr


def test_a_stratum_of_one_respondent_stops_the_run_unless_treated(real, tmp_path):
    study = tmp_path / "study"
    shutil.copytree(real, study)
    wave = study / "data" / "raw" / WAVE / "wave.yaml"
    wave.write_text(wave.read_text(encoding="utf-8").replace("singletons: adjust", "singletons: error"), "utf-8")
    stopped = reproduce(study)
    assert stopped.returncode != 0
    assert "sdddddds" in stopped.stderr and "singletons" in stopped.stderr


def test_the_field_teams_corrections_are_in_the_ledger_and_stale_ones_stop(finished, folder, tmp_path):
    ledger = pd.read_parquet(finished / "results/confidential" / WAVE / "ledger.parquet")
    assert len(changes(folder)) == 51
    assert sum(change["fits"] for change in changes(folder)) == 11
    assert (ledger["step"] == "corrections").sum() == len(fitting(folder)) == 9
    study = tmp_path / "study"
    shutil.copytree(finished, study)
    stale = next(change for change in changes(folder) if change["column"] == "treat_drink_water")
    write_corrections(study, [*fitting(folder), stale])
    stopped = reproduce(study, "--accept-interim-gate")
    assert stopped.returncode != 0
    for word in (WAVE, "corrections.csv", "old value", "Rows: 10", "Mend"):
        assert word in stopped.stderr


def test_every_column_is_accounted_for_and_no_identifying_one_passes(finished):
    record = json.loads((finished / "results/confidential" / WAVE / "ingest.json").read_text(encoding="utf-8"))
    assert record["rows"] == 632 and len(record["columns"]) == 348
    responses = pd.read_parquet(finished / "results/confidential" / WAVE / "responses.parquet")
    assert not {"deviceid", "X_uuid", "_uuid", "uuid", "_id", "start", "end", "audit"} & set(responses.columns)


def test_the_register_agrees_with_the_export_counted_by_hand(finished, folder):
    with (folder / "raw_data.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    register = pd.read_parquet(finished / "results/confidential" / WAVE / "register.parquet").set_index("key")
    trust = register.loc[f"trust.trust.proportion|weights=none@{WAVE}"]
    answers = [row["trust_water_office"] for row in rows]
    assert trust["n"] == answers.count("yes") + answers.count("no")
    assert trust["estimate"] == pytest.approx(answers.count("yes") / trust["n"], abs=1e-12)
    women = register.loc[f"trust.trust.proportion|weights=none;gender=female@{WAVE}"]
    assert women["n"] == sum(r["trust_water_office"] in ("yes", "no") and r["gender_hoh"] == "female" for r in rows)
    # The design weight of a stratum is its households in the frame by its interviews; worked out here a second time.
    with (folder / "sample_frame.csv").open(encoding="utf-8-sig", newline="") as stream:
        frame = {row["Neighbourhood"]: float(row["Total.no.of.HH"]) for row in csv.DictReader(stream)}
    count: dict[str, int] = {}
    for row in rows:
        count[row["neighbourhood"]] = count.get(row["neighbourhood"], 0) + 1
    weight = {name: frame[name] / n for name, n in count.items()}
    known = [(weight[r["neighbourhood"]], r["trust_water_office"]) for r in rows]
    top = sum(w for w, answer in known if answer == "yes")
    bottom = sum(w for w, answer in known if answer in ("yes", "no"))
    design = register.loc[f"trust.trust.proportion|weights=design@{WAVE}"]
    assert design["estimate"] == pytest.approx(top / bottom, abs=1e-12)
    assert design["se"] > 0


def test_what_is_derived_agrees_with_the_rows_it_is_computed_from(finished):
    release = finished / "results" / "release" / WAVE
    rows = pd.read_csv(release / "estimates.csv").set_index("key")
    derived = pd.read_csv(release / "derived.csv")
    shown = derived[derived["status"] == "published"].set_index("key")
    kinds = {"rank", "bounds", "difference", "rao_scott", "declined", "average_marginal_effect", "proportion",
             "same_sign", "significant"}  # fmt: skip
    assert kinds <= set(shown["statistic"])
    trust = {g: f"trust.trust.proportion|weights=design;gender={g}@{WAVE}" for g in ("female", "male")}
    gap = shown.loc[f"diff({trust['female']},{trust['male']})", "estimate"]
    assert gap == pytest.approx(rows.loc[trust["female"], "estimate"] - rows.loc[trust["male"], "estimate"], abs=0.011)
    # Of one term with two levels the marginal effect is the gap itself, but for those who give no gender.
    effect = shown[(shown["statistic"] == "average_marginal_effect") & (shown["group"] == "male")]["estimate"]
    assert effect.to_numpy() == pytest.approx([-gap], abs=0.0015)
    ranked = shown[shown["statistic"] == "rank"]
    shares = [rows.loc[key.replace(".rank|", ".proportion|"), "estimate"] for key in ranked.index]
    assert ranked["estimate"].tolist() == pd.Series(shares).rank(ascending=False).tolist()
    assert (ranked["rank_low"] <= ranked["estimate"]).all() and (ranked["estimate"] <= ranked["rank_high"]).all()


def test_it_is_released_with_a_report(finished):
    release = finished / "results" / "release"
    estimates = pd.read_csv(release / "estimates.csv")
    assert set(estimates["status"]) == {"published", "suppressed"}
    assert (release / "report.en.pdf").read_bytes().startswith(b"%PDF")
    assert "SYNTHETIC" not in (release / "report.en.html").read_text(encoding="utf-8")
