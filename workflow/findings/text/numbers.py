"""A released number as a reader sees it, rounded half up on the released decimals, and issued with its key."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from findings.keys import EFFECTS, OF_MEANS, RULE_EFFECTS
from findings.release import Estimate
from findings.text.captions import captions
from findings.text.issued import issue

DIFFERENCES = ("difference", "difference_of_means")
# Differences of proportions, in percentage points; differences in other units; numbers with two decimals.
POINTS = ("difference", "average_marginal_effect", *EFFECTS)
SIGNED = ("difference_of_means", "log_odds", *(effect + OF_MEANS for effect in EFFECTS))
PLAIN = ("mean", "alpha", "omega", "item_rest", "f_test", "pseudo_r2", "rao_scott")


def numerals(words: str, lang: str) -> str:
    """A text with its digits in the script of the language."""
    digits = captions(lang).get("digits")
    return words.translate(str.maketrans("0123456789", digits)) if digits else words


def shown(row: Estimate, lang: str) -> str:
    """The value: a proportion as whole percent (`<1%`, `>99%` near the ends), a mean with 2 decimals, a count whole.

    A difference has its sign; of proportions it is in percentage points (the parts of a change
    with one decimal). Bounds are a range; of a table test it is
    Cramér's V with 2 decimals. The caption's word for withheld where the row has no number.
    """
    if not row.published or row.value is None:
        return str(captions(lang)["withheld"])
    return issue(row.key, _shown(row, row.value, lang))


def _shown(row: Estimate, value: float, lang: str) -> str:
    words = captions(lang)
    if row.statistic in ("count", "rank"):
        return numerals(f"{value:,.0f}", lang)
    if row.statistic in POINTS:
        return numerals(str(words["points"]).format(value=signed(value, _places(row))), lang)
    if row.statistic in SIGNED:
        return numerals(f"{value:+.2f}".replace("-", "−"), lang)
    if row.statistic == "f_test":
        return numerals(f"F {value:.1f}", lang)
    if row.statistic in PLAIN:
        return numerals(f"{value:.2f}".replace("-", "−"), lang)
    if row.statistic == "bounds" and row.bound_low is not None and row.bound_high is not None:
        return numerals(str(words["interval"]).format(low=limit(row.bound_low), high=limit(row.bound_high)), lang)
    return numerals(str(words["percent"]).format(value=percent(value)), lang)


def interval(row: Estimate, lang: str) -> str:
    """The interval in the units of `shown`; of a withheld row, the word for it; an en dash where there is none."""
    return issue(row.key, _interval(row, lang)) if row.published else str(captions(lang)["withheld"])


def _interval(row: Estimate, lang: str) -> str:
    words = captions(lang)
    if row.statistic == "rank" and row.rank_low is not None and row.rank_high is not None:
        ranks = {"low": f"{row.rank_low:.0f}", "high": f"{row.rank_high:.0f}"}
        form = str(words["interval_number"]) if row.rank_low < row.rank_high else "{low}"
        return numerals(form.format(**ranks), lang)
    if row.low is None or row.high is None:
        return "–"
    ends: dict[str, str]
    if row.statistic in POINTS:
        ends = {"low": signed(row.low, _places(row)), "high": signed(row.high, _places(row))}
        form = "interval_difference"
    elif row.statistic in SIGNED:
        ends = {name: f"{end:+.2f}".replace("-", "−") for name, end in (("low", row.low), ("high", row.high))}
        form = "interval_difference"
    elif row.statistic in PLAIN:
        ends, form = {"low": f"{row.low:.2f}", "high": f"{row.high:.2f}"}, "interval_number"
    else:
        ends, form = {"low": limit(row.low), "high": limit(row.high)}, "interval"
    return numerals(str(words[form]).format(**ends), lang)


def full(row: Estimate, lang: str) -> str:
    """The value with its interval in brackets, where it has one: `37% (34–40%)`; a rank with its set: `2 (1–3)`."""
    low, high = (row.rank_low, row.rank_high) if row.statistic == "rank" else (row.low, row.high)
    has = row.published and low is not None and high is not None and not (row.statistic == "rank" and low == high)
    return issue(row.key, f"{shown(row, lang)} ({interval(row, lang)})") if has else shown(row, lang)


def part(row: Estimate, column: str, words: str, lang: str) -> str:
    """Another number of a row, already formatted, in the digits of the language."""
    return issue(f"{row.key}#{column}", numerals(words, lang))


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


def signed(value: float, places: int = 0) -> str:
    """A difference of proportions in percentage points with its sign, half up: 0.041 -> +4, with one place +4.1."""
    points = (Decimal(str(value)) * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{0:.{places}f}" if points == 0 else f"{points:+}".replace("-", "−")


def _places(row: Estimate) -> int:
    """Decimals of a difference: the parts of a change are small beside it, and so is what a rule of cleaning does."""
    return 1 if row.statistic in EFFECTS or row.family == RULE_EFFECTS else 0


def p_value(value: float) -> str:
    """A p with three decimals; `<0.001` below."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"
