"""Effects of rules, again by plain loops: the wave cleaned anew without each rule; conditions of a form by hand."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from audited_study import clean
from conftest import WAVE, once
from findings import rule_effects
from findings.audit.plain.answers import Answers
from findings.audit.plain.conditions import condition
from findings.audit.plain.estimates import Frame, NotComputed
from findings.audit.plain.recompute import recomputed
from findings.audit.plain.replay import read_wave
from findings.audit.plain.without import without
from findings.config import load_study

# Steps in an order of their own, so that most are taken anew: some twice, and all those that people's files are for.
STEPS = [
    {"step": "range", "column": "age", "minimum": 18, "maximum": 60},
    {"step": "script"},
    {"step": "test_rows", "column": "is_test", "drop": ["yes"]},
    {"step": "recode", "column": "gender", "map": {"non_binary": "female"}},
    {"step": "answers"},
    {"step": "places", "column": "place_text", "table": "places.csv", "to": "code"},
    {"step": "range", "column": "age", "maximum": 110},
    {"step": "duration", "drop": ["under_minimum"]},
    {"step": "corrections"},
    {"step": "consent", "column": "consent", "keep": ["yes"]},
    {"step": "eligibility", "column": "age", "minimum": 18},
    {"step": "straight_lining", "columns": [f"sus_{n:02}" for n in range(1, 11)], "minimum": 9},
    {"step": "skip_logic"},
    {"step": "duplicates", "ignore": ["place_text", "comment"]},
    {"step": "form_rules"},
    {"step": "other_specify"},
]  # fmt: skip
OTHER = {"other_barrier": {"questions": ["barriers_health"], "replaces": ["no_barrier"]}}
TEXT = "Nobody explained it."


@pytest.fixture(scope="module")
def planted(raw_study, tmp_path_factory) -> Path:
    """The mini study with STEPS, own words and an answer mapped, cleaned, with the effects of its rules."""
    return once(tmp_path_factory, "without", lambda study: _plant(raw_study, study))


def _plant(raw: Path, study: Path) -> None:
    shutil.copytree(raw, study)
    folder = study / "data" / "raw" / WAVE
    declared = yaml.safe_load((folder / "wave.yaml").read_text(encoding="utf-8"))
    declared |= {"cleaning": STEPS, "other_specify": OTHER, "answers": {"trust": {"neither": "agree"}}}
    (folder / "wave.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    line = {"text": TEXT, "code": "trust", "reason": "read", "who": "a", "date": "2025-06-01"}
    with (folder / "recodes.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, line)
        writer.writeheader()
        writer.writerow(line)
    wave, _, records = clean(study, WAVE)
    config = load_study(study / "config.yaml")
    # Who has no age any more is in a cell of their own, and weighs much.
    config["weighting"]["cap"] = 1000
    design = {"kind": wave["design"]["kind"], "weighting": ["none", "design", "calibrated"]}
    known = frozenset(target.key("calibrated", WAVE) for target in rule_effects.targets(config)[0])
    _, rows = rule_effects.of_wave(records, design, known, config, wave, study / "data" / "reference", folder)
    rows.to_parquet(study / "effects.parquet", index=False)


@pytest.fixture(scope="module")
def frame(planted) -> Frame:
    return Frame(Answers(read_wave(planted, WAVE)))


RULES = ["script", "test_rows", "recode", "answers", "places", "range", "range_2", "duration", "straight_lining",
         "skip_logic", "duplicates", "form_rules", "other_specify"]  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_every_effect_is_found_again_in_whatever_order_rules_stand(planted, frame, rule):
    rows = pd.read_parquet(planted / "effects.parquet")
    own = rows[rows["indicator"].str.endswith(f"__{rule}")]
    assert len(own) > 20
    if rule in ("range", "script"):
        # `script` would have to be taken anew; and without it there is no such wave, for both.
        assert own["estimate"].isna().all() == (rule == "script")
        with pytest.raises(NotComputed if rule == "range" else ArithmeticError, match="script|converge"):
            recomputed(own["key"].iloc[0], lambda _: frame)
        return
    for row in own.itertuples():
        found = recomputed(row.key, lambda _: frame)
        assert found["estimate"] == pytest.approx(row.estimate, abs=1e-10) and found["n"] == row.n, row.key
    if rule in ("test_rows", "recode", "answers", "duration", "straight_lining", "duplicates", "other_specify"):
        assert own["estimate"].abs().max() > 1e-6


def test_a_rule_that_changes_no_answer_leaves_everyone_as_cleaned(frame):
    kept = frame.answers.wave.rows
    same = [{name: row[name] for name in kept[0]} for row in without(frame, "form_rules").answers.wave.rows]
    assert same == kept
    # Names of places are read anew, by the table: as the first implementation read them.
    anew = {row["row_id"]: row["place_text"] for row in without(frame, "answers").answers.wave.rows}
    cleaned = {row["row_id"]: row["place_text"] for row in frame.answers.wave.rows}
    assert {anew[row] for row in anew} > {None} and all(anew[row] == cleaned[row] for row in anew.keys() & cleaned)


def test_who_never_consented_stays_out(frame):
    out = {row["row_id"] for row in frame.answers.wave.every if row["dropped_by"] in ("consent", "eligibility")}
    assert out and not any({r["row_id"] for r in without(frame, rule).answers.wave.rows} & out for rule in RULES[1:4])


ANSWERS = {"a": "yes", "b": "", "n": 18.0, "m": "red blue"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("${a} = 'yes'", True),
        ('${a} != "yes"', False),
        ("${a} = ‘yes’", True),
        ("${b} = ''", True),
        ("${n} >= 18", True),
        ("${n} = '18'", True),
        ("${b} < 1", False),
        ("${b} >= 1", False),
        ("${n} > 18 or ${a} = 'yes' and ${b} = 'no'", False),
        ("(${n} > 18 or ${a} = 'yes') and not(${b} = 'no')", True),
        ("selected(${m}, 'blue') and not(selected(${m}, 'blu'))", True),
        ("count-selected(${m}) = 2", True),
        ("count-selected(${b}) > 0", False),
        ("${b}", False),
        ("true()", True),
    ],
)
def test_a_condition_means_what_odk_means_by_it(text, holds):
    assert condition(text)(ANSWERS) is holds


@pytest.mark.parametrize(
    "text", ["regex(${a}, 'y.*')", "${n} + 1 > 2", "today() > ${a}", "${a} = ", "not(${a}", "${a} = 'yes')", "../a = 1"]
)
def test_a_condition_of_another_kind_is_refused(text):
    with pytest.raises(NotComputed):
        condition(text)
