"""crosswalk.csv: what is written comes back, and what is no line of one stops with its number."""

from __future__ import annotations

import csv
import json

import pytest
from findings import crosswalk
from findings.crosswalk import Row
from findings.environment import ROOT
from findings.errors import FindingsError
from jsonschema import Draft202012Validator


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


def test_a_crosswalk_of_another_encoding_is_called_one(tmp_path):
    (tmp_path / crosswalk.FILE).write_bytes(crosswalk.written([crosswalk.Row("column", "Prénom")]).encode("cp1252"))
    with pytest.raises(FindingsError, match="crosswalk is not in UTF-8") as stop:
        crosswalk.read(tmp_path, "w")
    assert "CSV UTF-8" in str(stop.value)
