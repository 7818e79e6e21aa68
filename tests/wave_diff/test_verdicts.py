"""What differences mean for indicators, who may overrule it, and that nothing incomparable has a change."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from findings.changes import changes
from findings.config import load_study
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.keys import print_key
from findings.plan import Group, Indicator, Level
from findings.register import COLUMNS, cells
from findings.wave_diff.structure import Difference
from findings.wave_diff.verdicts import DEFAULTS, comparability, read, rules, without_incomparable
from findings.waves import differs, earlier_wave, looked_at
from jsonschema import Draft202012Validator

WAVE = {"wave": "b"}


def indicator(name: str, source: dict, base: str | None = None, service: str | None = None) -> Indicator:
    column = "__".join(["use", name, *([service] if service else [])])
    return Indicator(
        name, "use", "proportion", None, service, column, source, base, None, frozenset(), {}, {}, {}
    )  # fmt: skip


AWARE = indicator("aware", {"column": "aware", "one": ["yes"], "zero": ["no"]})
USED = indicator("used", {"column": "used", "one": ["yes"], "zero": ["no"]}, base="use__aware")
PAY = indicator("pay", {"column": "ways", "contains": "pay"})
VIEW = indicator("view", {"column": "view", "scale": {"low": 1, "high": 2}})
SCORE = indicator("score", {"mean_of": ["view", "used"], "scale": {"low": 1}})
ANY = indicator("any", {"any_of": ["use__used"]})
PLAN = [AWARE, USED, PAY, VIEW, SCORE, ANY]
GROUPS = {"low": Group({}, ["low"]), "high": Group({}, ["high"])}
STEP = Level("view_level", "view_level", 0, False, {}, "view", GROUPS, None, [])


def verdicts(
    *found: Difference, shifts: dict | None = None, wave: dict | None = None, rule: dict | None = None
) -> dict:
    made = comparability(wave or WAVE, "a", [], PLAN, [STEP], found, shifts or {}, rules({"comparability": rule or {}}))
    schema = json.loads((ROOT / "workflow/schemas/comparability.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(made)
    told = {**made["columns"], **made["levels"]}
    return {name: entry["verdict"] for name, entry in told.items() if entry["verdict"] != "comparable"}


def test_without_a_difference_everything_is_comparable():
    assert verdicts() == {}


def test_an_indicator_shares_the_verdict_of_all_that_it_rests_on():
    bad = "not_comparable"
    assert verdicts(Difference("reworded", "aware", language="my")) == {
        "use__aware": bad, "use__used": bad, "use__any": bad,
    }  # fmt: skip
    assert verdicts(Difference("wording_touched", "used")) == {
        "use__used": "note", "use__score": "note", "use__any": "note",
    }  # fmt: skip


def test_a_reversed_scale_is_not_comparable_nor_is_what_groups_by_it():
    assert verdicts(Difference("scale_reversed", "view")) == dict.fromkeys(
        ("use__view", "use__score", "view_level"), "not_comparable"
    )


def test_a_lost_option_matters_to_the_indicator_that_counts_it():
    assert verdicts(Difference("option_lost", "ways", "pay")) == {"use__pay": "not_comparable"}
    assert verdicts(Difference("option_lost", "ways", "bank")) == {"use__pay": "note"}
    assert verdicts(Difference("nonanswer_added", "ways", "dont_know")) == {"use__pay": "note"}


def test_the_config_says_what_a_difference_means():
    rule = {"differences": {"reworded": "note", "other_option": "comparable"}}
    assert verdicts(Difference("reworded", "view"), Difference("option_lost", "ways", "bank"), rule=rule) == {
        "use__view": "note", "use__score": "note", "view_level": "note",
    }  # fmt: skip


def test_shifts_of_non_answers_are_reasons():
    shifts = {"ways": [{"code": "missing_shift", "key": "k"}], "view": [{"code": "missing_drift", "key": "k"}]}
    found = verdicts(shifts=shifts)
    assert found == {"use__pay": "not_comparable", "use__view": "note", "use__score": "note", "view_level": "note"}


def test_a_researcher_overrules_with_a_reason_that_is_kept():
    entry = {"of": ["use.view", "view_level"], "verdict": "comparable", "reason": {"en": "Tried on 40 people."}}
    found = comparability(
        {**WAVE, "comparability": [entry]}, "a", [], PLAN, [STEP], [Difference("scale_reversed", "view")], {}, rules({})
    )
    view = found["columns"]["use__view"]
    assert view["verdict"] == "comparable" == found["levels"]["view_level"]["verdict"]
    assert view["reasons"][0] == {
        "code": "overruled", "verdict": "comparable", "was": "not_comparable", "text": {"en": "Tried on 40 people."},
    }  # fmt: skip
    assert view["reasons"][1]["code"] == "scale_reversed"
    assert found["columns"]["use__score"]["verdict"] == "not_comparable"
    of_another = {**WAVE, "comparability": [{**entry, "earlier": "z"}]}
    assert verdicts(Difference("scale_reversed", "view"), wave=of_another)["use__view"] == "not_comparable"
    with pytest.raises(FindingsError, match="not in the plan"):
        verdicts(wave={**WAVE, "comparability": [{**entry, "of": ["use.gone"]}]})


def register(wave: str) -> pd.DataFrame:
    rows = [
        {"family": "use", "indicator": i.id, "statistic": "proportion", "column": i.column, "weighting": "calibrated",
         "estimate": 0.4, "se": 0.02, "df": 50.0, "n": 900, "wave": wave, "cells": cells(900, 360), "synthetic": True,
         "design": "probability", "breakdown": level, "group": level and "low"}
        for i in PLAN for level in (None, "view_level")
    ]  # fmt: skip
    frame = pd.DataFrame(rows).astype({"breakdown": "string", "group": "string"})
    frame["key"] = [print_key(row) for row in frame.to_dict("records")]
    return frame.reindex(columns=COLUMNS)


def test_what_is_not_comparable_has_no_change(tmp_path):
    found = comparability(WAVE, "a", [], PLAN, [STEP], [Difference("scale_reversed", "view")], {}, rules({}))
    path = tmp_path / "comparability.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    kept = changes(without_incomparable(register("b"), read(path)), register("a"), "calibrated")
    # Nothing of what rests on the scale, and nothing by it.
    assert set(kept["indicator"]) == {"aware", "used", "pay", "any"} and kept["breakdown"].isna().all()
    crossed = register("b").assign(breakdown="other&view_level", group="x&low")
    assert without_incomparable(crossed, found).empty


def wave(kind: str = "probability", mode: str = "capi", **design: str) -> dict:
    return {"design": {"kind": kind, "strata": "s", "psu": "p", **design}, "mode": mode}


def test_design_mode_and_frame_are_named_where_they_differ():
    assert differs(wave(), wave()) == []
    assert differs(wave(), wave("volunteer")) == ["kind"]
    assert differs(wave(sampled_from="census"), wave(mode="cati", sampled_from="phones")) == ["mode", "frame"]
    # A list that only one of them names is another list.
    assert differs(wave(sampled_from="census"), wave()) == ["frame"]
    waves = {"one": wave(), "two": wave("volunteer"), "three": wave(), "four": wave(), "five": wave("volunteer")}
    assert [looked_at(name, waves) for name in waves] == [[], ["one"], ["two", "one"], ["three"], ["four"]]
    assert [earlier_wave(name, waves) for name in waves] == [None, None, "one", "three", None]


def test_with_no_comparable_wave_nothing_is_judged_and_nothing_kept_back():
    unlike = [{"wave": "a", "differs": ["kind"]}]
    found = comparability(WAVE, None, unlike, PLAN, [STEP], [Difference("reworded", "view")], {}, rules({}))
    assert found == {"wave": "b", "earlier": None, "waves": unlike, "columns": {}, "levels": {}}


def test_the_shipped_config_names_every_kind_and_changes_no_default():
    assert rules(load_study(Path(ROOT / "config.yaml"))) == DEFAULTS == rules({})
