"""Weights: the frame, margins with those in none of their cells, trimming, and what is said when it cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from findings.errors import FindingsError
from findings.weighting import UNMATCHED, kish_deff, weigh

STUDY = {"weighting": {"max_iterations": 200, "tolerance": 1e-12, "trim": None}, "singletons": "error"}


def case(tmp_path, sexes, places, strata, margins=("sex", "place"), trim=None, **design):
    frame = pd.DataFrame(
        {"row_id": [f"r{i:06d}" for i in range(len(sexes))], "sex": sexes, "place": places}, dtype="string"
    )
    respondents = frame.assign(stratum=pd.array(strata, dtype="string"))
    (tmp_path / "frame.csv").write_text("stratum,people\na,6000\nb,4000\n")
    (tmp_path / "sex.csv").write_text("sex,population\nf,520\nm,480\n")
    (tmp_path / "place.csv").write_text("place,population\nu,30\nr,70\n")
    wave = {
        "wave": "w",
        "design": {"kind": "probability", "strata": "stratum",
                   "frame": {"file": "frame.csv", "stratum": "stratum", "population": "people"}, **design},
        "calibration": {
            "margins": [{"name": name, "columns": [name], "file": f"{name}.csv"} for name in margins], "trim": trim,
        },
    }  # fmt: skip
    return weigh(frame, respondents, wave, STUDY, tmp_path, tmp_path)


def sample(n=200, seed=0):
    random = np.random.default_rng(seed)
    sexes = random.choice(["f", "m"], n, p=[0.7, 0.3])
    places = random.choice(["u", "r"], n, p=[0.6, 0.4])
    return sexes.tolist(), places.tolist(), (["a"] * (n // 2) + ["b"] * (n - n // 2))


def test_base_weights_are_the_frame_by_respondents(tmp_path):
    frame = case(tmp_path, *sample()).frame
    assert set(frame.loc[:99, "base_weight"]) == {60.0} and set(frame.loc[100:, "base_weight"]) == {40.0}


def test_raked_weights_meet_every_margin_and_keep_the_total(tmp_path):
    result = case(tmp_path, *sample())
    weights = result.frame["weight"]
    assert weights.sum() == pytest.approx(10_000)
    assert weights[result.frame["sex"] == "f"].sum() == pytest.approx(5200, rel=1e-9)
    assert weights[result.frame["place"] == "u"].sum() == pytest.approx(3000, rel=1e-9)
    assert result.design["trace"][-1]["largest_relative_difference"] <= 1e-12
    assert result.design["kish_deff"]["calibrated"] == pytest.approx(kish_deff(weights.to_numpy()))


def test_who_is_in_no_cell_of_a_margin_keeps_its_share(tmp_path):
    sexes, places, strata = sample()
    sexes[:20] = [None] * 10 + ["x"] * 10
    result = case(tmp_path, sexes, places, strata)
    margin = result.design["calibration"]["margins"][0]
    assert margin["totals"][UNMATCHED] == pytest.approx(20 * 60)
    weights = result.frame["weight"]
    assert weights[:20].sum() == pytest.approx(1200, rel=1e-9)
    assert weights[result.frame["sex"] == "f"].sum() == pytest.approx(0.52 * 8800, rel=1e-9)


def test_trimming_holds_with_the_margins_or_says_that_it_cannot(tmp_path):
    result = case(tmp_path, *sample(), trim={"lower": 0.4, "upper": 2.2})
    trimmed = result.frame["weight_trimmed"]
    mean = trimmed.mean()
    assert trimmed.min() >= 0.4 * mean * (1 - 2e-6) and trimmed.max() <= 2.2 * mean * (1 + 2e-6)
    assert trimmed[result.frame["sex"] == "f"].sum() == pytest.approx(5200, rel=1e-9)
    assert "trimmed" in result.design["weighting"]
    with pytest.raises(FindingsError, match="do not agree"):
        case(tmp_path, *sample(), trim={"lower": 0.95, "upper": 1.05})


def test_an_empty_cell_is_named(tmp_path):
    sexes, places, strata = sample()
    with pytest.raises(FindingsError, match="no respondent") as caught:
        case(tmp_path, ["f"] * 200, places, strata)
    assert caught.value.codes == ["m"] and caught.value.file == "sex.csv"


def test_raking_that_cannot_converge_names_the_cell(tmp_path):
    # All women live in towns and all men in villages: 52 % and 30 % cannot both hold.
    sexes = ["f"] * 100 + ["m"] * 100
    places = ["u"] * 100 + ["r"] * 100
    with pytest.raises(FindingsError, match="does not converge") as caught:
        case(tmp_path, sexes, places, ["a", "b"] * 100)
    assert caught.value.codes


def test_a_stratum_that_frame_and_sample_do_not_share_is_named(tmp_path):
    sexes, places, strata = sample()
    with pytest.raises(FindingsError, match="not in the frame") as caught:
        case(tmp_path, sexes, places, ["c", *strata[1:]])
    assert caught.value.codes == ["c"]
    with pytest.raises(FindingsError, match="no respondent") as caught:
        case(tmp_path, sexes, places, ["a"] * 200)
    assert caught.value.codes == ["b"]


def test_a_bad_base_weight_stops(tmp_path):
    with pytest.raises(FindingsError, match="not positive numbers"):
        case(tmp_path, *sample(), base_weight="sex")


def test_a_volunteer_wave_has_no_design_weights(tmp_path):
    result = case(tmp_path, *sample(), kind="volunteer")
    assert result.design["weighting"][0] == "none" and "design" not in result.design["weighting"]
