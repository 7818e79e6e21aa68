"""`add-wave`: an export of another tool becomes a wave, and nothing is used that nobody has accepted."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import WAVE, reproduce
from findings import add_wave, crosswalk
from findings.add_wave.matching import matches
from findings.cleaning import clean
from findings.config import load_study, load_wave
from findings.crosswalk import Row
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.ingest import ingest
from findings.instrument import Codebook, Question, read_xlsform
from findings.synthetic import google, kobo, limesurvey, microsoft_forms, odk_central, qualtrics, surveymonkey, truth_of
from findings.synthetic.draw import Drawer
from findings.synthetic.mess import Mess
from jsonschema import Draft202012Validator
from xlsxwriter import Workbook

PERSON, NUMBER, WORDS = "Daw Planted Name", "09 795 555 123", "Nobody else says this"
NEW = "later"
SURVEY = [
    ("type", "name", "label::English (en)", "label::Burmese (my)"),
    ("select_one gender", "gender", "What is your gender?", "သင့်ကျား/မကို ဖော်ပြပါ။"),
    ("integer", "age", "How old are you?", "သင့်အသက် ဘယ်လောက်ရှိပါပြီလဲ။"),
    ("select_multiple reasons", "reasons", "What made it hard?", "ဘာက ခက်ခဲစေသလဲ။"),
    ("select_one often", "how_often", "How often do you use it?", "ဘယ်လောက် မကြာခဏ သုံးသလဲ။"),
    ("text", "comment", "Is there anything to add?", "ထပ်ပြောလိုတာ ရှိပါသလား။"),
]
CHOICES = [
    ("list_name", "name", "label::English (en)", "label::Burmese (my)"),
    ("gender", "female", "Woman", "အမျိုးသမီး"), ("gender", "male", "Man", "အမျိုးသား"),
    ("reasons", "internet", "No internet", "အင်တာနက် မရှိ"), ("reasons", "power_cuts", "Power cuts", "မီးပျက်"),
    ("reasons", "price", "It costs too much", "ဈေးကြီး"),
    ("often", "daily", "Every day", "နေ့တိုင်း"), ("often", "never", "Never used it", "တစ်ခါမှ မသုံး"),
]  # fmt: skip
LAST = """wave: nug_2025
label: {en: Last}
synthetic: true
source: {tool: kobo_xlsx, export: export.xlsx, form: form.xlsx}
period: {from: "2025-03", to: "2025-04"}
mode: capi
utc_offset: "+06:30"
codes: {often: {weekly: {label: {en: Every week, my: "အပတ်စဉ်"}}}}
cleaning:
  - {step: script}
  - {step: eligibility, column: age, minimum: 18}
  - {step: range, column: income, minimum: 1}
  - {step: recode, column: how_often, map: {weekly: daily}}
design: {kind: volunteer}
"""


@pytest.fixture
def small(raw_study, tmp_path) -> Path:
    """The mini study's config with a last wave of five questions."""
    study = tmp_path / "study"
    folder = study / "data" / "raw" / WAVE
    folder.mkdir(parents=True)
    for name in ("config.yaml", "claims.yaml"):
        shutil.copy(raw_study / name, study)
    (folder / "wave.yaml").write_text(LAST, encoding="utf-8")
    write_form(folder / "form.xlsx")
    return study


def write_form(path: Path) -> None:
    with Workbook(str(path)) as book:
        for name, rows in (("survey", SURVEY), ("choices", CHOICES)):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


