"""What the data say of an order, and what was named together: the rows of rankings and combinations for exhibits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from findings.release import Estimate, Released
from findings.sets import FAMILY, sets_of
from findings.text.captions import captions
from findings.text.facts import KINDS, Line, Panel, value_of
from findings.text.sentences import lower_first

THREE = 3
# Columns of an UpSet figure where its entry does not say how many.
MOST = 12


@dataclass(frozen=True)
class Order:
    """Of a panel's lines, from their rank sets: which are first or may be, and which others are among the first three.

    `sure` is whether there is one line that is first, whatever the others are.
    """

    first: list[Line]
    three: list[Line]
    sure: bool


def order_of(released: Released, lines: Sequence[Line]) -> Order | None:
    """The order of lines (shares) as far as their rank sets tell it; None where one of them has no set."""
    ranks = [rank_of(released, line.estimate) for line in lines]
    if not lines or any(rank is None or not rank.published or rank.rank_low is None for rank in ranks):
        return None
    sets = {id(line): rank for line, rank in zip(lines, ranks, strict=True) if rank}
    by_rank = sorted(lines, key=lambda line: (sets[id(line)].value or 0.0, line.label))
    first = [line for line in by_rank if sets[id(line)].rank_low == 1]
    three = [line for line in by_rank if line not in first and (sets[id(line)].rank_high or 0) <= THREE]
    return Order(first, three, sure=len(first) == 1)


def rank_of(released: Released, row: Estimate) -> Estimate | None:
    """The rank row of a share; None where it is in no ranking."""
    of = {"indicator": row.indicator, "ministry": row.ministry, "service": row.service, "breakdown": None}
    found = released.derived(row.family, statistic="rank", **of)
    return found[0] if found and row.breakdown is None else None


def _ranks(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """As ranked, each line with its rank before its share; only what is ranked."""
    words = captions(lang)["table"]
    made = []
    for panel in KINDS["ranked"](released, entry, lang):
        found = [(line, rank) for line in panel.lines if (rank := rank_of(released, line.estimate))]
        # Shares that are equal once rounded have ranks of their own.
        found.sort(key=lambda pair: pair[1].value or 0.0)
        lines = [(Line(line.label, rank, words["rank"]), Line(line.label, line.estimate, words["share"]))
                 for line, rank in found]  # fmt: skip
        made.append(Panel(panel.label, [line for pair in lines for line in pair]))
    return made


def _upset(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """Two panels: the largest published combinations, largest first, and the sets, largest first."""
    declared, words = released.config.get("intersections"), captions(lang)["upset"]
    if declared is None:
        return []
    combinations = released.derived(FAMILY, ministry=entry.get("ministry"), service=entry.get("service"))
    shown = sorted((row for row in combinations if row.published), key=lambda row: (-(row.value or 0.0), row.key))
    codes = {code for row in shown for code in sets_of(row.indicator)}
    sets = [
        Line(released.label(declared["items"], row.indicator, lang), row)
        for code in released.config[declared["items"]] if code in codes
        for row in released.totals(declared["family"], code)
        if (row.ministry, row.service) == (entry.get("ministry"), entry.get("service"))
    ]  # fmt: skip
    sets.sort(key=lambda line: -value_of(line))
    lines = [Line(_named(released, row, declared["items"], sets, lang), row) for row in shown]
    return [Panel(words["combinations"], lines[: entry.get("most", MOST)]), Panel(words["sets"], sets)]


def _named(released: Released, row: Estimate, section: str, sets: Sequence[Line], lang: str) -> str:
    """A combination in words, its sets in the order of the figure."""
    words, inside = captions(lang)["upset"], sets_of(row.indicator)
    labels = [line.label for line in sets if line.estimate.indicator in inside]
    if not labels:
        return str(words["none"])
    labels[1:] = [lower_first(label) for label in labels[1:]]
    return words["and"].join(labels) if len(labels) > 1 else words["only"].format(label=labels[0])


KINDS |= {"ranks": _ranks, "upset": _upset}
