"""What is peculiar to one tool: repeats, own words beside options, states of submissions, missing codes, masks."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import jsonschema
import pandas as pd
import pytest
from findings import readers
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.ingest import ingest
from test_real_exports import by_row, write_form

LIKE = [("like", "a", "Apples"), ("like", "b", "Beans, or peas"), ("like", "other", "Other (please specify)")]
SURVEY = [
    ("select_one like", "best", "Which is best?"),
    ("text", "best_other", "Which other is best?"),
    ("select_multiple like", "likes", "Which do you like?"),
    ("text", "likes_other", "Which others?"),
    ("integer", "n", "How many?"),
]
CHILDREN = [
    ("integer", "n", "How many?"),
    ("begin_repeat", "child", "Child"),
    ("integer", "child_age", "Age of the child"),
    ("select_multiple like", "child_likes", "Likes of the child"),
    ("text", "child_note", "Note on the child"),
    ("end_repeat", "", ""),
]


def lines(*records, delimiter=","):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(records)
    return text.getvalue()


@pytest.fixture
def wave(tmp_path):
    """A function that ingests an export (text, bytes or a file already there) with a form of the test's questions."""

    def run(content=None, *, file="e.csv", survey=SURVEY, choices=LIKE, source=None, **more):
        if content is not None:
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / file).write_bytes(data)
        write_form(tmp_path / "form.xlsx", survey, choices)
        said = {"wave": "w", "source": {"export": file, "form": "form.xlsx", **(source or {})}, **more}
        return ingest(said, tmp_path, b"k" * 32)

    return run


def cells(table):
    return table.astype(object).where(table.notna(), None).to_dict("records")


def holds(table):
    schema = json.loads((ROOT / "workflow/schemas/repeat.schema.json").read_text(encoding="utf-8"))
    for row in cells(table):
        jsonschema.validate(row, schema)


def test_wide_repeats_of_surveycto(wave):
    header = ["SubmissionDate", "n", "child_count", "child_age_1", "child_likes_1", "child_likes_a_1", "child_note_1",
              "child_age_2", "child_likes_2", "child_likes_a_2", "child_note_2", "formdef_version", "KEY"]  # fmt: skip
    result = wave(
        lines(header, ["", "2", "2", "7", "a", "1", "", "9", "b a", "1", "shy", "1", "uuid:1"],
              ["", "1", "1", "4", "", "", "", "", "", "", "", "1", "uuid:2"], ["", "0", "0", *[""] * 8, "1", "uuid:3"]),
        survey=CHILDREN,
    )  # fmt: skip
    table = result.repeats["child"]
    holds(table)
    ids = result.link.set_index("data_row")["row_id"]
    found = {(row["row_id"], row["repeat_row"]): (row["child_age"], row["child_likes"]) for row in cells(table)}
    assert found == {(ids[1], "1"): ("7", "a"), (ids[1], "2"): ("9", "a b"), (ids[2], "1"): ("4", None)}
    assert result.free_text[["column", "text"]].values.tolist() == [["child[2].child_note", "shy"]]
    assert by_row(result, "n") == ["2", "1", "0"]


def test_repeats_of_odk_central_and_what_was_rejected(wave, tmp_path):
    own = ["KEY", "SubmitterID", "Status", "ReviewState", "FormVersion"]
    main = lines(["SubmissionDate", "g-n", *own], ["", "2", "u1", "9", "", "", "1"],
                 ["", "5", "u2", "9", "", "rejected", "1"], ["", "", "u3", "9", "not decrypted", "", "1"])  # fmt: skip
    child = lines(["child-child_age", "child_likes", "child_likes/a", "child_likes/b", "PARENT_KEY", "KEY"],
                  ["7", "", "0", "0", "u1", "u1/1"], ["8", "a b", "1", "1", "u2", "u2/1"],
                  ["9", "b", "0", "1", "u1", "u1/2"])  # fmt: skip
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("survey.csv", main)
        archive.writestr("survey-child.csv", child)
    result = wave(file="e.zip", survey=CHILDREN)
    assert result.record["left_out"] == {"not_decrypted": 1, "rejected": 1} and result.record["rows"] == 3
    assert len(result.responses) == 1 and result.link["data_row"].tolist() == [1]
    holds(result.repeats["child"])
    # 0 in every option beside an empty answer is a question that was skipped.
    assert result.repeats["child"][["repeat_row", "child_age", "child_likes"]].values.tolist() == [
        ["1", "7", pd.NA], ["2", "9", "b"],
    ]  # fmt: skip
    kept = wave(file="e.zip", survey=CHILDREN, source={"keep": ["rejected"]})
    assert sorted(by_row(kept, "n")) == ["2", "5"] and len(kept.repeats["child"]) == 3


