"""Combinations of barriers against an attacker of the tests' own: a linear program written out, without the gate's."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest
from conftest import WAVE
from findings.config import load_study
from findings.disclosure.combinations import Count, counts_of_question, safe_combinations
from findings.plan import expand_indicators, levels
from findings.sets import members, membership, most_named, name_of, sets_of
from scipy.optimize import linprog

CELL = 10


def test_codes_of_combinations():
    assert name_of(("a", "b")) == "a__b" and sets_of("a__b") == ("a", "b")
    assert name_of(()) == "none" and sets_of("none") == ()
    assert membership(np.array([[1, 0, 1], [0, 0, 0], [1, np.nan, 0]])).tolist() == [5, 0, -1]
    assert members(5, ["a", "b", "c"]) == ("a", "c")
    assert most_named({"a": 0.2, "b": 0.5, "c": 0.5}, 2) == ["b", "c"]
    assert len(most_named({str(i): i for i in range(20)}, 20)) == 8


def told(everyone, groups=(), *, unions=()):
    """Every count of a question that is safe by itself, as published; `unions` are sets of sets that are asked for."""
    sets = int(np.log2(len(everyone)))
    asked = [frozenset([j]) for j in range(sets)] + [frozenset(union) for union in unions]
    found = []
    for place, counts in [(None, everyone), *(((level, g), c) for level, by in groups for g, c in by.items())]:
        found.append(Count(frozenset(), place, int(counts.sum()), True))
        for wanted in asked:
            k = int(sum(count for c, count in enumerate(counts) if any(c >> j & 1 for j in wanted)))
            shown = CELL <= k <= counts.sum() - CELL
            found.append(Count(wanted, place, k, shown, unsafe=not shown))
    return found


def width(everyone, counts, groups, published, target):
    """Width of the range of a combination: all group tables side by side, each constraint written out."""
    size = len(everyone)
    blocks = [None]
    for level, by in groups:
        blocks += [(level, g) for g in [*by, ""]]
    at = {block: i * size for i, block in enumerate(blocks)}
    rows, right = [], []

    def equal(terms, value):
        row = np.zeros(size * len(blocks))
        for place, coefficient in terms:
            row[place] += coefficient
        rows.append(row)
        right.append(value)

    for level, by in groups:
        for c in range(size):
            equal([(c, 1.0), *[(at[level, g] + c, -1.0) for g in [*by, ""]]], 0.0)
    for count in counts:
        if count.published:
            inside = [c for c in range(size) if not count.sets or any(c >> j & 1 for j in count.sets)]
            equal([(at[count.place] + c, 1.0) for c in inside], count.count)
    for c in published:
        equal([(c, 1.0)], everyone[c])
    ends = []
    for sign in (1.0, -1.0):
        cost = np.zeros(size * len(blocks))
        cost[target] = sign
        found = linprog(cost, A_eq=np.array(rows), b_eq=right, bounds=(0, None))
        assert found.status == 0
        ends.append(sign * found.fun)
    return ends[1] - ends[0]


def test_a_combination_that_follows_by_subtraction_is_not_left_bare():
    # Planted: a, b and the base are published, so that one combination tells all of them: 54 named a, 50 a alone.
    everyone = np.array([100, 50, 40, 4])
    counts = told(everyone)
    for leaking in range(3):
        assert width(everyone, counts, (), {leaking}, 3) == pytest.approx(0, abs=1e-6)
    assert safe_combinations(everyone, {}, counts, 2, CELL) == set()
    everyone[3] = 40
    assert safe_combinations(everyone, {}, told(everyone), 2, CELL) == {0, 1, 2, 3}


def test_of_three_sets_the_smallest_go_until_none_that_is_small_can_be_worked_out():
    random = np.random.default_rng(8)
    kept = withheld = 0
    for _ in range(25):
        everyone = random.integers(0, 90, 8)
        everyone[random.integers(0, 8, 3)] = random.integers(1, CELL, 3)
        counts = told(everyone)
        safe = safe_combinations(everyone, {}, counts, 3, CELL)
        assert all(everyone[c] >= CELL for c in safe)
        for c in np.flatnonzero((everyone > 0) & (everyone < CELL)):
            assert not safe or width(everyone, counts, (), safe, c) >= CELL - 1e-6
        kept, withheld = kept + len(safe), withheld + int((everyone >= CELL).sum()) - len(safe)
    assert kept > 20 and withheld > 20


def test_published_groups_and_unions_are_known_to_the_attacker():
    random = np.random.default_rng(3)
    apart = 0
    for _ in range(12):
        by = {str(g): random.integers(0, 45, 8) for g in range(2)}
        rest = random.integers(0, 3, 8)
        small = random.integers(0, 8, 2)
        for place, counts in enumerate([*by.values(), rest]):
            counts[small] = (2, 1, 0)[place]
        everyone = sum(by.values()) + rest
        groups = [("level", by)]
        counts = told(everyone, groups, unions=[(0, 1)])
        safe = safe_combinations(everyone, {"level": by}, counts, 3, CELL)
        for c in np.flatnonzero((everyone > 0) & (everyone < CELL)):
            assert not safe or width(everyone, counts, groups, safe, c) >= CELL - 1e-6
        apart += safe != safe_combinations(everyone, {}, told(everyone), 3, CELL)
    assert apart  # what the groups tell makes a difference


def test_the_few_who_named_only_what_is_not_shown_stay_unknown():
    # Nobody of those shown but 3 named only the set that is not shown: none (60) less nobody at all (57) would tell.
    everyone = np.array([60, 50, 40, 30])
    counts = told(everyone)
    anything = Count(frozenset([0, 1]), None, 123, True, others=frozenset(["c"]), most=40)
    safe = safe_combinations(everyone, {}, [*counts, anything], 2, CELL)
    assert safe == set()
    anything = Count(frozenset([0, 1]), None, 140, True, others=frozenset(["c"]), most=40)
    assert safe_combinations(everyone, {}, [*counts, anything], 2, CELL) == {0, 1, 2, 3}


def test_what_a_finished_study_releases_leaves_no_small_combination_bare(finished_study):
    config = load_study(finished_study / "config.yaml")
    confidential, release = (finished_study / "results" / name / WAVE for name in ("confidential", "release"))
    frame = pd.read_parquet(confidential / "indicators.parquet")
    register = pd.read_parquet(confidential / "disclosure.parquet")
    part = pd.read_parquet(confidential / "barriers.parquet")
    made = part[part["family"] == "intersections"]
    derived = pd.read_csv(release / "derived.csv", dtype=str)
    shown = derived[derived["family"] == "intersections"]
    # A combination that is withheld is not listed either: that it exists says that somebody named it.
    assert set(shown["status"]) == {"published"} and len(shown) < len(made)
    least = [json.loads(cells)["counts"] for cells in made.set_index("key").loc[shown["key"], "cells"]]
    assert min(min(counts) for counts in least) >= CELL
    indicators, tried = expand_indicators(config), 0
    for ministry, question in shown.groupby("ministry"):
        names = sorted({n for code in made.loc[made["ministry"] == ministry, "indicator"] for n in sets_of(code)})
        sets = [i for n in names for i in indicators if (i.family, i.id, i.ministry) == ("barriers", n, ministry)]
        outside = [level.name for level in levels(config) if level.column == "location"]
        everyone, by_level, counts = counts_of_question(register, frame, indicators, sets, outside)
        number = {frozenset(members(c, names)): c for c in range(1 << len(names))}
        published = {number[frozenset(sets_of(code))] for code in question["indicator"]}
        known = [c for c in counts if c.published and not c.others]
        groups = [(level, by) for level, by in by_level.items() if level in {c.place[0] for c in known if c.place}]
        for c in np.flatnonzero((everyone > 0) & (everyone < CELL)):
            assert width(everyone, known, groups, published, c) >= CELL - 1e-6
            tried += 1
    assert tried
    shares = shown.astype({"estimate": float}).groupby("ministry")["estimate"].sum()
    assert (shares < 1).all()


def test_every_combination_is_counted_once(finished_study):
    part = pd.read_parquet(finished_study / "results" / "confidential" / WAVE / "barriers.parquet")
    made = part[part["family"] == "intersections"]
    for _, question in made.groupby("ministry"):
        assert question["estimate"].sum() == pytest.approx(1) and question["n"].nunique() == 1
        assert sum(json.loads(cells)["counts"][0] for cells in question["cells"]) == question["n"].iloc[0]
    register = pd.read_parquet(finished_study / "results" / "confidential" / WAVE / "register.parquet")
    rows = register[(register["family"] == "barriers") & register["breakdown"].isna()]
    share = rows[rows["weighting"] == made["weighting"].iloc[0]].set_index(["ministry", "indicator"])["estimate"]
    for ministry, name in product(made["ministry"].unique(), ("internet", "trust")):
        held = made[(made["ministry"] == ministry) & made["indicator"].map(lambda code: name in sets_of(code))]  # noqa: B023
        if len(held):
            assert held["estimate"].sum() == pytest.approx(share[ministry, name])
