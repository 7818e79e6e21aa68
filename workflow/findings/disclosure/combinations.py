"""The gate of combinations: they are one table with the sets, which are published, so the attacker is told all of it.

With m sets there are 2^m combinations. Those who named a set are the sum of the combinations that hold it, and so are
those who named any of several, in every group of every published level, and among users and non-users. The attacker
knows every published count of the question, and the published combinations. A combination that is withheld for being
small must not be bounded more tightly than the minimum cell; nor may a suppressed count of the same question, nor the
few who named only sets that are not shown. While one is, more combinations are withheld, the smallest first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.disclosure.attacker import SLACK, Relation, System, attack
from findings.keys import AND
from findings.plan import Indicator, expand_indicators, levels
from findings.sets import FAMILY, members, membership, sets_of

Ints = npt.NDArray[np.int64]
Place = tuple[str, str] | None  # (level or other question base, group); None = everyone asked


@dataclass(frozen=True)
class Count:
    """A count of the question: who named any of `sets` (no sets: everyone who answered) in a place.

    `others` are its sets that are not shown (codes); `most` how many named only these, at most.
    `published`: the attacker knows it. `unsafe`: it was withheld for being small, or its complement.
    """

    sets: frozenset[int]
    place: Place
    count: int
    published: bool
    unsafe: bool = False
    others: frozenset[str] = frozenset()
    most: float = np.inf


@dataclass
class Table:
    """The variables of an attack: combinations for everyone, then by group of each level; their true counts."""

    sets: int
    truth: list[float] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    first: dict[Place, int] = field(default_factory=dict)
    fixed: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Number of combinations."""
        return 1 << self.sets

    def add(self, place: Place, counts: Ints) -> None:
        """Variables of the combinations in a place, `counts` (2^sets,) their true values."""
        self.first[place] = len(self.truth)
        self.truth += counts.astype(float).tolist()

    def variable(self, truth: float) -> int:
        """One more variable."""
        self.truth.append(float(truth))
        return len(self.truth) - 1

    def state(self, count: Count, small: int) -> None:
        """What a count of the question tells, or, where it is unsafe, that it is to be protected."""
        bits = sum(1 << place for place in count.sets)
        first = self.first[count.place]
        terms = [first + c for c in range(self.size) if not count.sets or c & bits]
        named = sum(self.truth[variable] for variable in terms)
        if not count.published and not count.unsafe:
            return
        if count.others:
            # Those who named only sets that are not shown: the count less the combinations.
            rest = self.variable(count.count - named)
            terms.append(rest)
            self.relations.append(Relation([rest], [1.0], -np.inf, count.most, "only sets not shown"))
            if 0 < self.truth[rest] < small:
                self.targets.append(rest)
        whole = self.variable(count.count)
        self.relations.append(Relation([whole, *terms], [1.0, *[-1.0] * len(terms)], 0.0, 0.0, "named any"))
        (self.fixed if count.published else self.targets).append(whole)


def safe_combinations(
    everyone: Ints, groups: Mapping[str, Mapping[str, Ints]], counts: Sequence[Count], sets: int, min_cell: int
) -> set[int]:
    """The combinations (numbers, bit j = set j) that may be published.

    `everyone` (2^sets,) counts respondents by combination; `groups` the same by level and group (those in no group are
    worked out); `counts` every count of the question. None where no choice of combinations is safe.
    """
    answered = int(everyone.sum())
    large = (everyone >= min_cell) & (answered - everyone >= min_cell)
    table = _table(everyone, groups, counts, sets, min_cell)
    # ASSUME[empty_combination]: that nobody gave a combination of answers is no secret of a respondent.
    # ASSUME[main_barrier_apart]: what is known of the main one of the answers bounds no combination closely.
    secret = np.flatnonzero((everyone > 0) & ((everyone < min_cell) | (answered - everyone < min_cell)))
    system = System(table.truth, table.relations)
    fixed = np.zeros(len(table.truth), dtype=bool)
    fixed[table.fixed] = True
    # A count that the question's own rows bound already is not made secret by withholding combinations.
    beside = np.array(table.targets, dtype=np.int64)
    beside = beside[attack(system, fixed, beside, needed=float(min_cell)).width >= min_cell - SLACK]
    targets = np.array([*secret.tolist(), *beside], dtype=np.int64)
    published = {int(number) for number in np.flatnonzero(large)}
    witnesses: list[npt.NDArray[np.float64]] = []
    while published and len(targets):
        known = fixed.copy()
        known[list(published)] = True
        width = attack(system, known, targets, needed=float(min_cell), witnesses=witnesses).width
        bad = targets[width < min_cell - SLACK]
        if not len(bad):
            break
        for target in bad:
            published.discard(_nearest(int(target), published, everyone, table.size))
    return published


def _table(
    everyone: Ints, groups: Mapping[str, Mapping[str, Ints]], counts: Sequence[Count], sets: int, min_cell: int
) -> Table:
    table = Table(sets)
    table.add(None, everyone)
    told = {count.place[0] for count in counts if count.place and count.published}
    for level, by_group in groups.items():
        if level not in told:
            continue
        rest = everyone - sum(by_group.values())
        places = [(level, group) for group in by_group] + [(level, "")]
        for place, number in zip(places, [*by_group.values(), rest], strict=True):
            table.add(place, number)
        for c in range(table.size):
            parts = [table.first[place] + c for place in places]
            relation = Relation([c, *parts], [1.0, *[-1.0] * len(parts)], 0.0, 0.0, "groups and rest")
            table.relations.append(relation)
    for count in counts:
        if count.place in table.first:
            table.state(count, min_cell)
    return table


