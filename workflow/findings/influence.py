"""Influence values: what each respondent adds to an estimate, from which one covariance makes every standard error.

A statistic is its value and its influence values per unit of weight (rows × statistics; zero outside its domain). What
is computed from several statistics is a dot product of their influence values, so that answers of the same respondents
need no further thought. Sources: Deville (1999); Lumley, R `survey`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.design import Design, covariance, degrees_of_freedom, make_design, unit_totals
from findings.weighting import WEIGHTS

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """The respondents of the target population in one weighting: `frame` (rows of indicators.parquet), `weights`."""

    frame: pd.DataFrame
    weights: Floats
    design: Design
    weighting: str
    wave: str


@dataclass(frozen=True)
class Linear:
    """Statistics `value` (m,), their `influence` (rows × m) per unit of weight, and `held` (rows × m), their domain."""

    value: Floats
    influence: Floats
    held: Bools

    def combined(self, contrasts: Floats) -> Linear:
        """Linear combinations, one per row of `contrasts` (c × m); each of the domain of all its parts."""
        held = self.held.astype(float) @ (contrasts != 0).T.astype(float) > 0
        return Linear(contrasts @ self.value, self.influence @ contrasts.T, held)

    def ratios(self, pairs: Sequence[tuple[int, int]]) -> Linear:
        """Ratios of two of the statistics each, by the delta method; NaN where the second is 0.

        The parts may share respondents: their covariance is in the influence values. R: svycontrast(quote(a / b)).
        """
        top, bottom = np.array(pairs, dtype=np.intp).T
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(self.value[bottom] == 0, np.nan, self.value[top] / self.value[bottom])
            influence = (self.influence[:, top] - value * self.influence[:, bottom]) / self.value[bottom]
        return Linear(value, np.nan_to_num(influence), self.held[:, top] | self.held[:, bottom])


def sample(frame: pd.DataFrame, design: Mapping[str, Any], weighting: str, wave: str) -> Sample:
    """The target population's respondents of indicators.parquet with the design of design.json.

    `weighting` is none, or one of design.json's. Raises FindingsError on a stratum of one PSU, unless `singletons` says
    how it is treated.
    """
    inside = frame["base_weight"].notna().to_numpy(dtype=bool)
    kept = frame[inside].reset_index(drop=True)
    plain = weighting == "none"
    weights, base = (
        np.ones(len(kept)) if plain else kept[column].to_numpy(dtype=float)
        for column in (WEIGHTS.get(weighting, ""), "base_weight")
    )
    made = make_design(
        kept,
        "adjust" if plain and design["kind"] != "probability" else design["singletons"],
        wave,
        calibrated=weighting in ("calibrated", "trimmed"),
        base=base,
    )
    return Sample(kept, weights, made, weighting, wave)


def headline(design: Mapping[str, Any], study: Mapping[str, Any]) -> str:
    """The weighting of comparisons: none for volunteers; else the study's headline, or the design's where it is not."""
    if design["kind"] == "volunteer":
        return "none"
    wanted = study["headline_weighting"]
    return str(wanted if wanted in design["weighting"] else "design")


def means(of: Sample, values: Floats, domains: Sequence[Bools] | Bools) -> Linear:
    """Mean of each column of `values` (rows × m; NaN = no value) among the rows of its domain (m × rows).

    NaN, with influence zero, where nobody of the domain has a value. A proportion is the mean of 0 and 1.
    """
    inside = np.asarray(domains, dtype=bool).T & ~np.isnan(values)
    filled = np.where(inside, values, 0.0)
    total = of.weights @ inside
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (of.weights @ filled) / total
        influence = np.where(inside, (filled - value) / total, 0.0)
    return Linear(value, np.nan_to_num(influence), inside)


def totals(of: Sample, values: Floats, domains: Sequence[Bools] | Bools) -> Linear:
    """Weighted sum of each column of `values` (rows × m; NaN = no value, adds nothing) over its domain (m × rows).

    In the unit of the values: of 0 and 1, people of the frame. Who gave no answer is counted as 0. R: svytotal.
    """
    inside = np.asarray(domains, dtype=bool).T & ~np.isnan(values)
    filled = np.where(inside, values, 0.0)
    return Linear(of.weights @ filled, filled, inside)


def ratios(of: Sample, tops: Floats, bottoms: Floats, domains: Sequence[Bools] | Bools) -> Linear:
    """Σw·top / Σw·bottom, by column (rows × m), over the rows of its domain (m × rows) that have both values.

    Of two indicators of 0 and 1 it is a conversion: of those with the second, how many have the first. NaN, with
    influence zero, where the second sums to 0. R: svyratio.
    """
    inside = np.asarray(domains, dtype=bool).T & ~np.isnan(tops) & ~np.isnan(bottoms)
    top, bottom = np.where(inside, tops, 0.0), np.where(inside, bottoms, 0.0)
    total = of.weights @ bottom
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(total == 0, np.nan, (of.weights @ top) / total)
        influence = (top - value * bottom) / total
    return Linear(value, np.nan_to_num(influence), inside)


def standard_errors(of: Sample, statistics: Linear) -> tuple[Floats, Floats]:
    """Standard error and degrees of freedom (m,) of each statistic.

    Degrees of freedom are PSUs less strata that hold a row of the domain; R `degf(subset)`.
    """
    matrix = covariance(statistics.influence, of.weights, of.design)
    held = unit_totals(statistics.held.astype(float), of.design) > 0
    return np.sqrt(np.diag(matrix)), degrees_of_freedom(held, of.design).astype(float)
