"""A wave written as KoboToolbox writes an XLSX or a CSV: XML names, groups, both select_multiple styles, metadata.

Source: kobotoolbox/formpack and kobotoolbox/kpi (the fixed order of the trailing columns).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

from findings.instrument import Codebook
from findings.synthetic.form import CREATED

OFFSET = "+06:30"
GPS = ("latitude", "longitude", "altitude", "precision")
TRAILING = (
    "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by", "__version__",
    "_tags", "_index",
)  # fmt: skip


def write_export(path: Path, rows: list[dict[str, Any]], codebook: Codebook) -> None:
    """Write `rows` (answers by question; keys with # as findings.synthetic.mess has them) in their order."""
    with Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        book.set_properties({"created": CREATED})
        sheet = book.add_worksheet("NUG digital services")
        sheet.write_row(0, 0, list(_header(codebook)))
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(_cells(row, number, codebook)):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write_number(number, column, value)


def write_csv(path: Path, rows: list[dict[str, Any]], codebook: Codebook) -> None:
    """The same as text: `;`, every cell quoted, CRLF, UTF-8 without a byte-order mark."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(_header(codebook))
        for number, row in enumerate(rows, start=1):
            writer.writerow("" if cell is None else cell for cell in _cells(row, number, codebook))


def _header(codebook: Codebook) -> Iterator[str]:
    for name, question in codebook.questions.items():
        path = f"{question.group}/{name}" if question.group else name
        yield path
        if name == "start-geopoint":
            yield from (f"_{name}_{part}" for part in GPS)
        if question.type == "select_multiple":
            yield from (f"{path}/{code}" for code in codebook.choices[question.list or ""])
    yield from TRAILING


def _cells(row: dict[str, Any], number: int, codebook: Codebook) -> Iterator[str | float | None]:
    place = row["#place"]
    known = {
        "start": row["#start"].isoformat(timespec="milliseconds") + OFFSET,
        "end": row["#end"].isoformat(timespec="milliseconds") + OFFSET,
        "deviceid": row["#device"],
        "phonenumber": row["#phone"],
        "username": "team_a",
        "start-geopoint": f"{place[0]} {place[1]} 0 5",
    }
    for name, question in codebook.questions.items():
        value = known.get(name, row.get(name))
        # Numbers come typed, unless somebody typed them in another script.
        yield int(value) if question.type == "integer" and value is not None and value.isascii() else value
        if name == "start-geopoint":
            yield from (place[0], place[1], 0, 5)
        if question.type == "select_multiple":
            chosen = None if value is None else set(value.split())
            yield from (
                None if chosen is None else int(code in chosen) for code in codebook.choices[question.list or ""]
            )
    yield 400_000 + number
    yield row["#uuid"]
    yield row["#end"].isoformat()
    yield from (None, None, "submitted_via_web", "team_a", "v1", None)
    yield number
