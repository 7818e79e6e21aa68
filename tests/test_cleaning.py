"""Cleaning: every step, the errors, and a ledger that is exact both ways whatever the mess."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from findings import ledger as book
from findings.cleaning import clean
from findings.cleaning_steps import DOUBTFUL
from findings.errors import FindingsError
from hypothesis import given, settings
from hypothesis import strategies as st

SCALE = [f"s{i}" for i in range(4)]


def codebook():
    yes_no = {"yes": {"en": "Yes"}, "no": {"en": "No"}}

    def q(name, kind, choices=None, relevant=""):
        return {"name": name, "type": kind, "list": choices, "label": {}, "relevant": relevant, "constraint": "",
                "required": False, "group": ""}  # fmt: skip

    questions = [
        q("consent", "select_one", "yes_no"),
        q("is_test", "select_one", "yes_no"),
        q("age", "integer"),
        q("aware", "select_one", "yes_no"),
        q("used", "select_one", "yes_no", "${aware} = 'yes'"),
        q("why", "select_multiple", "reasons", "${used} = 'no'"),
        *[q(name, "select_one", "agree") for name in SCALE],
        q("comment", "text"),
    ]
    choices = {
        "yes_no": yes_no,
        "reasons": {"cost": {}, "trust": {}, "power": {}},
        "agree": {"1": {}, "2": {}, "3": {}},
    }
    return {"questions": questions, "choices": choices}


ROW = {
    "consent": "yes", "is_test": "no", "age": "30", "aware": "yes", "used": "no", "why": "cost power",
    **dict(zip(SCALE, "1232", strict=True)), "interview_month": "2025-03", "duration_flag": "ok",
}  # fmt: skip
STEPS = [
    {"step": "script"},
    {"step": "answers"},
    {"step": "corrections"},
    {"step": "consent", "column": "consent", "keep": ["yes"]},
    {"step": "eligibility", "column": "age", "minimum": 18},
    {"step": "test_rows", "column": "is_test", "drop": ["yes"]},
    {"step": "duplicates"},
    {"step": "duration", "drop": ["under_minimum"]},
    {"step": "straight_lining", "columns": SCALE, "minimum": 4},
    {"step": "range", "column": "age", "minimum": 18, "maximum": 110},
    {"step": "skip_logic"},
]


def run(rows, steps=STEPS, texts=(), corrections=None, reference=Path("data/reference"), **wave):
    frame = pd.DataFrame([{"row_id": f"r{i:06d}", **ROW, "age": str(20 + i), **row} for i, row in enumerate(rows)])
    free = pd.DataFrame(
        [{"row_id": f"r{i:06d}", "column": "comment", "text": text} for i, text in enumerate(texts) if text],
        columns=["row_id", "column", "text"],
    )
    declared = {"wave": "w", "cleaning": steps, **wave}
    frames = frame.astype("string"), free.astype("string")
    return clean(*frames, codebook(), declared, corrections, reference=reference)


def correction(row, column, old, new, option=None, checked="yes", file="corrections.csv", number="1"):
    entry = {"row_id": row, "column": column, "option": option, "old": old, "new": new, "checked": checked,
             "reason": "typo", "who": "a", "date": "2025-04-01", "file": file, "row": number}  # fmt: skip
    return pd.DataFrame([entry], dtype="string")


def test_a_drop_is_a_flag_by_the_first_step_that_drops():
    result = run(
        [{}, {"consent": "no", "age": "3"}, {"age": "17"}, {"is_test": "yes"}, {"duration_flag": "under_minimum"},
         dict.fromkeys(SCALE, "2"), {"age": "20"}]
    )  # fmt: skip
    assert result.respondents["dropped_by"].fillna("").tolist() == [
        "", "consent", "eligibility", "test_rows", "duration", "straight_lining", "duplicates",
    ]  # fmt: skip
    assert [(s["step"], s["n_dropped"], s["n_out"]) for s in result.flow] == [
        ("received", 0, 7), ("consent", 1, 6), ("eligibility", 1, 5), ("test_rows", 1, 4), ("duplicates", 1, 3),
        ("duration", 1, 2), ("straight_lining", 1, 1), ("analysed", 0, 1),
    ]  # fmt: skip


def test_which_duplicate_stays_does_not_hang_on_the_row_ids():
    for rows in ([{"duration_flag": "over_maximum"}, {}], [{}, {"duration_flag": "over_maximum"}]):
        kept = run([{**row, "age": "30"} for row in rows]).respondents
        assert kept.loc[kept["dropped_by"].isna(), "duration_flag"].tolist() == ["ok"]


def test_script_digits_and_ranges():
    result = run([{"age": "၃၀"}, {"age": "၂ဝ\u200b"}, {"age": "210"}, {"aware": " yes\u200b"}], texts=["ျမန္မာ"])
    assert result.respondents["age"].tolist()[:2] == ["30", "20"]
    assert pd.isna(result.respondents["age"][2])
    assert result.respondents["aware"][3] == "yes"
    assert result.free_text["text"].tolist() == ["မြန်မာ"]


def test_answers_to_questions_not_asked_are_emptied_in_a_cascade():
    result = run([{"aware": "no", "used": "no", "why": "cost"}])
    assert result.respondents[["used", "why"]].isna().all(axis=None)
    emptied = result.ledger[result.ledger["step"] == "skip_logic"]
    assert emptied["column"].tolist() == ["used", "why"]
    assert "${aware} = 'yes'" in emptied["reason"].iloc[0]


def test_an_answer_the_form_does_not_know_is_one_ledger_row():
    result = run([{"used": "never"}, {"used": "never"}, {}], answers={"used": {"never": "no"}})
    recodes = result.ledger[result.ledger["step"] == "answers"]
    # `no` is in the column already, so one row for the whole column could not be undone.
    assert recodes["row"].notna().all() and len(recodes) == 2
    result = run([{"used": "never"}, {"used": "yes", "why": None}], answers={"used": {"never": "no"}})
    recodes = result.ledger[result.ledger["step"] == "answers"]
    assert recodes["row"].isna().all() and recodes["count"].tolist() == [1]


def test_a_correction_checks_the_old_value():
    result = run([{}], corrections=correction("r000000", "age", "20", "41"))
    assert result.respondents["age"].tolist() == ["41"]
    assert "typo (a, 2025-04-01; corrections.csv row 1)" in result.ledger["reason"].tolist()
    with pytest.raises(FindingsError, match="old value") as caught:
        run([{}], corrections=correction("r000000", "age", "99", "41"))
    assert caught.value.rows == [1] and "41" not in str(caught.value)


def test_what_is_no_number_and_no_code_stops_without_its_value():
    for change in ({"age": "Daw Planted"}, {"used": "Daw Planted"}):
        with pytest.raises(FindingsError, match="after the steps of cleaning") as caught:
            run([{}, change])
        assert "Planted" not in str(caught.value) and "r000001" in str(caught.value)


def test_a_ledger_that_does_not_fit_is_refused():
    result = run([{"age": "၃၀"}])
    wrong = result.ledger.assign(old="31")
    with pytest.raises(book.LedgerError):
        book.apply(run([{}], steps=[]).respondents.drop(columns="dropped_by"), wrong)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "consent": st.sampled_from(["yes", " yes", "no", None]),
                "aware": st.sampled_from(["yes", "no\u200b", None]),
                "used": st.sampled_from(["yes", "no", "never", None]),
                "why": st.sampled_from([None, "cost", "trust cost", "never cost"]),
                "age": st.sampled_from(["၃၀", "30", "17", "210", None, " 41 "]),
                "s0": st.sampled_from(["1", "2", None]),
            }
        ),
        min_size=1,
        max_size=12,
    ),
    st.permutations(STEPS),
    st.lists(st.sampled_from([None, "ok", " a\u200b ", "ျမန္မာ", "အုပ္စု ", "မွ", "မုိ"]), max_size=12),
)
def test_responses_and_ledger_give_the_respondents_and_back(rows, steps, texts):
    steps = [{"step": "script"}, {"step": "answers"}, *[s for s in steps if s["step"] not in ("script", "answers")]]
    wave = {"answers": {"used": {"never": "no"}, "why": {"never": None}}}
    result = run(rows, steps, texts[: len(rows)], **wave)
    frame = pd.DataFrame([{"row_id": f"r{i:06d}", **ROW, "age": str(20 + i), **row} for i, row in enumerate(rows)])
    frame = frame.astype("string")
    pd.testing.assert_frame_equal(book.apply(frame, result.ledger), result.respondents)
    pd.testing.assert_frame_equal(book.reverse(result.respondents, result.ledger), frame)
    assert json.dumps(result.flow)
    dropped = sum(step["n_dropped"] for step in result.flow)
    assert dropped == int(result.respondents["dropped_by"].notna().sum())


def test_the_flow_begins_with_what_ingest_left_out():
    frame = pd.DataFrame([{"row_id": f"r{i:06d}", **ROW, "age": str(20 + i)} for i in range(3)], dtype="string")
    said = [("r000000", "child[1].note", "၁၂"), ("r000000", "child[2].note", " two "), ("r000002", "comment", "x")]
    free = pd.DataFrame(said, columns=["row_id", "column", "text"], dtype="string")
    done = clean(frame, free, codebook(), {"wave": "w", "cleaning": [{"step": "script"}]}, None, 2)
    first = [(step["step"], step["n_in"], step["n_dropped"], step["n_out"]) for step in done.flow]
    assert first == [("received", 5, 0, 5), ("left_out", 5, 2, 3), ("analysed", 3, 0, 3)]
    assert set(done.free_text["column"]) == {"child[1].note", "child[2].note", "comment"}


PLACES = {"step": "places", "column": "comment", "table": "names.csv", "to": "code"}


def placed(tmp_path, *texts, **options):
    (tmp_path / "names.csv").write_text(
        "alias,code,source\nIrrawaddy,aye,x\nဧရာဝတီ,aye,x\nMon,mon,x\n", encoding="utf-8"
    )
    return run([{} for _ in texts], [{"step": "script"}, {**PLACES, **options}], texts, reference=tmp_path)


def test_names_become_the_codes_of_a_table(tmp_path):
    result = placed(tmp_path, "irrawaddy", "ဧရာ၀တီ", " MON\u200b", None)
    assert result.free_text["text"].tolist() == ["aye", "aye", "mon"]
    assert set(result.ledger["step"]) == {"script", "places"}


def test_a_name_that_the_table_lacks_stops_without_being_told_or_is_emptied(tmp_path):
    with pytest.raises(FindingsError, match="1 answer") as caught:
        placed(tmp_path, "Mon", "Planted")
    assert caught.value.codes == ["r000001"] and "Planted" not in str(caught.value)
    result = placed(tmp_path, "Mon", "Planted", unknown="empty")
    assert result.free_text["text"].tolist() == ["mon"]
    assert result.ledger["reason"].tolist() == ["names.csv: code", "names.csv: unknown"]


def test_a_text_that_may_be_zawgyi_is_flagged_in_the_ledger_and_stays():
    result = run([{}, {}, {}], [{"step": "script"}], ["အုပ္စု", "မြန်မာ", "ျမန္မာ"])
    assert result.free_text["text"].tolist() == ["အုပ္စု", "မြန်မာ", "မြန်မာ"]
    rows = result.ledger[result.ledger["column"] == "comment"].set_index("row")
    assert rows["reason"].to_dict() == {"r000000": DOUBTFUL, "r000002": "Zawgyi to Unicode"}
    assert rows.loc["r000000", "old"] == rows.loc["r000000", "new"]


def test_a_correction_of_a_text_knows_what_script_made_of_it():
    texts = ["ျမန္မာ", "မွ"]
    result = run([{}, {}], [{"step": "script"}, {"step": "corrections"}], texts,
                 corrections=correction("r000001", "comment", "မွ", "မြန်မာမှ"))  # fmt: skip
    assert result.free_text["text"].tolist() == ["မြန်မာ", "မြန်မာမှ"]


def test_texts_of_repeats_are_cleaned_too():
    frame = pd.DataFrame([{"row_id": "r000000", **ROW}], dtype="string")
    free = pd.DataFrame(
        [("r000000", "child[1].comment", " ျမန္မာ ")], columns=["row_id", "column", "text"], dtype="string"
    )
    done = clean(frame, free, codebook(), {"wave": "w", "cleaning": [{"step": "script"}]}, None)
    assert done.free_text["text"].tolist() == ["မြန်မာ"]
