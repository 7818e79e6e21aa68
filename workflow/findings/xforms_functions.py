"""Operators and functions of XForms on ODK's values: text, numbers, truth values and dates. Nothing here raises.

Conversions: an empty or unreadable text is NaN as a number; a date is its days since 1970-01-01, also as ISO 8601 text;
a text is true if it is not empty, a number if it is neither 0 nor NaN. Source: ODK XForms specification, "Data type
conversion"; JavaRosa, XPathFuncExpr.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from functools import cache

Value = str | float | bool | datetime
EPOCH = datetime(1970, 1, 1)
_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)")
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?.*)?")


def is_number(text: str) -> bool:
    """Whether a text is a number for ODK: digits, a sign, a point; no exponent."""
    return _NUMBER.fullmatch(text) is not None


def number(value: Value) -> float:
    """A value as a number; NaN where it is none."""
    if isinstance(value, datetime):
        return float((value - EPOCH).days)
    if not isinstance(value, str):
        return float(value)
    text = value.strip()
    if is_number(text):
        return float(text)
    date = as_date(text)
    return float((date - EPOCH).days) if isinstance(date, datetime) else math.nan


def string(value: Value) -> str:
    """A value as text; a whole number has no point, a date is YYYY-MM-DD."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) else repr(value)


def boolean(value: Value) -> bool:
    """A value as a truth value."""
    if isinstance(value, float):
        return not math.isnan(value) and abs(value) > 1e-12
    return bool(value)


def as_date(value: Value) -> Value:
    """A date or time, from text in ISO 8601 (its local time) or days since 1970; else "" if empty, or NaN."""
    if isinstance(value, datetime) or value == "":
        return value
    try:
        if not isinstance(value, str):
            return EPOCH + timedelta(days=float(value))
        found = _TIME.fullmatch(value.strip())
        return datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}{found[3] or ''}") if found else math.nan
    except (ValueError, OverflowError):
        return math.nan


def _equal(a: Value, b: Value) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return boolean(a) == boolean(b)
    if isinstance(a, float) or isinstance(b, float):
        return abs(number(a) - number(b)) < 1e-12
    return string(a) == string(b)


def _divided(a: Value, b: Value) -> float:
    top, bottom = number(a), number(b)
    if bottom != 0 or math.isnan(top):
        return top / bottom if bottom != 0 else math.nan
    return math.nan if top == 0 else math.copysign(math.inf, top) * math.copysign(1.0, bottom)


def _remainder(a: Value, b: Value) -> float:
    top, bottom = number(a), number(b)
    return math.nan if bottom == 0 or math.isinf(top) else math.fmod(top, bottom)


OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "=": _equal,
    "!=": lambda a, b: not _equal(a, b),
    "<": lambda a, b: number(a) < number(b),
    "<=": lambda a, b: number(a) <= number(b),
    ">": lambda a, b: number(a) > number(b),
    ">=": lambda a, b: number(a) >= number(b),
    "+": lambda a, b: number(a) + number(b),
    "-": lambda a, b: number(a) - number(b),
    "*": lambda a, b: number(a) * number(b),
    "div": _divided,
    "mod": _remainder,
}


def _selected(answer: Value, code: Value) -> bool:
    return string(code).strip() in string(answer).split()


def _selected_at(answer: Value, place: Value) -> str:
    codes, at = string(answer).split(), number(place)
    return codes[int(at)] if 0 <= at < len(codes) else ""


def _truncated(value: Value) -> float:
    found = number(value)
    return float(math.trunc(found)) if math.isfinite(found) else found


def _round(value: Value, places: Value = 0.0) -> float:
    found, digits = number(value), _truncated(places)
    if not math.isfinite(found):
        return found
    if not abs(digits) <= 30:
        return math.nan
    half = ROUND_HALF_DOWN if found < 0 else ROUND_HALF_UP
    return float(Decimal(repr(found)).quantize(Decimal(1).scaleb(-int(digits)), rounding=half))


def _extreme(of: Callable[[list[float]], float]) -> Callable[..., float]:
    def call(*values: Value) -> float:
        known = [found for value in values if not math.isnan(found := number(value))]
        return of(known) if known else math.nan

    return call


def _substr(text: Value, start: Value, end: Value | None = None) -> str:
    whole, first = string(text), _truncated(start)
    last = float(len(whole)) if end is None else _truncated(end)
    return "" if math.isnan(first) or math.isnan(last) else whole[slice(int(first), int(last))]


def _translated(text: Value, old: Value, new: Value) -> str:
    letters, others = string(old), string(new)
    table = {ord(letter): others[i : i + 1] or None for i, letter in reversed(list(enumerate(letters)))}
    return string(text).translate(table)