def test_surveymonkey_own_words_choose_other(wave):
    upper = ["Respondent ID", "Which is best?", "", "Which do you like?", "", "", "How many?"]
    lower = ["", "Response", "Other (please specify)", "Apples", "Beans, or peas", "Other (please specify)", "Response"]
    result = wave(
        lines(upper, lower, ["1", "Apples", "", "Apples", "", "", "3"], ["2", "", "my leeks", "", "", "nuts", "4"],
              ["3", "", "", "", "", "", ""])
    )  # fmt: skip
    assert by_row(result, "best") == ["a", "other", None] and by_row(result, "likes") == ["a", "other", None]
    said = dict(result.free_text[["column", "text"]].values.tolist())
    assert said == {"best_other": "my leeks", "likes_other": "nuts"}


def test_surveymonkey_three_rows_and_options_by_number(wave):
    result = wave(
        lines(["", "Q1", "Q2", "", "", "Q3"],
              ["Respondent ID", "Which is best?", "Which do you like?", "", "", "How many?"],
              ["", "Which is best?", "Apples", "Beans, or peas", "Other (please specify)", "How many?"],
              ["1", "a", "1", "", "", "3"], ["2", "b", "", "2", "nuts", "4"]),
        source={"tool": "surveymonkey"},
    )  # fmt: skip
    assert by_row(result, "likes") == ["a", "b other"] and result.record["evidence"]["header_rows"] == 3


def test_limesurvey_other_masks_and_unfinished(wave):
    header = ["id", "submitdate", "lastpage", "startlanguage", "best", "best[other]", "likes[a]", "likes[b]",
              "likes[other]", "n"]  # fmt: skip
    result = wave(
        "\ufeff" + lines(header, ["1", "2025-01-01 10:00:00", "2", "en", "-oth-", "'=leeks", "Y", "", "nuts", "3"],
                         ["2", "", "1", "en", "a", "", "", "", "", "9"], delimiter=";") + "\r\n",
    )  # fmt: skip
    assert by_row(result, "best") == ["other"] and by_row(result, "likes") == ["a other"]
    assert set(result.free_text["text"]) == {"=leeks", "nuts"} and result.record["left_out"] == {"unfinished": 1}
    assert result.record["evidence"]["masked_columns"] == 1


HEARD = [("select_one yn", "heard", "Heard?"), *SURVEY[2:]]
HEARD_HEADER = ["id", "submitdate", "lastpage", "startlanguage", "heard. Heard?",
                "likes[a]. Which do you like? [Apples]", "likes[b]. Which do you like? [Beans, or peas]",
                "likes[other]. Which do you like? [Other (please specify)]", "n. How many?"]  # fmt: skip


def in_full_answers(yes, no, none):
    """LimeSurvey's "full answers": yes/no questions and options in the language of who exports, `none` = not shown."""
    start = ["2025-01-01 10:00:00", "2", "de"]
    rows = [["1", *start, yes, yes, no, "", "3"], ["2", *start, no, no, no, "nuts", "4"],
            ["3", *start, none, none, none, "", "5"]]  # fmt: skip
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL).writerows([HEARD_HEADER, *rows])
    return "\ufeff" + text.getvalue() + "\r\n"


