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
from findings.cleaning import clean
from findings.config import load_wave
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.ingest import ingest

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
    for name in ("raw_data.csv", "xlsform_rebuilt.xlsx", "sample_frame.csv", "cleaning_log.csv"):
        shutil.copy(folder / name, study / "data" / "raw" / WAVE / name)
    return study


def logged(folder: Path) -> list[dict[str, str]]:
    """The rows of the field team's log; the first is number 1."""
    with (folder / "cleaning_log.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def interviews(folder: Path) -> list[dict[str, str]]:
    """The export without the submissions that the log removes, as R's cleaningtools gives it."""
    removed = {row["X_uuid"] for row in logged(folder) if row["change_type"] == "remove_survey"}
    with (folder / "raw_data.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["X_uuid"] not in removed]


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


def test_the_field_teams_log_is_in_the_ledger(finished, folder):
    """51 rows change an answer: 2 stand there twice, 38 give no old value (`unchecked`, by rows and with a reason)."""
    made, confidential = logged(folder), finished / "results" / "confidential" / WAVE
    record = json.loads((confidential / "ingest.json").read_text(encoding="utf-8"))["corrections"]
    assert record == {"corrections": 49, "removals": 54, "ignored": 620, "skipped": 0, "repeated": 3}
    ledger = pd.read_parquet(confidential / "ledger.parquet")
    changed = ledger[ledger["step"] == "corrections"].fillna("")
    rows = changed["reason"].str.extract(r"; cleaning_log.csv row (\d+)\)$")[0].astype(int)
    assert len(changed) == 49 and (rows >= 689).sum() == 38
    whole = ~changed["column"].isin(["water_sources", "treat_drink_water_how"])
    assert changed.loc[whole, "new"].tolist() == [made[row - 1]["new_value"] for row in rows[whole]]
    # The log corrects one option; the whole answer is changed.
    assert (
        changed.loc[changed["column"] == "water_sources", ["old", "new"]].to_numpy().tolist()
        == [["piped", "piped borehole"]] * 2
    )
    assert (ledger["step"] == "removals").sum() == 54
    flow = json.loads((confidential / "flow.json").read_text(encoding="utf-8"))
    assert {"step": "removals", "label": "were not removed by the field team", "n_in": 632, "n_dropped": 54,
            "n_out": len(interviews(folder))} in flow  # fmt: skip


def test_rows_of_the_log_without_an_old_value_stop_and_are_resolved_in_wave_yaml(real):
    folder = real / "data" / "raw" / WAVE
    wave = load_wave(folder / "wave.yaml")
    log = wave["cleaning_log"]

    def cleaned(**changes):
        own = {**wave, "cleaning_log": {**log, **changes}}
        got = ingest(own, folder, b"key")
        return got.record["corrections"], clean(
            got.responses, got.free_text, json.loads(got.codebook.to_json()), own, got.corrections
        )

    with pytest.raises(FindingsError, match="38 correction") as stale:
        cleaned(unchecked=[])
    assert stale.value.file == "cleaning_log.csv" and stale.value.rows == list(range(689, 727))
    counts, result = cleaned(unchecked=[], skip=[{"rows": ["689-726"], "reason": "no old value"}])
    assert counts["skipped"] == 38 and (result.ledger["step"] == "corrections").sum() == 11


def test_breaks_of_the_forms_rules_agree_with_the_export_counted_by_hand(finished, folder):
    of = finished / "results/confidential" / WAVE
    found = {rule["rule"]: rule for rule in json.loads((of / "rules.json").read_text(encoding="utf-8"))}
    ledger = pd.read_parquet(of / "ledger.parquet").fillna("")
    with (folder / "raw_data.csv").open(encoding="utf-8-sig", newline="") as stream:
        raw = [{k: "" if v == "NA" else v for k, v in row.items()} for row in csv.DictReader(stream)]
    by_id = {link.row_id: raw[link.data_row - 1] for link in pd.read_parquet(of / "link.parquet").itertuples()}
    for change in ledger[ledger["step"] == "corrections"].itertuples():
        by_id[change.row][change.column] = change.new
    dropped = set(ledger.loc[ledger["column"] == "dropped_by", "row"])
    rows = [row for name, row in by_id.items() if name not in dropped]

    def numbers(name):
        return [(float(row[name]), row) for row in rows if row[name]]

    income = sum(not (n == 0 or 9999 <= n <= 10_000_000) for n, _ in numbers("inc_employment_pension"))
    spent = [(n, row) for n, row in numbers("spend_piped") if "piped" in row["water_sources"].split()]
    over = sum(not (row["tot_expenses"] and n <= float(row["tot_expenses"])) for n, row in spent)
    silent = sum("piped" in row["water_sources"].split() and not row["spend_piped"] for row in rows)
    livelihood = [row["primary_livelihood"].split() for row in rows if row["primary_livelihood"]]
    alone = sum(len(codes) > 1 and bool({"prefer_not_answer", "dont_know"} & set(codes)) for codes in livelihood)
    counted = {"inc_employment_pension.constraint": income, "spend_piped.constraint": over,
               "spend_piped.required": silent, "primary_livelihood.constraint": alone}  # fmt: skip
    assert {rule: found[rule]["breaks"] for rule in counted} == counted and silent
    judged = {"inc_employment_pension.constraint": len(numbers("inc_employment_pension")),
              "spend_piped.constraint": len(spent), "primary_livelihood.constraint": len(livelihood)}  # fmt: skip
    assert {rule: found[rule]["judged"] for rule in judged} == judged and all(judged.values())
    # Nobody was given a question that the form skips; what the published export does not have is told as such.
    assert sum(rule["breaks"] or 0 for rule in found.values() if rule["kind"] == "relevant") == 0
    assert found["telephone_number.constraint"]["judged"] is None
    flags = ledger[ledger["step"] == "form_rules"]
    assert len(flags) == sum(rule["breaks"] or 0 for rule in found.values())
    assert (flags["old"] == flags["new"]).all()


def test_every_column_is_accounted_for_and_no_identifying_one_passes(finished):
    record = json.loads((finished / "results/confidential" / WAVE / "ingest.json").read_text(encoding="utf-8"))
    assert record["rows"] == 632 and len(record["columns"]) == 348
    responses = pd.read_parquet(finished / "results/confidential" / WAVE / "responses.parquet")
    assert not {"deviceid", "X_uuid", "_uuid", "uuid", "_id", "start", "end", "audit"} & set(responses.columns)


def test_the_register_agrees_with_the_export_counted_by_hand(finished, folder):
    rows = interviews(folder)
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
