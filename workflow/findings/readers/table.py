"""What every reader gives: an export as text cells, with what was recognised of it; the checks all exports share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError

_NUMBER = re.compile(r"\d[\d -]{5,}\d")


@dataclass(frozen=True)
class Repeat:
    """A group asked several times of one respondent: `headers` and `cells` as RawTable has them.

    `parents`: position (0-based) of every row's parent in the table `parent` ("" = the respondents, else a repeat).
    """

    headers: list[str]
    cells: pd.DataFrame
    parents: pd.Series
    parent: str = ""


@dataclass(frozen=True)
class RawTable:
    """An export as found.

    `headers` as in the file; `cells` text with columns 0..n-1, one row per submission, null = empty cell; `evidence`
    what was recognised from the file: tool, delimiter, encoding, header_style, group_separator, through_r.
    `states`: why a submission is no interview (rejected, unfinished, preview, ...), null = it is one; None = unknown.
    `wordings` (header -> question as asked) and `values` (header -> cell -> label) are the export's own labels,
    `missing` (header -> cells) what it declares as no answer; `repeats` are by name.
    """

    headers: list[str]
    cells: pd.DataFrame
    evidence: dict[str, Any]
    states: pd.Series | None = None
    wordings: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    repeats: Mapping[str, Repeat] = field(default_factory=dict)

    def column(self, name: str) -> pd.Series | None:
        """The cells under a header, or None."""
        return self.cells[self.headers.index(name)] if name in self.headers else None


def named_columns(
    headers: list[str], cells: pd.DataFrame, path: Path, wave: str, *, same: Callable[[str], str] = str.strip
) -> tuple[list[str], pd.DataFrame]:
    """The columns that have a name: nameless empty ones are left out. Stops on a nameless one with cells, on a name
    that stands twice (as `same` compares them), and on an export without rows."""
    named = [i for i, header in enumerate(headers) if header.strip() or cells[i].notna().any()]
    if named and not headers[named[0]].strip() and _counts(cells[named[0]]):
        # R and pandas write row numbers so, in a first column without a name.
        named = named[1:]
    headers, cells = [headers[i] for i in named], cells[named].set_axis(range(len(named)), axis=1)
    if nameless := [i + 1 for i, header in enumerate(headers) if not header.strip()]:
        raise FindingsError(
            f"Column number {nameless[0]} has cells and no name.", wave=wave, file=path.name, mend="export it again."
        )
    if twice := [header for header, count in Counter(map(same, headers)).items() if count > 1]:
        raise FindingsError(
            f"{len(twice)} column name(s) stand more than once in the header.",
            wave=wave,
            file=path.name,
            column=", ".join(map(shown, twice[:5])),
            mend="export with XML names in place of labels, or give the questions different labels in the form.",
        )
    if cells.empty:
        raise FindingsError("The export has a header and no rows.", wave=wave, file=path.name, mend="export it again.")
    return headers, cells


def _counts(cells: pd.Series) -> bool:
    """Whether a column counts its rows: whole numbers, each larger than the one before."""
    numbers = pd.to_numeric(cells.where(cells.str.fullmatch(r"\d{1,9}")), errors="coerce")
    return bool(numbers.notna().all() and numbers.is_monotonic_increasing and numbers.is_unique)


def shown(header: str, position: int | None = None) -> str:
    """A header as an error may print it: of one that could be an answer (in a file without a header row) only where it
    stands is told, from 0."""
    if "@" not in header and not _NUMBER.search(header):
        return header
    return "a header that may be an answer" if position is None else f"the header of column number {position + 1}"
