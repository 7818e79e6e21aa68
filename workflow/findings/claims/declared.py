"""What claims.yaml declares: each claim's statements about rows of the register, the same above and below the gate.

A claim is one statement or several that must all hold. A side that names no ministry or service stands for every one
that its indicator is of, so that a claim about a barrier is one about the barrier in each ministry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from findings.keys import AND, print_key
from findings.plan import Indicator, Level

PREDICATES = ("all_of", "first_or_tied", "greater_than", "less_than", "majority", "unchanged_within")
# What a predicate is told beside its sides; `True` where it cannot do without.
BESIDE = {"first_or_tied": {"ranking": True}, "unchanged_within": {"within": True},
          "greater_than": {"margin": False}, "less_than": {"margin": False}}  # fmt: skip
# "Majority" is over one half.
HALF = 0.5


@dataclass(frozen=True)
class Side:
    """A row of the register: an indicator among everyone, or in a group of a level (of a crossing, joined by &)."""

    indicator: Indicator
    breakdown: str | None = None
    group: str | None = None

    def key(self, weighting: str, wave: str, statistic: str | None = None) -> str:
        """The row's key in a weighting and a wave; of another `statistic` (rank) where one is given."""
        own = self.indicator
        return print_key(
            {"family": own.family, "indicator": own.id, "statistic": statistic or own.statistic,
             "ministry": own.ministry, "service": own.service, "weighting": weighting, "breakdown": self.breakdown,
             "group": self.group, "wave": wave}
        )  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """What must hold: `kind` gap, threshold, first, change or same.

    A gap is between two sides, a threshold between one and `value`; `sign` is 1 where the first is to be greater, −1
    where it is to be less, by `margin`. A change is since the wave before, `same` a difference of two sides; both are
    to be within ± `value`. `first` is of one side in `ranking`, whose `items` are all that are ranked.
    """

    kind: str
    sides: tuple[Side, ...]
    value: float = 0.0
    sign: int = 1
    margin: float = 0.0
    ranking: str = ""
    items: tuple[Side, ...] = ()

    def rows(self, weighting: str, wave: str, earlier: str | None = None) -> list[str]:
        """Keys of the register's rows that the statement rests on; of a change, those of the wave before too."""
        keys = [side.key(weighting, wave) for side in self.items or self.sides]
        return keys + (
            [side.key(weighting, earlier) for side in self.sides] if self.kind == "change" and earlier else []
        )

    def number(self, weighting: str, wave: str, earlier: str | None = None) -> str | None:
        """The key of the number that the statement is about; None of a change without a wave before."""
        first = self.sides[0]
        if self.kind == "first":
            return first.key(weighting, wave, "rank")
        if self.kind == "change":
            return f"diff({first.key(weighting, wave)},{first.key(weighting, earlier)})" if earlier else None
        keys = ",".join(side.key(weighting, wave) for side in self.sides)
        return f"diff({keys})" if len(self.sides) == 2 else keys


def statements(
    predicate: Mapping[str, Any], study: Mapping[str, Any], indicators: Sequence[Indicator]
) -> list[Statement]:
    """The statements of a predicate that `problems` has nothing against, in the order of the file and the study."""
    if "all_of" in predicate:
        return [made for part in predicate["all_of"] for made in statements(part, study, indicators)]
    name = _name(predicate)
    wanted = predicate[name]
    sides = [_sides(part, indicators) for part in (wanted if isinstance(wanted, list) else [wanted])
             if isinstance(part, Mapping)]  # fmt: skip
    longest = max(len(side) for side in sides)
    # A side of no ministry stands beside each of the other's.
    pairs = zip(*(side * longest if len(side) == 1 else side for side in sides), strict=True)
    made = [Statement("gap" if len(pair) == 2 else "threshold", pair) for pair in pairs]
    if name in ("greater_than", "less_than"):
        sign, number = 1 if name == "greater_than" else -1, wanted[1]
        value = 0.0 if isinstance(number, Mapping) else float(number)
        return [replace(one, value=value, sign=sign, margin=float(predicate.get("margin", 0))) for one in made]
    if name == "majority":
        return [replace(one, value=HALF) for one in made]
    if name == "unchanged_within":
        kind = {"gap": "same", "threshold": "change"}
        return [replace(one, kind=kind[one.kind], value=float(predicate["within"])) for one in made]
    ranking = predicate["ranking"]
    return [
        replace(one, kind="first", ranking=ranking, items=_ranked(one.sides[0], study, ranking, indicators))
        for one in made
    ]


def predicates(study: Mapping[str, Any]) -> dict[str, Any]:
    """Predicates by claim: what a rule above the gate is given, so that a changed sentence runs none of them."""
    return {name: entry["predicate"] for name, entry in study.get("claims", {}).get("claims", {}).items()}


def problems(
    study: Mapping[str, Any], declared: Mapping[str, Any], indicators: Sequence[Indicator], levels: Sequence[Level]
) -> Iterator[tuple[str, str, str]]:
    """Key, found, allowed of what claims.yaml names that the study does not have."""
    for name, entry in declared["claims"].items():
        if missing := [lang for lang in study["languages"] if lang not in entry["sentence"]]:
            yield f"claims.{name}.sentence", f"not in {', '.join(missing)}", "a text in every language of the study"
        yield from _of_predicate(f"claims.{name}.predicate", entry["predicate"], study, indicators, levels)


