"""Estimate: every indicator, for everyone and every group, in each weighting, into rows of the register.

One pass: sums per unit of the last stage × group × indicator are matrix products, and a proportion or mean is a ratio
of two of them. Its influence values never exist per respondent; `findings.design.covariance` is the same arithmetic on
those, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.config import Indicator, Level
from findings.design import Design, degrees_of_freedom, deviations, make_design, projection, unit_totals
from findings.errors import FindingsError
from findings.indicators import STATE
from findings.intervals import effective_n, korn_graubard, reliability, student
from findings.keys import AND
from findings.register import cells

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
WEIGHTS = {"design": "base_weight", "calibrated": "weight", "trimmed": "weight_trimmed"}


@dataclass(frozen=True)
class Domain:
    """A set of respondents: everyone (`breakdown` None), a group of a level, or a cell of a crossing.

    `of` is the breakdown, or crossing, of the config that it belongs to.
    """

    breakdown: str | None
    group: str | None
    rows: Bools
    of: str | None = None


@dataclass(frozen=True)
class Estimates:
    """Results, each (indicators × domains): value, standard error, unweighted n and sum, degrees of freedom."""

    value: Floats
    se: Floats
    n: Floats
    k: Floats
    df: Floats


def estimate(
    frame: pd.DataFrame,
    design: Mapping[str, Any],
    indicators: Sequence[Indicator],
    levels: Sequence[Level],
    study: Mapping[str, Any],
    wave: Mapping[str, Any],
) -> pd.DataFrame:
    """Rows of the register for every indicator × domain × weighting of design.json.

    `frame` is indicators.parquet. Groups outside the target population have unweighted rows of their own and are in no
    other. A volunteer wave's rows have no standard error and no interval. Raises FindingsError on weights that are no
    positive numbers.
    """
    inside = frame["base_weight"].notna().to_numpy(dtype=bool)
    domains = _domains(frame, levels, study.get("crossings", []), inside)
    sets: dict[frozenset[str], list[Indicator]] = {}
    for indicator in indicators:
        sets.setdefault(indicator.by, []).append(indicator)
    parts = []
    for weighting in design["weighting"]:
        if weighting == "none":
            weights, base = np.ones(len(frame)), np.ones(len(frame))
            rows = np.ones(len(frame), dtype=bool)
            chosen = domains
        else:
            weights, base = (frame[column].to_numpy(dtype=float) for column in (WEIGHTS[weighting], "base_weight"))
            rows = inside
            chosen = [domain for domain in domains if not (domain.rows & ~inside).any()]
            if not (np.isfinite(weights[rows]) & (weights[rows] > 0)).all():
                raise FindingsError(f"Some {weighting} weights are not positive numbers.", wave=wave["wave"])
        plan = make_design(
            frame[rows],
            design["singletons"] if weighting != "none" or design["kind"] == "probability" else "adjust",
            wave["wave"],
            calibrated=weighting in ("calibrated", "trimmed"),
            base=base[rows],
        )
        for by, some in sets.items():
            wanted = [domain for domain in chosen if domain.of is None or domain.of in by]
            values = frame.loc[rows, [indicator.column for indicator in some]].to_numpy(dtype=float)
            result = ratios(values, weights[rows], np.array([d.rows[rows] for d in wanted]), plan)
            parts.append(_rows(result, some, wanted, frame, weighting, str(design["kind"])))
    return pd.concat(parts, ignore_index=True)


def ratios(values: Floats, weights: Floats, domains: Bools, design: Design) -> Estimates:
    """Σwy / Σw over those with a value, for `values` (rows × i; NaN = none) and `domains` (d × rows)."""
    answered = ~np.isnan(values)
    filled = np.where(answered, values, 0.0)
    mask = answered.astype(float)
    tops, bottoms, held = [], [], []
    shape = (values.shape[1], len(domains))
    n, k = np.zeros(shape), np.zeros(shape)
    for d, rows in enumerate(domains):
        factor = (weights * rows)[:, None]
        tops.append(unit_totals(filled * factor, design))
        bottoms.append(unit_totals(mask * factor, design))
        held.append(unit_totals(mask * rows[:, None], design) > 0)
        n[:, d], k[:, d] = mask[rows].sum(axis=0), filled[rows].sum(axis=0)
    top, bottom = np.stack(tops, axis=2), np.stack(bottoms, axis=2)  # units × indicators × domains
    total = bottom.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = top.sum(axis=0) / total
        influence = (top - value * bottom) / total
    influence = np.where(total > 0, influence, 0.0)
    if design.margins.shape[1]:
        influence -= _explained(filled, mask, domains, value, total, weights, design)
    scaled = deviations(influence.reshape(design.units, -1), design)
    se = np.sqrt((scaled**2).sum(axis=0)).reshape(shape)
    df = degrees_of_freedom(np.stack(held, axis=2).reshape(design.units, -1), design).reshape(shape).astype(float)
    return Estimates(value, np.where(total > 0, se, np.nan), n, k, df)


def _explained(
    filled: Floats, mask: Floats, domains: Bools, value: Floats, total: Floats, weights: Floats, design: Design
) -> Floats:
    """Unit totals (units × i × d) of what the margins explain of the influence values."""
    project = projection(design)
    margin_totals = unit_totals(design.margins * weights[:, None], design)
    parts = []
    for d, rows in enumerate(domains):
        slopes_top, slopes_bottom = project[:, rows] @ filled[rows], project[:, rows] @ mask[rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = (slopes_top - value[:, d] * slopes_bottom) / total[:, d]
        parts.append(margin_totals @ np.where(total[:, d] > 0, slopes, 0.0))
    return np.stack(parts, axis=2)


def _domains(
    frame: pd.DataFrame, levels: Sequence[Level], crossings: Sequence[Mapping[str, Any]], inside: Bools
) -> list[Domain]:
    """Everyone of the target population, each group of each level, each cell of each crossing; none that is empty."""
    held: dict[str, dict[str, Bools]] = {}
    of = {level.name: level.breakdown for level in levels}
    for level in levels:
        column = frame[level.name]
        held[level.name] = {g: (column == g).fillna(False).to_numpy(dtype=bool) for g in level.groups}
    domains = [Domain(None, None, inside)]
    for name, groups in held.items():
        for group, rows in groups.items():
            # A group wholly outside the target population is a domain of its own; any other lies inside it.
            domains.append(Domain(name, group, rows & inside if (rows & inside).any() else rows, of[name]))
    for crossing in crossings:
        for groups_ in product(*(held[name] for name in crossing["levels"])):
            rows = np.logical_and.reduce([held[n][g] for n, g in zip(crossing["levels"], groups_, strict=True)])
            name = AND.join(crossing["levels"])
            domains.append(Domain(name, AND.join(groups_), rows & inside, crossing["name"]))
    return [domain for domain in domains if domain.rows.any()]


def _rows(
    result: Estimates,
    indicators: Sequence[Indicator],
    domains: Sequence[Domain],
    frame: pd.DataFrame,
    weighting: str,
    kind: str,
) -> pd.DataFrame:
    """The register's rows of one weighting; an indicator nobody in a domain has a value of gives none."""
    count, groups = len(indicators), len(domains)
    flat = {name: getattr(result, name).reshape(-1) for name in ("value", "se", "n", "k", "df")}
    mean = np.repeat([indicator.statistic == "mean" for indicator in indicators], groups)
    value, n, df = flat["value"], flat["n"], flat["df"]
    se = flat["se"] if kind == "probability" else np.full(len(value), np.nan)
    share = np.where(mean, np.nan, value)
    # Sums of floats may leave a proportion a hair outside 0 to 1.
    share = np.clip(share, 0.0, 1.0)
    n_eff = np.where(mean | np.isnan(se), np.nan, effective_n(share, se, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        deff = np.where((share > 0) & (share < 1), se**2 / (share * (1 - share) / n), np.nan)
    low, high = (np.full(len(value), np.nan) for _ in range(2))
    reliable = np.full(len(value), None, dtype=object)
    if kind == "probability":
        beta, t = korn_graubard(share, se, n, df), student(value, se, df)
        low, high = (np.where(mean, t[i], beta[i]) for i in (0, 1))
        # ASSUME[reliability_of_means]: NCHS gives no rule for means; few respondents or few PSUs are flagged alike.
        few = np.where(n < 30, "not_reliable", np.where(df < 8, "review", "reliable")).astype(object)
        reliable = np.where(mean, few, reliability(share, *beta, n, n_eff, df))
    asked, missing = _asked(frame, indicators, domains)
    table = pd.DataFrame(
        {
            "family": np.repeat([i.family for i in indicators], groups),
            "indicator": np.repeat([i.id for i in indicators], groups),
            "statistic": np.repeat([i.statistic for i in indicators], groups),
            "column": np.repeat([i.column for i in indicators], groups),
            "base_indicator": np.repeat(np.array([i.base_indicator for i in indicators], dtype=object), groups),
            "ministry": np.repeat(np.array([i.ministry for i in indicators], dtype=object), groups),
            "service": np.repeat(np.array([i.service for i in indicators], dtype=object), groups),
            "breakdown": np.tile(np.array([d.breakdown for d in domains], dtype=object), count),
            "group": np.tile(np.array([d.group for d in domains], dtype=object), count),
            "weighting": weighting,
            "estimate": np.where(mean, value, share),
            "se": se,
            "ci_low": low,
            "ci_high": high,
            "ci_method": np.array([None, "t", "korn_graubard"], dtype=object)[
                np.where(np.isnan(low), 0, np.where(mean, 1, 2))
            ],
            "df": np.where(np.isnan(se), np.nan, df),
            "n": n,
            "n_asked": asked.reshape(-1),
            "n_missing": missing.reshape(-1),
            "n_eff": n_eff,
            "deff": deff,
            "reliability": reliable,
            "cells": [
                cells(int(a), None if m else round(float(b))) for a, b, m in zip(n, flat["k"], mean, strict=True)
            ],
        }
    )
    return table[table["n"] > 0]


def _asked(frame: pd.DataFrame, indicators: Sequence[Indicator], domains: Sequence[Domain]) -> tuple[Floats, Floats]:
    """Respondents asked, and those of them without a value (each indicators × domains)."""
    states = frame[[indicator.column + STATE for indicator in indicators]]
    values = frame[[indicator.column for indicator in indicators]].notna().to_numpy(dtype=float)
    missing = states.isin(["declined", "dont_know", "blank"]).to_numpy(dtype=float)
    rows = np.array([domain.rows for domain in domains], dtype=float)
    without = missing.T @ rows.T
    return values.T @ rows.T + without, without
