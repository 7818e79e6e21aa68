"""The codebook of an XLSForm, its dialects, and what is said of broken forms."""

from __future__ import annotations

import openpyxl
import pytest
from findings.errors import FindingsError
from findings.instrument import Codebook, read_xlsform

SURVEY = [
    ["type", "name", "Label::English (en)", "label::Burmese (my)", "relevance", "required"],
    ["start", "start", None, None, None, None],
    ["begin_group", "people", "People", None, "${consent} = 'yes'", None],
    ["select one yes_no", "adult", "Adult?", "အရွယ်ရောက်", "${age} > 17", "yes"],
    ["select_multiple uses or_other", "uses", "Uses", None, None, None],
    ["note", "thanks", "Thank you", None, None, None],
    ["end_group", None, None, None, None, None],
    [None, None, None, None, None, None],
    ["integer", "age", "Age", None, None, None],
]
CHOICES = [
    ["list name", "value", "label::English (en)"],
    ["yes_no", "yes", "Yes"],
    ["uses", 1, "One"],
    ["uses", "b", "B"],
]


def form(path, survey=SURVEY, choices=CHOICES):
    book = openpyxl.Workbook()
    for title, rows in (("Survey", survey), ("choices", choices)):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(path)
    return path


def test_an_xlsform_becomes_a_codebook(tmp_path):
    codebook = read_xlsform(form(tmp_path / "form.xlsx"))
    assert list(codebook.questions) == ["start", "adult", "uses", "uses_other", "age"]
    adult = codebook.questions["adult"]
    assert (adult.type, adult.list, adult.required, adult.group) == ("select_one", "yes_no", True, "people")
    assert adult.relevant == "(${consent} = 'yes') and (${age} > 17)"
    assert adult.label == {"en": "Adult?", "my": "အရွယ်ရောက်"}
    assert codebook.questions["uses"].relevant == "${consent} = 'yes'"
    assert codebook.questions["start"].type == "meta" and codebook.questions["uses_other"].type == "text"
    uses = {"1": {"en": "One"}, "b": {"en": "B"}, "other": {"en": "Other"}}
    assert codebook.choices == {"yes_no": {"yes": {"en": "Yes"}}, "uses": uses}
    assert Codebook.from_json(codebook.to_json()) == codebook


@pytest.mark.parametrize(
    ("survey", "choices", "words"),
    [
        ([*SURVEY, ["text", "age"]], CHOICES, ["one name", "age", "Rows: 10"]),
        ([*SURVEY, ["select_one x", "q"]], CHOICES, ["no list x", "q"]),
        ([*SURVEY, ["end_group", None]], CHOICES, ["did not begin"]),
        (SURVEY, [*CHOICES, ["uses", "b", "B"]], ["one code twice", "Codes: b"]),
    ],
)
def test_a_broken_form_is_named(tmp_path, survey, choices, words):
    with pytest.raises(FindingsError) as caught:
        read_xlsform(form(tmp_path / "form.xlsx", survey, choices))
    for word in [*words, "form.xlsx"]:
        assert word in str(caught.value)


def test_not_a_form(tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(b"not a workbook")
    with pytest.raises(FindingsError, match="not an XLSForm"):
        read_xlsform(path)
