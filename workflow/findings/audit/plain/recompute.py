"""Which computation a key asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from findings.audit.plain import derived, estimates, without
from findings.audit.plain.estimates import Frame, NotComputed, Numbers
from findings.audit.plain.keys import Parts, leaves, operands, parts_of

REPLAYED = "a wave cleaned anew without some steps: the ledger holds what was done, not what would be"
# Choices of a point of a specification curve, after its headline, in the order of its key.
CHOICES = ("exclusion", "missing", "interval", "definition", "covariates")


def recomputed(key: str, frame_of: Callable[[str], Frame], left_out: int = 0) -> Numbers:
    """The numbers of a key, by column of the register (`k`: of its cells). `frame_of` gives a wave's frame.

    `left_out` are submissions of the wave that the survey tool marks as no interviews. Raises NotComputed.
    """
    of = leaves(key)
    if of and all(parts.family == without.FAMILY for _, parts in of):
        return without.effect_row(frame_of(of[0][1].wave), of)
    pair = operands(key)
    if pair is None:
        parts = parts_of(key)
        if parts is None:
            raise NotComputed("models are fitted by R alone")
        return _row(frame_of(parts.wave), parts, left_out)
    waves = {parts.wave for _, parts in of}
    if pair[0] == "ratio":
        if len(of) != 2 or len(waves) != 1:
            raise NotComputed("a ratio of other than two rows of one wave")
        return derived.ratio_row(frame_of(of[0][1].wave), of[0][1], of[1][1])
    if len(waves) == 1:
        return derived.difference_row(frame_of(of[0][1].wave), of)
    if len(of) != 2:
        raise NotComputed("a difference of differences between waves")
    rows = [estimates.indicator_row(frame_of(parts.wave), parts) for _, parts in of]
    return derived.change_row(rows[0], rows[1])


def _row(frame: Frame, parts: Parts, left_out: int) -> Numbers:
    if parts.family == "flow":
        return estimates.flow_row(frame, parts, left_out)
    if parts.family == "specification":
        return derived.point_row(frame, parts, point_of(frame, parts))
    if parts.statistic == "rank":
        return derived.rank_row(frame, parts, ranked(frame, parts))
    if parts.statistic == "omega":
        raise NotComputed("omega is an iterative factor solution; docs/proof.md names its oracle, R psych")
    made = {
        "sample": estimates.sample_row, "population": estimates.population_row,
        "intersections": derived.combination_row, "reliability": derived.reliability_row,
    }.get(parts.family) or {
        "nonresponse": estimates.silence_row, "declined": estimates.kind_row, "dont_know": estimates.kind_row,
        "blank": estimates.kind_row, "total": estimates.total_row, "median": estimates.median_row,
        "bounds": derived.bounds_row, "rao_scott": derived.table_row,
        "proportion": estimates.indicator_row, "mean": estimates.indicator_row,
    }.get(parts.statistic)  # fmt: skip
    if made is None:
        raise NotComputed(f"no second computation of {parts.statistic}")
    return made(frame, parts)


def ranked(frame: Frame, parts: Parts) -> list[str]:
    """The items that a rank is among."""
    rankings: list[dict[str, Any]] = list(frame.study["rankings"].values())
    entry = next(entry for entry in rankings if entry["family"] == parts.family)
    return list(frame.study[entry["items"]])


def point_of(frame: Frame, parts: Parts) -> dict[str, str]:
    """The choices of a point; raises NotComputed for a summary, and where the wave would be cleaned or fitted anew."""
    headline, *choices = parts.indicator.split("__")
    if len(choices) != len(CHOICES) or parts.statistic in ("same_sign", "significant"):
        raise NotComputed("a share of the points of a curve: count the published points, each of which has its key")
    point = {"headline": headline, **dict(zip(CHOICES, choices, strict=True))}
    declared = frame.study["specifications"]
    if declared["exclusions"][point["exclusion"]]["undo"]:
        raise NotComputed(REPLAYED)
    if declared.get("covariates", {}).get(point["covariates"], {}).get("blocks"):
        raise NotComputed("a gap adjusted by a model")
    if parts.weighting == "trimmed" and "trimmed" not in frame.design.weightings():
        raise NotComputed("weights trimmed for the grid alone")
    return point
