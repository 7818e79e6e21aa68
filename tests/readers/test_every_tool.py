"""The same synthetic answers, written as every tool writes them, give the same respondents and the same register, and
nobody's name."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from findings import readers
from findings.config import load_study, load_wave
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.ingest import Ingested, ingest
from findings.instrument import read_xlsform
from findings.synthetic import (
    google,
    kobo,
    limesurvey,
    microsoft_forms,
    odk_central,
    plain_csv,
    qualtrics,
    statistical,
    surveycto,
    surveymonkey,
    truth_of,
)
from findings.synthetic.draw import Drawer
from findings.synthetic.form import write_form
from findings.synthetic.mess import Mess
from findings.synthetic.written import ADDRESS, MAIL, NAME, asked
from registers import assert_same_register, register_of

KEY = b"k" * 32
TIMES = {"start": "start", "end": "end", "minimum_minutes": 8, "maximum_minutes": 180}
MONTHLY = {"month": "start", "duration": TIMES}
STARTTIME = {"month": "starttime", "duration": TIMES | {"start": "starttime", "end": "endtime"}}
US = "%m/%d/%Y %I:%M:%S %p"


def google_sheet(path, rows, codebook, random):
    """As a linked Sheet has it: a comma and a blank between the options, times in the sheet's own notation."""
    google.write_export(path, rows, codebook, random, join=", ", moment="%d/%m/%Y %H:%M:%S")


