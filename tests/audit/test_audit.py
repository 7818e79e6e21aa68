"""Audits: the second implementation gives every key; tampering is found; nothing withheld or personal is told."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest
from audited_study import WITHHELD, make
from conftest import WAVE, once
from findings import indicators
from findings.audit import explain, recompute_r, sources
from findings.audit.compare import checks, tolerance
from findings.audit.narrowing import narrowed
from findings.audit.plain.answers import Answers
from findings.audit.plain.derived import adjusted
from findings.audit.plain.estimates import Frame, NotComputed
from findings.audit.plain.keys import parts_of
from findings.audit.plain.recompute import recomputed
from findings.audit.plain.replay import ReplayError, read_wave, read_yaml, replayed, rows_of
from findings.audit.run import AGREES, DIFFERS, NOT_TWICE, SECOND, UNKNOWN, R, audit
from findings.audit.search import search
from findings.audit.tasks import task_of
from findings.audit.told import main, told
from findings.environment import ROOT
from findings.provenance import PACKAGE, modules

KEY = f"trust.trust.proportion|weights=calibrated@{WAVE}"
GAP = (
    f"diff(adoption.current_any_service.proportion|weights=calibrated;gender=female@{WAVE},"
    f"adoption.current_any_service.proportion|weights=calibrated;gender=male@{WAVE})"
)


@pytest.fixture(scope="module")
def audited(raw_study, tmp_path_factory) -> Path:
    return once(tmp_path_factory, "audited", lambda study: make(raw_study, study, WAVE))


@pytest.fixture
def tampered(audited, tmp_path) -> Path:
    """A copy of the study, to be tampered with."""
    shutil.copytree(audited, tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture(scope="module")
def frame(audited) -> Frame:
    return Frame(Answers(read_wave(audited, WAVE)))


def confidential(study: Path, name: str) -> Path:
    return study / "results" / "confidential" / WAVE / name


def rows(study: Path, part: str) -> list[dict]:
    return rows_of(confidential(study, f"{part}.parquet"))


def compared(row: dict, frame: Frame) -> list:
    exact = row | sources.both_numbers(frame.answers.wave.confidential, row["key"])
    return checks(exact, json.loads(row["cells"]).get("k"), recomputed(row["key"], lambda _: frame, 0))


@pytest.mark.parametrize("part", ["register", "descriptives", "comparisons", "nonanswers", "barriers", "rule_effects"])
def test_the_second_implementation_gives_every_key(audited, frame, part):
    seen = defaultdict(int)
    for row in rows(audited, part):
        found = compared(row, frame)
        wrong = [check for check in found if not check.agrees]
        assert not wrong, (row["key"], wrong)
        assert any(check.column == "estimate" for check in found), row["key"]
        seen[row["statistic"]] += 1
    wanted = {"register": {"proportion", "mean", "count", "nonresponse"}, "descriptives": {"median", "total"},
              "comparisons": {"difference", "rao_scott"}, "barriers": {"rank", "proportion"},
              "nonanswers": {"declined", "dont_know", "blank", "bounds", "rao_scott"},
              "rule_effects": {"difference"}}  # fmt: skip
    assert set(seen) == wanted[part]


def test_who_is_left_of_a_wave_ends_at_those_asked_and_those_who_answered(audited, frame):
    left_out = explain.raw(audited, WAVE)["left_out"]
    export = explain.raw(audited, WAVE)["rows"]
    seen = 0
    for row in rows(audited, "register"):
        if row["n_asked"] is not None and row["weighting"] == "none" and row["breakdown"] in (None, "gender"):
            parts = parts_of(row["key"])
            lines = narrowed(frame, parts, explain.columns_of(row["key"], [parts], lambda _: frame)[WAVE], left_out)
            left = [line["left"] for line in lines if "left" in line]
            of = {line["who"]: line.get("left") for line in lines}
            out = sum(line.get("out", 0) for line in lines)
            assert of["rows of the export"] == export and left == sorted(left, reverse=True)
            assert (of["asked"], out, left[-1]) == (row["n_asked"], row["n_missing"], row["n"]), row["key"]
            seen += 1
    assert seen > 100
    made = audit(audited, GAP)
    assert [lines[-1]["who"] for lines in made.narrowed] == ["with an answer"] * 2
    assert "FROM THE EXPORT TO THIS NUMBER" in "\n".join(told(made))
    assert audit(audited, f"{WITHHELD}@{WAVE}").narrowed == []


def test_it_computes_each_column_of_a_proportion_and_of_a_gap(audited):
    found = {check.column for check in audit(audited, KEY).checks[SECOND]}
    assert {"estimate", "se", "ci_low", "ci_high", "df", "n", "k", "n_asked", "n_missing", "n_eff", "deff",
            "reliability", "ci_method"} <= found  # fmt: skip
    gap = {check.column for check in audit(audited, GAP).checks[SECOND]}
    assert {"estimate", "se", "df", "test_value", "p", "p_adjusted", "detectable"} <= gap


def test_it_imports_nothing_of_the_estimation():
    plain = PACKAGE / "audit" / "plain"
    for script in plain.glob("*.py"):
        outside = {path.relative_to(PACKAGE).as_posix() for path in modules(script) if plain not in path.parents}
        assert outside <= {"__init__.py", "audit/__init__.py"}, script


def test_an_untouched_study_agrees_as_often_as_it_can_be_recomputed(audited):
    for key in (KEY, GAP):
        made = audit(audited, key)
        assert not made.problems
        assert made.status == (AGREES if R in made.checks else NOT_TWICE)
        assert (R in made.checks) == (recompute_r.found() is not None)


@pytest.mark.skipif(recompute_r.found() is None, reason="not run: R is not installed")
def test_a_ratio_is_the_same_in_both(frame):
    key = "ratio" + GAP.removeprefix("diff")
    plain = recomputed(key, lambda _: frame)
    with recompute_r.Running() as r:
        found = r.recomputed(task_of(key, lambda _: frame))
    assert {name: plain[name] for name in found} == pytest.approx(found, rel=1e-8)
    assert set(found) == {"estimate", "se", "df", "n"}


@pytest.mark.skipif(recompute_r.found() is None, reason="not run: R is not installed")
@pytest.mark.parametrize("part", ["register", "descriptives", "comparisons", "nonanswers", "barriers", "rule_effects"])
def test_r_gives_a_row_of_each_kind(audited, frame, part):
    kinds = {}
    for row in rows(audited, part):
        kinds.setdefault((row["statistic"], row["weighting"], row["ci_method"]), row)
    for row in kinds.values():
        with recompute_r.Running() as r:
            found = checks(row, None, r.recomputed(task_of(row["key"], lambda _: frame, 0)))
        assert any(check.column == "estimate" for check in found), row["key"]
        assert all(check.agrees for check in found), (row["key"], found)


def test_a_changed_register_is_found(tampered):
    path = confidential(tampered, "register.parquet")
    register = pd.read_parquet(path)
    register.loc[register["key"] == KEY, "se"] *= 1 + 1e-6
    register.to_parquet(path, index=False)
    assert audit(tampered, KEY).status == DIFFERS


def test_of_an_effect_both_numbers_are_recomputed_and_a_changed_one_is_found(tampered):
    key = f"rule_effects.trust__trust__duplicates.difference|weights=calibrated@{WAVE}"
    made = audit(tampered, key)
    found = {check.column: check.agrees for check in made.checks[SECOND]}
    assert found == dict.fromkeys(("estimate", "n", "as_cleaned", "without", "n_without"), True)
    assert made.status == (AGREES if R in made.checks else NOT_TWICE)
    said = "\n".join(told(made))
    assert "rule left out: duplicates (cleaning." in said and '"step": "duplicates"' in said
    assert "less the number without the cleaning rule “duplicates”" in " ".join(said.split())
    assert "percentage points" in " ".join(said.split())
    path = confidential(tampered, "without_rule.parquet")
    lines = pd.read_parquet(path)
    lines.loc[(lines["key"] == KEY) & (lines["rule"] == "duplicates"), "without"] += 1e-6
    lines.to_parquet(path, index=False)
    made = audit(tampered, key)
    assert made.status == DIFFERS and "without" in made.problems[-1]


def test_a_changed_ledger_is_found_wherever_it_is(tampered):
    path = confidential(tampered, "ledger.parquet")
    ledger = pd.read_parquet(path)
    other = ledger.index[(ledger["step"] == "script") & (ledger["column"] == "age")][0]
    ledger.loc[other, "new"] = "77"
    ledger.to_parquet(path, index=False)
    made = audit(tampered, KEY)
    assert made.status == DIFFERS
    assert any("age" in problem for problem in made.problems)
    ledger.loc[other, "old"] = "never answered"
    ledger.to_parquet(path, index=False)
    made = audit(tampered, KEY)
    assert made.status == DIFFERS and "does not replay" in made.problems[-1]
    assert "never answered" not in "\n".join(told(made))


def test_a_drop_taken_out_of_the_ledger_is_found(tampered):
    path = confidential(tampered, "ledger.parquet")
    ledger = pd.read_parquet(path)
    ledger.drop(ledger.index[ledger["column"] == "dropped_by"][0]).to_parquet(path, index=False)
    assert audit(tampered, KEY).status == DIFFERS


def test_changed_code_of_the_indicators_is_found(raw_study, tmp_path, monkeypatch):
    mapped = indicators._Answers.mapped

    def wrong(self, column, known, wanted_by):
        # Who agrees strongly is no longer counted.
        changed = {code: 0.0 if (column, code) == ("trust", "strongly_agree") else v for code, v in known.items()}
        return mapped(self, column, changed, wanted_by)

    monkeypatch.setattr(indicators._Answers, "mapped", wrong)
    make(raw_study, tmp_path / "study", WAVE)
    made = audit(tmp_path / "study", KEY)
    assert made.status == DIFFERS
    assert any(SECOND in problem and "estimate" in problem for problem in made.problems)


@pytest.mark.parametrize(
    ("file", "of"), [("estimates.csv", "released row"), ("export.xlsx", "not the file that was read")]
)
def test_a_changed_release_and_a_changed_export_are_found(tampered, file, of):
    if file == "estimates.csv":
        path = tampered / "results" / "release" / file
        lines = path.read_text(encoding="utf-8").splitlines()
        at = next(n for n, line in enumerate(lines) if line.startswith(KEY + ","))
        lines[at] = re.sub(r"(,0\.\d\d)\d,", r"\g<1>9,", lines[at], count=1)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        path = tampered / "data" / "raw" / WAVE / file
        path.write_bytes(path.read_bytes() + b" ")
    made = audit(tampered, KEY)
    assert made.status == DIFFERS
    assert any(of in problem or "MANIFEST" in problem for problem in made.problems)


def test_of_a_withheld_key_only_the_cause_is_told(audited, capsys, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    key = f"{WITHHELD}@{WAVE}"
    assert main(audited, [key, "--rows"]) == NOT_TWICE
    out, err = capsys.readouterr()
    assert out == f"{key}\n  withheld: disclosure control\n"
    assert err == ""


def test_no_record_is_told_without_rows(audited, capsys, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    ids = {row["row_id"] for row in rows(audited, "respondents")}
    main(audited, [KEY])
    assert not ids & set(re.split(r"\s+", capsys.readouterr().out))
    main(audited, [KEY, "--rows"])
    out, err = capsys.readouterr()
    kept = sum(row["dropped_by"] is None and row["location"] == "inside" for row in rows(audited, "respondents"))
    assert len(ids & set(re.split(r"\s+", out))) == kept
    assert "records" in err


def test_records_are_not_told_to_a_ci_service(audited, capsys, monkeypatch):
    monkeypatch.setenv("CI", "true")
    assert main(audited, [KEY, "--rows"]) == UNKNOWN
    assert capsys.readouterr().out == ""


def test_it_says_where_a_number_stands_and_what_it_is(audited):
    about = audit(audited, KEY).about
    assert about["exhibits"] == [{"exhibit": "views", "wave": WAVE, "rule": "figure",
                                  "script": "workflow/scripts/figure.py", "files": ["figures/views.svg"]}]  # fmt: skip
    told_of = [(s["language"], s["printed"]) for s in about["sentences"]]
    assert told_of == [("en", "52%"), ("my", "52%"), ("en", "supported"), ("my", "supported")]
    (trust,) = about["indicators"]
    assert trust["asked"][0]["name"] == "trust" and set(trust["asked"][0]["label"]) == {"en", "my"}
    assert trust["numerator"].startswith("trust is agree or strongly_agree")
    assert about["settings"][trust["config"]]["id"] == "trust"
    assert [step["rule"] for step in about["made_by"]] == [
        "ingest",
        "clean",
        "weight",
        "weight",
        "estimate",
        "disclose",
    ]
    for step in about["made_by"]:
        name = step["function"].split(".")[-1]
        assert f"def {name}(" in (ROOT / step["file"]).read_text(encoding="utf-8").splitlines()[step["line"] - 1]


def test_each_part_of_the_register_has_a_rule_and_a_function():
    for part in sources.PARTS:
        assert explain.made_by(part, None)[-1]["rule"].startswith("disclose")


def test_the_parts_are_those_of_the_workflow():
    text = (ROOT / "workflow" / "rules" / "estimate.smk").read_text(encoding="utf-8")
    declared = re.findall(r'"(\w+)"', " ".join(re.findall(r"^PARTS \+?= (\[.*?\])", text, re.M)))
    # Changes and their parts are made where there is a wave to compare with.
    assert set(sources.PARTS) == {"register", "changes", "decompositions", *declared}


def test_the_examples_of_the_page_run(audited):
    page = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    keys = re.findall(r"^    \./reproduce audit '(.*)'$", page, re.M)
    assert len(keys) == 3
    for key in keys:
        assert audit(audited, key).status in (AGREES, NOT_TWICE), key


def test_steps_are_counted_over_the_numbers_own_respondents(audited):
    made = audit(audited, KEY, rows=True)
    ledger = pd.read_parquet(confidential(audited, "ledger.parquet"))
    ids = {row["row_id"] for row in made.cells[WAVE]}
    for step in made.counts[WAVE]:
        own = ledger[(ledger["step"] == step["step"]) & (ledger["column"] != "dropped_by")]
        texts = set(ledger["column"]) - set(rows(audited, "responses")[0]) - {"dropped_by"}
        own = own[~own["column"].isin(texts)]
        flag = own["old"].fillna("") == own["new"].fillna("")
        assert step["flagged"] == len(set(own.loc[flag, "row"]) & ids)
        own = own[~flag]
        assert step["touched"] == len(set(own["row"]) & ids)
        assert step["dropped"] == int(((ledger["step"] == step["step"]) & (ledger["column"] == "dropped_by")).sum())


def test_search_finds_by_fragments_and_by_words_of_both_languages(audited):
    study, keys = read_yaml(audited / "config.yaml"), list(sources.released_keys(audited / "results" / "release"))
    for words in ("nugpay women 2025", "NUGPay အမျိုးသမီး 2025"):
        found = [key for key, _ in search(words, keys, study)]
        assert found and all("service=nugpay" in key and "gender=female" in key for key in found)
    assert search("current_use nugpay", keys, study)[0][0].startswith("adoption.current_use.proportion|")
    assert search("xyzzy", keys, study) == []


def test_a_wrong_key_is_named_with_the_nearest(audited, capsys):
    assert main(audited, [KEY.replace("calibrated", "calibratd")]) == UNKNOWN
    out = capsys.readouterr().out
    assert "is no key of this release" in out and KEY in out
    assert main(audited, ["xyzzy"]) == UNKNOWN
    assert main(audited, []) == UNKNOWN
    capsys.readouterr()
    assert main(audited, [""]) == UNKNOWN and "missing" in capsys.readouterr().err


def test_an_error_does_not_quote_an_answer(tampered, capsys):
    path = confidential(tampered, "responses.parquet")
    responses = pd.read_parquet(path)
    responses.loc[0, "state_region"] = "Daw Planted Name"
    responses.to_parquet(path, index=False)
    assert main(tampered, [KEY]) == DIFFERS
    assert "Planted" not in "".join(capsys.readouterr())


def test_what_is_not_recomputed_is_said_and_is_no_success(audited, frame, monkeypatch):
    monkeypatch.setattr(recompute_r, "found", lambda: None)
    made = audit(audited, KEY)
    assert made.status == NOT_TWICE and any("R is not installed" in note for note in made.notes)
    rank = next(row["key"] for row in rows(audited, "barriers") if row["statistic"] == "rank")
    made = audit(audited, rank)
    assert made.status == NOT_TWICE and any("rank_low" in note for note in made.notes)
    # R's silence is not what keeps it from 0: with R's checks it is not recomputed twice either.
    made.checks[R] = made.checks[SECOND]
    assert made.status == NOT_TWICE
    with pytest.raises(NotComputed):
        recomputed(f"model.adoption_pooled_demographics.gender.female@{WAVE}", lambda _: frame)


def test_replay_makes_recodes_at_once_and_refuses_what_does_not_fit():
    responses = [{"row_id": "1", "x": "a"}, {"row_id": "2", "x": "b"}]
    entry = {"row": None, "column": "x", "step": "recode", "reason": "", "source": ""}
    swap = [{**entry, "old": "a", "new": "b", "count": 1}, {**entry, "old": "b", "new": "a", "count": 1}]
    assert [row["x"] for row in replayed(responses, swap, {})] == ["b", "a"]
    for wrong in ({**swap[0], "count": 2}, {**entry, "row": "3", "old": "a", "new": "b", "count": 1},
                  {**entry, "row": "1", "old": "b", "new": "a", "count": 1}):  # fmt: skip
        with pytest.raises(ReplayError):
            replayed(responses, [wrong], {})


def test_corrections_of_p_are_those_of_their_papers():
    p = [0.01, 0.04, 0.03, 0.005]
    assert adjusted(p, "holm") == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjusted(p, "benjamini_hochberg") == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_tolerances_are_those_of_the_statistic():
    assert tolerance("proportion", "se") == 1e-8
    assert tolerance("proportion", "ci_low") == tolerance("median", "se") == 1e-6
    assert tolerance("average_marginal_effect", "se", ordinal=True) == 1e-3
