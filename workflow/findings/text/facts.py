"""What an exhibit shows, as lists of released rows: the one selection that its drawing, title and sentences share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from findings.errors import FindingsError
from findings.release import Estimate, Released, text


@dataclass(frozen=True)
class Line:
    """One row of an exhibit: what stands before it, and the estimate."""

    label: str
    estimate: Estimate


@dataclass(frozen=True)
class Panel:
    """Rows under one heading; `within` is the heading of the panels around it (the ministry of a service)."""

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
    kinds = {"flow": _flow, "funnel": _funnel, "groups": _groups, "ranked": _ranked, "indicators": _indicators}
    if entry.get("kind") not in kinds:
        raise FindingsError(
            "An exhibit is of a kind that is not known.",
            file="config.yaml",
            codes=[str(entry.get("kind"))],
            mend=f"`kind` is one of {', '.join([*kinds, 'sample'])}.",
        )
    return [panel for panel in kinds[entry["kind"]](released, entry, lang) if panel.lines]


def named(released: Released, entry: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Indicators of an exhibit and their short labels; those of all barriers where the entry names none."""
    if "indicators" in entry:
        return {code: text((e or {}).get("label", {}), lang) or code for code, e in entry["indicators"].items()}
    return {code: released.label("barriers", code, lang) for code in released.config["barriers"]}


def facts(released: Released, entry: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What the captions' templates may use: published rows only, as dictionaries with `label` and `key`.

    `empty` is whether nothing is published, `withheld` whether not everything is. flow: `first`, `last`, `steps`.
    funnel: `best`, `services` (each `label, steps`). groups: `low`, `high`, `panels` (each `label, rows`). ranked:
    `tops`, `panels` (each `label, rows, tied`).
    """
    shown = panels(released, entry, lang)
    lines = [line for panel in shown for line in panel.lines if line.estimate.published]
    # What is withheld may be larger than what is published: a title may not say "most" without saying of what.
    withheld = any(not line.estimate.published for panel in shown for line in panel.lines)
    found: dict[str, Any] = {"label": text(entry.get("label", {}), lang), "empty": not lines, "withheld": withheld}
    if not lines:
        return found
    if entry["kind"] == "flow":
        steps = [_fact(line) for line in lines]
        return found | {"first": steps[0], "last": steps[-1], "steps": steps}
    if entry["kind"] == "funnel":
        users = [panel for panel in shown if panel.lines[-1].estimate.published]
        services = [{"label": p.label, "steps": [_fact(line) for line in p.lines]} for p in shown if _any(p)]
        best = max(users, key=lambda panel: _value(panel.lines[-1])) if users else None
        # Without a published number of users there is no largest share of them.
        return found | {
            "empty": best is None,
            "best": {"label": best.label, "steps": [_fact(line) for line in best.lines]} if best else None,
            "services": services,
        }
    inside: list[dict[str, Any]] = [
        {
            "label": panel.label,
            # A sentence on groups says which are withheld; one on a ranking takes its first ones.
            "rows": [_fact(line) for line in panel.lines if line.estimate.published or entry["kind"] == "groups"],
            "tied": _tied([line.estimate for line in panel.lines if line.estimate.published]),
        }
        for panel in shown
        if _any(panel)
    ]
    if entry["kind"] == "groups":
        of = {x.estimate.key: f"{panel.label}: {x.label}".removeprefix(": ") for panel in shown for x in panel.lines}
        low, high = min(lines, key=_value), max(lines, key=_value)
        ends = {end: {"label": of[x.estimate.key], "key": x.estimate.key} for end, x in (("low", low), ("high", high))}
        return found | ends | {"panels": inside}
    return found | {"tops": [_top(panel) for panel in inside], "panels": inside}


def _top(panel: Mapping[str, Any]) -> dict[str, str]:
    return {**panel["rows"][0], "panel": panel["label"]}


def _fact(line: Line) -> dict[str, str]:
    return {"label": line.label, "key": line.estimate.key}


def _any(panel: Panel) -> bool:
    return any(line.estimate.published for line in panel.lines)


def _value(line: Line) -> float:
    return line.estimate.value or 0.0


def _tied(rows: list[Estimate]) -> bool:
    """Whether the intervals of the first two rows overlap, or there is none to tell by."""
    if len(rows) < 2:
        return False
    (first, second) = rows[:2]
    return first.low is None or second.high is None or first.low <= second.high


def _flow(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    steps = entry.get("steps", {})
    rows = {row.indicator: row for row in released.select(family="flow", statistic="count")}
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
        for row in released.totals(entry["family"], code):
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
        for total in released.totals(entry["family"], code):
            rows = released.groups(
                entry["breakdown"], family=entry["family"], indicator=code, ministry=total.ministry,
                service=total.service,
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
        Panel(panel.label, sorted(panel.lines, key=lambda x: (not x.estimate.published, -_value(x))))
        for panel in _indicators(released, entry, lang)
    ]
