"""A field team's corrections, matched to submissions while the survey tool's ids are still known."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.fates import Fate
from findings.instrument import Codebook
from findings.readers.headers import leaf, original_name
from findings.readers.table import RawTable
from findings.readers.tabular import delimiter_of, read_text

CORRECTIONS = "corrections.csv"
CORRECTION_COLUMNS = ["row_id", "column", "old", "new", "reason", "who", "date"]
# KoboToolbox, ODK Central and SurveyCTO, Qualtrics, SurveyMonkey, LimeSurvey, Microsoft Forms.
SUBMISSION_IDS = frozenset(
    {"_uuid", "_id", "rootUuid", "instanceID", "KEY", "key", "ResponseId", "Respondent ID", "id", "Response ID", "ID"}
)
NEEDED = ("column", "old", "new", "reason", "who", "date")


def corrections_by_row(
    wave_dir: Path,
    raw: RawTable,
    ids: pd.Series,
    fates: list[Fate],
    codebook: Codebook,
    kept: Collection[str],
    place: dict[str, Any],
) -> pd.DataFrame:
    """corrections.csv with row ids in place of `tool_id` or `data_row` (text, CORRECTION_COLUMNS, the file's order).

    No file: no rows. `kept` are the columns that live on (answers and free text); a correction of any other stops, as
    does one of an unknown submission. Row numbers in the errors are rows of corrections.csv. Null = empty cell.
    """
    path = wave_dir / CORRECTIONS
    place = {**place, "file": CORRECTIONS}
    if not path.is_file():
        return pd.DataFrame(columns=CORRECTION_COLUMNS, dtype="string")
    text = read_text(path, wave=place["wave"])
    try:
        lines = csv.DictReader(
            io.StringIO(text, newline=""), delimiter=delimiter_of(text, path, wave=place["wave"]), strict=True
        )
        entries = list(lines)
    except csv.Error:
        raise FindingsError(
            "The corrections cannot be read as CSV.", **place, mend="close every quotation mark."
        ) from None
    header = list(lines.fieldnames or [])
    keys: list[str] = [name for name in ("tool_id", "data_row") if name in header]
    missing = [name for name in NEEDED if name not in header] + ([] if keys else ["tool_id or data_row"])
    if missing:
        raise FindingsError(
            "The corrections lack a column.",
            **place,
            column=", ".join(missing),
            mend=f"the header is: tool_id (or data_row), {', '.join(NEEDED)}.",
        )
    if ragged := [n for n, e in enumerate(entries, 1) if None in e or any(value is None for value in e.values())]:
        raise FindingsError(
            "Corrections with too few or too many cells.", **place, rows=ragged, mend="quote the cells."
        )
    rows = _rows_of(entries, keys, raw, place)
    names = {leaf(fate.header): fate.column for fate in fates if fate.option is None}
    names |= {fate.header: fate.column for fate in fates if fate.option is None}
    names |= {name: name for name in kept}
    columns = [names.get(entry["column"].strip(), entry["column"].strip()) for entry in entries]
    if odd := [number for number, column in enumerate(columns, 1) if column not in kept]:
        raise FindingsError(
            "Corrections of columns that are not kept.",
            **place,
            rows=odd,
            mend="correct a question kept by ingest; for an option column, correct the question's whole answer.",
        )
    table = pd.DataFrame(
        {
            "row_id": [ids[row] for row in rows],
            "column": columns,
            "old": [_in_form_order(e["old"], c, codebook) for e, c in zip(entries, columns, strict=True)],
            "new": [_in_form_order(e["new"], c, codebook) for e, c in zip(entries, columns, strict=True)],
            **{name: [entry[name] for entry in entries] for name in ("reason", "who", "date")},
        },
        columns=CORRECTION_COLUMNS,
        dtype="string",
    )
    return table.replace("", pd.NA)


def _rows_of(entries: list[dict[str, str]], keys: list[str], raw: RawTable, place: dict[str, Any]) -> list[int]:
    """Position (0-based) of the submission of every correction, by tool id or else by data row."""
    by_id: dict[str, set[int]] = {}
    for i, header in enumerate(raw.headers):
        if original_name(header) in SUBMISSION_IDS or leaf(header) in SUBMISSION_IDS:
            for row, value in enumerate(raw.cells[i]):
                if not pd.isna(value):
                    by_id.setdefault(_bare(value), set()).add(row)
    rows: list[int] = []
    odd: list[int] = []
    for number, entry in enumerate(entries, 1):
        found: set[int] = set()
        if "tool_id" in keys and entry["tool_id"].strip():
            found = by_id.get(_bare(entry["tool_id"]), set())
        elif "data_row" in keys and entry["data_row"].strip().isdecimal():
            found = {int(entry["data_row"]) - 1} & set(range(len(raw.cells)))
        if len(found) == 1:
            rows.append(next(iter(found)))
        else:
            odd.append(number)
    if odd:
        raise FindingsError(
            "Corrections that do not name exactly one submission of the export.",
            **place,
            rows=odd,
            mend="tool_id is the submission's _uuid or _id; data_row is 1 for the first row under the header.",
        )
    return rows


def _bare(value: str) -> str:
    """A submission id without the `uuid:` that some columns put before it."""
    return value.strip().removeprefix("uuid:")


def _in_form_order(value: str, column: str, codebook: Codebook) -> str:
    """An answer as ingest writes it: the options of a select_multiple in form order."""
    question = codebook.questions.get(column)
    if question is None or question.type != "select_multiple":
        return value
    choices: Mapping[str, object] = codebook.choices.get(question.list or "", {})
    rank = {code: i for i, code in enumerate(choices)}
    return " ".join(sorted(value.split(), key=lambda code: rank.get(code, len(rank))))