@pytest.mark.parametrize(("yes", "no", "none"), [("Ja", "Nein", "N/A"), ("Oui", "Non", "N/A"), ("Sí", "No", "N/D")])
def test_limesurvey_in_another_language_stops_by_name_until_its_answers_are_declared(wave, yes, no, none):
    form = {"survey": HEARD, "choices": [("yn", "yes", "Yes"), ("yn", "no", "No"), *LIKE]}
    heard = {"heard": {yes: "yes", no: "no", none: None}}
    with pytest.raises(FindingsError, match=r"column heard\n.*Rows: 1(, 2)?, 3\n.*`answers: \{heard:") as stopped:
        wave(in_full_answers(yes, no, none), **form)
    assert yes not in str(stopped.value)
    for source in ({}, {"other": {"likes": "likes_other"}}):
        # A tick of another language is nobody's own words, whether or not these are declared.
        with pytest.raises(FindingsError, match=r'column likes, option a\n.*\n.*chosen \("1"\).*`answers: \{likes:'):
            wave(in_full_answers(yes, no, none), answers=heard, source=source, **form)
        likes = {"likes": {yes: "1", no: "0", none: "0"}}
        result = wave(in_full_answers(yes, no, none), answers=heard | likes, source=source, **form)
        # A yes/no question stays as found until the step `answers` of clean.
        as_found = [{"No": "no"}.get(word, word) for word in (yes, no, none)]
        assert by_row(result, "heard") == as_found and by_row(result, "likes") == ["a", "other", None]
        assert result.free_text[["column", "text"]].values.tolist() == [["likes_other", "nuts"]]


def test_limesurvey_in_english_reads_yes_and_no_and_stops_on_its_word_for_not_shown(wave):
    form = {"survey": HEARD, "choices": [("yn", "yes", "Yes"), ("yn", "no", "No"), *LIKE]}
    result = wave(in_full_answers("Yes", "No", ""), **form)
    assert by_row(result, "heard") == ["yes", "no", None] and by_row(result, "likes") == ["a", "other", None]
    with pytest.raises(FindingsError, match=r"column heard\n.*Rows: 3\n"):
        wave(in_full_answers("Yes", "No", "N/A"), **form)


def test_microsoft_forms_rows_of_a_grid_stand_alone(wave):
    survey = [("select_one like", "x_radio", "How good are these? [Radio]"), ("integer", "n", "How many?")]
    header = ["ID", "Start time", "Completion time", "Email", "Name", "Radio", "How many?"]
    result = wave(
        lines(header, ["1", "2025-01-01", "2025-01-01", "a@example.org", "Daw A", "Apples", "3"]), survey=survey
    )
    assert by_row(result, "x_radio") == ["a"]


def test_qualtrics_of_two_rows_with_v_names(wave):
    names = ["V1", "V2", "V3", "V5", "V6", "V7", "V8", "V9", "V10", "best", "likes_1", "likes_2", "n", ""]
    texts = ["ResponseID", "ResponseSet", "Name", "EmailAddress", "IPAddress", "Status", "StartDate", "EndDate",
             "Finished", "Which is best?", "Which do you like?-Apples", "Which do you like?-Beans, or peas",
             "How many?", ""]  # fmt: skip
    row = ["R_1", "Default", "Anonymous", "a@example.org", "203.0.113.7", "0", "2025-01-01 10:00:00",
           "2025-01-01 10:20:00", "1", "Apples", "", "Beans, or peas", "3", ""]  # fmt: skip
    texts = [text.replace("?-", "? - ") for text in texts]
    result = wave(
        "\ufeff" + lines(names, texts, row, [*row[:8], "0", *row[9:]]), columns={"ResponseSet": {"drop": "one"}}
    )
    assert by_row(result, "likes") == ["b"] and result.record["left_out"] == {"unfinished": 1}
    assert "203.0.113.7" not in str(result.record) + result.responses.to_csv()


