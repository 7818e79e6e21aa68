"""Burmese text: Zawgyi, digits, zero and wa, order of marks, invisible characters. The only module that knows a script.

Sources: Unicode Technical Note 11 and table 16-3 of the Unicode Standard (order of the marks of a syllable); CLDR's
transform Zawgyi-my (the Zawgyi code chart as rules); google/myanmar-tools (the probability that a text is Zawgyi).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from myanmartools import ZawgyiDetector

Cells = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]

ZAWGYI_THRESHOLD = 0.95
# Below three letters the detector guesses: one letter scores 0.506, digits alone -inf.
MINIMUM_LETTERS = 3
# Words of a question that asks who somebody is, or how to reach them: name, telephone, address, card, e-mail.
PERSONAL = ("အမည်", "နာမည်", "ဖုန်း", "လိပ်စာ", "မှတ်ပုံတင်", "အီးမေး")
_RUN = re.compile("[\u1000-\u103f\u104a-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f]+")
_LETTER = re.compile("[\u1000-\u103f\u104e-\u109f]")
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00\ufeff]")
_BLANKS = re.compile(r"[\s\u00a0]+")
_DIGITS = {0x1040 + i: str(i) for i in range(10)} | {0x1090 + i: str(i) for i in range(10)}
_WA = "\u101d"
_DIGIT_LIKE = re.compile("[\u101d.,+-]*[0-9\u1040-\u1049\u1090-\u1099][\u101d0-9\u1040-\u1049\u1090-\u1099.,+-]*")
# What Zawgyi cannot hold: code points it does not assign, and a stacked consonant at the beginning of a word. Shan
# (its consonants and vowels), Mon and Karen (the medial ha and their own letters) are full of them.
_NOT_ZAWGYI = re.compile(
    "[\u1022\u1028\u1035\u103e\u103f\u1050-\u1059\u105b-\u105f\u1098-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f]"
    "|(?<![\u1000-\u103f\u104e-\u109f])[\u1060-\u1063\u1065-\u1068\u106c\u106d\u1070-\u107c\u1085]"
)

# What a Unicode text has only by mistake, and Zawgyi in nearly every word: a sign without its letter, the vowel sign e
# before its letter, an aa after an asat, a medial after a vowel sign, a virama (Zawgyi's asat) that stacks no two
# letters of one class, Zawgyi's own forms.
_STACKS = "|".join(f"[{row}]\u1039[{row}]" for row in ("က-ဃ", "စ-ည", "ဋ-ဏ", "တ-န", "ပ-မ")) + "|လ\u1039လ|သ\u1039သ"
_NOT_UNICODE = re.compile(
    "(?<![\u1000-\u103f\u104e-\u109f])[\u102b-\u1032\u1036-\u103e]"
    "|(?<![\u1000-\u1021\u1027\u103a-\u103e\u105e-\u1060\u1075-\u1082])\u1031"
    "|\u103a[\u102b\u102c]|[\u1021\u102b-\u1032\u1036-\u1038][\u103b-\u103e]"
    f"|(?!{_STACKS})[\u1000-\u1021]\u1039|[^\u1000-\u1021\u103a]\u1039|\u1039(?![\u1000-\u1021])"
    "|[\u1033\u1034\u105a\u1060-\u1097]"
)


def digits(text: str) -> str:
    """Burmese and Shan digits as 0 to 9; in a number the letter wa stands for the zero it looks like."""
    if _DIGIT_LIKE.fullmatch(text):
        text = text.replace(_WA, "0")
    return text.translate(_DIGITS)


def without_invisible(text: str) -> str:
    """Without zero-width characters and soft hyphens, without outer blanks, inner blanks single."""
    return _BLANKS.sub(" ", _INVISIBLE.sub("", text)).strip()


_SIGN = "[\u102b-\u1032\u1036\u1039-\u103e]"  # Not the dot below and visarga: 10:30 is typed with a visarga.
_KILLED = "[\u1000-\u1021]\u1037?[\u1039\u103a]"  # A letter that ends a syllable, so that a letter comes before it.
_ANY_DIGIT = "[0-9\u1040-\u1049]"
_IN_WORD = "[\u1000-\u103f\u1050-\u108f\u109a-\u109f]"
_ZERO_FOR_WA = re.compile(
    f"\u1040(?={_SIGN}|{_KILLED})|(?<={_IN_WORD})(?<!{_ANY_DIGIT}\u1038)\u1040(?![.,]?{_ANY_DIGIT})"
)
_WA_FOR_ZERO = re.compile(
    f"(?:(?<={_ANY_DIGIT})|(?<={_ANY_DIGIT}[.,]))\u101d+(?!{_SIGN}|{_KILLED})"
    f"|(?<!{_IN_WORD})\u101d+(?=[.,]?{_ANY_DIGIT})"
)


def zero_and_wa(text: str) -> str:
    """The digit zero and the letter wa, which look alike, each where its neighbours ask for it; for Unicode text."""
    # ASSUME[zero_and_wa]: a zero that carries a vowel sign, comes before a killed letter or alone after a letter is a
    # wa (`ဘ၀`, `၀န်`); a wa after a digit, or before one at the beginning of a word, is a zero (`၂ဝ၂၅`), unless a
    # vowel sign or killed letter follows. What neither says stays as typed.
    return _WA_FOR_ZERO.sub(_zeros, _ZERO_FOR_WA.sub(_WA, text))


def _zeros(found: re.Match[str]) -> str:
    beside = found.string[max(found.start() - 2, 0) : found.end() + 2]
    return ("0" if re.search("[0-9]", beside) else "\u1040") * len(found[0])


# Letters that carry marks: of Burmese, Mon, Karen, Shan and their extensions.
_BASE = (
    "\u1000-\u102a\u103f\u104e\u1050-\u1055\u105a-\u105d\u1061\u1065\u1066\u106e-\u1070\u1075-\u1081\u108e"
    "\ua9e0-\ua9e4\ua9e7-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa6f\uaa71-\uaa76\uaa7a\uaa7e\uaa7f"
)
_SPACING = frozenset("\u102b\u102c\u1056\u1057\u1062\u1063\u1064\u1067\u1068\u1069\u106a\u106b\u106c\u106d\u1083")
_PLACE: dict[str, tuple[int, float]] = {
    **dict.fromkeys("\u103b\u105e\u105f", (-1, 2)), "\u103c": (-1, 3), **dict.fromkeys("\u103d\u1082", (-1, 4)),
    **dict.fromkeys("\u103e\u1060", (-1, 5)), **dict.fromkeys("\u1031\u1084", (-1, 6)),
}  # fmt: skip
_CLASS = {
    "\u103a": 1, **dict.fromkeys("\u102d\u102e\u1032\u1033\u1034\u1035\u1071\u1072\u1073\u1074\u1085\u1086\u109d", 2),
    **dict.fromkeys("\u102f\u1030\u1058\u1059", 3), "\u1036": 4, "\u1037": 5,
    **dict.fromkeys("\u1087\u1088\u1089\u108a\u108b\u108c\u108d\u108f\u109a\u109b\u109c", 6), "\u1038": 7,
    **dict.fromkeys(_SPACING, 9),
}  # fmt: skip
# Marks that one glyph hides under another; a vowel sign or tone typed twice can be seen.
_ONCE = frozenset("\u102d\u102e\u102f\u1030\u1032\u1036\u1037\u103a\u103b\u103c\u103d\u103e")
_MEDIALS, _BEFORE = "\u103a-\u103e\u105e-\u1060\u1082", "\u1031\u1084"
_MARKED = re.compile(f"(?<=[{_BASE}])([{_MEDIALS}]*[{_BEFORE}]*[{_MEDIALS}{''.join(mark for mark in _CLASS)}]*)")


def canonical(text: str) -> str:
    """A Unicode text in Unicode's order of marks, and NFC: what looks the same becomes the same string.

    Behind a letter: medial ya, ra, wa, ha, the vowel sign before it, asat, vowel signs above and below, anusvara, dot
    below, tone, visarga. What can be seen to stand elsewhere stays: an asat before a medial (a contraction), whatever
    is behind a sign that takes a place of its own on the line (aa, Karen and Shan vowels), and a vowel sign that is
    typed before its letter, behind the marks of the last one. NFC writes the dot below before an asat.
    """
    text = unicodedata.normalize("NFC", text)
    text = _MARKED.sub(_ordered_marks, text.replace("\u1025\u103a", "\u1009\u103a"))
    return unicodedata.normalize("NFC", text)


def _ordered_marks(found: re.Match[str]) -> str:
    marks = found[1]
    segment, medial, places = 0, False, []
    for i, mark in enumerate(marks):
        place = _PLACE.get(mark) or (segment, _CLASS[mark])
        if place == (0, 1):
            place = (-1, 5.5 if medial else 1)
        elif mark in "\u1036\u1037" and "\u1031" in marks and marks[i + 1 : i + 2] in ("\u102b", "\u102c"):
            # Burmese types the dot of `ော့` on either side of the aa; where there is no e the two are not alike.
            place = (segment + 1, _CLASS[mark])
        medial |= place[0] < 0
        segment += mark in _SPACING
        places.append((place, i))
    order = [marks[i] for _, i in sorted(places)]
    return "".join(mark for i, mark in enumerate(order) if not (mark in _ONCE and i and order[i - 1] == mark))


@cache
def _detector() -> ZawgyiDetector:
    return ZawgyiDetector()


@cache
def _log_odds(letters: str) -> float:
    p = _detector().get_zawgyi_probability(letters)
    return math.log(p / (1 - p))


def evidence(text: str) -> tuple[int, float, bool]:
    """Burmese letters of a text; the log odds that it is Zawgyi, -inf if it cannot be; whether it is no sound Unicode.

    The detector is a Markov chain, so log odds add up over texts, and a text's are those of its pairs of letters less
    those of the letters that two pairs share: each pair is asked once, and a million texts cost seconds.
    """
    letters = len(_LETTER.findall(text))
    if _NOT_ZAWGYI.search(text):
        return letters, -math.inf, False
    total = 0.0
    for run in _RUN.findall(text):
        if len(run) == 1:
            total += _log_odds(run)
            continue
        total += sum(map(_log_odds, map(str.__add__, run, run[1:]))) - sum(map(_log_odds, run[1:-1]))
    return letters, total, _NOT_UNICODE.search(text) is not None


def _verdict(letters: npt.ArrayLike, odds: npt.ArrayLike, unsound: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """1 Zawgyi, -1 Unicode, 0 undecided: between the thresholds, too few letters, or sound Unicode."""
    limit = math.log(ZAWGYI_THRESHOLD / (1 - ZAWGYI_THRESHOLD))
    enough, odds = np.asarray(letters) >= MINIMUM_LETTERS, np.asarray(odds)
    zawgyi = enough & (odds > limit) & (np.asarray(unsound) > 0)
    return zawgyi.astype(np.int8) - (enough & (odds < -limit)).astype(np.int8)


def zawgyi_probability(text: str) -> float:
    """Probability that a text is Zawgyi, 0 to 1; NaN when it has too few Burmese letters to tell."""
    letters, odds, _ = evidence(text)
    return float("nan") if letters < MINIMUM_LETTERS else 1 / (1 + math.exp(min(-odds, 700)))


def clean_text(text: str, zawgyi: bool | None = None) -> str:
    """A text without invisible characters, in Unicode, its marks in order, zero and wa told apart; digits as typed.

    `zawgyi`: whether it is Zawgyi; None = judged by the text alone.
    """
    text = without_invisible(text)
    if not _LETTER.search(text):
        return zero_and_wa(unicodedata.normalize("NFC", text))
    if zawgyi is None:
        zawgyi = bool(_verdict(*evidence(text)) == 1)
    text = canonical(from_zawgyi(text) if zawgyi else text)
    told = zero_and_wa(text)
    # The marks of a zero are in order only once it is a letter.
    return text if told == text else canonical(told)


@dataclass(frozen=True)
class CleanTexts:
    """Column -> (rows,): `texts` cleaned, None = empty; `converted` from Zawgyi; `doubtful`: may be, not converted."""

    texts: dict[str, Cells]
    converted: dict[str, Bools]
    doubtful: dict[str, Bools]


def clean_texts(columns: Mapping[str, Cells]) -> CleanTexts:
    """`clean_text` of text columns (rows,), None = empty; what is Zawgyi is judged by respondent and column.

    Raises nothing; a text whose encoding stays unknown is left as typed (its marks ordered) and marked as doubtful.
    """
    # ASSUME[zawgyi_pooled]: a keyboard writes one encoding. (1) A respondent's texts are judged together: with three
    # Burmese letters or more, they are Unicode where the probability of Zawgyi is below 0.05, and Zawgyi where it is
    # over 0.95 and they hold what sound Unicode does not (the detector alone takes one sound text in a hundred for
    # Zawgyi). (2) Who is not decided follows the column: all its texts together, by the same limits, unless a
    # respondent decided the other way answers in it. (3) A text that alone is decided the other way, or holds what
    # Zawgyi cannot (Shan, Mon, Karen), is not converted. What is not decided, or against its respondent or column, is
    # left as typed, and is doubtful where converting would change it.
    rows = len(next(iter(columns.values()), []))
    found, pooled = {}, np.zeros((rows, 3))
    for name, cells in columns.items():
        known = {text: evidence(without_invisible(text)) for text in set(cells) - {None}} | {None: (0, 0.0, False)}
        found[name] = np.array([known[text] for text in cells], dtype=float).reshape(rows, 3)
        pooled += found[name]
    respondent = _verdict(*pooled.T)
    texts, converted, doubtful = {}, {}, {}
    for name, cells in columns.items():
        own = found[name]
        impossible, written = np.isinf(own[:, 1]), own[:, 0] > 0
        column = int(_verdict(*own[~impossible].sum(axis=0)))
        if (respondent[written] == -column).any():
            column = 0
        verdict = np.where(respondent == 0, column, respondent)
        # A text too short to be judged is not converted either where it is more probably Unicode.
        unlikely = impossible | ((own[:, 0] < MINIMUM_LETTERS) & (own[:, 1] < 0))
        unsure = written & ((verdict == 0) | (_verdict(*own.T) == -verdict) | (unlikely & (verdict > 0)))
        converted[name] = zawgyi = written & (verdict > 0) & ~unsure
        pairs = {
            (text, flag): text and clean_text(text, flag) or None
            for text, flag in set(zip(cells, zawgyi.tolist(), strict=True))
        }
        texts[name] = np.empty(rows, dtype=object)
        texts[name][:] = [pairs[pair] for pair in zip(cells, zawgyi.tolist(), strict=True)]
        changed = {text: clean_text(text, True) != clean_text(text, False) for text in set(cells[unsure])}
        doubtful[name] = np.array([u and changed[text] for u, text in zip(unsure, cells, strict=True)], dtype=bool)
    return CleanTexts(texts, converted, doubtful)


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
    "(?P<e>\u1031*)(?P<ra>\u103c*)(?P<base>[\u1000-\u102a\u103f\u104e])"
    f"(?P<marks>(?:\u1039[\u1000-\u1021]|[\u102b-\u1030\u1032\u1036-\u1038\u103a\u103b\u103d\u103e{_KINZI}])*)"
)
_ORDER = "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u1032\u102f\u1030\u102b\u102c\u103a\u1036\u1037\u1038"
# The digits zero and four, typed for the letter wa and the sign `aforementioned` that look like them.
_ZERO_IN_ZAWGYI = re.compile(
    "\u1040(?=[\u102b-\u1034\u1036\u1039-\u103d\u105a\u1064\u107d\u1087-\u108e])|(?<=[\u1031\u103b\u107e-\u1084])\u1040"
)
_AFOREMENTIONED = re.compile("(?:(?<![\u1040-\u1049])\u1044|\u104e)\u1004\u1039\u1038")


def from_zawgyi(text: str) -> str:
    """A Zawgyi text in Unicode: code points replaced, then each syllable put in order; see `canonical` for the rest."""
    text = _AFOREMENTIONED.sub("\u104e", _ZERO_IN_ZAWGYI.sub(_WA, text))
    return _SYLLABLE.sub(_ordered, text.translate(_ZAWGYI))


def _ordered(syllable: re.Match[str]) -> str:
    parts = re.findall("\u1039.|.", syllable["marks"])
    stacked = "".join(part for part in parts if len(part) == 2)
    typed = [part for part in parts if len(part) == 1 and part != _KINZI]
    marks = sorted(dict.fromkeys([*syllable["e"], *syllable["ra"], *typed]), key=_ORDER.index)
    aa = next((i for i, mark in enumerate(typed) if mark in "\u102b\u102c"), len(typed))
    if "\u103a" in typed[:aa]:
        marks = ["\u103a", *(mark for mark in marks if mark != "\u103a")]
    kinzi = "\u1004\u103a\u1039" if _KINZI in parts else ""
    base = syllable["base"]
    if base == "\u1025" and marks == ["\u102e"]:
        return "\u1026"
    if base == "\u1025" and (stacked or "\u103a" in marks):
        base = "\u1009"
    if base == "\u1005" and "\u103b" in marks and not stacked:
        base, marks = "\u1008", [mark for mark in marks if mark != "\u103b"]
    return kinzi + base + stacked + "".join(marks)


# A syllable begins with a letter that no asat or virama follows, and that no virama comes before.
_BREAK = re.compile(r"(?<!\u1039)(?=[\u1000-\u102a\u103f\u1050-\u1055][^\u103a\u1039]|[\u1000-\u102a]$)")


def syllables(words: str) -> list[str]:
    """A text in pieces between which a line may be broken: Burmese syllables; anything else is one piece."""
    return [piece for piece in _BREAK.split(words) if piece]
