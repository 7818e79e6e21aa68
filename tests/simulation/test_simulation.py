"""The simulation's machinery on a few draws, its population against the shipped waves, and its results' criteria."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from criteria import BAND, LEAST_SHARE, RESULTS, Z, beyond, held, results
from estimates import truths
from findings.config import load_study
from findings.environment import ROOT
from findings.indicators import build
from findings.plan import expand_indicators
from measures import SELECTIVE, drawn
from picture import PAGE, page
from planted import Planted
from simulate import chunk, first, setting, tables

RUN = "PYTHONPATH=workflow:tests/simulation .venv/bin/python tests/simulation/simulate.py"


@pytest.fixture(scope="module")
def few():
    """The first chunk of the draws: seconds, not minutes."""
    return chunk(0, 10)


@pytest.mark.parametrize("wave", ["nug_2025", "nug_2026"])
def test_the_population_is_the_one_that_the_waves_are_drawn_from(wave):
    """The shipped wave's own clean data, by the project's own indicators, against the exact truth of the sample."""
    study = load_study(ROOT / "config.yaml")
    twin = pd.read_csv(ROOT / "data" / "raw" / wave / "clean_twin.csv", dtype="string", keep_default_na=False)
    twin = twin[twin["location"] == "inside"].replace("", pd.NA).reset_index(drop=True)
    planted = Planted(wave, study)
    true = truths(planted, setting()["domains"][:1], ("none",))["none"]
    names = [name for name in true if name != SELECTIVE]
    columns = {name: name.replace(".", "__").replace("|", "__") for name in names}
    made = build(twin.assign(row_id=twin.index.astype(str)), expand_indicators(study), [], study)
    town = pd.factorize(twin["township"])[0]
    for name, column in columns.items():
        values = made[column].to_numpy(dtype=float)
        known = ~np.isnan(values)
        # Townships are the sampling units: the spread of their totals is the standard error.
        off = np.bincount(town[known], (values - true[name][0])[known])
        assert abs(off.sum()) < 4 * np.sqrt((off**2).sum()), (name, values[known].mean(), true[name][0])


def test_drawn_answers_are_what_is_expected_of_them():
    planted = setting()["planted"]
    random = np.random.default_rng(5)
    people, town = planted.draw(random, 40)
    true = setting()["truths"]["none"][:, 0]
    for (name, values), wanted in zip(drawn(planted, random, people, town).items(), true, strict=True):
        means = np.nanmean(values, axis=1)
        assert abs(means.mean() - wanted) < 5 * means.std(ddof=1) / np.sqrt(len(means)), name


def test_the_committed_results_are_those_of_this_code(few):
    """The first draws anew: an estimator that has changed, or another truth, makes the results stale."""
    recorded = pd.read_csv(RESULTS / "first.csv")
    made = first(few)
    assert made["row"].tolist() == recorded["row"].tolist(), f"stale: run {RUN}"
    for column in ("value", "se", "df", "held"):
        assert np.allclose(made[column], recorded[column], rtol=1e-5, atol=1e-7, equal_nan=True), f"stale: run {RUN}"


def test_every_table_has_a_row_for_every_estimate(few):
    made, committed = tables(few), results()
    for name, table in made.items():
        assert list(table) == list(committed[name]), name
        assert len(table) == len(committed[name]), name


def test_the_page_has_the_results():
    command = "PYTHONPATH=workflow:tests/simulation .venv/bin/python tests/simulation/picture.py"
    assert PAGE.read_text(encoding="utf-8") == page(), f"docs/proof.md is stale: run {command}"


# Three Monte-Carlo errors of a coverage of 95 % in 2,000 samples.
SLACK = 3 * np.sqrt(0.95 * 0.05 / 2000)


def test_there_are_enough_draws():
    found = results()
    assert found["domains"].query("group == 'everyone'")["draws"].min() >= 2000
    assert all(found[name]["draws"].min() >= 2000 for name in ("contrasts", "effects", "tests", "bounds"))


def test_estimators_are_unbiased():
    found = results()
    parts = [group for _, group in found["domains"].groupby("weighting")] + [found["contrasts"], found["effects"]]
    for part in parts:
        # Beyond three Monte-Carlo errors is what chance, and the bias of a ratio in few townships, account for.
        count, chance = beyond(part["z"])
        assert chance > 0.01 and part["z"].abs().max() < 4, count
        assert ((part["mean"] - part["truth"]).abs() < 0.1 * part["spread"]).all()
    large = found["domains"][found["domains"]["breakdown"].isna()]
    assert (large["z"].abs() <= Z).all()


def test_standard_errors_are_the_spread_of_the_estimates():
    found = results()
    rows = found["domains"][held(found["domains"])]
    for ratio in (rows["se_to_spread"], found["contrasts"]["se_to_spread"], found["effects"]["se_to_spread"]):
        assert ratio.between(0.9, 1.1).all() and 0.97 < ratio.median() < 1.03


def test_intervals_hold_the_truth_where_many_townships_make_the_variance():
    """The criterion; what misses it by more than the Monte-Carlo error has few effective degrees of freedom."""
    found = results()
    rows = found["domains"]
    rows = rows[(rows["weighting"] == "calibrated") & held(rows) & rows["df_effective"].notna()]
    low = np.where(rows["statistic"] == "proportion", LEAST_SHARE, BAND[0])
    assert ((rows["coverage"] >= low - SLACK) | (rows["df_effective"] < 12)).all()
    assert (rows["coverage_satterthwaite"] >= low - SLACK).all()
    contrasts = found["contrasts"]
    assert (contrasts["coverage"].between(*BAND) | (contrasts["df_effective"] < 15)).all()
    assert contrasts["coverage_satterthwaite"].dropna().between(*BAND).all()
    assert found["effects"]["coverage"].between(*BAND).all()


def test_table_tests_keep_their_size():
    tests = results()["tests"]
    everyone = tests[tests["group"] == "everyone"]
    assert everyone["size_5"].between(0.05 - SLACK, 0.05 + SLACK).all()
    assert tests["size_5"].max() < 0.08


def test_bounds_hold_what_the_unwilling_hide():
    bounds = results()["bounds"]
    assert bounds["coverage"].min() >= LEAST_SHARE
    hidden = bounds[bounds["indicator"] == SELECTIVE]
    assert hidden["coverage_without_bounds"].max() < 0.8


def test_volunteers_are_biased_and_weights_do_not_mend_it():
    rows = results()["volunteers"]
    for name in ("trust.trust", "adoption.aware|telekyanmar"):
        bias = rows[(rows["indicator"] == name) & rows["breakdown"].isna()].set_index("weighting")
        assert (bias["bias"] > 20 * bias["error"]).all() and bias.loc["trimmed", "bias"] > 0.05
