"""Would another analyst find the same? Every headline under every declared combination of choices.

Each exclusion set is cleaned and raked once (`sets`); within it and one weighting, all definitions, ways with missing
answers and groups are one pass (`estimates`). Points and their summaries are derived rows:
`specification.<headline>__<exclusion>__<missing>__<interval>__<definition>__<covariates>.difference`, or `.proportion`
for a share; `specification.<headline>.same_sign` and `.significant`, and the same of the points that share one choice,
`specification.<headline>__<dimension>__<choice>`. Source: Simonsohn, Simmons and Nelson (2020).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as student_t

from findings import config, influence, plan, register
from findings.disclosure import disclose_derived
from findings.grids import DIMENSIONS, FAMILY, Definition, Headline, Point, points, summary
from findings.grids import headlines as headlines_of
from findings.grids import sets as exclusions
from findings.indicators import STATE
from findings.influence import Sample
from findings.keys import print_key
from findings.models.factors import Factor
from findings.plan import Indicator, Level
from findings.specifications.adjustment import Adjusted, adjusted
from findings.specifications.estimates import Shares, as_counted, interval, shares
from findings.specifications.sets import Records, closure, exclusion_sets
from findings.weighting import Weighted

__all__ = ["Found", "Records", "of_definition", "of_wave", "specify"]
Floats = npt.NDArray[np.float64]
Judge = Callable[[pd.DataFrame], pd.Series]


@dataclass(frozen=True)
class Found:
    """One point's numbers: `effect` is the gap, or the share less its threshold; `counts` what it is computed from."""

    point: Point
    of: Indicator
    estimate: float
    effect: float
    se: float
    low: float
    high: float
    method: str
    df: float
    n: int
    counts: tuple[int, ...]

    @property
    def place(self) -> tuple[str, str | None]:
        """The definition and the service or ministry it is of."""
        return self.point.definition, self.of.service or self.of.ministry


def of_wave(
    records: Records,
    design: Mapping[str, Any],
    judged: pd.DataFrame,
    study: Mapping[str, Any],
    wave: Mapping[str, Any],
    reference: Path,
    wave_dir: Path,
) -> pd.DataFrame:
    """All rows of a wave, from its records; none where the study declares no grid.

    `design` is design.json; `judged` the register's rows after the gate (key, status), which say what will be released.
    """
    own = config.of_wave(study, wave)
    steps = [step["step"] for step in wave["cleaning"]]
    declared = [each for each in headlines_of(own, design["weighting"], steps) if _there(each, own)]
    if not declared:
        return register.derived([], wave, design["kind"])
    every, levels = plan.expand_indicators(own), plan.levels(own)
    wanted = [i.column for each in declared for d in each.definitions for i in of_definition(d, every)]
    wanted += [level.column for level in levels if level.by_value]
    sets = exclusion_sets(
        exclusions(declared), records, closure(wanted, every), levels, own, wave, reference, wave_dir,
        trimmed=any("trimmed" in headline.weights for headline in declared),
    )  # fmt: skip

    def judge(rows: pd.DataFrame) -> pd.Series:
        return disclose_derived(rows, [judged], study["disclosure"])["status"] == "published"

    return specify(sets, declared, every, levels, set(judged["key"]), wave, judge)


def _there(headline: Headline, study: Mapping[str, Any]) -> bool:
    """Whether a wave is broken down by the level of a headline's gap."""
    return headline.level is None or headline.level in {level.name for level in plan.levels(study)}


def specify(
    sets: Mapping[str, Weighted],
    headlines: Sequence[Headline],
    indicators: Sequence[Indicator],
    levels: Sequence[Level],
    known: Container[str],
    wave: Mapping[str, Any],
    judge: Judge,
) -> pd.DataFrame:
    """The rows of all points of a wave and their summaries (`register.derived`).

    `sets` are the exclusion sets, weighed; `known` the keys of the register: a definition of which a group has no row
    there, for want of an answer, has no points. `judge` says of points (rows of `register.derived`) which will be
    released: summaries are over these, so that a reader can count them again. A volunteer wave has no interval, no p
    and no share of significant points.
    """
    kind, steps = next(iter(sets.values())).design["kind"], {level.name: level for level in levels}
    found: dict[str, list[Found]] = {headline.name: [] for headline in headlines}
    for code, weighed in sets.items():
        for weighting in dict.fromkeys(each for headline in headlines for each in headline.weights):
            sample = influence.sample(weighed.frame, weighed.design, weighting, wave["wave"])
            for headline in headlines:
                if weighting in headline.weights:
                    found[headline.name] += _of_set(headline, code, sample, indicators, steps, known)
    rows = [row for headline in headlines for row in _point_rows(headline, found[headline.name], kind, wave["wave"])]
    made = register.derived(rows, wave, kind)
    passed = dict(zip(made["key"], judge(made), strict=True))
    summaries = [
        row for headline in headlines for row in _summaries(headline, found[headline.name], passed, kind, wave["wave"])
    ]
    return pd.concat([made, register.derived(summaries, wave, kind)]).sort_values("key", ignore_index=True)


