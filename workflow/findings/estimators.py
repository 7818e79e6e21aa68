"""Estimate: every indicator, for everyone and every group, in each weighting, into rows of the register.

A first, light pass finds the units of the sample, the cells of the margins and the domains that are not empty; the
second sums everything (`findings.totals`). Its influence values never exist per respondent;
`findings.design.covariance` is the same arithmetic on those, and tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.batches import Batch, Positions, Source, batches, codes, column_names, known, numbers
from findings.design import Design, make_design
from findings.domains import Domain, Part, groups_of, parts
from findings.errors import FindingsError
from findings.indicators import SILENT, STATE
from findings.intervals import effective_n, korn_graubard, logit, of_mean, reliability, student
from findings.plan import Indicator, Level
from findings.register import cells
from findings.totals import Cells, Estimates, Totals, counted
from findings.weighting import MARGIN, WEIGHTS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Parts = Sequence[tuple[Part, Sequence[Domain]]]
# Numbers held at a time: those of a batch's table, and those of a pass's totals (a plan that needs more is done in
# several passes, each reading its own indicators).
TABLE, TOTALS = 2**23, 2**25
METHODS = (None, "t", "korn_graubard", "logit")


@dataclass(frozen=True)
class Layout:
    """What the first pass finds: distinct rows of the design's columns, and of them those of the target population;
    the cells of every margin; and the domains of each part that are not empty.
    """

    units: pd.DataFrame
    inside: Bools
    margins: dict[str, list[str]]
    parts: list[tuple[Part, list[Domain]]]

    @property
    def keys(self) -> pd.DataFrame:
        """What names a unit: the columns of `units` that are text."""
        return self.units[[name for name in self.units if not str(name).startswith("fpc")]]

    @property
    def cells(self) -> int:
        """Number of calibration cells."""
        return sum(map(len, self.margins.values()))


@dataclass(frozen=True)
class Weighting:
    """One weighting: its name, column (None = unweighted), design, and its units as positions among all units."""

    name: str
    column: str | None
    design: Design | None
    units: Ints | None

    @property
    def calibrated(self) -> bool:
        """Whether the weights meet the margins."""
        return self.name in ("calibrated", "trimmed")


def estimate(
    source: Source,
    design: Mapping[str, Any],
    indicators: Sequence[Indicator],
    levels: Sequence[Level],
    study: Mapping[str, Any],
    wave: Mapping[str, Any],
) -> pd.DataFrame:
    """Rows of the register for every indicator × domain × weighting of design.json.

    `source` is indicators.parquet, as a frame or the file itself; of a file only the columns that are needed are read,
    in batches. Groups outside the target population have unweighted rows of their own and are in no other. A volunteer
    wave's rows have no standard error and no interval. Raises FindingsError on weights that are no positive numbers.
    """
    layout, interval = _layout(source, levels, study.get("crossings", [])), study.get("interval", METHODS[2])
    unit, weightings = _weightings(layout, design, wave)
    units = int(unit.max(initial=0)) + 1
    sets: dict[frozenset[str], list[Indicator]] = {}
    for indicator in indicators:
        sets.setdefault(indicator.by, []).append(indicator)
    made: list[pd.DataFrame] = []
    for by, of_set in sets.items():
        wanted = [
            (part, [domain for domain in domains if domain.of is None or domain.of in by])
            for part, domains in layout.parts
        ]
        for some, step in _pieces(wanted, units * len(weightings) + layout.cells):
            for start in range(0, len(of_set), step):
                made += _one_pass(source, of_set[start : start + step], some, layout, weightings, unit, wave, interval)
    return pd.concat(made, ignore_index=True)


def without_row(estimates: pd.DataFrame, indicators: Sequence[Indicator], levels: Sequence[Level]) -> list[str]:
    """Notes on what has no row: groups without a respondent, and indicators without an answer, in them or at all."""
    of_group = estimates[["breakdown", "group"]].drop_duplicates().itertuples(index=False, name=None)
    held = {(level, group) for level, group in of_group if isinstance(level, str)}
    notes = [
        f"No respondent, so no row: {level.name}={group}."
        for level in levels
        if any(level.breakdown in indicator.by for indicator in indicators)
        for group in level.groups
        if (level.name, group) not in held
    ]
    found: dict[str, set[tuple[str, str]]] = {}
    for column, level, group in estimates[["column", "breakdown", "group"]].itertuples(index=False, name=None):
        found.setdefault(column, set()).add((level, group))
    for indicator in indicators:
        own = found.get(indicator.column, set())
        wanted = [(v.name, g) for v in levels if v.breakdown in indicator.by for g in v.groups if (v.name, g) in held]
        missing = [f"{level}={group}" for level, group in wanted if (level, group) not in own]
        if not own:
            notes.append(f"Nobody has a value, so no row: {indicator.column}.")
        elif missing:
            notes.append(f"Nobody has a value of {indicator.column}, so no row, in {', '.join(missing)}.")
    return notes


def _pieces(wanted: Parts, places: int) -> Iterator[tuple[Parts, int]]:
    """Parts to sum together, and the number of indicators that TOTALS allows at a time, given the places per group."""
    each = 2 * places * sum(len(domains) for _, domains in wanted)
    pieces = [wanted] if each <= TOTALS else [[one] for one in wanted]
    for piece in pieces:
        groups = sum(len(domains) for _, domains in piece)
        if groups:
            yield piece, max(1, TOTALS // (2 * places * groups))


def ratios(values: Floats, weights: Floats, domains: Bools, design: Design) -> Estimates:
    """Σwy / Σw over those with a value, for `values` (rows × i; NaN = none) and `domains` (d × rows), all in memory."""
    groups = _apart(domains)
    totals = Totals(1, design.units, len(domains), values.shape[1], design.margins.shape[1])
    step = max(1, TABLE // (2 * values.shape[1]))
    for start in range(0, len(values), step):
        rows = slice(start, start + step)
        row, cell = np.nonzero(design.margins[rows])
        calibration = Cells(row, cell, design.base[rows]) if design.margins.shape[1] else None
        totals.add(values[rows], design.unit[rows], groups[:, rows], weights[None, rows], calibration)
    return totals.estimates(0, design, calibrated=design.margins.shape[1] > 0)


def _apart(domains: Bools) -> Ints:
    """Domains (d × rows) as breakdowns: their positions (breakdowns × rows), no two in one that share a row."""
    made: list[Ints] = []
    for d, rows in enumerate(domains):
        free = next((part for part in made if not (part[rows] >= 0).any()), None)
        if free is None:
            made.append(free := np.full(len(rows), -1, dtype=np.intp))
        free[rows] = d
    return np.array(made)


def _layout(source: Source, levels: Sequence[Level], crossings: Sequence[Mapping[str, Any]]) -> Layout:
    """The first pass: the columns of the design and of the levels."""
    names = column_names(source)
    two_stage = ["ssu", "fpc2"] if {"ssu", "fpc2"} <= set(names) else []
    columns = ["stratum", "psu", *(["fpc1"] if "fpc1" in names else []), *two_stage]
    margins: dict[str, set[str]] = {name: set() for name in names if name.startswith(MARGIN)}
    divided = parts(levels, crossings)
    held = [np.zeros(part.cells, dtype=np.intp) for part in divided]
    text = {name: object for name in columns if not name.startswith("fpc")}
    units, wanted = [], [*columns, *margins, *(level.name for level in levels), "base_weight"]
    for batch in batches(source, wanted, TABLE // len(wanted)):
        inside = known(batch, "base_weight")
        units.append(batch.select(columns).to_pandas().assign(inside=inside).drop_duplicates().astype(text))
        for name, found in margins.items():
            found.update(batch.column(name).filter(inside).drop_null().unique().to_pylist())
        of_level = groups_of(batch, levels)
        for part, counts in zip(divided, held, strict=True):
            cell = part.cell(of_level, inside)
            counts += np.bincount(cell[cell >= 0], minlength=part.cells)
    every = pd.concat(units, ignore_index=True).sort_values("inside", ascending=False, kind="stable")
    every = every.drop_duplicates(columns, ignore_index=True)
    return Layout(
        units=every[columns],
        inside=every["inside"].to_numpy(dtype=bool),
        margins={name: sorted(found) for name, found in margins.items()},
        parts=[(part, part.domains(counts)) for part, counts in zip(divided, held, strict=True)],
    )


def _weightings(layout: Layout, design: Mapping[str, Any], wave: Mapping[str, Any]) -> tuple[Ints, list[Weighting]]:
    """The unit of each row of `layout.units`, and the weightings: the unweighted one is of everyone's design."""
    if design["kind"] != "probability":
        # Nothing is computed of a volunteer wave's units: all are one.
        weightings = [Weighting(name, WEIGHTS.get(name), None, None) for name in design["weighting"]]
        return np.zeros(len(layout.units), dtype=np.intp), weightings
    every = make_design(layout.units, design["singletons"], wave["wave"], calibrated=False)
    those = make_design(layout.units[layout.inside], design["singletons"], wave["wave"], calibrated=False)
    place = np.zeros(those.units, dtype=np.intp)
    place[those.unit] = every.unit[layout.inside]
    return every.unit, [
        Weighting(name, WEIGHTS.get(name), every if name == "none" else those, None if name == "none" else place)
        for name in design["weighting"]
    ]


