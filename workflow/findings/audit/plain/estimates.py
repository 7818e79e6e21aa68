"""The numbers of a key, computed anew: register rows, and what is derived from several of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from findings.audit.plain.answers import SILENT, Answers
from findings.audit.plain.keys import Parts
from findings.audit.plain.survey import Held, Linear, Sample, Values, effective, korn_graubard, logit, student
from findings.audit.plain.weights import Design

Numbers = dict[str, Any]


class NotComputed(Exception):
    """A number that this implementation does not compute, and why."""


class Frame:
    """A wave's answers and design, and its samples, each made once; `undone`: the wave without a rule, by its code."""

    def __init__(self, answers: Answers) -> None:
        self.answers, self.design = answers, Design(answers)
        self.study: Mapping[str, Any] = answers.wave.study
        self._samples: dict[tuple[str, bool], Sample] = {}
        self.undone: dict[str, Frame] = {}

    def sample(self, weighting: str, *, outside: bool = False) -> Sample:
        """The target population in a weighting; with `outside`, everyone (unweighted only)."""
        key = (weighting, outside)
        if key not in self._samples:
            rows = [True] * len(self.design.inside) if outside else self.design.inside
            self._samples[key] = Sample(self.design, weighting, rows)
        return self._samples[key]

    def domain(self, breakdown: str | None, group: str | None) -> tuple[list[bool], bool]:
        """Who is in a group, and whether it is one outside the target population: then they are all outside.

        `not_<group>` are the others of a level.
        """
        inside = self.design.inside
        if breakdown is None:
            return list(inside), False
        levels, names = breakdown.split("&"), str(group).split("&")
        member = [True] * len(inside)
        for level, name in zip(levels, names, strict=True):
            groups = self.answers.groups(level)
            if name not in self.answers.levels[level]["groups"] and name.startswith("not_"):
                member = [m and g is not None and g != name[4:] for m, g in zip(member, groups, strict=True)]
            else:
                member = [m and g == name for m, g in zip(member, groups, strict=True)]
        within = [m and i for m, i in zip(member, inside, strict=True)]
        if len(levels) == 1 and not any(within):
            return member, True
        return within, False

    def column(self, parts: Parts) -> str:
        """The indicator's column of a key's parts. Raises NotComputed where the config has none."""
        column = self.answers.column(parts.family, parts.indicator, parts.service or parts.ministry)
        if column not in self.answers.indicators:
            raise NotComputed(f"{parts.family}.{parts.indicator} is no indicator of the config")
        return column


def indicator_row(frame: Frame, parts: Parts) -> Numbers:
    """A proportion or a mean of an indicator: all that the register says of it."""
    column = frame.column(parts)
    answers = frame.answers.of(column)
    domain, outside = frame.domain(parts.breakdown, parts.group)
    silent = sum(in_domain and state in SILENT for in_domain, (_, state) in zip(domain, answers, strict=True))
    weighting = parts.weighting or "none"
    # Without weights, the sample is everyone's: a group abroad is drawn with those inside.
    sample = frame.sample(weighting, outside=weighting == "none")
    statistic = frame.answers.indicators[column]["statistic"]
    made = share_row(frame, sample, [value for value, _ in answers], domain, statistic == "mean")
    return made | {"n_asked": made["n"] + silent, "n_missing": silent}


def share_row(frame: Frame, sample: Sample, values: Values, domain: Held, mean: bool) -> Numbers:
    """Estimate, standard error, limits and what follows, of a mean or a proportion in a domain."""
    found = sample.mean(values, domain)
    n = sum(found.held)
    total = sum(value or 0.0 for value, held in zip(values, found.held, strict=True) if held)
    value = found.value if mean else min(max(found.value, 0.0), 1.0)
    made: Numbers = {"estimate": value, "n": n, "k": None if mean else round(total)}
    if frame.design.kind == "volunteer":
        return made
    se, df = sample.se(found), sample.df(found.held)
    if mean:
        return made | limits_of(("t", student(value, se, df))) | {
            "se": se, "df": df, "reliability": reliability_of_mean(value, se, n, df),
        }  # fmt: skip
    interval = frame.study.get("interval", "korn_graubard")
    beta = korn_graubard(value, se, n, df)
    shown = ("logit", logit(value, se, df)) if interval == "logit" and 0 < value < 1 else ("korn_graubard", beta)
    n_eff = effective(value, se, n)
    return made | limits_of(shown) | {
        "se": se, "df": df, "n_eff": n_eff,
        "deff": se**2 / (value * (1 - value) / n) if 0 < value < 1 else None,
        "reliability": reliability(value, *beta, n, n_eff, df),
    }  # fmt: skip