def of_definition(definition: Definition, indicators: Iterable[Indicator]) -> list[Indicator]:
    """The indicators of a definition: one per ministry or service it has."""
    return [i for i in indicators if (i.family, i.id) == (definition.family, definition.indicator)]


def _of_set(
    headline: Headline,
    code: str,
    sample: Sample,
    indicators: Sequence[Indicator],
    steps: Mapping[str, Level],
    known: Container[str],
) -> list[Found]:
    """All points of a headline in one exclusion set and weighting."""
    frame = sample.frame
    groups = [np.ones(len(frame), dtype=bool)]
    if headline.groups:
        groups = [(frame[headline.level] == group).fillna(False).to_numpy(dtype=bool) for group in headline.groups]
    columns = [
        (definition.code, indicator, missing)
        for definition in headline.definitions
        for indicator in of_definition(definition, indicators)
        if all(key in known for key in _rests_on(headline, indicator, sample.wave))
        for missing in headline.missing
    ]
    if not columns:
        return []
    values = np.column_stack(
        [
            as_counted(frame[i.column].to_numpy(dtype=float), frame[i.column + STATE].to_numpy(dtype=object), missing)
            for _, i, missing in columns
        ]
    )
    result = shares(sample, values, groups)
    wanted = [p for p in points(headline) if (p.exclusion, p.weighting) == (code, sample.weighting)]
    limits = {method: interval(result, method) for method in headline.intervals}
    models = {
        code: _adjusted(headline, terms, sample, values, steps) for code, terms in headline.covariates.items() if terms
    }
    made = []
    for m, (definition, indicator, missing) in enumerate(columns):
        for point in wanted:
            if (point.definition, point.missing) != (definition, missing):
                continue
            if point.covariates in models:
                made.append(_modelled(point, indicator, models[point.covariates], m))
            else:
                low, high, method = limits[point.interval]
                made.append(_found(point, indicator, result, m, headline.threshold, (low[m], high[m], method)))
    return made


def _adjusted(
    headline: Headline, terms: Sequence[str], sample: Sample, values: Floats, steps: Mapping[str, Level]
) -> Adjusted:
    """The adjusted gaps of all columns; the headline's own breakdown is no covariate of it."""
    level, groups = headline.level or "", headline.groups or ("", "")
    others = [steps[term] for term in terms if steps[term].breakdown != steps[level].breakdown]
    covariates = [Factor(step.name, tuple(step.groups)) for step in others]
    return adjusted(sample, values, Factor(level, (groups[1], groups[0])), covariates)


def _modelled(point: Point, of: Indicator, result: Adjusted, m: int) -> Found:
    gap, se, df = float(result.gap[m]), float(result.se[m]), float(result.df[m])
    half = float(student_t.ppf(0.975, df)) * se if df > 0 else np.nan
    # A model that does not hold has no number: it passes no gate.
    counts = (0,) if np.isnan(gap) else tuple(result.counts[m])
    return Found(point, of, gap, gap, se, gap - half, gap + half, "t", df, int(result.n[m]), counts)


def _found(
    point: Point,
    of: Indicator,
    result: Shares,
    m: int,
    threshold: float | None,
    limits: tuple[float, float, str],
) -> Found:
    n, k = result.n[m], result.k[m]
    if threshold is None:
        estimate, se, df = result.gap[m], result.gap_se[m], result.gap_df[m]
    else:
        estimate, se, df = result.value[m, 0], result.se[m, 0], result.df[m, 0]
    counts = tuple(int(each) for each in (*n, *k, *(n - k)))
    effect = estimate - (threshold or 0.0)
    return Found(point, of, float(estimate), float(effect), float(se), *limits, float(df), int(n.sum()), counts)


