"""A wave with a form of its own, which calls questions and codes otherwise than the study: proposed, accepted, used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from conftest import WAVE
from findings import add_wave, crosswalk
from findings.add_wave import own_form
from findings.cleaning import clean
from findings.config import load_wave
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.ingest import ingest
from findings.instrument import read_xlsform
from test_form_rules import write_form

NEW = "later"
FIRST = [
    ["select_one sex", "gender", "What is your gender?", "", "", "", ""],
    ["integer", "age", "How old are you?", "", "", "", ""],
    ["select_multiple reason", "reasons", "What made it hard?", "", "", "", ""],
    ["select_one yes_no", "trust", "Do you trust it?", "", "", "", ""],
]
LISTS = [
    ["list_name", "name", "label"],
    ["sex", "female", "Woman"], ["sex", "male", "Man"],
    ["reason", "internet", "No internet"], ["reason", "power", "Power cuts"],
    ["yes_no", "yes", "Yes"], ["yes_no", "no", "No"],
]  # fmt: skip
# The same questions and a new one: three have other names, one list has other codes; a rule speaks of two of them.
LATER = [
    ["select_one sex", "resp_sex", "What is your gender?", "", "", "yes", ""],
    ["integer", "age", "How old are you?", "", ". >= 18", "", ""],
    ["select_multiple reason", "hindrances", "What made it hard?", "", "", "", ""],
    ["select_one yes_no", "q4_trust", "Do you trust it at all?", "selected(${hindrances}, 'power')", "", "", ""],
    ["integer", "children", "How many children?", "${resp_sex} = 'f'", ". < ${age}", "", ""],
]
CODES = [["sex", "f", "Woman"], ["sex", "m", "Man"]]
EXPORT = """\
resp_sex,age,hindrances,hindrances/internet,hindrances/power,q4_trust,children,_id,_uuid,_index
f,30,internet power,1,1,yes,2,1,a,1
m,41,power,0,1,no,,2,b,2
m,17,internet,1,0,yes,3,3,c,3
"""


@pytest.fixture
def study(raw_study, tmp_path) -> Path:
    folder = tmp_path / "study" / "data" / "raw" / WAVE
    folder.mkdir(parents=True)
    config = yaml.safe_load((raw_study / "config.yaml").read_text(encoding="utf-8"))
    one = {"family": "f", "statistic": "proportion", "base": None}
    config["indicators"] = [
        {**one, "id": "trusts", "label": {"en": "Trust"}, "column": "trust", "equals": "yes"},
        {**one, "id": "hard", "label": {"en": "Hard"}, "column": "reasons", "contains": "power"},
    ]
    config["breakdowns"] = {"gender": config["breakdowns"]["gender"]}
    required = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text(encoding="utf-8"))["required"]
    config = {key: config[key] for key in required} | {"exhibits": {"figures": {}, "tables": {}}}
    (tmp_path / "study" / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    write_form(folder / "form.xlsx", FIRST, LISTS)
    (folder / "wave.yaml").write_text(
        f"wave: {WAVE}\nlabel: {{en: First}}\nsynthetic: true\nperiod: {{from: '2025-03', to: '2025-03'}}\n"
        "source: {tool: kobo_csv, export: export.csv, form: form.xlsx}\nmode: capi\n"
        "cleaning: [{step: script}, {step: form_rules}]\ndesign: {kind: volunteer}\n",
        encoding="utf-8",
    )
    return tmp_path / "study"


@pytest.fixture
def drafted(study, tmp_path) -> Path:
    form = write_form(tmp_path / "own.xlsx", LATER, [LISTS[0], *CODES, *LISTS[3:]])
    export = tmp_path / "export.csv"
    export.write_text(EXPORT, encoding="utf-8")
    list(add_wave.add_wave(study, NEW, export, form, {}))
    return study / "data" / "raw" / NEW


def columns(folder: Path) -> dict[str, crosswalk.Row]:
    return {row.header: row for row in crosswalk.read(folder, NEW) if row.kind == "column"}


def accept(folder: Path, word: str = "yes") -> None:
    rows = [
        row if row.accepted else crosswalk.Row(**{**vars(row), "accepted": word}) for row in crosswalk.read(folder, NEW)
    ]
    (folder / crosswalk.FILE).write_text(crosswalk.written(rows), encoding="utf-8")
    decided(folder)
    text = (folder / "wave.yaml").read_text(encoding="utf-8")
    if word == "yes":
        text = text.replace("  # - {step: recode", "  - {step: recode").replace("# codes:", "codes:")
    (folder / "wave.yaml").write_text(text, encoding="utf-8")


def decided(folder: Path) -> None:
    text = (folder / "wave.yaml").read_text(encoding="utf-8")
    for line, mine in {
        "from: decide, to: decide": 'from: "2027-03", to: "2027-03"', "mode: decide": "mode: capi",
        "{kind: decide}": "{kind: volunteer}",
    }.items():  # fmt: skip
        text = text.replace(line, mine)
    (folder / "wave.yaml").write_text(text, encoding="utf-8")


def cleaned(folder: Path):
    wave = load_wave(folder / "wave.yaml")
    found = ingest(wave, folder, b"k" * 32)
    done = clean(found.responses, found.free_text, json.loads(found.codebook.to_json()), wave, None)
    return found, done, found.link.merge(done.respondents, on="row_id").sort_values("data_row")


def test_questions_under_other_names_are_proposed_and_not_taken(drafted):
    rows = columns(drafted)
    told = {h: (r.question, r.code, r.accepted, r.how) for h, r in rows.items() if r.question}
    assert told["resp_sex"] == ("gender", "", "", "label") and told["q4_trust"][:3] == ("trust", "", "")
    assert told["hindrances"] == ("reasons", "", "", "label")
    assert told["hindrances/power"] == ("reasons", "power", "", "label")
    assert told["age"][2] == told["children"][2] == "sure" and told["children"][0] == "children"
    assert "the form calls it q4_trust" in rows["q4_trust"].note
    decided(drafted)
    with pytest.raises(FindingsError, match="5 column.* not decided"):
        load_wave(drafted / "wave.yaml")


def test_codes_of_another_name_are_proposed_as_a_step(drafted):
    text = (drafted / "wave.yaml").read_text(encoding="utf-8")
    assert "# - {step: recode, column: gender, map: {f: female, m: male}}" in text
    read = yaml.safe_load(text)
    assert all(step["step"] != "recode" for step in read["cleaning"]) and "codes" not in read


def test_what_was_accepted_is_read_under_the_studys_names_and_codes(drafted):
    accept(drafted)
    found, done, table = cleaned(drafted)
    assert table["gender"].tolist() == ["female", "male", "male"] and table["trust"].tolist() == ["yes", "no", "yes"]
    assert table["reasons"].tolist() == ["internet power", "power", "internet"]
    assert "resp_sex" not in table and "hindrances" not in table
    # The form's rules speak the form's language: own codes, and names that were changed in them too.
    counted = {rule["rule"]: rule["breaks"] for rule in done.rules if rule["breaks"]}
    assert counted == {"age.constraint": 1, "trust.relevant": 1, "children.relevant": 1}
    question = found.codebook.questions["children"]
    assert question.relevant == "${gender} = 'f'" and question.constraint == ". < ${age}" and question.row == 7


def test_what_was_refused_keeps_the_forms_name(drafted):
    accept(drafted, "no")
    _, _, table = cleaned(drafted)
    assert table["resp_sex"].tolist() == ["f", "m", "m"] and "gender" not in table


def test_two_questions_for_one_stop_by_name(drafted):
    accept(drafted)
    text = (drafted / crosswalk.FILE).read_text(encoding="utf-8")
    text = text.replace("column,hindrances/power,,reasons,power", "column,hindrances/power,,why_hard,power")
    (drafted / crosswalk.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(FindingsError, match="taken for two") as stop:
        cleaned(drafted)
    assert stop.value.wave == NEW and stop.value.column == "hindrances" and "Mend" in str(stop.value)


def test_nothing_is_proposed_for_a_question_of_another_kind_or_one_that_is_there(tmp_path):
    own = read_xlsform(
        write_form(tmp_path / "own.xlsx", [["text", "sex", "What is your gender?", "", "", "", ""]], LISTS)
    )
    known = read_xlsform(write_form(tmp_path / "known.xlsx", FIRST, LISTS))
    rows = [crosswalk.Row("column", "sex", "", "sex", "", crosswalk.SURE, "exact", "100")]
    assert own_form.counterparts(rows, own, known, ["gender", "trust"]) == {}
    assert own_form.counterparts(rows, known, known, ["gender", "trust"]) == {}


def test_a_second_wave_with_the_same_form_is_proposed_the_same(study, drafted):
    accept(drafted)
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    config["waves"][NEW] = {"label": config["waves"][WAVE]["label"]}
    (study / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    told = "\n".join(add_wave.add_wave(study, "third", drafted / "export.csv", drafted / "form.xlsx", {}))
    rows = {row.header: row for row in crosswalk.read(study / "data/raw/third", "third") if row.kind == "column"}
    assert {h: r.question for h, r in rows.items() if r.question and not r.accepted} == {
        "resp_sex": "gender", "hindrances": "reasons", "hindrances/internet": "reasons", "hindrances/power": "reasons",
        "q4_trust": "trust",
    }  # fmt: skip
    text = (study / "data/raw/third/wave.yaml").read_text(encoding="utf-8")
    assert "# - {step: recode, column: gender, map: {f: female, m: male}}" in text
    assert "codes: 1 question(s)" in told and "remove the # before each `recode`" in told


def test_what_the_last_wave_recoded_is_proposed_where_the_form_has_it(tmp_path):
    own = read_xlsform(write_form(tmp_path / "own.xlsx", FIRST, LISTS))
    recodes = {"trust": {"no": "never"}, "gender": {"other": "male"}}
    found, added = own_form.codes({}, own, own, ["gender", "trust"], recodes, "en")
    assert found == {"trust": {"no": "never"}} and added == {"yes_no": {"never": {"label": {}}}}
