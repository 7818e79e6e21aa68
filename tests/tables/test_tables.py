from __future__ import annotations

import hashlib

import openpyxl
import pandas as pd
import pytest
from findings import tables
from findings.tables.labelled import Labelled, safe, write_codes, write_xlsx
from released_example import released

EPOCH = 1735689600


@pytest.fixture(scope="module")
def rows():
    return released()


@pytest.mark.parametrize("name", ["adoption", "barriers", "respondents"])
def test_codes_agree_with_the_release_and_withheld_cells_are_empty(rows, name, tmp_path):
    write_codes(tables.build(rows, name), tmp_path / "t.csv")
    frame = pd.read_csv(tmp_path / "t.csv")
    assert len(frame) > 10
    value = {"key": "estimate", "unweighted_key": "unweighted", "weighted_key": "weighted", "n_key": "n"}
    for key, column in value.items():
        for one in frame[frame[key].notna()].itertuples() if key in frame else []:
            released_row = rows.number(getattr(one, key))
            if released_row.published:
                assert getattr(one, column) == pytest.approx(released_row.value)
            else:
                assert pd.isna(getattr(one, column))
    assert set(tables.keys(rows, name)) >= set(frame.filter(regex="key$").iloc[:, 0].dropna())


def test_the_adoption_table_has_a_row_per_service_and_step(rows):
    frame = tables.build(rows, "adoption")
    assert len(frame) == 3 * len(rows.config["services"])
    assert (frame["status"] == "suppressed").any()
    assert frame.loc[frame["status"] == "suppressed", ["estimate", "ci_low", "ci_high", "n"]].isna().all().all()


def test_labels_and_html_are_escaped_and_say_withheld(rows):
    table = tables.labelled(rows, "adoption", "en")
    page = tables.html(table)
    assert "◇ withheld" in page and "<caption>" in page and 'scope="col"' in page
    odd = Labelled(**{**table.__dict__, "rows": [["<b>x</b>", *table.rows[0][1:]]]})
    assert "<b>x</b>" not in tables.html(odd) and "&lt;b&gt;x" in tables.html(odd)


def test_a_workbook_has_numbers_no_formulas_and_the_same_bytes_each_time(rows, tmp_path):
    table = tables.labelled(rows, "adoption", "en")
    bad = ["=1+1", "+1", "-1", "@x"]
    spoilt = [[word, *row[1:]] for word, row in zip(bad, table.rows, strict=False)]
    table = Labelled(**{**table.__dict__, "rows": spoilt})
    hashes = []
    for name in ("a.xlsx", "b.xlsx"):
        write_xlsx(table, tmp_path / name, EPOCH)
        hashes.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert hashes[0] == hashes[1]
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not any(cell.data_type == "f" for cell in cells)
    words = {cell.value for cell in cells}
    assert {f"'{word}" for word in bad} <= words and "SYNTHETIC DATA — not findings" in words
    assert any(cell.data_type == "n" and cell.number_format == "0.0%" for cell in cells)


def test_safe_leaves_other_texts_alone():
    assert [safe(word) for word in ("=x", "x=1", "◇ withheld")] == ["'=x", "x=1", "◇ withheld"]