def _point_rows(headline: Headline, found: Sequence[Found], kind: str, wave: str) -> list[dict[str, Any]]:
    """Rows of the points; each rests on the register's rows of its groups, on its own counts, and on no set that
    differs from another of its numbers by a few respondents.
    """
    # ASSUME[near_sets]: two sets differ by the respondents of both groups together; that few of these may be of one
    # group is not protected, since of a set neither group's share is published, only their difference.
    n = {(*each.place, each.point.exclusion, each.point.missing, each.point.covariates): each.n for each in found}
    undone = headline.exclusions
    rows = []
    for each in found:
        point = each.point
        smaller = [code for code, steps in undone.items() if steps < undone[point.exclusion]]
        beside = [
            *((code, point.missing, point.covariates) for code in smaller),
            (point.exclusion, headline.missing[0], point.covariates),
            (point.exclusion, point.missing, next(iter(headline.covariates))),
            (next(iter(undone)), headline.missing[0], next(iter(headline.covariates))),
        ]
        near = dict.fromkeys((each.n, n[(*each.place, *other)]) for other in beside)
        rows.append(
            {
                **_place(each, point.indicator),
                "statistic": "difference" if headline.groups else "proportion",
                "weighting": point.weighting,
                "estimate": each.estimate,
                "n": each.n,
                "cells": register.needs(_rests_on(headline, each.of, wave), each.counts, near),
                **(_uncertainty(each) if kind == "probability" else {}),
            }
        )
    return rows


def _uncertainty(each: Found) -> dict[str, Any]:
    made = {
        "se": each.se, "ci_low": each.low, "ci_high": each.high, "ci_method": each.method, "df": each.df,
    }  # fmt: skip
    if each.method == "t" and each.se > 0:
        value = each.effect / each.se
        made |= {"test": "t", "test_value": value, "p": 2 * float(student_t.sf(abs(value), each.df))}
    return made


def _rests_on(headline: Headline, of: Indicator, wave: str) -> list[str]:
    """Keys of the register's rows behind a point: unweighted and weighted versions share one status."""
    row = {"family": of.family, "indicator": of.id, "statistic": of.statistic, "ministry": of.ministry,
           "service": of.service, "weighting": headline.weights[0], "wave": wave}  # fmt: skip
    if headline.groups is None:
        return [print_key(row)]
    return [print_key({**row, "breakdown": headline.level, "group": group}) for group in headline.groups]


def _place(each: Found, indicator: str) -> dict[str, Any]:
    return {"family": FAMILY, "indicator": indicator, "ministry": each.of.ministry, "service": each.of.service}


def _summaries(
    headline: Headline, found: Sequence[Found], passed: Mapping[str, bool], kind: str, wave: str
) -> list[dict[str, Any]]:
    """Shares of the points released that keep the headline's sign, and its sign with an interval that excludes none."""
    first = points(headline)[0]
    rows = []
    for of in dict.fromkeys(each.place[1] for each in found):
        own = [each for each in found if each.place[1] == of]
        main = next((each for each in own if each.point == first), None)
        if main is None:
            continue
        shown = [each for each in own if passed[_key(headline, each, wave)]]
        chosen = {summary(headline.name): shown}
        for name in DIMENSIONS:
            choices = list(dict.fromkeys(getattr(each.point, name) for each in own))
            if len(choices) > 1:
                chosen |= {
                    summary(headline.name, name, choice): [e for e in shown if getattr(e.point, name) == choice]
                    for choice in choices
                }
        for indicator, some in chosen.items():
            sign = np.array([np.sign(each.effect) == np.sign(main.effect) for each in some], dtype=bool)
            null = headline.threshold or 0.0
            clear = np.array([each.low > null or each.high < null for each in some], dtype=bool)
            for statistic, kept in (("same_sign", sign), ("significant", sign & clear)):
                if some and (statistic == "same_sign" or kind == "probability"):
                    rows.append(
                        {
                            **_place(main, indicator), "statistic": statistic, "estimate": float(kept.mean()),
                            "n": main.n, "cells": register.needs([_key(headline, main, wave)]),
                        }
                    )  # fmt: skip
    return rows


def _key(headline: Headline, each: Found, wave: str) -> str:
    return print_key(
        {
            **_place(each, each.point.indicator), "statistic": "difference" if headline.groups else "proportion",
            "weighting": each.point.weighting, "wave": wave,
        }
    )  # fmt: skip
