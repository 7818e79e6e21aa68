"""Differences and ratios of two estimates of a sample, by influence values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from estimates import Bools, Domain, by_stratum, summed
from findings.changes import changes
from findings.influence import Sample, means, standard_errors
from planted import Floats

Row = tuple[str, str, str]  # Indicator, breakdown, group.


@dataclass(frozen=True)
class Contrast:
    """`weights` of the rows: a difference, or a difference of differences; a ratio is of its two rows."""

    name: str
    statistic: str
    rows: tuple[Row, ...]
    weights: tuple[float, ...] = (1.0, -1.0)


GAPS = (
    ("gender gap", "gender", "female", "male"),
    ("urban-rural gap", "urban_rural", "urban", "rural"),
    ("ethnic gap", "ethnicity_bamar", "non_bamar", "bamar"),
    ("conflict gap", "conflict_affected", "yes", "no"),
    ("age gap", "age_group", "65_plus", "18_24"),
    ("gap of two states", "state_region", "chin", "kayah"),
)
OF = (
    "adoption.aware|telekyanmar", "adoption.current_any_service", "conversion.conversion_ever|telekyanmar",
    "trust.trust", "barriers.phone_checks|finance", "barriers.language|health", "literacy.literacy_search",
    "usability.sus",
)  # fmt: skip
CROSSED = "gender&ethnicity_bamar&urban_rural"


def _declared() -> list[Contrast]:
    made = [
        Contrast(f"{gap}: {name}", "difference", ((name, breakdown, one), (name, breakdown, other)))
        for gap, breakdown, one, other in GAPS
        for name in OF
    ]
    everyone = ("", "everyone")
    for one, other in (("health", "education"), ("finance", "health")):
        pair = tuple((f"adoption.aware_any|{ministry}", *everyone) for ministry in (one, other))
        made.append(Contrast(f"ministries: aware of {one}, of {other}", "difference", pair))
    pair = (("barriers.phone_checks|finance", *everyone), ("barriers.language|health", *everyone))
    made.append(Contrast("barriers: phone checks of finance, language of health", "difference", pair))
    for name in ("adoption.current_any_service", "trust.trust", "literacy.literacy_search"):
        cells = tuple(
            (name, CROSSED, f"{gender}&{ethnicity}&urban")
            for ethnicity in ("non_bamar", "bamar")
            for gender in ("female", "male")
        )
        made.append(Contrast(f"gap of gaps (gender by ethnicity, urban): {name}", "difference", cells, (1, -1, -1, 1)))
    for name, breakdown, group in (("everyone", "", "everyone"), ("women", "gender", "female")):
        pair = (("adoption.current_any_service", breakdown, group), ("adoption.ever_any_service", breakdown, group))
        made.append(Contrast(f"still uses, of ever used: {name}", "ratio", pair))
    return made


CONTRASTS = _declared()


@cache
def _places(names: tuple[str, ...], groups: tuple[tuple[str, str], ...]) -> tuple[list[tuple[int, int]], Floats]:
    """The rows that the contrasts rest on, each once (indicator, domain), and the contrasts' weights of them."""
    rows = list(dict.fromkeys(row for contrast in CONTRASTS for row in contrast.rows))
    matrix = np.zeros((len(CONTRASTS), len(rows)))
    for i, contrast in enumerate(CONTRASTS):
        for row, weight in zip(contrast.rows, contrast.weights, strict=True):
            matrix[i, rows.index(row)] = weight
    return [(names.index(name), groups.index((breakdown, group))) for name, breakdown, group in rows], matrix


def _found(names: list[str], domains: list[Domain]) -> tuple[list[tuple[int, int]], Floats]:
    return _places(tuple(names), tuple((domain.breakdown, domain.group) for domain in domains))


def _ratios() -> list[int]:
    return [i for i, contrast in enumerate(CONTRASTS) if contrast.statistic == "ratio"]


def contrast_truths(truths: Mapping[str, Floats], domains: list[Domain]) -> Floats:
    """The true value of every contrast."""
    names = list(truths)
    places, matrix = _found(names, domains)
    values = np.array([truths[names[i]][d] for i, d in places])
    made = matrix @ values
    for i in _ratios():
        made[i] = values[matrix[i] > 0][0] / values[matrix[i] < 0][0]
    return made


def contrasts_of(
    of: Sample, values: Floats, names: list[str], masks: Bools, domains: list[Domain], truth: Floats
) -> dict[str, Floats]:
    """One sample's contributions to the sums: of every contrast, calibrated."""
    places, matrix = _found(names, domains)
    rows = means(of, values[:, [i for i, _ in places]], masks[[d for _, d in places]])
    made = rows.combined(matrix)
    for i in _ratios():
        top, bottom = np.flatnonzero(matrix[i] > 0)[0], np.flatnonzero(matrix[i] < 0)[0]
        share = rows.value[top] / rows.value[bottom]
        made.value[i] = share
        made.influence[:, i] = (rows.influence[:, top] - share * rows.influence[:, bottom]) / rows.value[bottom]
    se, df = standard_errors(of, made)
    size = made.held.sum(axis=0).astype(float)
    every = np.ones(len(truth), dtype=bool)
    return summed(made.value, se, size, df, truth, every, by_stratum(of, made.influence))


CHANGED = ("adoption.aware|telekyanmar", "adoption.current_any_service", "trust.trust", "barriers.phone_checks|finance",
           "literacy.literacy_search")  # fmt: skip
Wave = tuple[Sample, Mapping[str, Floats], Bools]


@cache
def _changed(groups: tuple[tuple[str, str], ...]) -> list[tuple[str, int]]:
    return [
        (name, d) for name in CHANGED for d, (breakdown, _) in enumerate(groups) if breakdown in ("", "gender", "zone")
    ]


def changed(domains: list[Domain]) -> list[tuple[str, int]]:
    """The rows that are compared between waves: indicator, and position of its domain."""
    return _changed(tuple((domain.breakdown, domain.group) for domain in domains))


def changes_of(later: Wave, earlier: Wave, domains: list[Domain], truth: Floats) -> dict[str, Floats]:
    """One pair of samples' contributions to the sums: later less earlier, by `findings.changes` on two registers."""
    chosen = changed(domains)
    registers = []
    for of, values, masks in (later, earlier):
        found = means(of, np.column_stack([values[name] for name, _ in chosen]), masks[[d for _, d in chosen]])
        se, df = standard_errors(of, found)
        registers.append(
            pd.DataFrame(
                {
                    "key": [f"simulated.row_{i:03d}.mean@{of.wave}" for i in range(len(chosen))],
                    "weighting": "calibrated", "column": "x", "statistic": "mean", "family": "simulated",
                    "indicator": "row", "breakdown": "x", "group": "x", "estimate": found.value, "se": se, "df": df,
                    "n": found.held.sum(axis=0), "cells": "{}",
                }
            )
        )  # fmt: skip
    made = changes(registers[0], registers[1], "calibrated", [])
    columns = (made[name].to_numpy(dtype=float) for name in ("estimate", "se", "n", "df"))
    return summed(*columns, truth, np.ones(len(truth), dtype=bool))
