"""The fate of every column of an export: kept, identifying, dropped, free_text, split or duration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.identifying import dropped_by_tool, identified_by_question, identified_by_tool
from findings.instrument import Codebook, Question
from findings.readers.headers import Headers, Placed, leaf, original_name
from findings.readers.table import RawTable, Repeat, shown

KEPT_TYPES = frozenset({"select_one", "select_multiple", "integer", "decimal", "range", "date", "calculate"})
SELECTS = frozenset({"select_one", "select_multiple"})
TEXTS = "a calculation that holds texts; `keep: true` if they identify nobody"
_COMPUTED = re.compile(r"[a-z0-9_.:+TZ-]{1,40}")
_PHONE = re.compile(r"(0|\+)\d{6,}")


@dataclass(frozen=True)
class Fate:
    """What becomes of one column of the export: `fate` kept, identifying, dropped, free_text, split or duration."""

    header: str
    column: str
    fate: str
    reason: str = ""
    option: str | None = None


def headers_of(codebook: Codebook, evidence: Mapping[str, Any]) -> Headers:
    """What places headers by a codebook; `evidence`: the tool's own `separators` of header parts."""
    multiples = {
        n: codebook.choices.get(q.list or "", {}) for n, q in codebook.questions.items() if q.type == "select_multiple"
    }
    labels = {name: question.label for name, question in codebook.questions.items() if isinstance(question.label, dict)}
    return Headers(codebook.questions, multiples, labels, evidence.get("separators", ()))


def under_names(raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: dict[str, Any]) -> Codebook:
    """The codebook of a form that calls questions otherwise than the study: a question whose column wave.yaml, or the
    crosswalk, takes for one that the form does not have (`rename`, without a type) has that name.

    Raises FindingsError where one question is taken for two, or two for one.
    """
    declared, headers = wave.get("columns") or {}, headers_of(codebook, raw.evidence)
    every = [raw.headers, *(repeat.headers for repeat in raw.repeats.values())]
    names: dict[str, str] = {}
    for header in [header for of in every for header in of]:
        placed = headers.place(header) or (found[0] if (found := headers.place_label(header)) else None)
        keys = (header, original_name(header), placed.question if placed else header)
        entry: Mapping[str, Any] = next((declared[key] for key in keys if key in declared), {})
        new = str(entry.get("rename") or "")
        if placed is None or not new or "type" in entry or new in codebook.questions:
            continue
        own = placed.question
        other = next((name for name, taken in names.items() if taken == new), own)
        if names.setdefault(own, new) != new or other != own:
            raise FindingsError(
                "One question of the form is taken for two, or two for one.",
                **place,
                column=", ".join(sorted({own, other})),
                codes=sorted({new, names[own]}),
                mend="in crosswalk.csv give the columns of a question one name, and no two questions the same.",
            )
    return codebook.renamed(names)


def fates_of(
    raw: RawTable | Repeat, codebook: Codebook, wave: Mapping[str, Any], evidence: Mapping[str, Any],
    place: dict[str, Any],
) -> tuple[list[Fate], Codebook, set[str], set[str]]:  # fmt: skip
    """The fate of every column, the codebook with wave.yaml's columns, the languages headers are labels of, and the
    entries of wave.yaml's `columns` that were used. `evidence`: the tool, and its own `separators` of header parts."""
    tool = str(evidence["tool"])
    headers = headers_of(codebook, evidence)
    declared: Mapping[str, Mapping[str, Any]] = wave.get("columns") or {}
    _check_options(declared, codebook, place)
    # What the export calls a column that its reader has put under the form's name.
    named: Mapping[str, str] = evidence.get("headers") or {}
    questions = dict(codebook.questions)
    duration = wave.get("duration") or {}
    clock = {wave.get("month"), duration.get("start"), duration.get("end")}
    fates: list[Fate] = []
    unknown: list[str] = []
    used: set[str] = set()
    languages: set[str] = set()
    for position, header in enumerate(raw.headers):
        placed = headers.place(header)
        if placed is None and (found := headers.place_label(header)):
            placed, language = found
            languages.add(language)
        keys = [header, original_name(header), placed.question if placed else leaf(header), named.get(header, header)]
        entry_key = next((name for name in keys if name in declared), None)
        used |= {entry_key} if entry_key else set()
        entry = declared[entry_key] if entry_key else None
        fate, question = _fate(header, placed, entry, questions, clock, tool, place)
        if fate is None:
            unknown.append(shown(header, position))
            continue
        if question is not None:
            questions[question.name] = question
        elif fate.fate == "kept" and not entry and questions[fate.column].type == "calculate":
            if not computed(raw.cells[position]):
                fate = replace(fate, fate="identifying", reason=TEXTS)
        fates.append(fate)
    if unknown:
        name = leaf(unknown[0])
        lines = "".join(f'\n      "{header}": {{drop: "why"}}' for header in unknown[:5])
        raise FindingsError(
            f"{len(unknown)} column(s) are in the export and neither in the form nor in wave.yaml.",
            **place,
            column=", ".join(unknown[:5]) + (f" (and {len(unknown) - 5} more)" if len(unknown) > 5 else ""),
            mend=f"decide each in wave.yaml: `{name}: {{identifying: true}}`, {{type: ..., list: ...}},"
            " {keep: true} or"
            f"\n    columns:{lines}",
        )
    seen: dict[tuple[str, str | None], str] = {}
    for f in fates:
        if f.fate in ("identifying", "dropped"):
            continue
        other = seen.get((f.column, f.option))
        seen[f.column, f.option] = f.header
        if other is not None:
            raise FindingsError(
                "Two columns stand for one question.",
                **place,
                column=f"{other}, {f.header}",
                mend=f'drop one in wave.yaml: `columns: {{"{f.header}": {{drop: "why"}}}}`.',
            )
    return fates, replace(codebook, questions=questions), languages, used


