"""KoboToolbox: header and select modes, repeats in repeats, the legacy interface; codes come out the same."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
import xlsxwriter
from findings import readers
from findings.answers import answers_of
from findings.errors import FindingsError
from findings.fates import fates_of
from findings.instrument import Codebook, Question
from findings.repeats import repeated

PLACE = {"wave": "w", "file": "e"}
USES = {
    "pay": {"en": "Pay, or be paid", "my": "ပေးချေရန်"},
    "learn": {"en": "Learn", "my": "သင်ယူရန်"},
    "None": {"en": "None"},
}


def question(name, type_, list_=None, group="", repeat="", **label):
    return Question(name, type_, list_, label, "", "", False, group, repeat)


CODEBOOK = Codebook(
    {q.name: q for q in (
        question("age", "integer", group="g", en="How old?", my="အသက်"),
        question("uses", "select_multiple", "uses", group="g", en="Uses", my="အသုံးပြုမှု"),
        question("child_age", "integer", group="children", repeat="children", en="Age of child"),
        question("toy", "select_one", "uses", group="children/toys", repeat="toys", en="Toy"),
    )},
    {"uses": USES},
)  # fmt: skip
ANSWERS = [("30", ["pay", "None"]), ("41", ["learn"]), ("", None)]


def column(header, name, option=None):
    if option is None:
        return {"names": name, "groups": f"g/{name}", "labels": CODEBOOK.questions[name].label["en"],
                "mixed": {"age": "age", "uses": "အသုံးပြုမှု"}[name]}[header]  # fmt: skip
    label = (
        USES[option]["en"] if header == "labels" else USES[option].get("my", option) if header == "mixed" else option
    )
    return f"{column(header, name)}/{label}"


def export(path, header, select, legacy=False):
    names = [column(header, "age")]
    names += [column(header, "uses")] if select != "splits" else []
    names += [column(header, "uses", code) for code in USES] if select != "summary" else []
    rows = []
    for number, (age, chosen) in enumerate(ANSWERS, start=1):
        row = [age]
        if select != "splits":
            labels = header == "labels" and chosen
            row.append("" if chosen is None else " ".join(USES[c]["en"] if labels else c for c in chosen))
        if select != "summary":
            on, off = ("True", "False") if legacy else ("1", "0")
            row += ["" if chosen is None and not legacy else on if code in (chosen or ()) else off for code in USES]
        rows.append([("n/a" if legacy and cell == "" else cell) for cell in row] + [str(number), f"u{number}"])
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter="," if legacy else ";", quoting=csv.QUOTE_ALL)
        writer.writerows([[*names, "_id", "_xform_id_string" if legacy else "_uuid"], *rows])
    return path


def coded(path, wave=None, codebook=CODEBOOK):
    raw = readers.read(path, wave="w")
    fates, codebook, *_ = fates_of(raw, codebook, wave or {}, raw.evidence, PLACE)
    return answers_of(raw.cells, fates, codebook, wave or {}, PLACE)[0]


@pytest.mark.parametrize("select", ["both", "summary", "splits"])
@pytest.mark.parametrize("header", ["names", "groups", "labels", "mixed"])
def test_every_header_and_select_mode_gives_the_same_codes(tmp_path, header, select):
    found = coded(export(tmp_path / "e.csv", header, select))
    assert found["age"].tolist()[:2] == ["30", "41"] and pd.isna(found["age"][2])
    assert found["uses"].tolist()[:2] == ["pay None", "learn"] and pd.isna(found["uses"][2])


@pytest.mark.parametrize("header", ["names", "groups"])
def test_legacy_and_ona(tmp_path, header):
    path = export(tmp_path / "e.csv", header, "splits", legacy=True)
    assert readers.read(path, wave="w").evidence["legacy"]
    found = coded(path)
    # A skipped question is False in every option there: no answer, not "none of them".
    assert found["uses"].tolist()[:2] == ["pay None", "learn"] and pd.isna(found["uses"][2])
    assert pd.isna(found["age"][2])


def test_a_refused_submission_has_its_state(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text('"age";"_validation_status"\n"1";"validation_status_not_approved"\n"2";""\n', encoding="utf-8")
    assert readers.read(path, wave="w").states.tolist() == ["not_approved", pd.NA]


def workbook(path, parent="survey", children=(("7", "1"), ("9", "3"), ("5", "1"))):
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {
            "survey": [["age", "_id", "_index"], [30, 11, 1], [41, 12, 2], [50, 13, 3]],
            "children": [["child_age", "_index", "_parent_table_name", "_parent_index", "_submission__id"],
                         *([int(age), i, parent, int(up), 10 + int(up)] for i, (age, up) in enumerate(children, 1))],
            "toys": [["toy", "_index", "_parent_table_name", "_parent_index"], ["pay", 1, "children", 3]],
            "empty": [["other", "_index", "_parent_table_name", "_parent_index"]],
        }.items():  # fmt: skip
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def test_repeats_become_tables_under_the_respondents_id(tmp_path):
    raw = readers.read(workbook(tmp_path / "e.xlsx"), wave="w")
    ids = pd.Series(["r000002", "r000003", "r000001"], dtype="string")
    out = pd.Series([False, False, False])
    tables, fates, texts, *_ = repeated(raw, out, ids, CODEBOOK, {}, PLACE)
    assert tables["children"].values.tolist() == [
        ["r000001", "1", pd.NA, "9"], ["r000002", "1", pd.NA, "7"], ["r000002", "2", pd.NA, "5"],
    ]  # fmt: skip
    assert tables["toys"].values.tolist() == [["r000002", "1", "2", "pay"]]
    assert {f.fate for f in fates["children"]} == {"kept", "identifying", "dropped"} and not texts
    tables, *_ = repeated(raw, pd.Series([True, False, False]), ids, CODEBOOK, {}, PLACE)
    assert tables["children"]["row_id"].tolist() == ["r000001"] and tables["toys"].empty


def test_rows_of_a_repeat_that_belong_to_nobody_stop(tmp_path):
    with pytest.raises(FindingsError, match="belong to no submission") as stop:
        readers.read(workbook(tmp_path / "e.xlsx", children=(("7", "1"), ("9", "4"), ("5", "1"))), wave="w")
    assert stop.value.rows == [2]
    with pytest.raises(FindingsError, match="no repeat"):
        readers.read(workbook(tmp_path / "e.xlsx", parent="another"), wave="w")
