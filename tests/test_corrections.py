"""Corrections: corrections.csv and a field team's own log give the same ones; what does not fit stops by name."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pandas as pd
import pytest
import yaml
from findings.cleaning import clean
from findings.config import load_wave
from findings.errors import FindingsError
from test_ingest import NAME, PHONE, rows, stops, study  # noqa: F401

HEAD = "tool_id,data_row,column,old,new,reason,who,date\n"
STEPS = [{"step": "script"}, {"step": "corrections"}, {"step": "removals"}]
COLUMNS = {
    "tool_id": "uuid", "column": "question.name", "old": "old.value", "new": "new.value",
    "reason": {"header": "issue", "value": "not said"}, "who": {"value": "field team"}, "date": {"value": "2025-04-01"},
}  # fmt: skip
KINDS = {"column": "change_type", "apply": ["change_response"], "blank": ["blank_response"],
         "drop": ["remove_survey"], "ignore": ["no_action"]}  # fmt: skip
LOG = {"file": "log.csv", "columns": COLUMNS, "kinds": KINDS}
NAMES = ["uuid", "question.name", "issue", "old.value", "new.value", "change_type"]
CHANGED = [
    ["u2", "age", "typo", "၃၀", "31", "change_response"],
    ["uuid:u3", "g/uses", "", "none pay", "none learn pay", "change_response"],
    ["u4", "colour", "typo", "red", "", "blank_response"],
]
WHOLE = [
    *CHANGED,
    ["", "", "", "", "", "no_action"],
    ["u5", "", "a pilot", "", "", "remove_survey"],
    ["u1", "uses.learn", "typo", "0", "1", "change_response"],
    ["u1", "uses/pay", "typo", "TRUE", "FALSE", "change_response"],
]


@pytest.fixture
def field(study, tmp_path):  # noqa: F811
    """A function that writes corrections.csv and the log of a wave, ingests it, and cleans it unless told not to."""

    def run(corrections=None, log=None, *, cleaned=True, steps=STEPS, names=NAMES, **said):
        for name, text in (("corrections.csv", corrections), ("log.csv", log and delimited([names, *log]))):
            (tmp_path / name).unlink(missing_ok=True)
            if text is not None:
                (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        wave = {"cleaning": steps, **({"cleaning_log": {**LOG, **said}} if log or said else {})}
        got = study(**wave)
        if not cleaned:
            return got
        codebook = json.loads(got.codebook.to_json())
        return clean(got.responses, got.free_text, codebook, {"wave": "w", **wave}, got.corrections)

    return run


def delimited(lines, delimiter=","):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(lines)
    return out.getvalue()


def test_corrections_get_row_ids(field):
    text = HEAD + "uuid:u2,,age,၃၀,31,typo,ed,2025-04-01\n,3,g/uses,none pay,none learn pay,call,ed,2025-04-01\n"
    result = field(text, cleaned=False)
    ids = result.link.set_index("data_row")["row_id"]
    assert result.corrections["row_id"].tolist() == [ids[2], ids[3]]
    assert result.corrections["column"].tolist() == ["age", "uses"]
    assert result.corrections["new"].tolist() == ["31", "pay learn none"]
    assert len(field(HEAD, cleaned=False).corrections) == 0
    renamed = field(text.replace("who,date", "who,when"), cleaned=False)
    pd.testing.assert_frame_equal(renamed.corrections, result.corrections)


@pytest.mark.parametrize(
    "line",
    ["u99,,age,1,2,r,w,d", "u2,,deviceid,1,2,r,w,d", ",99,age,1,2,r,w,d", "u2,,age,1", "u2,,age,၃၀,31,,w,d",
     "u2,,age,၃၀,31,r,,d", "u2,,age,၃၀,31,r,w, ", "u2,,uses/pay,1,maybe,r,w,d"],
)  # fmt: skip
def test_corrections_that_cannot_be_matched_stop(field, line):
    with pytest.raises(FindingsError) as stop:
        field(HEAD + line + "\n")
    assert stop.value.file == "corrections.csv" and stop.value.rows == [1] and "Mend" in str(stop.value)


def test_answers_may_be_written_as_the_export_or_the_form_has_them(field):
    lines = ("u4,,colour,Red,Blue,typo,w,d\n", "u4,,colour,red,blue,typo,w,d\n")
    found = [field(HEAD + line, cleaned=False).corrections[["old", "new"]].values.tolist() for line in lines]
    assert found == [[["red", "blue"]]] * 2
    several = field(HEAD + "u3,,g/uses,none pay,LEARN;pay,typo,w,d\n", cleaned=False).corrections
    assert several["new"].tolist() == ["pay learn"]


@pytest.mark.parametrize("line", ["u4,,colour,red,bleu,r,w,d", "u3,,g/uses,none pay,pay lern,r,w,d"])
def test_a_new_value_that_is_no_option_stops_with_the_row_of_the_file(field, line):
    with pytest.raises(FindingsError, match="no option of the question") as stop:
        field(HEAD + "u2,,age,၃၀,31,r,w,d\n" + line + "\n", cleaned=False)
    assert stop.value.rows == [2] and stop.value.file == "corrections.csv" and stop.value.column in ("colour", "uses")
    assert "one of the form's codes or labels: " in str(stop.value)


@pytest.mark.parametrize("name", ["Corrections.csv", "corrections.xlsx", "corrections (1).csv"])
def test_corrections_under_another_name_are_not_passed_over(field, tmp_path, name):
    (tmp_path / name).write_text(HEAD, encoding="utf-8")
    with pytest.raises(FindingsError, match="read by nothing") as stop:
        field(cleaned=False)
    assert stop.value.file == name
    (tmp_path / name).rename(tmp_path / "log.csv")
    field(cleaned=False)


def test_an_id_that_no_submission_or_several_have_is_told_apart(field):
    with pytest.raises(FindingsError, match="none is called so"):
        field(HEAD + "u99,,age,1,2,r,w,d\n")


def test_a_log_gives_the_same_corrections_as_corrections_csv(field):
    mine = HEAD + (
        "u2,,age,၃၀,31,typo,field team,2025-04-01\n"
        "u3,,uses,none pay,learn none pay,not said,field team,2025-04-01\n,4,colour,red,,typo,field team,2025-04-01\n"
    )
    by_file = field(mine)
    for made in (field(log=CHANGED), field(mine, CHANGED)):
        pd.testing.assert_frame_equal(made.respondents, by_file.respondents)
    one, other = (field(*given, cleaned=False).corrections for given in ((mine,), (None, CHANGED)))
    pd.testing.assert_frame_equal(one.drop(columns="file"), other.drop(columns="file"))
    both = field(mine, CHANGED, cleaned=False)
    assert both.record["corrections"]["repeated"] == 3 and set(both.corrections["file"]) == {"log.csv"}


def test_options_removals_and_what_needs_no_action(field):
    result = field(log=WHOLE)
    assert [(s["step"], s["n_dropped"], s["n_out"]) for s in result.flow] == [
        ("received", 0, 6), ("removals", 1, 5), ("analysed", 0, 5),
    ]  # fmt: skip
    ledger = result.ledger[result.ledger["column"] == "uses"]
    # Two options of one answer are one change.
    assert sorted(ledger["new"]) == ["learn none", "pay learn none"] and ledger["reason"].str.contains("row 7").any()
    assert "a pilot (field team, 2025-04-01; log.csv row 5)" in result.ledger["reason"].tolist()
    record = field(log=WHOLE, cleaned=False).record["corrections"]
    assert record == {"corrections": 5, "removals": 1, "ignored": 1, "skipped": 0, "repeated": 0}


def test_a_log_as_a_workbook_or_of_another_delimiter(field, tmp_path):
    wanted = field(log=WHOLE).ledger
    book = openpyxl.Workbook()
    book.active.append(["read me"])
    sheet = book.create_sheet("log")
    for line in [NAMES, *WHOLE]:
        sheet.append(line)
    book.save(tmp_path / "log.xlsx")
    made = field(file="log.xlsx", sheet="log").ledger
    pd.testing.assert_frame_equal(made.replace("log.xlsx", "log.csv", regex=True), wanted)
    with pytest.raises(FindingsError, match="does not have the sheet"):
        field(file="log.xlsx", sheet="other")
    (tmp_path / "semi.csv").write_text(delimited([NAMES, *WHOLE], ";"), encoding="utf-16", newline="")
    made = field(file="semi.csv", encoding="utf-16").ledger
    pd.testing.assert_frame_equal(made.replace("semi.csv", "log.csv", regex=True), wanted)
    through_r = [[cell or "NA" for cell in line] for line in WHOLE]
    pd.testing.assert_frame_equal(field(log=through_r, missing=["NA"]).ledger, wanted)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["u2", "colour", "", "blue", "red", "change_response"], "old value"),
        (["u2", "uses/learn", "", "1", "0", "change_response"], "old value"),
        (["u99", "age", "", "30", "31", "change_response"], "exactly one submission"),
        (["u2", "deviceid", "", "30", "31", "change_response"], "not kept"),
        (["u2", "age", "", "30", "31", f"{NAME} {PHONE}"], "of a kind that wave.yaml does not know"),
        (["u2", "age", "", "29", "31", "change_response"], "contradict each other: log.csv row 1 and log.csv row 8"),
        (["u2", "age", "", "၃၀", "32", "change_response"], "contradict each other: log.csv row 1 and log.csv row 8"),
    ],
)
def test_a_row_of_the_log_that_does_not_fit_stops_until_it_is_left_out(field, line, said):
    with pytest.raises(FindingsError, match=said) as stop:
        field(log=[*WHOLE, line])
    text = str(stop.value)
    assert stop.value.file == "log.csv" and stop.value.rows == [8] and "Mend" in text and "wave.yaml" in text
    assert NAME not in text and PHONE not in text
    left_out = field(log=[*WHOLE, line], skip=[{"rows": ["8-8"], "reason": "asked the team"}])
    pd.testing.assert_frame_equal(left_out.ledger, field(log=WHOLE).ledger)


def test_two_files_that_contradict_each_other_are_both_named(field):
    with pytest.raises(FindingsError, match="log.csv row 1 and corrections.csv row 1") as stop:
        field(HEAD + "u2,,age,၃၀,33,typo,ed,2025-04-01\n", WHOLE)
    assert stop.value.file == "corrections.csv, log.csv"
    # What follows on the log's new value is no contradiction; back and forth ends where the last row says.
    chain = HEAD + "u2,,age,31,၃၀,typo,ed,d\nu2,,age,၃၀,31,typo,ed,d\nu2,,age,31,32,typo,ed,d\n"
    assert "32" in field(chain, WHOLE).respondents["age"].tolist()


def test_an_old_value_that_nobody_wrote_down_needs_a_persons_word(field):
    log = [["u2", "age", "", "", "31", "change_response"], ["u1", "uses/learn", "", "", "1", "change_response"]]
    with pytest.raises(FindingsError, match="old value") as stop:
        field(log=log)
    assert stop.value.rows == [1, 2]
    made = field(log=log, unchecked=[{"rows": ["1-2"], "reason": "the log has no old values"}])
    assert "31" in made.respondents["age"].tolist() and "pay learn none" in made.respondents["uses"].tolist()
    with pytest.raises(FindingsError, match="names rows that the cleaning log does not have") as stop:
        field(log=log, unchecked=[{"rows": [3], "reason": "the log has no old values"}])
    assert stop.value.rows == [3]


def test_corrections_that_no_step_makes_stop(field):
    for steps, name in ((STEPS[:2], "removals"), (STEPS[::2], "corrections")):
        with pytest.raises(FindingsError, match=f"add `- {{step: {name}}}`"):
            field(log=WHOLE, steps=steps)


def test_a_column_that_is_not_in_the_log_is_named(field):
    with pytest.raises(FindingsError, match="lacks a column") as stop:
        field(log=WHOLE, columns={**COLUMNS, "who": "enumerator"})
    assert stop.value.column == "enumerator" and stop.value.file == "log.csv"
    with pytest.raises(FindingsError, match="is missing") as stop:
        field(file="absent.csv")
    assert stop.value.file == "absent.csv"


def test_the_schema_takes_a_log_and_refuses_what_it_does_not_know(tmp_path):
    from findings.environment import ROOT

    wave = yaml.safe_load((ROOT / "data/raw/nug_2025/wave.yaml").read_text(encoding="utf-8"))
    path = tmp_path / "nug_2025" / "wave.yaml"
    path.parent.mkdir()
    for log, fits in (
        ({**LOG, "skip": [{"rows": [3, "5-9"], "reason": "not ours"}], "missing": ["NA"]}, True),
        ({**LOG, "skip": [{"rows": ["5 to 9"], "reason": "not ours"}]}, False),
        ({**LOG, "unchecked": [{"rows": [0], "reason": "not ours"}]}, False),
        ({**LOG, "columns": {k: v for k, v in COLUMNS.items() if k != "tool_id"}}, False),
        ({**LOG, "kinds": {**KINDS, "keep": []}}, False),
    ):
        path.write_text(yaml.safe_dump({**wave, "cleaning_log": log}), encoding="utf-8")
        if fits:
            assert load_wave(path)["cleaning_log"] == log
        else:
            with pytest.raises(FindingsError, match="cleaning_log"):
                load_wave(path)
