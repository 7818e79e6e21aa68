"""Changes between waves: known by hand, and only between what may be compared."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from findings.changes import NOTED, changes, gap_changes, in_one_only
from findings.disclosure import disclose_derived
from findings.families import Family
from findings.keys import is_key, print_key
from findings.register import COLUMNS, cells, needs
from findings.waves import comparable, earlier_wave
from scipy.stats import norm


def register(wave: str, values: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """Rows of proportions for everyone: indicator -> value and standard error."""
    rows = [
        {"family": "adoption", "indicator": name, "statistic": "proportion", "column": f"adoption__{name}",
         "weighting": "calibrated", "estimate": value, "se": se, "df": 10_000.0, "n": 1000, "wave": wave,
         "cells": cells(1000, round(1000 * value)), "synthetic": True, "design": "probability"}
        for name, (value, se) in values.items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["key"] = [print_key(row) for row in frame.to_dict("records")]
    return frame.reindex(columns=COLUMNS)


EARLIER = register("a", {"x": (0.40, 0.03), "y": (0.50, 0.02), "gone": (0.1, 0.01)})
LATER = register("b", {"x": (0.52, 0.04), "y": (0.51, 0.02), "new": (0.2, 0.01)})


class Named:
    """What a family needs to know of an indicator."""

    def __init__(self, name: str) -> None:
        self.family, self.id = "adoption", name


FAMILY = Family("change", "waves", "holm", [Named("x"), Named("y")], {})


def test_a_change_is_the_difference_with_the_variances_added_and_its_familys_correction():
    found = changes(LATER, EARLIER, "calibrated", [FAMILY]).set_index("indicator")
    assert set(found.index) == {"x", "y"}
    x = found.loc["x"]
    assert x["estimate"] == pytest.approx(0.12) and x["se"] == pytest.approx(0.05)
    assert x["key"] == "diff(adoption.x.proportion|weights=calibrated@b,adoption.x.proportion|weights=calibrated@a)"
    p = 2 * norm.sf(np.array([2.4, 0.01 / np.sqrt(0.0008)]))
    assert found["p"].to_numpy() == pytest.approx(p, abs=1e-3)
    assert x["p_adjusted"] == pytest.approx(2 * p[0], abs=1e-3) and x["comparison_family"] == "change"
    assert (x["ci_low"], x["ci_high"]) == pytest.approx((0.12 - 1.96 * 0.05, 0.12 + 1.96 * 0.05), abs=1e-3)
    assert x["detectable"] == pytest.approx((norm.ppf(0.975) + norm.ppf(0.8)) * 0.05)


def test_a_change_that_no_family_declares_has_its_interval_and_no_test():
    found = changes(LATER, EARLIER, "calibrated", [Family("change", "waves", "holm", [Named("x")], {})])
    found = found.set_index("indicator")
    tests = ["test", "test_value", "p", "p_adjusted", "comparison_family", "detectable"]
    assert found.loc["y", tests].isna().all() and found.loc["y", ["ci_low", "ci_high"]].notna().all()
    assert found.loc["x", "p_adjusted"] == found.loc["x", "p"]


def test_what_one_wave_has_alone_is_named():
    notes = in_one_only(LATER, EARLIER, "calibrated")
    assert [note for note in notes if "new" in note] == ["Only in b, so without a change: the indicator adoption new."]
    assert any("Only in a" in note and "gone" in note for note in notes) and len(notes) == 2


def test_a_change_is_released_only_if_both_of_its_numbers_are():
    found = changes(LATER, EARLIER, "calibrated", [FAMILY])
    limits = {"min_cell": 10, "min_difference": 10}
    judged = pd.concat([LATER, EARLIER])[["key", "indicator"]].assign(status="published")
    judged.loc[(judged["indicator"] == "y") & judged["key"].str.endswith("@a"), "status"] = "suppressed"
    rows = disclose_derived(found, [judged], limits).set_index("indicator")
    assert rows.loc["x", "status"] == "published" and rows.loc["y", "status"] == "suppressed"
    assert rows.loc["y", ["estimate", "se", "p", "p_adjusted", "n", "test_value"]].isna().all()


def test_a_change_of_what_is_comparable_with_a_note_says_so_and_a_withheld_one_says_nothing():
    noted_ = [key for key in LATER["key"] if ".x." in key]
    found = changes(LATER, EARLIER, "calibrated", [FAMILY], noted_)
    assert found.set_index("indicator")["reliability"].dropna().to_dict() == {"x": NOTED}
    judged = pd.concat([LATER, EARLIER])[["key"]].assign(status="suppressed")
    rows = disclose_derived(found, [judged], {"min_cell": 10, "min_difference": 10})
    assert rows["reliability"].isna().all()


def gaps(wave: str, value: float, counts: list[int]) -> pd.DataFrame:
    """comparisons.parquet with one gap, of a family that is followed, and one of another."""
    keys = [f"adoption.x.proportion|weights=calibrated;gender={group}@{wave}" for group in ("female", "male")]
    row = {"family": "adoption", "indicator": "x", "statistic": "difference", "breakdown": "gender", "group": "female",
           "weighting": "calibrated", "estimate": value, "se": 0.03, "df": 10_000.0, "n": 900, "wave": wave,
           "comparison_family": "gender_gap", "key": f"diff({keys[0]},{keys[1]})",
           "cells": needs(keys, counts=counts), "synthetic": True, "design": "probability"}  # fmt: skip
    other = {**row, "comparison_family": "other", "key": f"diff({keys[1]},{keys[0]})"}
    return pd.DataFrame([row, other]).reindex(columns=COLUMNS)


def test_a_gap_is_followed_from_wave_to_wave_and_needs_all_that_its_gaps_need():
    family = Family("change_gaps", "gap_waves", "holm", [], {"gaps": ["gender_gap"]})
    later, earlier = gaps("b", 0.10, [40]), gaps("a", 0.04, [50])
    kept = json.loads(later["cells"].iloc[0])["rows"]
    found = gap_changes(later, earlier, kept, [family])
    (row,) = found.to_dict("records")
    assert row["estimate"] == pytest.approx(0.06) and row["se"] == pytest.approx(0.03 * np.sqrt(2))
    assert row["statistic"] == "difference" and row["comparison_family"] == "change_gaps" and row["n"] == 1800
    assert row["p"] == pytest.approx(2 * norm.sf(np.sqrt(2)), abs=1e-3) and row["p_adjusted"] == row["p"]
    assert row["key"].count("diff(") == 3 and is_key(row["key"])
    cells_ = json.loads(row["cells"])
    assert len(cells_["rows"]) == 4 and cells_["counts"] == [40, 50]
    # A gap between rows that are not comparable has no change.
    assert gap_changes(later, earlier, kept[1:], [family]).empty


def wave(kind: str = "probability", mode: str = "capi", **design: str) -> dict:
    return {"design": {"kind": kind, "strata": "s", "psu": "p", **design}, "mode": mode}


def test_only_probability_waves_of_one_design_and_mode_are_compared():
    assert comparable(wave(), wave())
    assert not comparable(wave("volunteer"), wave("volunteer"))
    assert not comparable(wave(), wave("volunteer")) and not comparable(wave(), wave(mode="cawi"))
    assert not comparable(wave(), wave(psu="other"))
    waves = {"one": wave(), "two": wave("volunteer"), "three": wave()}
    assert [earlier_wave(name, waves) for name in waves] == [None, None, "one"]
