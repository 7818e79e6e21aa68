"""What must hold for any sample: the order of rows, the scale of weights and the name of the answer change nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from findings.bounds import bounds
from findings.contrasts import Part, contrasts
from findings.design import covariance, make_design
from findings.estimators import ratios
from findings.influence import Sample, means, sample, standard_errors
from findings.intervals import effective_n, korn_graubard, logit
from findings.models.effects import logistic_effects
from findings.models.factors import Factor, matrix
from findings.models.logistic import logistic
from findings.rao_scott import independence
from findings.weighting import Margin, rake
from hypothesis import given, settings
from hypothesis import strategies as st

CLOSE = {"rtol": 1e-9, "atol": 1e-11}
SEEDS = st.integers(0, 2**32 - 1)
FACTORS = (Factor("sex", ("m", "f")), Factor("place", ("a", "b", "c")))


def drawn(seed: int, rows: int = 120) -> pd.DataFrame:
    """A stratified, clustered sample with two margins, an answer that some don't give, and groups."""
    random = np.random.default_rng(seed)
    stratum = random.integers(0, 3, rows)
    frame = pd.DataFrame(
        {
            "stratum": [f"s{i}" for i in stratum],
            "psu": [f"s{i}p{j}" for i, j in zip(stratum, np.arange(rows) % 4, strict=True)],
            "base_weight": random.uniform(0.5, 4, rows),
            "sex": random.choice(["f", "m"], rows),
            "place": random.choice(["a", "b", "c"], rows),
            "answer": np.where(random.random(rows) < 0.1, np.nan, random.random(rows) < random.uniform(0.2, 0.8)),
            "score": random.normal(3, 1, rows),
        }
    )
    cells = [raking_margin(random, frame, name) for name in ("sex", "place")]
    frame["weight"] = rake(frame["base_weight"].to_numpy(), cells, 500, 1e-12, "w")[0]
    return frame.assign(margin_sex=frame["sex"].astype("string"), margin_place=frame["place"].astype("string"))


def raking_margin(random: np.random.Generator, frame: pd.DataFrame, name: str) -> Margin:
    names, cell = np.unique(frame[name].to_numpy(dtype=str), return_inverse=True)
    targets = random.uniform(1, 3, len(names))
    return Margin(name, [name], cell, names.tolist(), targets / targets.sum() * 1000)


def of(frame: pd.DataFrame) -> Sample:
    design = {"kind": "probability", "singletons": "adjust", "weighting": ["none", "design", "calibrated"]}
    return sample(frame, design, "calibrated", "w")


def everything(frame: pd.DataFrame) -> np.ndarray:
    """Estimates, standard errors, contrasts, a test, bounds and marginal effects of a sample, one after another."""
    here = of(frame)
    women, everyone = (frame["sex"] == "f").to_numpy(), np.ones(len(frame), dtype=bool)
    domains = np.array([everyone, women, ~women])
    values = frame[["answer", "score"]].to_numpy(dtype=float)
    result = ratios(values, here.weights, domains, here.design)
    gap = contrasts(
        here, [[Part("answer", women), Part("answer", ~women)], [Part("score", women), Part("answer", women)]]
    )
    codes = frame["answer"].fillna(-1).to_numpy(dtype=np.intp)
    test = independence(here, codes, frame["place"].map({"a": 0, "b": 1, "c": 2}).to_numpy(dtype=np.intp))
    column = frame[["answer"]].to_numpy(dtype=float)
    worst = bounds(here, column, np.isnan(column), everyone[None, :])
    place = np.column_stack([[factor.levels.index(cell) for cell in frame[factor.name]] for factor in FACTORS]).astype(
        np.intp
    )
    known = ~np.isnan(column[:, 0])
    x = matrix(place[known], FACTORS)
    effects, influence = logistic_effects(logistic(x.x, column[known, 0], here.weights[known]), x, here.weights[known])
    full = np.zeros((len(frame), len(effects)))
    full[known] = influence
    spread = np.sqrt(np.diag(covariance(full, here.weights, here.design)))
    parts = [
        result.value,
        result.se,
        result.df,
        gap.value,
        gap.se,
        gap.df,
        gap.p,
        worst.ci_low,
        worst.ci_high,
        effects,
        spread,
    ]
    table = [] if test is None else [test.f, test.df1, test.df2, test.p]
    return np.concatenate([np.ravel(part) for part in parts] + [np.array(table)])


@settings(deadline=None, max_examples=15)
@given(seed=SEEDS)
def test_the_order_of_rows_changes_nothing(seed):
    frame = drawn(seed)
    shuffled = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    assert np.allclose(everything(frame), everything(shuffled), **CLOSE)


@settings(deadline=None, max_examples=15)
@given(seed=SEEDS, scale=st.floats(1e-3, 1e6))
def test_the_scale_of_weights_changes_nothing(seed, scale):
    frame = drawn(seed)
    scaled = frame.assign(weight=frame["weight"] * scale, base_weight=frame["base_weight"] * scale)
    assert np.allclose(everything(frame), everything(scaled), rtol=1e-7, atol=1e-10)


