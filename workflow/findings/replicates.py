"""Replicate weights: a standard error by drawing PSUs anew, to check the linearised one.

`jackknife` leaves out one PSU at a time (JKn); `bootstrap` draws n − 1 of a stratum's n PSUs with replacement and
rescales (Rao and Wu). Raking is done anew in each replicate. A replicate's estimate is compared with the full sample's.
Strata of one PSU add nothing; under `average` the others stand for them. Of two stages only the first is drawn anew.
Sources: Rao and Wu (1988); Rao, Wu and Yue (1992) for the finite population; R `survey::as.svrepdesign`, `svrVar`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from findings.design import Design
from findings.errors import FindingsError
from findings.families import named
from findings.influence import Sample
from findings.keys import AND
from findings.plan import Indicator
from findings.weighting import MARGIN

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
# Replicates raked at a time, so that memory holds rows × this many weights.
AT_ONCE = 50


@dataclass(frozen=True)
class Replicates:
    """`factors` (psus × r) that multiply the weights, and `scales` (r,) of the squared deviations."""

    factors: Floats
    scales: Floats


def replicates(design: Design, method: str, number: int, seed: int) -> Replicates:
    """Replicates of a design; `number` and `seed` are the bootstrap's."""
    count = np.bincount(design.stratum)
    drawn = np.minimum(count / design.psus_of, 1.0)
    several = count > 1
    average = len(count) / int(several.sum()) if design.singletons == "average" and several.any() else 1.0
    if method == "jackknife":
        left_out = np.flatnonzero(several[design.stratum])
        factors = np.ones((design.psus, len(left_out)))
        for r, psu in enumerate(left_out):
            n = count[design.stratum[psu]]
            factors[design.stratum == design.stratum[psu], r] = n / (n - 1)
            factors[psu, r] = 0.0
        of = design.stratum[left_out]
        return Replicates(factors, average * (1 - drawn[of]) * (count[of] - 1) / count[of])
    random = np.random.default_rng(seed)
    factors = np.ones((design.psus, number))
    for stratum in np.flatnonzero(several):
        psus = np.flatnonzero(design.stratum == stratum)
        n = len(psus)
        times = random.multinomial(n - 1, np.full(n, 1 / n), size=number).T
        factors[psus] = 1 + np.sqrt(1 - drawn[stratum]) * (times * n / (n - 1) - 1)
    return Replicates(factors, np.full(number, average / number))


def raked(
    weights: Floats, margins: Sequence[tuple[Ints, Floats]], iterations: int, tolerance: float, wave: str
) -> Floats:
    """Weights (rows × r), each column raked to the margins: (cell of each row, targets of the cells).

    A cell that a replicate leaves empty has its target shared by the margin's other cells. Raises FindingsError when a
    replicate does not meet the margins to `tolerance` (relative).
    """
    rows = np.arange(len(weights))
    ones = np.ones(len(rows))
    sums: list[Any] = [sparse.csr_array((ones, (cell, rows)), (len(to), len(rows))) for cell, to in margins]
    goals = []
    for total, (_, targets) in zip(sums, margins, strict=True):
        held = np.asarray(total @ weights > 0) * targets[:, None]
        goals.append(held * targets.sum() / held.sum(axis=0))
    made = weights.copy()
    largest = np.inf
    for _ in range(iterations):
        for total, goal, (cell, _) in zip(sums, goals, margins, strict=True):
            now = np.asarray(total @ made)
            made *= np.divide(goal, now, out=np.ones_like(goal), where=now > 0)[cell]
        largest = max(
            float(np.abs(np.divide(np.asarray(total @ made), goal, out=np.ones_like(goal), where=goal > 0) - 1).max())
            for total, goal in zip(sums, goals, strict=True)
        )
        if largest <= tolerance:
            return made
    raise FindingsError(
        f"Raking does not converge in a replicate: after {iterations} rounds a margin is off by {largest:.2g}.",
        wave=wave,
        mend="merge small cells of the margins, or leave out `replicates` in config.yaml.",
    )