def test_value_labels_missing_codes_and_dates_of_spss_and_stata(wave, tmp_path):
    import datetime as dt

    import pyreadstat

    frame = pd.DataFrame({"best": [1.0, 98.0, 2.0], "n": [3.0, 99.0, None], "day": [dt.date(2025, 1, 2)] * 3})
    labels = {"best": {1: "Apples", 2: "Beans, or peas", 98: "Refused"}}
    survey = [*SURVEY[:1], SURVEY[4], ("date", "day", "Which day?")]
    choices = [*LIKE, ("like", "98", "No answer")]
    pyreadstat.write_sav(
        frame, str(tmp_path / "e.sav"), variable_value_labels=labels, missing_ranges={"best": [98], "n": [99]}
    )
    result = wave(file="e.sav", survey=survey, choices=choices)
    # 98 is a code of the form's list: an answer; 99 is none of a number.
    assert by_row(result, "best") == ["a", "98", "b"] and by_row(result, "n") == ["3", None, None]
    assert by_row(result, "day") == ["2025-01-02"] * 3 and result.record["evidence"]["user_missing"] == {"n": 1}
    assert result.record["labels"]["best"]["values"]["2"] == "Beans, or peas"
    pyreadstat.write_dta(
        frame.drop(columns="day").assign(n=[3, "a", 4]), str(tmp_path / "e.dta"), missing_user_values={"n": ["a"]}
    )
    result = wave(file="e.dta", survey=survey[:2], choices=[("like", c, c) for c in ("1", "2", "98")])
    assert by_row(result, "n") == ["3", None, "4"] and by_row(result, "best") == ["1", "98", "2"]
    with pytest.raises(FindingsError, match="is the code of another"):
        wave(file="e.sav", survey=survey, choices=[*LIKE, ("like", "1", "One"), ("like", "98", "No answer")])
    (tmp_path / "e.sav").write_bytes(b"$FL2 broken")
    with pytest.raises(FindingsError, match="cannot be read"):
        readers.read(tmp_path / "e.sav", wave="w")


def test_two_questions_of_one_text_stop(wave):
    with pytest.raises(FindingsError, match="more than once"):
        wave(lines(["Timestamp", "How many?", "How many?"], ["2025/01/01 6:31:58 PM", "1", "2"]))
    twice = [*SURVEY, ("integer", "m", "How many?")]
    with pytest.raises(FindingsError, match="two questions"):
        wave(lines(["Timestamp", "How many?"], ["2025/01/01 6:31:58 PM", "1"]), survey=twice)


def test_an_answer_that_can_be_read_in_two_ways_stops(wave):
    choices = [("like", "a", "Red"), ("like", "b", "Blue"), ("like", "c", "Red, Blue")]
    with pytest.raises(FindingsError, match="more than one option") as stop:
        wave(lines(["Timestamp", "Which do you like?"], ["", "Blue"], ["", "Red, Blue"]), choices=choices)
    assert stop.value.rows == [2] and stop.value.column == "likes"


def test_a_calculation_that_holds_names_stops_here(wave):
    survey = [("calculate", "head", ""), ("calculate", "stratum", ""), ("integer", "n", "How many?")]
    text = lines(
        ["head", "stratum", "n", "_id"], ["Daw Planted", "north_urban", "1", "1"], ["U Planted", "north", "2", "2"]
    )
    result = wave(text, survey=survey)
    fates = {c["column"]: c["fate"] for c in result.record["columns"]}
    assert (fates["head"], fates["stratum"]) == ("identifying", "kept")
    assert "Planted" not in result.responses.to_csv() + result.free_text.to_csv() + str(result.record)
    assert "head" in wave(text, survey=survey, columns={"head": {"keep": True}}).responses


def test_words_beside_an_option_that_is_ticked_too(wave):
    names = ["ResponseId", "RecordedDate", "Finished", "likes_1", "likes_3", "likes_3_TEXT", "n"]
    stem = "Which do you like? - Selected Choice - "
    texts = ["Response ID", "Recorded Date", "Finished", stem + "Apples", stem + "Other (please specify)",
             "Which do you like? - Other (please specify) - Text", "How many?"]  # fmt: skip
    result = wave(
        lines(names, texts, ["R_1", "", "True", "Apples", "Other (please specify)", "nuts", "3"],
              ["R_2", "", "True", "", "", "figs", "4"], ["R_3", "", "True", "Apples", "", "", "5"])
    )  # fmt: skip
    assert by_row(result, "likes") == ["a other", "other", "a"] and set(result.free_text["text"]) == {"nuts", "figs"}
    twice = [*names[:4], "likes_01", *names[5:]]
    texts[4] = texts[3]
    with pytest.raises(FindingsError, match="Two columns"):
        wave(lines(twice, texts, ["R_1", "", "True", "Apples", "Apples", "nuts", "3"]))


def test_a_renamed_option_does_not_pass_for_own_words(wave):
    for header, cell in (("Which is best?", "Appels"), ("Which do you like?", "Apples;Appels")):
        with pytest.raises(FindingsError, match="no option of the form") as stop:
            wave(lines(["Timestamp", header], ["", "Apples"], ["", cell]))
        assert stop.value.rows == [2] and "Appels" not in str(stop.value)
