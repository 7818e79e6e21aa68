"""What each rule of cleaning does to each headline: the number as published, less what it would be without the rule.

The wave is cleaned without the rule (`undone`), coded, weighed and estimated again. Consent, eligibility and removals
are never left out. Of every headline and rule there is a line of the confidential table and a derived row,
`rule_effects.<family>__<indicator>__<rule>.difference` (of a mean, `.difference_of_means`), of everyone and of the two
groups of a headline gap, whose own is the `diff` of these. No effect has an interval: both numbers are of the same
people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings import config, plan, register
from findings.errors import FindingsError
from findings.indicators import wanted
from findings.influence import headline as headline_weighting
from findings.keys import RULE_EFFECTS, effect_of, print_key
from findings.plan import Indicator, Level
from findings.rule_effects.undone import Without, rules, without_each
from findings.specifications import Records
from findings.specifications.sets import closure, weighed
from findings.weighting import WEIGHTS, Weighted

__all__ = ["Target", "of_wave", "rules", "targets"]
Floats = npt.NDArray[np.float64]
TABLE = {
    "key": "string", "rule": "string", "number": "int64", "changes": "int64", "as_cleaned": "float64",
    "without": "float64", "effect": "float64", "n": "Int64", "n_without": "Int64", "k": "Int64", "k_without": "Int64",
    "moved": "Int64", "readmitted": "Int64", "lost": "Int64", "unread": "Int64", "stops": "string",
}  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A headline number: an indicator of everyone, or in one group of a level."""

    of: Indicator
    level: str | None = None
    group: str | None = None

    def key(self, weighting: str, wave: str) -> str:
        """Its row in the register."""
        return print_key({**self.place, "family": self.of.family, "indicator": self.of.id,
                          "statistic": self.of.statistic, "weighting": weighting, "wave": wave})  # fmt: skip

    @property
    def place(self) -> dict[str, str | None]:
        """Columns of the register that say of whom it is."""
        return {"ministry": self.of.ministry, "service": self.of.service, "breakdown": self.level, "group": self.group}


@dataclass(frozen=True)
class _Numbers:
    """Of every target (t,) its estimate, its respondents `n` and those counted `k` (NaN of a mean); `values` of every
    respondent of the responses (rows × t, NaN = not in the number), and who of these is `kept` (rows,)."""

    estimate: Floats
    n: Floats
    k: Floats
    values: Floats
    kept: npt.NDArray[np.bool_]


def targets(study: Mapping[str, Any]) -> tuple[list[Target], list[tuple[Target, Target]]]:
    """The headline numbers of a study (`plan.headlines`), and its headline gaps: the first group less the second."""
    names, every = plan.headlines(study), plan.expand_indicators(study)
    of_everyone = [Target(i) for i in every if i.family in names or f"{i.family}.{i.id}" in names]
    there = {level.name for level in plan.levels(study)}
    gaps = []
    for entry in study.get("specifications", {}).get("headlines", {}).values():
        gap, counted = entry.get("gap"), {(d["family"], d["indicator"]) for d in entry["definitions"].values()}
        if gap and gap["level"] in there:
            gaps += [
                (Target(i, gap["level"], gap["groups"][0]), Target(i, gap["level"], gap["groups"][1]))
                for i in every if (i.family, i.id) in counted
            ]  # fmt: skip
    return [*of_everyone, *(side for gap in gaps for side in gap)], gaps