# Tool, and how it may be written -> file, writer, what wave.yaml says of it, states left out.
WRITTEN = {
    "kobo_xlsx": ("e.xlsx", kobo.write_export, {}, {}),
    "kobo_csv": ("e.csv", kobo.write_csv, {}, {}),
    "odk_central": ("e.zip", odk_central.write_export, {}, {"rejected": 1, "not_decrypted": 1}),
    "surveycto": ("e.csv", surveycto.write_export, STARTTIME, {}),
    "google_forms": ("e.csv", google.write_export, {"month": "start", "duration": None}, {}),
    "google_forms, a Sheet": ("e.csv", google_sheet,
                              {"month": "start", "duration": None, "timestamp": "%d/%m/%Y %H:%M:%S"}, {}),
    "microsoft_forms": ("e.xlsx", microsoft_forms.write_export, {}, {}),
    "qualtrics": ("e.csv", qualtrics.write_export, {}, {"preview": 1, "unfinished": 1}),
    "qualtrics, one cell": ("e.csv", lambda *a: qualtrics.write_export(*a, breakout=False), {},
                            {"preview": 1, "unfinished": 1}),
    "qualtrics, two rows": ("e.csv", lambda *a: qualtrics.write_export(*a, ids=False), {},
                            {"preview": 1, "unfinished": 1}),
    "limesurvey": ("e.csv", limesurvey.write_export, {}, {"unfinished": 1}),
    "limesurvey, texts": ("e.csv", lambda *a: limesurvey.write_export(*a, texts=True), {}, {"unfinished": 1}),
    "surveymonkey": ("e.csv", surveymonkey.write_export, {"timestamp": US}, {}),
    "spss": ("e.sav", statistical.write_export, STARTTIME, {}),
    "stata": ("e.dta", statistical.write_export, STARTTIME, {}),
    "plain_csv": ("e.csv", plain_csv.write_export,
                  {"tool": "plain_csv", "delimiter": "\t", "encoding": "utf-16"}, {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def sincere(tmp_path_factory):
    """Rows of the study's questionnaire, its codebook, and its form."""
    folder, reference = tmp_path_factory.mktemp("form"), ROOT / "data" / "reference"
    study, truth = load_study(ROOT / "config.yaml"), truth_of("nug_2025", reference)
    write_form(folder / "form.xlsx", reference / "instrument", study, {})
    codebook = read_xlsform(folder / "form.xlsx")
    drawer = Drawer(codebook, study, truth, 5, 0.05)
    mess = Mess(codebook, truth, drawer.random)
    rows = [mess._whole(row) for row in drawer.frame().to_dict("records")]
    for number, row in enumerate(rows):
        row["comment"] = f'Said "{number}"; then, nothing,\nat all.' if number % 7 == 0 else None
    return rows, codebook, folder / "form.xlsx", drawer.random


def received(folder, sincere, which):
    """The export in `folder`, ingested."""
    rows, codebook, form, random = sincere
    file, write, said, _ = WRITTEN[which]
    extra = (random,) if "google" in which else ()
    write(folder / file, rows, codebook, *extra)
    (folder / "form.xlsx").write_bytes(form.read_bytes())
    source = {key: said[key] for key in ("tool", "delimiter", "encoding", "timestamp") if key in said}
    times = {**MONTHLY, **{key: said[key] for key in ("month", "duration") if key in said}}
    wave = {"wave": "w", "utc_offset": "+06:30", "columns": {"township": {"keep": True}},
            "source": {"export": file, "form": "form.xlsx", **source}, **times}  # fmt: skip
    if "microsoft" in which:
        wave["columns"] = {codebook.questions["township"].label["en"]: {"rename": "township", "keep": True}}
    return ingest({k: v for k, v in wave.items() if v is not None}, folder, KEY)


@pytest.fixture(scope="module")
def drawn(sincere):
    """The register of the answers as they were drawn, which no reader has read."""
    rows, codebook, *_ = sincere
    texts = [name for name, q in asked(codebook).items() if q.type == "text" and name != "township"]
    responses = pd.DataFrame(truth_by_row(rows, codebook), dtype="string").drop(columns=texts)
    responses.insert(0, "row_id", [f"r{i:06d}" for i in range(1, len(rows) + 1)])
    responses["interview_month"], responses["duration_flag"] = "2025-03", "ok"
    nothing = pd.DataFrame({"row_id": [], "column": [], "text": []}, dtype="string")
    link = pd.DataFrame({"data_row": range(1, len(rows) + 1), "row_id": responses["row_id"]})
    return register_of(Ingested(responses, nothing, link, codebook, {}, pd.DataFrame(), {}))


def truth_by_row(rows, codebook):
    """What every tool is to give: one row per respondent, in the order written; options in form order."""
    order = {name: list(codebook.choices.get(q.list or "", {})) for name, q in asked(codebook).items()}
    return [
        {
            name: " ".join(sorted(row[name].split(), key=order[name].index))
            if row.get(name) and codebook.questions[name].type == "select_multiple"
            else row.get(name) or None
            for name in asked(codebook)
        }
        for row in rows
    ]


@pytest.mark.parametrize("which", WRITTEN)
def test_the_same_answers_give_the_same_respondents_and_register(tmp_path, sincere, drawn, which):
    rows, codebook, *_ = sincere
    result = received(tmp_path, sincere, which)
    tool = which.split(",")[0]
    assert result.record["tool"] == tool and result.record["left_out"] == WRITTEN[which][3]
    assert result.record["evidence"]["recognised_by"]
    found = result.link.merge(result.responses, on="row_id").sort_values("data_row")
    assert found["data_row"].tolist() == list(range(1, len(rows) + 1))
    truth = pd.DataFrame(truth_by_row(rows, codebook), dtype="string")
    texts = {name for name, q in asked(codebook).items() if q.type == "text" and name != "township"}
    kept = [name for name in asked(codebook) if name not in texts]
    assert {name for name in kept if name not in found} == set()
    for name in kept:
        assert found[name].fillna("").tolist() == truth[name].fillna("").tolist(), name
    said = result.link.merge(result.free_text, on="row_id")
    for name in texts:
        wanted = {i + 1: text for i, text in enumerate(truth[name]) if not pd.isna(text)}
        assert dict(said.loc[said["column"] == name, ["data_row", "text"]].to_numpy().tolist()) == {
            row: text.replace("\r\n", "\n") for row, text in wanted.items()
        }, name
    assert found["interview_month"].tolist() == [row["#start"].strftime("%Y-%m") for row in rows]
    everything = result.responses.to_csv() + result.free_text.to_csv() + json.dumps(result.record, ensure_ascii=False)
    planted = {NAME, MAIL, ADDRESS, *(row["#device"] for row in rows), *(row["#phone"] for row in rows)}
    planted |= {row["#uuid"] for row in rows} | {str(row["#place"][0]) for row in rows}
    assert not [secret for secret in planted if secret in everything]
    shown = {c["header"] for c in result.record["columns"] if c["fate"] == "kept"}
    assert not shown & {"Email", "Name", "IPAddress", "full_name"}
    assert len(drawn) > 800
    assert_same_register(register_of(result), drawn)


def test_every_reader_is_written_here():
    assert {which.split(",")[0] for which in WRITTEN} == set(readers.READERS)


def test_two_tools_that_might_have_written_it_are_named(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("Timestamp,_id,_uuid\n1,2,3\n", encoding="utf-8")
    with pytest.raises(FindingsError, match="kobo_csv or google_forms") as stop:
        readers.recognise(path, "w")
    assert "source: {tool: ...}" in str(stop.value)


def test_wave_yaml_may_say_every_tool(tmp_path):
    wave = (ROOT / "data/raw/nug_2024/wave.yaml").read_text(encoding="utf-8")
    for tool in readers.READERS:
        path = tmp_path / "nug_2024" / "wave.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(wave.replace("tool: google_forms", f"tool: {tool}"), encoding="utf-8")
        assert load_wave(path)["source"]["tool"] == tool
