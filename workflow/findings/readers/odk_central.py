"""ODK Central and Briefcase: a zip of `<form>.csv` and one CSV for every repeat, or the form's CSV alone.

Sources: getodk/docs central-submissions, getodk/central-backend lib/data/briefcase.js: groups before `-`, option
columns `question/value` of the values seen in the data, 0 also where the question was skipped (its own column tells),
repeats by PARENT_KEY, rejected submissions among the others, empty shells of what was not decrypted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.readers.look import Look, tables_in
from findings.readers.table import RawTable, Repeat, named_columns
from findings.readers.tabular import read_delimited

OWN = {
    "SubmitterID",
    "SubmitterName",
    "AttachmentsPresent",
    "AttachmentsExpected",
    "ReviewState",
    "Edits",
    "FormVersion",
}
SEPARATORS = ("-",)


def marks(look: Look) -> list[str]:
    """KEY beside Central's own columns, or Briefcase's `meta-instanceID`."""
    header = set(look.header)
    found = sorted(OWN & header)
    briefcase = sorted(name for name in header if name.endswith(("-instanceID", "-instanceName")))
    return ["KEY", *found, *briefcase] if "KEY" in header and (len(found) > 1 or briefcase) else []


def read(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> RawTable:
    """The submissions; with a zip also the repeats."""
    if path.suffix.lower() == ".zip":
        tables = {
            name: read_delimited(Path(name), wave=wave, source=source, raw=raw)
            for name, raw in tables_in(path, wave=wave).items()
        }
    else:
        tables = {path.name: read_delimited(path, wave=wave, source=source)}
    mains = [name for name, (headers, _, _) in tables.items() if "KEY" in headers and "PARENT_KEY" not in headers]
    if len(mains) != 1:
        raise FindingsError(
            f"{len(mains)} of the tables are of whole submissions (KEY and no PARENT_KEY); it should be one.",
            wave=wave,
            file=path.name,
            mend="take the zip as ODK Central gives it, of one form.",
        )
    headers, cells, written = tables[mains[0]]
    headers, cells = named_columns(headers, cells, path, wave)
    evidence = {
        "tool": "odk_central", **written, "header_style": "names", "group_separator": "-", "through_r": False,
        "hxl_row": False, "separators": list(SEPARATORS), "tables": sorted(tables),
    }  # fmt: skip
    table = RawTable(headers, cells, evidence)
    repeats = _repeats(mains[0], tables, table.column("KEY"), path, wave)
    return RawTable(headers, cells, evidence, _states(table), repeats=repeats)


def _states(table: RawTable) -> pd.Series:
    states = pd.Series(pd.NA, index=table.cells.index, dtype="string")
    for column, value, state in (("ReviewState", "rejected", "rejected"), ("Status", "not decrypted", "not_decrypted")):
        found = table.column(column)
        if found is not None:
            states = states.mask(found.str.strip().str.lower().isin([value]), state)
    return states


def _repeats(main: str, tables: Mapping[str, Any], keys: pd.Series | None, path: Path, wave: str) -> dict[str, Repeat]:
    """The tables with PARENT_KEY, parents before what lies in them."""
    stem = Path(main).stem
    where: dict[str, tuple[str, int]] = {
        str(key): ("", row) for row, key in enumerate(keys if keys is not None else [])
    }
    waiting = [name for name in tables if name != main]
    repeats: dict[str, Repeat] = {}
    while waiting:
        ready = [n for n in waiting if _known(tables[n], where)]
        if not ready:
            raise FindingsError(
                "Rows of a repeat belong to no submission.",
                wave=wave,
                file=path.name,
                column=", ".join(waiting),
                mend="take the zip as ODK Central gives it: its tables have to be of one export.",
            )
        for file in ready:
            headers, cells, _ = tables[file]
            waiting.remove(file)
            if cells.empty:
                continue
            headers, cells = named_columns(headers, cells, Path(file), wave)
            name = re.sub(r"\W", "_", Path(file).stem.removeprefix(f"{stem}-"))
            found = [where[str(key)] for key in cells[headers.index("PARENT_KEY")]]
            parents = {parent for parent, _ in found}
            if len(parents) != 1:
                raise FindingsError(
                    "A repeat has parents in two tables.", wave=wave, file=path.name, column=name, mend="export again."
                )
            repeats[name] = Repeat(headers, cells, pd.Series([row for _, row in found]), parents.pop())
            if "KEY" in headers:
                where |= {str(key): (name, row) for row, key in enumerate(cells[headers.index("KEY")])}
    return repeats


def _known(table: Any, where: Mapping[str, Any]) -> bool:
    headers, cells, _ = table
    return "PARENT_KEY" in headers and all(str(key) in where for key in cells[headers.index("PARENT_KEY")])
