"""A released number as a reader sees it, rounded half up on the released decimals, so that a text can be checked."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from findings.release import Estimate
from findings.text.captions import captions


def shown(row: Estimate, lang: str) -> str:
    """The value: a proportion as whole percent (`<1 %`, `>99 %` near the ends), a mean with 2 decimals, a count whole.

    The caption's word for withheld where the row has no number.
    """
    if not row.published or row.value is None:
        return str(captions(lang)["withheld"])
    if _counted(row):
        return f"{row.value:,.0f}"
    if row.statistic == "mean":
        return f"{row.value:.2f}"
    return str(captions(lang)["percent"]).format(value=percent(row.value))


def interval(row: Estimate, lang: str) -> str:
    """The interval in the units of `shown`; of a withheld row, the word for it; an en dash where there is none."""
    if not row.published:
        return str(captions(lang)["withheld"])
    if row.low is None or row.high is None:
        return "–"
    if row.statistic == "mean":
        return str(captions(lang)["interval_number"]).format(low=f"{row.low:.2f}", high=f"{row.high:.2f}")
    return str(captions(lang)["interval"]).format(low=limit(row.low), high=limit(row.high))


def full(row: Estimate, lang: str) -> str:
    """The value with its interval in brackets, where it has one: `37 % (34–40 %)`."""
    has = row.published and row.low is not None and row.high is not None
    return f"{shown(row, lang)} ({interval(row, lang)})" if has else shown(row, lang)


def percent(value: float) -> str:
    """A proportion as whole percent: 0.125 -> 13; what is neither none nor all is not shown as 0 or 100."""
    whole = limit(value)
    if whole == "0" and value > 0:
        return "<1"
    if whole == "100" and value < 1:
        return ">99"
    return whole


def limit(value: float) -> str:
    """A limit of an interval as whole percent, half up."""
    return str((Decimal(str(value)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _counted(row: Estimate) -> bool:
    return row.statistic == "count"
