"""The grid of specifications: what it expands to, whom it readmits, and that each point is what the pipeline gives."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from cleaned_wave import records_of, weighed
from conftest import WAVE
from findings import grids
from findings.config import load_study, load_wave
from findings.design import covariance
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.estimators import ratios
from findings.influence import sample
from findings.intervals import korn_graubard, logit, mover, student
from findings.keys import parse_key
from findings.models.effects import logistic_effects
from findings.models.factors import Factor, matrix, places
from findings.models.logistic import logistic
from findings.specifications import of_wave
from findings.specifications.adjustment import adjusted
from findings.specifications.estimates import as_counted, shares
from scipy.stats import norm

STUDY = load_study(ROOT / "config.yaml")
KINDS = ("none", "design", "calibrated")
STEPS = ("consent", "duration", "straight_lining")


def declared(name: str = "gender_gap", weightings=KINDS, steps=STEPS, study=STUDY) -> grids.Headline:
    return next(h for h in grids.headlines(study, weightings, steps) if h.name == name)


# --- The grid --------------------------------------------------------------------------------------------------------
def test_a_headline_expands_to_every_combination_and_is_itself_the_first():
    headline = declared()
    found = grids.points(headline)
    plain = [point for point in found if not headline.covariates[point.covariates]]
    assert len(plain) == 4 * 4 * 3 * 3 * 3 == len(set(plain)) and len(found) == len(set(found))
    assert headline.covariates["access"][:2] == ("gender", "age_broad") and "device" in headline.covariates["access"]
    assert found[0] == grids.Point("gender_gap", "as_cleaned", "complete", "t", "current", "unadjusted", "calibrated")
    assert all(grids.parse_point(point.indicator, point.weighting) == point for point in found)
    assert grids.parse_point(grids.summary("gender_gap", "missing", "all_no"), None) is None


def test_a_wave_has_the_choices_that_it_can_have():
    volunteers = declared(weightings=("none", "calibrated", "trimmed"), steps=("consent", "straight_lining"))
    assert volunteers.weights[0] == "none" and set(volunteers.weights) == {"none", "calibrated", "trimmed"}
    # Who was not dropped for speed cannot be readmitted: two sets would be the same.
    assert volunteers.exclusions == {"as_cleaned": frozenset(), "keep_alike": frozenset({"straight_lining"})}
    assert declared(weightings=("none", "design")).weights == ("design", "none")
    assert list(declared("trust_half").covariates) == ["unadjusted"]


def test_an_adjusted_gap_has_an_interval_by_students_t_alone():
    headline = replace(declared(), covariates={"unadjusted": (), "more": ("block",)})
    adjusted = [point for point in grids.points(headline) if point.covariates == "more"]
    assert {point.interval for point in adjusted} == {"t"} and len(adjusted) == 4 * 4 * 3 * 3


def test_a_gap_is_adjusted_for_blocks_of_a_model_that_is_there():
    assert "no_block" in wrong(lambda grid: grid["covariates"]["access"].update(blocks=["demographics", "no_block"]))
    assert "none" in wrong(lambda grid: grid["covariates"]["access"].update(model="no_model"))
    assert "unadjusted" in wrong(lambda grid: grid["covariates"]["unadjusted"].update(blocks=["demographics"]))


def wrong(change) -> str:
    study = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    change(study["specifications"])
    statistics = {(entry["family"], entry["id"]): entry["statistic"] for entry in study["indicators"]}
    return " | ".join(" ".join(problem) for problem in grids.problems(study, statistics))


@pytest.mark.parametrize(
    ("step", "why"),
    [("consent", "never analysed"), ("eligibility", "outside the population"), ("test_rows", "no respondent"),
     ("duplicates", "counted already"), ("recode", "drops nobody")],
)  # fmt: skip
def test_no_set_readmits_who_is_not_in_the_study(step, why):
    said = wrong(lambda grid: grid["exclusions"]["keep_both"].update(undo=["duration", step]))
    assert step in said and why in said and "keep_both" in said


def test_what_a_grid_names_is_there():
    assert "both or neither" in wrong(lambda grid: grid["headlines"]["gender_gap"].update(threshold=0.5))
    assert "women" in wrong(lambda grid: grid["headlines"]["gender_gap"]["gap"].update(groups=["male", "women"]))
    assert "no_level" in wrong(lambda grid: grid["headlines"]["gender_gap"]["gap"].update(level="no_level"))
    sus = {"x": {"family": "usability", "indicator": "sus"}}
    assert "a mean" in wrong(lambda grid: grid["headlines"]["gender_gap"].update(definitions=sus))
    assert "as it was cleaned" in wrong(lambda grid: grid["exclusions"]["as_cleaned"].update(undo=["duration"]))
    assert not wrong(lambda grid: None)


def test_a_wrong_grid_stops_the_run_with_a_sentence(tmp_path):
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(text.replace("undo: [duration]", "undo: [consent]"), encoding="utf-8")
    with pytest.raises(FindingsError, match="who gave no consent is never analysed"):
        load_study(tmp_path / "config.yaml")


# --- Arithmetic ------------------------------------------------------------------------------------------------------
def test_missing_answers_as_each_choice_counts_them():
    values = np.array([[1.0], [0.0], [np.nan], [np.nan], [np.nan], [np.nan]])
    states = np.array([["answered"], ["answered"], ["declined"], ["dont_know"], ["blank"], ["not_asked"]], dtype=object)
    assert np.isnan(as_counted(values, states, "complete")).sum() == 4
    assert as_counted(values, states, "all_no")[:, 0][:5].tolist() == [1, 0, 0, 0, 0]
    assert as_counted(values, states, "all_yes")[:, 0][:5].tolist() == [1, 0, 1, 1, 1]
    assert all(np.isnan(as_counted(values, states, way)[5, 0]) for way in grids.MISSING)


def wilson(k: float, n: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    z, p = norm.ppf(0.975), k / n
    half, middle = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)), p + z**2 / (2 * n)
    return tuple(np.array([v]) for v in (p, (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)))


@pytest.mark.parametrize(
    ("a", "b", "limits"),
    [((56, 70), (48, 80), (0.0524, 0.3339)), ((9, 10), (3, 10), (0.1705, 0.8090)), ((6, 7), (2, 7), (0.0582, 0.8062))],
)
def test_limits_of_a_gap_from_wilsons_are_newcombes(a, b, limits):
    # Newcombe (1998), Statistics in Medicine 17, table II, method 10.
    found = mover(wilson(*a), wilson(*b), np.array([0.0]))
    assert [v[0] for v in found] == pytest.approx(limits, abs=6e-5)


def test_limits_of_a_gap_are_students_where_those_of_its_shares_are():
    p, q, s, t, r = (np.array([v]) for v in (0.5, 0.4, 0.03, 0.02, 0.3))
    big = np.array([1e9])
    low, high = mover((p, *student(p, s, big)), (q, *student(q, t, big)), r)
    se = np.sqrt(s**2 + t**2 - 2 * r * s * t)
    assert [low[0], high[0]] == pytest.approx([(p - q - 1.959964 * se)[0], (p - q + 1.959964 * se)[0]], abs=1e-6)


# --- A wave ----------------------------------------------------------------------------------------------------------
GRID = """
exclusions:
  as_cleaned: {undo: []}
  keep_quick: {undo: [duration]}
  keep_both: {undo: [duration, straight_lining]}
