"""Weights: the frame, margins with those in none of their cells, trimming, and what is said when it cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from findings.errors import FindingsError
from findings.weighting import UNMATCHED, kish_deff, weigh

STUDY = {"weighting": {"max_iterations": 200, "tolerance": 1e-12, "trim": None}, "singletons": "error"}


def case(tmp_path, sexes, places, strata, margins=("sex", "place"), trim=None, columns=None, **design):
    frame = pd.DataFrame(
        {"row_id": [f"r{i:06d}" for i in range(len(sexes))], "sex": sexes, "place": places}, dtype="string"
    )
    respondents = frame.assign(stratum=pd.array(strata, dtype="string"))
    for name, cells in (columns or {}).items():
        respondents[name] = pd.array(cells, dtype="string")
    (tmp_path / "frame.csv").write_text("stratum,people,psus\na,6000,500\nb,4000,400\n")
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


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (["-1", "0", "x"] + ["2"] * 197, "Some weights are unusable: 1 missing or no number, 1 negative, 1 zero"),
        (["0"] * 200, "All weights are unusable: 200 zero"),
        (["1"] * 199 + ["31"], "1 over 30 times the median"),
        ([None] + ["1"] * 199, "1 respondents of the target population have no value"),
    ],
)
def test_bad_base_weights_are_named(tmp_path, weights, words):
    with pytest.raises(FindingsError, match=words) as caught:
        case(tmp_path, *sample(), columns={"w": weights}, base_weight="w")
    assert caught.value.column == "w" and caught.value.wave == "w" and caught.value.mend


def test_an_absurd_weight_made_by_raking_stops_unless_the_config_lets_it(tmp_path, monkeypatch):
    sexes, places, strata = sample()
    sexes = ["f"] + ["m"] * 199
    with pytest.raises(FindingsError, match="1 over 30 times the median") as caught:
        case(tmp_path, sexes, places, strata, margins=["sex"])
    assert "trim" in caught.value.mend and "cap" in caught.value.mend
    monkeypatch.setitem(STUDY["weighting"], "cap", 1000)
    assert case(tmp_path, sexes, places, strata, margins=["sex"]).frame["weight"].max() > 5000


def test_finite_populations_come_from_a_column_or_the_frame(tmp_path):
    rows = sample()
    villages = {"village": [f"v{i // 10}" for i in range(200)], "house": [f"h{i // 2}" for i in range(200)],
                "villages": ["50"] * 200, "houses": ["80"] * 200}  # fmt: skip
    frame = case(tmp_path, *rows, columns=villages, psu="village", ssu="house",
                 fpc={"psu": "villages", "ssu": "houses"}).frame  # fmt: skip
    assert set(frame["fpc1"]) == {50.0} and set(frame["fpc2"]) == {80.0} and frame["ssu"].nunique() == 100
    frame = case(tmp_path, *rows, fpc={"psu": "psus"}).frame
    assert set(frame.loc[:99, "fpc1"]) == {500.0} and set(frame.loc[100:, "fpc1"]) == {400.0} and "ssu" not in frame
    with pytest.raises(FindingsError, match="no numbers of units") as caught:
        case(tmp_path, *rows, columns={"share": ["0.1"] * 200}, fpc={"psu": "share"})
    assert caught.value.column == "share" and caught.value.codes == ["0.1"]


def test_a_volunteer_wave_has_no_design_weights(tmp_path):
    result = case(tmp_path, *sample(), kind="volunteer")
    assert result.design["weighting"][0] == "none" and "design" not in result.design["weighting"]
