"""Texts as respondents saw them, compared: labels of questions and options, and cells that join several options."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping

AMBIGUOUS = "\0"
# So many ways to read a cell are one too many: no need to know them all.
MANY = 1000
Choices = Mapping[str, Mapping[str, str]]
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_TAG = re.compile(r"<[^<>]{1,200}>")


def plain(text: str) -> str:
    """For comparison only: without invisible characters and outer blanks."""
    return _INVISIBLE.sub("", text).strip()


def token(text: str) -> str:
    """An answer as one word, so that it can stand beside others of a select_multiple until clean maps it to a code."""
    return "\u2423".join(plain(text).split())


def wording(text: str) -> str:
    """A text for comparison."""
    bare = _TAG.sub(" ", html.unescape(text)) if "<" in text or "&" in text else text
    return " ".join(unicodedata.normalize("NFC", plain(bare)).split())


def options_of(choices: Choices) -> dict[str, str]:
    """Wording (a code, or a label of any language) -> code; AMBIGUOUS where it is of two."""
    return unique((text, code) for code, labels in choices.items() for text in (code, *labels.values()))


def unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Wording of the first -> the second; AMBIGUOUS where one wording has two, and left out where it is empty."""
    found: dict[str, str] = {}
    for text, name in pairs:
        bare = wording(text)
        if bare and found.setdefault(bare, name) != name:
            found[bare] = AMBIGUOUS
    return found


def splits(text: str, codes: Mapping[str, str], join: str) -> set[tuple[str, ...]]:
    """All ways to read a text as known options joined by `join`; a join at the end is none.

    Options may hold the join themselves. A split in which one option stands twice is no reading: nobody ticks it twice.
    Of very many ways two are given.
    """
    text = text.removesuffix(join.strip()) if join.strip() else text
    if not text:
        return {()}
    ends: dict[int, set[tuple[str, ...]]] = {len(text): {()}}
    for start in range(len(text) - 1, -1, -1):
        if start and not text.startswith(join, start - len(join)):
            continue
        found: set[tuple[str, ...]] = set()
        for option, code in codes.items():
            if text.startswith(option, start):
                end = start + len(option)
                if end == len(text):
                    found.add((code,))
                elif text.startswith(join, end) and end + len(join) in ends:
                    found |= {(code, *rest) for rest in ends[end + len(join)] if code not in rest}
        if found:
            if len(found) > MANY:
                return {(AMBIGUOUS,), (AMBIGUOUS, AMBIGUOUS)}
            ends[start] = found
    return ends.get(0, set())


def pieces(text: str, codes: Mapping[str, str], joins: Collection[str]) -> tuple[list[str], list[str], str]:
    """What a cell that holds own words too is made of: codes, the longest known option first; the words; their join.

    `joins` are tried in their order, the first that the text holds; none: the cell is one piece.
    """
    join = next((mark for mark in joins if mark in text), None)
    if join is None:
        return ([codes[text]], [], " ") if codes.get(text, AMBIGUOUS) != AMBIGUOUS else ([], [text], " ")
    found: list[str] = []
    own: list[str] = []
    longest = sorted(codes, key=len, reverse=True)
    rest = text
    while rest:
        option = next((o for o in longest if rest == o or rest.startswith(o + join)), None)
        if option is not None and codes[option] != AMBIGUOUS:
            found.append(codes[option])
            rest = rest[len(option) :].removeprefix(join)
            continue
        first, _, rest = rest.partition(join)
        own.append(first)
    return found, [word for word in own if word], join
