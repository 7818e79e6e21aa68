"""The one pass against plain loops over respondents, on random designs; of a file as of a frame, in any batches."""

from __future__ import annotations

import json
import random
from functools import partial

import numpy as np
import pandas as pd
import pytest
from findings import estimators
from findings.design import make_design
from findings.errors import FindingsError
from findings.estimators import estimate, ratios
from findings.plan import Group, Indicator, Level
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plain import mean_of

GENDER = {"women": Group({}, ["women"]), "men": Group({}, ["men"])}
PLACE = {name: Group({}, [name]) for name in ("north", "south", "abroad")}
LEVELS = [
    Level("gender", "gender", 0, False, {}, "gender", GENDER, None, []),
    Level("place", "place", 0, False, {}, "place", PLACE, None, []),
]
STUDY = {"crossings": [{"name": "both", "levels": ["gender", "place"]}]}
WEIGHT = {"none": "one", "design": "base_weight", "calibrated": "weight", "trimmed": "weight_trimmed"}
STATES = ["declined", "dont_know", "blank", "not_asked"]


def indicator(name: str, statistic: str, by: set[str]) -> Indicator:
    return Indicator(name, "f", statistic, None, None, f"f__{name}", {}, None, None, frozenset(by), {}, {}, {})


INDICATORS = [
    indicator("share", "proportion", {"gender", "place", "both"}),
    indicator("score", "mean", {"gender", "place", "both"}),
    indicator("always", "proportion", {"gender"}),
]


def respondents(seed: int, count: int, two_stage: bool, clustered: bool) -> pd.DataFrame:
    """Random respondents in the form of indicators.parquet; some of them abroad, outside the target population."""
    draw = random.Random(seed)
    strata = draw.randint(1, 3)
    rows = []
    for i in range(count):
        outside = draw.random() < 0.1
        row = {
            "stratum": f"s{draw.randrange(strata)}",
            "psu": f"p{draw.randrange(4)}" if clustered else f"r{i}",
            "ssu": f"u{draw.randrange(3)}",
            "gender": draw.choice(["women", "men", None]),
            "place": "abroad" if outside else draw.choice(["north", "south"]),
            "base_weight": None if outside else draw.uniform(0.5, 3),
            "margin_a": None if outside else draw.choice("xyz"),
            "margin_b": None if outside else draw.choice("vw"),
        }
        for name in ("weight", "weight_trimmed"):
            row[name] = None if outside else row["base_weight"] * draw.uniform(0.5, 2)
        for name, value in (("share", draw.randrange(2)), ("score", draw.gauss(100, 3)), ("always", 1)):
            missing = draw.random() < 0.2
            row[f"f__{name}"] = None if missing else float(value)
            row[f"f__{name}__state"] = draw.choice(STATES) if missing else "answered"
        rows.append(row)
    frame = pd.DataFrame(rows).astype({"gender": "string", "margin_a": "string", "margin_b": "string"})
    psus = frame.groupby("stratum")["psu"].transform("nunique")
    within = frame.groupby(["stratum", "psu"])["ssu"].transform("nunique")
    if two_stage:
        frame["fpc1"] = psus + frame["stratum"].map({f"s{i}": draw.randrange(4) for i in range(strata)})
        frame["fpc2"] = within + frame["psu"].map({p: draw.randrange(4) for p in sorted(set(frame["psu"]))})
    return frame.astype({name: float for name in frame if name.endswith(("weight", "share", "score", "always"))})


def plain_rows(frame: pd.DataFrame) -> list[dict]:
    """The rows as dicts; nothing where a cell is empty, and no finite population where none is given."""
    filled = frame.assign(one=1.0).astype(object).where(frame.assign(one=1.0).notna(), None).to_dict("records")
    return [{"fpc1": None, "fpc2": None, **row} for row in filled]


def in_group(pairs: dict, row: dict) -> bool:
    return all(row[level] == group for level, group in pairs.items())


