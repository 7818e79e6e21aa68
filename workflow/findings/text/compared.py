"""What exhibits of comparisons and of non-answers show: derived rows under the labels of what they compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from findings.keys import AND, pair_of, parse_key
from findings.plan import Indicator
from findings.release import Estimate, Released, text
from findings.text.captions import captions
from findings.text.facts import KINDS, Line, Panel, families_of, named
from findings.text.numbers import SIGNED, full, limit, p_value, part

CERTAIN = 0.05
REST = "not_"
NONANSWERS = ("declined", "dont_know", "blank")


def told(row: Estimate, lang: str, *, short: bool = False) -> str:
    """`p 0.012` where a difference is told from none, else what could have been detected; empty without p.

    With `short`, only how large a difference could have been detected (`≥ 7`).
    """
    words = captions(lang)["comparisons"]
    if not row.published or row.p_adjusted is None:
        return ""
    if row.p_adjusted < CERTAIN:
        return part(row, "p_adjusted", str(words["apart"]).format(p=p_value(row.p_adjusted)), lang)
    if row.detectable is None:
        return part(row, "p_adjusted", str(words["p"]).format(p=p_value(row.p_adjusted)), lang)
    return part(row, "detectable", str(words["least" if short else "not_apart"]).format(least=detectable(row)), lang)


def difference(row: Estimate, lang: str) -> str:
    """`−5 (−9 to −1)`: a difference with its interval, its unit left to the head of its column."""
    unit = "" if row.statistic in SIGNED else str(captions(lang)["points"]).format(value="")
    note = str(captions(lang)["reliability"].get(row.reliability or "reliable", {}).get("mark", ""))
    return full(row, lang).replace(unit, "", 1) + note if row.published else f"◇ {captions(lang)['withheld']}"


def behind(released: Released, row: Estimate) -> list[Indicator]:
    """The indicators that a row is of; of a comparison, those of its sides."""
    sides = pair_of(row.key)
    if sides is None:
        found = released.indicator(row)
        return [found] if found else []
    return [one for key in sides for one in behind(released, replace(row, key=key, **_columns(key)))]


def _columns(key: str) -> dict[str, Any]:
    """The columns of an Estimate that a plain key tells; none of a comparison's key."""
    if pair_of(key) is not None:
        return {}
    return {name: value for name, value in parse_key(key).items() if name != "wave"}


def detectable(row: Estimate) -> str:
    """The detectable difference in the units of `shown`, without its unit; an en dash where there is none."""
    if row.detectable is None:
        return "–"
    return f"{row.detectable:.2f}" if row.statistic == "difference_of_means" else limit(row.detectable)


def family_label(released: Released, family: str, lang: str) -> str:
    """The label of a declared family, and how its p are corrected."""
    entry = _family(released, family)
    correction = captions(lang)["footer"]["methods"][entry["correction"]]
    return f"{text(entry.get('label', {}), lang) or family} ({correction})"


