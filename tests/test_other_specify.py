"""Own words: listed to be coded, recoded by a person's file, and never repeated by anything that leaves the stage."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from findings import register
from findings.cleaning import clean
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.other_specify import read_recodes
from jsonschema import Draft202012Validator
from test_cleaning import ROW, codebook

PLANTED = "Daw Planted told me to keep away"
HEAD = "column,question,text,code,reason,who,date\n"
DECLARED = {"comment": {"questions": ["why", "used"], "replaces": ["trust", "yes"]}}
STEPS = [{"step": "script"}, {"step": "other_specify"}]
# Row, what was answered to `why` and `used`, own words: as exported, with blanks and Zawgyi.
ROWS = [
    ("cost", "no", f" {PLANTED}\u200b"), ("trust", "yes", PLANTED), (None, "yes", PLANTED), ("cost", "no", "=ျမန္မာ"),
    ("power", "no", "-"), (None, None, "never asked"), ("cost", "no", None),
]  # fmt: skip


@pytest.fixture
def own_words(tmp_path):
    """A function that cleans ROWS with a recodes.csv, and the study's declaration."""

    def run(recodes=None, steps=STEPS, declared=DECLARED, dropped=()):
        (tmp_path / "recodes.csv").unlink(missing_ok=True)
        if recodes is not None:
            (tmp_path / "recodes.csv").write_text(recodes, encoding="utf-8")
        wave = {"wave": "w", "cleaning": steps, **({"other_specify": declared} if declared else {})}
        answers = [{"row_id": f"r{i:06d}", **ROW, "why": why, "used": used} for i, (why, used, _) in enumerate(ROWS)]
        for i in dropped:
            answers[i]["consent"] = "no"
        texts = [(f"r{i:06d}", "comment", text) for i, (_, _, text) in enumerate(ROWS) if text]
        frame = pd.DataFrame(texts, columns=["row_id", "column", "text"], dtype="string")
        lines = read_recodes(wave, tmp_path)
        return clean(pd.DataFrame(answers, dtype="string"), frame, codebook(), wave, None, recodes=lines)

    return run


def line(question, text, code, said="read,ed,2025-05-01"):
    return f"comment,{question},{text},{code},{said}\n"


def test_every_text_is_listed_with_the_codes_it_may_be_given(own_words):
    listed = own_words().listed
    found = listed.lines[["question", "text", "times"]].to_numpy().tolist()
    assert found == [["used", PLANTED, 2], ["why", PLANTED, 2], ["why", "'-", 1], ["why", "'=မြန်မာ", 1]]
    assert set(listed.lines["codes"]) == {"yes no", "cost trust power"} and listed.lines["code"].isna().all()
    assert listed.counts == [{"column": "comment", "texts": 5, "coded": 0, "uncoded": 5}]


def test_a_code_joins_the_answer_or_takes_the_place_of_others(own_words):
    result = own_words(HEAD + line("why", PLANTED, "power") + line("used", PLANTED, "no") + line("why", "'=ျမန္မာ", "-"))
    # Beside an answer alone; of a question of one answer only where it is one that may be replaced.
    assert result.respondents["why"].fillna("").tolist() == ["cost power", "power", "", "cost", "power", "", "cost"]
    assert result.respondents["used"].fillna("").tolist() == ["no", "no", "no", "no", "no", "", "no"]
    assert result.listed.counts == [{"column": "comment", "texts": 5, "coded": 4, "uncoded": 1}]
    given = result.listed.lines.set_index(["question", "text"])["code"].fillna("").to_dict()
    assert given[("used", PLANTED)] == "no" and given[("why", "'=မြန်မာ")] == "-" and given[("why", "'-")] == ""
    ledger = result.ledger[result.ledger["step"] == "other_specify"]
    assert set(ledger["column"]) == {"why", "used"} and len(ledger) == 4
    assert ledger["reason"].iloc[0] == "read (ed, 2025-05-01; recodes.csv row 1)"
    assert PLANTED not in result.respondents.to_csv() + ledger.to_csv() + json.dumps(result.listed.counts)


