"""A recomputed number against the exact register: each column, its difference, and the tolerance of its statistic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Relative to max(1, |x|). Linear statistics, and all that follows from them by arithmetic; what goes through an
# inverted distribution; an ordinal model, whose likelihood R climbs by another way.
LINEAR, INVERTED = 1e-8, 1e-6
ORDINAL = {"estimate": 1e-5, "se": 1e-3, "ci_low": 1e-3, "ci_high": 1e-3, "test_value": 1e-3, "p": 1e-3,
           "detectable": 1e-3}  # fmt: skip
THROUGH_A_DISTRIBUTION = {"ci_low", "ci_high", "p", "p_adjusted"}
# Columns of the register that say what a row is and not what was found.
NUMBERS = (
    "estimate", "se", "ci_low", "ci_high", "df", "n", "n_asked", "n_missing", "n_eff", "deff", "bound_low",
    "bound_high", "test_value", "df1", "p", "p_adjusted", "detectable", "rank_low", "rank_high",
)  # fmt: skip
TESTED = ("test_value", "p", "detectable")
# Without these a number is not recomputed: what a reader takes from it.
CORE = {"estimate", "se", "ci_low", "ci_high", "bound_low", "bound_high", "test_value", "p", "p_adjusted", "rank_low",
        "rank_high"}  # fmt: skip
WORDS = ("ci_method", "reliability")


@dataclass(frozen=True)
class Check:
    """One column compared: the register's value, the recomputed one, their relative difference, and what it may be."""

    column: str
    exact: Any
    computed: Any
    difference: float
    tolerance: float

    @property
    def agrees(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.difference <= self.tolerance


def tolerance(statistic: str, column: str, ordinal: bool = False) -> float:
    """The tolerance of a column of a statistic; `ordinal` is of a proportional-odds model."""
    if ordinal and column in ORDINAL:
        return ORDINAL[column]
    # A median's standard error comes from its interval.
    return INVERTED if column in THROUGH_A_DISTRIBUTION or (statistic, column) == ("median", "se") else LINEAR


def checks(
    row: Mapping[str, Any], counted: int | None, numbers: Mapping[str, Any], ordinal: bool = False
) -> list[Check]:
    """Every recomputed column against a row of the register; `counted` is k of its cells."""
    exact = {**row, "k": counted}
    # A difference that no family tests has an interval alone.
    untested = TESTED if row.get("test") is None else ()
    return [
        Check(column, exact.get(column), value, difference(exact.get(column), value),
              tolerance(row["statistic"], column, ordinal))
        for column, value in numbers.items()
        if column not in untested
    ]  # fmt: skip


def difference(exact: Any, computed: Any) -> float:
    """|exact − computed| / max(1, |exact|); infinite where one is there and the other is not, or words differ."""
    if absent(exact) or absent(computed):
        return 0.0 if absent(exact) and absent(computed) else math.inf
    if isinstance(exact, str) or isinstance(computed, str):
        return 0.0 if exact == computed else math.inf
    return abs(float(exact) - float(computed)) / max(1.0, abs(float(exact)))


def absent(value: Any) -> bool:
    """Whether a cell is null, or not a number."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def unchecked(row: Mapping[str, Any], done: Sequence[Check]) -> list[str]:
    """Columns of a row that hold something which no check has compared."""
    seen = {check.column for check in done}
    return [column for column in (*NUMBERS, *WORDS) if column not in seen and not absent(row.get(column))]


def misrounded(row: Mapping[str, Any], released: Mapping[str, str | None]) -> list[str]:
    """Columns of the released row that are not the exact one rounded as the gate rounds (docs/disclose.md)."""
    few = (row["n"] or 0) < 100
    decimals = 2 if few or row["statistic"] in ("mean", "median", "difference_of_means") else 3
    unit = 10.0**-decimals
    if row["statistic"] == "total":
        unit = 10.0 ** (math.floor(math.log10(max(row["estimate"], 1.0))) - (1 if few else 2))
    odd = []
    for column in ("estimate", "se", "ci_low", "ci_high", "n"):
        exact, shown = row[column], released.get(column)
        if absent(exact) or shown is None:
            wrong = absent(exact) != (shown is None)
        else:
            wrong = abs(float(shown) - exact) > (0.5 * unit * (1 + 1e-6) if column != "n" else 0.0)
        if wrong:
            odd.append(column)
    return odd