def deviations(weights: Floats, values: Floats, full: Floats) -> Floats:
    """Replicate means less the full sample's (m × r): `weights` (rows × r), `values` (rows × m, NaN = none)."""
    known = ~np.isnan(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (np.where(known, values, 0.0).T @ weights) / (known.T.astype(float) @ weights)
    found: Floats = means - full[:, None]
    return found


def standard_errors(
    of: Sample, rows: pd.DataFrame, calibration: Mapping[str, Any] | None, options: Mapping[str, Any]
) -> Floats:
    """Replicate standard errors (rows,) of register rows: `column`, `breakdown`, `group`, `estimate`.

    `calibration` is design.json's, None where the weighting has none; `options` have the config's `replicates` and
    `weighting`. NaN where a replicate leaves a group empty.
    """
    asked = options["replicates"]
    plan = replicates(of.design, asked["method"], asked.get("number", 0), asked.get("seed", 0))
    base = of.weights if calibration is None else of.design.base
    margins = [
        (pd.Index(list(m["totals"])).get_indexer(of.frame[MARGIN + m["name"]].astype(object)).astype(np.intp),
         np.array(list(m["totals"].values()), dtype=float))
        for m in (calibration or {"margins": []})["margins"]
    ]  # fmt: skip
    limits = (options["weighting"]["max_iterations"], options["weighting"]["tolerance"])
    squares = np.zeros(len(rows))
    groups = [(_held(of.frame, *place), np.flatnonzero(where)) for place, where in _by_group(rows)]
    columns = rows["column"].to_numpy(dtype=object)
    full = rows["estimate"].to_numpy(dtype=float)
    for start in range(0, len(plan.scales), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        weights = base[:, None] * plan.factors[of.design.psu][:, some]
        if margins:
            weights = raked(weights, margins, *limits, of.wave)
        for held, at in groups:
            values = of.frame.loc[held, list(columns[at])].to_numpy(dtype=float)
            squares[at] += deviations(weights[held], values, full[at]) ** 2 @ plan.scales[some]
    found: Floats = np.sqrt(squares)
    return found


def check_column(
    estimates: pd.DataFrame,
    of: Sample,
    indicators: Sequence[Indicator],
    design: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Floats:
    """`se_replicate` (rows,) of the register's estimates; NaN but for the declared indicators, weighted as `of` is.

    Raises FindingsError where the headline is trimmed: trimming is not repeated in a replicate.
    """
    if of.weighting == "trimmed":
        raise FindingsError(
            "Replicate weights are not trimmed, so they check no trimmed estimate.",
            wave=of.wave,
            mend="leave out `replicates` in config.yaml, or choose another `headline_weighting`.",
        )
    columns = [indicator.column for indicator in named(options["replicates"]["indicators"], indicators)]
    chosen = ((estimates["weighting"] == of.weighting) & estimates["column"].isin(columns)).to_numpy(dtype=bool)
    # An unweighted row may be of a group outside the target population, which the sample has not.
    found = np.full(len(estimates), np.nan)
    calibration = design["calibration"] if of.weighting == "calibrated" else None
    found[chosen] = standard_errors(of, estimates[chosen], calibration, options)
    return found


def _by_group(rows: pd.DataFrame) -> list[tuple[tuple[str | None, str | None], Bools]]:
    """Each breakdown and group of the rows (None: everyone), and which rows are of it."""
    names = rows[["breakdown", "group"]].astype(object).where(rows[["breakdown", "group"]].notna(), None)
    pairs = [tuple(pair) for pair in names.to_numpy()]
    return [(pair, np.array([other == pair for other in pairs])) for pair in dict.fromkeys(pairs)]


def _held(frame: pd.DataFrame, breakdown: str | None, group: str | None) -> Bools:
    """Respondents of a group, or of a cell of a crossing; everyone where there is none."""
    held = np.ones(len(frame), dtype=bool)
    for level, name in zip(breakdown.split(AND), (group or "").split(AND), strict=True) if breakdown else ():
        held &= (frame[level] == name).fillna(False).to_numpy(dtype=bool)
    return held
