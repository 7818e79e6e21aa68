"""The part `claims` of a wave's derived rows: a verdict for each claim, and the differences that no other part has.

Verdicts are told from exact numbers, so they are made above the gate; each rests on rows of the register, and is
withheld with any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from findings.claims.declared import Side, Statement, statements
from findings.claims.evidence import ALPHA, NONE, Evidence, all_of, of_first, of_gap, of_threshold, of_within, plainly
from findings.comparisons import STATISTIC
from findings.contrasts import DETECTABLE, Part, contrasts
from findings.design import covariance
from findings.influence import Sample
from findings.keys import AND
from findings.plan import Indicator
from findings.rankings import ranked_shares
from findings.ranks import adjusted_p
from findings.register import derived, needs

FAMILY, VERDICT = "claims", "verdict"
# `estimate` of a verdict's row.
SUPPORTED, CANNOT_TELL, NOT_SUPPORTED = 1.0, 0.0, -1.0


@dataclass(frozen=True)
class Known:
    """What is known of a wave's rows by key (`estimate, se, df, n, ci_method, status`), and which wave is before it.

    `rows` are the judged registers of the wave and of the one before; `derived` the rows of its comparisons and
    changes, which are reused.
    """

    rows: Mapping[str, Mapping[str, Any]]
    derived: Mapping[str, Mapping[str, Any]]
    earlier: str | None


def known(judged: Iterable[pd.DataFrame], made: Iterable[pd.DataFrame], earlier: str | None) -> Known:
    """From the judged registers (disclosure.parquet) and the parts whose rows are reused."""
    columns = ["key", "estimate", "se", "df", "n", "ci_method", "status"]

    def by_key(frames: Iterable[pd.DataFrame]) -> dict[str, dict[str, Any]]:
        return {row["key"]: row for frame in frames for row in frame[columns].to_dict("records")}  # type: ignore[misc]

    return Known(by_key(judged), by_key(made), earlier)


def claims(
    of: Sample,
    predicates: Mapping[str, Any],
    study: Mapping[str, Any],
    indicators: Sequence[Indicator],
    rows: Known,
    wave: Mapping[str, Any],
    kind: str,
) -> tuple[pd.DataFrame, list[str]]:
    """Derived rows `claims.<id>.verdict`, their new differences, and a note on each claim that has no row.

    `estimate` is 1 (supported), −1 (not supported) or 0; `p` the smaller of both sides' (findings.claims.evidence),
    `p_adjusted` Holm's over every claim that has a row. A claim has none if the wave does not ask for one of its rows,
    or if no comparable wave is before it. A change that the part of the changes does not have is one of what may not be
    compared. Of volunteers (`kind`) a verdict says what holds of those who answered: no p.
    """
    found, notes = {}, []
    for name, predicate in predicates.items():
        parts = statements(predicate, study, indicators)
        why = _why_not(parts, of, rows)
        if why:
            notes.append(f"No verdict on {name}: {why}.")
        else:
            found[name] = parts
    if kind != "probability":
        numbers = {name: all(plainly(part, _values(part, of, rows)) for part in parts) for name, parts in found.items()}
        verdicts = [
            _verdict(of, rows, name, found[name], SUPPORTED if holds else NOT_SUPPORTED, np.nan, np.nan)
            for name, holds in numbers.items()
        ]
        return derived(verdicts + _differences(of, found, rows, kind), wave, kind), notes
    gaps = _gaps(of, [part for parts in found.values() for part in parts], rows)
    ranks = _Ranks(of)
    evidence = {
        name: all_of([_evidence(part, of, rows, gaps, ranks) for part in parts]) for name, parts in found.items()
    }
    adjusted = holm({name: evidence[name] for name in found}, {n for n in found if _shown(found[n], of, rows)})
    verdicts = [
        _verdict(of, rows, name, found[name], _told(evidence[name], adjusted[name]), evidence[name].p, adjusted[name])
        for name in found
    ]
    return derived(verdicts + _differences(of, found, rows, kind, gaps), wave, kind), notes


def holm(evidence: Mapping[str, Evidence], shown: Iterable[str]) -> dict[str, float]:
    """Adjusted p of every claim: one Holm family.

    ASSUME[withheld_claims]: a claim that is withheld, or that has no standard error, stands in the family with p = 1:
    it counts, and what it is cannot be read from the correction of the others. Larger p never make Holm's method refuse
    too much. The p of a withheld claim is adjusted as if it alone were shown, for the confidential file.
    """
    shown = set(shown)
    p = np.array([one.p if name in shown and np.isfinite(one.p) else 1.0 for name, one in evidence.items()])
    # By hand: a job that needs no other part of statsmodels is spared its seconds; a test compares the two.
    order, adjusted = np.argsort(p, kind="stable"), np.ones(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]))
    return {
        name: (float(value) if name in shown else min(1.0, len(p) * one.p)) if np.isfinite(one.p) else np.nan
        for (name, one), value in zip(evidence.items(), adjusted, strict=True)
    }


def _told(evidence: Evidence, adjusted: float) -> float:
    # ASSUME[three_way]: a verdict on either side takes evidence at the family's level; an estimate that contradicts a
    # sentence, but that chance may have made, cannot tell.
    if not adjusted <= ALPHA:
        return CANNOT_TELL
    return SUPPORTED if evidence.favour <= evidence.against else NOT_SUPPORTED


def _why_not(parts: Sequence[Statement], of: Sample, rows: Known) -> str | None:
    if rows.earlier is None and any(part.kind == "change" for part in parts):
        return "no comparable wave is before this one"
    absent = [key for part in parts for key in part.rows(of.weighting, of.wave, rows.earlier) if key not in rows.rows]
    if absent:
        return f"not asked: {absent[0]}"
    changed = [str(part.number(of.weighting, of.wave, rows.earlier)) for part in parts if part.kind == "change"]
    odd = [key for key in changed if key not in rows.derived]
    return f"not compared with the wave before: {odd[0]}" if odd else None


def _shown(parts: Sequence[Statement], of: Sample, rows: Known) -> bool:
    keys = [key for part in parts for key in part.rows(of.weighting, of.wave, rows.earlier)]
    return all(rows.rows[key]["status"] == "published" for key in keys)


def _values(part: Statement, of: Sample, rows: Known) -> list[float]:
    return [float(rows.rows[key]["estimate"]) for key in part.rows(of.weighting, of.wave)]


@dataclass(frozen=True)
class _Gap:
    estimate: float
    se: float
    df: float
    n: float


def _gaps(of: Sample, parts: Sequence[Statement], rows: Known) -> dict[str, _Gap]:
    """Differences by key: the comparisons' and the changes' rows where they have them, with their covariance else."""
    found: dict[str, _Gap] = {}
    new: dict[str, tuple[Side, ...]] = {}
    for part in parts:
        key = str(part.number(of.weighting, of.wave, rows.earlier))
        if key in rows.derived:
            row = rows.derived[key]
            found[key] = _Gap(*(float(row[name]) for name in ("estimate", "se", "df", "n")))
        elif len(part.sides) == 2:
            new[key] = part.sides
    made = contrasts(of, [[Part(side.indicator.column, _members(of, side)) for side in new[key]] for key in new])
    numbers = np.column_stack([made.value, made.se, made.df, made.n])
    for row, sides in zip(numbers, new.values(), strict=True):
        # Of two groups of a level, both together; of others, no number of respondents that has no row of its own.
        if sides[0].indicator != sides[1].indicator or sides[0].breakdown != sides[1].breakdown:
            row[3] = min(rows.rows[side.key(of.weighting, of.wave)]["n"] for side in sides)
    return found | {key: _Gap(*map(float, row)) for key, row in zip(new, numbers, strict=True)}


def _members(of: Sample, side: Side) -> npt.NDArray[np.bool_]:
    inside = np.ones(len(of.frame), dtype=bool)
    if side.breakdown and side.group:
        for level, group in zip(side.breakdown.split(AND), side.group.split(AND), strict=True):
            inside &= (of.frame[level] == group).fillna(False).to_numpy(dtype=bool)
    return inside


class _Ranks:
    """p of every pair of a ranking's items, found once for all claims on it."""

    def __init__(self, of: Sample) -> None:
        self._of = of
        self._found: dict[str, tuple[list[str], npt.NDArray[np.float64] | None]] = {}

    def evidence(self, part: Statement) -> Evidence:
        own = part.sides[0].indicator.column
        if own not in self._found:
            items, shares, df = ranked_shares(self._of, [side.indicator for side in part.items])
            matrix = covariance(shares.influence, self._of.weights, self._of.design)
            found = [item.column for item in items], adjusted_p(shares.value, matrix, df) if df > 0 else None
            self._found |= {side.indicator.column: found for side in part.items}
        columns, above = self._found[own]
        return NONE if above is None or len(columns) < 2 else of_first(columns.index(own), above)


