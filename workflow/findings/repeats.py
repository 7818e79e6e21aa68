"""Repeats: a group asked several times of one respondent becomes a table of its own, under the respondent's id."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from findings.answers import answers_of
from findings.errors import FindingsError
from findings.fates import Fate, fates_of
from findings.instrument import Codebook
from findings.readers.table import RawTable

KEYS = ("row_id", "repeat_row", "parent_row")


def write_repeats(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Each table as repeat_<name>.parquet."""
    folder.mkdir(exist_ok=True)
    for name, table in tables.items():
        table.to_parquet(folder / f"repeat_{name}.parquet", index=False)


def read_repeats(folder: Path) -> dict[str, pd.DataFrame]:
    """Name -> table, as `write_repeats` has put them in a folder."""
    return {
        path.stem.removeprefix("repeat_"): pd.read_parquet(path) for path in sorted(folder.glob("repeat_*.parquet"))
    }


def repeated(
    raw: RawTable, out: pd.Series, ids: pd.Series, codebook: Codebook, wave: Mapping[str, Any], place: dict[str, Any]
) -> tuple[dict[str, pd.DataFrame], dict[str, list[Fate]], list[pd.DataFrame], Codebook, set[str]]:
    """The repeats of an export by name; the fates of their columns; their text answers (row_id, column, text, the
    column `repeat[n].question`); the codebook with wave.yaml's columns; and the entries of `columns` that were used.

    A repeat's columns: row_id, repeat_row (1-based within the respondent), parent_row (that of the row it belongs to
    where the parent is a repeat, else null), one per question kept; all text, sorted by row_id and repeat_row. `out`
    marks submissions that are left out, `ids` are the respondents'. The rules for columns and answers are those of the
    respondents' own table.
    """
    tables: dict[str, pd.DataFrame] = {}
    fates: dict[str, list[Fate]] = {}
    texts: list[pd.DataFrame] = []
    used: set[str] = set()
    top: dict[str, pd.Series] = {}  # the row of the respondent, of every row of a repeat
    number: dict[str, pd.Series] = {}
    for name, repeat in raw.repeats.items():
        at = {**place, "column": name}
        up = repeat.parents
        top[name] = up if not repeat.parent else pd.Series(top[repeat.parent].to_numpy()[up], index=up.index)
        number[name] = top[name].groupby(top[name]).cumcount() + 1
        fates[name], codebook, _, more = fates_of(repeat, codebook, wave, raw.evidence, place)
        used |= more
        if any(fate.fate == "duration" for fate in fates[name]):
            raise FindingsError(
                "A repeat holds a time that wave.yaml takes as the interview's.", **at, mend="name another column."
            )
        alive = ~out.to_numpy()[top[name]]
        cells = repeat.cells.mask(pd.DataFrame({i: ~alive for i in repeat.cells.columns}))
        columns, _, _ = answers_of(cells, fates[name], codebook, wave, place)
        parent = pd.Series(pd.NA, index=up.index, dtype="string")
        if repeat.parent:
            parent = pd.Series(number[repeat.parent].to_numpy()[up], index=up.index).astype("string")
        row = number[name]
        keys: dict[str, Any] = {"row_id": ids.to_numpy()[top[name]], "repeat_row": row, "parent_row": parent}
        order = pd.DataFrame({"id": keys["row_id"], "row": row})[alive].sort_values(["id", "row"]).index
        tables[name] = pd.DataFrame({**keys, **columns}).loc[order].reset_index(drop=True).astype("string")
        for i, fate in enumerate(fates[name]):
            if fate.fate == "free_text":
                said = cells[i].notna()
                label = name + "[" + row[said].astype("string") + "]." + fate.column
                texts.append(
                    pd.DataFrame({"row_id": keys["row_id"][said.to_numpy()], "column": label, "text": cells[i][said]})
                )
    return tables, fates, texts, codebook, used