def answers(count: int = 40) -> list[dict]:
    """Respondents' answers in codes, with what the writers of `findings.synthetic` need beside them."""
    moments = [datetime(2027, 3, 1 + i % 20, 9, i % 60) for i in range(count)]
    return [
        {"gender": ("female", "male")[i % 2], "age": str(20 + i), "how_often": ("daily", "never")[i // 2 % 2],
         "reasons": ("internet", "power_cuts", "internet power_cuts", None)[i % 4],
         "comment": f"{PERSON}, {NUMBER}" if i % 3 == 0 else None, "#start": moment, "#end": moment.replace(hour=10),
         "#uuid": f"u{i}", "#device": "d", "#phone": NUMBER, "#place": (16.5, 94.5)}
        for i, moment in enumerate(moments)
    ]  # fmt: skip


RENAMED = {"en": "Power cuts at home", "my": "အိမ်မှာ မီးပျက်"}


def changed(codebook: Codebook) -> Codebook:
    """The questionnaire as it was asked later: one option renamed, one question renamed, one new question."""
    old = codebook.questions["how_often"]
    often = replace(old, name="use_frequency", label={"en": "How often do you use these?", "my": "ဘယ်လောက် မကြာခဏလဲ။"})
    questions = {(n if n != "how_often" else often.name): q for n, q in codebook.questions.items()} | {
        often.name: often
    }
    questions["radio"] = Question("radio", "text", None, {"en": "Which station?", "my": "ဘယ်အသံလွှင့်ရုံလဲ။"}, "", "", False, "")
    lists = {name: dict(codes) for name, codes in codebook.choices.items()}
    lists["reasons"] = {c if c != "power_cuts" else "power_outages": x for c, x in lists["reasons"].items()}
    lists["reasons"]["power_outages"] = RENAMED
    return replace(codebook, questions=questions, choices=lists)


def later(row: dict) -> dict:
    reasons = row["reasons"].replace("power_cuts", "power_outages") if row["reasons"] else None
    return {**row, "reasons": reasons, "use_frequency": row["how_often"], "radio": WORDS}


def draft(study: Path, export: Path, name: str = NEW, form: Path | None = None, **source) -> str:
    return "\n".join(add_wave.add_wave(study, name, export, form, source))


def decide(study: Path, decisions: dict[str, tuple[str, str, str]], name: str = NEW, **said) -> Path:
    """Accept what is proposed; `decisions`: header or answer -> accepted, question, code; and decide in wave.yaml."""
    folder = study / "data" / "raw" / name
    rows = []
    for row in crosswalk.read(folder, name):
        key = row.answer if row.kind == "answer" else row.header
        if not row.accepted:
            accepted, question, code = decisions.get(key, ("yes" if row.question else "drop", "", ""))
            row = replace(row, accepted=accepted, question=question or row.question, code=code or row.code)
        rows.append(row)
    (folder / crosswalk.FILE).write_text(crosswalk.written(rows), encoding="utf-8")
    text = (folder / "wave.yaml").read_text(encoding="utf-8")
    for line, mine in {
        "from: decide, to: decide": 'from: "2027-03", to: "2027-03"', "mode: decide": "mode: capi",
        "{kind: decide}": "{kind: volunteer}", **said,
    }.items():  # fmt: skip
        text = text.replace(line, mine)
    (folder / "wave.yaml").write_text(text, encoding="utf-8")
    return folder


def cleaned(folder: Path):
    """Ingest and clean of a wave's folder; respondents by the export's rows."""
    wave = load_wave(folder / "wave.yaml")
    found = ingest(wave, folder, b"k" * 32)
    result = clean(found.responses, found.free_text, json.loads(found.codebook.to_json()), wave, None)
    return found, result, found.link.merge(result.respondents, on="row_id").sort_values("data_row")


# Tool -> file and writer: every style of a select_multiple.
STYLES = {
    "kobo_csv": ("e.csv", kobo.write_csv),
    "google_forms": ("e.csv", lambda *a: google.write_export(*a, np.random.default_rng(1))),
    "google_forms, a Sheet": ("e.csv", lambda *a: google.write_export(*a, np.random.default_rng(1), join=", ")),
    "microsoft_forms": ("e.xlsx", microsoft_forms.write_export),
    "odk_central": ("e.zip", odk_central.write_export),
    "qualtrics": ("e.csv", qualtrics.write_export),
    "qualtrics, one cell": ("e.csv", lambda *a: qualtrics.write_export(*a, breakout=False)),
    "limesurvey, texts": ("e.csv", lambda *a: limesurvey.write_export(*a, texts=True)),
    "surveymonkey": ("e.csv", surveymonkey.write_export),
}  # fmt: skip


def exported(study: Path, which: str) -> tuple[Path, list[dict]]:
    file, write = STYLES[which]
    codebook = changed(read_xlsform(study / "data" / "raw" / WAVE / "form.xlsx"))
    export, rows = study / file, [later(row) for row in answers()]
    write(export, rows, codebook)
    return export, rows


@pytest.mark.parametrize("which", STYLES)
def test_what_is_accepted_reads_as_if_it_had_been_asked_as_before(small, which):
    export, rows = exported(small, which)
    told = draft(small, export)
    assert which.split(",")[0] in told
    lines = crosswalk.read(small / "data/raw" / NEW, NEW)
    assert all(not row.accepted for row in lines if row.how in ("code", "text") and row.question)
    radio = next(row for row in lines if row.header.startswith(("radio", "Which station?")))
    assert (radio.question, radio.accepted) == ("", "")
    folder = small / "data" / "raw" / NEW
    with pytest.raises(FindingsError, match="decision"):
        load_wave(folder / "wave.yaml")
    # Names alone say nothing of what was asked: here a person has to write the question.
    named = {"use_frequency": ("yes", "how_often", "")} if which in ("kobo_csv", "odk_central") else {}
    decide(small, named, **{"timestamp: decide": "timestamp: '%m/%d/%Y %I:%M:%S %p'"})
    found, result, people = cleaned(folder)
    order = ["internet", "power_cuts", "price"]
    before = answers()
    wanted = [" ".join(sorted(row["reasons"].split(), key=order.index)) if row["reasons"] else None for row in before]
    assert [None if pd.isna(cell) else cell for cell in people["reasons"]] == wanted
    assert people["how_often"].tolist() == [row["how_often"] for row in before]
    assert people["gender"].tolist() == [row["gender"] for row in before]
    # What was mapped in cells is in the ledger; what was mapped by its column is told by ingest.json.
    fates = {(c["column"], c["option"]) for c in found.record["columns"]}
    mapped = result.ledger[result.ledger["step"] == "answers"]
    assert ("reasons", "power_cuts") in fates or "reasons" in set(mapped["column"])
    assert {line["accepted"] for line in found.record["crosswalk"]} == {"yes", "drop"}
    assert "radio" not in people


def test_a_proposal_that_nobody_accepted_stops_by_name_before_any_job(small):
    export, _ = exported(small, "google_forms")
    draft(small, export)
    folder = decide(small, {RENAMED["en"]: ("", "", "")})
    with pytest.raises(FindingsError) as stop:
        load_wave(folder / "wave.yaml")
    assert RENAMED["en"] in str(stop.value) and "crosswalk.csv" in str(stop.value) and "power_cuts" in stop.value.mend


def test_a_refused_proposal_is_as_if_it_were_not_there(small):
    export, _ = exported(small, "kobo_csv")
    draft(small, export)
    folder = decide(small, {"use_frequency": ("no", "", "")})
    with pytest.raises(FindingsError, match="neither in the form nor in wave.yaml") as stop:
        cleaned(folder)
    assert "use_frequency" in stop.value.column


def test_wave_yaml_comes_before_the_crosswalk(small):
    export, _ = exported(small, "kobo_csv")
    draft(small, export)
    line = "columns: {radio: {drop: not asked in the study}, use_frequency: {drop: another question}}\ncleaning:"
    folder = decide(small, {}, **{"cleaning:": line})
    _, _, people = cleaned(folder)
    assert "how_often" not in people


def test_a_second_run_changes_nothing_and_an_edit_stays(small):
    export, _ = exported(small, "qualtrics")
    first = draft(small, export)
    folder = small / "data" / "raw" / NEW
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(before) == {"export.csv", "form.xlsx", "crosswalk.csv", "wave.yaml"}
    assert before["form.xlsx"] == (small / "data" / "raw" / WAVE / "form.xlsx").read_bytes()
    second = draft(small, export)
    assert second.split("sure", 1)[1] == first.split("sure", 1)[1] and "nothing was changed" in second
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    decide(small, {})
    edited = (folder / "crosswalk.csv").read_bytes(), (folder / "wave.yaml").read_bytes()
    assert "0 proposed, 0 unknown" in draft(small, export)
    assert ((folder / "crosswalk.csv").read_bytes(), (folder / "wave.yaml").read_bytes()) == edited
    export.write_bytes(export.read_bytes().replace(b"21", b"22"))
    with pytest.raises(FindingsError, match="another one than export.csv"):
        draft(small, export)
    assert {path.name for path in folder.iterdir()} == set(before)


def test_a_draft_that_was_cut_off_is_finished(small):
    export, _ = exported(small, "qualtrics")
    draft(small, export)
    folder = small / "data" / "raw" / NEW
    whole = (folder / "wave.yaml").read_bytes()
    (folder / "wave.yaml").unlink()
    draft(small, export)
    assert (folder / "wave.yaml").read_bytes() == whole


@pytest.mark.parametrize("which", ["kobo_csv", "google_forms", "qualtrics", "surveymonkey"])
def test_nobodys_name_number_or_words_leave_the_copy_of_the_export(small, which):
    codebook = changed(read_xlsform(small / "data" / "raw" / WAVE / "form.xlsx"))
    question = Question("who", "text", None, {"en": "Who told you?", "my": "ဘယ်သူ ပြောသလဲ။"}, "", "", False, "")
    reach = replace(question, name="reach", label={"en": "How can we reach you by phone?", "my": "ဖုန်းနံပါတ်"})
    codebook = replace(codebook, questions={**codebook.questions, "who": question, "reach": reach})
    rows = [{**later(row), "who": PERSON, "reach": NUMBER} for row in answers()]
    # Own words in a question with options, where a tool lets people write them.
    rows[0]["#other_reasons"], rows[1]["#other_reasons"] = PERSON, NUMBER
    file, write = STYLES[which]
    write(small / file, rows, codebook)
    told = draft(small, small / file)
    folder = small / "data" / "raw" / NEW
    texts = [told, *((folder / name).read_text(encoding="utf-8") for name in ("crosswalk.csv", "wave.yaml"))]
    for secret in (PERSON, "Planted", NUMBER, "555 123", WORDS, "planted@example.org", "203.0.113.77"):
        assert not [text for text in texts if secret in text], secret
    reach_row = next(r for r in crosswalk.read(folder, NEW) if r.header.startswith(("reach", "How can we")))
    assert (reach_row.how, reach_row.question, reach_row.accepted) == ("identifying", "", "")


def test_the_draft_holds_what_fits_of_the_last_wave_and_asks_for_the_rest(small):
    export, _ = exported(small, "qualtrics")
    draft(small, export)
    text = (small / "data/raw" / NEW / "wave.yaml").read_text(encoding="utf-8")
    wave = yaml.safe_load(text)
    assert (wave["mode"], wave["period"], wave["design"]) == (
        "decide", {"from": "decide", "to": "decide"}, {"kind": "decide"}
    )  # fmt: skip
    steps = [step["step"] for step in wave["cleaning"]]
    assert steps == ["script", "answers", "eligibility", "recode"]
    assert "# not in this export: income" in text and "# design: {kind: volunteer}" in text
    assert wave["codes"] == {"often": {"weekly": {"label": {"en": "Every week", "my": "အပတ်စဉ်"}}}}
    assert wave["source"]["rows"] == 42 and len(wave["source"]["sha256"]) == 64
    assert wave["month"] == "start" and wave["duration"] == {"start": "start", "end": "end"}


def test_a_form_of_the_waves_own_is_the_codebook(small, tmp_path):
    export, _ = exported(small, "kobo_csv")
    own = tmp_path / "own.xlsx"
    form = [row if row[1] != "how_often" else (row[0], "use_frequency", *row[2:]) for row in SURVEY]
    with Workbook(str(own)) as book:
        for name, rows in (("survey", [*form, ("text", "radio", "Which station?", "")]), ("choices", CHOICES)):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    draft(small, export, form=own)
    rows = {row.header: row for row in crosswalk.read(small / "data/raw" / NEW, NEW) if row.kind == "column"}
    assert rows["use_frequency"].accepted == rows["radio"].accepted == "sure"
    with pytest.raises(FindingsError, match="another one than form.xlsx"):
        draft(small, export, form=small / "data" / "raw" / WAVE / "form.xlsx")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("column,x,,gender,,maybe,,,\n", "another word under `accepted`"),
        ("column,x,,,,yes,,,\n", "does not say as what"),
        ("column,x,,gender,,yes,,,\ncolumn,x,,age,,yes,,,\n", "decides on the same as line 2"),
        ("column,x,,gender,,yes,,,\nanswer,x,Frau,age,female,yes,,,\n", "another question than line 2"),
        ("row,x,,gender,,yes,,,\n", "of no kind"),
        ("column,x,,gender\n", "too few or too many cells"),
    ],
)
def test_what_is_no_line_of_a_crosswalk_stops_with_its_number(tmp_path, lines, words):
    (tmp_path / "crosswalk.csv").write_text(",".join(crosswalk.COLUMNS) + "\n" + lines, encoding="utf-8")
    with pytest.raises(FindingsError, match=words):
        crosswalk.read(tmp_path, "w")