def _of_predicate(
    key: str, predicate: Mapping[str, Any], study: Mapping[str, Any], indicators: Sequence[Indicator],
    levels: Sequence[Level],
) -> Iterator[tuple[str, str, str]]:  # fmt: skip
    names = [name for name in PREDICATES if name in predicate]
    if len(names) != 1:
        yield key, ", ".join(names) or "no predicate", f"one of {', '.join(PREDICATES)}"
        return
    name, beside = names[0], BESIDE.get(names[0], {})
    odd = sorted(set(predicate) - {name, *beside})
    absent = [other for other, needed in beside.items() if needed and other not in predicate]
    if odd or absent:
        yield f"{key}.{name}", f"{', '.join(odd + absent)} beside it unknown or absent", ", ".join(beside) or "nothing"
        return
    if name == "all_of":
        for number, part in enumerate(predicate[name]):
            yield from _of_predicate(f"{key}.all_of.{number}", part, study, indicators, levels)
        return
    key, wanted = f"{key}.{name}", predicate[name]
    parts = [part for part in (wanted if isinstance(wanted, list) else [wanted]) if isinstance(part, Mapping)]
    for part in parts:
        yield from _of_side(key, part, study, indicators, levels)
    sides = [_sides(part, indicators) for part in parts]
    if not all(sides):
        return
    statistics = {side.indicator.statistic for one in sides for side in one}
    if len(statistics) > 1 or (name == "majority" and statistics != {"proportion"}):
        yield key, " and ".join(sorted(statistics)), "shares" if name == "majority" else "two shares, or two means"
    numbers = [part for part in (wanted if isinstance(wanted, list) else []) if not isinstance(part, Mapping)]
    numbers += [predicate[other] for other in ("margin", "within") if other in predicate]
    if statistics == {"proportion"} and (over := [number for number in numbers if not 0 <= number <= 1]):
        yield key, str(over[0]), "a share from 0 to 1 (a half is 0.5, ten points are 0.1)"
    places = [[(side.indicator.ministry, side.indicator.service) for side in one] for one in sides if len(one) > 1]
    if any(other != places[0] for other in places):
        yield key, "sides of different ministries or services", "sides of the same, or name one of each"
    if name == "first_or_tied":
        ranking = study.get("rankings", {}).get(predicate["ranking"])
        if ranking is None:
            yield f"{key}.ranking", predicate["ranking"], f"one of {', '.join(study.get('rankings', {})) or 'rankings'}"
        elif not all(side in _ranked(side, study, predicate["ranking"], indicators) for side in sides[0]):
            yield key, parts[0]["of"], f"an item of the ranking {predicate['ranking']}, of everyone"


def _of_side(
    key: str, part: Mapping[str, Any], study: Mapping[str, Any], indicators: Sequence[Indicator],
    levels: Sequence[Level],
) -> Iterator[tuple[str, str, str]]:  # fmt: skip
    if not _sides({"of": part["of"]}, indicators):
        yield f"{key}.of", part["of"], "an indicator of config.yaml, as family.indicator"
    elif not _sides(part, indicators):
        place = part.get("service", part.get("ministry", ""))
        yield key, f"{part['of']} of {place}", "a ministry or service that the indicator is of"
    by_name = {level.name: level for level in levels}
    for level, group in part.get("group", {}).items():
        if level not in by_name:
            yield f"{key}.group", level, f"one of {', '.join(by_name)}"
        elif group not in by_name[level].groups:
            yield f"{key}.group.{level}", group, f"one of {', '.join(by_name[level].groups)}"
    wanted = list(part.get("group", {}))
    if wanted and by_name.keys() >= set(wanted):
        crossed = {tuple(crossing["levels"]): crossing["name"] for crossing in study.get("crossings", [])}
        breakdown = (
            by_name[wanted[0]].breakdown if len(wanted) == 1 else crossed.get(tuple(wanted), " and ".join(wanted))
        )
        by = {name for side in _sides(part, indicators) for name in side.indicator.by}
        if by and breakdown not in by:
            yield f"{key}.group", breakdown, f"a breakdown that {part['of']} is estimated by: {', '.join(sorted(by))}"


def _name(predicate: Mapping[str, Any]) -> str:
    return next(name for name in PREDICATES if name in predicate)


def _sides(part: Mapping[str, Any], indicators: Sequence[Indicator]) -> list[Side]:
    levels, groups = list(part.get("group", {})), list(part.get("group", {}).values())
    place = (AND.join(levels), AND.join(groups)) if levels else (None, None)
    return [
        Side(indicator, *place)
        for indicator in indicators
        if f"{indicator.family}.{indicator.id}" == part["of"]
        and part.get("ministry") in (None, indicator.ministry)
        and part.get("service") in (None, indicator.service)
    ]


def _ranked(side: Side, study: Mapping[str, Any], ranking: str, indicators: Sequence[Indicator]) -> tuple[Side, ...]:
    """All items that are ranked with a side's indicator."""
    declared = study["rankings"][ranking]
    return tuple(
        Side(other)
        for other in indicators
        if other.family == declared["family"] and other.id in study[declared["items"]]
        and (other.ministry, other.service) == (side.indicator.ministry, side.indicator.service)
    )  # fmt: skip
