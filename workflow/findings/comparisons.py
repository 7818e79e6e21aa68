"""Comparisons within a wave: the declared families' gaps, gaps of gaps and table tests, as derived rows.

Each says which released rows and which counts it is computed from, so that the gate can judge it (see
`findings.register.needs`); a comparison that cannot be made is named in a note, never a row without numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.contrasts import DETECTABLE, Part, contrasts, limits
from findings.errors import FindingsError
from findings.families import Family, adjusted, families
from findings.influence import Sample
from findings.keys import ALL, AND, print_key
from findings.plan import Indicator, Level
from findings.rao_scott import TableTest, independence
from findings.register import derived, needs

Bools = npt.NDArray[np.bool_]
KINDS = ("pair", "rest", "ministries", "families", "crossing", "association")
# The statistic of a difference by that of its rows.
STATISTIC = {"proportion": "difference", "mean": "difference_of_means"}
REST = "not_"


@dataclass(frozen=True)
class Place:
    """A row of the register, or the others of a group: an indicator in a group of a level, with its respondents."""

    indicator: Indicator
    breakdown: str | None
    group: str | None
    rows: Bools


@dataclass(frozen=True)
class Planned:
    """A comparison of two places, or of the gap of two with that of two others, of a family.

    `all_of` are the places that are to be released besides. Where `alone`, no number is told of respondents of both
    places together.
    """

    family: Family
    places: tuple[Place, ...]
    all_of: tuple[Place, ...] = ()
    alone: bool = False


def comparisons(
    of: Sample,
    study: Mapping[str, Any],
    indicators: Sequence[Indicator],
    levels: Sequence[Level],
    wave: Mapping[str, Any],
    kind: str,
) -> tuple[pd.DataFrame, list[str]]:
    """Derived rows of every declared comparison within a wave, and a note on each that could not be made.

    `kind` is the design's; of volunteers the rows are differences alone: no standard error, no test.
    """
    declared = families(study, indicators, KINDS)
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    planned = [plan for family in declared for plan in _plan(of, family, study, indicators, levels)]
    found = contrasts(of, [[Part(place.indicator.column, place.rows) for place in plan.places] for plan in planned])
    low, high = limits(found)
    for i, plan in enumerate(planned):
        first = plan.places[0]
        why = _why_not(of, plan, float(found.se[i]), kind)
        if why:
            notes.append(f"Not compared, {plan.family.id}: {_named(plan)}: {why}.")
            continue
        row = _of(first, plan.family) | {
            "key": _key(of, plan.places),
            "statistic": STATISTIC[first.indicator.statistic],
            "weighting": of.weighting,
            "estimate": found.value[i],
            "n": min(_answers(of, place) for place in plan.places) if plan.alone else found.n[i],
            "cells": _needs(of, plan),
        }
        if kind == "probability":
            row |= {
                "se": found.se[i], "ci_low": low[i], "ci_high": high[i], "ci_method": "t", "df": found.df[i],
                "test": "t", "test_value": found.t[i], "p": found.p[i], "detectable": DETECTABLE * found.se[i],
            }  # fmt: skip
        rows.append(row)
    for family in declared:
        if family.kind == "association":
            made, told = associations(of, family, levels, kind)
            rows += made
            notes += told
    twice = [key for key, count in Counter(row["key"] for row in rows).items() if count > 1]
    if twice:
        raise FindingsError(
            f"{len(twice)} comparisons are in two families, so it is not known which corrects them.",
            file="config.yaml",
            column="comparisons",
            codes=twice,
            mend="take the indicator, or the level, out of one of the families.",
        )
    table = derived(rows, wave, kind)
    table["p_adjusted"] = adjusted(table, declared)
    return table, notes


def associations(
    of: Sample, family: Family, levels: Sequence[Level], kind: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """A table test of each proportion of a family by all groups of each of its levels."""
    rows, notes = [], []
    for indicator, level in _tables(family, levels):
        codes = group_codes(of, level)
        values = of.frame[indicator.column].to_numpy(dtype=float)
        test = independence(of, np.where(np.isnan(values), -1, values).astype(np.intp), codes)
        if test is None:
            notes.append(f"Not tested, {family.id}: {indicator.column} by {level.name}: {NOTHING}.")
            continue
        places = [Place(indicator, level.name, group, codes == number) for number, group in enumerate(level.groups)]
        present = [place for place in places if (place.rows & ~np.isnan(values)).any()]
        rows.append(
            tested(of, family, indicator, level, test, kind)
            | {"cells": needs(rows=[_key(of, (place,)) for place in present])}
        )
    return rows, notes


NOTHING = "one answer or one group only, or nothing varies between sampling units"


def tested(
    of: Sample, family: Family, indicator: Indicator, level: Level, test: TableTest, kind: str
) -> dict[str, Any]:
    """A row of a table test; `estimate` is Cramér's V, `df` the design's: the second of F are df1 × df."""
    row = _of(Place(indicator, level.name, ALL, np.empty(0, dtype=bool)), family) | {
        "statistic": "rao_scott", "weighting": of.weighting, "estimate": test.v, "n": test.n,
    }  # fmt: skip
    if kind == "probability":
        row |= {"test": "rao_scott_f", "test_value": test.f, "df1": test.df1, "df": test.df, "p": test.p}
    return row | {"key": print_key({**row, "wave": of.wave})}


def group_codes(of: Sample, level: Level) -> npt.NDArray[np.intp]:
    """The position of each respondent's group in the level, −1 where there is none."""
    return pd.Index(list(level.groups)).get_indexer(pd.Index(of.frame[level.name].astype(object))).astype(np.intp)


