"""Estimates, standard errors, degrees of freedom, raking and intervals against R `survey`, to 1e-8.

The answers are recorded beside the data they were computed from (the package's public `api` data); where R and its
`survey` are installed they are computed anew, and must be the recorded ones.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from agreement import agree, largest_difference
from findings.design import covariance, make_design
from findings.errors import FindingsError
from findings.estimators import ratios
from findings.intervals import korn_graubard, logit
from findings.weighting import Margin, rake
from recorded import computed, recorded

CASES = recorded("designs")
KINDS = ["E", "H", "M"]


PACKAGE = {"oracle": "package", "tolerance": 1e-8}


def loaded(name):
    """Frame, values, domains, design of a case."""
    data = CASES[name]["data"]
    frame = pd.DataFrame({key: data[key] for key in ("stype", "api00", "target", "weight", "base_weight")})
    frame["stratum"], frame["psu"] = data["stratum"], data["psu"]
    for margin, column in data["margins"].items():
        frame[f"margin_{margin}"] = column
    design = make_design(
        frame, CASES[name]["singletons"], name, calibrated=True, base=frame["base_weight"].to_numpy(dtype=float)
    )
    everyone = np.ones(len(frame), dtype=bool)
    domains = np.array([everyone, *[(frame["stype"] == kind).to_numpy() for kind in KINDS]])
    return frame, frame[["api00", "target"]].to_numpy(dtype=float), domains, design


@pytest.mark.parametrize("name", list(CASES))
def test_domain_means_and_proportions(name):
    frame, values, domains, design = loaded(name)
    answer = CASES[name]["answer"]
    result = ratios(values, frame["weight"].to_numpy(dtype=float), domains, design)
    raked = "calibrated " if name.endswith("raked") else ""
    made = f"svymean(subset({'calibrate(..., calfun = ' + repr('raking') + ')' if raked else 'svydesign()'}))"
    lone = f", lonely PSU: {CASES[name]['singletons']}" if name.startswith("lonely") else ""
    agree("designs", f"{raked}mean and proportion of a domain{lone}", result.value.T.reshape(-1), answer["value"],
          call=made, **PACKAGE)  # fmt: skip
    agree("designs", f"their {raked}standard errors{lone}", result.se.T.reshape(-1), answer["se"],
          call=made.replace("svymean(", "SE(svymean(") + ")", **PACKAGE)  # fmt: skip
    agree("designs", "degrees of freedom of a domain", result.df[0], answer["df"], call="degf(subset())", **PACKAGE)
    low, high = logit(result.value[1, 1:], result.se[1, 1:], result.df[1, 1:])
    if name.startswith("lonely"):
        return  # R takes the degrees of freedom of these intervals from the whole design.
    agree("designs", "logit interval", np.column_stack([low, high]).reshape(-1), answer["logit"], oracle="package",
          call="svyciprop(method = 'logit')", tolerance=1e-6)  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_the_covariance_of_influence_values_is_the_same(name):
    frame, values, domains, design = loaded(name)
    weights = frame["weight"].to_numpy(dtype=float)
    result = ratios(values, weights, domains, design)
    influence = np.column_stack(
        [
            rows * (values[:, i] - result.value[i, d]) / weights[rows].sum()
            for i in range(2)
            for d, rows in enumerate(domains)
        ]
    )
    matrix = covariance(influence, weights, design)
    assert largest_difference(np.sqrt(np.diag(matrix)), result.se.reshape(-1)) <= 1e-12
    # A contrast is a dot product: its variance is that of the difference of the influence values.
    contrast = np.zeros(8)
    contrast[[5, 6]] = 1, -1
    direct = covariance((influence @ contrast)[:, None], weights, design)[0, 0]
    assert direct == pytest.approx(contrast @ matrix @ contrast, rel=1e-10)


@pytest.mark.parametrize("name", ["stratified_raked", "clustered_raked"])
def test_raked_weights(name):
    data = CASES[name]["data"]
    base, final = np.array(data["base_weight"]), np.array(data["weight"])
    margins = []
    for margin, column in data["margins"].items():
        names, cell = np.unique(column, return_inverse=True)
        # The totals that R was given are those its weights have.
        margins.append(Margin(margin, [margin], cell, names.tolist(), np.bincount(cell, final)))
    weights, trace = rake(base, margins, 500, 1e-13, "w")
    agree("designs", "raked weights", weights, final, call="weights(calibrate(calfun = 'raking'))", **PACKAGE)
    assert trace[-1]["largest_relative_difference"] <= 1e-13 and len(trace) > 1


def test_a_stratum_of_one_unit_is_named():
    data = CASES["lonely_adjust"]["data"]
    frame = pd.DataFrame({"stratum": data["stratum"], "psu": data["psu"]})
    with pytest.raises(FindingsError, match="one primary sampling unit") as caught:
        make_design(frame, "error", "w", calibrated=False)
    assert caught.value.codes == ["z"]


def test_korn_graubard_at_its_edges_by_formula():
    # Clopper-Pearson when the design is a simple random sample; 0 and n by the rule of (alpha/2)^(1/n).
    p, n = np.array([0.0, 1.0, 0.3]), np.array([50.0, 50.0, 50.0])
    se = np.sqrt(p * (1 - p) / n)
    low, high = korn_graubard(p, se, n, n - 1)
    edge = 0.025 ** (1 / 50)
    assert low[0] == 0 and high[1] == 1
    assert high[0] == pytest.approx(1 - edge, abs=1e-10) and low[1] == pytest.approx(edge, abs=1e-10)
    from scipy.stats import binomtest

    exact = binomtest(15, 50).proportion_ci(0.95, "exact")
    assert (low[2], high[2]) == pytest.approx((exact.low, exact.high), abs=1e-10)
    assert np.isnan(korn_graubard(p, se, n, np.zeros(3))[0]).all()


def test_r_gives_the_recorded_answers():
    anew = computed("designs")
    if anew is None:
        pytest.skip("not run: R, or its package survey, is not installed")
    assert set(anew) == set(CASES)
    for name, case in anew.items():
        for part, values in case["answer"].items():
            assert largest_difference(values, CASES[name]["answer"][part]) <= 1e-12, (name, part)
