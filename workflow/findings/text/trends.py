"""What exhibits of several waves show: estimates of comparable waves beside each other, and changes taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from findings.keys import ALL, EFFECTS
from findings.release import Estimate, Released
from findings.text.captions import captions
from findings.text.compared import shown_level
from findings.text.facts import (
    FACTS,
    KINDS,
    NOTES,
    Line,
    Panel,
    changed,
    families_of,
    named,
    rows_of,
    value_of,
    wave_label,
)


def dumbbell(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """A panel per ministry, rows its services (or indicators), the largest now first; series the waves, the change."""
    found: dict[str, list[list[Line]]] = {}
    for label, lines in changed(released, entry, lang):
        now = lines[1].estimate
        name = released.of_label(now, lang) if now.service else label
        row = [Line(name, line.estimate, line.series) for line in lines]
        found.setdefault(released.label("ministries", now.ministry, lang), []).append(row)
    return [
        Panel(of, [line for row in sorted(rows, key=lambda row: _place(row[1])) for line in row])
        for of, rows in found.items()
    ]


def _place(line: Line) -> tuple[bool, float]:
    # Where a withheld row stood among the others would tell its size: it stands last.
    return not line.estimate.published, -value_of(line)


def slope(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """A panel per indicator, rows the groups of `breakdown` (or everyone), series the comparable waves in their order.

    Of a ladder the level of which most is published in all waves together.
    """
    if len(released.waves) < 2:
        return []
    made = []
    for code, label in named(released, entry, lang).items():
        for family in families_of(entry, code):
            for total in released.totals(family, code):
                of = released.of_label(total, lang)
                made.append(Panel(f"{of}: {label}" if of else label, _of_waves(released, entry, total, lang)))
    return made


def _of_waves(released: Released, entry: Mapping[str, Any], total: Estimate, lang: str) -> list[Line]:
    def lines(level: str | None, group: str | None) -> list[Line]:
        """The row of a group in each wave."""
        of = {"ministry": total.ministry, "service": total.service, "breakdown": level, "group": group}
        return [
            Line(
                wave.group_label(row, lang) if level else captions(lang)["table"]["everyone"],
                row,
                wave_label(wave, lang),
            )
            for wave in released.waves
            for row in wave.select(total.family, total.indicator, weighting=wave.weighting, **of)
        ]

    if "breakdown" not in entry:
        return lines(None, None)
    ladder = [level for level in released.levels.values() if level.breakdown == entry["breakdown"]]
    by_level = {level.name: [x for group in level.groups for x in lines(level.name, group)] for level in ladder}
    there = [name for name, found in by_level.items() if found]
    return by_level[shown_level(there, by_level)] if there else []


@dataclass(frozen=True)
class Apart:
    """A change with its two effects by the groups of a level: of the whole level, or a `group`'s part of both."""

    label: str
    level: str
    group: str
    change: Estimate
    rate: Estimate
    composition: Estimate


def taken_apart(released: Released, entry: Mapping[str, Any], lang: str) -> list[tuple[str, list[Apart]]]:
    """The changes of an exhibit by indicator, each by every breakdown, at the level of which most is published.

    After the row of a whole level come those of its groups.
    """
    made = []
    for label, lines in changed(released, entry, lang):
        change = lines[2].estimate
        of = {"indicator": change.indicator, "ministry": change.ministry, "service": change.service}
        rows = {(r.breakdown, r.group, r.statistic): r for r in released.derived(change.family, **of)}
        found: list[Apart] = []
        for breakdown in released.config["breakdowns"]:
            by_level: dict[str, list[Line]] = {}
            for level in (level for level in released.levels.values() if level.breakdown == breakdown):
                whole = [r for (name, group, _), r in rows.items() if (name, group) == (level.name, ALL)]
                effects = [r for r in whole if r.statistic.startswith(EFFECTS)]
                if effects:
                    by_level[level.name] = [Line("", row) for row in effects]
            if by_level:
                name = shown_level(list(by_level), by_level)
                end = by_level[name][0].estimate.statistic.removeprefix(EFFECTS[0]).removeprefix(EFFECTS[1])
                for group in (ALL, *released.levels[name].groups):
                    rate, composition = (rows[name, group, effect + end] for effect in EFFECTS)
                    what = released.breakdown_label(breakdown, lang)
                    found.append(Apart(what, name, group, change, rate, composition))
        place = released.of_label(change, lang)
        made.append((f"{place}: {label}" if place else label, found))
    return [(label, found) for label, found in made if found]


def decomposition(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """A panel per indicator: a row of its change, then one per breakdown with its two effects as series."""
    words = captions(lang)["table"]
    made = []
    for label, found in taken_apart(released, entry, lang):
        lines = [Line(words["change"], found[0].change, words["change"])]
        for each in (each for each in found if each.group == ALL):
            lines += [Line(each.label, each.rate, words["rate_effect"])]
            lines += [Line(each.label, each.composition, words["composition_effect"])]
        made.append(Panel(label, lines))
    return made


def _decomposition_facts(released: Released, entry: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """`moved`: composition effects whose interval leaves out zero, the largest first; `panels`, with their largest."""
    moved, inside = list[dict[str, Any]](), list[dict[str, Any]]()
    for panel in decomposition(released, entry, lang):
        (_, (change,)), *rows = rows_of(panel)
        whole = [(label, lines) for label, lines in rows if all(line.estimate.published for line in lines)]
        found: list[dict[str, Any]] = [
            {"label": label, "panel": panel.label, "size": abs(value_of(lines[1])), "rate": lines[0].estimate.key,
             "composition": lines[1].estimate.key, "beyond": _leaves_out_zero(lines[1].estimate)}
            for label, lines in whole
        ]  # fmt: skip
        moved += [each for each in found if each["beyond"]]
        if found and change.estimate.published:
            largest = max(found, key=lambda each: each["size"])
            inside.append({"label": panel.label, "change": change.estimate.key, "largest": largest})
    return {"moved": sorted(moved, key=lambda each: -each["size"]), "panels": inside}


def _leaves_out_zero(row: Estimate) -> bool:
    return row.low is not None and row.high is not None and (row.low > 0 or row.high < 0)


def _decomposition_notes(released: Released, entry: Mapping[str, Any], rows: list[Estimate], lang: str) -> list[str]:
    """The weighting, and which breakdowns it holds to the same population in both waves."""
    words = captions(lang)["footer"]
    shown = {released.levels[each.level].breakdown for _, made in taken_apart(released, entry, lang) for each in made}
    margins = {row.breakdown for row in released.select("population", "share")}
    levels = [level for level in released.levels.values() if level.breakdown in shown and level.name in margins]
    held = list(dict.fromkeys(released.breakdown_label(level.breakdown, lang) for level in levels))
    lines = [words["weighting"].get(released.weighting, released.weighting)]
    return [*lines, *([words["held"].format(breakdowns=", ".join(held))] if held else [])]


KINDS["dumbbell"] = dumbbell
KINDS["slope"] = slope
KINDS["decomposition"] = decomposition
KINDS["decompositions"] = decomposition
FACTS["decomposition"] = _decomposition_facts
NOTES["decomposition"] = _decomposition_notes
NOTES["decompositions"] = _decomposition_notes
