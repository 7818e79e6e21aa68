"""Readers: exact text from every notation, and a clear stop on every kind of broken file."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pandas as pd
import pytest
import xlsxwriter
from findings import readers
from findings.errors import FindingsError
from findings.readers import tabular, workbook
from findings.readers.headers import Headers, Placed, original_name

SECRET = "Daw Planted 09123456789"
HEADERS = ["start", "g/colour", "g/age", "comment", "_id", "_uuid"]
ROWS = [
    ["2025-03-01T09:00:00", "red", "30", 'say "x";\r\ny', "1", "u1"],
    ["2025-03-02T09:00:00", "None", "n/a", "", "2", "u2"],
]


def kobo_csv(path, rows=ROWS, headers=HEADERS, delimiter=";", encoding="utf-8"):
    def line(cells):
        return delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\r\n"

    path.write_bytes("".join(map(line, [headers, *rows])).encode(encoding))
    return path


def kobo_xlsx(path, rows, headers=HEADERS):
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate([headers, *rows]):
            for j, value in enumerate(row):
                sheet.write(i, j, value)
    return path


def stops(path, **options):
    with pytest.raises(FindingsError) as caught:
        readers.read(path, wave="w", **options)
    text = str(caught.value)
    assert "wave w" in text and path.name in text and "Mend:" in text
    assert SECRET not in text and caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_is_exact_text(tmp_path, delimiter, encoding):
    table = readers.read(kobo_csv(tmp_path / "e.csv", delimiter=delimiter, encoding=encoding), wave="w")
    assert table.headers == HEADERS
    assert table.evidence["tool"] == "kobo_csv" and table.evidence["delimiter"] == delimiter
    assert table.evidence["header_style"] == "names" and table.evidence["group_separator"] == "/"
    assert table.cells[3][0] == 'say "x";\r\ny'
    assert table.cells.iloc[1, 1:3].tolist() == ["None", "n/a"]  # neither is an empty cell
    assert pd.isna(table.cells[3][1])


def test_xlsx_typed_cells_become_exact_text(tmp_path):
    row = [dt.datetime(2025, 3, 1, 9, 30, 5), True, 30.0, 12.5, 2, "၁၂ None"]
    table = readers.read(kobo_xlsx(tmp_path / "e.xlsx", [row, [None, False, "007", "n/a", 1e15, " x\r\ny "]]), wave="w")
    assert table.evidence["tool"] == "kobo_xlsx"
    assert table.cells.iloc[0].tolist() == ["2025-03-01T09:30:05", "1", "30", "12.5", "2", "၁၂ None"]
    assert pd.isna(table.cells[0][1])
    assert table.cells.iloc[1, 1:].tolist() == ["0", "007", "n/a", "1000000000000000", " x\ny "]


def test_row_of_hxl_tags_is_no_submission(tmp_path):
    tags = ["#date", "#x", "#age", "#text", "", ""]
    table = readers.read(kobo_csv(tmp_path / "e.csv", rows=[tags, *ROWS]), wave="w")
    assert len(table.cells) == 2 and table.evidence["hxl_row"]


def test_missing_empty_and_headers_only(tmp_path):
    assert "missing" in str(stops(tmp_path / "e.csv", tool="kobo_csv"))
    (tmp_path / "e.csv").write_bytes(b"\r\n")
    assert "empty" in str(stops(tmp_path / "e.csv"))
    assert "no rows" in str(stops(kobo_csv(tmp_path / "h.csv", rows=[])))


def test_truncated_csv(tmp_path):
    whole = kobo_csv(tmp_path / "e.csv", rows=[*ROWS, [*ROWS[0][:3], SECRET, "3", "u3"]])
    raw = whole.read_bytes()
    whole.write_bytes(raw[: raw.index(SECRET.encode()) + 5])
    assert "truncated" in str(stops(whole))
    whole.write_bytes(raw[: raw.index(b';"3"')])
    assert stops(whole).rows == [3]


def test_wrong_delimiter_and_encoding(tmp_path):
    assert "tab" in str(stops(kobo_csv(tmp_path / "e.csv", delimiter="\t")))
    assert "one column" in str(stops(kobo_csv(tmp_path / "e.csv", delimiter="^")))
    path = kobo_csv(tmp_path / "e.csv", rows=[["café", *ROWS[0][1:]]], encoding="latin-1")
    assert "not UTF-8: line 2" in str(stops(path))
    assert "no encoding of the name utf9" in str(stops(path, tool="kobo_csv", source={"encoding": "utf9"}))


@pytest.mark.parametrize(
    ("begins", "words"),
    [
        (b"PK\x03\x04", "a workbook or an archive"), (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old or protected workbook"),
        (b"\n<!DOCTYPE html><html>", "a web page"), (b'\xef\xbb\xbf{"detail": ', "JSON"),
        ("a;b\n".encode("utf-16"), "UTF-16"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("tool", [None, "plain_csv"])
def test_what_only_bears_the_name_of_a_csv_is_called_what_it_is(tmp_path, begins, words, tool):
    path = tmp_path / "e.csv"
    path.write_bytes(begins + b"1;2\n" * 40)
    assert words in str(stops(path, tool=tool))


def test_a_file_in_utf_16_is_read_where_that_is_said(tmp_path):
    path = kobo_csv(tmp_path / "e.csv", encoding="utf-16")
    assert "encoding: utf-16" in str(stops(path))
    plain = readers.read(kobo_csv(tmp_path / "p.csv"), wave="w")
    assert readers.read(path, wave="w", source={"encoding": "utf-16"}).cells.equals(plain.cells)


def test_two_columns_of_one_name(tmp_path):
    error = stops(kobo_csv(tmp_path / "e.csv", headers=["start", "a", "a", "b", "_id", "_uuid"]))
    assert error.column == "a"


def test_unrecognised_tool(tmp_path):
    assert "source" in str(stops(kobo_csv(tmp_path / "e.csv", headers=["start", *"abcde"])))
    assert "no reader for" in str(stops(kobo_csv(tmp_path / "e.csv"), tool="pigeon"))


def test_bad_workbooks(tmp_path):
    good = kobo_xlsx(tmp_path / "e.xlsx", ROWS).read_bytes()
    bad = tmp_path / "b.xlsx"
    bad.write_bytes(good[: len(good) // 2])
    assert "truncated" in str(stops(bad))
    bad.write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600))
    assert "password" in str(stops(bad))
    bad.write_bytes(good)
    with zipfile.ZipFile(bad, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    assert "macros" in str(stops(bad))
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("readme.txt", b"x")
    assert "not an XLSX" in str(stops(bad))


def test_second_library_must_agree(tmp_path):
    path = kobo_xlsx(tmp_path / "e.xlsx", ROWS)
    grid = [HEADERS, *([workbook.cell_text(value) for value in row] for row in ROWS)]
    workbook._check_by_openpyxl(path.read_bytes(), grid, path, "w")
    grid[2][3] = SECRET
    with pytest.raises(FindingsError) as caught:
        workbook._check_by_openpyxl(path.read_bytes(), grid, path, "w")
    assert caught.value.rows == [2] and caught.value.column == "comment" and SECRET not in str(caught.value)

    raw = kobo_csv(tmp_path / "e.csv").read_bytes()
    headers, table = tabular._parse(io.StringIO(raw.decode(), newline=""), ";", path, "w")
    tabular._check_by_arrow(raw, ";", headers, table, path, "w")
    with pytest.raises(FindingsError) as caught:
        tabular._check_by_arrow(raw.replace(b"red", b"rot"), ";", headers, table, path, "w")
    assert caught.value.rows == [1] and caught.value.column == "g/colour"


def test_headers_are_placed_by_the_form():
    options = {"uses": {"a_b": {"en": "Apple"}, "0.5": {"en": "Half"}, "x'y": {"en": "Ex"}}}
    headers = Headers(
        ["age", "uses", "start"], options, {"age": {"en": "How old?", "xx": "Alter?"}, "uses": {"en": "Uses"}}
    )
    assert [original_name(h) for h in ("X_uuid", "X.U.FEFF.start", "\ufeffstart")] == ["_uuid", "start", "start"]
    for header in ("age", "g/age", "g/h/age", "g.age"):
        assert headers.place(header) == Placed("age")
    assert headers.place("X.U.FEFF.start") == Placed("start")
    for header, code in (("uses/a_b", "a_b"), ("g/uses/0.5", "0.5"), ("uses.0.5", "0.5"), ("g.uses.x.y", "x'y")):
        assert headers.place(header) == Placed("uses", code)
    assert headers.place("uses/unknown") is None and headers.place("other") is None
    assert headers.place_label("Alter?") == (Placed("age"), "xx")
    assert headers.place_label("Uses/Apple") == (Placed("uses", "a_b"), "en")
