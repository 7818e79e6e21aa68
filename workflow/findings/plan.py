"""The plan of a study: the indicators and levels that config.yaml declares, expanded, each with its base before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from findings.errors import FindingsError

TEXTS = frozenset({"label", "question", "base_label", "title", "note"})
# What of an indicator's entry is not its source: everything else says how a value is made from answers.
_NOT_SOURCE = TEXTS | {"id", "family", "statistic", "for_each", "base", "by", "dimension", "also"}


@dataclass(frozen=True)
class Indicator:
    """One column of indicators.parquet.

    `column` is `family__id[__service|__ministry]`; `source` how its value is made: `column` with `one` and `zero`,
    `equals`, `contains`, `scale` or `number`; `any_of` (columns of indicators); `but_not` (two columns of indicators);
    `sus` or `mean_of` (columns) with `scale`, `reversed` and `minimum_items`; `not_in` (two columns); and `not_asked`,
    the value of those whom the base leaves out (absent: null). `base` is the column of the base indicator, None for
    everyone; `by` names the breakdowns and crossings it is estimated by; `also` what is derived of it beside the
    estimate (median, total); texts are language -> text.
    """

    id: str
    family: str
    statistic: str
    ministry: str | None
    service: str | None
    column: str
    source: dict[str, Any]
    base: str | None
    base_indicator: str | None
    by: frozenset[str]
    label: dict[str, str]
    question: dict[str, str]
    base_label: dict[str, str]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """A group of a level: the codes of the respondents' column that belong to it."""

    label: dict[str, str]
    codes: list[str]


@dataclass(frozen=True)
class Level:
    """A step of a breakdown's ladder (`rank` 0 is the finest).

    `bins`: group -> [lowest, highest] of a number; `not_shown`: codes that are in totals and in no group. `column` is
    of the respondents; with `by_value` it is an indicator's column, and the bins are of its values.
    """

    name: str
    breakdown: str
    rank: int
    sensitive: bool
    label: dict[str, str]
    column: str
    groups: dict[str, Group]
    bins: dict[str, list[float]] | None
    not_shown: list[str]
    by_value: bool = False


def codes_of(name: str, group: Mapping[str, Any]) -> list[str]:
    return list(group.get("codes") or [name])


def levels(study: Mapping[str, Any]) -> list[Level]:
    """Every level of every breakdown's ladder, in the order of the config, finest first."""
    return [
        Level(
            name=level["level"],
            breakdown=breakdown,
            rank=rank,
            sensitive=entry["sensitive"],
            label=level.get("label", {}),
            column=entry.get("indicator", entry.get("column")),
            by_value="indicator" in entry,
            groups={
                name: Group((g or {}).get("label", {}), codes_of(name, g or {})) for name, g in level["groups"].items()
            },
            bins=level.get("bins"),
            not_shown=level.get("not_shown", []),
        )
        for breakdown, entry in study["breakdowns"].items()
        for rank, level in enumerate(entry["ladder"])
    ]


def expand_indicators(study: Mapping[str, Any]) -> list[Indicator]:
    """One Indicator per entry and service, ministry or barrier, a base before what rests on it.

    Raises FindingsError when bases go round in a circle or are of another service or ministry.
    """
    made = [_indicator(entry, values, study) for entry in study["indicators"] for values in _runs(entry, study)]
    named = {(i.id, i.service or i.ministry): i.column for i in made}
    of_ministry: dict[tuple[str, str | None], list[str]] = {}
    for indicator in made:
        of_ministry.setdefault((indicator.id, indicator.ministry), []).append(indicator.column)
        of_ministry.setdefault((indicator.id, None), []).append(indicator.column)
    done: dict[str, Indicator] = {}
    waiting = [_linked(indicator, named, of_ministry) for indicator in made]
    while waiting:
        ready = [i for i in waiting if set(rests_on(i)) <= done.keys()]
        if not ready:
            raise FindingsError(f"the bases of {', '.join(i.column for i in waiting[:5])} go round in a circle")
        done |= {indicator.column: indicator for indicator in ready}
        waiting = [indicator for indicator in waiting if indicator.column not in done]
    return list(done.values())


