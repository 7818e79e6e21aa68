"""An instrument as a wave asked it: its questions under the study's names, its options under the study's codes.

What wave.yaml renames (`columns: rename`, `codes`, `answers`, the `recode` steps) is undone, and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from findings.instrument import Codebook, Question

# Of these nobody is asked.
NOT_ASKED = ("meta", "note")
# The language of the labels that the export itself carries (ingest.json).
EXPORT = "export"


@dataclass(frozen=True)
class Option:
    """An answer that could be given: the study's `code`, the codes `raw` that the form has for it, its labels."""

    code: str
    raw: tuple[str, ...]
    labels: dict[str, str]


@dataclass(frozen=True)
class Asked:
    """A question as a wave asked it: `exported` is the export's name of it; `options` are in the form's order."""

    name: str
    exported: str
    type: str
    labels: dict[str, str]
    options: tuple[Option, ...]
    relevant: str
    constraint: str
    required: bool


def asked(codebook: Codebook, wave: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Asked]:
    """Questions by name, in the form's order, but for those that the export does not have.

    `wave` is wave.yaml, `record` ingest.json. An option that wave.yaml makes no answer (null) is not among the options.
    """
    exported = {
        str(entry["rename"]): header for header, entry in (wave.get("columns") or {}).items() if "rename" in entry
    }
    own = record.get("labels", {})
    return {
        name: Asked(
            name=name,
            exported=exported.get(name, name),
            type=question.type,
            labels=_with_export(question.label, own.get(name, {}).get("wording")),
            options=_options(question, codebook, wave, own.get(name, {}).get("values", {})),
            relevant=question.relevant,
            constraint=question.constraint,
            required=question.required,
        )
        for name, question in codebook.questions.items()
        if question.type not in NOT_ASKED and name not in record.get("absent", [])
    }


def _options(
    question: Question, codebook: Codebook, wave: Mapping[str, Any], values: Mapping[str, str]
) -> tuple[Option, ...]:
    if question.list is None:
        return ()
    choices = codebook.choices.get(question.list, {})
    recodes = [
        step["map"] for step in wave.get("cleaning", []) if step["step"] == "recode" and step["column"] == question.name
    ]
    answers = (wave.get("answers") or {}).get(question.name, {})
    targets = {code for mapping in [*recodes, answers] for code in mapping.values()}
    # Codes that wave.yaml gave the list, for answers of another code: nobody was shown them.
    added = set((wave.get("codes") or {}).get(question.list, {})) & targets
    found: dict[str, Option] = {}
    for raw in [*(code for code in choices if code not in added), *(raw for raw in answers if raw not in choices)]:
        code: str | None = raw
        for mapping in (answers, *recodes):
            code = mapping.get(code, code) if code is not None else None
        labels = _with_export(choices.get(raw, {}), values.get(raw))
        if code is None:
            continue
        if code not in found:
            found[code] = Option(code, (raw,), labels)
        elif raw in choices:
            found[code] = Option(code, (*found[code].raw, raw), found[code].labels)
    return tuple(found.values())


def _with_export(labels: Mapping[str, str], own: str | None) -> dict[str, str]:
    return {**labels, **({EXPORT: own} if own else {})}
