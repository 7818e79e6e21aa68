"""Texts matched to what the codebook knows: by code (case and separators apart), by label, by likeness."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from findings.labels import wording

# ASSUME[likeness]: below 60 of 100 two texts are not of one question; what is above is proposed, never taken.
LEAST = 0.6
# So near a second one is told too.
NEAR = 0.05
STEPS = ("exact", "code", "label", "text")


@dataclass(frozen=True)
class Match:
    """A counterpart: `code`, `how` (one of STEPS), `score` from 0 to 1, and `also`, others that are nearly as like."""

    code: str
    how: str
    score: float
    also: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[int, float]:
        """Smaller is better."""
        return STEPS.index(self.how), -self.score

    @property
    def percent(self) -> str:
        """The score as a line of the crosswalk says it, from 0 to 100."""
        return str(round(100 * self.score))

    @property
    def others(self) -> str:
        """The others in words; empty where there are none."""
        return f"nearly as like: {', '.join(self.also)}" if self.also else ""


@lru_cache(maxsize=100_000)
def loose(text: str) -> str:
    """A text without case and punctuation, its words with one blank between them.

    Marks of a script (vowels in Burmese) are no punctuation.
    """
    letters = (" " if unicodedata.category(c)[0] in "PSZC" else c for c in wording(text).casefold())
    return " ".join("".join(letters).split())


def tight(text: str) -> str:
    """A code without case and separators."""
    return loose(text).replace(" ", "")


def matches(texts: Iterable[str], known: Mapping[str, Mapping[str, str]]) -> list[Match]:
    """The counterparts of what one thing is called (`texts`) among `known` (code -> language -> label), best first.

    One by code or by label stands alone; where it is of two codes it is none. By likeness there are up to three.
    """
    texts = [text for text in dict.fromkeys(texts) if loose(text)]
    for text in texts:
        if text.strip() in known:
            return [Match(text.strip(), "exact", 1.0)]
    wanted = {tight(text) for text in texts}
    found = [code for code in known if tight(code) in wanted]
    if len(found) == 1:
        return [Match(found[0], "code", 1.0)]
    worded = {loose(text) for text in texts}
    found = [code for code, labels in known.items() if worded & {loose(label) for label in labels.values()}]
    if len(found) == 1:
        return [Match(found[0], "label", 1.0)]
    scores = {code: max(_like(worded, (loose(code), *map(loose, labels.values())))) for code, labels in known.items()}
    best = sorted((code for code in scores if scores[code] >= LEAST), key=lambda code: -scores[code])[:3]
    return [
        Match(code, "text", scores[code], tuple(o for o in best if o != code and scores[o] >= scores[code] - NEAR))
        for code in best
    ]


def _like(texts: Iterable[str], others: Iterable[str]) -> Iterable[float]:
    """Likeness of every pair, 0 where it is below LEAST; of two texts, and of their words in alphabetical order."""
    yield 0.0
    others = [form for other in others if other for form in (other, _sorted(other))]
    for text in [form for own in texts for form in (own, _sorted(own))]:
        # It remembers the second text, and long texts have no junk.
        pair = SequenceMatcher(None, "", text, autojunk=False)
        for other in others:
            pair.set_seq1(other)
            if pair.real_quick_ratio() >= LEAST and pair.quick_ratio() >= LEAST:
                yield pair.ratio()


def _sorted(text: str) -> str:
    return " ".join(sorted(text.split()))
