"""How far a sample speaks for a claim, and how far against it: two p, of which at most one is small.

What a verdict is (docs/claims.md): supported, if the claim's being false is refused; not supported, if its being true
is refused; else it cannot be told. An estimate alone is no verdict on either side. Sources: Schuirmann (1987) and
Lakens (2017) on the two one-sided tests; Goeman, Solari and Stijnen (2010), Three-sided hypothesis testing; Berger
(1982) on several statements that must all hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtr

from findings.claims.declared import Statement
from findings.intervals import korn_graubard, logit, student

# The level of the family, and of the interval that "unchanged" asks for on each side.
ALPHA = 0.05
# Beyond these, a p is told as the limit itself.
SMALLEST, LARGEST = 1e-12, 0.999


@dataclass(frozen=True)
class Evidence:
    """`favour`: p of "the claim is false"; `against`: p of "it is true"; both NaN without a standard error."""

    favour: float
    against: float

    @property
    def p(self) -> float:
        """The smaller of both: what the family's correction is over."""
        return min(self.favour, self.against)


# Neither for nor against, for want of a standard error.
NONE = Evidence(np.nan, np.nan)


def of_gap(statement: Statement, value: float, se: float, df: float) -> Evidence:
    """Of a difference that is to be beyond 0 in the direction of `sign`: Student's t, two-sided as its interval.

    Against: that the difference is below `margin`; what is established to be above 0 is not held against by being
    small.
    """
    if not (se > 0 and df > 0):
        return NONE
    value *= statement.sign
    favour = min(1.0, 2 * float(stdtr(df, -value / se)))
    against = min(1.0, 2 * float(stdtr(df, (value - statement.margin) / se)))
    return Evidence(favour, against if favour > ALPHA else 1.0)


def of_threshold(statement: Statement, value: float, se: float, n: float, df: float, method: str | None) -> Evidence:
    """Of a share or mean that is to be beyond `value`: the level at which its own interval just reaches there.

    `method` is the row's `ci_method`, so that "the adjusted lower limit is over 50 %" is about the interval that the
    exhibits print.
    """
    if not (np.isfinite(se) and df > 0 and method):
        return NONE

    def limits(level: float) -> tuple[float, float]:
        p, error, of, freedom = (np.array([number]) for number in (value, se, n, df))
        if method == "korn_graubard":
            low, high = korn_graubard(p, error, of, freedom, level)
        else:
            low, high = (logit if method == "logit" else student)(p, error, freedom, level)
        return float(low[0]), float(high[0])

    if np.isnan(limits(1 - ALPHA)[0]) or (method == "t" and se == 0):
        return NONE
    over = _inverted(lambda level: limits(level)[0] - (statement.value - (statement.sign < 0) * statement.margin))
    under = _inverted(lambda level: statement.value + (statement.sign > 0) * statement.margin - limits(level)[1])
    favour, against = (over, under) if statement.sign > 0 else (under, over)
    return Evidence(favour, against if favour > ALPHA else 1.0)


def _inverted(beyond: Callable[[float], float]) -> float:
    """The smallest p = 1 − level at which a limit is beyond what it is held against (`beyond` positive)."""
    if beyond(1 - LARGEST) <= 0:
        return 1.0
    if beyond(1 - SMALLEST) > 0:
        return SMALLEST
    return float(np.exp(brentq(lambda log: beyond(1 - np.exp(log)), np.log(SMALLEST), np.log(LARGEST))))


def of_within(statement: Statement, value: float, se: float, df: float) -> Evidence:
    """Of a difference that is to be within ± `value`: the two one-sided tests, so that its 90 % interval is inside.

    Against: that the difference is outside, by its 95 % interval.
    """
    if not (se > 0 and df > 0):
        return NONE
    beyond = (abs(value) - statement.value) / se
    return Evidence(float(stdtr(df, beyond)), min(1.0, 2 * float(stdtr(df, -beyond))))


def of_first(place: int, above: np.ndarray) -> Evidence:
    """Of an item that is to be first or tied; `above` (items × items) is `findings.ranks.adjusted_p`.

    Against: that any other is above it. That none is refuted to be above says little in a small sample, where all may
    be tied: in favour counts that it is above another, and that its set of ranks holds 1 at 95 % without correction.
    """
    others = np.arange(len(above)) != place
    against, favour = float(above[others, place].min()), float(above[place, others].min())
    return Evidence(favour if against > ALPHA else 1.0, against)


def all_of(parts: Sequence[Evidence]) -> Evidence:
    """Of several statements that must all hold.

    In favour: the weakest, which needs no correction (intersection–union); against: the strongest by Bonferroni, for
    any of them may be the false one. NaN where any has no standard error.
    """
    if any(np.isnan(part.p) for part in parts):
        return NONE
    favour = max(part.favour for part in parts)
    return Evidence(favour, min(1.0, len(parts) * min(part.against for part in parts)) if favour > ALPHA else 1.0)


def plainly(statement: Statement, values: Sequence[float]) -> bool:
    """Whether a statement holds of those who answered, and of nobody else; `values` are those of its rows.

    Of `first` those of all items, the statement's own among them.
    """
    if statement.kind == "first":
        own = statement.items.index(statement.sides[0])
        return values[own] >= max(values)
    if statement.kind == "same":
        return abs(values[0] - values[1]) < statement.value
    other = values[1] if statement.kind == "gap" else statement.value
    return statement.sign * (values[0] - other) > 0
