"""What each rule of cleaning does to the headlines: planted, by two whole runs, and what of it passes the gate."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from cleaned_wave import cleaned, records_of, weighed
from conftest import WAVE
from findings.audit import sources
from findings.audit.run import Audit
from findings.audit.told import told
from findings.config import load_study, load_wave
from findings.disclosure import disclose_derived
from findings.environment import ROOT
from findings.influence import means, sample
from findings.keys import RULE_EFFECTS, is_key, parse_effect
from findings.rule_effects import of_wave, targets
from findings.rule_effects.undone import NEVER, rules, without_each

VOLUNTEER = {"design": {"kind": "volunteer"}, "calibration": None}
TRUST = f"trust.trust.proportion|weights=none@{WAVE}"


@pytest.fixture(scope="module")
def wave(raw_study):
    return load_wave(raw_study / "data" / "raw" / WAVE / "wave.yaml")


@pytest.fixture(scope="module")
def study(raw_study):
    return load_study(raw_study / "config.yaml")


@pytest.fixture(scope="module")
def records(raw_study, wave):
    return records_of(raw_study, wave)


def effects(records, wave, study, raw, weighting="calibrated"):
    """The table and the derived rows, the latter by key."""
    kind = wave["design"]["kind"]
    design = {"kind": kind, "weighting": ["none"] if kind == "volunteer" else ["none", "design", "calibrated"]}
    known = frozenset(target.key(weighting, WAVE) for target in targets(study)[0])
    folders = raw / "data" / "reference", raw / "data" / "raw" / WAVE
    table, rows = of_wave(records, design, known, study, wave, *folders)
    return table, rows.set_index("key", drop=False)


@pytest.fixture(scope="module")
def found(records, wave, study, raw_study):
    return effects(records, wave, study, raw_study)


def judged(rows, study, withheld=()):
    """The status of each row after the gate, where all of the register but `withheld` is published."""
    needed = {key for cells in rows["cells"] for key in json.loads(cells).get("rows", [])} - set(rows["key"])
    status = pd.DataFrame({"key": sorted(needed)})
    status["status"] = np.where(status["key"].isin(list(withheld)), "suppressed", "published")
    return disclose_derived(rows, [status], study["disclosure"]).set_index("key")


@pytest.mark.parametrize(("yes", "no", "published"), [(28, 22, True), (45, 5, False), (8, 7, False), (0, 0, False)])
def test_a_planted_effect_is_found_to_the_last_digit(records, wave, study, raw_study, yes, no, published):
    """`yes` and `no` respondents who answered in a hurry; everyone else took long enough."""
    wave = {**wave, **VOLUNTEER}
    counted = records.respondents["dropped_by"].isna() & (records.respondents["location"] == "inside")
    planted = records.respondents.index[counted & records.respondents["trust"].notna()][: yes + no]
    responses = records.responses.assign(duration_flag="ok")
    responses.loc[planted, "duration_flag"] = "under_minimum"
    responses.loc[planted, "trust"] = ["agree"] * yes + ["disagree"] * no
    own = cleaned(replace(records, responses=responses), wave)
    table, rows = effects(own, wave, study, raw_study, "none")
    kept = own.respondents[own.respondents["dropped_by"].isna() & (own.respondents["location"] == "inside")]
    k = int(kept["trust"].isin(["agree", "strongly_agree"]).sum())
    n = k + int(kept["trust"].isin(["disagree", "strongly_disagree", "neither"]).sum())
    line = table[(table["key"] == TRUST) & (table["rule"] == "duration")].iloc[0]
    assert line["as_cleaned"] == k / n and line["without"] == pytest.approx((k + yes) / (n + yes + no), abs=1e-15)
    assert line["effect"] == pytest.approx(k / n - (k + yes) / (n + yes + no), abs=1e-15)
    wanted = {"n": n, "n_without": n + yes + no, "k": k, "k_without": k + yes, "moved": yes + no, "lost": 0,
              "readmitted": yes + no, "changes": yes + no}  # fmt: skip
    assert {name: int(line[name]) for name in wanted} == wanted
    row = rows.loc[f"{RULE_EFFECTS}.trust__trust__duration.difference|weights=none@{WAVE}"]
    assert row["estimate"] == line["effect"] and row["n"] == n
    # A volunteer's number has no uncertainty, and neither has an effect on it.
    assert rows[["se", "ci_low", "ci_high", "p", "df"]].isna().all(axis=None)
    shown = judged(rows, study).loc[row["key"]]
    assert shown["status"] == ("published" if published else "suppressed")
    assert pd.isna(shown["estimate"]) != published
    assert judged(rows, study, [TRUST]).loc[row["key"], "status"] == "suppressed"


@pytest.mark.parametrize("step", ["duplicates", "duration", "straight_lining", "corrections", "range", "skip_logic"])
def test_an_effect_is_the_difference_of_two_whole_runs(found, records, wave, study, raw_study, step):
    table, rows = found
    runs = []
    for undone in ((), (step,)):
        made = weighed(records, wave, study, raw_study, undone)
        of = sample(made.frame, made.design, "calibrated", WAVE)
        everyone = [target for target in targets(study)[0] if target.level is None]
        values = of.frame[[target.of.column for target in everyone]].to_numpy(dtype=float)
        runs.append((means(of, values, np.ones(values.shape[::-1], dtype=bool)).value, (~np.isnan(values)).sum(axis=0)))
    own = table[table["rule"] == step].set_index("key").loc[[t.key("calibrated", WAVE) for t in everyone]]
    (value, n), (other, other_n) = runs
    assert own["as_cleaned"].to_numpy() == pytest.approx(value, abs=1e-12)
    assert own["without"].to_numpy() == pytest.approx(other, abs=1e-12)
    assert own["effect"].to_numpy() == pytest.approx(value - other, abs=1e-12)
    assert own["n"].tolist() == n.tolist() and own["n_without"].tolist() == other_n.tolist()
    if step in ("duplicates", "duration"):
        assert (own["effect"].abs() > 0).any() and (own["readmitted"] > 0).all()


def test_every_rule_has_an_effect_on_every_headline_and_every_key_is_one(found, wave, study):
    table, rows = found
    steps = [options["step"] for options in wave["cleaning"] if options["step"] not in NEVER]
    assert table.groupby("key")["rule"].apply(set).map(lambda of: of == set(steps)).all()
    assert not set(NEVER) & set(table["rule"]) and table["stops"].isna().all()
    assert set(rows["key"]) == {key for key in rows["key"] if is_key(key)}
    everyone, gaps = targets(study)
    assert len(rows) == len(steps) * (len({t.key("", WAVE) for t in everyone}) + len(gaps))
    gap = next(row for row in rows.itertuples() if row.key.startswith("diff("))
    first, second = (rows.loc[key] for key in json.loads(gap.cells)["rows"])
    assert gap.estimate == first["estimate"] - second["estimate"]
    assert (first["group"], second["group"]) == ("urban", "rural")


def test_the_gate_keeps_what_few_respondents_make(found, study):
    table, rows = found
    shown = judged(rows, study)
    moved = {(line.key, line.rule): line.moved for line in table.itertuples()}
    for row in rows.itertuples():
        if not row.key.startswith("diff(") and shown.loc[row.key, "status"] == "published":
            headline = json.loads(row.cells)["rows"][0]
            assert moved[headline, parse_effect(row.indicator)[2]] >= study["disclosure"]["min_base"]
    # That a rule touched nobody is withheld like that it touched few: one would tell the other.
    nobody = rows[[json.loads(cells).get("bases") == [0] for cells in rows["cells"]]]
    assert len(nobody) and (shown.loc[nobody["key"], "status"] == "suppressed").all()


def test_nobody_without_consent_or_outside_the_population_is_ever_estimated_on(records, wave):
    responses = records.responses.copy()
    young, silent = records.respondents.index[records.respondents["dropped_by"].isna()][:2]
    # Without the step that reads it, nothing tells that this is a child; and without it, this is no consent.
    responses.loc[young, "age"] = "၁၇"
    responses.loc[silent, "consent"] = "no\u200b"
    own = cleaned(replace(records, responses=responses), wave)
    out = own.respondents[own.respondents["dropped_by"].isin(NEVER)]
    assert set(out["row_id"]) >= set(own.responses.loc[[young, silent], "row_id"])
    columns = ["age", "trust", "location"]
    for one in without_each(own, wave, columns, ROOT / "data" / "reference"):
        assert one.kept is None or not set(one.kept["row_id"]) & set(out["row_id"]), one.rule
    first = next(one for one in without_each(own, wave, columns, ROOT / "data" / "reference") if one.rule == "script")
    assert first.unread and first.kept["age"].dropna().str.fullmatch("[0-9]+").all()


def test_a_rule_without_which_there_is_no_wave_has_no_number_and_says_why(records, wave, study, raw_study):
    responses = records.responses.copy()
    kept = records.respondents["dropped_by"].isna()
    responses["stratum"] = responses["stratum"].where(~kept, responses["stratum"] + "\u200b")
    codebook = {**records.codebook, "questions": [
        {**question, "type": "integer"} if question["name"] == "stratum" else question
        for question in records.codebook["questions"]
    ]}  # fmt: skip
    own = replace(records, responses=responses, codebook=codebook)
    own = replace(own, respondents=records.respondents)
    table, rows = effects(own, wave, study, raw_study)
    script = table[table["rule"] == "script"]
    assert script["stops"].notna().all() and script["without"].isna().all() and script["effect"].isna().all()
    shown = judged(rows[rows["indicator"].str.endswith("__script")], study)
    assert (shown["status"] == "suppressed").all()


def test_rules_that_are_taken_twice_are_told_apart():
    steps = [{"step": name} for name in ("script", "range", "consent", "range", "recode", "range")]
    assert rules(steps) == {0: "script", 1: "range", 3: "range_2", 4: "recode", 5: "range_3"}


def test_a_study_that_calls_nothing_a_headline_has_no_effects(records, wave, study, raw_study):
    bare = {key: value for key, value in study.items() if key not in ("specifications", "comparisons")}
    table, rows = effects(records, wave, bare, raw_study)
    assert table.empty and rows.empty


def test_an_audit_tells_what_each_rule_does(found, tmp_path):
    table, rows = found
    table.to_parquet(tmp_path / "without_rule.parquet", index=False)
    key = f"trust.trust.proportion|weights=calibrated@{WAVE}"
    lines = sources.without_rules(tmp_path, {"key": key, "family": "trust", "cells": None})
    assert [line["rule"] for line in lines] == table.loc[table["key"] == key, "rule"].tolist()
    # Of an effect it is its headline that is told of.
    effect = rows.loc[f"{RULE_EFFECTS}.trust__trust__duplicates.difference|weights=calibrated@{WAVE}"]
    assert sources.without_rules(tmp_path, effect.to_dict()) == lines
    assert sources.without_rules(tmp_path / "none", effect.to_dict()) == []
    said = "\n".join(told(Audit(key, released={"estimate": "0.5"}, rules=lines)))
    assert "RULES" in said and all(line["rule"] in said for line in lines)
