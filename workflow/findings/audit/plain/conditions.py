"""Conditions of an XLSForm, read by hand: comparisons, and, or, not, selected, count-selected.

What they mean is what ODK means by them (docs/clean.md): an empty answer is the empty text, and no number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cache

from findings.audit.plain.estimates import NotComputed

Value = str | float | bool
Read = Callable[[Mapping[str, Value]], Value]
_WORD = re.compile(r"""\s*(\$\{\s*[^}\s]+\s*\}|'[^']*'|"[^"]*"|\d+\.?\d*|<=|>=|!=|[=<>(),]|[a-z][a-z-]*)""")
_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)")
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="))
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


@cache
def references(text: str) -> tuple[str, ...]:
    """The questions that a condition names."""
    return tuple(re.findall(r"\$\{\s*([^}\s]+)\s*\}", text))


@cache
def condition(text: str) -> Callable[[Mapping[str, Value]], bool]:
    """Whether a condition holds, of the answers it names: numbers, or texts. Raises NotComputed on what is not read."""
    source, words, at = text.translate(_QUOTES).strip(), list[str](), 0
    while at < len(source):
        found = _WORD.match(source, at)
        if not found:
            raise _unread()
        words.append(found[1])
        at = found.end()
    value = _level(words, 0)
    if words:
        raise _unread()
    return lambda row: _true(value(row))


def _unread() -> NotComputed:
    return NotComputed("a condition of the form is of a kind that the second implementation does not read")


def _next(words: list[str], wanted: str | None = None) -> str:
    if not words or (wanted and words[0] != wanted):
        raise _unread()
    return words.pop(0)


def _level(words: list[str], level: int) -> Read:
    """An expression of operators of `level` and those that bind closer; what was read is taken from `words`."""
    if level == len(_LEVELS):
        return _one(words)
    left = _level(words, level + 1)
    while words and words[0] in _LEVELS[level]:
        left = _joined(_next(words), left, _level(words, level + 1))
    return left


def _joined(operator: str, left: Read, right: Read) -> Read:
    if operator == "or":
        return lambda row: _true(left(row)) or _true(right(row))
    if operator == "and":
        return lambda row: _true(left(row)) and _true(right(row))
    if operator in _COMPARED:
        return lambda row: _COMPARED[operator](_number(left(row)), _number(right(row)))
    return lambda row: _same(left(row), right(row)) == (operator == "=")


def _one(words: list[str]) -> Read:
    word = _next(words)
    if word.startswith("${"):
        name = word[2:-1].strip()
        return lambda row: row[name]
    if word[0] in "'\"":
        return lambda row: word[1:-1]
    if word[0].isdigit():
        return lambda row: float(word)
    if word != "(":
        _next(words, "(")
    given: list[Read] = []
    while words and words[0] != ")":
        given.append(_level(words, 0))
        if words and words[0] == ",":
            _next(words)
    _next(words, ")")
    return _call(word, given)


def _call(name: str, given: list[Read]) -> Read:
    if (name, len(given)) == ("(", 1):
        return given[0]
    if (name, len(given)) in (("true", 0), ("false", 0)):
        return lambda row: name == "true"
    if (name, len(given)) == ("not", 1):
        return lambda row: not _true(given[0](row))
    if (name, len(given)) == ("selected", 2):
        return lambda row: _text(given[1](row)).strip() in _text(given[0](row)).split()
    if (name, len(given)) == ("count-selected", 1):
        return lambda row: float(len(_text(given[0](row)).split()))
    raise _unread()


def _true(value: Value) -> bool:
    return value == value and bool(value)


def _number(value: Value) -> float:
    if not isinstance(value, str):
        return float(value)
    return float(value) if _NUMBER.fullmatch(value.strip()) else math.nan


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:g}"


def _same(a: Value, b: Value) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return _true(a) == _true(b)
    if isinstance(a, float) or isinstance(b, float):
        return _number(a) == _number(b)
    return a == b
