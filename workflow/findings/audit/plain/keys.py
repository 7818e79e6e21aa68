"""Keys taken apart: what a row is of."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEY = re.compile(r"([a-z0-9_]+)\.([a-z0-9_]+)\.([a-z0-9_]+)\|([^@]*)@([a-z0-9_]+)")


@dataclass(frozen=True)
class Parts:
    """The parts of a key of one row; those that do not apply are None."""

    family: str
    indicator: str
    statistic: str
    wave: str
    ministry: str | None = None
    service: str | None = None
    weighting: str | None = None
    breakdown: str | None = None
    group: str | None = None


def parts_of(key: str) -> Parts | None:
    """The parts of a key of one row; None for a key of another kind."""
    found = _KEY.fullmatch(key)
    if not found:
        return None
    named: dict[str, str] = {}
    levels: list[list[str]] = []
    for part in filter(None, found[4].split(";")):
        name, value = part.split("=", 1)
        if name in ("ministry", "service", "weights"):
            named["weighting" if name == "weights" else name] = value
        else:
            levels = [pair.split("=") for pair in part.split("&")]
    if levels:
        named |= {"breakdown": "&".join(pair[0] for pair in levels), "group": "&".join(pair[1] for pair in levels)}
    return Parts(found[1], found[2], found[3], found[5], **named)


def operands(key: str) -> tuple[str, list[str]] | None:
    """The operation and the keys of `diff(a,b)` or `ratio(a,b)`; None for another key."""
    found = re.fullmatch(r"(diff|ratio)\((.*)\)", key)
    if not found:
        return None
    depth, start, made = 0, 0, []
    for place, letter in enumerate(found[2]):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            made.append(found[2][start:place])
            start = place + 1
    return found[1], [*made, found[2][start:]]


def leaves(key: str) -> list[tuple[float, Parts]]:
    """The rows that a difference (or a difference of differences) is of, each with its sign."""
    pair = operands(key)
    if pair is None:
        parts = parts_of(key)
        return [(1.0, parts)] if parts else []
    first, second = (leaves(part) for part in pair[1])
    return [*first, *((-sign, parts) for sign, parts in second)]