def in_population(pairs: dict, row: dict) -> bool:
    return row["base_weight"] is not None and in_group(pairs, row)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(2, 40),
    two_stage=st.booleans(),
    clustered=st.booleans(),
    singletons=st.sampled_from(["certainty", "adjust", "average"]),
)
def test_every_row_of_the_register_is_what_plain_loops_give(seed, count, two_stage, clustered, singletons):
    frame = respondents(seed, count, two_stage, clustered)
    assume(frame["base_weight"].notna().any())
    design = {"kind": "probability", "singletons": singletons, "weighting": list(WEIGHT)}
    every = plain_rows(frame)
    inside = [row for row in every if row["base_weight"] is not None]
    everyone = partial(in_population, {})
    answered = [row for row in inside if row["f__score"] is not None]
    checks = [mean_of(rows, "f__score", "one", everyone, design) for rows in (every, inside)] if answered else []
    assume(checks)
    if any(check["se"] is None for check in checks):
        with pytest.raises(FindingsError, match="no variance to take the average of"):
            estimate(frame, design, INDICATORS, LEVELS, STUDY, {"wave": "w"})
        return
    made = estimate(frame, design, INDICATORS, LEVELS, STUDY, {"wave": "w"})
    assert not made.duplicated(["column", "breakdown", "group", "weighting"]).any()
    for row in made.to_dict("records"):
        pairs = {}
        if isinstance(row["breakdown"], str):
            pairs = dict(zip(row["breakdown"].split("&"), row["group"].split("&"), strict=True))
        # A group wholly outside the target population is a domain of its own.
        domain = partial(in_population if any(map(partial(in_group, pairs), inside)) else in_group, pairs)
        rows = every if row["weighting"] == "none" else inside
        margins = ["margin_a", "margin_b"] if row["weighting"] in ("calibrated", "trimmed") else []
        plain = mean_of(rows, row["column"], WEIGHT[row["weighting"]], domain, design, margins)
        assert row["estimate"] == pytest.approx(plain["value"], rel=1e-12)
        assert row["se"] == pytest.approx(plain["se"], rel=1e-9, abs=1e-11)
        assert (row["n"], row["df"]) == (plain["n"], plain["df"])
        counts = json.loads(row["cells"])
        assert counts["n"] == plain["n"] and counts["k"] in (None, plain["k"])
        states = [r[row["column"] + "__state"] for r in every if domain(r)]
        assert row["n_missing"] == sum(state in STATES[:3] for state in states)
        assert row["n_asked"] == row["n"] + row["n_missing"]
    # Nothing is left out: each group, and each combination, that someone in it has a value for.
    for column, levels in (("f__share", [("gender",), ("place",), ("gender", "place")]), ("f__always", [("gender",)])):
        for names in levels:
            here = [row for row in inside if row[column] is not None and all(row[name] for name in names)]
            wanted = {"&".join(row[name] for name in names) for row in here}
            rows = made[(made["column"] == column) & (made["breakdown"] == "&".join(names))]
            assert set(rows.loc[rows["weighting"] == "trimmed", "group"]) == wanted


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32), two_stage=st.booleans(), calibrated=st.booleans())
def test_ratios_of_overlapping_domains_are_what_plain_loops_give(seed, two_stage, calibrated):
    frame = respondents(seed, 30, two_stage, True)
    frame = frame[frame["base_weight"].notna()].reset_index(drop=True)
    rows = plain_rows(frame)
    conditions = [lambda r: True, lambda r: r["gender"] == "women", lambda r: r["place"] == "north"]
    domains = np.array([[condition(row) for row in rows] for condition in conditions])
    assume((domains & frame["f__score"].notna().to_numpy()).any(axis=1).all())
    design = make_design(
        frame, "certainty", "w", calibrated=calibrated, base=frame["base_weight"].to_numpy(dtype=float)
    )
    values = frame[["f__score"]].to_numpy(dtype=float)
    found = ratios(values, frame["weight"].to_numpy(dtype=float), domains, design)
    margins = ["margin_a", "margin_b"] if calibrated else []
    for d, condition in enumerate(conditions):
        plain = mean_of(rows, "f__score", "weight", condition, {"singletons": "certainty"}, margins)
        assert found.value[0, d] == pytest.approx(plain["value"], rel=1e-12)
        assert found.se[0, d] == pytest.approx(plain["se"], rel=1e-9, abs=1e-11)
        assert (found.n[0, d], found.df[0, d]) == (plain["n"], plain["df"])
        assert found.k[0, d] == pytest.approx(plain["k"])


@pytest.mark.parametrize("kind", ["probability", "volunteer"])
def test_a_file_in_small_batches_and_several_passes_gives_the_same_in_any_order(kind, tmp_path, monkeypatch):
    frame = respondents(7, 400, False, True)
    design = {"kind": kind, "singletons": "certainty", "weighting": list(WEIGHT)}
    whole = estimate(frame, design, INDICATORS, LEVELS, STUDY, {"wave": "w"})
    path = tmp_path / "indicators.parquet"
    frame.sample(frac=1, random_state=3).to_parquet(path, index=False, row_group_size=64)
    monkeypatch.setattr(estimators, "TABLE", 200)
    monkeypatch.setattr(estimators, "TOTALS", 100)
    batched = estimate(path, design, INDICATORS, LEVELS, STUDY, {"wave": "w"})
    names = ["column", "breakdown", "group", "weighting"]
    tables = [table.fillna({"breakdown": "", "group": ""}) for table in (whole, batched)]
    sides = [table.sort_values(names, ignore_index=True) for table in tables]
    pd.testing.assert_frame_equal(*sides, rtol=1e-11, check_dtype=False)
    assert sides[0]["se"].notna().any() == (kind == "probability")


def test_only_the_columns_that_are_needed_are_read(tmp_path):
    frame = respondents(7, 50, False, True)
    path = tmp_path / "indicators.parquet"
    asked = []

    def noted(source, columns, rows):
        asked.extend(columns)
        return batches(source, columns, rows)

    batches = estimators.batches
    frame.assign(row_id="x", free="text").to_parquet(path, index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estimators, "batches", noted)
        estimate(path, {"kind": "probability", "singletons": "certainty", "weighting": ["design"]},
                 INDICATORS[:1], LEVELS, STUDY, {"wave": "w"})  # fmt: skip
    assert {"row_id", "free", "f__score", "weight", "weight_trimmed"}.isdisjoint(asked)
    assert {"f__share", "f__share__state", "stratum", "psu", "base_weight", "gender", "place"} <= set(asked)


def test_a_weight_that_is_no_positive_number_stops():
    frame = respondents(7, 50, False, True)
    frame.loc[frame["base_weight"].notna().idxmax(), "base_weight"] = 0.0
    design = {"kind": "probability", "singletons": "certainty", "weighting": ["design"]}
    with pytest.raises(FindingsError, match="not positive"):
        estimate(frame, design, INDICATORS, LEVELS, STUDY, {"wave": "w"})