def test_a_crosswalk_comes_back_as_it_was_written_also_by_semicolons(tmp_path):
    rows = [Row("column", "=1+1", "", "gender", "", "yes"), Row("answer", "a;b, c", '\'-x "y"', "gender", "female")]
    text = crosswalk.written(rows)
    for delimiter in (",", ";"):
        table = list(csv.reader(text.splitlines()))
        with (tmp_path / "crosswalk.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream, delimiter=delimiter).writerows(table)
        assert crosswalk.read(tmp_path, "w") == rows
    schema = json.loads((ROOT / "workflow/schemas/crosswalk.schema.json").read_text(encoding="utf-8"))
    for row in rows:
        Draft202012Validator(schema).validate(vars(row))


def test_a_line_said_to_be_sure_and_changed_by_hand_stops(small):
    export, _ = exported(small, "kobo_csv")
    draft(small, export)
    folder = decide(small, {})
    path = folder / "crosswalk.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("column,age,,age", "column,age,,gender"), encoding="utf-8")
    with pytest.raises(FindingsError, match="says that it is sure"):
        cleaned(folder)


@pytest.mark.parametrize(
    ("header", "accepted", "words"),
    [
        ("use_frequency", ("yes", "how_oftn", ""), ("names a question that the form does not have", "how_often?")),
        ("reasons/power_outages", ("yes", "reasons", "powr_cuts"), ("names a code", "power_cuts", "`codes: {reasons:")),
        ("power_outages", ("yes", "reasons", "powr_cuts"), ("names a code", "power_cuts", "`codes: {reasons:")),
    ],
)
def test_a_line_that_names_what_the_form_does_not_have_stops_with_its_number(small, header, accepted, words):
    export, _ = exported(small, "kobo_csv")
    draft(small, export)
    folder = decide(small, {"use_frequency": ("yes", "how_often", ""), header: accepted})
    if not any(accepted[1] == r.question and accepted[2] == r.code for r in crosswalk.read(folder, NEW)):
        pytest.fail("the line was not changed")
    with pytest.raises(FindingsError, match="Line \\d+ of the crosswalk") as stop:
        cleaned(folder)
    assert all(word in str(stop.value) for word in words), str(stop.value)


def test_a_question_that_the_study_reports_and_the_export_lacks_is_told(small):
    export, _ = exported(small, "kobo_csv")
    told = draft(small, export)
    study = load_study(small / "config.yaml")
    breakdown, column = next(
        (name, e["column"]) for name, e in study["breakdowns"].items() if e.get("column") not in (None, "gender", "age")
    )
    assert f"    {column} (breakdown {breakdown}" in told and "breakdowns: [...]" in told
    assert "    gender (" not in told
    folder = small / "data" / "raw" / NEW
    text = (folder / "wave.yaml").read_text(encoding="utf-8")
    (folder / "wave.yaml").write_text(text + "breakdowns: [gender]\n", encoding="utf-8")
    assert f"    {column} (breakdown" not in draft(small, export)
    assert f"`./reproduce --study {small} plan`" in told


def test_a_pdf_is_called_one(small, tmp_path):
    for name in ("answers.pdf", "answers.csv"):
        (tmp_path / name).write_bytes(b"%PDF-1.7\n1 0 obj\n")
        with pytest.raises(FindingsError, match="is a PDF"):
            draft(small, tmp_path / name)
    assert not (small / "data" / "raw" / NEW).exists()


KNOWN = {"internet": {"en": "No internet", "my": "အင်တာနက် မရှိ"}, "power_cuts": {"en": "Power cuts", "my": "မီးပျက်"}}


@pytest.mark.parametrize(
    ("text", "code", "how"),
    [
        ("power_cuts", "power_cuts", "exact"), ("Power-Cuts", "power_cuts", "code"),
        ("NO internet!", "internet", "label"),
        ("မီးပျက်", "power_cuts", "label"), ("Power cut", "power_cuts", "text"), ("internet, no", "internet", "text"),
        ("The queue is long", None, None), ("", None, None),
    ],
)  # fmt: skip
def test_a_counterpart_is_found_by_code_then_label_then_likeness(text, code, how):
    found = matches([text], KNOWN)
    assert (found[0].code, found[0].how) == (code, how) if code else not found


def test_two_counterparts_by_label_are_none_and_near_ones_are_told():
    twice = {"a": {"en": "Very good"}, "b": {"en": "very good!"}, "c": {"en": "Very goods"}}
    found = matches(["VERY GOOD"], twice)
    assert found[0].how == "text" and set(found[0].also) >= {"b"} | ({"a"} - {found[0].code}) - {found[0].code}


@pytest.mark.parametrize(("name", "words"), [("New Wave", "a to z"), ("nug_2025", "not drafted by this command")])
def test_a_name_that_cannot_be_is_refused(small, name, words):
    export, _ = exported(small, "kobo_csv")
    with pytest.raises(FindingsError, match=words):
        draft(small, export, name=name)


def test_the_command_says_what_to_do_next_and_stops_with_a_sentence(small):
    export, _ = exported(small, "qualtrics")
    done = reproduce(small, "add-wave", NEW, str(export))
    assert done.returncode == 0, done.stderr
    assert "use_frequency -> how_often?" in done.stdout and f"{NEW}: {{label: {{en: ..., my: ...}}}}" in done.stdout
    assert "swap_in_a_wave.md" in done.stdout
    gone = reproduce(small, "add-wave", NEW, str(export) + "x")
    assert gone.returncode == 1 and "There is no such file" in gone.stderr and "Traceback" not in gone.stderr


BARRIER = "Internet is poor or absent"
# What the study with a later wave shows: changes, where the designs allow them, and what they mean.
SHOWN_LATER = {"figures": "change_services", "tables": "comparability"}


def write_later(study: Path, export: Path) -> int:
    """A later wave as Qualtrics exports it: `gender` is `sex`, an option has another label, `radio` is new. How many
    interviews it has."""
    reference = study / "data" / "reference"
    codebook, truth = read_xlsform(study / "data" / "raw" / WAVE / "form.xlsx"), truth_of(WAVE, reference)
    drawer = Drawer(codebook, load_study(study / "config.yaml"), truth, 11, 0.25)
    mess = Mess(codebook, truth, drawer.random)
    rows = [mess._whole(row) for row in drawer.frame().to_dict("records")]
    rows = [{**row, "sex": row["gender"], "radio": ("alpha", "beta")[i % 2]} for i, row in enumerate(rows)]
    old = codebook.questions
    sex = replace(old["gender"], name="sex", label={"en": "What's your gender, please?"})
    questions = {name: sex if name == "gender" else question for name, question in old.items()}
    # Embedded by whoever drew the sample, as the form's calculation is in KoboToolbox.
    questions["stratum"] = replace(old["stratum"], type="text", label={"en": "stratum"})
    questions = {q.name: q for q in questions.values()}
    questions["radio"] = replace(sex, name="radio", list="radio", label={"en": "Which station do you listen to?"})
    lists = {name: dict(codes) for name, codes in codebook.choices.items()}
    lists["barriers"]["internet"] = {"en": BARRIER}
    lists["radio"] = {"alpha": {"en": "Alpha"}, "beta": {"en": "Beta"}}
    qualtrics.write_export(export, rows, replace(codebook, questions=questions, choices=lists))
    return len(rows)


def test_a_wave_of_another_tool_is_added_accepted_run_and_compared_with_the_one_before(study):
    export = study / "later.csv"
    count = write_later(study, export)
    told = reproduce(study, "add-wave", NEW, str(export))
    assert told.returncode == 0, told.stderr
    add_to_config(study, NEW)
    stopped = reproduce(study)
    assert stopped.returncode != 0 and "decision(s) are missing" in stopped.stderr and "mode" in stopped.stderr
    folder = study / "data" / "raw" / NEW
    lines = crosswalk.read(folder, NEW)
    renamed = [row for row in lines if row.kind == "column" and "an option of" in row.note]
    assert {row.header for row in lines if not row.accepted and row.kind == "column"} >= {"sex", "radio"}
    assert {row.answer for row in lines if not row.accepted and row.kind == "answer"} == {BARRIER}
    # By its last word in brackets a person knows which question it is of.
    chosen = {row.header: ("yes", row.note.split(" ")[3], "internet") for row in renamed}
    decide(study, {**chosen, BARRIER: ("yes", "", "internet")})
    path = folder / "wave.yaml"
    text = path.read_text(encoding="utf-8").replace("synthetic: false", "synthetic: true")
    text = text.replace("design: {kind: volunteer}\n", "").replace("2027-03", "2025-04")
    design = text.index("# design:")
    path.write_text(text[:design] + re.sub(r"^# ", "", text[design:], flags=re.M), encoding="utf-8")
    shutil.copy(study / "data" / "raw" / WAVE / "frame.csv", folder)
    done = reproduce(study)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not [line for line in done.stdout.splitlines() if "Reading the export" in line and WAVE in line]
    confidential = study / "results" / "confidential" / NEW
    record = json.loads((confidential / "ingest.json").read_text(encoding="utf-8"))
    assert record["tool"] == "qualtrics" and record["left_out"] == {"preview": 1, "unfinished": 1}
    lines = json.loads((ROOT / "workflow/schemas/ingest.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(lines).validate(record)
    people = pd.read_parquet(confidential / "respondents.parquet")
    assert len(people) == count and set(people["gender"].dropna()) >= {"female", "male"} and "radio" not in people
    ledger = pd.read_parquet(confidential / "ledger.parquet")
    mapped = ledger[(ledger["step"] == "answers") & (ledger["old"] == BARRIER)]
    assert set(mapped["new"]) == {"internet"} and all(column.startswith("main_barrier_") for column in mapped["column"])
    released = pd.read_csv(study / "results" / "release" / "estimates.csv")
    assert f"barriers.internet.proportion|ministry=health;weights=calibrated@{NEW}" in set(released["key"])
    changes = released[released["key"].str.startswith("diff(") & released["key"].str.endswith(f"@{WAVE})")]
    changes = changes[changes["key"].str.contains(f"@{NEW},") & changes["estimate"].notna()]
    assert changes["key"].str.contains("adoption.current_use.proportion").any(), changes["key"].tolist()[:5]
    shown = pd.read_csv(study / "results" / "release" / "exhibits.csv", dtype=str)
    trend = " ".join(shown[(shown["exhibit"] == "change_services") & (shown["wave"] == NEW)]["keys"])
    assert f"@{WAVE}" in trend and f"@{NEW}" in trend
    page = (study / "results" / "release" / "report.en.html").read_text(encoding="utf-8")
    assert all(f'id="{kind[:-1]}-{name}-{NEW}"' in page for kind, name in SHOWN_LATER.items())


def add_to_config(study: Path, wave: str) -> None:
    """Put a wave at the end of config.yaml's `waves`, and let the study show changes alone."""
    path, shipped = study / "config.yaml", yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["waves"][wave] = {"label": {"en": wave, "my": wave}}
    config["exhibits"] |= {kind: {name: shipped["exhibits"][kind][name]} for kind, name in SHOWN_LATER.items()}
    for chapter in config["report"]["chapters"]:
        chapter |= {kind: [name] if chapter["id"] == "change" else [] for kind, name in SHOWN_LATER.items()}
    path.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
