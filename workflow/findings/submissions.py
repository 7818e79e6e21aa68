"""Corrections matched to submissions while the survey tool's ids are still known."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from findings.corrections import Entry, entries_of
from findings.errors import FindingsError
from findings.fates import Fate
from findings.instrument import Codebook
from findings.labels import AMBIGUOUS, options_of, token, wording
from findings.readers.headers import leaf, original_name
from findings.readers.kobo import OFF, ON
from findings.readers.table import RawTable

CORRECTION_COLUMNS = [
    "row_id", "column", "option", "old", "new", "checked", "reason", "who", "date", "file", "row",
]  # fmt: skip
# KoboToolbox, ODK Central and SurveyCTO, Qualtrics, SurveyMonkey, LimeSurvey, Microsoft Forms.
SUBMISSION_IDS = frozenset(
    {"_uuid", "_id", "rootUuid", "instanceID", "KEY", "key", "ResponseId", "Respondent ID", "id", "Response ID", "ID"}
)
# Tools that give no submission an id of its own: a column of such a name is the researcher's.
WITHOUT_IDS = frozenset({"google_forms", "plain_csv", "spss", "stata"})
# Between the labels of several options in one cell.
_JOINS = re.compile(r"[;,|]")
Target = tuple[str, str | None]


@dataclass(frozen=True)
class Matched:
    """`table`: CORRECTION_COLUMNS, all text, in the order of the files; `column` null = the submission is removed,
    `option` null = the whole answer, `checked` yes or no. `counts` for ingest.json."""

    table: pd.DataFrame
    counts: dict[str, int]


def corrections_by_row(
    wave: Mapping[str, Any],
    wave_dir: Path,
    raw: RawTable,
    ids: pd.Series,
    fates: list[Fate],
    codebook: Codebook,
    kept: Collection[str],
) -> Matched:
    """The corrections of corrections.csv and the cleaning log, with row ids in place of the tool's ids or data rows.

    `kept` are the columns that live on (answers and free text); a correction of any other stops, as does one of an
    unknown submission, and two that contradict each other; the same one twice is one. Row numbers in the errors are
    rows of the file that they name. Null = empty cell.
    """
    entries, counts = entries_of(wave, wave_dir)
    rows = _rows_of(entries, raw, wave["wave"])
    targets = _targets(entries, fates, codebook, kept, wave["wave"])
    _check_new(entries, targets, wave, codebook)
    held: dict[tuple[int, Target | None], tuple[Entry, str, str]] = {}
    against: list[tuple[Entry, Entry]] = []
    made = []
    for entry, row, target in zip(entries, rows, targets, strict=True):
        old, new = (_in_form_order(_coded(cell, target, codebook), target, codebook) for cell in (entry.old, entry.new))
        earlier, was, now = held.get((row, target), (None, "", ""))
        if earlier and (target is None or not (entry.checked and old == now)):
            # An answer that an earlier row gave its last value is not corrected from another one.
            same = new == now and (old == was or not (entry.checked and earlier.checked))
            against += [] if same else [(earlier, entry)]
            continue
        held[row, target] = (entry, old, new)
        column, option = target or ("", None)
        made.append([ids[row], column, option or "", old, new, "yes" if entry.checked else "no", entry.reason,
                     entry.who, entry.date, entry.file, str(entry.row)])  # fmt: skip
    if against:
        pairs = [f"{a.file} row {a.row} and {b.file} row {b.row}" for a, b in against[:5]]
        raise FindingsError(
            f"{len(against)} pair(s) of corrections contradict each other: {'; '.join(pairs)}.",
            wave=wave["wave"],
            file=", ".join(sorted({entry.file for pair in against for entry in pair})),
            rows=[b.row for _, b in against],
            mend="remove one of each pair; a row of the cleaning log is left out by"
            " `skip: [{rows: [...], reason: ...}]` under `cleaning_log` in wave.yaml.",
        )
    table = pd.DataFrame(made, columns=CORRECTION_COLUMNS, dtype="string").replace("", pd.NA)
    removals = int(table["column"].isna().sum())
    _check_steps(wave, len(table) - removals, removals)
    counts = {"corrections": len(table) - removals, "removals": removals, **counts, "repeated": len(rows) - len(table)}
    return Matched(table, counts)


def _check_steps(wave: Mapping[str, Any], changes: int, removals: int) -> None:
    """Stop when there are corrections and no step that makes them."""
    steps = {step["step"] for step in wave.get("cleaning") or []}
    for name, count in (("corrections", changes), ("removals", removals)):
        if count and name not in steps:
            raise FindingsError(
                f"There are {count} {name}, and no step of cleaning makes them.",
                wave=wave["wave"],
                file="wave.yaml",
                mend=f"add `- {{step: {name}}}` under `cleaning`.",
            )


def _rows_of(entries: list[Entry], raw: RawTable, wave: str) -> list[int]:
    """Position (0-based) of the submission of every correction, by tool id or else by data row."""
    by_id: dict[str, set[int]] = {}
    for i in _ids(raw) if entries else []:
        for row, value in enumerate(raw.cells[i]):
            if not pd.isna(value):
                by_id.setdefault(_bare(value), set()).add(row)
    every = range(len(raw.cells))
    rows: list[int] = []
    unknown: list[Entry] = []
    several: list[Entry] = []
    for entry in entries:
        found: set[int] = set()
        if entry.tool_id:
            found = by_id.get(_bare(entry.tool_id), set())
        elif entry.data_row.isdecimal() and int(entry.data_row) - 1 in every:
            found = {int(entry.data_row) - 1}
        rows.append(min(found, default=0))
        (unknown if not found else several).extend([entry] if len(found) != 1 else [])
    one = "Corrections that do not name exactly one submission of the export: "
    _stop(
        unknown,
        f"{one}none is called so.",
        wave,
        "tool_id is the submission's _uuid or _id; data_row is 1 for the first row under the header.",
    )
    _stop(several, f"{one}several have this id.", wave, "say `data_row` instead: 1 is the first row under the header.")
    return rows


def check_repeated(
    wave: Mapping[str, Any], raw: RawTable, answers: Mapping[str, pd.Series], out: pd.Series, place: Mapping[str, Any]
) -> None:
    """Stop on a submission that stands in the export twice (downloads put one under the other): it would count twice.

    `answers`: what ingest keeps, a cell per row of the export; `out`: rows that are left out or removed. Submissions
    that are equal throughout are for the step `duplicates`, where cleaning has it.
    """
    steps = {step["step"] for step in wave.get("cleaning") or []}
    counted = ~out.to_numpy(dtype=bool)
    for i in _ids(raw) if raw.evidence["tool"] not in WITHOUT_IDS else []:
        held = raw.cells[i].reset_index(drop=True)[counted].dropna()
        again = held[held.duplicated(keep=False)]
        # A spreadsheet has rounded them: 1.36158E+11 is nobody's id.
        again = again[~again.str.fullmatch(r"\d([.,]\d+)?E\+?\d+")]
        if again.empty:
            continue
        rows = again.index.to_numpy()
        frame = pd.DataFrame({name: cells.iloc[rows].to_numpy(dtype=object) for name, cells in answers.items()})
        kinds = frame.fillna("").astype(str).groupby(again.to_numpy(dtype=object), sort=False).nunique()
        differ = int((kinds > 1).any(axis=1).sum())
        if not differ and "duplicates" in steps:
            continue
        mend = "add `- {step: duplicates}` under `cleaning` in wave.yaml: it keeps one of each."
        if differ:
            mend = (
                "download the export again, once; or leave all but the right one of each out by their `data_row` in a"
                " cleaning log (`drop`, docs/ingest.md)."
            )
        raise FindingsError(
            f"{again.nunique()} submission(s) stand in the export more than once, {differ or 'none'} of them with"
            " other answers.",
            **place,
            column=raw.headers[i],
            rows=(rows + 1).tolist(),
            mend=mend,
        )


def _ids(raw: RawTable) -> list[int]:
    """Places of the columns that hold ids of submissions."""
    return [i for i, h in enumerate(raw.headers) if original_name(h) in SUBMISSION_IDS or leaf(h) in SUBMISSION_IDS]


def _targets(
    entries: list[Entry], fates: list[Fate], codebook: Codebook, kept: Collection[str], wave: str
) -> list[Target | None]:
    """The question of every correction, and the option where it corrects one alone; None = a removal."""
    names: dict[str, Target] = {}
    for fate in fates:
        names |= {leaf(fate.header): (fate.column, None)} if fate.option is None else {}
    names |= {fate.header: (fate.column, fate.option) for fate in fates}
    for name in kept:
        question = codebook.questions.get(name)
        options = codebook.choices.get(question.list or "", {}) if question else {}
        if question and question.type == "select_multiple":
            names |= {f"{name}{join}{code}": (name, code) for code in options for join in "/."}
    names |= {name: (name, None) for name in kept}
    targets = [None if entry.column is None else names.get(entry.column, ("", None)) for entry in entries]
    pairs = list(zip(entries, targets, strict=True))
    _stop(
        [entry for entry, target in pairs if target and target[0] not in kept],
        "Corrections of columns that are not kept.",
        wave,
        "correct a question kept by ingest, by its name in the form or its header in the export.",
    )
    _stop(
        [e for e, target in pairs if target and target[1] and not _is_option(e)],
        "Corrections of an option that are neither 1 nor 0, TRUE nor FALSE.",
        wave,
        "write 1 where the option was chosen and 0 where it was not.",
    )
    return targets


def _check_new(entries: list[Entry], targets: list[Target | None], wave: Mapping[str, Any], codebook: Codebook) -> None:
    """Stop on a new value that is no answer of its question's list: it would be found without the file's row."""
    odd: dict[str, list[Entry]] = {}
    for entry, target in zip(entries, targets, strict=True):
        question = codebook.questions.get(target[0]) if target and not target[1] else None
        if question and question.list and entry.new.strip():
            mapped = {wording(str(raw)) for raw in (wave.get("answers") or {}).get(question.name, {})}
            known = {*codebook.choices[question.list], *mapped, *(token(raw) for raw in mapped)}
            new = _coded(entry.new, target, codebook)
            words = new.split() if question.type == "select_multiple" else [new.strip()]
            if wording(new) not in known and not known.issuperset(words):
                odd.setdefault(question.name, []).append(entry)
    for name, group in odd.items():
        codes = list(codebook.choices[codebook.questions[name].list or ""])
        _stop(
            group,
            "Corrections whose new value is no option of the question.",
            wave["wave"],
            f"write one of the form's codes or labels: {', '.join(codes[:8])}{' …' if len(codes) > 8 else ''}; or"
            " nothing, for no answer.",
            name,
        )


def _coded(value: str, target: Target | None, codebook: Codebook) -> str:
    """An answer in codes, where it is in the labels of its question (as tools that write labels export it)."""
    question = codebook.questions.get(target[0]) if target and not target[1] else None
    if question is None or not question.list:
        return value
    options = {text: code for text, code in options_of(codebook.choices[question.list]).items() if code != AMBIGUOUS}
    several = _JOINS.split(value) if question.type == "select_multiple" and wording(value) not in options else [value]
    found = [options.get(wording(part)) for part in several if part.strip()]
    return " ".join(map(str, found)) if found and None not in found else value


def _is_option(entry: Entry) -> bool:
    old, new = entry.old.strip(), entry.new.strip()
    return new in ON | OFF and (old in ON | OFF or not old)


def _stop(entries: list[Entry], message: str, wave: str, mend: str, column: str | None = None) -> None:
    """Stop, if there are entries, with the file of the first and their rows in it."""
    for file, group in groupby(entries, key=lambda entry: entry.file):
        raise FindingsError(
            message,
            wave=wave,
            file=file,
            column=column,
            rows=[entry.row for entry in group],
            mend=f"{mend} A row of a cleaning log is left out by `skip: [{{rows: [...], reason: ...}}]` in wave.yaml.",
        )


def _bare(value: str) -> str:
    """A submission id without the `uuid:` that some columns put before it."""
    return value.strip().removeprefix("uuid:")


def _in_form_order(value: str, target: Target | None, codebook: Codebook) -> str:
    """An answer as ingest writes it: the options of a select_multiple in form order; an option alone is 1 or 0."""
    if target and target[1]:
        return "" if not value.strip() else "1" if value.strip() in ON else "0"
    question = codebook.questions.get(target[0]) if target else None
    if question is None or question.type != "select_multiple":
        return value
    choices: Mapping[str, object] = codebook.choices.get(question.list or "", {})
    rank = {code: i for i, code in enumerate(choices)}
    return " ".join(sorted(value.split(), key=lambda code: rank.get(code, len(rank))))
