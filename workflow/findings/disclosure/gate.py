"""The gate: which rows of a register are published. See docs/disclose.md for the rules in words.

1. Primary: small bases and small counts, and shares near 0 or 1 in sensitive breakdowns, are unsafe.
2. Ladder: of each breakdown an indicator is shown at one level, the finest with few suppressed cells, whole.
3. Complementary: never one suppressed group alone; nothing on a base whose numerator is withheld as small.
4. The attacker bounds every unsafe count; while one is bounded too tightly, more is suppressed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.disclosure.attacker import Relation, System, attack
from findings.disclosure.counts import PEOPLE, TOTAL, Cell, Counts, Domain, Quantity, build, cells_of
from findings.errors import FindingsError
from findings.keys import AND
from findings.plan import Indicator, Level

ROUNDS = 60
# Rows withheld per open target and round: more withhold more than needed, fewer take longer.
AT_ONCE = 3
Row = tuple[str, Domain]  # column of an indicator ("" = the sample's count), domain
HALF_A_UNIT = {True: 0.005, False: 0.0005}


@dataclass
class Gate:
    """The state of the gate: `unsafe` and `published` rows, the level shown of each (family, id, breakdown)."""

    cells: dict[Row, Cell]
    indicators: dict[str, Indicator]
    levels: dict[str, Level]
    crossings: dict[str, Mapping[str, Any]]
    limits: Mapping[str, Any]
    weighted: Mapping[Row, list[tuple[float, float, float, float]]]
    shares: dict[Row, list[float]]
    linked: Mapping[str, list[str]]
    neighbours: Mapping[str, set[str]] = field(default_factory=dict)
    witnesses: list[npt.NDArray[np.float64]] = field(default_factory=list)
    unsafe: set[Row] = field(default_factory=set)
    suppressed: set[Row] = field(default_factory=set)
    shown: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def published(self, row: Row) -> bool:
        """Whether a row is published, as things stand."""
        if row not in self.cells or row in self.suppressed:
            return False
        return row[1] is None or self.shown.get((self.exhibit(row[0]), self.breakdown(row[1][0]))) == row[1][0]

    def exhibit(self, column: str) -> str:
        """What is shown at one level together: an indicator of all its services or ministries."""
        indicator = self.indicators.get(column)
        return "sample" if indicator is None else f"{indicator.family}.{indicator.id}"

    def breakdown(self, level: str) -> str:
        """The breakdown of a level; a crossing is a breakdown of its own."""
        return level if AND in level else self.levels[level].breakdown

    def sensitive(self, level: str) -> bool:
        """Whether shares near 0 or 1 are withheld in this level or crossing."""
        return bool(self.crossings[level]["sensitive"]) if AND in level else self.levels[level].sensitive


def is_unsafe(gate: Gate, row: Row) -> bool:
    """The primary rule: minimum base, minimum count and complement, and in sensitive breakdowns the share."""
    cell, limits = gate.cells[row], gate.limits
    if cell.n < limits["min_base"]:
        return True
    if cell.k is None:
        return False
    if min(cell.k, cell.n - cell.k) < limits["min_cell"]:
        return True
    if row[1] is None or not gate.sensitive(row[1][0]):
        return False
    shares = gate.shares.get(row, []) + [cell.k / cell.n]
    return min(shares) <= limits["sensitive_low"] or max(shares) >= limits["sensitive_high"]


def choose_levels(gate: Gate, after: Mapping[tuple[str, str], int] | None = None) -> None:
    """Take, whole, the finest level with less than the limit of its cells suppressed; no level if there is none.

    What has the numerator of another indicator is shown at its level or not at all: at another level, sums of the one
    would tell cells of the other.
    """
    by_place: dict[tuple[str, str, str], list[Row]] = {}
    for row in gate.cells:
        if row[1] is not None:
            place = (gate.exhibit(row[0]), gate.breakdown(row[1][0]), row[1][0])
            by_place.setdefault(place, []).append(row)
    order = [*gate.levels, *gate.crossings]
    for exhibit, breakdown in dict.fromkeys(place[:2] for place in by_place):
        gate.shown[exhibit, breakdown] = None
        ladder = [level for level in order if gate.breakdown(level) == breakdown]
        for rank, level in enumerate(ladder):
            rows = by_place.get((exhibit, breakdown, level), [])
            hidden = sum(row in gate.suppressed for row in rows)
            few = hidden < gate.limits["max_suppressed_share"] * len(rows)
            if rows and few and rank >= (after or {}).get((exhibit, breakdown), 0):
                gate.shown[exhibit, breakdown] = level
                break
    linked = {(gate.exhibit(a), gate.exhibit(b)) for a in gate.indicators for b in gate.linked.get(a, [])}
    while True:
        apart = [
            (own, breakdown)
            for own, other in linked
            for breakdown in {place[1] for place in by_place}
            if gate.shown.get((own, breakdown)) not in (None, gate.shown.get((other, breakdown)))
        ]
        if not apart:
            return
        for own_place in apart:
            gate.shown[own_place] = None


def complement(gate: Gate, outside: str | None) -> None:
    """Suppress what a suppressed row would leave bare, until nothing changes."""
    siblings: dict[tuple[str, str], list[Row]] = {}
    for row in gate.cells:
        if row[1] is not None:
            siblings.setdefault((row[0], row[1][0]), []).append(row)
    while True:
        new: set[Row] = set()
        for (column, level), rows in siblings.items():
            hidden = [row for row in rows if row in gate.suppressed]
            if (column, TOTAL) in gate.cells and (column, TOTAL) in gate.suppressed:
                new |= {row for row in rows if row not in gate.suppressed}
            adds_up = AND in level or gate.levels[level].column != outside
            if len(hidden) == 1 and len(rows) > 1 and adds_up:
                rest = [row for row in rows if row not in gate.suppressed]
                new.add(min(rest, key=lambda row: (_smallest(gate.cells[row]), str(row[1]))))
        for row in gate.cells:
            base = (gate.indicators[row[0]].base or "", row[1]) if row[0] else row
            if row not in gate.suppressed and ("", row[1]) in gate.suppressed:
                new.add(row)
            # A base is its indicator's numerator. Where the few are those outside it, the attacker has the last word.
            elif base in gate.suppressed and _few_have_it(gate.cells[base]):
                new.add(row)
        if not new - gate.suppressed:
            return
        gate.suppressed |= new


def _few_have_it(cell: Cell) -> bool:
    return cell.k is not None and cell.k <= cell.n - cell.k


def _smallest(cell: Cell) -> int:
    return cell.n if cell.k is None else min(cell.k, cell.n - cell.k)


def targets_of(gate: Gate, counts: Counts) -> dict[int, Row]:
    """Variables to be protected: the small counts of every unsafe row."""
    targets: dict[int, Row] = {}
    for row in sorted(gate.unsafe, key=str):
        cell = gate.cells[row]
        if row[0] == "":
            targets.setdefault(counts.variable(PEOPLE, row[1]), row)
        elif cell.k is not None:
            low = cell.k <= cell.n - cell.k
            quantity: Quantity = ("k" if low else "z", row[0])
            if not low and (quantity, row[1]) not in counts.place:
                place = [counts.variable((kind, row[0]), row[1]) for kind in ("n", "k")]
                z = counts.variable(quantity, row[1], cell.n - cell.k)
                counts.relate([(place[0], 1.0), (place[1], -1.0), (z, -1.0)], high=0, kind="n − k")
            targets.setdefault(counts.variable(quantity, row[1]), row)
    return targets


def known(gate: Gate, counts: Counts) -> npt.NDArray[np.bool_]:
    """Variables that the release states."""
    mask = np.zeros(len(counts.truth), dtype=bool)
    for row in gate.cells:
        if gate.published(row):
            if row[0] == "":
                mask[counts.variable(PEOPLE, row[1])] = True
                continue
            mask[counts.variable(("n", row[0]), row[1])] = True
            if gate.cells[row].k is not None:
                mask[counts.variable(("k", row[0]), row[1])] = True
    return mask


def weighted_relations(gate: Gate, counts: Counts, outside: str | None) -> list[Relation]:
    """What weighted rows tell of the suppressed groups of a level that is shown: the total's share less theirs.

    A weighted count lies between least and largest weight of the group times its count; published ones are known to
    half a rounding unit. The attacker is given the least and largest weight of every group.
    """
    made: list[Relation] = []
    by_level: dict[tuple[str, str], list[Row]] = {}
    for row in gate.cells:
        if row[0] and row[1] is not None and gate.cells[row].k is not None and AND not in row[1][0]:
            if gate.levels[row[1][0]].column != outside:
                by_level.setdefault((row[0], row[1][0]), []).append(row)
    for (column, level), rows in by_level.items():
        hidden = [row for row in rows if not gate.published(row)]
        total = (column, TOTAL)
        exhibit = gate.exhibit(column), gate.breakdown(level)
        if not hidden or gate.shown.get(exhibit) != level or not gate.published(total):
            continue
        rest = counts.variable(("k", column), (level, "(rest)"))
        for i in range(len(gate.weighted.get(total, []))):
            share, sum_of_weights, low_all, high_all = gate.weighted[total][i]
            error = HALF_A_UNIT[gate.cells[total].n < 100] * sum_of_weights
            remaining = share * sum_of_weights
            for row in rows:
                if gate.published(row):
                    p, sum_, _, _ = gate.weighted[row][i]
                    remaining -= p * sum_
                    error += HALF_A_UNIT[gate.cells[row].n < 100] * sum_
            ks = [counts.variable(("k", column), row[1]) for row in hidden]
            limits = [gate.weighted[row][i][2:] if row in gate.weighted else (low_all, high_all) for row in hidden]
            lows = [*[low for low, _ in limits], low_all]
            highs = [*[high for _, high in limits], high_all]
            made.append(Relation([*ks, rest], lows, -np.inf, remaining + error, "weighted"))
            made.append(Relation([*ks, rest], highs, remaining - error, np.inf, "weighted"))
    return made


def violations(
    gate: Gate, counts: Counts, outside: str | None, only: Sequence[int], *, quick: bool
) -> dict[int, float]:
    """Targets that the release bounds more tightly than the minimum cell, with the width of their range.

    With `quick`, also those of which that could not soon be excluded.
    """
    relations = [*counts.relations, *weighted_relations(gate, counts, outside)]
    system = System(counts.truth, relations)
    needed = float(gate.limits["min_cell"])
    bounds = attack(system, known(gate, counts), only, needed=needed, quick=quick, witnesses=gate.witnesses)
    tight = bounds.width < gate.limits["min_cell"] - 1e-6
    return {int(target): float(width) for target, width, bad in zip(only, bounds.width, tight, strict=True) if bad}


def repair(gate: Gate, counts: Counts, targets: Mapping[int, Row], outside: str | None) -> int:
    """Suppress more until the attacker bounds no target too tightly; the number of rounds it took.

    A target stays safe while rows are only withheld; where another level is shown instead, its breakdown is tried anew.
    """
    open_targets = list(targets)
    after: dict[tuple[str, str], int] = {}
    for number in range(ROUNDS):
        complement(gate, outside)
        before = dict(gate.shown)
        # Levels that suppression has made too thin give way to coarser ones, never back to finer ones.
        for place, level in before.items():
            if level is not None and AND not in level:
                after[place] = max(after.get(place, 0), gate.levels[level].rank)
        choose_levels(gate, after)
        moved = {place[1] for place, level in gate.shown.items() if level != before[place]}
        crossed = {step for name in moved if AND in name for step in name.split(AND)}
        moved |= {gate.breakdown(step) for step in crossed}
        again = [t for t, row in targets.items() if row[1] is not None and gate.breakdown(row[1][0]) in moved]
        open_targets = list(dict.fromkeys([*open_targets, *again]))
        bad = violations(gate, counts, outside, open_targets, quick=True)
        if not bad:
            return number
        for target in bad:
            _suppress_near(gate, targets[target])
        open_targets = list(bad)
    return ROUNDS


def _suppress_near(gate: Gate, row: Row) -> None:
    """Withhold the published rows that tell most of `row`.

    First one of its chain in the same domain, then one of its own groups, then one of its chain's groups.
    """
    column, domain = row
    chain = _chain(gate, column)
    rows: list[Row] = [(c, domain) for c, distance in chain.items() if distance <= 1]
    if domain is not None:
        breakdown = gate.breakdown(domain[0])
        tables = [r for r in gate.cells if r[0] in chain and r[1] and gate.breakdown(r[1][0]) == breakdown]
        rows += sorted(tables, key=lambda r: (chain[r[0]], r[1] != domain, _smallest(gate.cells[r]), str(r)))
    gate.suppressed |= set(list(dict.fromkeys(r for r in rows if gate.published(r)))[:AT_ONCE])


def _neighbours(gate: Gate) -> dict[str, set[str]]:
    """Indicators whose counts in a domain bound each other's: a base, parts and whole, answers to one question."""
    near: dict[str, set[str]] = {column: set() for column in gate.indicators}
    by_source: dict[str, list[str]] = {}
    for column, indicator in gate.indicators.items():
        for other in [indicator.base, *indicator.source.get("any_of", [])]:
            if other is not None:
                near[column].add(other)
                near[other].add(column)
        if "column" in indicator.source:
            by_source.setdefault(indicator.source["column"], []).append(column)
    for group in by_source.values():
        for column in group:
            near[column] |= set(group) - {column}
    return near


