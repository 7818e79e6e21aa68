"""Readers against real exports of others' surveys: KoboToolbox is in tests/test_real_export.py.

The exports are not ours to copy: FINDINGS_EXPORTS names the folder that holds them, or these tests report "not run".
What is expected is counted here a second time, from the files, with the standard library alone.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from findings import readers
from findings.errors import FindingsError
from findings.identifying import dropped_by_tool, identified_by_tool
from findings.ingest import ingest

KEY = b"k" * 32
FOLDER = Path(os.environ.get("FINDINGS_EXPORTS", "/nowhere"))
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="not run: FINDINGS_EXPORTS names no folder of real exports")


def write_form(path, survey, choices):
    """An XLSForm of the questions that a test asks about."""
    book = openpyxl.Workbook()
    sheet, lists = book.active, book.create_sheet("choices")
    sheet.title = "survey"
    for row in [("type", "name", "label::English (en)"), *survey]:
        sheet.append(row)
    for row in [("list_name", "name", "label::English (en)"), *choices]:
        lists.append(row)
    book.save(path)


def wave_of(folder, export, survey, choices, *wanted, tool, source=None):
    """The export ingested with a form of a few of its questions: columns that hold none of the words `wanted` are left
    out by name, but for those that the tool itself adds."""
    (folder / export.name).write_bytes(export.read_bytes())
    write_form(folder / "form.xlsx", survey, choices)
    raw = readers.read(export, wave="w", source=source)
    assert raw.evidence["tool"] == tool
    rest = [header for header in raw.headers if not any(word in header for word in wanted)]
    columns = {
        header: {"drop": "another question"}
        for header in rest
        if not identified_by_tool(header, tool) and not dropped_by_tool(header, tool)
    }
    wave = {"wave": "w", "source": {"export": export.name, "form": "form.xlsx", **(source or {})}, "columns": columns}
    return raw, ingest(wave, folder, KEY)


def by_row(result, name):
    found = result.link.merge(result.responses, on="row_id").sort_values("data_row")
    return [None if pd.isna(cell) else str(cell) for cell in found[name]]


def records(path, encoding="utf-8-sig"):
    text = path.read_bytes().decode(encoding)
    return [record for record in csv.reader(io.StringIO(text, newline="")) if record]


def coded(names):
    return {name: f"c{i}" for i, name in enumerate(names, start=1)}


def test_qualtrics_choices_of_one_cell(tmp_path):
    path = FOLDER / "qualtrics-us-digex-2022" / "digex-survey-responses-raw.xlsx"
    book = openpyxl.load_workbook(path, read_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    at = rows[0].index("aware_sm_use")
    cells = [row[at] for row in rows[2:]]
    # No option of this question holds a comma, so that the second count may split at every one of them; the options of
    # the made-up list that do must not change what is found.
    whole = dict.fromkeys(option for cell in cells if cell for option in cell.split(","))
    codes = coded([*whole, "Economic forecasting, of a sort", "None of them, or one"])
    survey = [("select_multiple use", "aware_sm_use", "Use"), ("select_one gender", "gender_id", "Gender"),
              ("integer", "age", "Age")]  # fmt: skip
    genders = coded(sorted({row[rows[0].index("gender_id")] for row in rows[2:]}))
    lists = [("use", code, text) for text, code in codes.items()]
    lists += [("gender", code, text) for text, code in genders.items()]
    raw, result = wave_of(tmp_path, path, survey, lists, "aware_sm_use", "gender_id", "age", tool="qualtrics")
    assert raw.evidence["header_rows"] == 2 and result.record["left_out"] == {} and len(result.responses) == 499
    assert by_row(result, "gender_id") == [genders[row[rows[0].index("gender_id")]] for row in rows[2:]]
    for cell, found in zip(cells, by_row(result, "aware_sm_use"), strict=True):
        assert set((found or "").split()) == {codes[option] for option in (cell or "").split(",") if option}


def test_limesurvey_codes_and_texts_in_one_header(tmp_path):
    path = FOLDER / "limesurvey-rse-2017-2018" / "public_data_2017_uk.csv"
    header, *rows = records(path)
    columns = [i for i, name in enumerate(header) if name.startswith("currentEmp13[")]
    options = {header[i].split("[")[1].split("]")[0]: header[i].rsplit("[", 1)[1][:-1] for i in columns}
    options.pop("other", None)
    survey = [("select_multiple field", "currentEmp13", "Disciplines"), ("text", "currentEmp13_other", "Other"),
              ("select_one yn", "rse1", "Do you write code as part of your job?")]  # fmt: skip
    lists = [("field", code.lower(), text) for code, text in options.items()]
    raw, result = wave_of(
        tmp_path,
        path,
        survey,
        [*lists, ("yn", "yes", "Yes"), ("yn", "no", "No")],
        "currentEmp13[",
        "rse1. Do you write",
        tool="limesurvey",
    )
    assert raw.evidence["header_style"] == "codes and labels" and len(result.responses) == len(rows) == 253
    ticked = [i for i in columns if "[other]" not in header[i]]
    for row, found in zip(rows, by_row(result, "currentEmp13"), strict=True):
        wanted = [header[i].split("[")[1].split("]")[0].lower() for i in ticked if row[i].strip("\ufeff") == "Yes"]
        assert (found or "").split() == wanted
    at = header.index("rse1. Do you write code as part of your job?")
    assert by_row(result, "rse1") == [row[at].lower() or None for row in rows]


MONKEY = {
    "CNCF GitOps Microsurvey.csv": ("What criteria did you apply for picking tools? Select that apply:", 220),
    "2021-Cloud_Native_Observability_Microsurvey.csv": (
        "Which, if any, of the following projects do you use for observability?", 186),
    "Service": ("Which service projects/products do you currently use or plan to use in the next 12 months? "
                "Select all that apply:", 253),
}  # fmt: skip


@pytest.mark.parametrize("name", MONKEY)
def test_surveymonkey_options_under_their_question(tmp_path, name):
    # The name of one of the files holds a no-break space.
    path = next(p for p in (FOLDER / "surveymonkey-cncf").iterdir() if p.name.startswith(name))
    question, count = MONKEY[name]
    upper, lower, *rows = records(path)
    first = upper.index(question)
    after = next((i for i in range(first + 1, len(upper)) if upper[i]), len(upper))
    columns = [i for i in range(first, after) if not lower[i].startswith("Other (please")]
    codes = coded([" ".join(lower[i].split()) for i in columns])
    survey = [("select_multiple tools", "tools", question), ("text", "tools_other", "Other tools")]
    lists = [("tools", code, text) for text, code in codes.items()]
    _, result = wave_of(tmp_path, path, survey, lists, question, tool="surveymonkey")
    assert len(result.responses) == len(rows) == count
    for row, found in zip(rows, by_row(result, "tools"), strict=True):
        assert (found or "").split() == [codes[" ".join(lower[i].split())] for i in columns if row[i]]


def test_surveymonkey_three_rows_in_another_encoding(tmp_path):
    path = next((FOLDER / "surveymonkey-cncf").glob("2022*.csv"))
    with pytest.raises(FindingsError, match="not UTF-8") as stop:
        readers.read(path, wave="w")
    assert "encoding: cp1252" in str(stop.value)
    numbers, upper, lower, *rows = records(path, "cp1252")
    first = numbers.index("Q6")
    columns = [i for i in range(first, numbers.index("Q7")) if not lower[i].startswith("Other")]
    codes = coded([" ".join(lower[i].split()) for i in columns])
    survey = [("select_multiple jobs", "jobs", upper[first]), ("text", "jobs_other", "Other"),
              ("select_one place", "place", upper[numbers.index("Q1")])]  # fmt: skip
    lists = [("jobs", c, t) for t, c in codes.items()] + [("place", str(i), f"Place {i}") for i in range(1, 20)]
    wanted = [row[2] for row in survey[::2]]
    raw, result = wave_of(tmp_path, path, survey, lists, *wanted, tool="surveymonkey", source={"encoding": "cp1252"})
    assert raw.evidence["header_rows"] == 3 and len(result.responses) == len(rows)
    for row, found in zip(rows, by_row(result, "jobs"), strict=True):
        assert (found or "").split() == [codes[" ".join(lower[i].split())] for i in columns if row[i]]
    assert by_row(result, "place") == [row[numbers.index("Q1")] or None for row in rows]


def test_surveycto_saved_by_stata_with_its_form(tmp_path):
    folder = FOLDER / "surveycto-ipa-hfc"
    (tmp_path / "e.dta").write_bytes((folder / "household_backcheck.dta").read_bytes())
    book = openpyxl.load_workbook(folder / "Household_Back_Check_Survey.xlsx")
    book.save(tmp_path / "form.xlsx")
    lists = {"a_district_id", "a_kg_id", "a_team_id"}
    wave = {
        "wave": "w",
        "source": {"export": "e.dta", "form": "form.xlsx"},
        "columns": {name: {"drop": "an attached list"} for name in lists}
        | {name: {"identifying": True} for name in ("a_bcer_id", "a_bcer_name", "hhid")},
    }
    # Its list of relations has one code for two relations.
    with pytest.raises(FindingsError, match="one code twice"):
        ingest(wave, tmp_path, KEY)
    book["choices"].delete_rows(71)
    book.save(tmp_path / "form.xlsx")
    result = ingest(wave, tmp_path, KEY)
    assert len(result.responses) == 185 and result.record["tool"] == "stata"
    assert set(by_row(result, "c_consent")) == {"1"} and set(by_row(result, "j_land_yn")) <= {"0", "1", None}
    assert result.record["labels"]["h_rooms"]["wording"].startswith("(H01) How many rooms")
    import pyreadstat

    frame, _ = pyreadstat.read_dta(str(folder / "household_backcheck.dta"))
    secrets = {str(value) for column in (
        "deviceid", "subscriberid", "a_bcer_name", "a_pl_hhh_fn", "a_pl_pgv_fn", "a_pl_ch_fn", "hhid", "key",
        "gpslatitude", "gpslongitude",
    ) for value in frame[column] if len(str(value)) > 4}  # fmt: skip
    everything = result.responses.to_csv() + result.free_text.to_csv() + str(result.record)
    assert len(secrets) > 200 and not [secret for secret in secrets if secret in everything]
