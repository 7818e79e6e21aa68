"""The files of cleaning as written: responses and ledger give the respondents, and back, cell for cell.

Column by column and by plain loops, since an entry of the ledger is about one column: nothing of what wrote the files
is used. Raw and clean are responses.parquet with free_text_raw.parquet, and respondents.parquet with free_text.parquet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = dict[str, Any]
Cells = list[str | None]
DROPPED = "dropped_by"
# The recorded name of a cell that no entry of the ledger is about.
NO_STEP = "no step"


class Mismatch(Exception):
    """Files and ledger disagree: `what` in words, with the column, the step, and row ids; never a cell."""

    def __init__(self, what: str, column: str | None = None, step: str | None = None, row_ids: Sequence[str] = ()):
        super().__init__(what)
        self.what, self.column, self.step, self.row_ids = what, column, step, list(row_ids)


def check(responses: Path, raw_texts: Path, respondents: Path, texts: Path, ledger: Path, repeats: Path) -> Row:
    """Both directions of every column of a wave's files. Returns counts: rows, columns, cells, entries, changed cells.

    Answers of repeats (the folder `repeats`) are never changed: what the ledger says of one is that it stays as it is.

    Raises Mismatch at the first column that does not fit, with all of its rows that do not.
    """
    was, now = (pq.read_table(path) for path in (responses, respondents))
    ids: list[str] = was["row_id"].to_pylist()
    own: list[str] = now["row_id"].to_pylist()
    place = {row: number for number, row in enumerate(ids)}
    if len(place) != len(ids) or len(set(own)) != len(own) or set(own) != set(ids):
        odd = sorted(set(ids) ^ set(own))
        raise Mismatch("the respondents are not the rows of the responses, each once", "row_id", None, odd)
    at = {row: number for number, row in enumerate(own)}
    order = None if own == ids else [at[row] for row in ids]
    if sorted([*was.column_names, DROPPED]) != sorted(now.column_names):
        odd = sorted({*was.column_names, DROPPED} ^ set(now.column_names))
        raise Mismatch("the respondents do not have the columns of the responses and dropped_by", ", ".join(odd))
    entries: dict[str, list[Row]] = {}
    for entry in pq.read_table(ledger).to_pylist():
        entries.setdefault(entry["column"], []).append(entry)
    said = [_long(path, place) for path in (raw_texts, texts)]
    # A text that nobody wrote, or nobody any more, has no line in a file; the ledger may still speak of it.
    told = {column for column, of in entries.items() if of[0]["source"].startswith("free_text")}
    spoken = sorted(said[0].keys() | said[1].keys() | told)
    columns = [name for name in now.column_names if name != "row_id"]
    for column in sorted(entries.keys() - set(columns) - set(spoken)):
        _flags(column, entries[column], repeats)
    changed = 0
    for name in [*columns, *spoken]:
        if name in columns:
            raw: Cells = [None] * len(ids) if name == DROPPED else was[name].to_pylist()
            clean: Cells = now[name].to_pylist()
            clean = clean if order is None else [clean[i] for i in order]
        else:
            raw, clean = (each.get(name) or [None] * len(ids) for each in said)
        of = entries.get(name, [])
        _same(_replayed(raw, of, place, name), clean, ids, of, name, "responses and ledger do not give the respondents")
        _same(
            _replayed(clean, of, place, name, back=True), raw, ids, of, name,
            "respondents and ledger do not give the responses back",
        )  # fmt: skip
        changed += sum(one != other for one, other in zip(raw, clean, strict=True))
    return {"rows": len(ids), "columns": len(columns) + len(spoken), "cells": len(ids) * (len(columns) + len(spoken)),
            "entries": sum(map(len, entries.values())), "changed": changed}  # fmt: skip


def _replayed(cells: Cells, entries: Sequence[Row], place: dict[str, int], column: str, *, back: bool = False) -> Cells:
    """The cells of a column with its entries made in their order; with `back`, undone, the last first."""
    made, (held, put) = list(cells), ("new", "old") if back else ("old", "new")
    for one in _steps(entries, back=back):
        step, odd = one[0]["step"], []
        if one[0]["row"] is not None:
            for entry in one:
                at = place.get(entry["row"])
                if at is None or made[at] != entry[held]:
                    odd.append(entry["row"])
                else:
                    made[at] = entry[put]
            if odd:
                raise Mismatch(f"a cell does not hold what the ledger says it held ({held})", column, step, odd)
            continue
        # The entries of a recode are made at once, so that a -> b and b -> a change places.
        of = {entry[held]: entry for entry in one}
        counts = dict.fromkeys(of, 0)
        for at, cell in enumerate(made):
            if cell in of:
                counts[cell] += 1
                made[at] = of[cell][put]
        if len(of) < len(one) or any(counts[entry[held]] != entry["count"] for entry in one):
            raise Mismatch("a recode does not meet as many cells as it counted", column, step)
    return made


def _flags(column: str, entries: Sequence[Row], repeats: Path) -> None:
    """That entries of a column `repeat[n].question` flag cells that are so in the repeat's file."""
    place = re.fullmatch(r"(\w+)\[(\d+)\]\.(.+)", column)
    if place is None or not (file := repeats / f"repeat_{place[1]}.parquet").is_file():
        raise Mismatch("the ledger has entries of a column that is in no file", column, entries[0]["step"])
    rows = [row for row in pq.read_table(file).to_pylist() if row["repeat_row"] == place[2]]
    held = {row["row_id"]: row.get(place[3]) for row in rows}
    odd = [e["row"] for e in entries if e["row"] not in held or not e["old"] == e["new"] == held[e["row"]]]
    if odd:
        raise Mismatch("an answer of a repeat is not what the ledger says it is", column, entries[0]["step"], odd)


def _steps(entries: Sequence[Row], *, back: bool) -> Iterator[list[Row]]:
    """Entries that belong together: a recode of one step, or changes of single cells; the last first with `back`."""
    groups = [list(of) for _, of in groupby(entries, lambda e: (e["step"], e["source"], e["row"] is None))]
    for group in reversed(groups) if back else groups:
        yield group[::-1] if back else group


def _same(found: Cells, wanted: Cells, ids: Sequence[str], entries: Sequence[Row], column: str, what: str) -> None:
    odd = [row for row, one, other in zip(ids, found, wanted, strict=True) if one != other]
    if odd:
        steps = [entry["step"] for entry in entries if entry["row"] in (None, odd[0])]
        raise Mismatch(what, column, steps[-1] if steps else NO_STEP, odd)


def _long(path: Path, place: dict[str, int]) -> dict[str, Cells]:
    """A file of texts (row_id, column, text) as columns."""
    made: dict[str, Cells] = {}
    for entry in pq.read_table(path).to_pylist():
        if entry["row_id"] not in place:
            raise Mismatch("a text is of nobody", entry["column"], None, [entry["row_id"]])
        made.setdefault(entry["column"], [None] * len(place))[place[entry["row_id"]]] = entry["text"]
    return made
