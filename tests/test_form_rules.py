"""The form's rules as checks: planted breaks are found, no others; what cannot be judged stops before cleaning."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from findings import ledger as book
from findings.cleaning import clean
from findings.config import load_wave
from findings.errors import FindingsError
from findings.ingest import ingest
from findings.instrument import Codebook, read_xlsform
from hypothesis import given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import convert

COLUMNS = ["type", "name", "label", "relevant", "constraint", "required", "choice_filter"]
SURVEY = [
    ["select_one yes_no", "consent", "Consent", "", "", "yes", ""],
    ["begin_group", "house", "House", "${consent} = 'yes'", "", "", ""],
    ["integer", "members", "Members", "", ". >= 1 and . <= 30", "true()", ""],
    ["begin_group", "inner", "Inner", "${members} > 1", "", "", ""],
    ["integer", "children", "Children", "", ". < ${members}", "${members} > 2", ""],
    ["integer", "pupils", "Pupils", "${children} > 0", ". <= ${children}", "", ""],
    ["end_group", "", "", "", "", "", ""],
    ["select_one region", "region", "Region", "", "", "yes", ""],
    ["select_one town", "town", "Town", "", "", "", "Region = ${region}"],
    ["select_multiple source", "sources", "Sources", "", "not(selected(., 'none') and count-selected(.) > 1)", "", ""],
    ["select_one source", "main", "Main", "count-selected(${sources}) > 1", "", "", "selected(${sources}, name)"],
    ["date", "moved", "Moved", "", ". <= today()", "", ""],
    ["text", "phone", "Phone", "", "regex(., '0[0-9]{4}')", "", ""],
    ["end_group", "", "", "", "", "", ""],
]
TOWNS = {"a1": "a", "a2": "a", "b1": "b"}
CHOICES = [
    ["list_name", "name", "label", "Region"],
    *[["yes_no", code, code.title(), ""] for code in ("yes", "no")],
    *[["region", code, code.upper(), ""] for code in ("a", "b")],
    *[["town", code, code.upper(), region] for code, region in TOWNS.items()],
    *[["source", code, code.title(), ""] for code in ("well", "river", "none")],
]
WAVE = {
    "wave": "w", "label": {"en": "W"}, "synthetic": True, "design": {"kind": "volunteer"},
    "source": {"tool": "kobo_csv", "export": "export.csv", "form": "form.xlsx"},
    "columns": {"phone": {"type": "text", "keep": True}},
    "month": "start", "cleaning": [{"step": "form_rules"}],
}  # fmt: skip
SOUND = {
    "start": "2025-03-10T10:00:00.000+06:30", "consent": "yes", "members": "4", "children": "2", "pupils": "1",
    "region": "a", "town": "a1", "sources": "well river", "main": "well", "moved": "2024-05-05", "phone": "01234",
}  # fmt: skip


def write_form(path: Path, survey=SURVEY, choices=CHOICES) -> Path:
    workbook = openpyxl.Workbook()
    for title, rows in (("survey", [COLUMNS, ["start", "start"], *survey]), ("choices", choices)):
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    workbook.remove(workbook.worksheets[0])
    workbook.save(path)
    return path


@pytest.fixture(scope="module")
def codebook(tmp_path_factory) -> dict:
    return json.loads(read_xlsform(write_form(tmp_path_factory.mktemp("form") / "form.xlsx")).to_json())


def cleaned(rows: list[dict], codebook: dict, *steps: dict, **wave):
    frame = pd.DataFrame([{"row_id": f"r{i:06d}", **row} for i, row in enumerate(rows)], dtype="string")
    frame["interview_month"] = frame.pop("start").str[:7]
    texts = frame[["row_id", "phone"]].rename(columns={"phone": "text"}).assign(column="phone").dropna()
    done = clean(
        frame.drop(columns="phone"), texts[["row_id", "column", "text"]], codebook,
        {**WAVE, "cleaning": list(steps) or WAVE["cleaning"], **wave}, None,
    )  # fmt: skip
    flags = done.ledger[(done.ledger["step"] == "form_rules") & (done.ledger["column"] != "dropped_by")]
    same = flags["old"].fillna("").eq(flags["new"].fillna(""))
    counted = {(r["rule"], r["column"]): r["breaks"] for r in done.rules if r["breaks"]}
    # The file of counts and the flags of the ledger are one.
    told = flags[same].groupby([flags["reason"].str.extract(r"\((\S+)\)")[0], "column"]).size().to_dict()
    assert counted == told
    return done, {(f["row"], f["reason"].split("(")[1].split(")")[0]) for f in flags[same].to_dict("records")}


def row(**changes) -> dict:
    return {**SOUND, **changes}


def test_the_form_is_one_for_pyxform(tmp_path):
    assert convert(xlsform=str(write_form(tmp_path / "form.xlsx"))).xform


def test_rules_are_read_with_their_rows(tmp_path):
    form = read_xlsform(write_form(tmp_path / "form.xlsx"))
    children = form.questions["children"]
    assert children.required_if == "${members} > 2" and not children.required and children.row == 7
    assert children.conditions == {"${consent} = 'yes'": 4, "${members} > 1": 6}
    assert form.questions["town"].choice_filter == "Region = ${region}"
    assert form.filters == {"town": {code: {"region": region} for code, region in TOWNS.items()}}
    assert Codebook.from_json(form.to_json()) == form


PLANTED = [
    ({}, set()),
    ({"members": "40"}, {"members.constraint"}),
    ({"members": "0", "children": None, "pupils": None}, {"members.constraint"}),
    ({"members": None, "children": None, "pupils": None}, {"members.required"}),
    ({"children": None, "pupils": None}, {"children.required"}),
    ({"members": "2", "children": None, "pupils": None}, set()),
    ({"children": "4"}, {"children.constraint"}),
    ({"children": "0", "pupils": "1"}, {"pupils.relevant"}),
    # With one member the inner group is not asked: its answers break that alone, and count as empty for the rest.
    ({"members": "1"}, {"children.relevant", "pupils.relevant"}),
    ({"pupils": "3"}, {"pupils.constraint"}),
    ({"pupils": None}, set()),
    ({"region": None, "town": None}, {"region.required"}),
    ({"region": "b"}, {"town.choice_filter"}),
    ({"region": "b", "town": "b1"}, set()),
    ({"sources": "none well", "main": None}, {"sources.constraint"}),
    ({"main": "none"}, {"main.choice_filter"}),
    ({"sources": "well"}, {"main.relevant"}),
    ({"moved": "2025-04-01"}, {"moved.constraint"}),
    ({"moved": "2025-03-20"}, set()),
    ({"moved": "2025-04-01", "start": None}, set()),
    ({"phone": "1234"}, {"phone.constraint"}),
    ({"consent": "no"}, {f"{name}.relevant" for name in SOUND if name not in ("consent", "start")}),
    ({**dict.fromkeys(SOUND), "start": SOUND["start"], "consent": "no"}, set()),
    (dict.fromkeys(SOUND), {"consent.required"}),
]  # fmt: skip


def test_planted_breaks_are_found_and_none_else(codebook):
    rows = [row(**changes) for changes, _ in PLANTED]
    _, found = cleaned(rows, codebook)
    expected = {(f"r{i:06d}", rule) for i, (_, rules) in enumerate(PLANTED) for rule in rules}
    assert found == expected


@st.composite
def consistent(draw) -> dict:
    """A respondent who went through the form as it asks, by plain Python."""
    answers = dict.fromkeys(SOUND) | {"start": "2025-03-10T10:00:00.000+06:30"}
    answers["consent"] = draw(st.sampled_from(["yes", "no"]))
    if answers["consent"] == "no":
        return answers
    members = draw(st.integers(1, 30))
    answers["members"] = str(members)
    if members > 1 and (members > 2 or draw(st.booleans())):
        children = draw(st.integers(0, members - 1))
        answers["children"] = str(children)
        if children and draw(st.booleans()):
            answers["pupils"] = str(draw(st.integers(0, children)))
    answers["region"] = draw(st.sampled_from("ab"))
    answers["town"] = draw(st.sampled_from([None, *(t for t, of in TOWNS.items() if of == answers["region"])]))
    sources = draw(st.sampled_from([[], ["none"], ["well"], ["river"], ["well", "river"]]))
    answers["sources"] = " ".join(sources) or None
    if len(sources) > 1:
        answers["main"] = draw(st.sampled_from([None, *sources]))
    answers["moved"] = draw(st.none() | st.dates(max_value=pd.Timestamp("2025-03-31").date()).map(str))
    answers["phone"] = draw(st.none() | st.integers(0, 9999).map(lambda n: f"0{n:04d}"))
    return answers


@settings(deadline=None, max_examples=50)
@given(st.lists(consistent(), min_size=1, max_size=12))
def test_who_went_through_the_form_breaks_nothing(codebook, rows):
    done, found = cleaned(rows, codebook)
    assert not found and done.ledger.empty
    # A text that nobody wrote has no column.
    assert all(rule["judged"] is not None for rule in done.rules if rule["column"] != "phone")


def exact(done, rows) -> None:
    frame = done.respondents.drop(columns="dropped_by")
    answers = done.ledger[done.ledger["column"] != "phone"]
    before = book.reverse(done.respondents, answers)
    assert before["members"].fillna("").tolist() == [r["members"] or "" for r in rows]
    pd.testing.assert_frame_equal(book.apply(before, answers)[frame.columns], frame)


def test_what_a_break_does_is_declared(codebook):
    rows = [row(), row(members="40"), row(children="4"), row(region="b"), row(members=None, children=None, pupils=None)]
    done, found = cleaned(rows, codebook)
    exact(done, rows)
    assert done.respondents["dropped_by"].isna().all() and done.respondents["members"][1] == "40"
    step = {
        "step": "form_rules",
        "constraint": "empty",
        "choice_filter": "drop",
        "rules": {"children.constraint": "flag"},
    }
    again, the_same = cleaned(rows, codebook, step)
    exact(again, rows)
    assert the_same == found
    assert pd.isna(again.respondents["members"][1]) and again.respondents["children"][2] == "4"
    assert again.respondents["dropped_by"].fillna("").tolist() == ["", "", "", "form_rules", ""]
    assert [(s["step"], s["n_dropped"]) for s in again.flow] == [("received", 0), ("form_rules", 1), ("analysed", 0)]
    # What is emptied decides for skip_logic what was asked.
    after, _ = cleaned(rows, codebook, step, {"step": "skip_logic"})
    exact(after, rows)
    assert after.respondents[["children", "pupils"]].iloc[1].isna().all()


def test_one_cell_that_breaks_two_rules_is_flagged_twice_and_emptied_once(codebook):
    checks = [{"id": "few", "columns": ["members", "children"], "constraint": ". < 35", "then": "empty"}]
    rows = [row(members="40"), row(members="36", children="35"), row()]
    done, found = cleaned(rows, codebook, checks=checks)
    exact(done, rows)
    assert {rule for of, rule in found if of == "r000000"} == {"members.constraint", "few"}
    emptied = done.ledger[done.ledger["old"].notna() & done.ledger["new"].isna()]
    assert sorted(zip(emptied["row"], emptied["column"], strict=True)) == [
        ("r000000", "members"), ("r000001", "children"), ("r000001", "members"),
    ]  # fmt: skip


def test_checks_are_rules_for_tools_without_a_form(codebook):
    bare = json.loads(json.dumps(codebook))
    for question in bare["questions"]:
        question |= {"relevant": "", "constraint": "", "required": False, "required_if": "", "choice_filter": ""}
    checks = [
        {"id": "asked", "columns": ["members", "region"], "relevant": "${consent} = 'yes'", "then": "empty"},
        {"id": "given", "columns": ["members", "region"], "required": "${consent} = 'yes'"},
        {"id": "place", "columns": ["town"], "choice_filter": "region = ${region}"},
        {"id": "alone", "columns": ["sources"], "constraint": "count-selected(.) = 1 or not(selected(., 'none'))",
         "then": "drop"},
    ]  # fmt: skip
    rows = [row(), row(consent="no"), row(region=None), row(region="b"), row(sources="none well")]
    done, found = cleaned(rows, bare, checks=checks)
    exact(done, rows)
    assert found == {("r000001", "asked"), ("r000002", "given"), ("r000002", "place"), ("r000003", "place"),
                     ("r000004", "alone")}  # fmt: skip
    assert done.respondents[["members", "region"]].iloc[1].isna().all()
    assert done.respondents["dropped_by"].fillna("").tolist() == ["", "", "", "", "form_rules"]
    assert {rule["source"] for rule in done.rules} == {f"wave.yaml checks.{i}" for i in range(4)}


def test_a_rule_about_a_column_that_is_not_there_is_told(codebook):
    rows = [{name: value for name, value in row(town="b1").items() if name != "region"}]
    done, found = cleaned(rows, codebook)
    assert not found
    assert {rule["rule"] for rule in done.rules if rule["judged"] is None} == {
        "region.relevant", "region.required", "town.choice_filter",
    }  # fmt: skip


def ingested(folder: Path, survey=SURVEY, rows=None, **wave):
    write_form(folder / "form.xlsx", survey)
    with (folder / "export.csv").open("w", newline="", encoding="utf-8") as stream:
        out = csv.DictWriter(stream, [*SOUND, "_id", "_uuid", "_submission_time", "_index"], delimiter=";")
        out.writeheader()
        time = "2025-03-01T00:00:00"
        out.writerows(
            {**each, "_id": number, "_uuid": f"u{number}", "_submission_time": time, "_index": number}
            for number, each in enumerate(rows or [SOUND], start=1)
        )
    return ingest({**WAVE, **wave}, folder, b"k" * 32)


def changed(name: str, **cells: str) -> list[list[str]]:
    return [[cells.get(c, v) for c, v in zip(COLUMNS, r, strict=True)] if r[1] == name else r for r in SURVEY]


@pytest.mark.parametrize(
    ("name", "cells", "where", "words"),
    [
        ("children", {"constraint": ". < pulldata('l', 'a', 'b', ${members})"}, 7, ["pulldata()", "Supported are abs"]),
        ("main", {"relevant": "selected(${sources}, 'well'"}, 13, ["cannot be read", "correct `relevant`"]),
        ("inner", {"relevant": "${membres} > 1"}, 6, ["${membres}", "members is", "${membres} > 1"]),
        ("town", {"choice_filter": "district = ${region}"}, 11, ["no column district"]),
        ("region", {"required": "members > 1"}, 10, ["${members}"]),
        ("moved", {"constraint": ". <= ../today"}, 14, ["paths into the form"]),
    ],
)
def test_a_rule_that_cannot_be_judged_stops_before_cleaning(tmp_path, name, cells, where, words):
    with pytest.raises(FindingsError, match="cannot be judged") as caught:
        ingested(tmp_path, changed(name, **cells))
    told = str(caught.value)
    assert caught.value.wave == "w" and caught.value.file == "form.xlsx" and caught.value.rows == [where]
    assert f"row {where} of its survey sheet" in told
    for word in words:
        assert word in told, told
    # Without the steps that judge it, or left unchecked by name, it stops nothing.
    ingested(tmp_path, changed(name, **cells), cleaning=[{"step": "script"}])
    done = ingested(tmp_path, changed(name, **cells), unchecked={name: "the list is not here"})
    assert len(done.responses) == 1


@pytest.mark.parametrize(
    ("wave", "words"),
    [
        ({"checks": [{"id": "c", "columns": ["members"], "constraint": ". <"}]}, ["check c", "cannot be read"]),
        ({"checks": [{"id": "c", "columns": ["members"], "constraint": ". < ${x}"}]}, ["check c", "${x}"]),
        ({"checks": [{"id": "c", "columns": ["memb"], "constraint": ". < 9"}]}, ["check c", "do not have"]),
        ({"checks": [{"id": "c", "columns": ["members"], "constraint": ". < 9"}], "cleaning": []}, ["no step"]),
        ({"cleaning": [{"step": "form_rules", "rules": {"x.constraint": "drop"}}]}, ["x.constraint"]),
        ({"unchecked": {"nothing": "why not"}}, ["nothing", "unchecked"]),
    ],
)
def test_a_check_that_cannot_be_judged_stops_before_cleaning(tmp_path, wave, words):
    with pytest.raises(FindingsError) as caught:
        ingested(tmp_path, **wave)
    assert caught.value.wave == "w" and caught.value.file == "wave.yaml" and caught.value.mend
    for word in words:
        assert word in str(caught.value)


def test_from_the_export_to_the_ledger(tmp_path):
    rows = [SOUND, row(members="40"), row(phone="9999"), row(town="b1")]
    got = ingested(tmp_path, rows=rows)
    wave = {**WAVE, "cleaning": [{"step": "script"}, {"step": "form_rules"}]}
    done = clean(got.responses, got.free_text, json.loads(got.codebook.to_json()), wave, None)
    counted = {rule["rule"]: rule["breaks"] for rule in done.rules if rule["breaks"]}
    assert counted == {"members.constraint": 1, "phone.constraint": 1, "town.choice_filter": 1}
    assert {rule["source"] for rule in done.rules if rule["breaks"]} == {f"form.xlsx row {n}" for n in (5, 11, 15)}


@pytest.mark.parametrize(
    "wrong",
    [
        "checks: [{id: c, columns: [age]}]",
        "checks: [{id: c, columns: [age], constraint: '. > 1', required: 'true()'}]",
        "checks: [{id: c, columns: [age], constraint: '. > 1', then: remove}]",
        "cleaning: [{step: form_rules, required: empty}]",
        "cleaning: [{step: form_rules, rules: {age: drop}}]",
        "unchecked: {age: ''}",
    ],
)
def test_the_schema_of_checks(tmp_path, wrong):
    folder = tmp_path / "w"
    folder.mkdir()
    text = (
        "wave: w\nlabel: {en: W}\nsynthetic: true\nsource: {export: a.csv, form: f.xlsx}\ndesign: {kind: volunteer}\n"
    )
    (folder / "wave.yaml").write_text(text + "cleaning: [{step: form_rules, constraint: drop}]\n", encoding="utf-8")
    load_wave(folder / "wave.yaml")
    base = text if wrong.startswith("cleaning") else text + "cleaning: [{step: form_rules}]\n"
    (folder / "wave.yaml").write_text(base + wrong + "\n", encoding="utf-8")
    with pytest.raises(FindingsError, match="wrong value"):
        load_wave(folder / "wave.yaml")
