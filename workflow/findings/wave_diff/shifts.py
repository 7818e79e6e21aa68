"""Shifts between two waves of one design: non-answers of every question, and how long interviews took, with tests.

Rows of family `wave_diff`: `wave_diff.<question>.{nonresponse,declined,dont_know}`, weighted shares of those asked, and
`wave_diff.duration.mean`, minutes, of every wave; and their differences from the comparable wave before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.contrasts import AT_ONCE, DETECTABLE, independent
from findings.families import Family, adjusted
from findings.indicators import SILENT, STATE
from findings.influence import Sample, means, standard_errors
from findings.keys import print_key
from findings.nonanswers import KINDS as SILENCES
from findings.nonanswers import withheld
from findings.plan import Indicator
from findings.register import derived, needs
from findings.wave_diff.verdicts import DRIFT, SHIFT, questions

FAMILY = "wave_diff"
KINDS = ("nonresponse", "declined", "dont_know")
DURATION = "duration"
MINUTES = "interview_minutes"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """One number of one wave with its standard error and degrees of freedom: a share of `n` asked, or mean minutes.

    `row` is its row of the register; `counts`, `near` and `point` what it needs to be released (`register.needs`).
    """

    row: dict[str, Any]
    value: float
    se: float
    df: float
    n: int
    counts: list[int]
    near: list[tuple[int, int]]
    point: str
    safe: bool


def representatives(indicators: Sequence[Indicator]) -> dict[str, tuple[str, Indicator]]:
    """Question -> the name of its rows, and the indicator whose states say who was asked it and who answered.

    That is the first that is made of the question alone; without one it is one of several questions, which then share
    its rows under its own name, `<family>_<indicator>`.
    """
    found: dict[str, tuple[str, Indicator]] = {}
    # An indicator that gives those a value who were not asked comes after one that does not.
    for indicator in sorted(indicators, key=lambda i: (len(questions(i)) > 1, "not_asked" in i.source)):
        own = questions(indicator)
        for question in own:
            found.setdefault(question, (question if len(own) == 1 else f"{indicator.family}_{indicator.id}", indicator))
    return found


def shares(of: Sample, indicators: Sequence[Indicator], least: int) -> dict[tuple[str, str], Share]:
    """Non-answers of one wave by name (`representatives`) and kind (KINDS), in the weighting `of` has.

    `least`: the minimum cell. Questions that nobody answered have none.
    """
    named = dict(representatives(indicators).values())
    states = {name: of.frame[i.column + STATE].to_numpy(dtype=object) for name, i in named.items()}
    chosen = [name for name in named if (states[name] == "answered").any()]
    found: dict[tuple[str, str], Share] = {}
    for start in range(0, len(chosen), AT_ONCE // len(KINDS)):
        block = chosen[start : start + AT_ONCE // len(KINDS)]
        of_kind = {"nonresponse": SILENT, "declined": ["declined"], "dont_know": ["dont_know"]}
        values = np.column_stack([np.isin(states[name], of_kind[kind]) for name in block for kind in KINDS])
        asked = np.array([np.isin(states[name], ["answered", *SILENT]) for name in block for _ in KINDS])
        linear = means(of, values.astype(float), asked)
        se, df = standard_errors(of, linear)
        for number, (name, kind) in enumerate((name, kind) for name in block for kind in KINDS):
            n, k = int(asked[number].sum()), int((values[:, number] & asked[number]).sum())
            hidden = _hidden(states[name], kind, k, least)
            row = {
                "family": FAMILY, "indicator": name, "statistic": kind, "weighting": of.weighting, "wave": of.wave,
            }  # fmt: skip
            indicator = named[name]
            told = int((states[name] == "answered").sum())
            point = {**vars(indicator), "indicator": indicator.id, "weighting": "none", "wave": of.wave}
            found[name, kind] = Share(
                row, float(linear.value[number]), float(se[number]), float(df[number]), n,
                [least - 1] if hidden else [k] if k else [], [(n, told)], print_key(point), not hidden,
            )  # fmt: skip
    return found


def duration(of: Sample, minutes: pd.Series, longest: float) -> Share | None:
    """The mean length of an interview in minutes (`minutes` by row_id; null = not known); None where it is of nobody.

    ASSUME[duration]: an interview that took longer than the wave's `maximum_minutes` was interrupted, and counts as
    that long.
    """
    values = pd.to_numeric(minutes.reindex(of.frame["row_id"]), errors="coerce").to_numpy(dtype=float)
    values = np.minimum(values, longest)
    n = int((~np.isnan(values)).sum())
    if not n:
        return None
    linear = means(of, values[:, None], np.ones((1, len(values)), dtype=bool))
    se, df = standard_errors(of, linear)
    row = {"family": FAMILY, "indicator": DURATION, "statistic": "mean", "weighting": of.weighting, "wave": of.wave}
    everyone = {"family": "sample", "indicator": "respondents", "statistic": "count", "weighting": "none"}
    point = print_key({**everyone, "wave": of.wave})
    near = [(n, len(values))]
    return Share(row, float(linear.value[0]), float(se[0]), float(df[0]), n, [n], near, point, True)


def _hidden(states: npt.NDArray[np.object_], kind: str, k: int, least: int) -> bool:
    """Whether a count may not be told; of the kinds of non-answers also where their sum would tell another."""
    if kind == "nonresponse":
        return 0 < k < least
    counts = np.array([[int((states == silence).sum()) for silence in SILENCES]])
    return bool(withheld(counts, least)[0, SILENCES.index(kind)])


def rows(
    own: Mapping[tuple[str, str], Share],
    before: Mapping[tuple[str, str], Share],
    wave: Mapping[str, Any],
    kind: str,
    correction: str,
) -> pd.DataFrame:
    """Derived rows of a wave: its own shares, and their differences from those of the comparable wave before.

    Two samples are independent: variances add, degrees of freedom are Satterthwaite's. All tests are one family,
    corrected together. A kind of non-answer that neither wave has is no test. `kind` is the design's: volunteers have
    no intervals.
    """
    made = [
        {**_without_wave(share), "estimate": share.value, "n": share.n,
         "cells": needs([share.point], share.counts, share.near),
         **({"se": share.se, "df": share.df} if kind == "probability" else {})}
        for share in own.values()
    ]  # fmt: skip
    pairs = [(share, before[place]) for place, share in own.items() if place in before]
    pairs = [(a, b) for a, b in pairs if a.value or b.value]
    if pairs:
        found = independent(*(np.array([[s.value, s.se, s.df] for s in side]).T for side in zip(*pairs, strict=True)))
        for number, (now, then) in enumerate(pairs):
            mean = now.row["statistic"] == "mean"
            made.append({
                **_without_wave(now), "key": f"diff({print_key(now.row)},{print_key(then.row)})",
                "statistic": "difference_of_means" if mean else "difference", "estimate": found.value[number],
                "se": found.se[number], "df": found.df[number], "ci_low": found.low[number],
                "ci_high": found.high[number], "ci_method": "t", "n": now.n + then.n,
                "test": "t" if found.se[number] > 0 else None, "test_value": found.t[number], "p": found.p[number],
                "detectable": DETECTABLE * found.se[number], "comparison_family": FAMILY,
                "cells": needs([print_key(now.row), then.point], then.counts, then.near),
            })  # fmt: skip
    table = derived(made, wave, kind)
    table["p_adjusted"] = adjusted(table, [Family(FAMILY, FAMILY, correction, [], {})])
    return table


def _without_wave(share: Share) -> dict[str, Any]:
    return {name: value for name, value in share.row.items() if name != "wave"}


def shifted(
    made: pd.DataFrame,
    own: Mapping[tuple[str, str], Share],
    before: Mapping[tuple[str, str], Share],
    indicators: Sequence[Indicator],
    rule: Mapping[str, Any],
) -> dict[str, list[dict[str, Any]]]:
    """Question -> code and key of each shift of its non-answers, among the differences of `rows`.

    ASSUME[shift]: a shift of `missing_points` or more that is told apart from none is SHIFT; a smaller one that is, or
    a larger one that is not, is DRIFT. One that rests on a count below the minimum cell is not looked at: a verdict
    is published, and would tell it.
    """
    by_key = {str(row["key"]): row for row in made.to_dict("records")}
    found: dict[str, list[dict[str, Any]]] = {}
    for question, (name, _) in representatives(indicators).items():
        for kind in KINDS:
            place = (name, kind)
            if place not in own or place not in before or not (own[place].safe and before[place].safe):
                continue
            key = f"diff({print_key(own[place].row)},{print_key(before[place].row)})"
            if key not in by_key:
                continue
            large = abs(by_key[key]["estimate"]) >= rule["missing_points"]
            apart = by_key[key]["p_adjusted"] < rule["significance"]
            if large or apart:
                found.setdefault(question, []).append({"code": SHIFT if large and apart else DRIFT, "key": key})
    return found
