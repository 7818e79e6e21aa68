"""The counts behind a release, and every relation between them that an attacker knows.

Variables are numbers of respondents: `N` of a domain, and per indicator `n` (with a value) and `k` (counted 1). A
domain is the total (None), a group of a level, or a cell of a crossing. Counts that are the same by construction are
one variable: the n of all options of a question, the k of "current use" and of "current use, of those who ever did".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from findings.disclosure.attacker import Relation
from findings.keys import AND
from findings.plan import Indicator, Level

# (level, group); None = everyone; the group REST of a level holds who is in none of its groups.
Domain = tuple[str, str] | None
Quantity = tuple[str, str]  # ("N", "") or ("n" | "k" | "z", column); z = n − k
REST = "(rest)"
TOTAL: Domain = None
PEOPLE: Quantity = ("N", "")


@dataclass(frozen=True)
class Cell:
    """Unweighted counts of one register row: `n` with a value, `k` counted 1 (None for a mean)."""

    n: int
    k: int | None


@dataclass
class Counts:
    """Variables with their true values, and relations; `place` finds a variable."""

    truth: list[float] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    place: dict[tuple[Quantity, Domain], int] = field(default_factory=dict)
    alias: dict[Quantity, Quantity] = field(default_factory=dict)

    def variable(self, quantity: Quantity, domain: Domain, truth: float | None = None) -> int:
        """The variable of a quantity in a domain; made with its true value when it is met first."""
        key = (self.alias.get(quantity, quantity), domain)
        if key not in self.place:
            if truth is None:
                raise KeyError(f"no count of {key}")
            self.place[key] = len(self.truth)
            self.truth.append(float(truth))
        return self.place[key]

    def relate(
        self, terms: Iterable[tuple[int, float]], low: float = 0.0, high: float = np.inf, kind: str = ""
    ) -> None:
        """Add `low <= Σ coefficient × variable <= high`; terms of one variable are added up."""
        merged: dict[int, float] = {}
        for variable, coefficient in terms:
            merged[variable] = merged.get(variable, 0.0) + coefficient
        merged = {variable: coefficient for variable, coefficient in merged.items() if coefficient}
        if merged:
            self.relations.append(Relation(list(merged), list(merged.values()), low, high, kind))


def cells_of(register: pd.DataFrame) -> tuple[dict[tuple[str, Domain], Cell], dict[Domain, int]]:
    """Cells of the unweighted indicator rows by (column, domain), and respondents by domain (from `sample`)."""
    rows = register[(register["weighting"] == "none") & register["column"].notna()]
    cells: dict[tuple[str, Domain], Cell] = {}
    for column, breakdown, group, text in zip(
        rows["column"], rows["breakdown"], rows["group"], rows["cells"], strict=True
    ):
        counts = json.loads(text)
        cells[column, _domain(breakdown, group)] = Cell(counts["n"], counts["k"])
    sample = register[(register["family"] == "sample") & (register["statistic"] == "count")]
    people = {
        _domain(breakdown, group): int(n)
        for breakdown, group, n in zip(sample["breakdown"], sample["group"], sample["n"], strict=True)
    }
    return cells, people


def _domain(breakdown: Any, group: Any) -> Domain:
    return None if pd.isna(breakdown) else (str(breakdown), str(group))


def build(
    cells: Mapping[tuple[str, Domain], Cell],
    people: Mapping[Domain, int],
    indicators: Sequence[Indicator],
    levels: Sequence[Level],
    crossings: Sequence[Mapping[str, Any]],
    outside: str | None,
) -> Counts:
    """All variables and relations of a wave.

    `outside` is the column that defines the target population (None: all belong): groups of its levels do not add up to
    the total, which is of that population alone.
    """
    counts = Counts(alias=_aliases(indicators))
    additive = [level for level in levels if level.column != outside]
    of = {level.name: level for level in levels}
    within = {level.name: [i for i in indicators if level.breakdown in i.by] for level in levels}
    leaves: list[tuple[Domain, Sequence[Indicator]]] = [(TOTAL, indicators)]
    for level in levels:
        leaves += [((level.name, group), within[level.name]) for group in level.groups]
    for crossing in crossings:
        name = AND.join(crossing["levels"])
        within[name] = [
            i for i in indicators if {crossing["name"], *(of[s].breakdown for s in crossing["levels"])} <= i.by
        ]
        for combination in product(*(of[step].groups for step in crossing["levels"])):
            leaves.append(((name, AND.join(combination)), within[name]))
    for domain, some in leaves:
        _of_domain(counts, domain, cells, people, some)
    for level in additive:
        _rest(counts, level, within[level.name])
    ladders: dict[str, list[Level]] = {}
    for level in additive:
        ladders.setdefault(level.breakdown, []).append(level)
    for steps in ladders.values():
        for level in steps[1:]:
            _nested(counts, steps[0], level, within[level.name])
    for crossing in crossings:
        _crossed(counts, crossing, of, within[AND.join(crossing["levels"])])
    return counts


def _aliases(indicators: Sequence[Indicator]) -> dict[Quantity, Quantity]:
    """Quantities that are one variable by construction."""
    alias: dict[Quantity, Quantity] = {}
    options: dict[tuple[Any, ...], str] = {}
    sources: dict[str, Indicator] = {}
    for indicator in indicators:
        kind = next((kind for kind in ("contains", "equals") if kind in indicator.source), None)
        if kind:
            first = options.setdefault((kind, indicator.source["column"], indicator.base), indicator.column)
            if first != indicator.column:
                alias["n", indicator.column] = ("n", first)
        bare = {key: value for key, value in indicator.source.items() if key != "not_asked"}
        twin = sources.setdefault(json.dumps([bare, indicator.base], sort_keys=True), indicator)
        if twin is not indicator:
            alias["k", indicator.column] = ("k", twin.column)
    return alias


def _quantities(indicators: Sequence[Indicator]) -> list[Quantity]:
    made = [PEOPLE]
    for indicator in indicators:
        made.append(("n", indicator.column))
        if indicator.statistic == "proportion":
            made.append(("k", indicator.column))
    return made


def _of_domain(
    counts: Counts,
    domain: Domain,
    cells: Mapping[tuple[str, Domain], Cell],
    people: Mapping[Domain, int],
    indicators: Sequence[Indicator],
) -> None:
    """The variables of a domain and the relations within it; `indicators` are those that are estimated in it."""
    by_column = {indicator.column: indicator for indicator in indicators}
    everyone = people.get(domain)
    if everyone is None:
        everyone = max((cell.n for (_, d), cell in cells.items() if d == domain), default=0)
    total = counts.variable(PEOPLE, domain, everyone)
    for indicator in indicators:
        cell = cells.get((indicator.column, domain), Cell(0, 0))
        counts.variable(("n", indicator.column), domain, cell.n)
        if indicator.statistic == "proportion":
            counts.variable(("k", indicator.column), domain, cell.k or 0)

    def var(kind: str, column: str) -> int:
        return counts.variable((kind, column), domain)

    options: dict[tuple[str, str], list[Indicator]] = {}
    for indicator in indicators:
        column, source = indicator.column, indicator.source
        n = var("n", column)
        counts.relate([(total, 1), (n, -1)], kind="n within people")
        proportion = indicator.statistic == "proportion"
        if proportion:
            counts.relate([(n, 1), (var("k", column), -1)], kind="k within n")
        if indicator.base is not None:
            asked = var("k", indicator.base)
            if "not_asked" not in source:
                # Where nobody left the question out, which the release says, the base is the numerator itself.
                whole = cells.get((column, TOTAL)), cells.get((indicator.base, TOTAL))
                complete = whole[0] is not None and whole[1] is not None and whole[0].n == whole[1].k
                counts.relate([(asked, 1), (n, -1)], high=0 if complete else np.inf, kind="n within base")
            else:
                twin = counts.alias.get(("k", column), ("k", ""))[1] or _twin(indicator, indicators)
                if twin and twin in by_column and "not_asked" not in by_column[twin].source:
                    terms = [(n, 1.0), (var("n", twin), -1.0), (var("n", indicator.base), -1.0), (asked, 1.0)]
                    counts.relate(terms, high=0, kind="with and without the unasked")
                else:
                    counts.relate([(var("n", indicator.base), 1), (n, -1)], kind="n within base's n")
            if proportion:
                counts.relate([(asked, 1), (var("k", column), -1)], kind="k within base")
        if "any_of" in source:
            parts = [var("k", c) for c in source["any_of"] if c in by_column]
            _any(counts, var("k", column), parts, complete=len(parts) == len(source["any_of"]))
        if "but_not" in source:
            first, second = (var("k", other) for other in source["but_not"])
            counts.relate([(first, 1), (var("k", column), -1)], kind="some of the first")
            _known_rest(counts, first, [second, var("k", column)], "first, second and the rest")
        if "contains" in source:
            options.setdefault(("contains", source["column"] + str(indicator.base)), []).append(indicator)
        if "equals" in source:
            options.setdefault(("equals", source["column"] + str(indicator.base)), []).append(indicator)
    _same_question(counts, domain, indicators)
    for (kind, _), group in options.items():
        single = [i for i in group if kind == "equals" or isinstance(i.source["contains"], str)]
        if kind == "equals":
            terms = [(var("n", group[0].column), 1.0), *[(var("k", i.column), -1.0) for i in single]]
            counts.relate(terms, kind="one answer each")
        for indicator in group:
            if kind == "contains" and not isinstance(indicator.source["contains"], str):
                wanted = set(indicator.source["contains"])
                parts = [var("k", i.column) for i in single if i.source["contains"] in wanted]
                complete = wanted <= {i.source["contains"] for i in single}
                _any(counts, var("k", indicator.column), parts, complete=complete)


def _known_rest(counts: Counts, whole: int, parts: list[int], kind: str) -> None:
    """A whole and its parts, but for a few without an answer: how few is no secret."""
    left = counts.truth[whole] - sum(counts.truth[part] for part in parts)
    terms = [(whole, 1.0), *[(part, -1.0) for part in parts]]
    counts.relate(terms, low=min(0.0, left), high=max(0.0, left), kind=kind)


def _same_question(counts: Counts, domain: Domain, indicators: Sequence[Indicator]) -> None:
    """Relations between indicators of one question: of users, of non-users and of both; of some steps of a scale."""
    by_source: dict[str, list[Indicator]] = {}
    steps: dict[tuple[str, str | None], dict[str, str]] = {}
    bases = {indicator.column: indicator for indicator in indicators}
    for indicator in indicators:
        if indicator.statistic == "proportion" and "column" in indicator.source:
            by_source.setdefault(json.dumps(indicator.source, sort_keys=True), []).append(indicator)
        if "equals" in indicator.source:
            place = steps.setdefault((indicator.source["column"], indicator.base), {})
            place[indicator.source["equals"]] = indicator.column
    for same in by_source.values():
        of = {indicator.base: indicator.column for indicator in same}
        for rest in same:
            halves = bases[rest.base].source.get("but_not", [None]) if rest.base else [None]
            if len(halves) == 2 and set(halves) <= of.keys():
                for kind in ("n", "k"):
                    whole, *parts = (
                        counts.variable((kind, c), domain) for c in (of[halves[0]], of[halves[1]], rest.column)
                    )
                    _known_rest(counts, whole, parts, "users and the others")
    for indicator in indicators:
        found = steps.get((indicator.source.get("column", ""), indicator.base), {})
        if "one" in indicator.source and set(indicator.source["one"]) <= found.keys():
            parts = [counts.variable(("k", found[code]), domain) for code in indicator.source["one"]]
            _known_rest(counts, counts.variable(("k", indicator.column), domain), parts, "steps of a scale")


def _twin(indicator: Indicator, indicators: Sequence[Indicator]) -> str | None:
    """The indicator that is the same but for `not_asked`."""
    bare = {key: value for key, value in indicator.source.items() if key != "not_asked"}
    return next((i.column for i in indicators if i.source == bare and i.base == indicator.base), None)


def _any(counts: Counts, whole: int, parts: list[int], *, complete: bool = True) -> None:
    for part in parts:
        counts.relate([(whole, 1), (part, -1)], kind="any of: at least each")
    if parts and complete:
        counts.relate([*[(part, 1.0) for part in parts], (whole, -1.0)], kind="any of: at most all")


def _rest(counts: Counts, level: Level, indicators: Sequence[Indicator]) -> None:
    """Groups of a level and the rest sum to the total."""
    rest: Domain = (level.name, REST)
    for quantity in _quantities(indicators):
        whole = counts.variable(quantity, TOTAL)
        parts = list(dict.fromkeys(counts.variable(quantity, (level.name, group)) for group in level.groups))
        left = counts.truth[whole] - sum(counts.truth[part] for part in parts)
        before = len(counts.truth)
        other = counts.variable(quantity, rest, left)
        if other == before:
            counts.relate([(whole, 1), *[(p, -1.0) for p in parts], (other, -1.0)], high=0, kind="groups and rest")
    people = counts.variable(PEOPLE, rest)
    for indicator in indicators:
        n = counts.variable(("n", indicator.column), rest)
        counts.relate([(people, 1), (n, -1)], kind="n within people")
        if indicator.statistic == "proportion":
            counts.relate([(n, 1), (counts.variable(("k", indicator.column), rest), -1)], kind="k within n")


def nested(fine: Level, coarse: Level) -> dict[str, list[str]] | None:
    """Coarse group -> the fine groups it is made of; None if a fine group lies in two coarse ones."""
    inside: dict[str, list[str]] = {group: [] for group in coarse.groups}
    for name, group in fine.groups.items():
        if fine.bins is not None and coarse.bins is not None:
            low, high = fine.bins[name]
            holders = [g for g, (a, b) in coarse.bins.items() if a <= low and high <= b]
        else:
            holders = [g for g, other in coarse.groups.items() if set(group.codes) <= set(other.codes)]
        if len(holders) != 1:
            return None
        inside[holders[0]].append(name)
    return inside


def _nested(counts: Counts, fine: Level, coarse: Level, indicators: Sequence[Indicator]) -> None:
    inside = nested(fine, coarse)
    if inside is None:
        return
    for quantity in _quantities(indicators):
        for group, parts in inside.items():
            whole = counts.variable(quantity, (coarse.name, group))
            terms = [(counts.variable(quantity, (fine.name, part)), -1.0) for part in parts]
            counts.relate([(whole, 1.0), *terms], high=0, kind="a group of finer ones")


def _crossed(
    counts: Counts, crossing: Mapping[str, Any], levels: Mapping[str, Level], indicators: Sequence[Indicator]
) -> None:
    """Cells of a crossing lie within each of their groups; who is in no group of the other levels is the slack."""
    name = AND.join(crossing["levels"])
    places: dict[tuple[str, str], list[str]] = {}
    combos: list[list[str]] = [[]]
    for step in crossing["levels"]:
        combos = [[*combo, group] for combo in combos for group in levels[step].groups]
    for combo in combos:
        for step, group in zip(crossing["levels"], combo, strict=True):
            places.setdefault((step, group), []).append(AND.join(combo))
    for quantity in _quantities(indicators):
        for (step, group), members in places.items():
            whole = counts.variable(quantity, (step, group))
            parts = [counts.variable(quantity, (name, member)) for member in members]
            slack = counts.truth[whole] - sum(counts.truth[part] for part in parts)
            # How many are in the group and in no cell follows from the sample's counts; that they are few is known.
            high = slack if quantity == PEOPLE else np.inf
            counts.relate([(whole, 1.0), *[(part, -1.0) for part in parts]], low=0, high=high, kind="crossing")
            if quantity != PEOPLE:
                people = [counts.variable(PEOPLE, (name, member)) for member in members]
                held = counts.variable(PEOPLE, (step, group))
                terms = [(held, 1.0), *[(p, -1.0) for p in people], (whole, -1.0), *[(p, 1.0) for p in parts]]
                counts.relate(terms, kind="crossing: rest within people")
