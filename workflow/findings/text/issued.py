"""Numbers that carry their source: each is issued with its key, and is known by it until the exhibit is finished.

A number issued stands between two marks, the first followed by one letter that stands for its key; both are private
code points that no text of a study holds. Whoever measures or writes a text takes the marks off with `plain`; what
still holds a numeral outside of them was typed, or computed where nobody can follow it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

OPEN, CLOSE = "\U0010fffa", "\U0010fffb"
# Letters of plane 15, which is private, stand for keys in the order in which they came.
_FIRST, _ROOM = 0xF0000, 0xFFFD
_keys: dict[str, str] = {}
_letters: dict[str, str] = {}
_ISSUED = re.compile(f"{OPEN}(.)([^{OPEN}{CLOSE}]*){CLOSE}", re.DOTALL)
_MARKS = re.compile(f"{OPEN}.|{CLOSE}", re.DOTALL)
_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")


def issue(key: str, words: str) -> str:
    """`words` as the text that stands for the number of `key`: the one way in which a number gets into an exhibit.

    A column of a row other than its value and interval is `key#column`. What is issued inside is taken over.
    """
    words = plain(words)
    if not _NUMERAL.search(words):
        return words
    if key not in _letters:
        if len(_letters) >= _ROOM:
            raise ValueError("more keys in one process than there are letters for them")
        _letters[key] = chr(_FIRST + len(_letters))
        _keys[_letters[key]] = key
    return f"{OPEN}{_letters[key]}{words}{CLOSE}"


def plain(words: str) -> str:
    """A text as it is printed: without the marks."""
    return _MARKS.sub("", words) if OPEN in words or CLOSE in words else words


def unmarked(content: Any) -> Any:
    """Lists and mappings of texts as they are printed; what is no text stays as it is."""
    if isinstance(content, str):
        return plain(content)
    if isinstance(content, Mapping):
        return {key: unmarked(value) for key, value in content.items()}
    return [unmarked(each) for each in content] if isinstance(content, list | tuple) else content


def issued(words: str) -> list[tuple[str, str]]:
    """(key, text) of each number in a text, in order."""
    return [(_keys[found[1]], found[2]) for found in _ISSUED.finditer(words)]


def rest(words: str) -> str:
    """A text without what was issued: what it holds of numerals has no key."""
    return _ISSUED.sub("\ufffc", words)


def lines(parts: Iterable[str]) -> Iterator[str]:
    """Pieces of a text that was broken, each with marks of its own."""
    letter = ""
    for part in parts:
        words = (OPEN + letter if letter else "") + part
        letter = ""
        if words.rfind(OPEN) > words.rfind(CLOSE):
            letter = words[words.rfind(OPEN) + 1]
            words += CLOSE
        yield words


def numerals_of(words: str) -> Counter[str]:
    """Each numeral of a text in the digits 0 to 9, with its separators (1,234; 0.05), and how often it stands there."""
    found = ("".join(str(unicodedata.decimal(c, c)) for c in each) for each in _NUMERAL.findall(words))
    return Counter(found)


def digits_of(words: str) -> Counter[str]:
    """Each run of digits of a text, as `numerals_of`, but parted at separators."""
    return Counter("".join(str(unicodedata.decimal(c)) for c in each) for each in re.findall(r"\d+", words))
