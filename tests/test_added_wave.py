"""A wave that `add-wave` drafted from another tool's export, decided on and run to the report."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import yaml
from conftest import WAVE, reproduce
from drafted_wave import NEW, decide
from findings import crosswalk
from findings.config import load_study
from findings.environment import ROOT
from findings.instrument import read_xlsform
from findings.synthetic import qualtrics, truth_of
from findings.synthetic.draw import Drawer
from findings.synthetic.mess import Mess
from jsonschema import Draft202012Validator

BARRIER = "Internet is poor or absent"
# What the study with a later wave shows: changes, where the designs allow them, and what they mean.
SHOWN_LATER = {"figures": "change_services", "tables": "comparability"}


def write_later(study: Path, export: Path) -> int:
    """A later wave as Qualtrics exports it: `gender` is `sex`, an option has another label, `radio` is new. How many
    interviews it has."""
    reference = study / "data" / "reference"
    codebook, truth = read_xlsform(study / "data" / "raw" / WAVE / "form.xlsx"), truth_of(WAVE, reference)
    drawer = Drawer(codebook, load_study(study / "config.yaml"), truth, 11, 0.25)
    mess = Mess(codebook, truth, drawer.random)
    rows = [mess._whole(row) for row in drawer.frame().to_dict("records")]
    rows = [{**row, "sex": row["gender"], "radio": ("alpha", "beta")[i % 2]} for i, row in enumerate(rows)]
    old = codebook.questions
    sex = replace(old["gender"], name="sex", label={"en": "What's your gender, please?"})
    questions = {name: sex if name == "gender" else question for name, question in old.items()}
    # Embedded by whoever drew the sample, as the form's calculation is in KoboToolbox.
    questions["stratum"] = replace(old["stratum"], type="text", label={"en": "stratum"})
    questions = {q.name: q for q in questions.values()}
    questions["radio"] = replace(sex, name="radio", list="radio", label={"en": "Which station do you listen to?"})
    lists = {name: dict(codes) for name, codes in codebook.choices.items()}
    lists["barriers"]["internet"] = {"en": BARRIER}
    lists["radio"] = {"alpha": {"en": "Alpha"}, "beta": {"en": "Beta"}}
    qualtrics.write_export(export, rows, replace(codebook, questions=questions, choices=lists))
    return len(rows)


def test_a_wave_of_another_tool_is_added_accepted_run_and_compared_with_the_one_before(study):
    export = study / "later.csv"
    count = write_later(study, export)
    told = reproduce(study, "add-wave", NEW, str(export))
    assert told.returncode == 0, told.stderr
    add_to_config(study, NEW)
    stopped = reproduce(study)
    assert stopped.returncode != 0 and "decision(s) are missing" in stopped.stderr and "mode" in stopped.stderr
    folder = study / "data" / "raw" / NEW
    lines = crosswalk.read(folder, NEW)
    renamed = [row for row in lines if row.kind == "column" and "an option of" in row.note]
    assert {row.header for row in lines if not row.accepted and row.kind == "column"} >= {"sex", "radio"}
    assert {row.answer for row in lines if not row.accepted and row.kind == "answer"} == {BARRIER}
    # By its last word in brackets a person knows which question it is of.
    chosen = {row.header: ("yes", row.note.split(" ")[3], "internet") for row in renamed}
    decide(study, {**chosen, BARRIER: ("yes", "", "internet")})
    path = folder / "wave.yaml"
    text = path.read_text(encoding="utf-8").replace("synthetic: false", "synthetic: true")
    text = text.replace("design: {kind: volunteer}\n", "").replace("2027-03", "2025-04")
    design = text.index("# design:")
    path.write_text(text[:design] + re.sub(r"^# ", "", text[design:], flags=re.M), encoding="utf-8")
    shutil.copy(study / "data" / "raw" / WAVE / "frame.csv", folder)
    done = reproduce(study)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not [line for line in done.stdout.splitlines() if "Reading the export" in line and WAVE in line]
    confidential = study / "results" / "confidential" / NEW
    record = json.loads((confidential / "ingest.json").read_text(encoding="utf-8"))
    assert record["tool"] == "qualtrics" and record["left_out"] == {"preview": 1, "unfinished": 1}
    lines = json.loads((ROOT / "workflow/schemas/ingest.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(lines).validate(record)
    people = pd.read_parquet(confidential / "respondents.parquet")
    assert len(people) == count and set(people["gender"].dropna()) >= {"female", "male"} and "radio" not in people
    ledger = pd.read_parquet(confidential / "ledger.parquet")
    mapped = ledger[(ledger["step"] == "answers") & (ledger["old"] == BARRIER)]
    assert set(mapped["new"]) == {"internet"} and all(column.startswith("main_barrier_") for column in mapped["column"])
    released = pd.read_csv(study / "results" / "release" / "estimates.csv")
    assert f"barriers.internet.proportion|ministry=health;weights=calibrated@{NEW}" in set(released["key"])
    changes = released[released["key"].str.startswith("diff(") & released["key"].str.endswith(f"@{WAVE})")]
    changes = changes[changes["key"].str.contains(f"@{NEW},") & changes["estimate"].notna()]
    assert changes["key"].str.contains("adoption.current_use.proportion").any(), changes["key"].tolist()[:5]
    shown = pd.read_csv(study / "results" / "release" / "exhibits.csv", dtype=str)
    trend = " ".join(shown[(shown["exhibit"] == "change_services") & (shown["wave"] == NEW)]["keys"])
    assert f"@{WAVE}" in trend and f"@{NEW}" in trend
    page = (study / "results" / "release" / "report.en.html").read_text(encoding="utf-8")
    assert all(f'id="{kind[:-1]}-{name}-{NEW}"' in page for kind, name in SHOWN_LATER.items())


def add_to_config(study: Path, wave: str) -> None:
    """Put a wave at the end of config.yaml's `waves`, and let the study show changes alone."""
    path, shipped = study / "config.yaml", yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["waves"][wave] = {"label": {"en": wave, "my": wave}}
    config["exhibits"] |= {kind: {name: shipped["exhibits"][kind][name]} for kind, name in SHOWN_LATER.items()}
    for chapter in config["report"]["chapters"]:
        chapter |= {kind: [name] if chapter["id"] == "change" else [] for kind, name in SHOWN_LATER.items()}
    path.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
