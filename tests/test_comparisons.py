"""Comparisons within a wave: what is compared, what each rests on, one correction per family, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from findings.comparisons import comparisons
from findings.config import load_study
from findings.contrasts import Part, contrasts
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.families import families, named
from findings.influence import Sample, sample
from findings.keys import pair_of
from findings.plan import expand_indicators, levels
from statsmodels.stats.multitest import multipletests

WAVE = {"wave": "w", "synthetic": True}
DESIGN = {"kind": "probability", "singletons": "error", "weighting": ["design", "none"]}


def study(*entries: dict) -> dict:
    ladder = [
        {"level": "people", "groups": {"a": {}, "b": {}, "c": {}}},
        {"level": "people_two", "groups": {"a": {}, "others": {"codes": ["b", "c"]}}},
    ]
    return {
        "ministries": {"one": {}, "two": {}},
        "services": {},
        "barriers": {},
        "headline_weighting": "design",
        "breakdowns": {
            "sex": {"column": "sex", "sensitive": False, "ladder": [{"level": "sex", "groups": {"f": {}, "m": {}}}]},
            "people": {"column": "people", "sensitive": True, "ladder": ladder},
        },
        "crossings": [{"name": "both", "levels": ["sex", "people_two"], "sensitive": True}],
        "indicators": [
            {"id": "use", "family": "x", "statistic": "proportion", "for_each": {"ministry": "ministries"},
             "column": "use_{ministry}", "one": ["yes"], "zero": ["no"]},
            {"id": "before", "family": "y", "statistic": "proportion", "for_each": {"ministry": "ministries"},
             "column": "before_{ministry}", "one": ["yes"], "zero": ["no"]},
            {"id": "score", "family": "z", "statistic": "mean", "column": "score", "number": True},
        ],
        "comparisons": [{"correction": "holm", **entry} for entry in entries],
    }  # fmt: skip


def drawn(**columns: Sequence) -> pd.DataFrame:
    """Respondents of 4 strata × 6 PSUs × 20; `columns` replace some."""
    random = np.random.default_rng(5)
    n = 480
    sex, people = random.choice(["f", "m"], n), random.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])
    frame = {
        "stratum": np.repeat([f"s{i}" for i in range(4)], 120), "psu": np.repeat([f"p{i}" for i in range(24)], 20),
        "base_weight": random.uniform(1, 3, n), "sex": sex, "people": people,
        "people_two": np.where(people == "a", "a", "others"), "z__score": random.normal(3, 1, n),
    }  # fmt: skip
    for name, shift in (("x__use__one", 0.2), ("x__use__two", 0.0), ("y__before__one", 0.1), ("y__before__two", 0.0)):
        frame[name] = (random.uniform(size=n) < 0.4 + shift * (sex == "f")).astype(float)
    return pd.DataFrame({**frame, **columns})


def compared(config: dict, frame: pd.DataFrame, kind: str = "probability") -> tuple[pd.DataFrame, list[str]]:
    of = sample(frame, {**DESIGN, "kind": kind}, "design" if kind == "probability" else "none", "w")
    return comparisons(of, config, expand_indicators(config), levels(config), WAVE, kind)


PAIR = {"id": "gap", "kind": "pair", "indicators": ["x.use"], "levels": ["sex"], "pair": ["f", "m"]}
REST = {"id": "rest", "kind": "rest", "indicators": ["x.use", "z"], "levels": ["people", "people_two"]}


def test_a_gap_is_the_difference_of_the_two_rows_that_its_key_names():
    frame = drawn()
    found, notes = compared(study(PAIR), frame)
    assert notes == [] and list(found["ministry"]) == ["one", "two"]
    one = found.iloc[0]
    assert one["key"] == (
        "diff(x.use.proportion|ministry=one;weights=design;sex=f@w,x.use.proportion|ministry=one;weights=design;sex=m@w)"
    )
    weighted = [np.average(part["x__use__one"], weights=part["base_weight"]) for _, part in frame.groupby("sex")]
    assert one["estimate"] == pytest.approx(weighted[0] - weighted[1])
    assert json.loads(one["cells"]) == {"rows": list(pair_of(one["key"]))}
    assert one["df"] == 20 and one["n"] == 480 and one["detectable"] == pytest.approx(2.8015852 * one["se"])
    assert found["p_adjusted"].to_numpy() == pytest.approx(multipletests(found["p"], method="holm")[1])


def test_a_group_against_the_others_needs_every_group_and_the_counts_of_the_others():
    frame = drawn()
    found, _ = compared(study(REST), frame)
    rows = found[(found["ministry"] == "one") & (found["breakdown"] == "people")].set_index("group")
    others = frame[frame["people"] != "c"]
    c = rows.loc["c"]
    assert "people=not_c" in c["key"]
    used = int(others["x__use__one"].sum())
    assert json.loads(c["cells"])["counts"] == [len(others), used, len(others) - used]
    wanted = {f"x.use.proportion|ministry=one;weights=design;people={group}@w" for group in "abc"}
    assert set(json.loads(c["cells"])["rows"]) == wanted
    # A mean has no numerator, and a level of two groups is one gap with both its rows.
    mean = found[(found["indicator"] == "score") & (found["breakdown"] == "people")].iloc[0]
    assert mean["statistic"] == "difference_of_means" and len(json.loads(mean["cells"])["counts"]) == 1
    two = found[(found["ministry"] == "one") & (found["breakdown"] == "people_two")]
    assert len(two) == 1 and len(json.loads(two["cells"].iloc[0])["rows"]) == 2
    assert "counts" not in json.loads(two["cells"].iloc[0])


def test_a_comparison_that_two_levels_share_is_one_test_of_its_family():
    found, _ = compared(study({**REST, "indicators": ["z"]}), drawn())
    # a, b, c against the others; a against the others again at the coarser level.
    assert len(found) == 4
    distinct = found.drop_duplicates("p")
    assert len(distinct) == 3
    assert distinct["p_adjusted"].to_numpy() == pytest.approx(multipletests(distinct["p"], method="holm")[1])
    assert found.groupby(found["p"].round(12))["p_adjusted"].nunique().eq(1).all()


def test_ministries_are_compared_within_the_same_respondents():
    # Answers that nearly always agree differ with a small error, however large that of either is.
    frame = drawn()
    frame["x__use__two"] = frame["x__use__one"]
    frame.loc[:20, "x__use__two"] = 1 - frame.loc[:20, "x__use__one"]
    found, _ = compared(study({"id": "m", "kind": "ministries", "indicators": ["x.use"]}), frame)
    frame.loc[:7, "x__use__one"] = np.nan
    found, _ = compared(study({"id": "m", "kind": "ministries", "indicators": ["x.use"]}), frame)
    # Not the respondents of either, whose number would nearly be that of one.
    assert len(found) == 1 and found["n"].iloc[0] == 472
    lone, _ = compared(study(PAIR), frame)
    assert found["se"].iloc[0] < lone["se"].min() / 3


def test_families_are_compared_indicator_by_indicator():
    config = study({"id": "u", "kind": "families", "families": ["x", "y"], "correction": "benjamini_hochberg"})
    config["indicators"][1]["id"] = "use"
    frame = drawn().rename(columns={"y__before__one": "y__use__one", "y__before__two": "y__use__two"})
    found, _ = compared(config, frame)
    assert list(found["key"]) == [
        f"diff(x.use.proportion|ministry={m};weights=design@w,y.use.proportion|ministry={m};weights=design@w)"
        for m in ("one", "two")
    ]
    assert found["p_adjusted"].to_numpy() == pytest.approx(multipletests(found["p"], method="fdr_bh")[1])


def test_gaps_of_gaps_across_a_crossing():
    entry = {"id": "c", "kind": "crossing", "crossing": "both", "gap": "sex", "pair": ["f", "m"]}
    found, _ = compared(study({**entry, "indicators": ["x.use"]}), drawn())
    one = found[found["ministry"] == "one"]
    nested = one[one["key"].str.startswith("diff(diff(")]
    gaps = one[~one["key"].str.startswith("diff(diff(")].set_index("group")["estimate"]
    assert set(gaps.index) == {"f&a", "f&others"} and len(nested) == 1
    assert nested["estimate"].iloc[0] == pytest.approx(gaps["f&a"] - gaps["f&others"])
    assert len(json.loads(nested["cells"].iloc[0])["rows"]) == 4
    assert pair_of(pair_of(nested["key"].iloc[0])[0])[0] == (
        "x.use.proportion|ministry=one;weights=design;sex=f&people_two=a@w"
    )


def test_a_table_test_is_of_a_whole_level_and_needs_all_its_groups():
    entry = {"id": "any", "kind": "association", "indicators": ["x", "z"], "levels": ["sex", "people"]}
    found, notes = compared(study(entry), drawn())
    # A mean has no table.
    assert notes == [] and set(found["indicator"]) == {"use"} and len(found) == 4
    row = found[(found["ministry"] == "one") & (found["breakdown"] == "people")].iloc[0]
    assert row["key"] == "x.use.rao_scott|ministry=one;weights=design;people=all@w"
    assert row["test"] == "rao_scott_f" and 0 < row["estimate"] < 1 and 1 < row["df1"] <= 2 and row["df"] == 20
    assert len(json.loads(row["cells"])["rows"]) == 3


def test_what_cannot_be_compared_is_named_and_is_no_row():
    constant = drawn(x__use__one=np.ones(480), people=np.array(["a"] * 480))
    any_of = {"id": "any", "kind": "association", "indicators": ["x.use"], "levels": ["sex", "people"]}
    found, notes = compared(study(PAIR, {**REST, "levels": ["people"]}, any_of), constant)
    assert len(found) == 2 and found[["estimate", "p"]].notna().all().all()
    assert "Not compared, gap: x__use__one of sex f – x__use__one of sex m: the answers are all the same." in notes
    empty = [note for note in notes if "nobody of" in note]
    assert any("nobody of b has an answer on x__use__two" in note for note in empty)
    assert any(note.startswith("Not tested, any: x__use__one by sex") for note in notes)
    assert any(note.startswith("Not tested, any: x__use__two by people") for note in notes)


def test_volunteers_have_differences_and_nothing_else():
    found, _ = compared(study(PAIR), drawn(), kind="volunteer")
    assert found["estimate"].notna().all() and len(found) == 2 and set(found["weighting"]) == {"none"}
    nothing = ["se", "ci_low", "ci_high", "ci_method", "df", "test", "test_value", "p", "p_adjusted", "detectable"]
    assert found[nothing].isna().all().all()


def test_a_comparison_in_two_families_stops():
    with pytest.raises(FindingsError, match="two families"):
        compared(study(PAIR, {**PAIR, "id": "again"}), drawn())


def test_a_contrast_of_parts_without_respondents_is_nan_and_the_others_are_not():
    frame = drawn()
    of = Sample(**sample(frame, DESIGN, "design", "w").__dict__)
    nobody, women = np.zeros(480, dtype=bool), (frame["sex"] == "f").to_numpy()
    found = contrasts(of, [[Part("z__score", nobody), Part("z__score", women)],
                           [Part("z__score", women), Part("z__score", ~women)]])  # fmt: skip
    assert np.isnan(found.value[0]) and np.isnan(found.se[0]) and np.isnan(found.p[0])
    assert np.isfinite([found.value[1], found.se[1], found.p[1]]).all()


def test_of_the_shipped_families_the_levels_of_a_wave_are_kept():
    config = load_study(ROOT / "config.yaml")
    indicators = expand_indicators(config)
    del config["breakdowns"]["ethnicity"], config["crossings"]
    left = {family.id: family for family in families(config, indicators, ("rest", "crossing", "pair"))}
    assert left["ethnic_gap"].entry["levels"] == [] and "crossed_gap" not in left and "gender_gap" in left
    assert {i.id for i in named(["trust"], indicators)} == {"trust", "legitimacy", "inclusivity", "responsiveness"}


@pytest.mark.parametrize(
    "change, place",
    [
        ({"indicators": ["adoption.nothing"]}, "comparisons.0.indicators"),
        ({"levels": ["nowhere"]}, "comparisons.0.levels"),
        ({"pair": ["female", "bamar"]}, "comparisons.0.pair"),
        ({"id": "urban_gap"}, "comparisons.1.id"),
        ({"families": ["barriers", "reasons"]}, "comparisons.0"),
        ({"correction": "bonferroni"}, "comparisons.0.correction"),
        ({"kind": "crossing"}, "comparisons.0"),
    ],
)
def test_a_wrong_family_stops_before_any_job(tmp_path: Path, change: dict, place: str):
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["comparisons"][0] |= change
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        load_study(path)
    assert caught.value.column == place