def limits_of(interval: tuple[str, tuple[float, float]]) -> Numbers:
    """Limits and their method; none where there are none."""
    method, (low, high) = interval
    known = not math.isnan(low)
    return (
        {"ci_low": low, "ci_high": high, "ci_method": method}
        if known
        else {"ci_low": None, "ci_high": None, "ci_method": None}
    )


def reliability(p: float, low: float, high: float, n: int, n_eff: float, df: float) -> str:
    """NCHS's standard for a proportion, on its Korn-Graubard interval (Parker et al. 2017)."""
    width = high - low
    if n < 30 or n_eff < 30 or math.isnan(width):
        return "not_reliable"
    if width > 0.05 and (width >= 0.30 or p <= 0 or width / p > 1.30):
        return "not_reliable"
    if df < 8 or p <= 0 or p >= 1:
        return "review"
    return "footnote" if width > 0.05 and width / (1 - p) > 1.30 else "reliable"


def reliability_of_mean(value: float, se: float, n: int, df: float) -> str:
    """NCHS's older rule, for a mean, a median or a total."""
    if n < 30 or math.isnan(se) or (value != 0 and se / abs(value) > 0.30):
        return "not_reliable"
    return "review" if df < 8 or se == 0 else "reliable"


def sample_row(frame: Frame, parts: Parts) -> Numbers:
    """The sample by group: a count, or a share of all in the target population."""
    domain, outside = frame.domain(parts.breakdown, parts.group)
    k = sum(domain)
    if parts.statistic == "count":
        return {"estimate": float(k), "n": k, "k": None}
    weights = frame.design.weights(parts.weighting or "none")
    whole = sum(weight for weight, inside in zip(weights, frame.design.inside, strict=True) if inside)
    share = sum(weight for weight, held in zip(weights, domain, strict=True) if held) / whole
    return {"estimate": share, "n": sum(frame.design.inside), "k": k}


def population_row(frame: Frame, parts: Parts) -> Numbers:
    """The share of a group in the first margin that has its level."""
    targets = frame.design.targets
    for margin in frame.answers.wave.declared["calibration"]["margins"]:
        if parts.breakdown in margin["columns"]:
            place = margin["columns"].index(parts.breakdown)
            own = {c: t for (name, c), t in targets.items() if name == margin["name"] and "(none)" not in c}
            share = sum(t for c, t in own.items() if c.split("/")[place] == parts.group) / sum(own.values())
            return {"estimate": share}
    raise KeyError(parts.breakdown)


def flow_row(frame: Frame, parts: Parts, left_out: int) -> Numbers:
    """Respondents left after a step; `left_out` are submissions that the survey tool marks as no interviews."""
    wave = frame.answers.wave
    steps = [entry["step"] for entry in wave.declared["cleaning"]]
    if parts.indicator == "received":
        count = len(wave.every) + left_out
    elif parts.indicator == "left_out":
        count = len(wave.every)
    else:
        before = len(steps) if parts.indicator == "analysed" else steps.index(parts.indicator) + 1
        gone = set(steps[:before])
        count = sum(row["dropped_by"] not in gone for row in wave.every)
    return {"estimate": float(count), "n": count, "k": None}


def silence_row(frame: Frame, parts: Parts) -> Numbers:
    """Item non-response: the share of those asked (by state) who gave no answer."""
    states = [state for _, state in frame.answers.of(quality_column(frame, parts))]
    inside = frame.design.inside
    asked = sum(held and state != "not_asked" for held, state in zip(inside, states, strict=True))
    missing = sum(held and state in SILENT for held, state in zip(inside, states, strict=True))
    return {"estimate": missing / asked, "n": asked, "k": missing}