def _tables(family: Family, levels: Sequence[Level]) -> Iterator[tuple[Indicator, Level]]:
    by_name = {level.name: level for level in levels}
    for indicator in family.indicators:
        for name in family.entry["levels"]:
            if by_name[name].breakdown in indicator.by and indicator.statistic == "proportion":
                yield indicator, by_name[name]


def _plan(
    of: Sample,
    family: Family,
    study: Mapping[str, Any],
    indicators: Sequence[Indicator],
    levels: Sequence[Level],
) -> Iterator[Planned]:
    """The comparisons of a family; of an indicator only by the breakdowns that it is estimated by."""
    everyone = np.ones(len(of.frame), dtype=bool)
    by_name = {level.name: level for level in levels}
    if family.kind == "ministries":
        by_id: dict[tuple[str, str], list[Place]] = {}
        order = list(study["ministries"])
        for indicator in sorted((i for i in family.indicators if i.ministry), key=lambda i: order.index(i.ministry)):
            by_id.setdefault((indicator.family, indicator.id), []).append(Place(indicator, None, None, everyone))
        for places in by_id.values():
            # The number of those who answered on either is nearly that of one: told are the fewer of the two.
            yield from (Planned(family, pair, alone=True) for pair in combinations(places, 2))
    elif family.kind == "families":
        sides = [
            {(i.id, i.ministry, i.service): Place(i, None, None, everyone) for i in indicators if i.family == name}
            for name in family.entry["families"]
        ]
        yield from (Planned(family, (sides[0][match], sides[1][match])) for match in sides[0] if match in sides[1])
    elif family.kind == "crossing":
        crossing = next(c for c in study["crossings"] if c["name"] == family.entry["crossing"])
        for indicator in family.indicators:
            if crossing["name"] in indicator.by:
                yield from _crossed(of, family, indicator, [by_name[step] for step in crossing["levels"]])
    elif family.kind in ("pair", "rest"):
        for indicator in family.indicators:
            for level in (by_name[name] for name in family.entry["levels"]):
                if level.breakdown in indicator.by:
                    yield from _grouped(of, family, indicator, level)


