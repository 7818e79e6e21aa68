"""Medians and totals of the indicators that ask for them (`also` in config.yaml), as derived rows.

A total is an estimated number of people: the weighted sum over those who answered, in the unit of the frame's weights.
ASSUME[silent_are_none]: who gave no answer, or was not asked, is counted as not having what the indicator counts; the
total is of the target population of the frame, and no less uncertain than the frame is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.influence import Sample, standard_errors, totals
from findings.intervals import of_mean, student
from findings.keys import print_key
from findings.plan import Indicator, Level
from findings.quantiles import quantiles
from findings.register import derived, needs

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Place = tuple[str | None, str | None, Bools]


def descriptives(
    of: Sample, indicators: Sequence[Indicator], levels: Sequence[Level], wave: Mapping[str, Any], kind: str
) -> tuple[pd.DataFrame, list[str]]:
    """`<family>.<indicator>.median` and `.total` for everyone and by group, and a note on what there is not.

    `kind` is the design's: volunteers stand for nobody, so they have no totals, and medians without an interval.
    """
    rows: list[dict[str, Any]] = []
    notes = []
    for indicator in indicators:
        for statistic in indicator.also:
            if statistic == "total" and kind == "volunteer":
                notes.append(f"No total of {indicator.column}: volunteers stand for nobody but themselves.")
                continue
            values = of.frame[indicator.column].to_numpy(dtype=float)
            places = list(_places(of, indicator, levels, ~np.isnan(values)))
            if not places:
                notes.append(f"No {statistic} of {indicator.column}: nobody has a value.")
                continue
            domains = np.array([held for _, _, held in places])
            table = np.tile(values[:, None], (1, len(places)))
            made = (_medians if statistic == "median" else _totals)(of, table, domains, kind)
            for (breakdown, group, _), numbers in zip(places, made, strict=True):
                row = {
                    "family": indicator.family, "indicator": indicator.id, "ministry": indicator.ministry,
                    "service": indicator.service, "weighting": of.weighting, "breakdown": breakdown, "group": group,
                }  # fmt: skip
                beside = print_key({**row, "statistic": indicator.statistic, "wave": of.wave})
                cells = needs([beside], numbers.pop("counts"))
                rows.append({**row, "statistic": statistic, **numbers, "cells": cells})
    return derived(rows, wave, kind), notes


def _places(of: Sample, indicator: Indicator, levels: Sequence[Level], known: Bools) -> Iterator[Place]:
    """Everyone, and each group of each level that the indicator is estimated by; none where nobody has a value."""
    everyone = np.ones(len(of.frame), dtype=bool)
    places: list[Place] = [(None, None, everyone)]
    for level in levels:
        if level.breakdown in indicator.by:
            column = of.frame[level.name]
            held = {group: (column == group).fillna(False).to_numpy(dtype=bool) for group in level.groups}
            places += [(level.name, group, rows) for group, rows in held.items()]
    yield from (place for place in places if (place[2] & known).any())


def _medians(of: Sample, table: Floats, domains: Bools, kind: str) -> list[dict[str, Any]]:
    """Numbers of the median of each domain; `counts` are the respondents on either side of it and of its limits."""
    found = quantiles(of, table, domains)
    reliable = of_mean(found.value, found.se, found.n, found.df)
    made = []
    for i, rows in enumerate(domains):
        values = table[rows & ~np.isnan(table[:, i]), i]
        row = {"estimate": found.value[i], "n": found.n[i]}
        sides = [(values <= found.value[i]).sum(), (values >= found.value[i]).sum()]
        if kind == "probability":
            low, high, df = found.low[i], found.high[i], found.df[i]
            row |= {"se": found.se[i], "ci_low": low, "ci_high": high, "df": df}
            if not np.isnan([low, high]).any():
                row["ci_method"] = "woodruff"
            row["reliability"] = reliable[i]
            sides += [(values <= low).sum() for low in [low] if not np.isnan(low)]
            sides += [(values >= high).sum() for high in [high] if not np.isnan(high)]
        made.append({**row, "counts": sides})
    return made


def _totals(of: Sample, table: Floats, domains: Bools, kind: str) -> list[dict[str, Any]]:
    """Numbers of the total of each domain; a proportion's row has its counts."""
    found = totals(of, table, domains)
    se, df = standard_errors(of, found)
    low, high = student(found.value, se, df)
    n = found.held.sum(axis=0)
    reliable = of_mean(found.value, se, n.astype(float), df)
    return [
        {"estimate": found.value[i], "se": se[i], "ci_low": low[i], "ci_high": high[i], "df": df[i], "n": int(n[i]),
         "ci_method": "t" if df[i] > 0 else None, "reliability": str(reliable[i]), "counts": []}
        for i in range(len(domains))
    ]  # fmt: skip
