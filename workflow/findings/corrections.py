"""Corrections as a field team wrote them down: corrections.csv, and its own cleaning log as wave.yaml maps it."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from findings.errors import FindingsError, shown_code
from findings.readers.tabular import first_records
from findings.readers.workbook import read_sheets

CORRECTIONS = "corrections.csv"
SAID = ("reason", "who", "date")
NEEDED = ("column", "old", "new", *SAID)
IDS = ("tool_id", "data_row")
# What an entry holds by its kind, whatever the log says in the cells.
GIVEN: dict[str, dict[str, Any]] = {"drop": {"column": None, "old": "", "new": ""}, "blank": {"new": ""}}
Line = Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """A correction: `file` and `row` (1 = the first under the header) say where it stands; `column` null = a removal.

    `checked`: the answer must be `old`, or the run stops.
    """

    file: str
    row: int
    tool_id: str
    data_row: str
    column: str | None
    old: str
    new: str
    reason: str
    who: str
    date: str
    checked: bool = True


def entries_of(wave: Mapping[str, Any], wave_dir: Path) -> tuple[list[Entry], dict[str, int]]:
    """The cleaning log's corrections and removals, then those of corrections.csv, each in the order of its file; and
    how many rows of the log ask for nothing (`ignored`) or are left out by wave.yaml (`skipped`).

    Raises FindingsError naming the file and its rows on a file that cannot be read, a column that is missing, a kind
    of row that wave.yaml does not know, or a correction without reason, author or date.
    """
    found, counts = _logged(wave, wave_dir) if wave.get("cleaning_log") else ([], {"ignored": 0, "skipped": 0})
    return found + _corrected(wave, wave_dir), counts


def _corrected(wave: Mapping[str, Any], wave_dir: Path) -> list[Entry]:
    """The entries of corrections.csv; none where there is no file."""
    place: dict[str, Any] = {"wave": wave["wave"], "file": CORRECTIONS}
    _check_names(wave, wave_dir)
    if not (wave_dir / CORRECTIONS).is_file():
        return []
    mend = f"the header is: tool_id (or data_row), {', '.join(NEEDED)}."
    header, lines = read_lines(wave_dir / CORRECTIONS, NEEDED, place)
    if "date" not in header and "when" in header:
        lines = [{**line, "date": line["when"]} for line in lines]
        header.append("date")
    missing = [name for name in NEEDED if name not in header]
    if missing or not set(IDS) & set(header):
        raise FindingsError(
            "The corrections lack a column.", **place, mend=mend,
            column=", ".join([*missing, *([] if set(IDS) & set(header) else ["tool_id or data_row"])]),
        )  # fmt: skip
    columns = {name: name for name in (*IDS, *NEEDED) if name in header}
    return _accountable([_entry(line, columns, CORRECTIONS, n) for n, line in enumerate(lines, 1)], place)


def _check_names(wave: Mapping[str, Any], wave_dir: Path) -> None:
    """Stop on a file that looks like corrections and that nothing reads: they would be left out in silence."""
    log = (wave.get("cleaning_log") or {}).get("file")
    names = sorted(path.name for path in wave_dir.iterdir() if path.is_file()) if wave_dir.is_dir() else []
    if odd := [name for name in names if name.lower().startswith("correction") and name not in (CORRECTIONS, log)]:
        raise FindingsError(
            "A file that may hold corrections is read by nothing.", wave=wave["wave"], file=", ".join(odd[:5]),
            mend=f"call it {CORRECTIONS} (CSV, small letters), map it by `cleaning_log` in wave.yaml, or move it away.",
        )  # fmt: skip


def _logged(wave: Mapping[str, Any], wave_dir: Path) -> tuple[list[Entry], dict[str, int]]:
    """The entries of the cleaning log that wave.yaml declares."""
    log: Mapping[str, Any] = wave["cleaning_log"]
    place: dict[str, Any] = {"wave": wave["wave"], "file": log["file"]}
    kinds: Mapping[str, Any] = log.get("kinds") or {}
    columns: Mapping[str, Any] = log["columns"]
    headers = [source if isinstance(source, str) else source.get("header") for source in columns.values()]
    needed = [name for name in (*headers, kinds.get("column")) if name]
    header, lines = read_lines(wave_dir / log["file"], needed, place, log.get("sheet"), log.get("encoding"))
    if missing := sorted(set(needed) - set(header)):
        raise FindingsError(
            "The cleaning log lacks a column that wave.yaml maps.", **place, column=", ".join(missing),
            mend="correct `cleaning_log: {columns: ...}` in wave.yaml, or say `{value: ...}` for a column it lacks.",
        )  # fmt: skip
    if empty := set(log.get("missing") or []):
        lines = [{name: "" if cell.strip() in empty else cell for name, cell in line.items()} for line in lines]
    skipped, unchecked = (_declared(log.get(key) or [], len(lines), key, place) for key in ("skip", "unchecked"))
    means = {kind: act for act in ("apply", "blank", "drop", "ignore") for kind in kinds.get(act) or []}
    entries: list[Entry] = []
    unknown: dict[int, str] = {}
    ignored = 0
    for number, line in enumerate(lines, 1):
        kind = line[kinds["column"]].strip() if kinds else ""
        act = means.get(kind) if kinds else "apply"
        if number in skipped:
            continue
        if act is None:
            unknown[number] = kind
        elif act == "ignore":
            ignored += 1
        else:
            entry = _entry(line, columns, log["file"], number, number not in unchecked)
            entries.append(replace(entry, **GIVEN.get(act, {})))
    if unknown:
        raise FindingsError(
            f"{len(unknown)} row(s) of the cleaning log are of a kind that wave.yaml does not know.",
            **place, column=kinds["column"], rows=list(unknown), codes=sorted(set(map(shown_code, unknown.values()))),
            mend="name it under `cleaning_log: {kinds: {apply: [], blank: [], drop: [], ignore: []}}` in wave.yaml.",
        )  # fmt: skip
    return _accountable(entries, place), {"ignored": ignored, "skipped": len(skipped)}


def _entry(line: Line, columns: Mapping[str, Any], file: str, row: int, checked: bool = True) -> Entry:
    cells = {name: _cell(line, columns[name]) if name in columns else "" for name in (*IDS, *NEEDED)}
    # Blanks around an answer are for the step `script` to judge; around anything else they mean nothing.
    cells |= {name: cells[name].strip() for name in (*IDS, "column", *SAID)}
    return Entry(file=file, row=row, checked=checked, **cells)


def _cell(line: Line, source: str | Mapping[str, str]) -> str:
    """A cell of the mapped column; a constant where there is no such column, or its cell is empty."""
    if isinstance(source, str):
        return line[source]
    found = line[source["header"]] if "header" in source else ""
    return found if found.strip() else source.get("value", "")


def _accountable(entries: list[Entry], place: dict[str, Any]) -> list[Entry]:
    for name in SAID:
        if silent := [entry.row for entry in entries if not getattr(entry, name)]:
            raise FindingsError(
                "Corrections that do not say why, by whom or when.", **place, column=name, rows=silent,
                mend=f"fill in `{name}`; for a cleaning log, `columns: {{{name}: {{header: ..., value: not said}}}}` in"
                " wave.yaml says it for the empty cells.",
            )  # fmt: skip
    return entries


def _declared(groups: Iterable[Mapping[str, Any]], count: int, key: str, place: dict[str, Any]) -> set[int]:
    """The rows that `skip` or `unchecked` name: numbers, and ranges such as 12-20."""
    rows: set[int] = set()
    for part in (part for group in groups for part in group["rows"]):
        first, _, last = str(part).partition("-")
        rows |= set(range(int(first), int(last or first) + 1))
    if odd := sorted(row for row in rows if not 1 <= row <= count):
        raise FindingsError(
            f"wave.yaml names rows that the cleaning log does not have: it has {count}.", **place, rows=odd,
            mend=f"correct `cleaning_log: {{{key}: ...}}`; 1 is the first row under the header.",
        )  # fmt: skip
    return rows


def read_lines(
    path: Path, needed: Collection[str], place: dict[str, Any], sheet: str | None = None, encoding: str | None = None
) -> tuple[list[str], list[dict[str, str]]]:
    """Header and rows of a CSV (whatever delimiter gives the columns `needed`) or XLSX; an empty cell is ''."""
    if not path.is_file():
        raise FindingsError("A file that wave.yaml names is missing.", **place, mend="put it beside wave.yaml.")
    if path.suffix.lower() == ".xlsx":
        sheets = read_sheets(path, wave=place["wave"])
        name = sheet or next(iter(sheets))
        if name not in sheets:
            raise FindingsError(
                "The workbook does not have the sheet.", **place, mend=f"`sheet`: one of {', '.join(sheets)}."
            )
        headers, cells = sheets[name]
        records = cells.set_axis(headers, axis=1).fillna("").to_dict("records")
        return headers, [{str(name): str(cell) for name, cell in record.items()} for record in records]
    try:
        text = path.read_bytes().decode(encoding or "utf-8-sig")
    except (UnicodeDecodeError, LookupError):
        raise FindingsError(
            f"The file is not {encoding or 'UTF-8'}.", **place,
            mend="save it as CSV UTF-8, or say its encoding where wave.yaml names the file.",
        ) from None  # fmt: skip
    firsts = {mark: (first_records(text, mark, 1) or [[]])[0] for mark in ",;\t|"}
    delimiter = max(firsts, key=lambda mark: len(set(needed) & set(firsts[mark])))
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines: list[dict[Any, Any]] = list(rows)
    except csv.Error:
        raise FindingsError("The file cannot be read as CSV.", **place, mend="close every quotation mark.") from None
    if ragged := [n for n, line in enumerate(lines, 1) if None in line or None in line.values()]:
        raise FindingsError("Rows with too few or too many cells.", **place, rows=ragged, mend="quote the cells.")
    return list(rows.fieldnames or []), lines
