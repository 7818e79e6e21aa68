from __future__ import annotations

import hashlib
import re

import openpyxl
import pandas as pd
import pytest
import yaml
from findings import tables
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.inventory import load_inventory
from findings.tables import inventory
from findings.tables.labelled import Labelled, safe, write_codes, write_xlsx
from findings.text.captions import captions
from findings.text.issued import rest, unmarked
from released_example import of_figure, released, study

EPOCH = 1735689600


@pytest.fixture(scope="module")
def rows():
    return released()


@pytest.mark.parametrize(
    "name", ["adoption", "barriers", "respondents", "adoption_groups", "usability_trust", "quality"]
)
def test_codes_agree_with_the_release_and_withheld_cells_are_empty(rows, name, tmp_path):
    write_codes(tables.build(rows, name), tmp_path / "t.csv")
    frame = pd.read_csv(tmp_path / "t.csv")
    assert len(frame) > 10
    value = {"key": "estimate", "unweighted_key": "unweighted", "weighted_key": "weighted", "n_key": "n"}
    value |= {"population_key": "population", "nonresponse_key": "nonresponse"}
    value |= {"key": "n"} if name == "quality" else {}
    for key, column in value.items():
        for one in frame[frame[key].notna()].itertuples() if key in frame else []:
            released_row = rows.number(getattr(one, key))
            if released_row.published:
                wanted = released_row.n if column == "n" else released_row.value
                assert getattr(one, column) == pytest.approx(wanted)
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


def test_the_table_of_changes_has_both_waves_and_a_corrected_p():
    config = study()
    rows = of_figure(config, "change", suppress=0.3)
    frame = tables.build(rows, "change")
    assert len(frame) == 16 and set(frame["status"]) == {"published", "suppressed"}
    shown = frame[frame["status"] == "published"]
    assert shown[["change", "ci_low", "ci_high", "p_adjusted"]].notna().all(axis=None)
    assert shown["earlier_key"].str.endswith("@nug_2024").all() and shown["later_key"].str.endswith("@nug_2025").all()
    words = tables.labelled(rows, "change", "en").texts()
    assert any("+4 points" in cell for row in words for cell in row)


@pytest.mark.parametrize("lang", ["en", "my"])
def test_the_glossary_says_of_every_indicator_what_it_counts_and_of_whom(rows, lang):
    table = tables.labelled(rows, "glossary", lang)
    assert len(table.rows) == len(rows.config["indicators"])
    assert all(cell and "{" not in cell for row in table.texts() for cell in row)


@pytest.mark.parametrize("lang", ["en", "my"])
def test_the_services_name_their_sources_and_what_is_not_known(lang):
    config = study()
    found = load_inventory(ROOT / "data/reference/inventory.yaml", config["services"])
    table = inventory.labelled(found, config, "services", config["exhibits"]["tables"]["services"], lang)
    rows = unmarked(table.rows)
    assert len(rows) == len(config["services"])
    assert any(captions(lang)["table"]["unknown"] in row for row in rows)
    assert all(re.search(r"\[\d+\]", row[-1]) for row in rows)
    assert sum(note.startswith("[") for note in unmarked(table.notes)) > 10


def test_an_inventory_without_a_source_or_a_service_stops(tmp_path):
    config = study()
    found = yaml.safe_load((ROOT / "data/reference/inventory.yaml").read_text(encoding="utf-8"))
    del found["services"]["nugpay"]
    (tmp_path / "i.yaml").write_text(yaml.safe_dump(found, allow_unicode=True), encoding="utf-8")
    with pytest.raises(FindingsError, match="nugpay"):
        load_inventory(tmp_path / "i.yaml", config["services"])
    del found["services"]["telekyanmar"]["launched"]["source"]
    (tmp_path / "i.yaml").write_text(yaml.safe_dump(found, allow_unicode=True), encoding="utf-8")
    with pytest.raises(FindingsError, match="telekyanmar"):
        load_inventory(tmp_path / "i.yaml", {})


@pytest.mark.parametrize("lang", ["en", "my"])
def test_effects_of_rules_stand_beside_their_number_and_a_rule_without_any_is_named_below(rows, lang):
    frame = tables.build(rows, "rule_effects")
    first = frame[frame["status"] == "published"].iloc[0]
    assert rows.number(first["key"]).value == first["effect"]
    assert rows.number(first["number_key"]).value == first["as_published"] or pd.isna(first["as_published"])
    assert frame.loc[frame["status"] != "published", ["effect", "n"]].isna().all(axis=None)
    table = tables.labelled(rows, "rule_effects", lang)
    words = captions(lang)["rule_effects"]
    twice = {"en": "2", "my": "၂"}[lang]
    assert unmarked(table.header[3:]) == [words["rules"]["duplicates"], f"{words['rules']['range']} ({twice})"]
    # A number that tells two steps of one name apart has a key, as every other.
    assert not re.search(r"\d", "".join(map(rest, table.header)))
    assert any(words["rules"]["script"] in note for note in table.notes)
    assert len(table.rows) == frame["number_key"].nunique()
    shown = {"en": r"(?:[+−]\d+\.\d|0\.0) points", "my": r"(?:[+−][၀-၉]+\.[၀-၉]|၀\.၀)"}[lang]
    cells = [cell for row in table.texts() for cell in row[3:] if "◇" not in cell]
    assert cells and all(re.search(shown, cell) for cell in cells)
