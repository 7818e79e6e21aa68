"""What R is given of a key: a kind of computation, its options, and the respondents' values and domains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from findings.audit.plain import derived, estimates, without
from findings.audit.plain.answers import SILENT
from findings.audit.plain.estimates import Frame, NotComputed
from findings.audit.plain.keys import Parts, leaves, operands, parts_of
from findings.audit.plain.recompute import point_of, ranked
from findings.config import of_wave
from findings.models.plan import Plan, plans

Columns = dict[str, Sequence[Any]]


@dataclass(frozen=True)
class Task:
    """A computation of recompute.R: `kind` its function, `options` their text, `rows` of the table, None = empty."""

    kind: str
    options: dict[str, str]
    rows: list[dict[str, Any]]


def task_of(key: str, frame_of: Callable[[str], Frame], left_out: int = 0) -> Task:
    """What R is to compute for a key. Raises NotComputed where it computes nothing of it."""
    if key.startswith("model."):
        return _model(key, frame_of(key.rsplit("@", 1)[1]))
    pair, of = operands(key), leaves(key)
    if of and all(parts.family == without.FAMILY for _, parts in of):
        return _effect(frame_of(of[0][1].wave), of)
    if pair:
        return _difference(pair[0], of, frame_of)
    parts = parts_of(key)
    if parts is None:
        raise NotComputed("not a key that R is given")
    frame = frame_of(parts.wave)
    if parts.family == "flow":
        return _flow(frame, parts, left_out)
    if parts.family == "population":
        return _population(frame, parts)
    if parts.statistic == "rao_scott":
        values, groups = derived.table_of(frame, parts)
        return _task(
            frame, parts, "table_test", {"answer": [None if v is None else f"a{v:g}" for v in values], "group": groups}
        )
    if parts.family == "specification":
        return _point(frame, parts)
    if parts.statistic == "uncoded":
        raise NotComputed("a count of texts that no file of answers holds")
    if parts.family == "reliability":
        return _reliability(frame, parts)
    if parts.statistic == "rank":
        return _rank(frame, parts)
    return _one(frame, parts)


def _one(frame: Frame, parts: Parts) -> Task:
    """A number of one domain."""
    domain = frame.domain(parts.breakdown, parts.group)[0]
    if parts.family == "sample":
        if parts.statistic == "count":
            return _task(frame, parts, "counted", _parts([[1.0] * len(domain)], [domain]), everyone=True)
        member = [float(held) for held in domain]
        return _task(frame, parts, "share", _parts([member], [frame.design.inside]), uncertainty="no", of="share")
    if parts.statistic in ("nonresponse", *SILENT):
        answers = frame.answers.of(estimates.quality_column(frame, parts))
        every = parts.statistic == "nonresponse"
        kinds = SILENT if every else (parts.statistic,)
        missing = [float(state in kinds and (every or value is None)) for value, state in answers]
        asked = [held and (state in SILENT or (state != "not_asked" if every else value is not None))
                 for held, (value, state) in zip(domain, answers, strict=True)]  # fmt: skip
        return _task(frame, parts, "share", _parts([missing], [asked]), uncertainty="no", of="share")
    if parts.family == "intersections":
        values = derived.combination_values(frame, parts)
        return _task(frame, parts, "share", _parts([values], [domain]), of="korn_graubard")
    column = frame.column(parts)
    values = frame.answers.values(column)
    if parts.statistic == "bounds":
        sides = [[yes if v is None and s in SILENT else v for v, s in frame.answers.of(column)] for yes in (0.0, 1.0)]
        return _task(frame, parts, "bounds", _parts([values, *sides], [domain] * 3))
    kinds_of = {"total": "total", "median": "middle", "proportion": "share", "mean": "share"}
    if parts.statistic not in kinds_of:
        raise NotComputed(f"R is not asked for {parts.statistic}")
    mean = frame.answers.indicators[column]["statistic"] == "mean"
    of = "mean" if mean else str(frame.study.get("interval", "korn_graubard"))
    # Without weights, the register's sample is everyone's, not the target population's alone.
    everyone = parts.weighting == "none" and kinds_of[parts.statistic] == "share"
    return _task(frame, parts, kinds_of[parts.statistic], _parts([values], [domain]), everyone=everyone, of=of)


def _difference(operation: str, of: list[tuple[float, Parts]], frame_of: Callable[[str], Frame]) -> Task:
    """Parts of one sample, or one part of each of two samples."""
    waves = list(dict.fromkeys(parts.wave for _, parts in of))
    if len(waves) > 1 and len(of) > 2:
        raise NotComputed("a difference of differences between waves")
    rows: list[dict[str, Any]] = []
    for number, wave in enumerate(waves, start=1):
        frame = frame_of(wave)
        columns: Columns = {}
        for place, (_, parts) in enumerate(of, start=1):
            own = parts.wave == wave
            nobody = [False] * len(frame.design.inside)
            columns[f"y{place}"] = frame.answers.values(frame.column(parts)) if own else [None] * len(nobody)
            columns[f"d{place}"] = frame.domain(parts.breakdown, parts.group)[0] if own else nobody
        rows += _rows(frame, frame.design.inside, columns, str(number))
    first = of[0][1]
    fewer = len(waves) == 1 and len(of) == 2 and first.ministry != of[1][1].ministry
    options = _options(frame_of(first.wave), first) | {
        "signs": ",".join(f"{sign:g}" for sign, _ in of),
        "fewer": "yes" if fewer else "no", "ratio": "yes" if operation == "ratio" else "no",
    }  # fmt: skip
    return Task("difference", options, rows)


def _effect(frame: Frame, of: list[tuple[float, Parts]]) -> Task:
    """An effect of a rule, or a gap of two: of each side a sample as cleaned, less one without the rule."""
    rule = without.headline_of(of[0][1])[1]
    rows: list[dict[str, Any]] = []
    for number, each in enumerate((frame, without.without(frame, rule)), start=1):
        columns: Columns = {}
        for place in range(1, 2 * len(of) + 1):
            # Odd parts are of the sample as cleaned, even ones of the other.
            parts = without.headline_of(of[(place - 1) // 2][1])[0]
            own = place % 2 == number % 2
            columns[f"y{place}"] = each.answers.values(each.column(parts))
            columns[f"d{place}"] = [held and own for held in each.domain(parts.breakdown, parts.group)[0]]
        rows += _rows(each, each.design.inside, columns, str(number))
    signs = [f"{s:g},{-s:g}" for s, _ in of]
    options = {"signs": ",".join(signs), "samples": ",".join(["1,2"] * len(of)), "n_of": "1", "uncertainty": "no"}
    return Task("difference", _options(frame, of[0][1]) | options, rows)


def _flow(frame: Frame, parts: Parts, left_out: int) -> Task:
    wave = frame.answers.wave
    steps = [entry["step"] for entry in wave.declared["cleaning"]]
    done = {"received": 0, "left_out": 0, "analysed": len(steps)}.get(parts.indicator)
    gone = set(steps[: steps.index(parts.indicator) + 1 if done is None else done])
    rows = [{"y1": float(row["dropped_by"] not in gone), "d1": 1} for row in wave.every]
    plus = left_out if parts.indicator == "received" else 0
    return Task("counted", _options(frame, parts) | {"plus": str(plus)}, rows)


def _population(frame: Frame, parts: Parts) -> Task:
    margins = frame.answers.wave.declared["calibration"]["margins"]
    margin = next(entry for entry in margins if parts.breakdown in entry["columns"])
    groups = frame.answers.groups(str(parts.breakdown))
    rows = []
    for cells, group in zip(frame.design.cells, groups, strict=True):
        own = [cell for cell in cells if cell[0] == margin["name"] and "(none)" not in cell[1]]
        rows += [{"cell1": c[1], "target1": frame.design.targets[c], "y1": float(group == parts.group)} for c in own]
    return Task("population", _options(frame, parts), rows)


def _point(frame: Frame, parts: Parts) -> Task:
    point = point_of(frame, parts)
    values, domains = derived.point_values(frame, parts, point)
    threshold = frame.study["specifications"]["headlines"][point["headline"]].get("threshold", 0)
    signs = ",".join(["1", "-1"][: len(domains)])
    return _task(frame, parts, "point", _parts([values] * len(domains), domains),
                 interval=point["interval"], threshold=str(threshold), signs=signs)  # fmt: skip


def _reliability(frame: Frame, parts: Parts) -> Task:
    if parts.statistic == "omega":
        raise NotComputed("omega needs R's package psych; docs/proof.md has it")
    items, own = derived.items_of(frame, parts)
    answers = [frame.answers.values(item) for item, _ in items]
    ends = derived.ends_of(frame, [item for item, _ in items])
    turned = [
        [None if v is None else ends - v if turn else v for v in values]
        for values, (_, turn) in zip(answers, items, strict=True)
    ]
    number = own + 1 if own is not None and parts.statistic == "item_rest" else 0
    columns: Columns = {f"y{place}": values for place, values in enumerate(turned, start=1)}
    return _task(frame, parts, "alpha", columns, item=str(number))


def _rank(frame: Frame, parts: Parts) -> Task:
    of = parts.service or parts.ministry
    others = [item for item in ranked(frame, parts) if item != parts.indicator]
    columns = [frame.answers.column(parts.family, item, of) for item in (parts.indicator, *others)]
    held = frame.design.inside
    known = [frame.answers.values(column) for column in columns if column in frame.answers.indicators]
    known = [v for v in known if any(h and value is not None for h, value in zip(held, v, strict=True))]
    return _task(frame, parts, "ranked", _parts(known, [held] * len(known)))


def plan_of(key: str, frame: Frame) -> tuple[Plan, int, str]:
    """The model of a key, how many of its blocks are in it, and what of it the key is of ("", log_odds, …)."""
    name = key.split(".")[1]
    for plan in _plans(frame):
        for place, block in enumerate(plan.blocks, start=1):
            rest = name.removeprefix(plan.named(block.id))
            if rest != name and rest in ("", "_log_odds", "_proportional_odds"):
                return plan, place, rest.removeprefix("_")
    raise NotComputed("no model of the config has this name")


@cache
def _plans(frame: Frame) -> list[Plan]:
    return plans(of_wave(dict(frame.study), frame.answers.wave.declared))


def _model(key: str, frame: Frame) -> Task:
    plan, blocks, of = plan_of(key, frame)
    _, _, term, level = key.rsplit("@", 1)[0].split(".")
    statistic = "f_test" if level == "all" and (term != "model" or of) else "pseudo_r2" if level == "all" else of
    statistic = statistic or ("difference_of_means" if plan.kind == "linear" else "average_marginal_effect")
    factors = [factor for block in plan.blocks for factor in block.factors]
    shown = sum(len(block.factors) for block in plan.blocks[:blocks])
    columns: Columns = {f"y{n}": frame.answers.values(u.indicator.column) for n, u in enumerate(plan.units, start=1)}
    columns = {**columns, **{f"f_{n}": frame.answers.groups(factor.name) for n, factor in enumerate(factors, start=1)}}
    unit = plan.unit_factor
    names = [*([unit.name] if unit else []), *(factor.name for factor in factors)]
    weighting = frame.design.headline()
    options = _options(frame, Parts("model", "", statistic, frame.answers.wave.name, weighting=weighting)) | {
        "model": plan.kind, "statistic": statistic, "of": of, "term": term, "level": level,
        "units": ",".join(u.of(unit.name) if unit else "all" for u in plan.units),
        "unit_levels": ",".join(unit.levels) if unit else "", "names": ",".join(names),
        "levels": ";".join(",".join(factor.levels) for factor in factors),
        "terms": str(shown + (1 if unit else 0)), "at_least": str(plan.step or ""),
    }  # fmt: skip
    return Task("model", options, _rows(frame, frame.design.inside, columns, "1"))


def _parts(values: Sequence[Sequence[Any]], domains: Sequence[Sequence[bool]]) -> Columns:
    made: Columns = {}
    for place, (value, domain) in enumerate(zip(values, domains, strict=True), start=1):
        made |= {f"y{place}": value, f"d{place}": domain}
    return made


def _task(frame: Frame, parts: Parts, kind: str, columns: Columns, everyone: bool = False, **options: str) -> Task:
    held = [True] * len(frame.design.inside) if everyone else frame.design.inside
    return Task(kind, _options(frame, parts) | options, _rows(frame, held, columns, "1"))


def _options(frame: Frame, parts: Parts) -> dict[str, str]:
    design = frame.design
    trim = design.trim or {}
    return {
        "weighting": parts.weighting or "none", "singletons": design.singletons,
        "uncertainty": "no" if design.kind == "volunteer" else "yes",
        "trim": ",".join(str(trim[name]) for name in ("lower", "upper") if name in trim),
    }  # fmt: skip


def _rows(frame: Frame, held: Sequence[bool], columns: Columns, sample: str) -> list[dict[str, Any]]:
    """The design's columns and `columns` of the respondents of `held`; names become numbers, which say as much."""
    design = frame.design
    codes: list[dict[str, int]] = [{}, {}, {}]

    def number(place: int, name: str) -> int:
        return codes[place].setdefault(name, len(codes[place]) + 1)

    made = []
    for i, one in enumerate(held):
        if one:
            row = {"sample": sample, "base": design.base[i], "stratum": number(0, design.stratum[i]),
                   "psu": number(1, design.psu[i]), "ssu": number(2, design.ssu[i]), "fpc1": design.fpc1[i],
                   "fpc2": design.fpc2[i]}  # fmt: skip
            for place, cell in enumerate(design.cells[i], start=1):
                row |= {f"cell{place}": cell[1], f"target{place}": design.targets[cell]}
            row |= {name: values[i] for name, values in columns.items()}
            made.append(row)
    return made
