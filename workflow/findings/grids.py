"""The declared grid of specifications: every choice that another analyst might have made, and the points it expands to.

A point is a headline (a gap between two groups, or a share against a threshold) under one choice of each dimension:
weights, exclusions, missing answers, interval, definition of what is counted, and covariates. The choice that comes
first is the headline's own; of the weights it is the study's headline weighting, and of a volunteer wave none.
Sources: Steegen, Tuerlinckx, Gelman and Vanpaemel (2016); Simonsohn, Simmons and Nelson (2020).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

FAMILY = "specification"
BETWEEN = "__"
# The choices of a point, in the order of its key; the weights have a part of their own in it.
DIMENSIONS = ("exclusion", "missing", "interval", "definition", "covariates", "weighting")
MISSING = ("complete", "all_no", "all_yes")
INTERVALS = ("t", "korn_graubard", "logit")
# What an analyst may undo: judgements on how good an interview was.
UNDONE = ("duration", "straight_lining")
# What no analyst may: these people are not in the study, or are in it already.
NEVER = {
    "consent": "who gave no consent is never analysed",
    "eligibility": "who is not eligible is outside the population",
    "test_rows": "a test is no respondent",
    "duplicates": "a duplicate is a respondent who is counted already",
}


@dataclass(frozen=True)
class Definition:
    """What is counted: an indicator that stands in the register, of every ministry or service that it has."""

    code: str
    family: str
    indicator: str


@dataclass(frozen=True)
class Headline:
    """A headline and its choices, each dimension's own first.

    Either `level` and `groups` (a gap: the first less the second) or `threshold` (a share) is set. `exclusions`: code
    -> the steps of cleaning that are undone; `covariates`: code -> levels of breakdowns that a gap is adjusted for, ()
    for none.
    """

    name: str
    level: str | None
    groups: tuple[str, str] | None
    threshold: float | None
    weights: tuple[str, ...]
    exclusions: Mapping[str, frozenset[str]]
    missing: tuple[str, ...]
    intervals: tuple[str, ...]
    definitions: tuple[Definition, ...]
    covariates: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Point:
    """One specification of a headline: a choice of each dimension."""

    headline: str
    exclusion: str
    missing: str
    interval: str
    definition: str
    covariates: str
    weighting: str

    @property
    def indicator(self) -> str:
        """The part of the row's key that names the headline and every choice but the weights."""
        return BETWEEN.join([self.headline, *(str(getattr(self, name)) for name in DIMENSIONS[:-1])])


def parse_point(indicator: str, weighting: str | None) -> Point | None:
    """The point that a row's `indicator` and `weighting` name; None for a summary."""
    headline, *choices = indicator.split(BETWEEN)
    if len(choices) != len(DIMENSIONS) - 1:
        return None
    return Point(headline, **dict(zip(DIMENSIONS, [*choices, str(weighting)], strict=True)))


def summary(headline: str, dimension: str | None = None, choice: str | None = None) -> str:
    """The part of a summary's key that names the headline and, of the points that share one choice, this choice."""
    return BETWEEN.join(filter(None, (headline, dimension, choice)))


def headlines(study: Mapping[str, Any], weightings: Sequence[str], cleaning: Sequence[str]) -> list[Headline]:
    """The declared headlines, as far as a wave has their choices.

    `weightings` are the wave's own (to which the grid's `trim` adds trimmed weights, where it has calibrated ones),
    `cleaning` the steps of its cleaning: a set that undoes nothing more than another before it is left out.
    """
    declared = study.get("specifications")
    if not declared:
        return []
    held: dict[str, frozenset[str]] = {}
    for code, entry in declared["exclusions"].items():
        undone = frozenset(entry["undo"]) & frozenset(cleaning)
        if undone not in held.values():
            held[code] = undone
    covariates = {code: _terms(study, entry) for code, entry in declared.get("covariates", {}).items()}
    known = {level["level"] for entry in study["breakdowns"].values() for level in entry["ladder"]}
    covariates = {code: terms for code, terms in covariates.items() if known.issuperset(terms)}
    own = headline_weighting(study, weightings)
    there = {*weightings, *(["trimmed"] if "calibrated" in weightings else [])}
    made = []
    for name, entry in declared["headlines"].items():
        gap = entry.get("gap")
        chosen = {key: entry.get(key, declared[key]) for key in ("weights", "missing")}
        made.append(
            Headline(
                name=name,
                level=gap["level"] if gap else None,
                groups=(gap["groups"][0], gap["groups"][1]) if gap else None,
                threshold=entry.get("threshold"),
                weights=(own, *(w for w in chosen["weights"] if w in there and w != own)),
                exclusions=held,
                missing=tuple(chosen["missing"]),
                intervals=tuple(entry["intervals"]),
                definitions=tuple(
                    Definition(code, of["family"], of["indicator"]) for code, of in entry["definitions"].items()
                ),
                covariates=covariates if gap and covariates else {"unadjusted": ()},
            )
        )
    return made