def _chain(gate: Gate, column: str) -> dict[str, int]:
    """Indicators within three steps of neighbourhood, with the number of steps."""
    steps = {column: 0}
    for distance in (1, 2, 3):
        for other in [c for c, d in steps.items() if d == distance - 1]:
            for neighbour in gate.neighbours.get(other, set()):
                steps.setdefault(neighbour, distance)
    return steps


def make_gate(
    register: pd.DataFrame,
    study: Mapping[str, Any],
    levels: Sequence[Level],
    indicators: Sequence[Indicator],
    weights: Mapping[Row, list[tuple[float, float, float, float]]] | None = None,
) -> tuple[Gate, Counts, str | None]:
    """The gate before it has judged, the counts behind it, and the column of the target population."""
    cells, people = cells_of(register)
    domain = study.get("domains", {}).get("population")
    outside = domain["column"] if domain else None
    crossings = study.get("crossings", [])
    counts = build(cells, people, indicators, levels, crossings, outside)
    gate = Gate(
        cells={**{("", d): Cell(n, None) for d, n in people.items()}, **cells},
        indicators={indicator.column: indicator for indicator in indicators},
        levels={level.name: level for level in levels},
        crossings={AND.join(crossing["levels"]): crossing for crossing in crossings},
        limits=study["disclosure"],
        weighted=weights or {},
        shares=_shares(register),
        linked={i.column: _links(i, counts) for i in indicators},
    )
    gate.neighbours = _neighbours(gate)
    return gate, counts, outside


