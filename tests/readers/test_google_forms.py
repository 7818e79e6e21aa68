"""Google Forms: bilingual headers, labels for codes, checkboxes that hold commas, times east of Greenwich."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from findings import readers
from findings.errors import FindingsError
from findings.instrument import Codebook, Question
from findings.readers import google_forms

YES = {"yes": {"en": "Yes", "my": "ဟုတ်ကဲ့"}, "no": {"en": "No", "my": "မဟုတ်ပါ"}}
NET = {"net": {"en": "No internet, or a poor one", "my": "အင်တာနက်မရှိခြင်း၊ သို့မဟုတ် မကောင်းခြင်း"},
       "net_short": {"en": "No internet", "my": "အင်တာနက်မရှိ"}, "cost": {"en": "Cost", "my": "ကုန်ကျစရိတ်"}}  # fmt: skip


def question(name: str, type_: str, list_: str | None, en: str, my: str) -> Question:
    return Question(name, type_, list_, {"en": en, "my": my}, "", "", False, "")


CODEBOOK = Codebook(
    {q.name: q for q in (
        question("aware_clinic", "select_one", "yes_no", "Heard of? [Clinic]", "ကြားဖူးပါသလား။ [ဆေးခန်း]"),
        question("barriers", "select_multiple", "barriers", "What made it hard?", "ဘာက ခက်ခဲပါသလဲ။"),
        question("other", "text", None, "Anything else?", "အခြား။"),
    )},
    {"yes_no": YES, "barriers": NET},
)  # fmt: skip
HEADER = ["Timestamp", "Heard of? / ကြားဖူးပါသလား။ [Clinic / ဆေးခန်း]", "What made it hard? / ဘာက ခက်ခဲပါသလဲ။"]
WAVE = {"wave": "w", "month": "start", "source": {"tool": "google_forms", "other": {"barriers": "other"}}}
PLACE = {"wave": "w", "file": "export.csv"}


def export(folder: Path, *rows: list[str], header: list[str] | None = None) -> Path:
    path = folder / "export.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([header or HEADER, *rows])
    return path


def coded(path: Path, wave: dict = WAVE):
    table = google_forms.coded(readers.read(path, wave="w"), CODEBOOK, wave, PLACE)
    return {name: table.cells[i].tolist() for i, name in enumerate(table.headers)}


def test_it_is_recognised_and_answers_in_either_language_become_codes(tmp_path):
    path = export(
        tmp_path,
        ["2024/10/17 6:31:58 PM GMT+6:30", "Yes", "No internet, or a poor one;Cost"],
        ["2024/10/17 6:31:58 AM GMT+6:30", "မဟုတ်ပါ ", "ကုန်ကျစရိတ်"],
        ["2024/10/18 12:00:00 AM EST", "", ""],
    )
    assert readers.recognise(path, "w") == "google_forms"
    with pytest.raises(FindingsError, match="format"):
        coded(path)
    path = export(tmp_path, ["2024/10/17 6:31:58 PM GMT+6:30", "Yes", "No internet, or a poor one;Cost"],
                  ["2024/10/17 6:31:58 AM", "မဟုတ်ပါ ", "ကုန်ကျစရိတ်"], ["", "", ""])  # fmt: skip
    found = coded(path)
    # POSIX would read GMT+6:30 as west of Greenwich.
    assert found["start"][:2] == ["2024-10-17T18:31:58+06:30", "2024-10-17T06:31:58"]
    assert found["aware_clinic"][:2] == ["yes", "no"] and found["barriers"][:2] == ["net cost", "cost"]


def test_a_linked_sheet_is_split_by_the_longest_known_option(tmp_path):
    moment = "2024/10/17 6:31:58 PM"
    found = coded(
        export(tmp_path, [moment, "Yes", "No internet, or a poor one, Cost"], [moment, "Yes", "No internet, Cost"])
    )
    assert found["barriers"] == ["net cost", "net_short cost"]


def test_own_words_move_to_their_question_and_elsewhere_they_stop_the_run_unsaid(tmp_path):
    moment, words = "2024/10/17 6:31:58 PM", "my uncle Maung Maung said no"
    path = export(tmp_path, [moment, "Yes", f"Cost;{words}"], [moment, "Yes", "Cost"])
    found = coded(path)
    assert found["barriers"] == ["cost", "cost"] and found["other"][0] == words
    with pytest.raises(FindingsError) as stop:
        coded(path, {"wave": "w", "source": {}})
    assert "barriers" in str(stop.value) and words not in str(stop.value) and "Rows: 1" in str(stop.value)


def test_a_grid_row_that_the_form_does_not_know_keeps_its_header(tmp_path):
    header = [HEADER[0], "Heard of? / ကြားဖူးပါသလား။ [Library / စာကြည့်တိုက်]"]
    assert header[1] in coded(export(tmp_path, ["2024/10/17 6:31:58 PM", "Yes"], header=header))
