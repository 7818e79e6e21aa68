"""Finding a key: by fragments of it, and by the words that the study has for its codes in any language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# Burmese vowels are no word characters for a regular expression: what divides words is listed.
_APART = re.compile(r"[\s,;:|=&()@./\"'“”–-]+")


def search(
    words: str, keys: Iterable[tuple[str, str]], study: Mapping[str, Any], most: int = 15
) -> list[tuple[str, str]]:
    """The keys (with status) that most of the words fit, best first: published ones, headline weights, short ones.

    A word fits a key that has it as a fragment, or a code whose label holds it: "women" fits `gender=female`.
    """
    wanted = [word for word in _APART.split(words.lower()) if word]
    codes = {word: _codes(word, study) for word in wanted}
    headline = f"weights={study['headline_weighting']}"
    scored = []
    for key, status in keys:
        parts = set(_APART.split(key))
        score = sum(2 if word in parts else 1 for word in wanted if word in key or codes[word] & parts)
        fits = sum(word in key or bool(codes[word] & parts) for word in wanted)
        if fits:
            scored.append((-fits, -score, status != "published", headline not in key, len(key), key, status))
    best = min((score[0] for score in scored), default=0)
    return [(score[-2], score[-1]) for score in sorted(score for score in scored if score[0] == best)[:most]]


def _codes(word: str, study: Mapping[str, Any]) -> set[str]:
    """The codes of the config that have a label with a word."""
    found: set[str] = set()

    def look(node: Any, code: str | None) -> None:
        if isinstance(node, Mapping):
            label = node.get("label")
            name = node.get("id", node.get("level", code))
            if isinstance(label, Mapping) and isinstance(name, str):
                if any(word in _APART.split(str(text).lower()) for text in label.values()):
                    found.add(name)
            for key, value in node.items():
                look(value, key)
        elif isinstance(node, list):
            for value in node:
                look(value, code)

    for section in ("waves", "ministries", "services", "dimensions", "barriers", "spoken_languages", "scales",
                    "item_sets", "breakdowns", "indicators"):  # fmt: skip
        look(study.get(section, {}), None)
    return found
