"""A wave read again: responses and declarations, and the ledger replayed on the responses, cell by cell."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

Row = dict[str, Any]
DROPPED = "dropped_by"
# What the entries of one recode have in common; their `row` is null.
ONE_RECODE = ("row", "step", "source", "column")


class ReplayError(Exception):
    """The ledger does not fit the responses: what is not as it says it was, without any answer."""


@dataclass(frozen=True)
class Wave:
    """A wave: `study` (config.yaml), `declared` (wave.yaml), and its respondents, column -> text or None, row by row.

    `rows` are the respondents kept, `every` all of them with `dropped_by`; `ledger` its entries, and `touched` the
    entries (positions) that changed a row, by `row_id`; `folder` is the wave's raw folder and `reference` that of the
    margins.
    """

    name: str
    study: Row
    declared: Row
    every: list[Row]
    rows: list[Row]
    ledger: list[Row]
    touched: dict[str, list[int]]
    folder: Path
    reference: Path

    @property
    def confidential(self) -> Path:
        """The folder of the wave's confidential results."""
        return self.folder.parents[2] / "results" / "confidential" / self.name


def read_wave(root: Path, name: str) -> Wave:
    """The wave `name` of the study in `root`, its ledger replayed. Raises ReplayError where the ledger does not fit."""
    folder, confidential = root / "data" / "raw" / name, root / "results" / "confidential" / name
    study, declared = read_yaml(root / "config.yaml"), read_yaml(folder / "wave.yaml")
    ledger, touched = rows_of(confidential / "ledger.parquet"), dict[str, list[int]]()
    every = replayed(rows_of(confidential / "responses.parquet"), ledger, touched)
    kept = [row for row in every if row[DROPPED] is None]
    return Wave(name, study, declared, every, kept, ledger, touched, folder, root / "data" / "reference")


def read_yaml(path: Path) -> Any:
    """A YAML file, by the fast loader where there is one."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def rows_of(path: Path) -> list[Row]:
    """The rows of a parquet file, column -> value or None."""
    columns = pq.read_table(path).to_pydict()
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def table_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file as text."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


def replayed(responses: list[Row], ledger: list[Row], touched: dict[str, list[int]]) -> list[Row]:
    """Copies of the responses with every entry of the ledger made in its order, and `dropped_by`.

    `touched` is given the entries that change each row. Entries of columns that the responses do not have (free text)
    are passed over. Raises ReplayError on an entry of a
    row that is not there, of a cell that does not hold `old`, or of another number of cells than `count`.
    """
    made = [{**row, DROPPED: None} for row in responses]
    by_id = {row["row_id"]: row for row in made}
    at = 0
    while at < len(ledger):
        entry = ledger[at]
        column = entry["column"]
        if made and column not in made[0]:
            at += 1
        elif entry["row"] is not None:
            row = by_id.get(entry["row"])
            if row is None:
                raise ReplayError(
                    f"entry {at + 1} of the ledger ({entry['step']}, {column}) is of a row that is not there"
                )
            if row[column] != entry["old"]:
                raise ReplayError(
                    f"entry {at + 1} of the ledger ({entry['step']}, {column}): the cell does not hold its old"
                )
            row[column] = entry["new"]
            touched.setdefault(row["row_id"], []).append(at)
            at += 1
        else:
            # A recode's entries are made at once, so that a -> b and b -> a change places.
            end = at
            while end < len(ledger) and all(ledger[end][name] == entry[name] for name in ONE_RECODE):
                end += 1
            _recoded(made, column, ledger[at:end], at, touched)
            at = end
    return made


def _recoded(rows: list[Row], column: str, entries: list[Row], first: int, touched: dict[str, list[int]]) -> None:
    place = {entry["old"]: number for number, entry in enumerate(entries)}
    found = dict.fromkeys(place, 0)
    for row in rows:
        if (number := place.get(row[column])) is not None:
            found[row[column]] += 1
            row[column] = entries[number]["new"]
            touched.setdefault(row["row_id"], []).append(first + number)
    for number, entry in enumerate(entries, start=first + 1):
        if found[entry["old"]] != entry["count"]:
            raise ReplayError(f"entry {number} of the ledger ({entry['step']}, {column}): another number of cells")


def differences(rows: list[Row], respondents: list[Row]) -> list[str]:
    """Columns in which the replayed rows and respondents.parquet differ, with the number of cells; [] if in none."""
    others = {row["row_id"]: row for row in respondents}
    counts: dict[str, int] = {}
    for row in rows:
        other = others.pop(row["row_id"], {})
        if other == row:
            continue
        for column in row.keys() | other.keys():
            if row.get(column) != other.get(column):
                counts[column] = counts.get(column, 0) + 1
    if others:
        counts["row_id"] = len(others)
    return [f"{column}: {count}" for column, count in sorted(counts.items())]
