"""A wave as a table of one's own: names, codes, several joined by `; `; the delimiter and encoding are arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from findings.instrument import Codebook
from findings.synthetic.written import MAIL, NAME, Row, asked, chosen, write_csv


def write_export(
    path: Path, rows: list[Row], codebook: Codebook, delimiter: str = "\t", encoding: str = "utf-16"
) -> None:
    """Write `rows` in their order."""
    questions = asked(codebook)
    records: list[list[Any]] = [["start", "end", "full_name", "email", *questions]]
    for row in rows:
        cells = [
            "; ".join(chosen(row, name) or ()) if question.type == "select_multiple" else row.get(name)
            for name, question in questions.items()
        ]
        records.append([row["#start"].isoformat(), row["#end"].isoformat(), NAME, MAIL, *cells])
    write_csv(path, records, delimiter=delimiter, encoding=encoding)
