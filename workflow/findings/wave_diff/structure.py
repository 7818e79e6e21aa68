"""Differences of two instruments: questions and options added, lost, renamed; words, scales, types and filters changed.

Texts are compared after normalisation: without tags, invisible characters, case, repeated blanks and final stops, and
with the marks of a syllable in one order (NFC).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any

from findings.labels import wording
from findings.wave_diff.asked import EXPORT, Asked, Option

# Every kind of difference; of a question, or of an option of it.
KINDS = (
    "column_added", "column_lost", "column_renamed", "type_changed", "filter_changed", "required_changed",
    "constraint_changed", "wording_touched", "reworded", "language_added", "language_lost",
    "option_added", "option_lost", "option_renamed", "nonanswer_added", "nonanswer_lost", "label_touched",
    "relabelled", "labels_swapped", "scale_reversed", "order_changed",
)  # fmt: skip
# ASSUME[reversed]: three answers or more in the opposite order are a scale turned round; two are an order.
LEAST_OF_A_SCALE = 3
_ENDS = " .?!:;,…။၊"


@dataclass(frozen=True)
class Difference:
    """One difference: `kind` of KINDS, the question, the option's code, the language, and what it was and is.

    `likeness` of two texts, 0 to 1; None where none are compared.
    """

    kind: str
    question: str
    option: str = ""
    language: str = ""
    before: str = ""
    now: str = ""
    likeness: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """The difference as wave_diff.json holds it."""
        return asdict(self)


def differences(
    later: Mapping[str, Asked], earlier: Mapping[str, Asked], nonanswers: Collection[str], similarity: float
) -> list[Difference]:
    """Every difference of two instruments, in the order of the later one's questions, then the earlier one's.

    `nonanswers` are codes that are no answers; texts less alike than `similarity` (0 to 1) are reworded or relabelled,
    others only touched. An instrument has no difference from itself.
    """
    found: list[Difference] = []
    for name, now in later.items():
        if name not in earlier:
            found.append(Difference("column_added", name, now=_first(now.labels)))
            continue
        found += _of_question(now, earlier[name], similarity)
        found += _of_options(now, earlier[name], set(nonanswers), similarity)
    found += [
        Difference("column_lost", name, before=_first(before.labels))
        for name, before in earlier.items()
        if name not in later
    ]
    return found


def likeness(before: str, now: str) -> float:
    """How alike two texts are, 0 to 1: the share of characters in blocks that both have in one order (Ratcliff and
    Obershelp, 1988); 1 for texts that normalisation makes equal.
    """
    # ASSUME[likeness]: a share of common characters stands for meaning. It does not see that "not" turns a question
    # round: whoever reads the table does.
    texts = (_normal(before), _normal(now))
    return 1.0 if texts[0] == texts[1] else SequenceMatcher(None, *texts, autojunk=False).ratio()


def _normal(text: str) -> str:
    return wording(text).casefold().rstrip(_ENDS)


def _first(texts: Mapping[str, str]) -> str:
    return next(iter(texts.values()), "")


def _of_question(now: Asked, before: Asked, similarity: float) -> Iterator[Difference]:
    if now.exported != before.exported:
        yield Difference("column_renamed", now.name, before=before.exported, now=now.exported)
    if now.type != before.type:
        yield Difference("type_changed", now.name, before=before.type, now=now.type)
    for kind, pair in {
        "filter_changed": (before.relevant, now.relevant),
        "constraint_changed": (before.constraint, now.constraint),
    }.items():
        if _bare(pair[0]) != _bare(pair[1]):
            yield Difference(kind, now.name, before=pair[0], now=pair[1])
    if now.required != before.required:
        words = {True: "yes", False: "no"}
        yield Difference("required_changed", now.name, before=words[before.required], now=words[now.required])
    yield from _texts(now.name, "", before.labels, now.labels, similarity, ("wording_touched", "reworded"))
    for kind, one, other in (("language_added", now, before), ("language_lost", before, now)):
        for language, label in one.labels.items():
            if language not in other.labels and language != EXPORT:
                texts = ("", label) if one is now else (label, "")
                yield Difference(kind, now.name, "", language, *texts)


def _texts(
    question: str, option: str, before: Mapping[str, str], now: Mapping[str, str], similarity: float,
    kinds: tuple[str, str],
) -> Iterator[Difference]:  # fmt: skip
    """A difference for every language that both have and in which the text changed."""
    for language in now:
        if language in before and (alike := likeness(before[language], now[language])) < 1:
            kind = kinds[alike < similarity]
            yield Difference(kind, question, option, language, before[language], now[language], round(alike, 3))


def _bare(condition: str) -> str:
    return "".join(condition.split()).replace('"', "'")


def _of_options(now: Asked, before: Asked, nonanswers: set[str], similarity: float) -> Iterator[Difference]:
    own, other = ({option.code: option for option in each.options} for each in (now, before))
    for kind, options, rest in (("added", own, other), ("lost", other, own)):
        for code, option in options.items():
            if code not in rest:
                texts = ("", _first(option.labels)) if kind == "added" else (_first(option.labels), "")
                yield Difference(
                    f"{'nonanswer' if code in nonanswers else 'option'}_{kind}", now.name, code, "", *texts
                )
    common = [code for code in own if code in other]
    for code in common:
        if set(own[code].raw) != set(other[code].raw):
            yield Difference(
                "option_renamed", now.name, code, before=_named(other[code]), now=_named(own[code])
            )  # fmt: skip
    renamed = {code for code in common if set(own[code].raw) != set(other[code].raw)}
    swapped = {pair for pair in _swapped(other, own, common)}
    for code in common:
        if code in renamed:
            continue
        kinds = ("label_touched", "relabelled")
        for found in _texts(now.name, code, other[code].labels, own[code].labels, similarity, kinds):
            yield (
                found
                if (code, found.language) not in swapped
                else Difference(
                    "labels_swapped", now.name, code, found.language, found.before, found.now, found.likeness
                )
            )
    orders = [[code for code in options if code in common and code not in nonanswers] for options in (other, own)]
    if orders[0] != orders[1]:
        turned = len(orders[0]) >= LEAST_OF_A_SCALE and orders[0] == orders[1][::-1]
        kind = "scale_reversed" if turned else "order_changed"
        yield Difference(kind, now.name, before=" ".join(orders[0]), now=" ".join(orders[1]))


def _named(option: Option) -> str:
    """`tertiary (Tertiary)`: an option under the code and the label that the form has."""
    label = _first(option.labels)
    return f"{' '.join(option.raw)}{f' ({label})' if label else ''}"


def _swapped(
    before: Mapping[str, Option], now: Mapping[str, Option], common: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Code and language of options that now carry the label that another option of the list had."""
    for code in common:
        for language, label in now[code].labels.items():
            own = before[code].labels.get(language)
            others = {_normal(before[c].labels[language]) for c in common if c != code and language in before[c].labels}
            if own is not None and _normal(own) != _normal(label) and _normal(label) in others:
                yield code, language
