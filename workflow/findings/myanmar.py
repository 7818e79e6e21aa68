"""Burmese text: digits, invisible characters, Zawgyi. The only module that knows a script.

Sources: Unicode Technical Note 11 (order within a syllable); the Zawgyi-One code chart; google/myanmar-tools (the
probability that a text is Zawgyi).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from myanmartools import ZawgyiDetector

ZAWGYI_THRESHOLD = 0.95
# Below three letters the detector guesses: one letter scores 0.506, digits alone -inf.
MINIMUM_LETTERS = 3
_LETTERS = re.compile("[\u1000-\u103f\u104e-\u109f]")
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_BLANKS = re.compile(r"[\s\u00a0]+")
_DIGITS = {0x1040 + i: str(i) for i in range(10)} | {0x1090 + i: str(i) for i in range(10)}
_WA = "\u101d"
_DIGIT_LIKE = re.compile("[\u101d.,+-]*[0-9\u1040-\u1049\u1090-\u1099][\u101d0-9\u1040-\u1049\u1090-\u1099.,+-]*")


def digits(text: str) -> str:
    """Burmese and Shan digits as 0 to 9; in a number the letter wa stands for the zero it looks like."""
    if _DIGIT_LIKE.fullmatch(text):
        text = text.replace(_WA, "0")
    return text.translate(_DIGITS)


def without_invisible(text: str) -> str:
    """Without zero-width characters and soft hyphens, without outer blanks, inner blanks single."""
    return _BLANKS.sub(" ", _INVISIBLE.sub("", text)).strip()


@cache
def _detector() -> ZawgyiDetector:
    return ZawgyiDetector()


def zawgyi_probability(text: str) -> float:
    """Probability that a text is Zawgyi, 0 to 1; NaN when it has too few Burmese letters to tell."""
    if len(_LETTERS.findall(text)) < MINIMUM_LETTERS:
        return float("nan")
    return float(_detector().get_zawgyi_probability(text))


def unicode_text(text: str) -> str:
    """A text in Unicode, composed (NFC): converted when it is Zawgyi with a probability over ZAWGYI_THRESHOLD."""
    return unicodedata.normalize("NFC", from_zawgyi(text) if zawgyi_probability(text) > ZAWGYI_THRESHOLD else text)


def clean_text(text: str) -> str:
    """A text without invisible characters, in Unicode; its digits stay as typed."""
    return unicode_text(without_invisible(text))


_KINZI = "\ue000"  # Private use: stands behind its consonant, as Zawgyi types it, until the syllable is ordered.


def _table() -> dict[int, str]:
    """Zawgyi code points -> Unicode, in Zawgyi's order; stacked consonants carry their virama U+1039."""
    stacked = {
        0x1060: 0x1000, 0x1061: 0x1001, 0x1062: 0x1002, 0x1063: 0x1003, 0x1065: 0x1005, 0x1066: 0x1006, 0x1067: 0x1006,
        0x1068: 0x1007, 0x1069: 0x1008, 0x106C: 0x100B, 0x106D: 0x100C, 0x1070: 0x100F, 0x1071: 0x1010, 0x1072: 0x1010,
        0x1073: 0x1011, 0x1074: 0x1011, 0x1075: 0x1012, 0x1076: 0x1013, 0x1077: 0x1014, 0x1078: 0x1015, 0x1079: 0x1016,
        0x107A: 0x1017, 0x107B: 0x1018, 0x107C: 0x1019, 0x1085: 0x101C, 0x1093: 0x1018,
    }  # fmt: skip
    table = {zawgyi: "\u1039" + chr(letter) for zawgyi, letter in stacked.items()}
    table |= {
        0x1033: "\u102f", 0x1034: "\u1030", 0x1039: "\u103a", 0x103A: "\u103b", 0x103B: "\u103c", 0x103C: "\u103d",
        0x103D: "\u103e", 0x105A: "\u102b\u103a", 0x1064: _KINZI, 0x106A: "\u1009", 0x106B: "\u100a",
        0x106E: "\u100d\u1039\u100d", 0x106F: "\u100d\u1039\u100e", 0x107D: "\u103b", 0x1086: "\u103f",
        0x1087: "\u103e", 0x1088: "\u103e\u102f", 0x1089: "\u103e\u1030", 0x108A: "\u103d\u103e",
        0x108B: _KINZI + "\u102d", 0x108C: _KINZI + "\u102e", 0x108D: _KINZI + "\u1036", 0x108E: "\u102d\u1036",
        0x108F: "\u1014", 0x1090: "\u101b", 0x1091: "\u100f\u1039\u100d", 0x1092: "\u100b\u1039\u100c",
        0x1094: "\u1037", 0x1095: "\u1037", 0x1096: "\u1039\u1010\u103d", 0x1097: "\u100b\u1039\u100b",
        0x104E: "\u104e\u1004\u103a\u1038",
    }  # fmt: skip
    # The medial ra has seven widths and heights; all are typed before the consonant.
    return table | dict.fromkeys(range(0x107E, 0x1085), "\u103c")


_ZAWGYI = _table()
_SYLLABLE = re.compile(
    "(?P<e>\u1031*)(?P<ra>\u103c*)(?P<base>[\u1000-\u102a\u103f])"
    f"(?P<marks>(?:\u1039[\u1000-\u1021]|[\u102b-\u1030\u1032\u1036-\u1038\u103a\u103b\u103d\u103e{_KINZI}])*)"
)
_ORDER = "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u1032\u102f\u1030\u102b\u102c\u103a\u1036\u1037\u1038"


def from_zawgyi(text: str) -> str:
    """A Zawgyi text in Unicode: code points replaced, then each syllable put in Unicode's order."""
    # A wa typed as the digit zero: a digit carries no vowel sign.
    text = re.sub("\u1040(?=[\u102b-\u1032\u1036-\u1039])", _WA, text)
    return _SYLLABLE.sub(_ordered, text.translate(_ZAWGYI))


def _ordered(syllable: re.Match[str]) -> str:
    parts = re.findall("\u1039.|.", syllable["marks"])
    stacked = "".join(part for part in parts if len(part) == 2)
    marks = [part for part in parts if len(part) == 1 and part != _KINZI]
    marks = sorted(dict.fromkeys([*syllable["e"], *syllable["ra"], *marks]), key=_ORDER.index)
    kinzi = "\u1004\u103a\u1039" if _KINZI in parts else ""
    base = syllable["base"]
    if base == "\u1025" and marks == ["\u102e"]:
        return "\u1026"
    if base == "\u1025" and (stacked or "\u103a" in marks):
        base = "\u1009"
    return kinzi + base + stacked + "".join(marks)


# A syllable begins with a letter that no asat or virama follows, and that no virama comes before.
_BREAK = re.compile(r"(?<!\u1039)(?=[\u1000-\u102a\u103f\u1050-\u1055][^\u103a\u1039]|[\u1000-\u102a]$)")


def syllables(words: str) -> list[str]:
    """A text in pieces between which a line may be broken: Burmese syllables; anything else is one piece."""
    return [piece for piece in _BREAK.split(words) if piece]
