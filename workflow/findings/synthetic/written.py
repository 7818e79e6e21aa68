"""What the writers of all tools share: the questions asked, and the answers of a row as a tool shows them.

Every file is planted with what identifies people (names, telephones, addresses, places), as real exports are: none of
it may come through.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from findings.instrument import Codebook, Question

Row = Mapping[str, Any]
# Of nobody: RFC 2606 and RFC 5737 reserve them for examples.
NAME, MAIL, ADDRESS = "Daw Planted", "planted@example.org", "203.0.113.77"
LANGUAGE = "en"


def asked(codebook: Codebook) -> dict[str, Question]:
    """The questions that a respondent sees."""
    return {name: q for name, q in codebook.questions.items() if q.type not in ("meta", "calculate")}


def options(codebook: Codebook, question: Question) -> dict[str, str]:
    """Code -> label."""
    return {code: labels[LANGUAGE] for code, labels in codebook.choices.get(question.list or "", {}).items()}


def chosen(row: Row, name: str) -> list[str] | None:
    """The codes of a select_multiple; None where there is no answer."""
    return row[name].split() if row.get(name) else None


def shown(row: Row, question: Question, codebook: Codebook) -> str:
    """An answer that is not of several options, as its label or text; "" where there is none."""
    value = row.get(question.name) or ""
    return options(codebook, question)[value] if value and question.list else str(value)


def write_csv(
    path: Path, records: Iterable[Sequence[Any]], *, delimiter: str = ",", quote: int = csv.QUOTE_MINIMAL,
    encoding: str = "utf-8", end: str = "\r\n",
) -> None:  # fmt: skip
    """Records as text; None is an empty cell."""
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, quoting=quote, lineterminator=end)  # type: ignore[arg-type]
        writer.writerows(["" if cell is None else cell for cell in record] for record in records)
