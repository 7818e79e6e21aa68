"""Sentences from templates: a number enters one by its key only, and every number that entered is kept as a claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError

from findings.errors import FindingsError
from findings.release import Released
from findings.text.issued import plain
from findings.text.numbers import full, shown


@dataclass(frozen=True)
class Claim:
    """A sentence of an exhibit (or `report`), the keys of its numbers in order, and each number as printed.

    The numbers in the sentence carry their keys (`findings.text.issued`).
    """

    exhibit: str
    sentence: str
    keys: list[str]
    texts: list[str]


@dataclass
class _Log:
    keys: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, key: str, text: str) -> str:
        self.keys.append(key)
        self.texts.append(plain(text))
        return text


def claim(released: Released, lang: str, exhibit: str, template: str, facts: Mapping[str, Any]) -> Claim:
    """Fill a template with `facts`, and with `num(key)` and `full(key)` (with its interval), which log the row printed.

    Raises FindingsError if the template is wrong, names what is not there, or asks for a key that is not released.
    """
    log = _Log()
    environment = Environment(undefined=StrictUndefined, autoescape=False)
    environment.filters["lower_first"] = lower_first
    try:
        sentence = environment.from_string(template).render(
            **facts,
            num=lambda key: log.add(key, shown(released.number(key), lang)),
            full=lambda key: log.add(key, full(released.number(key), lang)),
        )
    except TemplateError as error:
        raise FindingsError(
            f"A template of the captions cannot be filled: {error.message}.",
            file=f"captions.{lang}.yaml",
            codes=[exhibit],
            mend="correct the template; docs/render.md lists what each kind of exhibit offers it.",
        ) from None
    return Claim(exhibit, " ".join(sentence.split()), log.keys, log.texts)


def lower_first(words: str) -> str:
    """A text with the first letter small, unless the word is an abbreviation or a name of capitals (VPNs)."""
    return words if len(words) > 1 and not words[1].islower() and words[1] != " " else words[:1].lower() + words[1:]
