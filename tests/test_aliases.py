"""Tables of aliases: what of a name is compared, what is wrong with a table, the table of places as shipped."""

from __future__ import annotations

import csv

import pytest
import yaml
from findings import aliases
from findings.environment import ROOT
from findings.errors import FindingsError

PLACES = ROOT / "data" / "reference" / "places.csv"


def table(tmp_path, *rows, header="alias,code,source"):
    path = tmp_path / "names.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_names_are_compared_by_their_letters(tmp_path):
    codes = aliases.read(table(tmp_path, "Nay Pyi Taw,npt,x", "ဧရာဝတီ,aye,x", "Bago (East),east,x"), "code")
    for name, code in [("naypyitaw", "npt"), (" NAY-PYI-TAW. ", "npt"), ("ဧရာ၀တီ", "aye"), ("Bago East", "east")]:
        assert codes[aliases.key(name)] == code
    assert aliases.key("Bago") not in codes


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (["Mon,mon,x", "MON,other,x"], "alias,code,source", "two things"),
        (["Mon,mon,"], "alias,code,source", "not complete"),
        (["-,mon,x"], "alias,code,source", "not complete"),
        (["Mon,mon,x"], "alias,pcode,source", "lacks a column"),
        (["Mon,mon"], "alias,code", "lacks a column"),
    ],
)
def test_a_wrong_table_stops(tmp_path, rows, header, said):
    with pytest.raises(FindingsError, match=said) as caught:
        aliases.read(table(tmp_path, *rows, header=header), "code")
    assert "names.csv" in str(caught.value)


def test_a_wrong_table_stops_before_any_job(tmp_path):
    wave = {"cleaning": [{"step": "script"}, {"step": "places", "column": "x", "table": "gone.csv", "to": "code"}]}
    with pytest.raises(FindingsError, match="missing"):
        aliases.check([wave], tmp_path)
    assert aliases.tables(wave, tmp_path) == [str(tmp_path / "gone.csv")]


def test_two_rows_of_one_alias_may_agree(tmp_path):
    assert len(aliases.read(table(tmp_path, "Mon,mon,x", "mon,mon,y"), "code")) == 1


def test_every_state_and_region_has_its_p_code_its_old_and_its_burmese_names():
    with PLACES.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    breakdown = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["breakdowns"]["state_region"]
    groups = breakdown["ladder"][0]["groups"]
    assert {row["code"] for row in rows} == set(groups)
    codes, pcodes = (aliases.read(PLACES, to) for to in ("code", "pcode"))
    for code, entry in groups.items():
        for label in entry["label"].values():
            assert codes[aliases.key(label)] == code
            assert pcodes[aliases.key(label)][:3] == "MMR" and len(pcodes[aliases.key(label)]) == 6
    whole = {pcodes[aliases.key(entry["label"]["en"])] for entry in groups.values()}
    assert whole == {f"MMR{i:03d}" for i in (*range(1, 7), *range(9, 14), 17, 18, 111, 222)}
    for name in ("Ayeyarwady", "Irrawaddy", "Ayeyawady", "ဧရာဝတီ", "ဧရာ၀တီတိုင်းဒေသကြီး", "MMR017", "mmr017"):
        assert (codes[aliases.key(name)], pcodes[aliases.key(name)]) == ("ayeyarwady", "MMR017")
    assert codes[aliases.key("Moulmein")] == "mon" and pcodes[aliases.key("Moulmein")] == "MMR011001"


def test_every_source_is_told():
    with PLACES.open(encoding="utf-8") as stream:
        sources = {row["source"] for row in csv.DictReader(stream)}
    text = (PLACES.parent / "SOURCES.md").read_text(encoding="utf-8")
    assert all(f"| `{source}` |" in text for source in sources)