def _nearest(target: int, published: set[int], everyone: Ints, size: int) -> int:
    """The smallest published combination that shares a set with the target, or the smallest of all."""
    sharing = {number for number in published if target < size and number & target} or published
    return min(sharing, key=lambda number: (everyone[number], number), default=-1)


def without_unsafe(
    rows: pd.DataFrame, register: pd.DataFrame, frame: pd.DataFrame, study: Mapping[str, Any]
) -> pd.DataFrame:
    """Derived rows but for the combinations that may not be published: that one exists would say somebody named it.

    `register` is the judged one of the wave, `frame` its indicators.parquet, `study` the config with what says which
    indicators there are. All combinations of a question go where one of its sets is not published.
    """
    combined = rows[rows["family"] == FAMILY]
    if combined.empty:
        return rows
    indicators = expand_indicators(study)
    by_code = {(i.family, i.id, i.ministry, i.service): i for i in indicators}
    population = study.get("domains", {}).get("population", {}).get("column")
    left_out = [level.name for level in levels(study) if level.column == population]
    totals = register[register["breakdown"].isna() & (register["status"] == "published")]
    shown = set(totals["column"].dropna())
    unsafe: set[str] = set()
    for of, question in combined.groupby(["ministry", "service"], dropna=False):
        ministry, service = (value if isinstance(value, str) else None for value in of)
        names = sorted({name for code in question["indicator"] for name in sets_of(code)})
        sets = [by_code[study["intersections"]["family"], name, ministry, service] for name in names]
        safe: set[frozenset[str]] = set()
        if {i.column for i in sets} <= shown:
            everyone, groups, counts = counts_of_question(register, frame, indicators, sets, left_out)
            numbers = safe_combinations(everyone, groups, counts, len(sets), study["disclosure"]["min_cell"])
            safe = {frozenset(members(number, names)) for number in numbers}
        unsafe |= {key for key, code in zip(question["key"], question["indicator"], strict=True)
                   if frozenset(sets_of(code)) not in safe}  # fmt: skip
    return rows[~rows["key"].isin(unsafe)]


def counts_of_question(
    register: pd.DataFrame,
    frame: pd.DataFrame,
    indicators: Sequence[Indicator],
    sets: Sequence[Indicator],
    left_out: Sequence[str] = (),
) -> tuple[Ints, dict[str, dict[str, Ints]], list[Count]]:
    """What `safe_combinations` takes: combinations for everyone and by group, and every count of the question.

    `register` is the judged one (status, reason), `frame` indicators.parquet; `sets` are the indicators of the sets
    shown. Rows of the levels `left_out`, which define the target population, tell nothing of it.
    """
    inside = frame["base_weight"].notna().to_numpy(dtype=bool)
    numbers = np.where(inside, membership(frame[[i.column for i in sets]].to_numpy(dtype=float)), -1)
    size, place_of = 1 << len(sets), {str(i.source["contains"]): place for place, i in enumerate(sets)}
    question = sets[0].source["column"]
    same = {i.column: i for i in indicators if i.source.get("column") == question and "contains" in i.source}
    rows = register[register["column"].isin(list(same)) & (register["weighting"] == "none")]
    rows = rows[~rows["breakdown"].isin(list(left_out))]
    groups: dict[str, dict[str, Ints]] = {}
    told: dict[tuple[frozenset[str], Place], Count] = {}
    for row in rows.sort_values("key").to_dict("records"):
        own = same[row["column"]]
        value = frame[own.column].to_numpy(dtype=float)
        place, mask = _place(row, own.base if own.base != sets[0].base else None, frame)
        mask &= (numbers >= 0) & ~np.isnan(value)
        if place is not None:
            groups.setdefault(place[0], {}).setdefault(place[1], np.bincount(numbers[mask], minlength=size))
        wanted = own.source["contains"]
        codes, published = frozenset([wanted] if isinstance(wanted, str) else wanted), row["status"] == "published"
        if published:
            told[frozenset(), place] = Count(frozenset(), place, int(mask.sum()), True)
        told[codes, place] = Count(
            frozenset(place_of[code] for code in codes if code in place_of), place, int((value[mask] == 1).sum()),
            published, unsafe=row["reason"] == "primary", others=codes - place_of.keys(),
        )  # fmt: skip
    made = []
    for (codes, place), count in told.items():
        if count.sets or not codes:
            single = [told.get((frozenset([code]), place)) for code in sorted(count.others)]
            most = sum(each.count if each and each.published else np.inf for each in single)
            made.append(replace(count, most=most))
    return np.bincount(numbers[numbers >= 0], minlength=size), groups, made


def _place(row: Mapping[Any, Any], base: str | None, frame: pd.DataFrame) -> tuple[Place, npt.NDArray[np.bool_]]:
    """Where a row's respondents are: its level and group, and the base of its question where that is another."""
    mask = np.ones(len(frame), dtype=bool)
    level, group = ("", "") if pd.isna(row["breakdown"]) else (str(row["breakdown"]), str(row["group"]))
    for name, code in zip(level.split(AND), group.split(AND), strict=True):
        if name:
            mask &= (frame[name] == code).fillna(False).to_numpy(dtype=bool)
    if base is not None:
        mask &= frame[base].to_numpy(dtype=float) == 1
        level, group = f"{level} of {base}", group or base
    return ((level, group) if level else None), mask