def kind_row(frame: Frame, parts: Parts) -> Numbers:
    """The share of those asked who declined, did not know, or left it blank."""
    answers = frame.answers.of(quality_column(frame, parts))
    domain, _ = frame.domain(parts.breakdown, parts.group)
    asked = [
        held and (value is not None or state in SILENT) for held, (value, state) in zip(domain, answers, strict=True)
    ]
    k = sum(
        one and value is None and state == parts.statistic for one, (value, state) in zip(asked, answers, strict=True)
    )
    return {"estimate": k / sum(asked), "n": sum(asked)}


def quality_column(frame: Frame, parts: Parts) -> str:
    """The indicator that a row of family `quality` is of: its name is `<family>_<indicator>`."""
    of = parts.service or parts.ministry
    for column, entry in frame.answers.indicators.items():
        if f"{entry['family']}_{entry['id']}" == parts.indicator and (entry["service"] or entry["ministry"]) == of:
            return column
    raise KeyError(parts.indicator)


def total_row(frame: Frame, parts: Parts) -> Numbers:
    """An estimated number of people."""
    column = frame.column(parts)
    sample = frame.sample(parts.weighting or "none")
    found = sample.total(frame.answers.values(column), frame.domain(parts.breakdown, parts.group)[0])
    se, df, n = sample.se(found), sample.df(found.held), sum(found.held)
    return {"estimate": found.value, "se": se, "df": df, "n": n, **limits_of(("t", student(found.value, se, df))),
            "reliability": reliability_of_mean(found.value, se, n, df)}  # fmt: skip


def quantile(values: Sequence[float], weights: Sequence[float], share: float) -> float:
    """The smallest value at or below which lies at least `share` of the weight; NaN if `share` leaves 0 to 1."""
    if not 0 <= share <= 1:
        return math.nan
    wanted, reached = share * math.fsum(weights) * (1 - 1e-12), 0.0
    pairs = sorted(zip(values, weights, strict=True))
    for value, weight in pairs:
        reached += weight
        if reached >= wanted:
            return value
    return pairs[-1][0]


def median_row(frame: Frame, parts: Parts) -> Numbers:
    """A median with Woodruff's interval."""
    sample = frame.sample(parts.weighting or "none")
    values = frame.answers.values(frame.column(parts))
    domain = frame.domain(parts.breakdown, parts.group)[0]
    held = [a and b and v is not None for a, b, v in zip(sample.rows, domain, values, strict=True)]
    known = [v for v, one in zip(values, held, strict=True) if one and v is not None]
    weights = [w for w, one in zip(sample.weights, held, strict=True) if one]
    value = quantile(known, weights, 0.5)
    made: Numbers = {"estimate": value, "n": len(known)}
    if frame.design.kind == "volunteer":
        return made
    share = sample.mean([None if v is None else float(v <= value) for v in values], domain)
    df = sample.df(share.held)
    if df <= 0:
        return made | {"se": None, "df": df, "reliability": "not_reliable"}
    below, above = student(share.value, sample.se(share), df)
    low, high = quantile(known, weights, below), quantile(known, weights, above)
    t = (above - share.value) / sample.se(share) if sample.se(share) > 0 else student(0.0, 1.0, df)[1]
    se = (high - low) / (2 * t)
    limits = {"ci_low": None if math.isnan(low) else low, "ci_high": None if math.isnan(high) else high}
    method = None if math.isnan(low) or math.isnan(high) else "woodruff"
    return made | limits | {
        "ci_method": method, "se": None if math.isnan(se) else se, "df": df,
        "reliability": reliability_of_mean(value, se, len(known), df),
    }  # fmt: skip


def influence_of(frame: Frame, parts: Parts) -> tuple[Sample, Linear]:
    """The linear statistic behind a proportion or a mean, in the sample of the target population."""
    sample = frame.sample(parts.weighting or "none")
    domain, _ = frame.domain(parts.breakdown, parts.group)
    return sample, sample.mean(frame.answers.values(frame.column(parts)), domain)
