"""Tables of aliases: the names that people write for one thing, each with the codes it stands for."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from findings import myanmar
from findings.errors import FindingsError


def key(name: str) -> str:
    """What of a name is compared: its letters, marks and digits, in one script order and one case."""
    text = unicodedata.normalize("NFKC", myanmar.digits(myanmar.clean_text(name, False))).casefold()
    return "".join(letter for letter in text if unicodedata.category(letter)[0] in "LMN")


def read(path: Path, to: str) -> dict[str, str]:
    """The table `path` (columns alias, source and codes) as key of the alias -> its code in the column `to`.

    Raises FindingsError if the file or a column is missing, a row is without alias, code or source, or two rows with
    one alias differ in the code: such an alias cannot be used.
    """
    place: dict[str, Any] = {"file": path.name}
    if not path.is_file():
        raise FindingsError("The table of aliases is missing.", **place, mend=f"put {path.name} into data/reference.")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        columns = reader.fieldnames or []
        if missing := [name for name in ("alias", "source", to) if name not in columns]:
            have = f"its columns are {', '.join(columns)}."
            raise FindingsError("The table of aliases lacks a column.", **place, column=missing[0], mend=have)
        rows = [[(row[name] or "").strip() for name in ("alias", to, "source")] for row in reader]
    keys = [key(alias) for alias, _, _ in rows]
    if empty := [i for i, row in enumerate(rows, start=1) if not all(row) or not keys[i - 1]]:
        mend = f"give each row its alias, {to} and source, or remove it."
        raise FindingsError("A row of the table of aliases is not complete.", **place, rows=empty, mend=mend)
    codes: dict[str, str] = {}
    twice = [
        i for i, (name, row) in enumerate(zip(keys, rows, strict=True), 1) if codes.setdefault(name, row[1]) != row[1]
    ]
    if twice:
        raise FindingsError(
            "An alias stands for two things.",
            **place,
            column=to,
            rows=twice,
            codes=sorted({rows[i - 1][0] for i in twice}),
            mend="keep the row that is meant, or none.",
        )
    return codes


def tables(wave: Mapping[str, Any], reference: Path) -> list[str]:
    """The tables that the steps of a wave (wave.yaml) name, as files of the folder `reference`."""
    return sorted({str(reference / step["table"]) for step in wave["cleaning"] if "table" in step})


def check(waves: Iterable[Mapping[str, Any]], reference: Path) -> None:
    """Read every table that a step of the waves (wave.yaml) names, so that a wrong one stops before any job."""
    for wave in waves:
        for step in wave["cleaning"]:
            if "table" in step:
                read(reference / step["table"], step["to"])