def _grouped(of: Sample, family: Family, indicator: Indicator, level: Level) -> Iterator[Planned]:
    codes = group_codes(of, level)
    places = {g: Place(indicator, level.name, g, codes == i) for i, g in enumerate(level.groups)}
    if family.kind == "pair" or len(places) == 2:
        first, second = family.entry.get("pair", list(places))
        yield Planned(family, (places[first], places[second]))
        return
    for group, place in places.items():
        others = Place(indicator, level.name, REST + group, (codes >= 0) & ~place.rows)
        # Beside a withheld group, the others of a published one would tell its size.
        yield Planned(family, (place, others), all_of=tuple(places.values()))


def _crossed(of: Sample, family: Family, indicator: Indicator, steps: Sequence[Level]) -> Iterator[Planned]:
    """The gap in every cell of the crossing's other levels, and its difference between the groups of each of them."""
    gap, pair = family.entry["gap"], family.entry["pair"]
    codes = {level.name: group_codes(of, level) for level in steps}
    name = AND.join(level.name for level in steps)

    def gap_in(cell: Mapping[str, str]) -> tuple[Place, Place]:
        made = []
        for group in pair:
            groups = {**cell, gap: group}
            rows = np.logical_and.reduce([codes[s.name] == list(s.groups).index(groups[s.name]) for s in steps])
            made.append(Place(indicator, name, AND.join(groups[s.name] for s in steps), rows))
        return made[0], made[1]

    others = [level for level in steps if level.name != gap]
    cells = [dict(zip((s.name for s in others), g, strict=True)) for g in product(*(s.groups for s in others))]
    yield from (Planned(family, gap_in(cell)) for cell in cells)
    for a, b in combinations(cells, 2):
        if sum(a[step] != b[step] for step in a) == 1:
            yield Planned(family, (*gap_in(a), *gap_in(b)))


def _answers(of: Sample, place: Place) -> int:
    return int((place.rows & of.frame[place.indicator.column].notna().to_numpy(dtype=bool)).sum())


def _why_not(of: Sample, plan: Planned, se: float, kind: str) -> str | None:
    for place in plan.places:
        if not _answers(of, place):
            return f"nobody of {place.group or 'everyone'} has an answer on {place.indicator.column}"
    if kind != "probability":
        return None
    if np.isnan(se):
        return "no degrees of freedom: its respondents are of one sampling unit of each stratum"
    return "the answers are all the same" if se == 0 else None


def _needs(of: Sample, plan: Planned) -> str:
    own = [place for place in plan.places if not (place.group or "").startswith(REST)]
    counts: list[int] = []
    for place in plan.places:
        if place not in own:
            values = of.frame[place.indicator.column].to_numpy(dtype=float)[place.rows]
            counts.append(int((~np.isnan(values)).sum()))
            if place.indicator.statistic == "proportion":
                counts += [int((values == 1).sum()), int((values == 0).sum())]
    return needs(rows=[_key(of, (place,)) for place in [*own, *plan.all_of]], counts=counts)


def _of(place: Place, family: Family) -> dict[str, Any]:
    indicator = place.indicator
    return {
        "family": indicator.family, "indicator": indicator.id, "ministry": indicator.ministry,
        "service": indicator.service, "breakdown": place.breakdown, "group": place.group,
        "comparison_family": family.id,
    }  # fmt: skip


def _key(of: Sample, places: Sequence[Place]) -> str:
    if len(places) > 1:
        middle = len(places) // 2
        return f"diff({_key(of, places[:middle])},{_key(of, places[middle:])})"
    indicator = places[0].indicator
    return print_key(
        {"family": indicator.family, "indicator": indicator.id, "statistic": indicator.statistic,
         "ministry": indicator.ministry, "service": indicator.service, "weighting": of.weighting,
         "breakdown": places[0].breakdown, "group": places[0].group, "wave": of.wave}
    )  # fmt: skip


def _named(plan: Planned) -> str:
    return " – ".join(f"{p.indicator.column}{f' of {p.breakdown} {p.group}' if p.group else ''}" for p in plan.places)