def _one_pass(
    source: Source,
    indicators: Sequence[Indicator],
    wanted: Parts,
    layout: Layout,
    weightings: Sequence[Weighting],
    unit: Ints,
    wave: Mapping[str, Any],
    interval: str,
) -> Iterator[pd.DataFrame]:
    """The register's rows of some indicators by some domains, one table per weighting."""
    domains = [domain for _, some in wanted for domain in some]
    place = _places(wanted)
    calibrated = any(weighting.calibrated and weighting.design for weighting in weightings)
    cells_ = layout.cells if calibrated else 0
    totals = Totals(len(weightings), int(unit.max(initial=0)) + 1, len(domains), len(indicators), cells_)
    missing = np.zeros((len(domains), len(indicators)))
    where = Positions(layout.keys)
    levels = list({level.name: level for part, _ in wanted for level in part.levels}.values())
    values, states = [i.column for i in indicators], [i.column + STATE for i in indicators]
    needed = [
        *values, *states, *layout.keys.columns, *layout.margins, *(level.name for level in levels), "base_weight",
        *filter(None, (weighting.column for weighting in weightings)),
    ]  # fmt: skip
    for batch in batches(source, needed, max(1, TABLE // (2 * len(indicators)))):
        inside = known(batch, "base_weight")
        of_level = groups_of(batch, levels)
        groups = np.array([to[part.cell(of_level, inside)] for (part, _), to in zip(wanted, place, strict=True)])
        weights = np.array([_weights(batch, weighting, inside, wave) for weighting in weightings])
        calibration = _cells(batch, layout, inside) if calibrated else None
        totals.add(numbers(batch, values), unit[where.of(batch)], groups, weights, calibration)
        silent = np.column_stack([codes(batch, name, SILENT) >= 0 for name in states]).astype(float)
        missing += counted(groups, silent, len(missing))
    for w, weighting in enumerate(weightings):
        result = totals.estimates(w, weighting.design, calibrated=weighting.calibrated, units=weighting.units)
        yield _rows(result, missing.T, indicators, domains, weighting, interval)


def _places(wanted: Parts) -> list[Ints]:
    """By part, the position among all domains of the domain of each cell (cells + 1,); -1 in none, as cell -1 is."""
    made, first = [], 0
    for part, domains in wanted:
        to = np.full(part.cells + 1, -1, dtype=np.intp)
        to[[domain.cell for domain in domains]] = np.arange(first, first + len(domains))
        made.append(to)
        first += len(domains)
    return made


def _weights(batch: Batch, weighting: Weighting, inside: Bools, wave: Mapping[str, Any]) -> Floats:
    """Weights (rows,): 1 in the unweighted rows, 0 outside the target population in the others."""
    if weighting.column is None:
        return np.ones(batch.num_rows)
    weights = numbers(batch, [weighting.column])[:, 0]
    if not (np.isfinite(weights[inside]) & (weights[inside] > 0)).all():
        raise FindingsError(f"Some {weighting.name} weights are not positive numbers.", wave=wave["wave"])
    return np.where(inside, weights, 0.0)


def _cells(batch: Batch, layout: Layout, inside: Bools) -> Cells:
    """The calibration cells of the respondents of the target population, one per margin."""
    found, first = [], 0
    for name, names in layout.margins.items():
        cell = codes(batch, name, names)
        found.append(np.where(inside & (cell >= 0), cell + first, -1))
        first += len(names)
    margin, row = np.nonzero(np.array(found) >= 0)
    return Cells(row, np.array(found)[margin, row], numbers(batch, ["base_weight"])[:, 0])


def _rows(
    result: Estimates,
    missing: Floats,
    indicators: Sequence[Indicator],
    domains: Sequence[Domain],
    weighting: Weighting,
    interval: str,
) -> pd.DataFrame:
    """The register's rows of one weighting; an indicator nobody in a domain has a value of gives none.

    `missing` (indicators × domains) are respondents who were asked and gave no answer.
    """
    count, groups = len(indicators), len(domains)
    flat = {name: getattr(result, name).reshape(-1) for name in ("value", "se", "n", "k", "df")}
    mean = np.repeat([indicator.statistic == "mean" for indicator in indicators], groups)
    value, n, df = flat["value"], flat["n"], flat["df"]
    se = flat["se"]
    share = np.where(mean, np.nan, value)
    # Sums of floats may leave a proportion a hair outside 0 to 1.
    share = np.clip(share, 0.0, 1.0)
    n_eff = np.where(mean | np.isnan(se), np.nan, effective_n(share, se, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        deff = np.where((share > 0) & (share < 1), se**2 / (share * (1 - share) / n), np.nan)
    low, high = (np.full(len(value), np.nan) for _ in range(2))
    method = np.zeros(len(value), dtype=int)
    reliable = np.full(len(value), None, dtype=object)
    if weighting.design is not None:
        beta, t = korn_graubard(share, se, n, df), student(value, se, df)
        steep = logit(share, se, df) if interval == METHODS[3] else (low, high)
        # On the logit scale 0 and 1 have no interval.
        method = np.where(mean, 1, np.where(np.isnan(steep[0]), 2, 3))
        low, high = (np.choose(method, [low, t[i], beta[i], steep[i]]) for i in (0, 1))
        method[np.isnan(low)] = 0
        reliable = np.where(mean, of_mean(value, se, n, df), reliability(share, *beta, n, n_eff, df))
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
            "weighting": weighting.name,
            "estimate": np.where(mean, value, share),
            "se": se,
            "ci_low": low,
            "ci_high": high,
            "ci_method": np.array(METHODS, dtype=object)[method],
            "df": np.where(np.isnan(se), np.nan, df),
            "n": n,
            "n_asked": n + missing.reshape(-1),
            "n_missing": missing.reshape(-1),
            "n_eff": n_eff,
            "deff": deff,
            "reliability": reliable,
            "cells": [
                cells(int(a), None if m else round(float(b))) for a, b, m in zip(n, flat["k"], mean, strict=True)
            ],
        }
    )
    outside = np.tile(np.array([d.outside for d in domains]), count)
    return table[(n > 0) & ~(outside & (weighting.column is not None))]
