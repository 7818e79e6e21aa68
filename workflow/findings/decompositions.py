"""Decompositions: what of a change between two waves is change within groups, and what is change of their composition.

With p the rate of group g, c its share and T the whole in waves 1 and 2: T2 − T1 = Σ (p2 − p1)·(c1 + c2)/2, the rate
effect, + Σ (c2 − c1)·(p1 + p2)/2, the composition effect: the interaction is split equally between both. Source:
Kitagawa (1955), "Components of a difference between two rates", JASA 50; Das Gupta (1993). Standard errors by influence
values, with one covariance in each wave; the waves are independent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.changes import NOTED
from findings.comparisons import group_codes
from findings.contrasts import Difference, independent
from findings.design import covariance, degrees_of_freedom, unit_totals
from findings.families import named
from findings.influence import Linear, Sample, means
from findings.keys import ALL, EFFECTS, OF_MEANS, print_key
from findings.plan import Indicator, Level
from findings.register import derived, needs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


def decompose(waves: tuple[Sample, Sample], column: str, codes: tuple[Ints, Ints], groups: int) -> Difference:
    """The change of the mean of `column` from the first wave to the second, taken apart by `groups` groups.

    Gives the rate effect, the composition effect, then the part of each group in the one, and in the other (2 + 2
    groups,), in the unit of the values. `codes` (rows,) are the group of each respondent, from 0; −1 in none.
    Both effects sum to the change of everyone with a value: who is in no group belongs to the composition, so that
    nothing is told of their rate. The parts of the rate effect sum to it. A part of the composition effect is how much
    a group's growth brings because its rate is not everyone's: (c2 − c1)·(mean of its rates − mean of everyone's). NaN
    where a group has nobody with a value in a wave.
    """
    # ASSUME[no_group]: who is in no group of the level counts to the composition.
    made = [_parts(of, column, code, groups) for of, code in zip(waves, codes, strict=True)]
    before, now = (linear.value for linear in made)
    change, middle = now - before, (now + before) / 2
    p, c = slice(1, groups + 1), slice(groups + 1, None)
    rate, grown = change[p] * middle[c], change[c] * (middle[p] - middle[0])
    value = np.concatenate([[rate.sum(), change[0] - rate.sum()], rate, grown])
    sides = []
    for of, linear, sign in zip(waves, made, (-1.0, 1.0), strict=True):
        slopes = np.zeros((len(value), len(now)))
        of_rate, of_growth = slopes[2 : groups + 2], slopes[groups + 2 :]
        of_rate[:, p], of_rate[:, c] = np.diag(sign * middle[c]), np.diag(change[p] / 2)
        of_growth[:, c], of_growth[:, p] = np.diag(sign * (middle[p] - middle[0])), np.diag(change[c] / 2)
        of_growth[:, 0] = -change[c] / 2
        slopes[0] = of_rate.sum(axis=0)
        slopes[1] = -slopes[0]
        slopes[1, 0] += sign
        matrix = covariance(np.nan_to_num(linear.influence @ slopes.T), of.weights, of.design)
        held = unit_totals(linear.held[:, :1].astype(float), of.design) > 0
        df = np.full(len(value), degrees_of_freedom(held, of.design), dtype=float)
        sides.append((np.sqrt(np.maximum(np.diag(matrix), 0.0)), df))
    return independent(np.array([value, *sides[1]]), np.array([np.zeros(len(value)), *sides[0]]))


def _parts(of: Sample, column: str, codes: Ints, groups: int) -> Linear:
    """Everyone's mean, the mean of each group, and each group's share of everyone with a value."""
    values = of.frame[column].to_numpy(dtype=float)
    member = codes[:, None] == np.arange(groups)
    shares = np.where(np.isnan(values)[:, None], np.nan, member.astype(float))
    everyone = np.ones((groups + 1, len(values)), dtype=bool)
    domains = np.vstack([everyone[:1], member.T, everyone[1:]])
    return means(of, np.column_stack([*[values] * (groups + 1), shares]), domains)


def planned(
    study: Mapping[str, Any], indicators: Sequence[Indicator], levels: Sequence[Level]
) -> list[tuple[Indicator, Level]]:
    """What `decompositions` of the config declares: each indicator by each of the levels that it is estimated by."""
    declared = study.get("decompositions", {"indicators": [], "levels": []})
    return [
        (indicator, level)
        for level in levels
        if level.name in declared["levels"]
        for indicator in named(declared["indicators"], indicators)
        if level.breakdown in indicator.by
    ]


def decompositions(
    waves: tuple[Sample, Sample],
    plan: Sequence[tuple[Indicator, Level]],
    wave: Mapping[str, Any],
    noted: Collection[tuple[str, str]] = (),
) -> tuple[pd.DataFrame, list[str]]:
    """Derived rows of the later wave for what is planned, and a note on each that could not be made.

    `waves` are the earlier one and the later, in one weighting. Rows of a whole level are of `level=all`; those of a
    group are its part. `noted` are columns and levels that are comparable with a note.
    """
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    for indicator, level in plan:
        codes = (group_codes(waves[0], level), group_codes(waves[1], level))
        found = decompose(waves, indicator.column, codes, len(level.groups))
        if np.isnan(found.value).any():
            notes.append(f"Not taken apart: {indicator.column} by {level.name}: a group is empty in a wave.")
            continue
        note = NOTED if (indicator.column, level.name) in noted else None
        rows += [{**row, "reliability": note} for row in _rows(waves, indicator, level, codes, found)]
    return derived(rows, wave, "probability"), notes


def _rows(
    waves: tuple[Sample, Sample], indicator: Indicator, level: Level, codes: tuple[Ints, Ints], found: Difference
) -> list[dict[str, Any]]:
    of = {"family": indicator.family, "indicator": indicator.id, "ministry": indicator.ministry,
          "service": indicator.service, "weighting": waves[1].weighting}  # fmt: skip
    places = [{}, *({"breakdown": level.name, "group": group} for group in level.groups)]
    keys = [
        print_key({**of, "statistic": indicator.statistic, "wave": each.wave, **place})
        for each in waves
        for place in places
    ]
    n, others = 0, list[int]()
    for each, code in zip(waves, codes, strict=True):
        values = each.frame[indicator.column].to_numpy(dtype=float)
        n += int((~np.isnan(values)).sum())
        outside = values[(code < 0) & ~np.isnan(values)]
        if len(outside):
            shares = [outside.sum(), (1 - outside).sum()] if indicator.statistic == "proportion" else []
            others += [len(outside), *map(int, shares)]
    ending = OF_MEANS if indicator.statistic == "mean" else ""
    named_ = [(effect, ALL) for effect in EFFECTS] + [(effect, group) for effect in EFFECTS for group in level.groups]
    return [
        {
            **of, "statistic": effect + ending, "breakdown": level.name, "group": group,
            "estimate": found.value[i], "se": found.se[i], "ci_low": found.low[i],
            "ci_high": found.high[i], "ci_method": "t", "df": found.df[i], "n": n,
            # The parts of the composition leave a remainder: what those in no group bring.
            "cells": needs(rows=keys, counts=others if effect == EFFECTS[1] and group != ALL else []),
        }
        for i, (effect, group) in enumerate(named_)
    ]  # fmt: skip
