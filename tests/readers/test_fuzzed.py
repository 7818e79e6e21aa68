"""Exports with anything in them: what is read is what was written, or the run stops and repeats nobody's words."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from findings import readers
from findings.errors import FindingsError
from findings.ingest import ingest
from findings.readers.tabular import read_delimited
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

PLACE = {"wave": "w", "file": "e.csv"}
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
CELLS = st.one_of(
    TEXT, st.sampled_from(["", "None", "n/a", "NA", "1", "1.0", "007", "၁၂", "a;b", "a,b", 'a"b', "=1+1", "\ufeff"])
)
NAMES = st.lists(st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True), min_size=2, max_size=5, unique=True)
QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@st.composite
def tables(draw):
    names = draw(NAMES)
    row = st.lists(CELLS, min_size=len(names), max_size=len(names))
    return names, draw(st.lists(row, min_size=1, max_size=6))


@QUIET
@given(tables(), st.sampled_from(";,\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
       st.sampled_from(["\r\n", "\n"]), st.booleans())  # fmt: skip
def test_every_cell_comes_back_as_it_was_or_the_run_stops(tmp_path, table, delimiter, encoding, end, declared):
    names, rows = table
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=end).writerows([names, *rows])
    try:
        raw = text.getvalue().encode(encoding)
    except UnicodeEncodeError:
        assume(False)
    path = tmp_path / "e.csv"
    path.write_bytes(raw)
    source = {"encoding": encoding, "delimiter": delimiter} if declared else {}
    try:
        headers, cells, written = read_delimited(path, wave="w", source=source)
    except FindingsError as error:
        assert all(cell not in str(error) for row in rows for cell in row if len(cell) > 8)
        return
    assert written["delimiter"] == delimiter and headers == names
    found = cells.astype(object).where(cells.notna(), "").to_numpy().tolist()
    if encoding == "cp1252" and not declared:
        # Bytes that are UTF-8 too mean the same text.
        assume(raw.decode("utf-8", "replace") == raw.decode("cp1252"))
    assert found == [row for row in rows]


LABELS = {"red": "Red", "blue": "Blue, or navy", "navy": "or navy", "none": "None"}
COLOURS = st.lists(st.sampled_from(sorted(LABELS)), unique=True, max_size=4)


@QUIET
@given(st.lists(COLOURS, min_size=2, max_size=5), st.sampled_from(["codes", "; ", ", ", ";", ","]))
def test_options_that_hold_each_other_are_read_right_or_stop(tmp_path, answers, join):
    path, form = tmp_path / "e.csv", tmp_path / "form.xlsx"
    if not form.is_file():
        from test_real_exports import write_form

        write_form(form, [("select_multiple c", "c", "Colours"), ("integer", "n", "Number")],
                   [("c", code, label) for code, label in LABELS.items()])  # fmt: skip
    cells = [" ".join(a) if join == "codes" else join.join(LABELS[code] for code in a) for a in answers]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter="|").writerows([["c", "n"], *([cell, i] for i, cell in enumerate(cells))])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    source = {"tool": "plain_csv", "export": "e.csv", "form": "form.xlsx", "delimiter": "|"}
    try:
        result = ingest({"wave": "w", "source": source}, tmp_path, b"k" * 32)
    except FindingsError as error:
        # "Blue, or navy" is one option, or two that are no options of the list: only such answers may stop the run.
        assert any({"blue", "navy"} & set(answer) for answer in answers), error
        return
    found = result.link.merge(result.responses, on="row_id").sort_values("data_row")["c"]
    order = list(LABELS)
    wanted = [" ".join(sorted(answer, key=order.index)) for answer in answers]
    assert ["" if pd.isna(cell) else cell for cell in found] == wanted


HEADERS = {
    "google_forms": ["Timestamp", "Username", "Email Address"],
    "microsoft_forms": ["ID", "Start time", "Completion time", "Email", "Name"],
    "qualtrics": ["StartDate", "EndDate", "Status", "IPAddress", "Finished", "RecordedDate", "ResponseId",
                  "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference", "LocationLatitude"],
    "limesurvey": ["id", "submitdate", "lastpage", "startlanguage", "seed", "ipaddr", "token", "firstname", "email"],
    "surveymonkey": ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address",
                     "First Name", "Last Name", "Custom Data 1"],
    "odk_central": ["SubmissionDate", "SubmitterID", "SubmitterName", "DeviceID", "AttachmentsPresent", "KEY",
                    "place-Latitude", "place-Longitude", "place-Altitude", "place-Accuracy", "meta-instanceID"],
    "surveycto": ["SubmissionDate", "CompletionDate", "starttime", "endtime", "deviceid", "subscriberid", "simid",
                  "devicephonenum", "username", "caseid", "gpslatitude", "instanceID", "KEY", "formdef_version"],
    "kobo_csv": ["_id", "_uuid", "_submission_time", "deviceid", "phonenumber", "username", "email", "audit",
                 "_submitted_by", "_geolocation", "_q_latitude", "_q_precision", "rootUuid"],
}  # fmt: skip
PLANTED = "Daw Planted 09 123 456 789 planted@example.org 16.80528,96.15611"


@pytest.mark.parametrize("tool", HEADERS)
def test_what_identifies_stops_here_whatever_the_tool(tmp_path, tool):
    from test_real_exports import write_form

    names = [*HEADERS[tool], "q1", "full_name", "phone_number"]
    write_form(tmp_path / "form.xlsx", [("integer", "q1", "Age")], [])
    rows = [[PLANTED] * len(HEADERS[tool]) + ["30", PLANTED, PLANTED] for _ in range(2)]
    for row in rows:
        for name in ("Finished", "submitdate", "formdef_version", "lastpage", "startlanguage", "Status"):
            if name in names:
                row[names.index(name)] = "True" if name == "Finished" else "7"
    lines = [names]
    if tool == "qualtrics":
        lines += [names, ['{"ImportId":"QID1"}'] * len(names)]
    if tool == "surveymonkey":
        lines += [["" if name in HEADERS[tool] else "Response" for name in names]]
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([*lines, *rows])
    (tmp_path / "e.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    if tool in ("google_forms", "microsoft_forms", "surveymonkey"):
        write_form(tmp_path / "form.xlsx", [("integer", "q1", "q1")], [])
    # The two submissions are one: of the planted id, and equal.
    wave = {"wave": "w", "source": {"export": "e.csv", "form": "form.xlsx"}, "cleaning": [{"step": "duplicates"}]}
    assert readers.recognise(tmp_path / "e.csv", "w") == tool
    result = ingest(wave, tmp_path, b"k" * 32)
    assert result.responses["q1"].tolist() == ["30", "30"]
    everything = result.responses.to_csv() + result.free_text.to_csv() + str(result.record) + result.link.to_csv()
    assert not [part for part in PLANTED.split() if len(part) > 3 and part in everything]
    # The same when the run stops: an answer that is unknown, a column that nobody knows, a file without a header row.
    for change in ({"form": [("select_one a", "q1", "q1")]}, {"column": "novel"}, {"headless": True}):
        write_form(tmp_path / "form.xlsx", change.get("form", [("integer", "q1", "q1")]), [("a", "x", "X")])
        other = [[*line, change.get("column", "") if i == 0 else PLANTED] for i, line in enumerate([*lines, *rows])]
        broken = other if "column" in change else rows if "headless" in change else [*lines, *rows]
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows(broken)
        (tmp_path / "e.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
        with pytest.raises(FindingsError) as stop:
            ingest({**wave, "source": {**wave["source"], "tool": tool}}, tmp_path, b"k" * 32)
        assert not [part for part in PLANTED.split() if len(part) > 3 and part in str(stop.value)]
