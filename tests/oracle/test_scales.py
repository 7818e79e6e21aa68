"""Alpha, omega and item-rest correlations against R `psych`, on answers of its public `bfi` data."""

from __future__ import annotations

import numpy as np
import pytest
from agreement import agree, largest_difference
from findings.scales import alpha, complete, item_rest, omega
from recorded import computed, recorded

CASES = recorded("scales")


@pytest.mark.parametrize("name", list(CASES))
def test_reliability_of_a_scale(name):
    case, answer = CASES[name], CASES[name]["answer"]
    items = complete(np.array(case["items"], dtype=float).T, case["reversed"], 1, 6)
    agree("scales", "Cronbach's alpha", [alpha(items)], answer["alpha"], oracle="package",
          call="psych::alpha()$total$raw_alpha", tolerance=1e-8)  # fmt: skip
    agree("scales", "item-rest correlations", item_rest(items), answer["item_rest"], oracle="package",
          call="psych::alpha()$item.stats$r.drop", tolerance=1e-8)  # fmt: skip
    agree("scales", "McDonald's omega", [omega(items)], answer["omega_formula"], oracle="R by formula",
          call="1 - sum(1 - loadings^2) / sum(cor())", tolerance=1e-8)  # fmt: skip
    # psych stops its search for the factor at about four digits.
    agree("scales", "McDonald's omega, by psych's search", [omega(items)], answer["omega"], oracle="package",
          call="psych::omega(nfactors = 1)$omega.tot", tolerance=1e-4)  # fmt: skip


def test_r_gives_the_recorded_answers():
    anew = computed("scales")
    if anew is None:
        pytest.skip("not run: R, or its package psych, is not installed")
    for name, case in anew.items():
        for part, values in case["answer"].items():
            assert largest_difference(values, CASES[name]["answer"][part]) <= 1e-6, (name, part)
