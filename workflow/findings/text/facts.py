"""What an exhibit shows, as lists of released rows: the one selection that its drawing, title and sentences share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from findings.errors import FindingsError
from findings.keys import pair_of
from findings.release import Estimate, Released, text
from findings.text.captions import captions


@dataclass(frozen=True)
class Line:
    """One number of an exhibit: what stands before it, the estimate, and which of a row's series it belongs to."""

    label: str
    estimate: Estimate
    series: str = ""


@dataclass(frozen=True)
class Panel:
    """Lines under one heading; `within` is the heading of the panels around it (the ministry of a service)."""

    label: str
    lines: list[Line]
    within: str = ""


def spec(released: Released, kind: str, name: str) -> dict[str, Any]:
    """The entry of a figure or table in the config (`kind` figures or tables). Raises FindingsError if absent."""
    entry = released.config["exhibits"][kind].get(name)
    if entry is None:
        raise FindingsError(f"No exhibit of this name is in exhibits.{kind} of config.yaml.", codes=[name])
    return entry


def panels(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """The rows of an exhibit by its kind; empty where the release has none of them."""
    if entry.get("kind") not in KINDS:
        raise FindingsError(
            "An exhibit is of a kind that is not known.",
            file="config.yaml",
            codes=[str(entry.get("kind"))],
            mend=f"`kind` is one of {', '.join(KINDS)}.",
        )
    return [panel for panel in KINDS[entry["kind"]](released, entry, lang) if panel.lines]


def rows_of(panel: Panel) -> list[tuple[str, list[Line]]]:
    """The lines of a panel by row: consecutive lines with one label, one of each series."""
    rows: list[tuple[str, list[Line]]] = []
    for line in panel.lines:
        if rows and rows[-1][0] == line.label and line.series not in {other.series for other in rows[-1][1]}:
            rows[-1][1].append(line)
        else:
            rows.append((line.label, [line]))
    return rows


def named(released: Released, entry: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Indicators of an exhibit and their short labels; those of all barriers where the entry names none."""
    if "indicators" in entry:
        return {code: text((e or {}).get("label", {}), lang) or code for code, e in entry["indicators"].items()}
    section = entry.get("sections", "barriers")
    return {code: released.label(section, code, lang) for code in released.config[section]}


def families_of(entry: Mapping[str, Any], code: str) -> list[str]:
    """The families in which an indicator of an exhibit is looked for."""
    own = (entry.get("indicators", {}).get(code) or {}).get("family")
    return [own] if own else entry.get("families") or [entry["family"]]


def _totals(released: Released, entry: Mapping[str, Any], code: str, family: str) -> list[Estimate]:
    rows = released.totals(family, code)
    return [row for row in rows if entry.get("ministry") in (None, row.ministry)]


def _flow(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    steps = entry.get("steps", {})
    rows = {row.indicator: row for row in released.select("flow", statistic="count")}
    # The release may be in the order of its keys: the config says which step follows which. A step that it does not
    # name stands before its last one.
    order = [code for code in steps if code in rows]
    order[-1:-1] = [code for code in rows if code not in steps]
    labels = {code: text((steps.get(code) or {}).get("label", {}), lang) or code.replace("_", " ") for code in order}
    return [Panel("", [Line(labels[code], rows[code]) for code in order])]


def _funnel(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    return [
        Panel(panel.label, panel.lines, released.label("ministries", panel.lines[0].estimate.ministry, lang))
        if panel.lines[0].estimate.service
        else panel
        for panel in _indicators(released, entry, lang)
    ]


def _indicators(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """One panel per service or ministry, its lines the indicators of the entry in their order."""
    found: dict[str | None, list[Line]] = {}
    for code, label in named(released, entry, lang).items():
        for family in families_of(entry, code):
            for row in _totals(released, entry, code, family):
                found.setdefault(row.of, []).append(Line(label, row))
    services = {code: n for n, code in enumerate(released.config["services"])}
    ministries = {code: n for n, code in enumerate(released.config["ministries"])}

    def place(of: str | None) -> tuple[int, int]:
        row = found[of][0].estimate
        return ministries.get(row.ministry or "", -1), services.get(of or "", -1)

    return [Panel(released.of_label(found[of][0].estimate, lang), found[of]) for of in sorted(found, key=place)]


def _groups(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """One panel per indicator and its service or ministry, its lines the groups of the published ladder level."""
    labels = named(released, entry, lang)
    made = []
    for code, label in labels.items():
        for total in _totals(released, entry, code, entry["family"]):
            rows = released.groups(
                entry["breakdown"], weighting=entry.get("weighting"), family=entry["family"], indicator=code,
                ministry=total.ministry, service=total.service,
            )  # fmt: skip
            of = released.of_label(total, lang)
            title = of if len(labels) == 1 else f"{of}: {label}" if of else label
            made.append(Panel(title, [Line(released.group_label(row, lang), row) for row in rows]))
    return made


def _ranked(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """Panels with their lines from the highest to the lowest; withheld ones last, in the study's order.

    A withheld row's place among the others would tell its size.
    """
    return [
        Panel(panel.label, sorted(panel.lines, key=lambda x: (not x.estimate.published, -value_of(x))))
        for panel in _indicators(released, entry, lang)
    ]


def _by_service(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """One panel per ministry, its lines the services."""
    found: dict[str, list[Line]] = {}
    for code in named(released, entry, lang):
        for row in _totals(released, entry, code, entry["family"]):
            place = released.label("ministries", row.ministry, lang)
            found.setdefault(place, []).append(Line(released.of_label(row, lang), row))
    return [Panel(label, lines) for label, lines in found.items()]


def _heatmap(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """One panel whose rows are the indicators, its series the ministries; the highest published first."""
    rows = {
        label: [
            Line(label, row, released.label("ministries", row.ministry, lang))
            for row in _totals(released, entry, code, entry["family"])
        ]
        for code, label in named(released, entry, lang).items()
    }

    def highest(label: str) -> float:
        return max((value_of(line) for line in rows[label] if line.estimate.published), default=-1.0)

    return [Panel("", [line for label in sorted(rows, key=highest, reverse=True) for line in rows[label]])]


def _paired(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """A panel per ministry (or one), rows the indicators, series the families; highest of the first series first."""
    found: dict[str, dict[str, list[Line]]] = {}
    for family, own in entry["families"].items():
        series = text((own or {}).get("label", {}), lang) or family
        for code, label in named(released, entry, lang).items():
            for row in _totals(released, entry, code, family):
                found.setdefault(released.of_label(row, lang), {}).setdefault(label, []).append(
                    Line(label, row, series)
                )

    def highest(lines: list[Line]) -> tuple[bool, float]:
        return not lines[0].estimate.published, -value_of(lines[0])

    return [
        Panel(of, [line for lines in sorted(rows.values(), key=highest) for line in lines])
        for of, rows in found.items()
    ]


def _population(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """A panel per breakdown, rows its groups, series the population and the sample before and after weighting."""
    words = captions(lang)["table"]
    made = []
    for breakdown in entry["breakdowns"]:
        shares = {row.group: row for row in released.select("population", "share", breakdown=breakdown)}
        lines = []
        for group, target in _in_order(released, breakdown, shares):
            of = {"family": "sample", "statistic": "proportion", "breakdown": breakdown, "group": group}
            sample = {row.weighting: row for row in released.select(indicator="respondents", **of)}
            label = released.group_label(target, lang)
            lines.append(Line(label, target, words["population"]))
            for weighting, series in (("none", words["unweighted"]), (released.weighting, words["weighted"])):
                if weighting in sample and (weighting != "none" or series == words["unweighted"]):
                    lines.append(Line(label, sample[weighting], series))
        made.append(Panel(released.breakdown_label(breakdown, lang), lines))
    return made


def _in_order(released: Released, breakdown: str, rows: Mapping[str | None, Estimate]) -> list[tuple[str, Estimate]]:
    level = released.levels.get(breakdown)
    return [(group, rows[group]) for group in (level.groups if level else {}) if group in rows]


def _likert(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """One panel, rows the items of a set, series the steps of its scale from the lowest to the highest."""
    steps, lines = released.config["scales"][entry["scale"]], []
    for item, own in released.config["item_sets"][entry["items"]].items():
        for step, of in steps.items():
            for row in released.totals(entry["family"], f"{item}_{step}"):
                lines.append(Line(text(own["label"], lang), row, text(of["label"], lang)))
    return [Panel("", lines)]


def changed(released: Released, entry: Mapping[str, Any], lang: str) -> Iterator[tuple[str, list[Line]]]:
    """Indicators of an exhibit that have a change: their label, and lines of the wave before, this one, the change."""
    if released.earlier is None:
        return
    series = [wave_label(released.earlier, lang), wave_label(released, lang), captions(lang)["table"]["change"]]
    for code, label in named(released, entry, lang).items():
        for family in families_of(entry, code):
            before = {row.of: row for row in released.earlier.totals(family, code)}
            rows = released.derived(family, indicator=code, breakdown=None)
            of = {row.of: row for row in rows if is_change(row)}
            for now in released.totals(family, code):
                if now.of in before and now.of in of:
                    found = (before[now.of], now, of[now.of])
                    yield label, [Line(label, row, s) for row, s in zip(found, series, strict=True)]


def _change(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """A panel per ministry (or none), rows the indicators, series the two waves and the change."""
    found: dict[str, list[Line]] = {}
    for _, lines in changed(released, entry, lang):
        found.setdefault(released.of_label(lines[1].estimate, lang), []).extend(lines)
    return [Panel(of, lines) for of, lines in sorted(found.items(), key=lambda item: not item[0])]


def _sensitivity(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """A panel per ministry (or none), rows the indicators, series the weightings of the wave, unweighted first."""
    words = captions(lang)["weightings"]
    found: dict[str, list[Line]] = {}
    for code, label in named(released, entry, lang).items():
        for family in families_of(entry, code):
            for row in _totals(released, entry, code, family):
                place = {"ministry": row.ministry, "service": row.service, "breakdown": None}
                versions = {other.weighting: other for other in released.select(family, code, **place)}
                panel = found.setdefault(released.of_label(row, lang), [])
                panel += [Line(label, versions[w], words[w]) for w in words if w in versions]
    return [Panel(of, lines) for of, lines in sorted(found.items(), key=lambda item: not item[0])]


def _quality(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """As indicators, each with its share of those asked who gave no answer as a second series."""
    made = []
    for panel in _indicators(released, entry, lang):
        lines = []
        for line in panel.lines:
            row = line.estimate
            lines.append(line)
            of = {"ministry": row.ministry, "service": row.service}
            silent = released.select("quality", f"{row.family}_{row.indicator}", statistic="nonresponse", **of)
            lines += [Line(line.label, other, "nonresponse") for other in silent]
        made.append(Panel(panel.label, lines))
    return made


KINDS: dict[str, Callable[[Released, Mapping[str, Any], str], list[Panel]]] = {
    "flow": _flow,
    "funnel": _funnel,
    "groups": _groups,
    "tiles": _groups,
    "ranked": _ranked,
    "indicators": _indicators,
    "by_service": _by_service,
    "heatmap": _heatmap,
    "paired": _paired,
    "population": _population,
    "likert": _likert,
    "change": _change,
    "sensitivity": _sensitivity,
    "quality": _quality,
    "rule_effects": _indicators,
}


def is_change(row: Estimate) -> bool:
    """Whether a derived row is the difference between two waves of one number."""
    pair = pair_of(row.key)
    return pair is not None and "@" in pair[0] and pair[0].rsplit("@", 1)[0] == pair[1].rsplit("@", 1)[0]


# A kind with a module of its own registers itself in KINDS, and here what else it has: facts for templates of titles
# and sentences, beside `label` and `withheld`; lines of the footer, in place of the weighting's.
FACTS: dict[str, Callable[[Released, Mapping[str, Any], str], dict[str, Any]]] = {}
NOTES: dict[str, Callable[[Released, Mapping[str, Any], list[Estimate], str], list[str]]] = {}


def value_of(line: Line) -> float:
    """The number of a line; 0 where it is withheld."""
    return line.estimate.value or 0.0


def wave_label(released: Released, lang: str) -> str:
    """The label of a wave, its code where it has none."""
    return text(released.config["waves"].get(released.wave, {}).get("label", {}), lang) or released.wave