def of_wave(
    records: Records,
    design: Mapping[str, Any],
    known: frozenset[str],
    study: Mapping[str, Any],
    wave: Mapping[str, Any],
    reference: Path,
    wave_dir: Path,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The confidential table (TABLE: a line per headline number and rule) and the derived rows.

    `design` is design.json; `known` the keys of the register: a headline without a row there has no effect. A rule
    without which the wave cannot be cleaned or weighed has its reason in `stops`, and no number.
    """
    own = config.of_wave(study, wave)
    weighting = headline_weighting(design, own)
    chosen, gaps = targets(own)
    chosen = [target for target in chosen if target.key(weighting, wave["wave"]) in known]
    if not chosen:
        return pd.DataFrame(columns=list(TABLE)).astype(TABLE), register.derived([], wave, design["kind"])
    raked = weighting not in ("none", "design")
    weighed_as = dict(wave) if raked else {**wave, "calibration": None}
    levels = _levels(own, chosen, weighed_as)
    every = plan.expand_indicators(own)
    needed = closure([t.of.column for t in chosen] + [level.column for level in levels if level.by_value], every)
    columns = _columns(records, needed, levels, own, wave)
    place = {row: number for number, row in enumerate(records.respondents["row_id"])}

    def numbers(kept: pd.DataFrame) -> _Numbers:
        made = weighed(kept, needed, levels, own, weighed_as, reference, wave_dir)
        return _numbers(made, chosen, weighting, place)

    cleaned = records.respondents[records.respondents["dropped_by"].isna()]
    reported = numbers(cleaned[["row_id", *columns]])
    lines: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for one in without_each(records, wave, columns, reference):
        found: _Numbers | None = reported
        try:
            if one.stops:
                found = None
            elif one.kept is not None:
                found = numbers(one.kept)
        except FindingsError as error:
            one, found = replace(one, stops=str(error).split("\n")[0]), None
        lines += _lines(one, chosen, reported, found, weighting, wave["wave"])
        rows += _rows(one, chosen, gaps, reported, found, weighting, wave["wave"])
    table = pd.DataFrame(lines, columns=list(TABLE)).astype(TABLE)
    return table.sort_values(["key", "number"], ignore_index=True), register.derived(rows, wave, design["kind"])


def _levels(study: Mapping[str, Any], chosen: Sequence[Target], wave: Mapping[str, Any]) -> list[Level]:
    """The levels that numbers and weights need."""
    margins = (wave.get("calibration") or {}).get("margins", [])
    names = {level for margin in margins for level in margin["columns"]} | {target.level for target in chosen}
    return [level for level in plan.levels(study) if level.name in names]


def _columns(
    records: Records,
    needed: Sequence[Indicator],
    levels: Sequence[Level],
    study: Mapping[str, Any],
    wave: Mapping[str, Any],
) -> list[str]:
    """The respondents' columns that numbers and weights are made of."""
    names = {*wanted(needed, levels), *_leaves(wave["design"])}
    names.add(study.get("domains", {}).get("population", {}).get("column", ""))
    return [name for name in records.responses.columns if name in names]


def _leaves(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    for child in node.values() if isinstance(node, Mapping) else ():
        yield from _leaves(child)


def _numbers(made: Weighted, chosen: Sequence[Target], weighting: str, place: Mapping[str, int]) -> _Numbers:
    frame = made.frame[made.frame["base_weight"].notna()]
    weights = frame[WEIGHTS[weighting]].to_numpy(dtype=float) if weighting in WEIGHTS else np.ones(len(frame))
    values = np.column_stack([_values(frame, target) for target in chosen])
    held = ~np.isnan(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = (weights @ np.where(held, values, 0.0)) / (weights @ held)
    share = np.array([target.of.statistic == "proportion" for target in chosen])
    whole, kept = np.full((len(place), len(chosen)), np.nan), np.zeros(len(place), dtype=bool)
    whole[[place[row] for row in frame["row_id"]]] = values
    kept[[place[row] for row in made.frame["row_id"]]] = True
    k = np.where(share, np.nansum(values, axis=0), np.nan)
    return _Numbers(estimate, held.sum(axis=0).astype(float), k, whole, kept)


def _values(frame: pd.DataFrame, target: Target) -> Floats:
    values = frame[target.of.column].to_numpy(dtype=float)
    if target.level is None:
        return values
    return np.where((frame[target.level] == target.group).fillna(False).to_numpy(dtype=bool), values, np.nan)


def _moved(reported: _Numbers, found: _Numbers) -> npt.NDArray[np.bool_]:
    """Whose value is another without the rule, or is in one of the two numbers alone (rows × t)."""
    one, other = reported.values, found.values
    return np.asarray((one != other) & ~(np.isnan(one) & np.isnan(other)), dtype=bool)


def _alone(reported: _Numbers, found: _Numbers, value: float) -> npt.NDArray[np.int_]:
    """How many respondents have a value in one of the two numbers alone (t,)."""
    return np.asarray(((reported.values == value) != (found.values == value)).sum(axis=0))


def _lines(
    one: Without, chosen: Sequence[Target], reported: _Numbers, found: _Numbers | None, weighting: str, wave: str
) -> list[dict[str, Any]]:
    common = {"rule": one.rule, "number": one.number, "changes": one.changes, "stops": one.stops}
    if found is not None:
        common |= {"readmitted": int((found.kept & ~reported.kept).sum()), "unread": one.unread,
                   "lost": int((reported.kept & ~found.kept).sum())}  # fmt: skip
    moved = None if found is None else _moved(reported, found).sum(axis=0)
    made = []
    for t, target in enumerate(chosen):
        line = {"key": target.key(weighting, wave), **common, "as_cleaned": reported.estimate[t], "n": reported.n[t],
                "k": _count(reported.k[t])}  # fmt: skip
        if found is not None and moved is not None:
            line |= {"without": found.estimate[t], "effect": reported.estimate[t] - found.estimate[t],
                     "n_without": found.n[t], "k_without": _count(found.k[t]), "moved": moved[t]}  # fmt: skip
        made.append(line)
    return made


def _count(k: float) -> int | None:
    return None if np.isnan(k) else int(k)


def _rows(
    one: Without,
    chosen: Sequence[Target],
    gaps: Sequence[tuple[Target, Target]],
    reported: _Numbers,
    found: _Numbers | None,
    weighting: str,
    wave: str,
) -> list[dict[str, Any]]:
    """Derived rows. `n` is that of the number as published: how many more there are without the rule is not told."""
    made: dict[str, dict[str, Any]] = {}
    keys = [target.key(weighting, wave) for target in chosen]
    cells = [register.needs(counts=[0])] * len(chosen) if found is None else _needs(keys, reported, found)
    without = np.full(len(chosen), np.nan) if found is None else found.estimate
    for t, target in enumerate(chosen):
        share = target.of.statistic == "proportion"
        made[keys[t]] = {
            "family": RULE_EFFECTS, "indicator": effect_of(target.of.family, target.of.id, one.rule),
            **target.place, "weighting": weighting,
            "statistic": "difference" if share else "difference_of_means", "wave": wave,
            "estimate": reported.estimate[t] - without[t], "n": reported.n[t], "cells": cells[t],
        }  # fmt: skip
    rows = list(made.values())
    for gap in gaps:
        sides = [made[key] for target in gap if (key := target.key(weighting, wave)) in made]
        if len(sides) == len(gap):
            own = [print_key(side) for side in sides]
            effect = sides[0]["estimate"] - sides[1]["estimate"]
            rows.append({**sides[0], "key": f"diff({own[0]},{own[1]})", "estimate": effect,
                         "n": sides[0]["n"] + sides[1]["n"], "cells": register.needs(own)})  # fmt: skip
    return rows


def _needs(keys: Sequence[str], reported: _Numbers, found: _Numbers) -> list[str]:
    """What must hold for the effects on each target, whose rows have these keys, to be released.

    Both numbers together tell, of the respondents whom the rule moves, how many there are and how many of them count:
    these are held to what any group is held to, and the two numbers to being the same or far from each other.
    """
    moved, yes, no = _moved(reported, found).sum(axis=0), _alone(reported, found, 1.0), _alone(reported, found, 0.0)
    made = []
    for t, key in enumerate(keys):
        n, other = reported.n[t], found.n[t]
        if np.isnan(reported.k[t]):
            made.append(register.needs([key], near=[(other, n)], bases=[moved[t]]))
            continue
        k, other_k = reported.k[t], found.k[t]
        near = [(other, n), (other_k, k), (other - other_k, n - k)]
        made.append(register.needs([key], [yes[t], no[t]], near, [moved[t]]))
    return made