weights: [calibrated, design, none]
missing: [complete, all_no, all_yes]
trim: {lower: 0.02, upper: 8}
covariates:
  unadjusted: {blocks: []}
  age: {model: use, blocks: [age]}
headlines:
  urban_gap:
    gap: {level: urban_rural, groups: [urban, rural]}
    definitions:
      current: {family: adoption, indicator: current_any}
      ever: {family: adoption, indicator: ever_any}
    intervals: [t, korn_graubard, logit]
  trust_gap:
    gap: {level: gender, groups: [male, female]}
    definitions: {trust: {family: trust, indicator: trust}}
    intervals: [t, korn_graubard, logit]
  trust_half:
    threshold: 0.5
    definitions: {trust: {family: trust, indicator: trust}}
    intervals: [korn_graubard, logit, t]
"""


@pytest.fixture(scope="module")
def wave(raw_study):
    return load_wave(raw_study / "data" / "raw" / WAVE / "wave.yaml")


@pytest.fixture(scope="module")
def study(raw_study):
    blocks = [{"id": "age", "terms": ["gender", "age_broad"]}, {"id": "place", "terms": ["state_region"]}]
    grid = {"specifications": yaml.safe_load(GRID), "models": {"use": {"blocks": blocks}}}
    return {**load_study(raw_study / "config.yaml"), **grid}


@pytest.fixture(scope="module")
def records(raw_study, wave):
    return records_of(raw_study, wave)


@pytest.fixture(scope="module")
def rows(records, wave, study, raw_study):
    return specified(records, wave, study, raw_study)


def specified(records, wave, study, raw, suppressed=()) -> pd.DataFrame:
    design = weighed(records, wave, study, raw).design
    keys = [
        f"{family}.{indicator}.proportion|{of}weights={weights}{group}@{WAVE}"
        for weights in ("none", "calibrated")
        for family, indicator, ofs in (("adoption", "current_any", study["ministries"]),
                                       ("adoption", "ever_any", study["ministries"]), ("trust", "trust", [None]))
        for of in (f"ministry={code};" if code else "" for code in ofs)
        for group in ("", ";urban_rural=urban", ";urban_rural=rural", ";gender=male", ";gender=female")
    ]  # fmt: skip
    judged = pd.DataFrame({"key": keys})
    judged["status"] = np.where(judged["key"].isin(list(suppressed)), "suppressed", "published")
    place = raw / "data" / "raw" / WAVE
    return of_wave(records, design, judged, study, wave, raw / "data" / "reference", place).set_index("key")


MAIN = "as_cleaned__complete__t__current__unadjusted"


def key(headline, choices, statistic="difference", of="ministry=finance;", weights="calibrated") -> str:
    return f"specification.{headline}__{choices}.{statistic}|{of}weights={weights}@{WAVE}"


def test_every_point_has_its_key_and_every_key_its_columns(rows, study):
    points = [grids.parse_point(row.indicator, row.weighting) for row in rows.itertuples()]
    # Sets, weights, missing; by interval or adjusted; definitions of three ministries, or of one.
    assert sum(point is not None for point in points) == 3 * 3 * 3 * ((3 + 1) * 2 * 3 + (3 + 1) + 3)
    for name in rows.index[:50]:
        assert parse_key(name)["family"] == "specification"
    assert rows["estimate"].notna().all() and (rows["status"].isna()).all()


@pytest.mark.parametrize(
    ("undone", "code", "way", "weights"),
    [((), "as_cleaned", "complete", "calibrated"), ((), "as_cleaned", "all_no", "none"),
     (("duration",), "keep_quick", "complete", "design"),
     (("duration", "straight_lining"), "keep_both", "all_yes", "calibrated")],
)  # fmt: skip
def test_a_point_is_what_the_pipeline_gives_when_it_is_run_that_way(
    rows, records, wave, study, raw_study, undone, code, way, weights
):
    by_hand = weighed(records, wave, study, raw_study, undone)
    of = sample(by_hand.frame, by_hand.design, weights, WAVE)
    column = of.frame["adoption__ever_any__finance"].copy()
    missing = of.frame["adoption__ever_any__finance__state"].isin(["declined", "dont_know", "blank"])
    if way != "complete":
        column[missing] = {"all_no": 0.0, "all_yes": 1.0}[way]
    groups = np.array([(of.frame["urban_rural"] == g).to_numpy(dtype=bool) for g in ("urban", "rural")])
    hand = ratios(column.to_numpy(dtype=float)[:, None], of.weights, groups, of.design)
    gap = float(hand.value[0, 0] - hand.value[0, 1])
    for method, limits in (("t", None), ("korn_graubard", korn_graubard), ("logit", logit)):
        row = rows.loc[key("urban_gap", f"{code}__{way}__{method}__ever__unadjusted", weights=weights)]
        assert row["estimate"] == pytest.approx(gap, abs=1e-12)
        assert row["n"] == hand.n.sum()
        # No PSU has respondents of both groups here, and a stratum lies in one: without margins the two do not covary.
        if weights != "calibrated":
            assert row["se"] == pytest.approx(np.hypot(*hand.se[0]), rel=1e-9)
            if limits is None:
                t = student(np.array([gap]), np.array([row["se"]]), np.array([row["df"]]))
                wanted = [t[0][0], t[1][0]]
            else:
                given = (hand.value[0], hand.se[0], hand.n[0], hand.df[0])
                low, high = limits(*given) if method == "korn_graubard" else limits(given[0], given[1], given[3])
                sides = [(hand.value[0, [g]], low[[g]], high[[g]]) for g in (0, 1)]
                wanted = [v[0] for v in mover(*sides, np.array([0.0]))]
            assert [row["ci_low"], row["ci_high"]] == pytest.approx(wanted, abs=1e-9)
    needed = json.loads(row["cells"])
    assert set(needed["counts"]) == {*hand.n[0].astype(int), *hand.k[0].astype(int), *(hand.n - hand.k)[0].astype(int)}


def test_an_adjusted_point_is_the_models_marginal_effect(rows, records, wave, study, raw_study):
    by_hand = weighed(records, wave, study, raw_study, ("duration",))
    of = sample(by_hand.frame, by_hand.design, "calibrated", WAVE)
    factors = (
        Factor("urban_rural", ("rural", "urban")), Factor("gender", ("female", "male")),
        Factor("age_broad", ("18_34", "35_54", "55_plus")),
    )  # fmt: skip
    place, y = places(of.frame, factors), of.frame["adoption__current_any__finance"].to_numpy(dtype=float)
    kept = (place >= 0).all(axis=1) & ~np.isnan(y)
    made = matrix(place[kept], factors)
    effects, influence = logistic_effects(logistic(made.x, y[kept], of.weights[kept]), made, of.weights[kept])
    whole = np.zeros((len(y), 1))
    whole[kept, 0] = influence[:, 0]
    row = rows.loc[key("urban_gap", "keep_quick__complete__t__current__age")]
    assert row["estimate"] == pytest.approx(effects[0], abs=1e-12) and row["n"] == kept.sum()
    assert row["se"] == pytest.approx(float(np.sqrt(covariance(whole, of.weights, of.design)[0, 0])), rel=1e-9)
    assert len(json.loads(row["cells"])["counts"]) == 2 * (2 + 2 + 3)


def test_a_gap_adjusted_for_nothing_is_the_gap(records, wave, study, raw_study):
    by_hand = weighed(records, wave, study, raw_study)
    of = sample(by_hand.frame, by_hand.design, "calibrated", WAVE)
    values = of.frame[["adoption__current_any__finance", "trust__trust"]].to_numpy(dtype=float)
    groups = [(of.frame["gender"] == group).fillna(False).to_numpy(dtype=bool) for group in ("male", "female")]
    plain, made = shares(of, values, groups), adjusted(of, values, Factor("gender", ("female", "male")), ())
    assert made.gap == pytest.approx(plain.gap, abs=1e-12) and made.se == pytest.approx(plain.gap_se, rel=1e-9)
    assert made.df == pytest.approx(plain.gap_df) and made.n == pytest.approx(plain.n.sum(axis=1))


def test_a_model_that_does_not_hold_has_no_number_and_passes_no_gate(records, wave, study, raw_study):
    by_hand = weighed(records, wave, study, raw_study)
    of = sample(by_hand.frame, by_hand.design, "calibrated", WAVE)
    women = (of.frame["gender"] == "female").to_numpy(dtype=float)
    made = adjusted(of, women[:, None], Factor("gender", ("female", "male")), ())
    assert np.isnan(made.gap[0]) and np.isnan(made.se[0]) and 0 in made.counts[0]


def test_the_headlines_own_point_is_the_register_s(rows, finished_study):
    register = pd.read_parquet(finished_study / "results" / "confidential" / WAVE / "register.parquet").set_index("key")
    main = rows.loc[key("urban_gap", "as_cleaned__complete__t__current__unadjusted")]
    sides = [
        register.loc[f"adoption.current_any.proportion|ministry=finance;weights=calibrated;urban_rural={group}@{WAVE}"]
        for group in ("urban", "rural")
    ]
    assert main["estimate"] == pytest.approx(sides[0]["estimate"] - sides[1]["estimate"], abs=1e-12)
    share = rows.loc[key("trust_half", "as_cleaned__complete__korn_graubard__trust__unadjusted", "proportion", "")]
    wanted = register.loc[f"trust.trust.proportion|weights=calibrated@{WAVE}"]
    for column in ("estimate", "se", "ci_low", "ci_high", "df", "n"):
        assert share[column] == pytest.approx(wanted[column], abs=1e-12), column


def test_the_headlines_own_point_is_the_comparison_of_its_groups(finished_study):
    place = finished_study / "results" / "confidential" / WAVE
    made, compared = (
        pd.read_parquet(place / f"{part}.parquet").set_index("key") for part in ("specifications", "comparisons")
    )
    groups = ",".join(
        f"adoption.current_any.proportion|ministry=health;weights=calibrated;urban_rural={group}@{WAVE}"
        for group in ("urban", "rural")
    )
    row, wanted = made.loc[key("urban_gap", MAIN, of="ministry=health;")], compared.loc[f"diff({groups})"]
    for column in ("estimate", "se", "ci_low", "ci_high", "df", "n", "test_value", "p"):
        assert row[column] == pytest.approx(wanted[column], rel=1e-9, abs=1e-12), column


def test_a_set_readmits_whom_its_steps_dropped_and_nobody_else(rows, records):
    dropped = records.respondents["dropped_by"]
    inside = records.respondents["location"] == "inside"
    quick = int(((dropped == "duration") & inside).sum())
    size = {
        code: rows.loc[key("urban_gap", f"{code}__all_no__t__current__unadjusted")]["n"]
        for code in ("as_cleaned", "keep_quick", "keep_both")
    }
    assert quick > 0 and size["as_cleaned"] < size["keep_quick"] <= size["as_cleaned"] + quick
    alike = int(((dropped == "straight_lining") & inside).sum())
    assert size["keep_quick"] < size["keep_both"] <= size["as_cleaned"] + quick + alike
    assert {"consent", "eligibility", "test_rows", "duplicates"} <= set(dropped.dropna())


def published(rows: pd.DataFrame) -> pd.DataFrame:
    """Points whose own counts let them pass."""
    cells = [json.loads(cell) for cell in rows["cells"]]
    keep = [
        grids.parse_point(row.indicator, row.weighting) is not None
        and min(cell["counts"]) >= 10
        and all(a == b or abs(a - b) >= 10 for a, b in cell.get("near", []))
        for row, cell in zip(rows.itertuples(), cells, strict=True)
    ]
    return rows[keep]


def test_summaries_are_the_shares_of_the_points_that_are_released(rows):
    shown = published(rows)
    ours = shown[(shown["ministry"] == "finance") & shown["indicator"].str.startswith("urban_gap__")]
    main = rows.loc[key("urban_gap", "as_cleaned__complete__t__current__unadjusted")]
    same = np.sign(ours["estimate"]) == np.sign(main["estimate"])
    clear = same & ((ours["ci_low"] > 0) | (ours["ci_high"] < 0))
    place = f"|ministry=finance@{WAVE}"
    assert rows.loc["specification.urban_gap.same_sign" + place, "estimate"] == pytest.approx(same.mean())
    assert rows.loc["specification.urban_gap.significant" + place, "estimate"] == pytest.approx(clear.mean())
    part = ours["indicator"].str.contains("__all_no__")
    one = "specification.urban_gap__missing__all_no.significant" + place
    assert rows.loc[one, "estimate"] == pytest.approx(clear[part].mean())
    assert json.loads(rows.loc[one, "cells"]) == {"rows": [main.name]}


def test_a_set_that_differs_by_a_few_respondents_is_withheld(rows):
    few = rows[rows["indicator"].str.contains("__keep_quick__complete__t__current")]
    cells = [json.loads(cell) for cell in few["cells"]]
    assert cells and all(any(0 < abs(a - b) < 10 for a, b in cell["near"]) for cell in cells)
    assert not set(few.index) & set(published(rows).index)


def test_a_point_rests_on_the_rows_of_its_groups_and_is_in_no_share_without_them(records, wave, study, raw_study, rows):
    hidden = f"adoption.ever_any.proportion|ministry=finance;weights=calibrated;urban_rural=rural@{WAVE}"
    one = key("urban_gap", "as_cleaned__all_no__t__ever__unadjusted", weights="none")
    assert hidden in json.loads(rows.loc[one, "cells"])["rows"]
    made = specified(records, wave, study, raw_study, {hidden})
    ever = "specification.urban_gap__definition__ever.same_sign|ministry=finance@" + WAVE
    assert ever in rows.index and ever not in made.index
    assert ever.replace("ever", "current") in made.index


def test_planted_gaps_keep_their_sign_and_a_gap_that_was_not_planted_is_not_found(rows):
    ministries = ("health", "finance", "education")
    planted = [f"specification.urban_gap.same_sign|ministry={code}@{WAVE}" for code in ministries]
    assert (rows.loc[planted, "estimate"] >= 0.9).all()
    assert rows.loc[f"specification.trust_gap.significant|@{WAVE}", "estimate"] < 0.5


def test_a_volunteer_wave_has_no_interval_no_p_and_no_share_of_significant_points(records, wave, study, raw_study):
    volunteers = {**wave, "design": {"kind": "volunteer"}}
    made = specified(records, volunteers, study, raw_study)
    assert set(made["weighting"].dropna()) == {"none", "calibrated"}
    assert made[["se", "ci_low", "ci_high", "df", "p", "test_value"]].isna().all(axis=None)
    assert made["ci_method"].isna().all() and "significant" not in set(made["statistic"])
    assert (made["statistic"] == "same_sign").any()


def test_a_wave_without_a_breakdown_has_neither_its_gaps_nor_its_covariates(records, wave, study, raw_study):
    margins = [margin for margin in wave["calibration"]["margins"] if "gender" not in margin["columns"]]
    fewer = {"breakdowns": ["urban_rural", "state_region"], "calibration": {"margins": margins}}
    made = specified(records, {**wave, **fewer}, study, raw_study)
    assert not made["indicator"].str.startswith("trust_gap").any()
    assert made["indicator"].str.startswith("urban_gap").any() and not made["indicator"].str.endswith("__age").any()


def test_a_study_without_a_grid_has_no_specifications(records, wave, study, raw_study):
    plain = {name: value for name, value in study.items() if name != "specifications"}
    assert specified(records, wave, plain, raw_study).empty
