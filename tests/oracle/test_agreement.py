"""The table of oracles in docs/proof.md is what the records say, and the records are what the tests find."""

from __future__ import annotations

import json
import math

import pytest
from agreement import COMMAND, FLOOR, ORACLES, PAGE, RECORDS, agree, largest_difference, page, rounded


def test_the_page_has_the_records():
    assert PAGE.read_text(encoding="utf-8") == page(), f"docs/proof.md is stale; run {COMMAND} --table"


def test_every_record_is_whole():
    for path in sorted(RECORDS.glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            assert set(entry) == {"statistic", "oracle", "call", "tolerance", "largest_difference"}, path.name
            assert entry["oracle"] in ORACLES, path.name
            if entry["oracle"] != "simulation only":
                assert entry["largest_difference"] <= entry["tolerance"], (path.name, entry["statistic"])


def test_differences_are_relative_to_large_numbers_only_and_missing_ones_are_matched():
    assert largest_difference([1000.0, 0.5], [1001.0, 0.501]) == pytest.approx(0.001, rel=0.01)
    assert largest_difference([math.nan, 1.0], [math.nan, 1.0]) == 0
    assert largest_difference([math.nan], [1.0]) == math.inf
    assert largest_difference([math.inf], [math.inf]) == 0


def test_records_are_rounded_up_to_a_power_of_ten():
    assert [rounded(x) for x in (0.0, 3e-16, 2.1e-10, 1e-9, 0.02)] == [FLOOR, FLOOR, 1e-9, 1e-9, 0.1]


def test_a_difference_over_its_tolerance_or_without_a_record_fails(monkeypatch):
    monkeypatch.delenv("FINDINGS_AGREEMENT", raising=False)
    with pytest.raises(AssertionError, match="more than 1e-08"):
        agree("designs", "x", 1.0, 1.1, oracle="package", call="svymean()", tolerance=1e-8)
    with pytest.raises(AssertionError, match="no record"):
        agree("designs", "x", 1.0, 1.0, oracle="package", call="svymean()", tolerance=1e-8)
