"""Headers of tools that rest on an XLSForm, placed by the form: names, group prefixes, option columns, labels.

Sources: kobotoolbox/formpack, getodk/central-backend (paths of groups, option columns); R `make.names` (every character
that a name may not hold becomes `.`, a leading `_` or byte-order mark gets an `X`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

SEPARATORS = ("/", ".")
_R_MARK = re.compile(r"^(X\.U\.FEFF\.|X\.?\.?U\.FEFF\.|ï\.\.|\ufeff)")


@dataclass(frozen=True)
class Placed:
    """What a header stands for: a question, or one option of a select_multiple question."""

    question: str
    option: str | None = None


def original_name(header: str) -> str:
    """The tool's name of a column: without a byte-order mark, and with R's `X_` undone."""
    name = _R_MARK.sub("", header.strip())
    return name[1:] if name.startswith("X_") else name


def leaf(header: str) -> str:
    """The last part of a header with groups."""
    name = original_name(header)
    for mark in SEPARATORS:
        if mark in name:
            return name.rsplit(mark, 1)[1]
    return name


def _mangled(name: str) -> str:
    """A name as R's `make.names` leaves it, but for the leading X."""
    return re.sub(r"\W", ".", name)


class Headers:
    """Places headers by a form: exact names, group prefixes, option columns, labels of one language."""

    def __init__(
        self,
        questions: Iterable[str],
        options: Mapping[str, Mapping[str, Mapping[str, str]]],
        labels: Mapping[str, Mapping[str, str]],
        extra: Collection[str] = (),
    ) -> None:
        """`options`: select_multiple question -> code -> language -> label; `labels`: question -> language -> label.

        `extra`: separators of one tool: `-` after a group (ODK Central), `_` before an option (SurveyCTO).
        """
        self.extra = extra
        self.names = {name: name for name in questions}
        self.options = options
        self.mangled = {_mangled(name): name for name in self.names}
        self.labels: dict[str, set[tuple[str, str]]] = {}
        for name, by_language in labels.items():
            for language, label in by_language.items():
                self.labels.setdefault(label.strip(), set()).add((name, language))

    def place(self, header: str) -> Placed | None:
        """The question (and option) of a header by its XML name, or None."""
        if header in self.names:
            return Placed(header)
        name = original_name(header)
        if name in self.names:
            return Placed(name)
        for mark in SEPARATORS:
            parts = name.split(mark)
            # An option's code may itself hold a dot, so every cut is tried, the longest question path first.
            for cut in range(len(parts) - 1, 0, -1):
                question = self._question(parts[cut - 1])
                option = self._option(question, mark.join(parts[cut:]))
                if question and option is not None:
                    return Placed(question, option)
            if len(parts) > 1 and (question := self._question(parts[-1])):
                return Placed(question)
        if found := self._question(name):
            return Placed(found)
        if found := self.mangled.get(_mangled(name)):
            return Placed(found)
        return self._joined(name) if "_" in self.extra else None

    def _joined(self, name: str) -> Placed | None:
        """A question and its option with `_` between them, where `-` of a code became `_` too (SurveyCTO)."""
        for cut in range(len(name) - 1, 0, -1):
            if name[cut] == "_" and name[:cut] in self.options:
                for code in self.options[name[:cut]]:
                    if code.replace("-", "_") == name[cut + 1 :]:
                        return Placed(name[:cut], code)
        return None

    def place_label(self, header: str) -> tuple[Placed, str] | None:
        """The question of a header that is its label in exactly one question, with the language; or None."""
        name = original_name(header)
        # Labels of groups may stand before it.
        for end in (name, *(name[i + 1 :] for i, mark in enumerate(name) if mark == "/")):
            if found := self._by_label(end):
                return found
        return None

    def _by_label(self, name: str) -> tuple[Placed, str] | None:
        if len({question for question, _ in self.labels.get(name, ())}) == 1:
            question, language = min(self.labels[name])
            return Placed(question), language
        for cut in (i for i, mark in enumerate(name) if mark == "/"):
            for question, language in sorted(self.labels.get(name[:cut].strip(), ())):
                for code, by_language in self.options.get(question, {}).items():
                    if name[cut + 1 :].strip() in (by_language.get(language, "").strip(), code):
                        return Placed(question, code), language
        return None

    def _question(self, part: str) -> str | None:
        found = part if part in self.names else self.mangled.get(part)
        if found is None and "-" in self.extra:
            # A name may hold the separator itself: the longest end that is a question.
            ends = (part[i + 1 :] for i, mark in enumerate(part) if mark == "-")
            found = next((end for end in ends if end in self.names), None)
        return found

    def _option(self, question: str | None, text: str) -> str | None:
        """The code among the question's options: exact, or as R left it."""
        codes = self.options.get(question or "", {})
        if text in codes:
            return text
        return next((code for code in codes if _mangled(code) == text), None)
