"""Changes between waves: known by hand, and only between what may be compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from findings.comparisons import changes
from findings.disclosure import disclose_derived
from findings.keys import print_key
from findings.register import COLUMNS, cells
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


def test_a_change_is_the_difference_with_the_variances_added_and_holm_within_the_family():
    found = changes(LATER, EARLIER, "calibrated").set_index("indicator")
    assert set(found.index) == {"x", "y"}
    x = found.loc["x"]
    assert x["estimate"] == pytest.approx(0.12) and x["se"] == pytest.approx(0.05)
    assert x["key"] == "diff(adoption.x.proportion|weights=calibrated@b,adoption.x.proportion|weights=calibrated@a)"
    p = 2 * norm.sf(np.array([2.4, 0.01 / np.sqrt(0.0008)]))
    assert found["p"].to_numpy() == pytest.approx(p, abs=1e-3)
    assert x["p_adjusted"] == pytest.approx(2 * p[0], abs=1e-3) and x["comparison_family"] == "change.adoption"
    assert (x["ci_low"], x["ci_high"]) == pytest.approx((0.12 - 1.96 * 0.05, 0.12 + 1.96 * 0.05), abs=1e-3)


def test_a_change_is_released_only_if_both_of_its_numbers_are():
    found = changes(LATER, EARLIER, "calibrated")
    limits = {"min_cell": 10, "min_difference": 10}
    judged = pd.concat([LATER, EARLIER])[["key", "indicator"]].assign(status="published")
    judged.loc[(judged["indicator"] == "y") & judged["key"].str.endswith("@a"), "status"] = "suppressed"
    rows = disclose_derived(found, [judged], limits).set_index("indicator")
    assert rows.loc["x", "status"] == "published" and rows.loc["y", "status"] == "suppressed"
    assert rows.loc["y", ["estimate", "se", "p", "p_adjusted", "n", "test_value"]].isna().all()


def wave(kind: str = "probability", mode: str = "capi", **design: str) -> dict:
    return {"design": {"kind": kind, "strata": "s", "psu": "p", **design}, "mode": mode}


def test_only_probability_waves_of_one_design_and_mode_are_compared():
    assert comparable(wave(), wave())
    assert not comparable(wave("volunteer"), wave("volunteer"))
    assert not comparable(wave(), wave("volunteer")) and not comparable(wave(), wave(mode="cawi"))
    assert not comparable(wave(), wave(psu="other"))
    waves = {"one": wave(), "two": wave("volunteer"), "three": wave()}
    assert [earlier_wave(name, waves) for name in waves] == [None, None, "one"]