def test_the_list_filled_in_is_the_file_of_recodes(own_words, tmp_path):
    lines = own_words().listed.lines
    lines[["reason", "who", "date"]] = ["read", "ed", "2025-05-01"]
    lines["code"] = lines["question"].map({"why": "power", "used": "no"})
    lines.loc[lines["text"] == "'-", "code"] = None
    made = own_words(lines.to_csv(index=False))
    assert made.respondents["why"].fillna("").tolist() == ["cost power", "power", "", "cost power", "power", "", "cost"]
    assert made.listed.counts[0]["uncoded"] == 1
    again = made.listed.lines.drop(columns="times").fillna("")
    pd.testing.assert_frame_equal(again[again["code"] != ""], lines[again["code"] != ""].drop(columns="times"))


def test_one_respondents_words_may_be_coded_otherwise(own_words):
    head = HEAD.replace("column", "row_id,column")
    own = "," + line("why", PLANTED, "power") + "r000001," + line("why", PLANTED, "cost")
    assert own_words(head + own).respondents["why"].tolist()[:2] == ["cost power", "cost"]


@pytest.mark.parametrize(
    ("recodes", "said"),
    [
        (line("why", "nobody says so", "power"), "that no respondent who is kept gave"),
        (line("used", "'=ျမန္မာ", "no"), "that no respondent who is kept gave"),
        (line("why", PLANTED, "novel"), "a code that the list reasons does not have"),
        (line("used", PLANTED, "no yes"), "Several codes"),
        (line("why", PLANTED, "power", "read,,2025-05-01"), "do not say why, by whom or when"),
        (line("aware", PLANTED, "no"), "does not declare"),
        (f'comment,why,{PLANTED},"{PLANTED}",read,ed,2025\n', "does not have"),
    ],
)
def test_a_recode_that_does_not_fit_stops_and_repeats_nobodys_words(own_words, recodes, said):
    with pytest.raises(FindingsError, match=said) as stop:
        own_words(HEAD + recodes)
    text = str(stop.value)
    assert stop.value.file == "recodes.csv" and stop.value.rows == [1] and "Mend" in text
    assert not [word for word in (PLANTED, "nobody", "ျမန္မာ", "မြန်မာ", "told") if word in text]


def test_a_text_of_the_dropped_alone_is_stale_and_a_text_twice_contradicts_itself(own_words):
    steps = [{"step": "script"}, {"step": "consent", "column": "consent", "keep": ["yes"]}, {"step": "other_specify"}]
    with pytest.raises(FindingsError, match="no respondent who is kept") as stop:
        own_words(HEAD + line("why", "'-", "cost"), steps, dropped=[4])
    assert stop.value.rows == [1]
    with pytest.raises(FindingsError, match="more than once") as stop:
        own_words(HEAD + line("why", PLANTED, "power") + line("", f" {PLANTED}", "-"))
    assert stop.value.rows == [1, 2]


@pytest.mark.parametrize(("steps", "declared"), [(STEPS[:1], DECLARED), (STEPS, None)])
def test_words_that_no_step_recodes_stop(own_words, steps, declared):
    with pytest.raises(FindingsError, match="wave.yaml does not say where"):
        own_words(HEAD, steps, declared)


def test_how_many_nobody_has_coded_is_a_row_of_the_register(own_words):
    counts = own_words(HEAD + line("why", PLANTED, "power")).listed.counts
    schema = json.loads((ROOT / "workflow/schemas/other_specify.schema.json").read_text(encoding="utf-8"))
    for entry in counts:
        Draft202012Validator(schema).validate(entry)
    rows = register.assemble([register.uncoded_rows(counts)], {"wave": "w", "synthetic": True}, "probability")
    assert rows["key"].tolist() == ["quality.comment.uncoded|weights=none@w"]
    assert rows["estimate"].tolist() == [3 / 5] and json.loads(rows["cells"][0]) == {"n": 5, "k": 3}
