"""What the templates of titles and sentences may use: the published rows of an exhibit, and what stands out in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from findings.release import Estimate, Released, text
from findings.text.facts import FACTS, Line, Panel, panels, rows_of, value_of
from findings.text.orders import order_of

SERIES = ("paired", "population", "change", "dumbbell", "slope", "sensitivity", "heatmap", "likert", "bounds")
CERTAIN = 0.05
# Of those that may be first, how many a title names; one less where it speaks of several panels.
NAMES = 3


def facts(released: Released, entry: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Published rows only, as dictionaries with `label` and `key`.

    `empty` is whether nothing is published, `withheld` whether not everything is. flow: `first`, `last`, `steps`.
    funnel: `best`, `services` (each `label, steps`). groups, tiles, by_service: `low`, `high`, `panels` (each `label,
    rows`). ranked, ranks: `tops`, `ordered` (whether any panel is), `panels` (each `label, rows, ordered`, from its
    rank sets `first`, `sure`, `three`, as orders.Order, and `names`, how many a title names). upset: `best`, `panels`.
    Kinds with series: `panels` (each `label, rows`, each row `label, cells` with `series` and `key`), and `most`, which
    stands out: of paired, population, slope and sensitivity the row whose two series are furthest apart (`a`, `b`), of
    heatmap and likert the highest, of bounds the widest; change, dumbbell: `certain`, its rows whose adjusted p is
    below 0.05. gaps: `certain` (each `label, panel, key`) and `panels` (each `label`, `apart`, and the labels of the
    `rest`).
    """
    shown = panels(released, entry, lang)
    lines = [line for panel in shown for line in panel.lines if line.estimate.published]
    # What is withheld may be larger than what is published: a title may not say "most" without saying of what.
    withheld = any(not line.estimate.published for panel in shown for line in panel.lines)
    found: dict[str, Any] = {"label": text(entry.get("label", {}), lang), "empty": not lines, "withheld": withheld}
    if not lines:
        return found
    kind = entry["kind"]
    if kind in FACTS:
        return found | FACTS[kind](released, entry, lang)
    if kind == "flow":
        steps = [_fact(line) for line in lines]
        return found | {"first": steps[0], "last": steps[-1], "steps": steps}
    if kind == "funnel":
        return found | _funnel(shown)
    if kind in SERIES:
        return found | _series(kind, shown)
    if kind in ("ranked", "ranks"):
        return found | _ranked(released, shown)
    if kind == "gaps":
        return found | _gaps(shown)
    inside: list[dict[str, Any]] = [
        # A sentence on groups says which are withheld.
        {"label": panel.label, "rows": [_fact(line) for line in panel.lines]}
        for panel in shown
        if _any(panel)
    ]
    if kind == "upset":
        return found | {"best": inside[0]["rows"][0], "panels": inside[:1]}
    of = {x.estimate.key: f"{panel.label}: {x.label}".removeprefix(": ") for panel in shown for x in panel.lines}
    low, high = min(lines, key=value_of), max(lines, key=value_of)
    ends = {end: {"label": of[x.estimate.key], "key": x.estimate.key} for end, x in (("low", low), ("high", high))}
    return found | ends | {"panels": inside}


def _funnel(shown: list[Panel]) -> dict[str, Any]:
    users = [panel for panel in shown if panel.lines[-1].estimate.published]
    services = [{"label": p.label, "steps": [_fact(line) for line in p.lines]} for p in shown if _any(p)]
    best = max(users, key=lambda panel: value_of(panel.lines[-1])) if users else None
    # Without a published number of users there is no largest share of them.
    return {
        "empty": best is None,
        "best": {"label": best.label, "steps": [_fact(line) for line in best.lines]} if best else None,
        "services": services,
    }


