"""Derived rows made up for tests of the exhibits: of every declared family, and of the non-answers, some withheld."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
from findings.claims.declared import predicates, statements
from findings.comparisons import KINDS, REST, STATISTIC
from findings.families import Family, families, named
from findings.keys import ALL, AND, EFFECTS, RULE_EFFECTS, effect_of, print_key
from findings.nonanswers import KINDS as NONANSWERS
from findings.plan import Indicator, expand_indicators, headlines, levels


def derived_rows(config: dict, wave: str, random: np.random.Generator) -> Iterator[dict]:
    """Rows of the comparisons and of the non-answers, in the columns of the register that are not null."""
    indicators = expand_indicators(config)
    of = {"wave": wave, "weighting": "calibrated"}
    for family in families(config, indicators, KINDS):
        for sides in _sides(config, family, indicators, of):
            half, value = random.uniform(0.02, 0.09), random.normal(0, 0.07)
            told = float(random.choice([0.0, 0.013, 0.4]))
            yield {
                **sides[0], "key": _key(sides), "statistic": STATISTIC[sides[0]["statistic"]],
                "estimate": round(value, 3), "ci_low": round(value - half, 3), "ci_high": round(value + half, 3),
                "ci_method": "t", "df": "≥30", "n": 900, "test": "t", "test_value": 1.5, "p": 0.04, "p_adjusted": told,
                "detectable": round(half * 1.4, 3), "comparison_family": family.id,
            }  # fmt: skip
            for followed in (f for f in families(config, indicators, ("gap_waves",)) if family.id in f.entry["gaps"]):
                before = _key([{**side, "wave": "nug_2024"} for side in sides])
                yield {
                    **sides[0], "key": f"diff({_key(sides)},{before})", "statistic": STATISTIC[sides[0]["statistic"]],
                    "estimate": 0.02, "ci_low": -0.05, "ci_high": 0.09, "ci_method": "t", "df": "≥30", "n": 1800,
                    "p_adjusted": 0.6, "detectable": 0.1, "comparison_family": followed.id,
                }  # fmt: skip
    for family in families(config, indicators, ("association", "declining")):
        for indicator, level in product(family.indicators, family.entry["levels"]):
            row = _row(indicator, of, level, ALL)
            if family.kind == "declining":
                row |= {"family": "quality", "indicator": f"{indicator.family}_{indicator.id}"}
            if indicator.statistic == "proportion":
                yield {
                    **row, "statistic": "rao_scott", "estimate": 0.11, "n": 2500, "test": "rao_scott_f",
                    "test_value": 3.2,
                    "df1": 1.9, "df": "≥30", "p": 0.02, "p_adjusted": 0.04, "comparison_family": family.id,
                }  # fmt: skip
    yield from _claims(config, indicators, of, random)
    yield from _missing(config, indicators, of, random)
    yield from _taken_apart(config, indicators, of, random)
    yield from _of_rules(config, indicators, of, random)


def _of_rules(config: dict, indicators: list[Indicator], of: dict, random: np.random.Generator) -> Iterator[dict]:
    """Effects of two rules; of a third all are withheld."""
    names = headlines(config)
    for indicator, rule in product(indicators, ("duplicates", "range_2", "script")):
        if names & {indicator.family, f"{indicator.family}.{indicator.id}"}:
            yield {
                **_row(indicator, of), "family": RULE_EFFECTS, "statistic": STATISTIC[indicator.statistic], "n": 2500,
                "indicator": effect_of(indicator.family, indicator.id, rule), "hide": rule == "script",
                "estimate": round(random.normal(0, 0.004), 3),
            }  # fmt: skip


def _taken_apart(config: dict, indicators: list[Indicator], of: dict, random: np.random.Generator) -> Iterator[dict]:
    declared = config["decompositions"]
    for indicator, level in product(named(declared["indicators"], indicators), levels(config)):
        for effect, group in product(EFFECTS, [ALL, *level.groups] if level.name in declared["levels"] else []):
            value = random.normal(0, 0.02)
            yield {
                **_row(indicator, of, level.name, group), "statistic": effect, "estimate": round(value, 3), "n": 5000,
                "ci_low": round(value - 0.02, 3), "ci_high": round(value + 0.02, 3), "ci_method": "t", "df": "≥30",
            }  # fmt: skip


def _claims(config: dict, indicators: list[Indicator], of: dict, random: np.random.Generator) -> Iterator[dict]:
    """A verdict of every kind, and the differences that claims are about."""
    for number, (name, predicate) in enumerate(predicates(config).items()):
        told = {"estimate": float(number % 3 - 1), "p": 0.01, "p_adjusted": None if number == 3 else 0.034}
        yield {
            "family": "claims",
            "indicator": name,
            "statistic": "verdict",
            "comparison_family": "claims",
            **told,
            **of,
        }
        for part in statements(predicate, config, indicators):
            if part.kind == "gap" and len(part.sides) == 2:
                first = part.sides[0]
                value = round(random.normal(0, 0.07), 3)
                yield {
                    **_row(first.indicator, of, first.breakdown, first.group), "statistic": "difference",
                    "key": part.number(of["weighting"], of["wave"]), "estimate": value,
                    "ci_low": round(value - 0.04, 3),
                    "ci_high": round(value + 0.04, 3), "ci_method": "t", "n": 900, "comparison_family": "claims",
                }  # fmt: skip


def _missing(config: dict, indicators: list[Indicator], of: dict, random: np.random.Generator) -> Iterator[dict]:
    places: list[tuple[str | None, str | None]] = [(None, None)]
    places += [(v.name, g) for v in levels(config) if v.name in config["missing"]["levels"] for g in v.groups]
    for indicator, place in product(named(config["missing"]["bounds"], indicators), places):
        low, wide = random.uniform(0.1, 0.6), random.uniform(0.02, 0.2)
        yield {
            **_row(indicator, of, *place), "statistic": "bounds", "estimate": round(low + wide / 2, 3), "n": 800,
            "bound_low": round(low, 3), "bound_high": round(low + wide, 3), "ci_low": round(low - 0.02, 3),
            "ci_high": round(low + wide + 0.02, 3), "ci_method": "imbens_manski",
        }  # fmt: skip
    for indicator, place, kind in product(named(config["missing"]["counts"], indicators), places, NONANSWERS):
        row = _row(indicator, {**of, "weighting": "none"}, *place)
        quality = {"family": "quality", "indicator": f"{indicator.family}_{indicator.id}", "statistic": kind}
        yield {**row, **quality, "estimate": round(random.uniform(0, 0.1), 3), "n": 1000}


def _row(indicator: Indicator, of: dict, breakdown: str | None = None, group: str | None = None) -> dict:
    return {
        "family": indicator.family, "indicator": indicator.id, "statistic": indicator.statistic,
        "ministry": indicator.ministry, "service": indicator.service, "breakdown": breakdown, "group": group, **of,
    }  # fmt: skip


def _sides(config: dict, family: Family, indicators: list[Indicator], of: dict) -> Iterator[list[dict]]:
    by_name = {level.name: level for level in levels(config)}
    if family.kind == "ministries":
        for name in dict.fromkeys((i.family, i.id) for i in family.indicators):
            same = [_row(i, of) for i in family.indicators if (i.family, i.id) == name]
            yield from map(list, combinations(same, 2))
    elif family.kind == "families":
        first, second = ([i for i in indicators if i.family == name] for name in family.entry["families"])
        yield from ([_row(a, of), _row(b, of)] for a, b in zip(first, second, strict=True))
    elif family.kind == "crossing":
        steps = next(c["levels"] for c in config["crossings"] if c["name"] == family.entry["crossing"])
        cells = list(product(*(by_name[step].groups for step in steps if step != family.entry["gap"])))
        for indicator in family.indicators:
            place = [
                _row(indicator, of, AND.join(steps), AND.join((g, *c))) for c in cells for g in family.entry["pair"]
            ]
            yield from (place[i : i + 2] for i in range(0, len(place), 2))
            yield place[:4]
    elif family.kind in ("pair", "rest"):
        for indicator, level in product(family.indicators, family.entry["levels"]):
            groups = list(by_name[level].groups)
            pairs = [tuple(groups)] if len(groups) == 2 else [(group, REST + group) for group in groups]
            yield from ([_row(indicator, of, level, group) for group in pair] for pair in pairs)


def _key(sides: list[dict]) -> str:
    if len(sides) == 1:
        return print_key(sides[0])
    middle = len(sides) // 2
    return f"diff({_key(sides[:middle])},{_key(sides[middle:])})"
