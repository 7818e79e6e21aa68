"""Models of a config into derived rows: which there are, what they say, and what withholds them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from findings import influence
from findings.disclosure.derived import disclose_derived
from findings.errors import FindingsError
from findings.models.part import models
from findings.models.plan import check_models, plans
from findings.models.rows import model_rows
from findings.plan import expand_indicators

LABEL = {"en": "x"}
WAVE = {"wave": "w", "synthetic": True}
DESIGN = {"kind": "probability", "weighting": ["none", "design"], "singletons": "error"}


def study(**change) -> dict:
    """A study of two ministries, a yes/no outcome of each, two levels, and a barrier."""

    def breakdown(column, groups):
        level = {"level": column, "label": LABEL, "groups": {group: {"label": LABEL} for group in groups}}
        return {"column": column, "sensitive": False, "ladder": [level]}

    model = {
        "label": LABEL, "kind": "logistic", "outcome": "adoption.uses", "scopes": ["pooled", "each"],
        "correction": "holm", "blocks": [{"id": "one", "label": LABEL, "terms": ["gender"]},
                                         {"id": "two", "label": LABEL, "terms": ["place"]}],
        **change,
    }  # fmt: skip
    return {
        "ministries": {"health": {"label": LABEL}, "finance": {"label": LABEL}}, "services": {}, "barriers": {},
        "breakdowns": {"gender": breakdown("gender", ["men", "women"]),
                       "place": breakdown("place", ["town", "village"]),
                       "main": breakdown("main_barrier", ["power", "cost"])},
        "indicators": [
            {"id": "uses", "family": "adoption", "statistic": "proportion", "for_each": {"ministry": "ministries"},
             "column": "uses_{ministry}", "one": ["yes"], "zero": ["no"]},
            {"id": "main", "family": "main_barrier", "statistic": "proportion", "column": "main_barrier",
             "one": ["power"], "zero": ["cost"]},
            {"id": "score", "family": "views", "statistic": "mean", "column": "score",
             "scale": {"a": 1, "b": 2, "c": 3}},
        ],
        "headline_weighting": "design", "disclosure": {"min_cell": 10, "min_difference": 10}, "models": {"use": model},
    }  # fmt: skip


def frame(rows=1200, seed=1) -> pd.DataFrame:
    """Respondents in 40 PSUs of 4 strata, with outcomes that women and villages have less often."""
    random = np.random.default_rng(seed)
    psu = random.integers(0, 40, rows)
    made = pd.DataFrame(
        {"stratum": psu % 4, "psu": psu, "base_weight": random.uniform(1, 3, rows),
         "gender": random.choice(["men", "women"], rows), "place": random.choice(["town", "village", None], rows)}
    )  # fmt: skip
    odds = 0.4 - 0.7 * (made["gender"] == "women") - 0.5 * (made["place"] == "village")
    for ministry in ("health", "finance"):
        made[f"adoption__uses__{ministry}"] = (random.random(rows) < 1 / (1 + np.exp(-odds))).astype(float)
    made.loc[:20, "adoption__uses__health"] = np.nan
    made["views__score"] = random.integers(1, 4, rows).astype(float)
    return made


def rows_of(frame_: pd.DataFrame, study_: dict) -> tuple[dict, list[str]]:
    rows, told = model_rows(influence.sample(frame_, DESIGN, "design", "w"), plans(study_))
    return {row["key"]: row for row in rows}, told


def test_every_scope_and_block_has_its_effects_tests_and_model():
    found, told = rows_of(frame(), study())
    assert not told
    for name in ("use_pooled_two", "use_health_two", "use_finance_two"):
        effect, whole = found[f"model.{name}.gender.women@w"], found[f"model.{name}.model.all@w"]
        assert effect["statistic"] == "average_marginal_effect" and -0.35 < effect["estimate"] < -0.02
        assert effect["ci_low"] < effect["estimate"] < effect["ci_high"] and effect["df"] == 36
        assert found[f"model.{name}_log_odds.gender.women@w"]["estimate"] < 0
        assert found[f"model.{name}.place.all@w"]["df1"] == 1 and 0 < whole["estimate"] < 1
        # One level: the test of the term is that of the coefficient, t² = F.
        odds = found[f"model.{name}_log_odds.gender.women@w"]
        assert found[f"model.{name}.gender.all@w"]["test_value"] == pytest.approx((odds["estimate"] / odds["se"]) ** 2)
    assert "model.use_pooled_one.ministry.finance@w" in found and "model.use_health_one.place.village@w" not in found


def test_blocks_are_of_the_same_respondents_and_those_left_out_are_of_no_model():
    data = frame()
    found, _ = rows_of(data, study())
    wanted = int((data["place"].notna() & data["adoption__uses__health"].notna()).sum())
    assert {found[f"model.use_health_{block}.model.all@w"]["n"] for block in ("one", "two")} == {wanted}


def test_rows_of_one_respondent_are_one_cluster():
    # The same answers for both ministries carry no more information than one: the standard error is the same.
    data = frame()
    data["adoption__uses__health"] = data["adoption__uses__finance"]
    found, _ = rows_of(data, study())
    both, one = (found[f"model.use_{scope}_two.gender.women@w"] for scope in ("pooled", "finance"))
    assert both["estimate"] == pytest.approx(one["estimate"], abs=1e-9)
    assert both["se"] == pytest.approx(one["se"], rel=1e-9)


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (lambda d: d.assign(adoption__uses__health=1.0), "constant_outcome"),
        (lambda d: d.assign(adoption__uses__health=(d["gender"] == "women").astype(float)), "small_cell"),
        (lambda d: d.assign(place=d["gender"].map({"men": "town", "women": "village"})), "collinear"),
        (lambda d: d.assign(stratum=0, psu=d["psu"] % 3), "few_degrees_of_freedom"),
    ],
)
def test_what_withholds_a_model_is_named_and_is_not_released(spoil, cause):
    study_ = study(scopes=["each"])
    found, told = rows_of(spoil(frame()), study_)
    row = found["model.use_health_two.model.all@w"]
    assert row["reason"].startswith(cause) and any(f"use_health_two withheld, {cause}" in line for line in told)
    assert "model.use_health_two.gender.women@w" not in found and not any(" nan" in line for line in told)
    table, _ = models(spoil(frame()), DESIGN, study_, WAVE)
    behind = {key for cells in table["cells"] for key in json.loads(cells).get("rows", [])}
    judged = pd.DataFrame({"key": sorted(behind), "status": "published"})
    released = disclose_derived(table, [judged], {"min_cell": 10, "min_difference": 10}).set_index("key")
    withheld = released.loc["model.use_health_two.model.all@w"]
    assert withheld["status"] == "suppressed" and withheld["reason"] == "disclosure control"
    assert pd.isna(withheld["estimate"]) and cause not in released.to_csv()


@pytest.mark.parametrize("kind", ["logistic", "ordinal", "linear"])
def test_a_model_that_nobody_answered_is_withheld(kind):
    outcome = "adoption.uses" if kind == "logistic" else "views.score"
    change = {"kind": kind, "outcome": outcome, "scopes": ["pooled"]} | ({"at_least": 3} if kind == "ordinal" else {})
    empty = frame().assign(adoption__uses__health=np.nan, adoption__uses__finance=np.nan, views__score=np.nan)
    found, told = rows_of(empty, study(**change))
    assert (
        len(found) == 2 and all(row["reason"].startswith("too_few_rows") for row in found.values()) and len(told) == 2
    )


def test_few_events_withhold_a_model():
    _, told = rows_of(frame(), study(minimum_events=400))
    assert any("few_events" in line for line in told)


def test_an_ordinal_model_has_effects_on_its_upper_steps_and_a_test_of_its_assumption():
    found, told = rows_of(frame(), study(kind="ordinal", outcome="views.score", at_least=3))
    assert not told
    assert found["model.use_everyone_two.gender.women@w"]["statistic"] == "average_marginal_effect"
    test = found["model.use_everyone_two_proportional_odds.model.all@w"]
    assert test["df1"] == 2 and test["test"] == "wald_adjusted" and 0 <= test["p"] <= 1


def test_a_linear_model_has_differences_of_means():
    data = frame()
    found, _ = rows_of(data, study(kind="linear", outcome="views.score"))
    row = found["model.use_everyone_one.gender.women@w"]
    kept = data[data["place"].notna()]
    mean = {g: np.average(part["views__score"], weights=part["base_weight"]) for g, part in kept.groupby("gender")}
    assert row["statistic"] == "difference_of_means"
    assert row["estimate"] == pytest.approx(mean["women"] - mean["men"])


def test_families_have_the_corrections_of_the_config():
    from statsmodels.stats.multitest import multipletests

    for correction, method in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh")):
        found, _ = rows_of(frame(), study(correction=correction))
        family = [row for row in found.values() if row.get("comparison_family") == "model_use_levels"]
        assert len(family) > 5 and all(row["statistic"] == "average_marginal_effect" for row in family)
        wanted = multipletests([row["p"] for row in family], method=method)[1]
        assert [row["p_adjusted"] for row in family] == pytest.approx(wanted)


def test_a_model_ends_before_a_block_that_the_wave_cannot_fill():
    from findings.config import of_wave

    whole = study()
    kept = of_wave(whole, {**WAVE, "breakdowns": ["gender", "main"]})
    assert [block.id for block in plans(whole)[0].blocks] == ["one", "two"]
    assert [block.id for block in plans(kept)[0].blocks] == ["one"]
    found, _ = rows_of(frame().drop(columns="place"), kept)
    assert "model.use_pooled_one.gender.women@w" in found and not any("two" in key for key in found)


def test_volunteers_have_no_model():
    table, told = models(frame(), {**DESIGN, "kind": "volunteer", "weighting": ["none"]}, study(), WAVE)
    assert not len(table) and not told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"blocks": [{"id": "one", "label": LABEL, "terms": ["main"]}]}, "barriers are not asked of all"),
        ({"blocks": [{"id": "one", "label": LABEL, "terms": ["age"]}]}, "levels of breakdowns"),
        ({"outcome": "adoption.nothing"}, "family.id"),
        ({"kind": "linear"}, "logistic for a proportion"),
        ({"kind": "ordinal", "outcome": "views.score"}, "the step of the scale"),
        ({"references": {"gender": "none"}}, "one of men, women"),
    ],
)
def test_a_config_that_names_what_may_not_be_is_refused(change, said):
    study_ = study(**change)
    if change.get("blocks", [{}])[0].get("terms") == ["main"]:
        study_["breakdowns"]["main"]["ladder"][0]["level"] = "main"
    with pytest.raises(FindingsError) as caught:
        check_models(study_)
    assert said in caught.value.mend


def test_the_shipped_config_has_no_barrier_in_a_model():
    from findings.config import load_study
    from findings.environment import ROOT

    shipped = load_study(ROOT / "config.yaml")
    check_models(shipped)
    assert len(plans(shipped)) > 3 and len(expand_indicators(shipped)) > 100
