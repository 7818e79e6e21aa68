"""Kitagawa's decomposition: planted truths, sums that hold exactly, plain loops, and what the gate is told."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from findings.config import load_study
from findings.decompositions import decompose, decompositions, planned
from findings.design import make_design
from findings.environment import ROOT
from findings.influence import Sample
from findings.keys import EFFECTS
from findings.plan import expand_indicators, levels
from hypothesis import given, settings
from hypothesis import strategies as st
from plain import standard_error


def drawn(seed: int, rates: list[float], shares: list[float], *, none: float = 0.0, n: int = 240, raked: bool = True):
    """A sample of a wave: stratum, psu, a group (−1: none), y of the group's rate, some without a value."""
    random = np.random.default_rng(seed)
    group = random.choice(len(rates), size=n, p=np.array(shares) / sum(shares))
    y = (random.uniform(size=n) < np.array(rates)[group]).astype(float)
    frame = pd.DataFrame({"stratum": np.arange(n) % 3, "psu": np.arange(n) % 24, "y": y})
    frame["y"] = frame["y"].where(random.uniform(size=n) > 0.1)
    frame["group"] = np.where(random.uniform(size=n) < none, -1, group)
    frame["margin_m"] = [f"m{i % 2}" for i in range(n)]
    weights = random.uniform(0.5, 3, n)
    design = make_design(frame, "error", "w", calibrated=raked, base=np.ones(n))
    return Sample(frame, weights, design, "calibrated", f"w{seed}")


def taken_apart(*waves: Sample, groups: int = 3):
    codes = [wave.frame["group"].to_numpy(dtype=np.intp) for wave in waves]
    return decompose((waves[0], waves[1]), "y", (codes[0], codes[1]), groups)


def plain(rows: list[dict], others: list[dict], groups: int) -> list:
    """Kitagawa by loops: rate effect, composition effect, and the parts of both, from rows with weight, y and group."""

    def share(of, group=None):
        held = [row for row in of if row["y"] is not None and (group is None or row["group"] == group)]
        return sum(row["w"] * row["y"] for row in held) / sum(row["w"] for row in held), sum(row["w"] for row in held)

    (before, size), (now, sized) = share(rows), share(others)
    rates, grown = [], []
    for group in range(groups):
        (p1, w1), (p2, w2) = share(rows, group), share(others, group)
        rates.append((p2 - p1) * (w1 / size + w2 / sized) / 2)
        grown.append((w2 / sized - w1 / size) * ((p1 + p2) / 2 - (before + now) / 2))
    return [sum(rates), now - before - sum(rates), *rates, *grown]


def dicts(wave: Sample) -> list[dict]:
    rows = wave.frame.astype(object).where(wave.frame.notna(), None).to_dict("records")
    more = {"ssu": None, "fpc1": None, "fpc2": None, "base_weight": 1.0}
    return [{**row, **more, "ssu": i, "w": float(w)} for i, (row, w) in enumerate(zip(rows, wave.weights, strict=True))]


@pytest.mark.parametrize("raked", [True, False])
def test_plain_loops_give_the_same_values_and_standard_errors(raked):
    waves = [drawn(seed, [0.2, 0.5, 0.7], [3, 2, 1 + seed], none=0.1, n=72, raked=raked) for seed in (1, 2)]
    found, rows = taken_apart(*waves), [dicts(wave) for wave in waves]
    assert found.value == pytest.approx(plain(*rows, 3), rel=1e-12)
    margins = ["margin_m"] if raked else []
    variances = np.zeros(len(found.value))
    for which in (0, 1):
        # The influence of a respondent is the slope along their weight, here by a step into the complex plane.
        influence = []
        for row in rows[which]:
            row["w"] += 1e-30j
            influence.append([np.imag(effect) / 1e-30 for effect in plain(*rows, 3)])
            row["w"] = row["w"].real
        for i, values in enumerate(np.array(influence).T.tolist()):
            variances[i] += standard_error(values, rows[which], "w", {"singletons": "error"}, margins) ** 2
    assert found.se == pytest.approx(np.sqrt(variances), rel=1e-9)


def planted(rates: list[float], sizes: list[int], none: int = 0) -> Sample:
    """A sample in which exactly these shares of each group have y, all weights 1."""
    y, group = [], []
    for g, (rate, size) in enumerate(zip(rates, sizes, strict=True)):
        y += [1.0] * round(rate * size) + [0.0] * (size - round(rate * size))
        group += [g] * size
    group[:none] = [-1] * none
    frame = pd.DataFrame({"stratum": "s", "psu": np.arange(len(y)), "y": y, "group": group})
    design = make_design(frame, "error", "w", calibrated=False)
    return Sample(frame, np.ones(len(y)), design, "design", "w")


def test_where_only_the_composition_changes_the_rate_effect_is_zero():
    found = taken_apart(planted([0.2, 0.5, 0.8], [100, 100, 100]), planted([0.2, 0.5, 0.8], [40, 60, 200]))
    change = (8 + 30 + 160) / 300 - 0.5
    assert found.value[0] == pytest.approx(0, abs=1e-15) and found.value[1] == pytest.approx(change)
    # Who grew with a rate above everyone's, and who shrank with one below it, both raise it.
    assert found.value[5] > 0 and found.value[7] > 0 and found.value[5:].sum() == pytest.approx(change)


