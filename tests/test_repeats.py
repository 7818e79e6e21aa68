"""Rules of the form in repeats: each row is judged with its own answers, those around it and its respondent's."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from findings.audit.ledger import prove
from findings.cleaning import clean
from findings.errors import FindingsError
from findings.ingest import ingest
from findings.instrument import read_xlsform
from findings.repeats import read_repeats, write_repeats
from test_form_rules import write_form

SURVEY = [
    ["integer", "age", "Age", "", "", "", ""],
    ["begin_repeat", "child", "Child", "${age} >= 18", "", "", ""],
    ["integer", "child_age", "Its age", "", ". < ${age} - 12", "yes", ""],
    ["select_one yes_no", "school", "At school", "${child_age} >= 5", "", "true()", ""],
    ["text", "name", "Name", "", "string-length(.) < 9", "yes", ""],
    ["begin_repeat", "visit", "Visit", "", "", "", ""],
    ["integer", "visit_age", "Age then", "", ". <= ${child_age} and . < ${age}", "", ""],
    ["end_repeat", "", "", "", "", "", ""],
    ["end_repeat", "", "", "", "", "", ""],
]
CHOICES = [["list_name", "name", "label"], ["yes_no", "yes", "Yes"], ["yes_no", "no", "No"]]
WAVE = {"wave": "w", "synthetic": True, "source": {"form": "form.xlsx"}, "cleaning": [{"step": "form_rules"}]}
# Respondents: 40 years, 17 years (no child is asked of), 30 years. Rows in another order than the respondents.
RESPONDENTS = {"row_id": ["r000003", "r000001", "r000002"], "age": ["30", "40", "17"]}
CHILDREN = [
    ("r000001", "1", "10", "yes"), ("r000001", "2", "29", None), ("r000002", "1", "2", None),
    ("r000003", "1", None, "yes"), ("r000003", "2", "4", "no"),
]  # fmt: skip
VISITS = [
    ("r000001", "1", "1", "11"),
    ("r000001", "2", "2", "12"),
    ("r000003", "1", "2", "4"),
    ("r000003", "2", "1", "1"),
]
NAMES = [("r000001", "child[1].name", "Mya"), ("r000001", "child[2].name", "Aung Aung Aung"),
         ("r000002", "child[1].name", "Su"), ("r000003", "child[2].name", "Hla")]  # fmt: skip
BREAKS = {
    ("r000001", "child[2].child_age", "child_age.constraint", "29"),
    ("r000001", "child[2].school", "school.required", None),
    ("r000002", "child[1].child_age", "child_age.relevant", "2"),
    ("r000002", "child[1].name", "name.relevant", "Su"),
    ("r000003", "child[1].child_age", "child_age.required", None),
    ("r000003", "child[1].school", "school.relevant", "yes"),
    ("r000003", "child[2].school", "school.relevant", "no"),
    ("r000001", "child[2].name", "name.constraint", "Aung Aung Aung"),
    ("r000003", "child[1].name", "name.required", None),
    ("r000001", "visit[1].visit_age", "visit_age.constraint", "11"),
    # Nothing is less than an age that was not given.
    ("r000003", "visit[2].visit_age", "visit_age.constraint", "1"),
}


@pytest.fixture(scope="module")
def codebook(tmp_path_factory) -> dict:
    path = write_form(tmp_path_factory.mktemp("form") / "form.xlsx", SURVEY, CHOICES)
    return json.loads(read_xlsform(path).to_json())


def tables() -> dict[str, pd.DataFrame]:
    child = pd.DataFrame(CHILDREN, columns=["row_id", "repeat_row", "child_age", "school"])
    visit = pd.DataFrame(VISITS, columns=["row_id", "repeat_row", "parent_row", "visit_age"])
    child.insert(2, "parent_row", None)
    return {"child": child.astype("string"), "visit": visit.astype("string")}


def cleaned(codebook, repeats, **wave):
    texts = pd.DataFrame(NAMES, columns=["row_id", "column", "text"], dtype="string")
    responses = pd.DataFrame(RESPONDENTS, dtype="string")
    return clean(responses, texts, codebook, {**WAVE, **wave}, None, repeats=repeats)


def flags(done) -> set:
    ledger = done.ledger.astype(object).where(done.ledger.notna(), None)
    assert ledger["old"].equals(ledger["new"]) and (ledger["step"] == "form_rules").all()
    rule = ledger["reason"].str.extract(r"\((\S+)\)")[0]
    return set(zip(ledger["row"], ledger["column"], rule, ledger["old"], strict=True))


def test_each_row_of_a_repeat_is_judged_with_what_is_around_it(codebook):
    done = cleaned(codebook, tables())
    assert flags(done) == BREAKS
    told = {rule["rule"]: (rule["judged"], rule["breaks"], rule["then"]) for rule in done.rules}
    # Four children of the two who were asked about them, of whom three have an age.
    assert told["child_age.required"] == (4, 1, "flag") and told["child_age.constraint"] == (3, 1, "flag")
    assert told["visit_age.constraint"] == (4, 2, "flag")
    assert sum(breaks for _, breaks, _ in told.values()) == len(BREAKS)


def test_rows_in_another_order_give_the_same(codebook):
    turned = {name: table.iloc[::-1].reset_index(drop=True) for name, table in tables().items()}
    assert flags(cleaned(codebook, turned)) == BREAKS


def test_a_repeat_that_the_data_lack_is_not_judged(codebook):
    done = cleaned(codebook, {})
    unjudged = {rule["rule"] for rule in done.rules if rule["judged"] is None}
    assert {"child_age.constraint", "school.required", "visit_age.constraint"} <= unjudged and done.ledger.empty


def test_who_was_dropped_is_not_judged(codebook):
    steps = [{"step": "eligibility", "column": "age", "minimum": 35}, {"step": "form_rules"}]
    kept = {"r000001"}
    done = cleaned(codebook, tables(), cleaning=steps)
    dropped = set(done.respondents.loc[done.respondents["dropped_by"].notna(), "row_id"])
    assert dropped == {"r000002", "r000003"}
    found = done.ledger[done.ledger["column"] != "dropped_by"]
    assert set(found["row"]) == kept and len(found) == sum(row in kept for row, *_ in BREAKS)


def files(done, repeats, folder: Path) -> dict[str, Path]:
    texts = pd.DataFrame(NAMES, columns=["row_id", "column", "text"], dtype="string")
    link = pd.DataFrame({"data_row": [1, 2, 3], "row_id": RESPONDENTS["row_id"]})
    frames = {"responses": pd.DataFrame(RESPONDENTS, dtype="string"), "free_text_raw": texts, "link": link,
              "respondents": done.respondents, "free_text": done.free_text, "ledger": done.ledger}  # fmt: skip
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    write_repeats(repeats, folder / "repeats")
    return {name: folder / f"{name}.parquet" for name in frames} | {"repeats": folder / "repeats"}


def test_the_ledger_with_them_replays_and_a_changed_answer_is_found(codebook, tmp_path):
    repeats = tables()
    done = cleaned(codebook, repeats)
    written = files(done, repeats, tmp_path)
    assert prove(written, "w")["entries"] == len(BREAKS)
    assert {name: len(table) for name, table in read_repeats(tmp_path / "repeats").items()} == {"child": 5, "visit": 4}
    repeats["child"].loc[1, "child_age"] = "12"
    with pytest.raises(FindingsError, match=r"answer of a repeat") as found:
        prove(files(done, repeats, tmp_path), "w")
    assert found.value.column == "child[2].child_age" and found.value.rows == [2]


@pytest.mark.parametrize(
    ("wave", "words"),
    [
        ({"cleaning": [{"step": "form_rules", "rules": {"child_age.constraint": "drop"}}]}, ["child_age", "flag"]),
        ({"checks": [{"id": "c", "columns": ["school"], "required": "true()", "then": "empty"}]}, ["school", "flag"]),
    ],
)
def test_a_rule_in_a_repeat_cannot_change_it(tmp_path, wave, words):
    write_form(tmp_path / "form.xlsx", SURVEY, CHOICES)
    header = "SubmissionDate,age,child_count,child_age_1,school_1,child_age_2,school_2,formdef_version,KEY"
    (tmp_path / "e.csv").write_text(f"{header}\n,40,2,10,yes,29,,1,uuid:1\n", encoding="utf-8")
    declared = {**WAVE, "source": {"export": "e.csv", "form": "form.xlsx"}}
    got = ingest(declared, tmp_path, b"k" * 32)
    done = clean(got.responses, got.free_text, json.loads(got.codebook.to_json()), declared, None, repeats=got.repeats)
    assert {(column, rule) for _, column, rule, _ in flags(done)} == {
        ("child[2].child_age", "child_age.constraint"), ("child[2].school", "school.required"),
    }  # fmt: skip
    with pytest.raises(FindingsError) as stop:
        ingest({**declared, **wave}, tmp_path, b"k" * 32)
    assert all(word in str(stop.value) for word in [*words, "no step changes", "Mend"])