def headline_weighting(study: Mapping[str, Any], weightings: Sequence[str]) -> str:
    """The weighting of a wave's headlines: the study's where the wave has it, else the design's, else none."""
    wanted = (study["headline_weighting"], "design", "none")
    # A volunteer wave has no design weights, and its headlines none at all.
    return next(w for w in wanted if w in weightings) if "design" in weightings else "none"


def _terms(study: Mapping[str, Any], entry: Mapping[str, Any]) -> tuple[str, ...]:
    blocks = study["models"][entry["model"]]["blocks"] if entry["blocks"] else []
    return tuple(term for block in blocks if block["id"] in entry["blocks"] for term in block["terms"])


def points(headline: Headline) -> list[Point]:
    """Every specification of a headline; the first is the headline itself.

    An adjusted gap is a marginal effect of a model: it has an interval by Student's t alone.
    """
    # ASSUME[adjusted_interval]: limits of the two shares say nothing of the limits of a difference of predictions.
    return [
        Point(headline.name, exclusion, missing, interval, definition.code, covariates, weighting)
        for weighting, exclusion, missing, definition, covariates, interval in product(
            headline.weights, headline.exclusions, headline.missing, headline.definitions, headline.covariates,
            headline.intervals,
        )
        if interval == "t" or not headline.covariates[covariates]
    ]  # fmt: skip


def sets(declared: Iterable[Headline]) -> dict[str, frozenset[str]]:
    """The exclusion sets that the headlines need, each to be cleaned, built and raked once."""
    return {code: undone for headline in declared for code, undone in headline.exclusions.items()}


def problems(study: Mapping[str, Any], statistics: Mapping[tuple[str, str], str]) -> Iterator[tuple[str, str, str]]:
    """Key, found, allowed of everything in `specifications` that is wrong; `statistics`: (family, id) -> statistic.

    `statistics` has the indicators' ids with their braces, as they stand in the config.
    """
    declared = study.get("specifications")
    if not declared:
        return
    first = next(iter(declared["exclusions"].values()))
    if first["undo"]:
        key = f"specifications.exclusions.{next(iter(declared['exclusions']))}.undo"
        yield key, ", ".join(first["undo"]), "empty: the first set is the wave as it was cleaned"
    for code, entry in declared["exclusions"].items():
        for step in entry["undo"]:
            if step not in UNDONE:
                why = NEVER.get(step, "it drops nobody")
                yield f"specifications.exclusions.{code}.undo", step, f"one of {', '.join(UNDONE)}; {why}"
    for number, (code, entry) in enumerate(declared.get("covariates", {}).items()):
        key = f"specifications.covariates.{code}"
        if (number == 0) != (not entry["blocks"]):
            yield f"{key}.blocks", str(entry["blocks"]), "none for the first entry, the headline's; some for the others"
        blocks = {block["id"] for block in study.get("models", {}).get(entry.get("model"), {}).get("blocks", [])}
        for block in set(entry["blocks"]) - blocks:
            yield f"{key}.blocks", block, f"blocks of the model named: {', '.join(sorted(blocks)) or 'none'}"
    ladder = {level["level"]: level for entry in study["breakdowns"].values() for level in entry["ladder"]}
    for name, entry in declared["headlines"].items():
        key = f"specifications.headlines.{name}"
        if ("gap" in entry) == ("threshold" in entry):
            yield key, "both or neither of gap and threshold", "one of them"
        if gap := entry.get("gap"):
            if gap["level"] not in ladder:
                yield f"{key}.gap.level", gap["level"], f"one of {', '.join(ladder)}"
                return
            for group in gap["groups"]:
                if group not in ladder[gap["level"]]["groups"]:
                    yield f"{key}.gap.groups", group, f"one of {', '.join(ladder[gap['level']]['groups'])}"
        for code, of in entry["definitions"].items():
            found = statistics.get((of["family"], of["indicator"]))
            if found != "proportion":
                place = f"{key}.definitions.{code}.indicator"
                yield place, of["indicator"] if found is None else f"a {found}", "an indicator of statistic proportion"