def _ranked(released: Released, shown: list[Panel]) -> dict[str, Any]:
    inside: list[dict[str, Any]] = []
    for panel in shown:
        shares = [line for line in panel.lines if line.estimate.statistic != "rank"]
        rows = [_fact(line) for line in shares if line.estimate.published]
        order = order_of(released, shares)
        told = {name: [_fact(line) for line in getattr(order, name)] if order else [] for name in ("first", "three")}
        if rows:
            found = {"label": panel.label, "rows": rows, "ordered": order is not None, **told}
            inside.append({**found, "sure": order is not None and order.sure})
    for each in inside:
        each["names"] = NAMES if len(inside) == 1 else NAMES - 1
    return {
        "tops": [{**panel["rows"][0], "panel": panel["label"]} for panel in inside],
        "ordered": any(panel["ordered"] for panel in inside),
        "panels": inside,
    }


def _series(kind: str, shown: list[Panel]) -> dict[str, Any]:
    inside = [
        {"label": panel.label, "rows": [_row(label, lines) for label, lines in rows_of(panel)]}
        for panel in shown
        if _any(panel)
    ]
    rows = [(panel, label, lines) for panel in shown for label, lines in rows_of(panel)]
    whole = [row for row in rows if all(line.estimate.published for line in row[2])]
    found: dict[str, Any] = {"panels": inside, "most": None}
    if kind in ("change", "dumbbell"):
        certain = [row for row in whole if _certain(row[2][-1])]
        certain.sort(key=lambda row: -abs(value_of(row[2][-1])))
        return found | {"certain": [{**_row(label, lines), "panel": p.label} for p, label, lines in certain]}
    if kind == "likert":
        best = max(whole, key=lambda row: sum(value_of(line) for line in row[2][-2:]), default=None)
        last = best[2][-2:] if best else []
    elif kind == "bounds":
        best = max(whole, key=lambda row: _width(row[2][-1].estimate), default=None)
        last = best[2] if best else []
    elif kind == "heatmap":
        singles = [(p, label, [line]) for p, label, lines in rows for line in lines if line.estimate.published]
        best = max(singles, key=lambda row: value_of(row[2][0]), default=None)
        last = best[2] if best else []
    else:
        told = [(p, label, [x for x in lines if x.estimate.published]) for p, label, lines in rows]
        pairs = [(p, label, _furthest(lines)) for p, label, lines in told if len(lines) > 1]
        best = max(pairs, key=lambda row: abs(value_of(row[2][0]) - value_of(row[2][1])), default=None)
        last = best[2] if best else []
    if best:
        found["most"] = {**_row(best[1], last), "panel": best[0].label}
    return found | {"empty": best is None}


def _certain(line: Line) -> bool:
    """Whether a difference is told from none. A p that is released as 0 is a small one, not a missing one."""
    p = line.estimate.p_adjusted
    return p is not None and p < CERTAIN


def _width(row: Estimate) -> float:
    """How far apart the worst-case bounds of a row are."""
    return (row.bound_high or 0.0) - (row.bound_low or 0.0)


def _gaps(shown: list[Panel]) -> dict[str, Any]:
    """`certain`: differences told from none, the largest first; `panels`: those and the others of each."""
    inside, certain = [], []
    for panel in shown:
        lines = [line for line in panel.lines if line.estimate.published]
        apart = [line for line in lines if _certain(line)]
        label = ", ".join(part for part in (panel.within, panel.label) if part)
        certain += [({**_fact(line), "panel": label}, abs(value_of(line))) for line in apart]
        if lines:
            rest = [line.label for line in lines if line not in apart]
            inside.append({"label": label, "apart": [_fact(line) for line in apart], "rest": rest})
    return {"panels": inside, "certain": [fact for fact, _ in sorted(certain, key=lambda pair: -pair[1])]}


def _furthest(lines: list[Line]) -> list[Line]:
    """The first series and the one of the others that is furthest from it."""
    return [lines[0], max(lines[1:], key=lambda line: abs(value_of(line) - value_of(lines[0])))]


def _row(label: str, lines: list[Line]) -> dict[str, Any]:
    cells = [{"series": line.series, "key": line.estimate.key} for line in lines]
    return {"label": label, "cells": cells, "a": cells[0], "b": cells[-1]}


def _fact(line: Line) -> dict[str, str]:
    return {"label": line.label, "key": line.estimate.key}


def _any(panel: Panel) -> bool:
    return any(line.estimate.published for line in panel.lines)
