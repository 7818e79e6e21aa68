"""Which models there are: those of the config, one per scope, with their units and blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from findings.errors import FindingsError
from findings.models.factors import Factor
from findings.plan import Indicator, Level, expand_indicators, levels

POOLED, EVERYONE = "pooled", "everyone"
# Families that are never covariates: not asked of all, and named because of use or its absence (endogenous).
BARRED = re.compile(r"barrier|reasons_")


@dataclass(frozen=True)
class Limits:
    """When a model is withheld: fewer events per column, respondents per cell, or more collinearity than these."""

    minimum_events: float = 10.0
    minimum_cell: int = 10
    condition: float = 30.0
    inflation: float = 10.0


@dataclass(frozen=True)
class Unit:
    """What a respondent answers a model's outcome for: a ministry, a service, or (code None) all of them."""

    code: str | None
    indicator: Indicator

    def of(self, variable: str) -> str:
        """Its ministry or service."""
        return str(self.indicator.ministry if variable == "ministry" else self.indicator.service)


@dataclass(frozen=True)
class Block:
    """A step of a nested model: its own factors are added to those of the blocks before it."""

    id: str
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class Plan:
    """One model to be fitted: `scope` is a ministry, `pooled` over its units, or `everyone` where there are none.

    Rows are respondent × unit; `unit_factor` is the covariate that says which, None where there is one unit. `step` is
    the number on an ordinal outcome's scale from which on it counts for the marginal effects. `correction` is that of
    its families of tests, holm or benjamini_hochberg.
    """

    name: str
    kind: str
    scope: str
    units: tuple[Unit, ...]
    unit_factor: Factor | None
    blocks: tuple[Block, ...]
    step: float | None
    limits: Limits
    correction: str

    def named(self, block: str) -> str:
        """The model's name in its keys."""
        return f"{self.name}_{self.scope}_{block}"

    @property
    def ministry(self) -> str | None:
        """The ministry of a model of one."""
        return None if self.scope in (POOLED, EVERYONE) else self.scope


def plans(study: Mapping[str, Any]) -> list[Plan]:
    """All models of the config, in its order; a block of which the study lacks a level ends its model before it."""
    known = {level.name: level for level in levels(study)}
    made = []
    for name, entry in study.get("models", {}).items():
        blocks = _blocks(entry, known)
        limits = Limits(entry.get("minimum_events", 10), study.get("disclosure", {}).get("min_cell", 10))
        for scope, units in _scopes(study, entry):
            if blocks:
                made.append(
                    Plan(name, entry["kind"], scope, units, _unit_factor(entry, units), blocks, entry.get("at_least"),
                         limits, entry["correction"])
                )  # fmt: skip
    return made


def _unit_factor(entry: Mapping[str, Any], units: tuple[Unit, ...]) -> Factor | None:
    """The covariate that says of what a row is: the unit, or a service's ministry; None if all are of one."""
    variable = "ministry" if units[0].indicator.service is None else entry.get("rows_of", "service")
    codes = tuple(dict.fromkeys(unit.of(variable) for unit in units))
    return Factor(variable, codes) if len(codes) > 1 else None


def _blocks(entry: Mapping[str, Any], known: Mapping[str, Level]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for block in entry["blocks"]:
        if not all(term in known for term in block["terms"]):
            break
        blocks.append(Block(block["id"], tuple(_factor(known[term], entry) for term in block["terms"])))
    return tuple(blocks)


def _factor(level: Level, entry: Mapping[str, Any]) -> Factor:
    reference = entry.get("references", {}).get(level.name, next(iter(level.groups)))
    return Factor(level.name, (reference, *(group for group in level.groups if group != reference)))


def _scopes(study: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Unit, ...]]]:
    family, identity = entry["outcome"].split(".")
    found = [i for i in expand_indicators(study) if i.family == family and i.id == identity]
    units = tuple(Unit(indicator.service or indicator.ministry, indicator) for indicator in found)
    if len(units) == 1 and units[0].code is None:
        yield EVERYONE, units
        return
    for scope in entry.get("scopes", [POOLED]):
        if scope == POOLED:
            yield POOLED, units
            continue
        for ministry in study["ministries"]:
            own = tuple(unit for unit in units if unit.indicator.ministry == ministry)
            if own:
                yield ministry, own


def check_models(study: Mapping[str, Any]) -> None:
    """Stop at the first thing that `models` or `reliability` of the config name and there is not, or may not be."""
    for key, found, allowed in [*_wrong_models(study), *_wrong_scales(study)]:
        raise FindingsError(
            f"A wrong value: {key} is {found}.", file="config.yaml", column=key, mend=f"`{key}` is to be: {allowed}."
        )


def _wrong_scales(study: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    columns = {i.column: i for i in expand_indicators(study)}
    seen: set[str] = set()
    for name, entry in study.get("reliability", {}).items():
        for item in entry["items"]:
            if item not in columns or "scale" not in columns[item].source or "column" not in columns[item].source:
                yield f"reliability.{name}.items", item, "columns of indicators of one question with a `scale`"
            elif columns[item].id in seen:
                yield f"reliability.{name}.items", item, "every item in one scale"
            else:
                seen.add(columns[item].id)
        for item in set(entry.get("reversed", [])) - set(entry["items"]):
            yield f"reliability.{name}.reversed", item, "items of the scale"


def _wrong_models(study: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    known = {level.name: level for level in levels(study)}
    indicators = expand_indicators(study)
    outcomes = {f"{i.family}.{i.id}": i for i in indicators}
    barred = {i.source.get("column") for i in indicators if BARRED.search(i.family)}
    barred |= {i.column for i in indicators if BARRED.search(i.family)}
    for name, entry in study.get("models", {}).items():
        if entry["outcome"] not in outcomes:
            yield f"models.{name}.outcome", entry["outcome"], "family.id of an indicator"
        elif (outcomes[entry["outcome"]].statistic == "proportion") != (entry["kind"] == "logistic"):
            yield f"models.{name}.kind", entry["kind"], "logistic for a proportion; linear or ordinal for a mean"
        if entry["kind"] == "ordinal" and "at_least" not in entry:
            yield f"models.{name}.at_least", "missing", "the step of the scale from which on the effects count"
        for i, block in enumerate(entry["blocks"]):
            for term in block["terms"]:
                key = f"models.{name}.blocks.{i}.terms"
                if term not in known:
                    yield key, term, f"levels of breakdowns: {', '.join(known)}"
                elif known[term].column in barred:
                    yield (
                        key, f"{term}, a barrier",
                        "no barrier: barriers are not asked of all, and are named because of use or its absence",
                    )  # fmt: skip
        terms = [term for block in entry["blocks"] for term in block["terms"]]
        if len(terms) != len(set(terms)):
            yield f"models.{name}.blocks", "a term twice", "every term in one block"
        for term, group in entry.get("references", {}).items():
            if term in known and group not in known[term].groups:
                yield f"models.{name}.references.{term}", group, f"one of {', '.join(known[term].groups)}"