def headlines(study: Mapping[str, Any]) -> set[str]:
    """What the study follows from wave to wave or holds against its specifications: family.id, or a family."""
    found = {name for entry in study.get("comparisons", []) if entry["kind"] == "waves" for name in entry["indicators"]}
    for headline in study.get("specifications", {}).get("headlines", {}).values():
        found |= {f"{entry['family']}.{entry['indicator']}" for entry in headline["definitions"].values()}
    return found


def rests_on(indicator: Indicator) -> list[str]:
    """Columns of the indicators that an indicator is made from."""
    own = indicator.source
    return [*([indicator.base] if indicator.base else []), *own.get("any_of", []), *own.get("but_not", [])]


def _linked(
    indicator: Indicator, named: Mapping[tuple[str, str | None], str], of_ministry: Mapping[tuple[str, str | None], Any]
) -> Indicator:
    """The indicator with its base's column and the columns of `any_of` and `but_not`."""
    base, source = None, dict(indicator.source)

    def column(wanted: str, kind: str) -> str:
        candidates = [(wanted, of) for of in (indicator.service, indicator.ministry, None)]
        found = next((named[candidate] for candidate in candidates if candidate in named), None)
        if found is None:
            raise FindingsError(f"{indicator.column} has no {kind} {wanted} of its service or ministry")
        return found

    if indicator.base_indicator:
        base = column(indicator.base_indicator, "base")
    if "but_not" in source:
        source["but_not"] = [column(wanted, "but_not") for wanted in source["but_not"]]
    if "any_of" in source:
        source["any_of"] = [c for c in of_ministry[(source["any_of"], indicator.ministry)] if c != indicator.column]
    return Indicator(**{**indicator.__dict__, "base": base, "source": source})


def _runs(entry: Mapping[str, Any], study: Mapping[str, Any]) -> list[dict[str, str]]:
    """The values of {service}, {ministry}, {barrier}, … for which an entry is repeated."""
    runs: list[dict[str, str]] = [{}]
    for variable, section in entry.get("for_each", {}).items():
        runs = [{**run, variable: code} for run in runs for code in _section(study, variable, section)]
    for run in runs:
        if "service" in run:
            run["ministry"] = study["services"][run["service"]]["ministry"]
    return runs


def _section(study: Mapping[str, Any], variable: str, section: str) -> Mapping[str, Any]:
    """What {variable} runs over: a section of the config, the items of a set, the steps of a scale."""
    within = {"item": "item_sets", "step": "scales"}.get(variable)
    return study[within][section] if within else study[section]


def _indicator(entry: Mapping[str, Any], values: Mapping[str, str], study: Mapping[str, Any]) -> Indicator:
    ministry, service = values.get("ministry"), values.get("service")
    name = filled(entry["id"], values)
    source = {key: filled(value, values) for key, value in entry.items() if key not in _NOT_SOURCE}
    if "dimension" in entry:
        dimension = filled(entry["dimension"], values)
        source["contains"] = [code for code, barrier in study["barriers"].items() if barrier["dimension"] == dimension]
    every = [name for name, breakdown in study["breakdowns"].items() if breakdown.get("default", True)]
    every += [crossing["name"] for crossing in study.get("crossings", [])]
    return Indicator(
        id=name,
        family=entry["family"],
        statistic=entry["statistic"],
        ministry=ministry,
        service=service,
        column="__".join([entry["family"], name, *([service or ministry] if service or ministry else [])]),  # type: ignore[list-item]
        source=source,
        base=None,
        base_indicator=entry.get("base"),
        by=frozenset(entry.get("by", every)),
        also=tuple(entry.get("also", ())),
        **{
            text: _text(entry.get(text, {}), values, study, entry.get("for_each", {}))
            for text in ("label", "question", "base_label")
        },
    )


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """A text, or the texts of a list, with every {name} that `values` has replaced."""
    if isinstance(value, list):
        return [filled(part, values) for part in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), value)


def _text(
    texts: Mapping[str, str], values: Mapping[str, str], study: Mapping[str, Any], runs_over: Mapping[str, str]
) -> dict[str, str]:
    """A text per language with {service}, {ministry}, {barrier}, … replaced by their labels."""
    sections = {"ministry": "ministries", **runs_over}

    def label(variable: str, code: str, language: str) -> str:
        entry = _section(study, variable, sections[variable])[code]
        return str(entry.get("label", {}).get(language, code))

    return {
        language: filled(text, {variable: label(variable, code, language) for variable, code in values.items()})
        for language, text in texts.items()
    }