def _evidence(part: Statement, of: Sample, rows: Known, gaps: Mapping[str, _Gap], ranks: _Ranks) -> Evidence:
    if part.kind == "first":
        return ranks.evidence(part)
    key = part.number(of.weighting, of.wave, rows.earlier)
    if part.kind == "threshold":
        row = rows.rows[str(key)]
        value, se, n, df = (float(row[name]) for name in ("estimate", "se", "n", "df"))
        return of_threshold(part, value, se, n, df, None if pd.isna(row["ci_method"]) else row["ci_method"])
    gap = gaps[str(key)]
    return (of_gap if part.kind == "gap" else of_within)(part, gap.estimate, gap.se, gap.df)


def _verdict(
    of: Sample, rows: Known, name: str, parts: Sequence[Statement], told: float, p: float, adjusted: float
) -> dict[str, Any]:
    keys = [key for part in parts for key in part.rows(of.weighting, of.wave, rows.earlier)]
    return {
        "family": FAMILY, "indicator": name, "statistic": VERDICT, "weighting": of.weighting, "estimate": told, "p": p,
        "p_adjusted": adjusted, "comparison_family": FAMILY, "cells": needs(rows=keys),
    }  # fmt: skip


def _differences(
    of: Sample, found: Mapping[str, Sequence[Statement]], rows: Known, kind: str, gaps: Mapping[str, _Gap] | None = None
) -> list[dict[str, Any]]:
    """Rows of the differences that claims are about and that no other part has; of volunteers without an interval."""
    parts = {part.number(of.weighting, of.wave): part for parts in found.values() for part in parts
             if len(part.sides) == 2}  # fmt: skip
    gaps = _gaps(of, list(parts.values()), rows) if gaps is None else gaps
    made = []
    for key, part in parts.items():
        if key is None or key in rows.derived:
            continue
        gap, side = gaps[key], part.sides[0]
        row = {
            "key": key, "family": side.indicator.family, "indicator": side.indicator.id,
            "statistic": STATISTIC[side.indicator.statistic], "ministry": side.indicator.ministry,
            "service": side.indicator.service, "breakdown": side.breakdown, "group": side.group,
            "weighting": of.weighting, "estimate": gap.estimate, "n": gap.n, "comparison_family": FAMILY,
            "cells": needs(rows=part.rows(of.weighting, of.wave)),
        }  # fmt: skip
        if kind == "probability" and gap.se > 0 and gap.df > 0:
            # p is the difference's own; the claim has the one that is corrected.
            half, t = float(stats.t.ppf(0.975, gap.df)) * gap.se, gap.estimate / gap.se
            row |= {
                "se": gap.se, "ci_low": gap.estimate - half, "ci_high": gap.estimate + half, "ci_method": "t",
                "df": gap.df, "detectable": DETECTABLE * gap.se, "test": "t", "test_value": t,
                "p": 2 * float(stats.t.sf(abs(t), gap.df)),
            }  # fmt: skip
        made.append(row)
    return made
