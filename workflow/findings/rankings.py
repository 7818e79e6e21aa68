"""Derived rows of barriers: rank sets of the declared rankings, and combinations of what was named together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.design import covariance, deviations, residuals, unit_totals
from findings.estimators import ratios
from findings.influence import Linear, Sample, headline, means, sample, standard_errors
from findings.intervals import effective_n, korn_graubard, reliability
from findings.keys import print_key
from findings.plan import Indicator, expand_indicators
from findings.ranks import rank_sets
from findings.register import derived, needs
from findings.sets import FAMILY, members, membership, most_named, name_of

Floats = npt.NDArray[np.float64]
METHOD = "simultaneous_ranks"


def rows(
    frame: pd.DataFrame, design: Mapping[str, Any], study: Mapping[str, Any], wave: Mapping[str, Any]
) -> pd.DataFrame:
    """The part `barriers` of a wave's derived rows: its rankings and combinations, in the headline weighting.

    `frame` is indicators.parquet, `design` design.json. A wave of volunteers has neither rank sets nor intervals.
    """
    of = sample(frame, design, headline(design, study), wave["wave"])
    indicators, probability = expand_indicators(study), design["kind"] == "probability"
    made = rank_rows(of, study.get("rankings", {}), indicators, study, sets=probability)
    if "intersections" in study:
        made += combination_rows(of, study, indicators, intervals=probability)
    return derived(made, wave, design["kind"])


def rank_rows(
    of: Sample, rankings: Mapping[str, Mapping[str, Any]], indicators: Sequence[Indicator], study: Mapping[str, Any],
    *, sets: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """Rank of every item of each declared ranking, for each ministry or service: `family.item.rank`.

    `estimate` is the rank of the estimates, `rank_low` and `rank_high` its set: all sets of one ranking of one ministry
    hold together with the declared probability. Without `sets` (volunteers), the rank alone. A row needs the rows of
    all items that are ranked.
    """
    made: list[dict[str, Any]] = []
    for name, ranking in rankings.items():
        codes = list(study[ranking["items"]])
        found: dict[tuple[str | None, str | None], list[Indicator]] = {}
        for indicator in indicators:
            if indicator.family == ranking["family"] and indicator.id in codes:
                found.setdefault((indicator.ministry, indicator.service), []).append(indicator)
        for items in found.values():
            made += _ranking(of, name, items, float(ranking.get("level", 0.95)), sets=sets)
    return made


def _ranking(of: Sample, name: str, items: Sequence[Indicator], level: float, *, sets: bool) -> list[dict[str, Any]]:
    items, shares, df = ranked_shares(of, items)
    if len(items) < 2:
        return []
    low = high = np.full(len(items), np.nan)
    point = 1.0 + (shares.value[None, :] > shares.value[:, None]).sum(axis=1)
    known = sets and df > 0
    if known:
        found = rank_sets(shares.value, covariance(shares.influence, of.weights, of.design), df, level)
        low, high = found.low.astype(float), found.high.astype(float)
    every = [print_key(_row(of, item, "proportion")) for item in items]
    place = ".".join(part for part in ("rank", name, items[0].service or items[0].ministry) if part)
    return [
        {
            **_row(of, item, "rank"),
            "estimate": point[i],
            "rank_low": low[i],
            "rank_high": high[i],
            "ci_method": METHOD if known else None,
            "df": df if known else np.nan,
            "n": float(shares.held[:, i].sum()),
            "comparison_family": place if known else None,
            "cells": needs(rows=every),
        }
        for i, item in enumerate(items)
    ]


def ranked_shares(of: Sample, items: Sequence[Indicator]) -> tuple[list[Indicator], Linear, float]:
    """The items that have an answer, their shares, and the degrees of freedom of these (NaN where no item is left).

    An item that nobody answered has no row in the register, and no rank.
    """
    values = of.frame[[item.column for item in items]].to_numpy(dtype=float)
    answered = (~np.isnan(values)).any(axis=0)
    items, values = [item for item, one in zip(items, answered, strict=True) if one], values[:, answered]
    shares = means(of, values, np.ones(values.T.shape, dtype=bool))
    return items, shares, effective_df(of, shares) if items else np.nan


def effective_df(of: Sample, statistics: Linear) -> float:
    """Degrees of freedom of the covariance of statistics: Satterthwaite's over strata, pooled over the statistics.

    (Σ v)² / Σ v²/(PSUs − 1) with v what a stratum adds to the variances, each statistic's divided by its own; at most
    PSUs less strata that hold the domain. The largest of many differences feels few or unequal strata more than one
    interval does: with PSUs less strata alone, tied items of 24 PSUs were told apart in 11 % of samples instead of 5 %.
    """
    # ASSUME[rank_df]: these degrees of freedom are those of every difference.
    design = of.design
    influence = residuals(statistics.influence, design)
    # The first stage's deviations stand first, one of each PSU.
    scaled = deviations(unit_totals(influence * of.weights[:, None], design), design)[: design.psus]
    variance = (scaled**2).sum(axis=0)
    shares = (scaled[:, variance > 0] ** 2 / variance[variance > 0]).sum(axis=1)
    of_stratum = np.bincount(design.stratum, weights=shares)
    squares = (of_stratum**2 / np.maximum(np.bincount(design.stratum) - 1, 1)).sum()
    nominal = float(standard_errors(of, statistics)[1].min())
    return min(nominal, float(of_stratum.sum() ** 2 / squares)) if squares > 0 else 0.0


def combination_rows(
    of: Sample, study: Mapping[str, Any], indicators: Sequence[Indicator], *, intervals: bool
) -> list[dict[str, Any]]:
    """Every combination that somebody named, of the most named sets, for each ministry or service that is asked.

    The share of those who named exactly these of the sets shown, of all who answered; with its interval where there are
    `intervals`. Sets that fewer than the minimum cell named, or did not name, are not among those shown. A row needs
    the rows of all sets, and its own counts; the gate judges them all together (findings.disclosure.combinations).
    """
    entry, min_cell = study["intersections"], int(study["disclosure"]["min_cell"])
    made: list[dict[str, Any]] = []
    found: dict[tuple[str | None, str | None], list[Indicator]] = {}
    for indicator in indicators:
        single = isinstance(indicator.source.get("contains"), str)
        if indicator.family == entry["family"] and indicator.id in study[entry["items"]] and single:
            found.setdefault((indicator.ministry, indicator.service), []).append(indicator)
    for items in found.values():
        made += _combinations(of, items, entry["sets"], min_cell, intervals=intervals)
    return made


def _combinations(
    of: Sample, items: Sequence[Indicator], most: int, min_cell: int, *, intervals: bool
) -> list[dict[str, Any]]:
    columns = {item.id: of.frame[item.column].to_numpy(dtype=float) for item in items}
    shares: dict[str, float] = {}
    for code, value in columns.items():
        named, answered = np.nansum(value), (~np.isnan(value)).sum()
        if min(named, answered - named) >= min_cell:
            shares[code] = float(means(of, value[:, None], np.ones((1, len(value)), dtype=bool)).value[0])
    chosen = most_named(shares, most)
    # The order of the config, so that a combination has one code whichever set is largest.
    sets = [item for item in items if item.id in chosen]
    if len(sets) < 2:
        return []
    numbers = membership(np.column_stack([columns[item.id] for item in sets]))
    seen, counts = np.unique(numbers[numbers >= 0], return_counts=True)
    values = np.where(numbers[:, None] >= 0, (numbers[:, None] == seen).astype(float), np.nan)
    found = ratios(values, of.weights, np.ones((1, len(numbers)), dtype=bool), of.design)
    share, se, n, df = (getattr(found, name)[:, 0] for name in ("value", "se", "n", "df"))
    table = pd.DataFrame({"estimate": share, "n": n})
    if intervals:
        low, high = korn_graubard(share, se, n, df)
        n_eff = effective_n(share, se, n)
        table = table.assign(
            se=se, ci_low=low, ci_high=high, ci_method="korn_graubard", df=df, n_eff=n_eff,
            deff=se**2 / (share * (1 - share) / n), reliability=reliability(share, low, high, n, n_eff, df),
        )  # fmt: skip
    keys = [print_key(_row(of, item, "proportion")) for item in sets]
    names = [item.id for item in sets]
    return [
        {
            **_row(of, sets[0], "proportion"),
            "family": FAMILY,
            "indicator": name_of(members(int(number), names)),
            **{str(column): value for column, value in estimates.items()},
            "cells": needs(rows=keys, counts=[int(k), int(estimates["n"] - k)]),
        }
        for number, k, estimates in zip(seen, counts, table.to_dict("records"), strict=True)
    ]


def _row(of: Sample, item: Indicator, statistic: str) -> dict[str, Any]:
    """What names a row of an item in the sample's weighting."""
    return {
        "family": item.family, "indicator": item.id, "statistic": statistic, "base_indicator": item.base_indicator,
        "ministry": item.ministry, "service": item.service, "weighting": of.weighting, "wave": of.wave,
    }  # fmt: skip
