"""Kitagawa's decomposition against its formula over totals of R `survey` (decompositions.R), to 1e-8."""

from __future__ import annotations

import numpy as np
import pytest
from agreement import agree
from findings.decompositions import decompose
from recorded import assert_same, computed, recorded
from test_tables_and_contrasts import loaded

CASES = recorded("decompositions")
WAVES = {"design": ("stratified", "clustered"), "raked": ("stratified_raked", "clustered_raked")}


@pytest.mark.parametrize("case", list(CASES))
def test_rate_and_composition_effects(case):
    waves = tuple(loaded(name) for name in WAVES[case])
    codes = []
    for of in waves:
        none = ((of.frame["g"] == "M") & (of.frame["h"] == "low")).to_numpy()
        codes.append(np.where(none, -1, np.searchsorted(["E", "H", "M"], of.frame["g"].astype(str))))
    found, answer = decompose(waves, "y", (codes[0], codes[1]), 3), CASES[case]
    what = f"Kitagawa decomposition of a change, {case} weights"
    call = "effects(svytotal(before), svytotal(now)) of decompositions.R"
    common = {"oracle": "R by formula", "tolerance": 1e-8}
    agree("decompositions", f"{what}: rate and composition effects, their parts", found.value, answer["value"],
          call=call, **common)  # fmt: skip
    agree("decompositions", f"{what}: standard errors", found.se, answer["se"],
          call="J vcov(svytotal()) J', J by a complex step, waves added", **common)  # fmt: skip
    agree("decompositions", f"{what}: degrees of freedom", found.df, answer["df"],
          call="Satterthwaite of degf(subset())", **common)  # fmt: skip


def test_r_gives_the_recorded_answers():
    answers = computed("decompositions")
    if answers is None:
        pytest.skip("not run: R, or its package survey, is not installed")
    assert_same(answers, CASES)
