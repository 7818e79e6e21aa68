"""Domains: everyone, each group of each level, each cell of each crossing; and which of them a respondent is in.

Each of these parts puts a respondent in at most one domain. Respondents outside the target population are in none,
but that a group wholly outside it is a domain of its own, of unweighted rows alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from findings.batches import Batch, codes
from findings.keys import AND
from findings.plan import Level

Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Domain:
    """A set of respondents: everyone (`breakdown` None), a group of a level, or a cell of a crossing.

    `of` is the breakdown, or crossing, of the config that it belongs to; `outside` that none is of the target
    population; `cell` its position in its part.
    """

    breakdown: str | None
    group: str | None
    of: str | None
    outside: bool
    cell: int


@dataclass(frozen=True)
class Part:
    """A way to divide the respondents: not at all, by a level, or by several levels crossed."""

    levels: tuple[Level, ...]
    of: str | None

    @property
    def cells(self) -> int:
        """Number of cells: groups, or combinations of groups; and as many again for respondents outside."""
        return 2 * prod(len(level.groups) for level in self.levels)

    def cell(self, groups: Mapping[str, Ints], inside: Bools) -> Ints:
        """The cell of each row from its group in each level; the second half are those outside; -1 in none."""
        place = np.zeros(len(inside), dtype=np.intp)
        known = np.ones(len(inside), dtype=bool)
        for level in self.levels:
            place = place * len(level.groups) + groups[level.name]
            known &= groups[level.name] >= 0
        beyond = np.where(len(self.levels) == 1, place + self.cells // 2, -1)
        return np.where(known, np.where(inside, place, beyond), -1)

    def domains(self, held: Ints) -> list[Domain]:
        """Its domains that are not empty, from the respondents in each cell (cells,)."""
        half = self.cells // 2
        breakdown = AND.join(level.name for level in self.levels) or None
        made = []
        for cell, names in enumerate(product(*(level.groups for level in self.levels))):
            outside = bool(held[cell] == 0)
            where = cell + half if outside else cell
            if held[where]:
                made.append(Domain(breakdown, AND.join(names) or None, self.of, outside, where))
        return made


def parts(levels: Sequence[Level], crossings: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Everyone, each level, each crossing."""
    by_name = {level.name: level for level in levels}
    made = [Part((), None), *(Part((level,), level.breakdown) for level in levels)]
    return [*made, *(Part(tuple(by_name[n] for n in c["levels"]), c["name"]) for c in crossings)]


def groups_of(batch: Batch, levels: Sequence[Level]) -> dict[str, Ints]:
    """Each level's group of each row, as a position in its groups; -1 in none."""
    return {level.name: codes(batch, level.name, list(level.groups)) for level in levels}
