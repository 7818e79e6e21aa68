"""Designs: what is said of strata, PSUs and sizes that cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from findings.design import covariance, make_design
from findings.errors import FindingsError


def frame(**columns):
    made = {"stratum": ["a"] * 6 + ["b"] * 6, "psu": [f"p{i // 2}" for i in range(12)],
            "ssu": [f"s{i}" for i in range(12)]}  # fmt: skip
    return pd.DataFrame({**made, **columns})


@pytest.mark.parametrize(
    ("columns", "singletons", "words", "codes"),
    [
        ({"psu": ["p0", "p0", "p1", "p1", "p2", "p2"] + ["q"] * 6}, "error", "1 strata have one primary", ["b"]),
        ({"stratum": ["a"] * 2 + ["b"] * 2 + ["c"] * 8, "psu": ["p"] * 12}, "average", "no variance", []),
        ({"fpc1": [9.0] * 11 + [8.0]}, "error", "two values in 1 places", ["b"]),
        ({"fpc1": [9.0] * 6 + [2.0] * 6}, "error", "1 places have more primary", ["b"]),
        ({"fpc1": [9.0] * 12, "fpc2": [5.0] * 10 + [1.0] * 2}, "error", "1 places have more secondary", ["b/p5"]),
        ({"fpc1": [9.0] * 12, "fpc2": [5.0] * 12, "ssu": [f"s{i // 2}" for i in range(12)]}, "error",
         "6 primary sampling units have one secondary", ["a/p0", "a/p1", "a/p2", "b/p3", "b/p4", "b/p5"]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(columns, singletons, words, codes):
    with pytest.raises(FindingsError, match=words) as caught:
        make_design(frame(**columns), singletons, "w", calibrated=False)
    assert caught.value.codes == codes and caught.value.mend and caught.value.wave == "w"


def variance(of, singletons="error"):
    values = np.arange(12.0)[:, None] ** 2
    return covariance(values, np.ones(12), make_design(of, singletons, "w", calibrated=False))[0, 0]


def test_a_population_drawn_whole_has_no_variance_and_an_endless_one_is_drawn_with_replacement():
    assert variance(frame(fpc1=[3.0] * 12, fpc2=[2.0] * 12)) == 0
    assert variance(frame(fpc1=[1e12] * 12, fpc2=[1e12] * 12)) == pytest.approx(variance(frame()), rel=1e-9)
    # A stratum that is its one PSU in the population is no singleton: nothing of it was drawn by chance.
    lone = frame(psu=["p0", "p0", "p1", "p1", "p2", "p2"] + ["q"] * 6, fpc1=[9.0] * 6 + [1.0] * 6)
    assert variance(lone) == pytest.approx(variance(lone, "certainty"))


def test_without_the_first_stages_correction_the_second_adds_nothing():
    assert variance(frame(fpc2=[9.0] * 12)) == pytest.approx(variance(frame()), rel=1e-12)