def _check_options(declared: Mapping[str, Mapping[str, Any]], codebook: Codebook, place: dict[str, Any]) -> None:
    """Stop when a column is declared as an option that the form does not have."""
    for header, entry in declared.items():
        if "option" not in entry:
            continue
        question = codebook.questions.get(str(entry.get("rename")))
        if question is None or question.type != "select_multiple":
            raise FindingsError(
                "A column is declared as an option of a question that is no select_multiple of the form.",
                **place,
                column=shown(header),
                codes=[str(entry.get("rename"))],
                mend="name a select_multiple question of the form, or leave the column out.",
            )
        if entry["option"] not in codebook.choices[question.list or ""]:
            raise FindingsError(
                f"A column is declared as an option that the form's list {question.list} does not have.",
                **place,
                column=shown(header),
                codes=[str(entry["option"])],
                mend=f"add it in wave.yaml: `codes: {{{question.list}: {{<code>: {{label: {{en: ...}}}}}}}}`.",
            )


def computed(cells: pd.Series) -> bool:
    """Whether a calculation holds codes, numbers and times alone.

    ASSUME[calculation]: forms carry names and telephones of a list of addresses along as calculations, so one with
    other texts, or with what may be a telephone number, is taken for identifying.
    """
    found = [str(cell).strip() for cell in cells.dropna().unique()]
    return all(_COMPUTED.fullmatch(cell) and not _PHONE.fullmatch(cell) for cell in found)


def check_declared(wave: Mapping[str, Any], used: set[str], place: dict[str, Any]) -> None:
    """Stop when wave.yaml decides on columns that no table of the export has."""
    if stale := sorted(set(wave.get("columns") or {}) - used):
        raise FindingsError(
            "wave.yaml decides on columns that the export does not have.",
            **{**place, "file": "wave.yaml"},
            column=", ".join(stale[:5]),
            mend="correct or remove them under `columns`.",
        )


def _fate(
    header: str,
    placed: Placed | None,
    entry: Mapping[str, Any] | None,
    questions: Mapping[str, Question],
    clock: Iterable[Any],
    tool: str,
    place: dict[str, Any],
) -> tuple[Fate | None, Question | None]:
    """One column's fate (None: nobody knows the column) and the question wave.yaml makes of it, if any."""
    entry = entry or {}
    question = questions.get(placed.question) if placed else None
    name = placed.question if placed else leaf(header)
    if entry.get("identifying"):
        return Fate(header, name, "identifying", "wave.yaml"), None
    if entry.get("drop"):
        return Fate(header, name, "dropped", str(entry["drop"])), None
    if name in clock and (question is None or question.type not in KEPT_TYPES):
        return Fate(header, name, "duration"), None
    if question is None or question.type not in SELECTS:
        # A tool's word for its own column may be a question of the form; the names common to all tools may not.
        own = tool if question is None or question.type not in KEPT_TYPES else ""
        if any(identified_by_tool(found, own) for found in (name, original_name(header))):
            if entry.get("keep") or entry.get("type"):
                raise FindingsError(
                    "wave.yaml keeps an identifying column.",
                    **place,
                    column=header,
                    mend="remove the entry under `columns`: such a column stops at ingest.",
                )
            return Fate(header, name, "identifying", "name of a tool's identifying column"), None
        if not entry and identified_by_question(name):
            return Fate(header, name, "identifying", "name of a question that identifies"), None
        if not entry and question is None and dropped_by_tool(original_name(header), tool):
            return Fate(header, name, "dropped", "the survey tool's own"), None
    if entry.get("option"):
        return Fate(header, str(entry["rename"]), "split", option=str(entry["option"])), None
    if placed and placed.option is not None:
        return Fate(header, name, "split", option=placed.option), None
    made = None
    if entry.get("rename"):
        name = str(entry["rename"])
        question = questions.get(name)
    if entry.get("type") or (question is None and entry):
        type_ = str(entry.get("type") or "text")
        base = question or Question(
            name=name, type=type_, list=None, label={}, relevant="", constraint="", required=False, group=""
        )
        question = made = replace(base, type=type_, list=entry.get("list"))
    if question is None:
        return None, None
    if question.type in KEPT_TYPES or entry.get("keep") or entry.get("place"):
        return Fate(header, name, "kept"), made
    if question.type == "text":
        return Fate(header, name, "free_text"), made
    return Fate(header, name, "identifying", f"metadata of type {question.type}"), made