def _checklist(least: Value, most: Value, *factors: Value) -> bool:
    held, low, high = sum(map(boolean, factors)), number(least), number(most)
    return (low < 0 or held >= low) and (high < 0 or held <= high)


def _weighted(least: Value, most: Value, *pairs: Value) -> bool:
    total = sum(number(weight) for flag, weight in zip(pairs[::2], pairs[1::2], strict=False) if boolean(flag))
    return number(least) <= total <= number(most)


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _regex(text: Value, pattern: Value) -> bool:
    """The whole text, as JavaRosa and the ODK documentation have it."""
    compiled = _compiled(string(pattern))
    return compiled is not None and compiled.fullmatch(string(text)) is not None


_PARTS: dict[str, Callable[[datetime], str]] = {
    "Y": lambda d: f"{d.year:04d}", "y": lambda d: f"{d.year % 100:02d}", "m": lambda d: f"{d.month:02d}",
    "n": lambda d: str(d.month), "b": lambda d: d.strftime("%b"), "d": lambda d: f"{d.day:02d}",
    "e": lambda d: str(d.day), "H": lambda d: f"{d.hour:02d}", "h": lambda d: str(d.hour),
    "M": lambda d: f"{d.minute:02d}", "S": lambda d: f"{d.second:02d}", "3": lambda d: "000",
    "a": lambda d: d.strftime("%a"), "W": lambda d: f"{d.isocalendar().week:02d}",
}  # fmt: skip


def _formatted(value: Value, layout: Value) -> str:
    date = as_date(value)
    if not isinstance(date, datetime):
        return ""
    return re.sub(r"%(.)", lambda found: _PARTS.get(found[1], lambda d: found[0])(date), string(layout))


def _rounded_date(value: Value) -> Value:
    date = as_date(value)
    return datetime(date.year, date.month, date.day) if isinstance(date, datetime) else date


def _decimal_days(value: Value) -> Value:
    date = as_date(value)
    return (date - EPOCH) / timedelta(days=1) if isinstance(date, datetime) else date


def _math(of: Callable[..., float]) -> Callable[..., float]:
    def call(*values: Value) -> float:
        try:
            return of(*map(number, values))
        except (ValueError, OverflowError, ZeroDivisionError):
            return math.nan

    return call


# Name -> number of arguments (least, most; None = any), and what it gives.
CALLS: dict[str, tuple[int | tuple[int, int | None], Callable[..., Value]]] = {
    "true": (0, lambda: True),
    "false": (0, lambda: False),
    "not": (1, lambda a: not boolean(a)),
    "boolean": (1, boolean),
    "boolean-from-string": (1, lambda a: string(a).lower() == "true" or string(a) == "1"),
    "number": (1, number),
    "int": (1, _truncated),
    "string": (1, string),
    "selected": (2, _selected),
    "is-selected": (2, _selected),
    "selected-at": (2, _selected_at),
    "count-selected": (1, lambda a: float(len(string(a).split()))),
    "checklist": ((3, None), _checklist),
    "weighted-checklist": ((4, None), _weighted),
    "regex": (2, _regex),
    "contains": (2, lambda a, b: string(b) in string(a)),
    "starts-with": (2, lambda a, b: string(a).startswith(string(b))),
    "ends-with": (2, lambda a, b: string(a).endswith(string(b))),
    "concat": ((1, None), lambda *a: "".join(map(string, a))),
    "join": ((2, None), lambda by, *a: string(by).join(map(string, a))),
    "substr": ((2, 3), _substr),
    "substring-before": (2, lambda a, b: string(a).partition(string(b))[0] if string(b) in string(a) else ""),
    "substring-after": (2, lambda a, b: string(a).partition(string(b))[2] if string(b) else string(a)),
    "translate": (3, _translated),
    "max": ((1, None), _extreme(max)),
    "min": ((1, None), _extreme(min)),
    "round": ((1, 2), _round),
    "floor": (1, _math(lambda x: float(math.floor(x)))),
    "ceiling": (1, _math(lambda x: float(math.ceil(x)))),
    "abs": (1, lambda a: abs(number(a))),
    "pow": (2, _math(math.pow)),
    "sqrt": (1, _math(math.sqrt)),
    "exp": (1, _math(math.exp)),
    "exp10": (1, _math(lambda x: math.pow(10.0, x))),
    "log": (1, _math(math.log)),
    "log10": (1, _math(math.log10)),
    "pi": (0, lambda: math.pi),
    "atan2": (2, _math(math.atan2)),
    **{name: (1, _math(getattr(math, name))) for name in ("sin", "cos", "tan", "asin", "acos", "atan")},
    "date": (1, _rounded_date),
    "date-time": (1, as_date),
    "decimal-date-time": (1, _decimal_days),
    "format-date": (2, _formatted),
    "format-date-time": (2, _formatted),
}
