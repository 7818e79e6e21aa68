"""A wave written as LimeSurvey exports it: byte-order mark, `;`, all quoted, `Q[option]` with Y, a blank line last.

Sources: as findings.readers.limesurvey.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from findings.instrument import Codebook
from findings.synthetic.written import ADDRESS, LANGUAGE, NAME, Row, asked, chosen, options, shown, write_csv

OWN = tuple("id submitdate lastpage startlanguage seed startdate datestamp ipaddr token firstname".split())


def write_export(path: Path, rows: list[Row], codebook: Codebook, texts: bool = False) -> None:
    """Write `rows`, and after them one that was not finished; codes, or with `texts` texts."""
    questions = asked(codebook)
    header = list(OWN)
    for name, question in questions.items():
        label = question.label[LANGUAGE]
        if question.type == "select_multiple":
            for code, option in options(codebook, question).items():
                header.append(f"{name}[{code}]" + (f". {label} [{option}]" if texts else ""))
        else:
            header.append(name + (f". {label}" if texts else ""))
    on, off = ("Yes", "No") if texts else ("Y", "")
    records: list[list[Any]] = [header]
    for number, row in enumerate([*rows, rows[0]], start=1):
        start, end = (row[key].isoformat(sep=" ") for key in ("#start", "#end"))
        done = end if number <= len(rows) else ""
        record: list[Any] = [number, done, 3, "en", 12345, start, end, ADDRESS, row["#uuid"], NAME]
        for name, question in questions.items():
            if question.type == "select_multiple":
                codes, every = chosen(row, name), options(codebook, question)
                record += ["" if codes is None else on if code in codes else off for code in every]
            else:
                record.append(shown(row, question, codebook) if texts else row.get(name))
        records.append(record)
    write_csv(path, [*records, []], delimiter=";", quote=csv.QUOTE_ALL, encoding="utf-8-sig")