def gaps(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """Differences of the families of an exhibit, under their family (`within`) and what is compared."""
    return [panel for family in entry["families"] for panel in _gaps_of(released, entry, family, lang)]


def _gaps_of(released: Released, entry: Mapping[str, Any], family: str, lang: str) -> list[Panel]:
    declared, labels = _family(released, family), named(released, entry, lang)
    rows = [row for row in released.derived(comparison_family=family) if row.indicator in labels]
    order = {code: number for number, code in enumerate(labels)}
    found: dict[str, list[Line]] = {}
    ministries = list(released.config["ministries"])
    for row in sorted(rows, key=lambda row: (order[row.indicator], [ministries.index(m) for m in _of(row)])):
        panel, label = _place(released, declared, row, labels[row.indicator], lang)
        found.setdefault(panel, []).append(Line(label, row))
    within = text(declared.get("label", {}), lang) or family
    shown = [(panel, _one_level(released, declared, lines)) for panel, lines in found.items()]
    if declared["kind"] == "families":
        shown = [(panel, sorted(lines, key=_largest)) for panel, lines in shown]
    if declared["kind"] == "crossing":
        shown = [(panel, sorted(lines, key=lambda line: _nested(line.estimate.key))) for panel, lines in shown]
    return [Panel(panel, lines, within) for panel, lines in shown]


def _place(released: Released, declared: Mapping[str, Any], row: Estimate, what: str, lang: str) -> tuple[str, str]:
    """The heading that a difference stands under, and its own label, by the kind of its family."""
    of = released.of_label(row, lang)
    both = f"{of}: {what}" if of else what
    if declared["kind"] == "pair":
        return of, what
    if declared["kind"] == "gap_waves":
        gap = next(each for each in _gaps_followed(released, declared) if row.breakdown in each["levels"])
        group = _group(released, row.breakdown, row.group, lang) if gap["kind"] == "rest" else ""
        return text(gap.get("label", {}), lang) or gap["id"], ", ".join(filter(None, (both, group)))
    if declared["kind"] == "ministries":
        return what, _ministries(released, row, lang)
    if declared["kind"] == "families":
        return of, what
    if declared["kind"] == "crossing":
        return both, _cell(released, declared, row, lang)
    return both, _group(released, row.breakdown, row.group, lang)


def _largest(line: Line) -> tuple[bool, float]:
    return not line.estimate.published, -(line.estimate.value or 0.0)


def _nested(key: str) -> bool:
    sides = pair_of(key)
    return sides is not None and pair_of(sides[0]) is not None


def _family(released: Released, family: str) -> Mapping[str, Any]:
    return next(entry for entry in released.config["comparisons"] if entry["id"] == family)


def _gaps_followed(released: Released, declared: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [_family(released, name) for name in declared["gaps"]]


def _one_level(released: Released, declared: Mapping[str, Any], lines: Sequence[Line]) -> list[Line]:
    """Of the levels of a ladder the finest of those with most rows published; the coarsest where none is."""
    if declared["kind"] not in ("pair", "rest", "gap_waves"):
        return list(lines)
    of = _gaps_followed(released, declared) if declared["kind"] == "gap_waves" else [declared]
    levels = [step for each in of for step in each["levels"]]
    chosen: list[Line] = []
    breakdowns: dict[str, dict[str, list[Line]]] = {}
    for line in lines:
        level = released.levels[line.estimate.breakdown or ""]
        breakdowns.setdefault(level.breakdown, {}).setdefault(level.name, []).append(line)
    for by_level in breakdowns.values():
        name = shown_level([step for step in levels if step in by_level], by_level)
        order = list(released.levels[name].groups)
        chosen += sorted(by_level[name], key=lambda line: order.index(line.estimate.group or ""))
    return chosen


def shown_level(levels: Sequence[str], lines: Mapping[str, Sequence[Line]]) -> str:
    """The first of `levels` with the largest published share of its lines; the last where nothing is published."""

    def published(level: str) -> float:
        return sum(line.estimate.published for line in lines[level]) / len(lines[level])

    best = max(levels, key=published)
    return best if published(best) else levels[-1]


def _group(released: Released, breakdown: str | None, group: str | None, lang: str) -> str:
    """The labels of a group, or of a crossing's cell."""
    names = []
    for level, code in zip((breakdown or "").split(AND), (group or "").split(AND), strict=True):
        others = code.startswith(REST)
        known = released.levels[level].groups.get(code.removeprefix(REST)) if level in released.levels else None
        label = (text(known.label, lang) if known else "") or code.replace("_", " ")
        names.append(captions(lang)["comparisons"]["others"].format(group=label) if others else label)
    return " · ".join(names)


def _of(row: Estimate) -> list[str]:
    """The ministries that a difference is between, or of."""
    sides = [parse_key(key)["ministry"] for key in pair_of(row.key) or () if pair_of(key) is None]
    return [side for side in sides or [row.ministry] if side]


def _ministries(released: Released, row: Estimate, lang: str) -> str:
    return " − ".join(released.label("ministries", side, lang) for side in _of(row))


def _cell(released: Released, declared: Mapping[str, Any], row: Estimate, lang: str) -> str:
    """Where in a crossing a gap is; of a gap of gaps, the two groups that it lies between, and where."""
    steps = (row.breakdown or "").split(AND)
    first, second = pair_of(row.key) or ("", "")
    if not _nested(row.key):
        kept = [(s, g) for s, g in zip(steps, (row.group or "").split(AND), strict=True) if s != declared["gap"]]
        return " · ".join(_group(released, s, g, lang) for s, g in kept)
    sides = [str(parse_key((pair_of(side) or (side,))[0])["group"]).split(AND) for side in (first, second)]
    between, where = "", []
    for step, a, b in zip(steps, *sides, strict=True):
        if a != b:
            between = f"{_group(released, step, a, lang)} − {_group(released, step, b, lang)}"
        elif step != declared["gap"]:
            where.append(_group(released, step, a, lang))
    return captions(lang)["comparisons"]["gap_of_gaps"].format(between=between, where=" · ".join(where))


def tests(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """Table tests of the families of an exhibit: a panel per family and indicator, a line per breakdown."""
    made = []
    for family in entry["families"]:
        declared = _family(released, family)
        rows = released.derived(comparison_family=family)
        for code, label in named(released, entry, lang).items():
            ids = {code, *(f"{of}_{code}" for of in families_of(entry, code))}
            by_breakdown: dict[str, dict[str, list[Line]]] = {}
            for row in (row for row in rows if row.indicator in ids):
                level = released.levels[row.breakdown or ""]
                line = Line(released.breakdown_label(level.breakdown, lang), row)
                by_breakdown.setdefault(level.breakdown, {}).setdefault(level.name, []).append(line)
            lines = [
                line
                for breakdown in released.config["breakdowns"]
                for by_level in [by_breakdown.get(breakdown)]
                if by_level
                for line in by_level[shown_level([x for x in declared["levels"] if x in by_level], by_level)]
            ]
            made.append(Panel(label, lines, family_label(released, family, lang)))
    return [panel for panel in made if panel.lines]


def bounds(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """Estimates with their worst-case bounds, two series of a row; by the groups of `breakdown` where it is given."""
    words = captions(lang)["comparisons"]
    found: dict[str, list[Line]] = {}
    for code, label in named(released, entry, lang).items():
        for family in families_of(entry, code):
            for total in released.totals(family, code):
                of = released.of_label(total, lang)
                for row in _rows(released, entry, total):
                    place = {"ministry": row.ministry, "service": row.service, "breakdown": row.breakdown}
                    wide = released.derived(
                        family, indicator=code, statistic="bounds", weighting=row.weighting, group=row.group, **place
                    )
                    panel = f"{of}: {label}".removeprefix(": ") if row.group else of
                    name = released.group_label(row, lang) if row.group else label
                    if wide:
                        lines = [Line(name, row, words["estimate"]), Line(name, wide[0], words["bounds"])]
                        found.setdefault(panel, []).extend(lines)
    return [Panel(of, lines) for of, lines in sorted(found.items(), key=lambda item: not item[0])]


def _rows(released: Released, entry: Mapping[str, Any], total: Estimate) -> list[Estimate]:
    if "breakdown" not in entry:
        return [total]
    place = {"indicator": total.indicator, "ministry": total.ministry, "service": total.service}
    return released.groups(entry["breakdown"], family=total.family, **place)


def nonanswers(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """Non-answers by kind: a panel per indicator, lines with the kinds as series, for everyone and by `breakdowns`."""
    words = captions(lang)["table"]
    made = []
    for code, label in named(released, entry, lang).items():
        for family in families_of(entry, code):
            item = f"{family}_{code}"
            rows = [row for row in released.derived("quality", indicator=item) if row.statistic in NONANSWERS]
            for of in dict.fromkeys((row.ministry, row.service) for row in rows):
                own = [row for row in rows if (row.ministry, row.service) == of]
                lines = _by_kind(words["everyone"], [row for row in own if row.breakdown is None])
                for breakdown in entry.get("breakdowns", []):
                    levels = [level for level in released.levels.values() if level.breakdown == breakdown]
                    by_level = {v.name: [Line("", r) for r in own if r.breakdown == v.name] for v in levels}
                    there = [name for name, found in by_level.items() if found]
                    level = shown_level(there, by_level) if there else ""
                    for group in released.levels[level].groups if level else ():
                        mine = [x.estimate for x in by_level[level] if x.estimate.group == group]
                        lines += _by_kind(_group(released, level, group, lang), mine)
                place = released.of_label(own[0], lang)
                made.append(Panel(f"{place}: {label}".removeprefix(": "), lines))
    return made


def _by_kind(label: str, rows: Iterable[Estimate]) -> list[Line]:
    return [Line(label, row, kind) for kind in NONANSWERS for row in rows if row.statistic == kind]


KINDS["gaps"] = gaps
KINDS["bounds"] = bounds
KINDS["comparisons"] = gaps
KINDS["tests"] = tests
KINDS["nonanswers"] = nonanswers