def test_where_only_rates_change_the_composition_effect_is_zero():
    found = taken_apart(planted([0.2, 0.5, 0.8], [100, 50, 50]), planted([0.3, 0.5, 0.9], [200, 100, 100]))
    assert found.value[:2] == pytest.approx([0.1 * 0.5 + 0.1 * 0.25, 0], abs=1e-15)
    assert found.value[2:] == pytest.approx([0.05, 0, 0.025, 0, 0, 0], abs=1e-15)


def test_kitagawas_own_split_of_the_interaction():
    """Rates 0.2 → 0.4 and 0.6 → 0.6, shares 0.5 → 0.25 and 0.5 → 0.75: by hand."""
    found = taken_apart(planted([0.2, 0.6], [100, 100]), planted([0.4, 0.6], [50, 150]), groups=2)
    assert found.value[:2] == pytest.approx([0.2 * 0.375, -0.25 * 0.3 + 0.25 * 0.6])
    assert found.value[:2].sum() == pytest.approx(0.55 - 0.4)


@settings(max_examples=40, deadline=None)
@given(
    seeds=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
    rates=st.lists(st.floats(0.05, 0.95), min_size=3, max_size=3),
    none=st.floats(0, 0.3),
)
def test_the_effects_sum_to_the_change_and_parts_to_their_effect(seeds, rates, none):
    waves = [drawn(seed, rates, [1, 1, 1], none=share) for seed, share in zip(seeds, (none, 0.0), strict=True)]
    found = taken_apart(*waves)
    means = [np.average(w.frame["y"].dropna(), weights=w.weights[w.frame["y"].notna()]) for w in waves]
    assert found.value[:2].sum() == pytest.approx(means[1] - means[0], abs=1e-13)
    assert found.value[2:5].sum() == pytest.approx(found.value[0], abs=1e-13)
    if none == 0:
        assert found.value[5:].sum() == pytest.approx(found.value[1], abs=1e-13)
    assert (found.se > 0).any() and (found.df > 0).all()


def test_a_composition_that_the_margins_fix_has_no_effect_and_no_standard_error():
    """Both waves post-stratified to the same two cells: their shares cannot move."""
    waves = []
    for seed in (3, 4):
        wave = drawn(seed, [0.2, 0.6], [1, 1 + seed])
        frame = wave.frame.assign(y=wave.frame["y"].fillna(0.0), margin_m=wave.frame["group"].astype(str))
        size = frame.groupby("group")["y"].transform("size").to_numpy(dtype=float)
        design = make_design(frame, "error", "w", calibrated=True, base=np.ones(len(frame)))
        waves.append(Sample(frame, np.where(frame["group"] == 0, 100.0, 200.0) / size, design, "calibrated", "w"))
    found = taken_apart(*waves, groups=2)
    assert found.value[1] == pytest.approx(0, abs=1e-12) and found.se[1] == pytest.approx(0, abs=1e-12)
    assert found.se[0] > 0.01


def test_a_group_that_is_empty_in_a_wave_is_not_taken_apart():
    found = taken_apart(planted([0.2, 0.5, 0.5], [10, 10, 0]), planted([0.2, 0.5, 0.5], [10, 10, 10]))
    assert np.isnan(found.value).any()


def test_rows_need_all_groups_of_both_waves_and_parts_of_the_composition_those_in_none():
    study = load_study(ROOT / "config.yaml")
    study["decompositions"] = {"indicators": ["trust.trust"], "levels": ["gender", "urban_rural"]}
    waves = []
    for seed, name in ((1, "a"), (2, "b")):
        wave = drawn(seed, [0.3, 0.6], [1, 1], none=0.05)
        gender = wave.frame["group"].map({0: "female", 1: "male"}).astype("string")
        frame = wave.frame.assign(trust__trust=wave.frame["y"], gender=gender, urban_rural="urban")
        waves.append(Sample(frame, wave.weights, wave.design, "calibrated", name))
    wave = {"wave": "b", "synthetic": True}
    plan = planned(study, expand_indicators(study), levels(study))
    rows, notes = decompositions((waves[0], waves[1]), plan, wave)
    assert notes == ["Not taken apart: trust__trust by urban_rural: a group is empty in a wave."]
    key = "trust.trust.{}|weights=calibrated;gender={}@b"
    assert set(rows["key"]) == {key.format(e, g) for e in EFFECTS for g in ("all", "female", "male")}
    held = {name: json.loads(cells) for name, cells in zip(rows["key"], rows["cells"], strict=True)}
    wanted = {f"trust.trust.proportion|weights=calibrated{place}@{wave}" for wave in "ab"
              for place in ("", ";gender=female", ";gender=male")}  # fmt: skip
    assert all(set(cells["rows"]) == wanted for cells in held.values())
    for name, cells in held.items():
        assert ("counts" in cells) == ("composition" in name and "=all@" not in name)
    none = waves[0].frame[(waves[0].frame["group"] < 0) & waves[0].frame["y"].notna()]["y"]
    counts = held[key.format("composition_effect", "male")]["counts"]
    assert counts[:3] == [len(none), none.sum(), (1 - none).sum()]
