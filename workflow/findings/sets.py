"""Combinations of the answers to a select-all question: how many named exactly these, of the sets that are shown.

With m sets shown every respondent is in exactly one of 2^m combinations: those named are in it, the others are not;
sets that are not shown do not count. So the combinations add up to everyone who answered, and those that hold a set
add up to it: they are one table with the published sets, which the gate's attacker is told (findings.disclosure).

Source: Lex et al. (2014), UpSet: visualization of intersecting sets, IEEE TVCG 20(12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FAMILY = "intersections"  # of the rows of combinations
# Above this, a figure of sets cannot be read, and the table has more cells than respondents.
MOST_SETS = 8
NONE, JOIN = "none", "__"


def name_of(sets: Iterable[str]) -> str:
    """The code of a combination: its sets in their order, `a__b`; `none` for none of them."""
    return JOIN.join(sets) or NONE


def sets_of(name: str) -> tuple[str, ...]:
    """The sets of a combination, from its code."""
    return () if name == NONE else tuple(name.split(JOIN))


def most_named(shares: Mapping[str, float], most: int) -> list[str]:
    """The `most` largest sets, largest first; of equal ones the first by code."""
    return sorted(shares, key=lambda code: (-shares[code], code))[: min(most, MOST_SETS)]


def membership(values: Floats) -> Ints:
    """The combination of each respondent (rows,), as a number whose bit j is set if set j was named.

    `values` (rows × sets) are 0, 1 or NaN; -1 where one is NaN: who did not answer is in no combination.
    """
    answered = ~np.isnan(values).any(axis=1)
    bits = (np.nan_to_num(values) @ (2.0 ** np.arange(values.shape[1]))).astype(np.int64)
    return np.where(answered, bits, -1)


def members(number: int, sets: Sequence[str]) -> tuple[str, ...]:
    """The sets of a combination, from its number."""
    return tuple(code for place, code in enumerate(sets) if number >> place & 1)
