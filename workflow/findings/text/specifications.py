"""The specifications of a headline as an exhibit shows them: one curve per ministry or service, from released rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from findings.grids import BETWEEN, FAMILY, INTERVALS, Point, parse_point
from findings.release import Estimate, Released, text
from findings.text.captions import captions
from findings.text.facts import FACTS, KINDS, NOTES, Line, Panel
from findings.text.issued import issue
from findings.text.numbers import interval, numerals

# In the order in which an exhibit shows them.
# What stands for how many specifications an exhibit is of: a count of rows, of none of them.
COUNT = "count(specifications)"
DIMENSIONS = ("definition", "covariates", "weighting", "exclusion", "missing", "interval")


@dataclass(frozen=True)
class Curve:
    """A headline of one ministry or service (`label`).

    `points` are the published ones, from the lowest estimate to the highest, `hidden` the withheld; `main` is the
    number as reported; `shares` holds the summaries by (dimension, choice), of all by ("", ""), and by statistic;
    `null` is the value that has no sign.
    """

    label: str
    main: Estimate
    points: list[tuple[Point, Estimate]]
    hidden: list[tuple[Point, Estimate]]
    shares: dict[tuple[str, str], dict[str, Estimate]]
    null: float

    def clear(self, row: Estimate) -> bool:
        """Whether a point's interval leaves out zero, or the threshold; without intervals, none does."""
        return row.low is not None and row.high is not None and (row.low > self.null or row.high < self.null)

    def having(self, dimension: str, choice: str) -> list[tuple[Point, Estimate]]:
        """The published points that share a choice; all for ("", "")."""
        return [(point, row) for point, row in self.points if not dimension or getattr(point, dimension) == choice]


def curves(released: Released, entry: Mapping[str, Any], lang: str) -> list[Curve]:
    """The curves of the headline that an exhibit names, in the study's order; empty where the release has none."""
    name = entry["headline"]
    declared = released.config["specifications"]["headlines"][name]
    found: dict[str | None, list[tuple[Point, Estimate]]] = {}
    shares: dict[str | None, dict[tuple[str, str], dict[str, Estimate]]] = {}
    for row in released.derived(FAMILY):
        point = parse_point(row.indicator, row.weighting)
        if point is None:
            headline, *choice = row.indicator.split(BETWEEN)
            if headline == name:
                place = (choice[0], choice[1]) if choice else ("", "")
                shares.setdefault(row.of, {}).setdefault(place, {})[row.statistic] = row
        elif point.headline == name:
            found.setdefault(row.of, []).append((point, row))
    made = []
    for of, rows in found.items():
        shown = [(point, row) for point, row in rows if row.published]
        # The key is in the order of the points' codes: it breaks ties in a way that does not depend on the file.
        shown.sort(key=lambda each: (each[1].value, each[1].key))
        main = next((row for point, row in rows if _is_main(point, declared, released)), None)
        if main is not None:
            null = declared.get("threshold", 0.0)
            hidden = [(point, row) for point, row in rows if not row.published]
            made.append(Curve(released.of_label(main, lang), main, shown, hidden, shares.get(of, {}), null))
    return made


def choices(found: list[Curve], released: Released, entry: Mapping[str, Any], lang: str) -> dict[str, dict[str, str]]:
    """Choices and their labels by dimension, of the dimensions that have more than one among published points."""
    made = {}
    for dimension in DIMENSIONS:
        held = {getattr(point, dimension) for curve in found for point, _ in curve.points}
        labels = _labels(dimension, released, entry, lang)
        if len(held) > 1:
            made[dimension] = {code: label for code, label in labels.items() if code in held}
    return made


def notes(released: Released, entry: Mapping[str, Any], rows: list[Estimate], lang: str) -> list[str]:
    """How many specifications an exhibit is of, how many of them are among its `rows`, and how many are withheld."""
    found, words = curves(released, entry, lang), captions(lang)["specification"]
    total = sum(len(curve.points) for curve in found)
    hidden = sum(len(curve.hidden) for curve in found)
    shown = len({row.key for row in rows if row.published and parse_point(row.indicator, row.weighting)})
    drawn = entry in released.config["exhibits"]["figures"].values()
    said = [words["drawn" if drawn and shown < total else "counted"]]
    said.insert(0, words["figure" if drawn else "cells"])
    if hidden:
        said.append(words["withheld"])
    counts = {"drawn": shown, "count": total, "withheld": hidden}
    put = {name: issue(COUNT, numerals(f"{count:,}", lang)) for name, count in counts.items()}
    return [line.format(**put) for line in said]


def span(low: Estimate, high: Estimate, lang: str) -> str:
    """The lowest and the highest of some published points, in the units of an interval: `−5 to −2`, `36–48%`."""
    ends = replace(low, low=low.value, high=high.value)
    return interval(ends, lang)


def panels(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """One panel per curve, in few lines: the number as reported, the ends of the curve, and its shares."""
    words = captions(lang)["specification"]
    made = []
    for curve in curves(released, entry, lang):
        lines = [Line(words["main"], curve.main)]
        if curve.points:
            ends = zip(("lowest", "highest"), (curve.points[0], curve.points[-1]), strict=True)
            lines += [Line(words[name], row) for name, (_, row) in ends]
        every = curve.shares.get(("", ""), {})
        lines += [Line(words["columns"][name], every[name]) for name in ("same_sign", "significant") if name in every]
        made.append(Panel(curve.label, lines))
    return made


def facts(released: Released, entry: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """For titles and sentences: `panels` (each `label`, keys `main`, `low`, `high`, `same`, `significant` or None)."""
    inside = []
    for curve in curves(released, entry, lang):
        every = curve.shares.get(("", ""), {})
        if curve.main.published and every["same_sign"].published:
            significant = every.get("significant")
            inside.append(
                {"label": curve.label, "main": curve.main.key, "low": curve.points[0][1].key,
                 "high": curve.points[-1][1].key, "same": every["same_sign"].key,
                 "significant": significant.key if significant else None}
            )  # fmt: skip
    return {"panels": inside, "empty": not inside}


def _is_main(point: Point, declared: Mapping[str, Any], released: Released) -> bool:
    grid = released.config["specifications"]
    first = {
        "exclusion": next(iter(grid["exclusions"])),
        "missing": declared.get("missing", grid["missing"])[0],
        "interval": declared["intervals"][0],
        "definition": next(iter(declared["definitions"])),
        "weighting": released.weighting,
    }
    covariates = next(iter(grid.get("covariates", {"unadjusted": {}})))
    # A share is adjusted for nothing, whatever the grid has for gaps.
    plain = covariates if "gap" in declared else "unadjusted"
    return point.covariates == plain and all(getattr(point, name) == code for name, code in first.items())


def _labels(dimension: str, released: Released, entry: Mapping[str, Any], lang: str) -> dict[str, str]:
    grid, words = released.config["specifications"], captions(lang)["specification"]
    sections = {
        "exclusion": grid["exclusions"],
        "covariates": grid.get("covariates", {}),
        "definition": grid["headlines"][entry["headline"]]["definitions"],
    }
    if dimension == "interval":
        return {code: captions(lang)["footer"]["methods"][code] for code in INTERVALS}
    if dimension in sections:
        return {code: text(of["label"], lang) or code for code, of in sections[dimension].items()}
    return {str(code): str(label) for code, label in words[dimension].items()}


KINDS["specification"], FACTS["specification"], NOTES["specification"] = panels, facts, notes
