"""Replicate weights and their standard errors against R `survey`, from the very replicate weights that R exported."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from agreement import agree
from findings.design import make_design
from findings.replicates import deviations, raked, replicates
from recorded import assert_same, computed, recorded

CASES = recorded("replicates")
CALLS = {"jackknife": "JKn", "subbootstrap": "subbootstrap", "bootstrap": "bootstrap"}


def loaded(case):
    frame = pd.DataFrame(case["data"])
    everyone = np.ones(len(frame), dtype=bool)
    domains = [everyone, *[(frame["stype"] == kind).to_numpy() for kind in ("E", "H", "M")]]
    return frame, frame[["api00", "target"]].to_numpy(dtype=float), domains


def margins_of(frame):
    """The population's totals, which R's weights meet."""
    made = []
    for name in ("margin_stype", "margin_wide"):
        names, cell = np.unique(frame[name], return_inverse=True)
        made.append((cell, np.bincount(cell, frame["weight"], minlength=len(names))))
    return made


@pytest.mark.parametrize("name", list(CASES))
def test_standard_errors_from_rs_weights(name):
    case = CASES[name]
    frame, values, domains = loaded(case)
    weights = np.array(case["replicates"]).T
    if case["raked"]:
        weights = raked(weights, margins_of(frame), 500, 1e-13, "w")
        agree("replicates", "weights of a replicate, raked anew", weights[:, 0], case["raked_first"], oracle="package",
              call="weights(calibrate(as.svrepdesign(), calfun = 'raking'))", tolerance=1e-8)  # fmt: skip
    scales = np.broadcast_to(np.array(case["scale"]) * np.array(case["rscales"]), (weights.shape[1],))
    means, errors = [], []
    for held in domains:
        own = frame.loc[held, "weight"].to_numpy(dtype=float)
        full = own @ values[held] / own.sum()
        means += full.tolist()
        errors += np.sqrt(deviations(weights[held], values[held], full) ** 2 @ scales).tolist()
    agree("replicates", "mean and proportion of a domain", means, case["answer"]["mean"], oracle="package",
          call="svymean(as.svrepdesign())", tolerance=1e-8)  # fmt: skip
    kind = name.split("_")[0]
    after = "calibrate(as.svrepdesign(type = '{}'))" if case["raked"] else "as.svrepdesign(type = '{}')"
    agree("replicates", f"replicate standard error: {name.replace('_', ', ')}", errors, case["answer"]["se"],
          oracle="package", call=f"SE(svymean({after.format(CALLS[kind])}))", tolerance=1e-8)  # fmt: skip


@pytest.mark.parametrize("name", ["jackknife", "jackknife_fpc"])
def test_jackknife_weights_are_rs(name):
    case = CASES[name]
    frame, _, _ = loaded(case)
    design = make_design(frame, "error", "w", calibrated=False)
    plan = replicates(design, "jackknife", 0, 0)
    ours = frame["base_weight"].to_numpy(dtype=float)[:, None] * plan.factors[design.psu]
    theirs = np.array(case["replicates"]).T
    order = [np.lexsort(table[::-1]) for table in (ours.round(6), theirs.round(6))]
    agree("replicates", "weights of the jackknife", ours[:, order[0]], theirs[:, order[1]], oracle="package",
          call="weights(as.svrepdesign(type = 'JKn'))", tolerance=1e-8)  # fmt: skip
    scales = np.broadcast_to(np.array(case["scale"]) * np.array(case["rscales"]), plan.scales.shape)
    agree("replicates", "scales of the jackknife", plan.scales[order[0]], scales[order[1]], oracle="package",
          call="as.svrepdesign(type = 'JKn')$rscales", tolerance=1e-8)  # fmt: skip


@pytest.mark.parametrize("columns", [["stratum", "psu"], ["stratum", "psu", "fpc1"]])
def test_a_bootstrap_keeps_the_size_of_each_stratum_and_is_the_same_again(columns):
    frame, _, _ = loaded(CASES["jackknife_fpc"])
    design = make_design(frame[columns], "error", "w", calibrated=False)
    plan = replicates(design, "bootstrap", 300, 1)
    for stratum in range(len(design.names)):
        own = plan.factors[design.stratum == stratum]
        assert np.allclose(own.sum(axis=0), len(own)) and own.min() >= 0
    assert (replicates(design, "bootstrap", 300, 1).factors == plan.factors).all()
    assert (replicates(design, "bootstrap", 300, 2).factors != plan.factors).any()


def test_a_cell_that_a_replicate_leaves_empty_is_shared_by_the_others():
    cell, other = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 0, 1])
    weights = np.array([[1.0, 1, 1, 1, 0, 0], [1.0] * 6]).T
    made = raked(weights, [(cell, np.array([10.0, 20, 30])), (other, np.array([24.0, 36]))], 500, 1e-12, "w")
    assert made.sum(axis=0) == pytest.approx([60, 60]) and made[4:, 0].tolist() == [0, 0]
    assert np.bincount(cell, made[:, 0]).tolist() == pytest.approx([20, 40, 0])
    assert np.bincount(cell, made[:, 1]).tolist() == pytest.approx([10, 20, 30])


def test_r_gives_the_recorded_answers():
    answers = computed("replicates")
    if answers is None:
        pytest.skip("not run: R, or its package survey, is not installed")
    assert_same(answers, CASES)