@settings(deadline=None, max_examples=15)
@given(seed=SEEDS)
def test_names_of_strata_and_units_change_nothing(seed):
    frame = drawn(seed)
    renamed = frame.assign(
        stratum=frame["stratum"].map({"s0": "z", "s1": "y", "s2": "x"}), psu=[f"u{name[::-1]}" for name in frame["psu"]]
    )
    assert np.allclose(everything(frame), everything(renamed), **CLOSE)


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS)
def test_no_is_one_less_yes(seed):
    frame = drawn(seed)
    here, everyone = of(frame), np.ones((1, len(frame)), dtype=bool)
    yes = frame[["answer"]].to_numpy(dtype=float)
    both = [ratios(values, here.weights, everyone, here.design) for values in (yes, 1 - yes)]
    assert both[0].value == pytest.approx(1 - both[1].value, abs=1e-12)
    assert both[0].se == pytest.approx(both[1].se, rel=1e-9)
    for interval in (
        lambda r: korn_graubard(r.value, r.se, r.n, r.df),
        lambda r: logit(r.value, r.se, r.df),
    ):
        (low, high), (other_low, other_high) = (interval(result) for result in both)
        assert low == pytest.approx(1 - other_high, abs=1e-9) and high == pytest.approx(1 - other_low, abs=1e-9)
    silent = np.isnan(yes)
    one, other = (bounds(here, values, silent, everyone) for values in (yes, 1 - yes))
    assert (one.low, one.ci_low) == (pytest.approx(1 - other.high), pytest.approx(1 - other.ci_high))


@settings(deadline=None, max_examples=40)
@given(
    p=st.sampled_from([0.0, 1.0]) | st.floats(1e-4, 1 - 1e-4),
    n=st.integers(2, 5000),
    spread=st.floats(0.3, 5),
    df=st.integers(1, 300),
)
def test_a_korn_graubard_interval_holds_its_share_and_mirrors(p, n, spread, df):
    share, size, freedom = np.array([p]), np.array([float(n)]), np.array([float(df)])
    se = spread * np.sqrt(share * (1 - share) / size)
    low, high = korn_graubard(share, se, size, freedom)
    assert 0 <= low[0] <= p + 1e-12 and p - 1e-12 <= high[0] <= 1
    assert effective_n(share, se, size)[0] <= n
    mirrored = korn_graubard(1 - share, se, size, freedom)
    assert np.allclose([low[0], high[0]], [1 - mirrored[1][0], 1 - mirrored[0][0]], atol=1e-7)


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS)
def test_groups_add_up_to_their_whole(seed):
    frame = drawn(seed)
    here = of(frame)
    groups = np.array([(frame["place"] == name).to_numpy() for name in ("a", "b", "c")])
    domains = np.vstack([np.ones((1, len(frame)), dtype=bool), groups])
    values = frame[["answer", "score"]].to_numpy(dtype=float)
    result = ratios(values, here.weights, domains, here.design)
    assert (result.n[:, 0] == result.n[:, 1:].sum(axis=1)).all()
    assert np.allclose(result.k[:, 0], result.k[:, 1:].sum(axis=1))
    answered = ~np.isnan(values)
    shares = np.array([[(here.weights * rows * known).sum() for rows in groups] for known in answered.T])
    shares /= shares.sum(axis=1, keepdims=True)
    assert np.allclose(result.value[:, 0], (shares * result.value[:, 1:]).sum(axis=1))
    # A whole is no less known than the sum of what is known of its groups: influence values add up too.
    linear = means(here, np.repeat(values[:, [1]], 4, axis=1), domains)
    weighted = linear.combined(np.array([[0.0, *shares[1]]]))
    between = linear.influence[:, 0] - weighted.influence[:, 0]
    # What is left is of the groups' sizes, which the margin of places fixes.
    remainder = standard_errors(here, type(linear)(np.zeros(1), between[:, None], np.ones((len(frame), 1), dtype=bool)))
    assert remainder[0][0] < 1e-9


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, rows=st.integers(30, 300))
def test_raked_weights_meet_every_margin_and_stay_positive(seed, rows):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({name: random.choice(list("abc"), rows) for name in ("one", "two")})
    margins = [raking_margin(random, frame, name) for name in ("one", "two")]
    weights, trace = rake(random.uniform(0.2, 5, rows), margins, 5000, 1e-11, "w")
    assert (weights > 0).all() and trace[-1]["largest_relative_difference"] <= 1e-11
    for margin in margins:
        met = np.bincount(margin.cell, weights, minlength=len(margin.names))
        assert np.allclose(met, margin.targets, rtol=1e-10)


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS)
def test_what_the_margins_fix_has_no_variance(seed):
    frame = drawn(seed)
    here = of(frame)
    women = (frame["sex"] == "f").to_numpy(dtype=float)[:, None]
    everyone = np.ones((1, len(frame)), dtype=bool)
    assert ratios(women, here.weights, everyone, here.design).se[0, 0] < 1e-9
    free = make_design(frame, "adjust", "w", calibrated=False, base=frame["base_weight"].to_numpy())
    assert ratios(women, here.weights, everyone, free).se[0, 0] > 1e-3
