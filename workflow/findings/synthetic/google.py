"""A wave written as Google Forms exports it: bilingual headers, answers as the labels shown, checkboxes by `;`.

Sources: as findings.readers.google_forms.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from findings.instrument import Codebook, Question

LANGUAGES = ("en", "my")


def write_export(
    path: Path, rows: list[dict[str, Any]], codebook: Codebook, random: np.random.Generator, join: str = ";",
    moment: str | None = None,
) -> None:  # fmt: skip
    """Write `rows` (answers by question, as findings.synthetic.mess has them); each answered in one language.

    A linked Sheet joins the options of a checkbox by `, ` and has times in a format of its own, `moment`.
    """
    asked = {name: q for name, q in codebook.questions.items() if q.type not in ("meta", "calculate")}
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(["Timestamp", *(_header(question) for question in asked.values())])
        for row in rows:
            language = LANGUAGES[int(random.random() < 0.7)]
            written = row["#end"].strftime("%Y/%m/%d ") + row["#end"].strftime("%I:%M:%S %p").lstrip("0") + " GMT+6:30"
            time = row["#end"].strftime(moment) if moment else written
            writer.writerow([time, *_cells(row, asked, codebook, language, join)])


def _header(question: Question) -> str:
    """`English / Burmese`; of a grid `English / Burmese [row / row]`."""
    labels = [question.label[language] for language in LANGUAGES]
    if not all(label.endswith("]") for label in labels):
        return " / ".join(labels)
    heads = [label[: label.rindex(" [")] for label in labels]
    rows = dict.fromkeys(label[label.rindex("[") + 1 : -1] for label in labels)
    return f"{' / '.join(heads)} [{' / '.join(rows)}]"


def _cells(
    row: Mapping[str, Any], asked: Mapping[str, Question], codebook: Codebook, language: str, join: str
) -> Iterator[str]:
    for name, question in asked.items():
        value = row.get(name) or ""
        choices = codebook.choices.get(question.list or "", {})
        # Stray characters around a code stand around its label as well.
        if question.type == "select_multiple":
            own = [row[f"#other_{name}"]] if row.get(f"#other_{name}") else []
            yield join.join([*(choices[code][language] for code in value.split()), *own])
        elif question.type == "select_one" and value:
            code = value.strip(" \u200b")
            yield value.replace(code, choices[code][language])
        else:
            yield value
