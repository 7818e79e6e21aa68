"""Ingest: every column accounted for, identifying ones gone, answers checked, ids random."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
from pathlib import Path

import jsonschema
import openpyxl
import pandas as pd
import pytest
import yaml
from findings.errors import FindingsError
from findings.ingest import ingest

KEY = b"k" * 32
NAME, PHONE = "Ma Planted", "09123456789"
ROOT = Path(__file__).parent.parent
SURVEY = [
    ("start", "start", "", ""),
    ("end", "end", "", ""),
    ("deviceid", "deviceid", "", ""),
    ("begin_group", "g", "Group", "Gruppe"),
    ("select_one colour", "colour", "Which colour?", "Welche Farbe?"),
    ("integer", "age", "How old?", "Wie alt?"),
    ("select_multiple uses", "uses", "Uses", "Nutzungen"),
    ("end_group", "", "", ""),
    ("date", "day", "Which day?", "Welcher Tag?"),
    ("text", "comment", "Comment", "Kommentar"),
    ("text", "township", "Township", "Ort"),
    ("text", "contact_phone_number", "Phone", "Telefon"),
]
CHOICES = [
    ("colour", "red", "Red", "Rot"),
    ("colour", "blue", "Blue", "Blau"),
    *[("uses", code, code.upper(), f"{code}_de") for code in ("pay", "learn", "none")],
]
BASE = {
    "start": "2025-03-31T23:30:00.000+06:30",
    "end": "2025-03-31T23:50:00.000+06:30",
    "deviceid": "dev1",
    "g/colour": "red",
    "g/age": "၃၀",
    "g/uses": "pay none",
    "g/uses/pay": "1",
    "g/uses/learn": "0",
    "g/uses/none": "1",
    "day": "2025-03-01",
    "comment": f"I am {NAME}, {PHONE}",
    "township": "t1",
    "contact_phone_number": PHONE,
    "_id": "1",
    "_uuid": "u1",
    "_submission_time": "2025-03-31T17:00:00",
    "_status": "submitted_via_web",
    "_place_latitude": "16.8",
    "_index": "1",
}


def rows(n=6, **changes):
    """`n` different submissions; `changes` apply to the second."""
    made = [{**BASE, "_id": str(i), "_uuid": f"u{i}", "_index": str(i), "township": f"t{i}"} for i in range(1, n + 1)]
    made[1] |= changes
    return made


@pytest.fixture
def study(tmp_path):
    """A function that writes a wave folder and ingests it."""
    form = openpyxl.Workbook()
    survey, choices = form.active, form.create_sheet("choices")
    survey.title = "survey"
    for row in [("type", "name", "label::English (en)", "label::German (de)"), *SURVEY]:
        survey.append(row)
    for row in [("list_name", "name", "label::English (en)", "label::German (de)"), *CHOICES]:
        choices.append(row)
    form.save(tmp_path / "form.xlsx")

    def run(submissions=None, *, key=KEY, header=None, source=None, **wave):
        submissions = submissions or rows()
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow([(header or {}).get(name, name) for name in submissions[0]])
        writer.writerows(list(row.values()) for row in submissions)
        (tmp_path / "export.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
        settings = {
            "wave": "w",
            "source": {"tool": None, "export": "export.csv", "form": "form.xlsx", **(source or {})},
            "utc_offset": "+06:30",
            "columns": {"township": {"keep": True}},
            "duration": {"start": "start", "end": "end", "minimum_minutes": 8, "maximum_minutes": 180},
            "month": "start",
        }
        return ingest({**settings, **wave}, tmp_path, key)

    return run


def stops(study, *args, **options):
    with pytest.raises(FindingsError) as caught:
        study(*args, **options)
    text = str(caught.value)
    assert "wave w" in text and "Mend:" in text and NAME not in text and PHONE not in text
    return caught.value


def by_data_row(result, column):
    return result.link.merge(result.responses, on="row_id").sort_values("data_row")[column].tolist()


def test_every_column_has_its_fate(study):
    result = study()
    fates = {c["header"]: c["fate"] for c in result.record["columns"]}
    assert list(fates) == list(BASE)
    identifying = {name for name, fate in fates.items() if fate == "identifying"}
    assert identifying == {
        "deviceid",
        "contact_phone_number",
        "_id",
        "_uuid",
        "_submission_time",
        "_place_latitude",
        "_index",
    }
    assert fates["comment"] == "free_text" and fates["township"] == "kept" and fates["_status"] == "dropped"
    assert fates["start"] == fates["end"] == "duration" and fates["g/uses/pay"] == "split"
    assert list(result.responses) == [
        "row_id",
        "colour",
        "age",
        "uses",
        "day",
        "township",
        "interview_month",
        "interview_minutes",
        "duration_flag",
    ]
    assert set(result.responses["age"]) == {"၃၀"}  # as received: cleaning changes it
    assert set(result.free_text["column"]) == {"comment"} and len(result.free_text) == 6
    everything = result.responses.to_csv() + json.dumps(result.record) + result.link.to_csv()
    for secret in (NAME, PHONE, "u1", "dev1", "16.8", "23:30"):
        assert secret not in everything


def test_what_is_written_holds_to_the_schemas(study):
    result = study()
    for name, records in {
        "responses": result.responses.astype(object).where(result.responses.notna(), None).to_dict("records"),
        "free_text": result.free_text.to_dict("records"),
        "link": result.link.to_dict("records"),
        "ingest": [result.record],
    }.items():
        schema = json.loads((ROOT / "workflow" / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
        for record in records:
            jsonschema.validate(record, schema)


def test_months_are_local_and_durations_flagged(study):
    submissions = rows()
    submissions[1] |= {"start": "2025-03-31T18:00:00Z", "end": "2025-03-31T18:01:00Z"}  # 1 April at +06:30
    submissions[2] |= {"start": "2025-03-31 23:59:00", "end": "2025-04-01 05:00:00"}
    submissions[3] |= {"end": ""}
    result = study(submissions)
    assert by_data_row(result, "interview_month")[:3] == ["2025-03", "2025-04", "2025-03"]
    assert by_data_row(result, "duration_flag")[:3] == ["ok", "under_minimum", "over_maximum"]
    assert by_data_row(result, "interview_minutes")[1:3] == ["1", "301"]
    assert pd.isna(by_data_row(result, "duration_flag")[3])


def test_ids_follow_content_and_key_not_the_file(study):
    first, again = study(), study(list(reversed(rows())))
    pairs = {r.row_id: r.township for r in first.responses.itertuples()}
    assert pairs == {r.row_id: r.township for r in again.responses.itertuples()}
    orders = {tuple(study(key=bytes([k]) * 32).responses["township"]) for k in range(4)}
    assert len(orders) > 1
    assert first.responses["row_id"].is_monotonic_increasing and first.responses["row_id"].is_unique
    assert by_data_row(first, "township") == [f"t{i}" for i in range(1, 7)]


def test_a_submission_that_stands_in_the_export_twice_stops_unless_cleaning_keeps_one(study, tmp_path):
    twice = [*rows(), rows()[1], rows()[3]]
    found = stops(study, twice)
    assert "2 submission(s)" in str(found) and found.column == "_id" and found.rows == [2, 4, 7, 8]
    assert "step: duplicates" in found.mend
    steps = [{"step": "duplicates"}, {"step": "removals"}]
    assert len(study(twice, cleaning=steps).responses) == 8
    # An edited submission beside its older form is no duplicate: a person says which is right.
    twice[-1]["g/colour"] = "blue"
    found = stops(study, twice, cleaning=steps)
    assert "1 of them with other answers" in str(found) and "drop" in found.mend
    (tmp_path / "log.csv").write_text("row,kind,why\n4,remove,the older form\n", encoding="utf-8")
    columns = {"data_row": "row", "column": {"value": "g/colour"}, "old": {"value": ""}, "new": {"value": ""},
               "reason": "why", "who": {"value": "team"}, "date": {"value": "2025-04"}}  # fmt: skip
    log = {"file": "log.csv", "columns": columns, "kinds": {"column": "kind", "drop": ["remove"]}}
    assert len(study(twice, cleaning=steps, cleaning_log=log).responses) == 8
    # What a spreadsheet has rounded is no id.
    rounded = [{**row, "_id": "1.36158E+11", "_uuid": f"v{number}"} for number, row in enumerate(rows())]
    assert len(study(rounded).responses) == 6


@pytest.mark.parametrize("order", list(itertools.permutations(["pay", "learn", "none"], 2))[:3])
def test_options_stand_in_form_order(study, order):
    splits = {f"g/uses/{code}": str(int(code in order)) for code in ("pay", "learn", "none")}
    result = study(rows(**{"g/uses": " ".join(order), **splits}))
    assert by_data_row(result, "uses")[1] == " ".join(code for code in ("pay", "learn", "none") if code in order)
    assert result.record["select_style"] == "both"


def test_options_without_a_summary_are_rebuilt_and_blank_stays_not_asked(study):
    submissions = rows(**{"g/uses/pay": "", "g/uses/learn": "", "g/uses/none": ""})
    submissions = [{k: v for k, v in row.items() if k != "g/uses"} for row in submissions]
    submissions[2] |= {"g/uses/learn": "TRUE", "g/uses/none": "FALSE"}
    result = study(submissions)
    assert by_data_row(result, "uses")[0] == "pay none" and by_data_row(result, "uses")[2] == "pay learn"
    assert pd.isna(by_data_row(result, "uses")[1])
    assert result.record["rebuilt"] == ["uses"] and result.record["select_style"] == "splits"


@pytest.mark.parametrize(
    "change", [{"g/uses": "pay"}, {"g/uses": ""}, {"g/uses/pay": "", "g/uses/none": "", "g/uses/learn": ""}]
)
def test_options_that_disagree_with_the_summary_stop(study, change):
    error = stops(study, rows(**change))
    assert error.column == "uses" and error.rows == [2]


def test_option_column_with_something_else_stops(study):
    assert stops(study, rows(**{"g/uses/pay": PHONE})).rows == [2]


def test_unknown_columns_are_all_named_with_the_line_to_add(study):
    error = stops(study, [{**row, "odd": "1", "g/strange": "2"} for row in rows()])
    assert error.column == "odd, g/strange" and '"g/strange": {drop: "why"}' in str(error)
    columns = {
        "township": {"keep": True},
        "odd": {"identifying": True},
        "strange": {"type": "select_one", "list": "colour"},
    }
    submissions = [{**row, "odd": "1", "g/strange": "red"} for row in rows()]
    result = study(submissions, columns=columns)
    assert set(result.responses["strange"]) == {"red"} and "odd" not in result.responses
    assert result.codebook.questions["strange"].list == "colour"
    renamed = study(submissions, columns={**columns, "strange": {"rename": "new", "keep": True}})
    assert set(renamed.responses["new"]) == {"red"}


def test_wave_may_not_keep_a_tools_identifying_column_nor_name_an_absent_one(study):
    assert "_uuid" in str(stops(study, columns={"_uuid": {"keep": True}}))
    assert "absentee" in str(stops(study, columns={"absentee": {"drop": "x"}}))


def test_two_columns_for_one_question_stop(study):
    assert stops(study, [{**row, "old/colour": ""} for row in rows()]).column == "g/colour, old/colour"


def test_unknown_answers_show_codes_and_nothing_else(study):
    error = stops(study, rows(**{"g/colour": "green"}))
    assert error.rows == [2] and error.codes == ["green"] and error.column == "colour"
    for secret in (NAME, PHONE):
        assert stops(study, rows(**{"g/colour": secret})).codes == ["an answer that is not a code"]
    mapped = study(rows(**{"g/colour": "green"}), answers={"colour": {"green": "blue"}})
    assert by_data_row(mapped, "colour")[1] == "green"  # cleaning maps it, and its ledger says so
    assert mapped.record["answers"] == {"colour": {"green": "blue"}}
    assert stops(study, answers={"colour": {"green": "violet"}}).codes == ["violet"]
    longer = study(rows(**{"g/colour": "green"}), codes={"colour": {"green": {"label": {"en": "Green"}}}})
    assert longer.codebook.choices["colour"]["green"] == {"en": "Green"}
    assert by_data_row(study(rows(**{"g/colour": " red\u200b"})), "colour")[1] == " red\u200b"


def test_labels_become_codes_and_a_mixed_column_stops(study):
    labels = [{**row, "g/colour": "Rot" if i % 2 else "Blau"} for i, row in enumerate(rows())]
    header = {"g/colour": "Welche Farbe?", "g/uses": "Nutzungen", "g/uses/pay": "Nutzungen/pay_de"}
    result = study(labels, header=header)
    assert by_data_row(result, "colour")[:2] == ["blue", "red"]
    assert result.record["header_style"] == "labels" and result.record["header_languages"] == ["de"]
    assert result.record["answers_from_labels"]["colour"] == {"Rot": "red", "Blau": "blue"}
    labels[3]["g/colour"] = "Red"
    error = stops(study, labels)
    assert "mixes languages" in str(error) and error.rows == [4]


@pytest.mark.parametrize("column", ["start", "day"])
def test_unexpected_date_format_stops(study, column):
    for bad in ("3/4/2024", "2025-13-01T09:00:00" if column == "start" else "1 March"):
        error = stops(study, rows(**{column: bad}))
        assert error.column == column and error.rows == [2]


def test_declared_sha_rows_and_missing_codes(study):
    result = study()
    assert study(source={"sha256": result.record["sha256"], "rows": 6}).record["rows"] == 6
    assert "rows: 6" in str(stops(study, source={"rows": 5}))
    assert result.record["sha256"] in str(stops(study, source={"sha256": "0" * 64}))
    assert pd.isna(by_data_row(study(rows(**{"g/colour": "NA"}), source={"missing": ["NA"]}), "colour")[1])
    assert "form" in str(stops(study, source={"form": "absent.xlsx"}))


EXPORTS = os.environ.get("FINDINGS_EXPORTS")


@pytest.mark.skipif(not EXPORTS, reason="not run: FINDINGS_EXPORTS names no folder of real exports")
def test_real_export_that_went_through_r():
    folder = Path(EXPORTS or "") / "kobo-reach-iraq-water"
    settings = ROOT / "tests" / "studies" / "iraq_water" / "data" / "raw" / "water_2021" / "wave.yaml"
    result = ingest(yaml.safe_load(settings.read_text(encoding="utf-8")), folder, KEY)
    record = result.record
    assert len(result.responses) == record["rows"] == 632 and len(record["columns"]) == 348
    assert record["evidence"]["through_r"] and record["delimiter"] == "," and record["select_style"] == "both"
    gone = {c["header"] for c in record["columns"] if c["fate"] == "identifying"}
    assert {"deviceid", "X_id", "X_uuid", "X_submission_time", "X_submitted_by", "X_index"} <= gone
    assert result.responses["interview_month"].eq("2021-07").all()