def _links(indicator: Indicator, counts: Counts) -> list[str]:
    """The indicator whose numerator is this one's, at whose level it is shown."""
    twin = counts.alias.get(("k", indicator.column))
    return [twin[1]] if twin else []


def _shares(register: pd.DataFrame) -> dict[Row, list[float]]:
    rows = register[(register["statistic"] == "proportion") & register["column"].notna()]
    shares: dict[Row, list[float]] = {}
    for column, breakdown, group, value in zip(
        rows["column"], rows["breakdown"], rows["group"], rows["estimate"], strict=True
    ):
        domain = None if pd.isna(breakdown) else (str(breakdown), str(group))
        shares.setdefault((str(column), domain), []).append(float(value))
    return shares


def run(gate: Gate, counts: Counts, outside: str | None) -> dict[str, Any]:
    """Judge every row; the attacker's report. Raises FindingsError while a count is bounded too tightly."""
    gate.unsafe = {row for row in gate.cells if is_unsafe(gate, row)}
    gate.suppressed = set(gate.unsafe)
    complement(gate, outside)
    choose_levels(gate)
    targets = targets_of(gate, counts)
    rounds = repair(gate, counts, targets, outside)
    bad = violations(gate, counts, outside, list(targets), quick=False)
    if bad:
        raise FindingsError(
            f"{len(bad)} withheld counts could be worked out from the release to within {gate.limits['min_cell']}.",
            codes=sorted({f"{gate.exhibit(targets[target][0])} by {targets[target][1]}" for target in bad}),
            mend="use coarser levels or leave out a crossing in config.yaml.",
        )
    return {
        "targets": len(targets),
        "bounded_too_tightly": 0,
        "rounds_of_repair": rounds,
        "unsafe": len(gate.unsafe),
        "suppressed": len(gate.suppressed),
        "variables": len(counts.truth),
        "relations": len(counts.relations),
    }
