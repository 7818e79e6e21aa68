"""Non-answers as data: who declined, did not know or left blank, what that could hide, and whether it differs by group.

ASSUME[base_unknown]: who gave no answer to the question that a base rests on was not asked the next one as far as is
known: such respondents are in no count of its non-answers and in no bound. Where an indicator gives the unasked a value
(`not_asked`), they are non-answers of it: whoever did not say whether they know a service may or may not use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.bounds import bounds
from findings.comparisons import NOTHING, group_codes, tested
from findings.families import Family, adjusted, families, named
from findings.indicators import STATE
from findings.influence import Sample, means
from findings.keys import print_key
from findings.plan import Indicator, Level
from findings.rao_scott import independence
from findings.register import derived, needs

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
KINDS = ("declined", "dont_know", "blank")


def nonanswers(
    of: Sample,
    study: Mapping[str, Any],
    indicators: Sequence[Indicator],
    levels: Sequence[Level],
    wave: Mapping[str, Any],
    kind: str,
) -> tuple[pd.DataFrame, list[str]]:
    """Derived rows of the non-answers of a wave, and a note on each test that could not be made.

    `quality.<family>_<indicator>.{declined,dont_know,blank}`: shares of those asked, unweighted, for everyone and by
    group; `<family>.<indicator>.bounds`: worst-case bounds in the weighting `of` has; `quality.….rao_scott`: whether
    declining differs by group. `kind` is the design's: volunteers have neither intervals nor tests.
    """
    missing = study.get("missing", {})
    steps = [level for level in levels if level.name in missing.get("levels", [])]
    least = int(study["disclosure"]["min_cell"])
    rows: list[dict[str, Any]] = []
    for indicator in named(missing.get("counts", []), indicators):
        for level in (None, *_by(indicator, steps)):
            rows += _counts(of, indicator, level, least)
    for indicator in named(missing.get("bounds", []), indicators):
        for level in (None, *_by(indicator, steps)):
            rows += _bounds(of, indicator, level, least, kind)
    declared = families(study, indicators, ("declining",))
    notes: list[str] = []
    for family in declared:
        made, told = _declining(of, family, levels, kind)
        rows += made
        notes += told
    table = derived(rows, wave, kind)
    table["p_adjusted"] = adjusted(table, declared)
    return table, notes


def withheld(counts: Ints, least: int) -> Bools:
    """Which counts of a table (rows × columns) whose sums are known may not be told.

    First those of 1 to `least` − 1. Then, until nothing changes, in every row and column that has a withheld count: a
    second one, so that the sum does not give it away, and as many as it takes for the withheld to sum to `least`. A
    column that is 0 throughout tells nothing and is left alone.
    """
    hidden = (counts > 0) & (counts < least)
    columns = [int(j) for j in np.flatnonzero(counts.any(axis=0))]
    lines = [[(i, j) for j in columns] for i in range(len(counts))]
    lines += [[(i, j) for i in range(len(counts))] for j in columns]
    while True:
        before = hidden.copy()
        for line in lines:
            shut, rest = ([cell for cell in line if hidden[cell] == state] for state in (True, False))
            few = sum(int(counts[cell]) for cell in shut) < least and any(counts[cell] for cell in rest)
            if shut and rest and (len(shut) == 1 or few):
                # The smallest of those that are not 0; a 0 where there is no other.
                hidden[min(rest, key=lambda cell: (counts[cell] == 0, counts[cell], cell))] = True
        if (hidden == before).all():
            return hidden


def _by(indicator: Indicator, levels: Sequence[Level]) -> list[Level]:
    return [level for level in levels if level.breakdown in indicator.by]


def _asked(of: Sample, indicator: Indicator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.object_], Bools]:
    """Values, states, and who was asked, or has a value without being asked."""
    values = of.frame[indicator.column].to_numpy(dtype=float)
    states = of.frame[indicator.column + STATE].to_numpy(dtype=object)
    return values, states, ~np.isnan(values) | np.isin(states, KINDS)


def _groups(of: Sample, level: Level | None) -> Iterator[tuple[str | None, Bools]]:
    if level is None:
        yield None, np.ones(len(of.frame), dtype=bool)
        return
    codes = group_codes(of, level)
    yield from ((group, codes == i) for i, group in enumerate(level.groups))


def _counts(of: Sample, indicator: Indicator, level: Level | None, least: int) -> list[dict[str, Any]]:
    """Three rows per group: who declined, did not know, left blank, of those asked."""
    values, states, asked = _asked(of, indicator)
    answered = ~np.isnan(values)
    groups = [(group, rows) for group, rows in _groups(of, level) if (rows & answered).any()]
    counts = np.array([[int((states[rows & ~answered] == kind).sum()) for kind in KINDS] for _, rows in groups])
    if not groups:
        return []
    hidden = withheld(counts, least)
    smallest = counts[(counts > 0) & hidden].min(initial=least)
    made = []
    for (group, rows), line, shut in zip(groups, counts, hidden, strict=True):
        n, told = int((rows & asked).sum()), int((rows & answered).sum())
        for kind, k, secret in zip(KINDS, line, shut, strict=True):
            row = {
                "family": "quality", "indicator": f"{indicator.family}_{indicator.id}", "statistic": kind,
                "ministry": indicator.ministry, "service": indicator.service, "weighting": "none",
                "breakdown": level.name if level else None, "group": group, "estimate": k / n, "n": n,
            }  # fmt: skip
            # The number asked stands beside the released number of those who answered.
            behind = [smallest] if secret else [k] if k else []
            row["cells"] = needs([_point(of, indicator, level, group, "none")], behind, [(n, told)])
            made.append(row)
    return made


def _bounds(of: Sample, indicator: Indicator, level: Level | None, least: int, kind: str) -> list[dict[str, Any]]:
    """Worst-case bounds of a proportion for everyone, or for every group of a level."""
    values, _, asked = _asked(of, indicator)
    silent = asked & np.isnan(values)
    groups = [(group, rows) for group, rows in _groups(of, level) if (rows & ~np.isnan(values)).any()]
    if not groups:
        return []
    domains = np.array([rows for _, rows in groups])
    table = np.tile(values[:, None], (1, len(groups)))
    found = bounds(of, table, np.tile(silent[:, None], (1, len(groups))), domains)
    point = means(of, table, domains).value
    missing = np.array([[int((rows & silent).sum())] for _, rows in groups])
    hidden = withheld(missing, least)[:, 0] if level else (missing[:, 0] > 0) & (missing[:, 0] < least)
    smallest = missing[(missing[:, 0] > 0) & hidden].min(initial=least)
    made = []
    for i, (group, rows) in enumerate(groups):
        count = int(missing[i, 0])
        row = {
            "family": indicator.family, "indicator": indicator.id, "statistic": "bounds",
            "ministry": indicator.ministry, "service": indicator.service, "weighting": of.weighting,
            "breakdown": level.name if level else None, "group": group, "estimate": point[i],
            "bound_low": found.low[i], "bound_high": found.high[i], "n": int((rows & ~np.isnan(values)).sum()),
        }  # fmt: skip
        if kind == "probability":
            row |= {"ci_low": found.ci_low[i], "ci_high": found.ci_high[i], "ci_method": "imbens_manski",
                    "df": found.df[i]}  # fmt: skip
        behind = [smallest] if hidden[i] else [count] if count else []
        row["cells"] = needs([_point(of, indicator, level, group, of.weighting)], behind)
        made.append(row)
    return made


def _declining(
    of: Sample, family: Family, levels: Sequence[Level], kind: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """Whether declining, among those asked, differs between the groups of a level."""
    rows, notes = [], []
    wanted = [level for level in levels if level.name in family.entry["levels"]]
    for indicator in family.indicators:
        _, states, asked = _asked(of, indicator)
        declined = np.where(asked, states == KINDS[0], -1).astype(np.intp)
        for level in _by(indicator, wanted):
            codes = group_codes(of, level)
            test = independence(of, declined, codes)
            if test is None:
                notes.append(f"Not tested, {family.id}: declining {indicator.column} by {level.name}: {NOTHING}.")
                continue
            item = Indicator(**{**indicator.__dict__, "family": "quality", "id": f"{indicator.family}_{indicator.id}"})
            present = sorted(set(codes[(declined >= 0) & (codes >= 0)].tolist()))
            counts = [int(((codes == code) & (declined == yes)).sum()) for code in present for yes in (0, 1)]
            rows.append(tested(of, family, item, level, test, kind) | {"cells": needs(counts=counts)})
    return rows, notes


def _point(of: Sample, indicator: Indicator, level: Level | None, group: str | None, weighting: str) -> str:
    """The key of the estimate that a row stands beside."""
    return print_key(
        {"family": indicator.family, "indicator": indicator.id, "statistic": indicator.statistic,
         "ministry": indicator.ministry, "service": indicator.service, "weighting": weighting,
         "breakdown": level.name if level else None, "group": group, "wave": of.wave}
    )  # fmt: skip
