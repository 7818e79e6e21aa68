"""Influence values of a sample: the same numbers as the vectorised estimates, and their combinations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from findings.estimators import ratios
from findings.influence import headline, means, sample, standard_errors

DESIGN = {"kind": "probability", "weighting": ["none", "design"], "singletons": "error"}


def frame(n: int = 240) -> pd.DataFrame:
    random = np.random.default_rng(3)
    made = pd.DataFrame({"stratum": [f"s{i % 3}" for i in range(n)], "psu": [f"p{i % 24}" for i in range(n)]})
    made["base_weight"] = random.uniform(1, 4, n)
    made.loc[:9, "base_weight"] = np.nan  # outside the target population
    made["y"] = np.where(random.uniform(size=n) < 0.1, np.nan, (random.uniform(size=n) < 0.4).astype(float))
    made["one"] = 1.0
    return made


def test_means_are_those_of_the_vectorised_path():
    of = sample(frame(), DESIGN, "design", "w")
    assert len(of.frame) == 230
    domains = np.array([np.ones(230, dtype=bool), of.frame.index.to_numpy() % 2 == 0])
    values = of.frame[["y", "y"]].to_numpy(dtype=float)
    found = means(of, values, domains)
    se, df = standard_errors(of, found)
    plain = ratios(of.frame[["y"]].to_numpy(dtype=float), of.weights, domains, of.design)
    assert found.value == pytest.approx(plain.value[0], rel=1e-12)
    assert se == pytest.approx(plain.se[0], rel=1e-12) and df.tolist() == plain.df[0].tolist()


def test_a_difference_knows_that_its_parts_are_of_the_same_people():
    of = sample(frame(), DESIGN, "design", "w")
    everyone = np.ones((2, 230), dtype=bool)
    gap = means(of, of.frame[["y", "y"]].to_numpy(dtype=float), everyone).combined(np.array([[1.0, -1.0]]))
    assert gap.value[0] == 0 and standard_errors(of, gap)[0][0] == pytest.approx(0, abs=1e-12)


def test_a_constant_keeps_its_degrees_of_freedom_and_nobody_is_no_number():
    of = sample(frame(), DESIGN, "design", "w")
    nobody = np.zeros(230, dtype=bool)
    found = means(of, of.frame[["one", "one"]].to_numpy(dtype=float), [~nobody, nobody])
    se, df = standard_errors(of, found)
    assert se[0] == pytest.approx(0, abs=1e-15) and df[0] == 24 - 3
    assert np.isnan(found.value[1]) and (found.influence[:, 1] == 0).all()


def test_the_headline_of_volunteers_is_unweighted():
    study = {"headline_weighting": "calibrated"}
    assert headline(DESIGN, study) == "design" and headline(DESIGN | {"kind": "volunteer"}, study) == "none"
    assert headline(DESIGN | {"weighting": ["none", "design", "calibrated"]}, study) == "calibrated"
