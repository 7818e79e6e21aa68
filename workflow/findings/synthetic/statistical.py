"""A wave as SPSS or Stata saves it: numbers with value labels, an option of a select_multiple a variable of 0 and 1.

Sources: as findings.readers.statistical.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from findings.instrument import Codebook
from findings.synthetic.written import LANGUAGE, MAIL, NAME, Row, asked, chosen, options

LABELLED = 28


def write_export(path: Path, rows: list[Row], codebook: Codebook) -> None:
    """Write `rows` in their order; `.sav` or `.dta` by the file's name."""
    import pyreadstat

    columns: dict[str, list[Any]] = {
        "starttime": [row["#start"] for row in rows], "endtime": [row["#end"] for row in rows],
        "deviceid": [row["#device"] for row in rows], "username": [NAME] * len(rows), "email": [MAIL] * len(rows),
        "gpslatitude": [row["#place"][0] for row in rows],
    }  # fmt: skip
    labels: dict[str, str | None] = {}
    values: dict[str, dict[Any, str]] = {}
    for name, question in asked(codebook).items():
        answers = [row.get(name) for row in rows]
        known = options(codebook, question)
        if question.type == "select_multiple":
            for code, option in known.items():
                given = [chosen(row, name) for row in rows]
                columns[f"{name}_{code}"] = [None if codes is None else float(code in codes) for codes in given]
                labels[f"{name}_{code}"] = option[:80]
                values[f"{name}_{code}"] = {0: "No", 1: "Yes"}
            continue
        labels[name] = question.label[LANGUAGE][:80]
        if question.list and len(name) < LABELLED:
            number = {code: float(i) for i, code in enumerate(known, start=1)}
            columns[name] = [number[answer] if answer else None for answer in answers]
            values[name] = {number[code]: text for code, text in known.items()}
        elif question.type == "integer":
            columns[name] = [float(answer) if answer else None for answer in answers]
        else:
            columns[name] = [answer or "" for answer in answers]
    if path.suffix == ".dta":
        # Stata cuts names; ReadStat writes no value labels for long ones.
        columns = {name[:32]: cells for name, cells in columns.items()}
        labels = {name[:32]: text for name, text in labels.items()}
        values = {name: found for name, found in values.items() if len(name) < LABELLED}
    frame = pd.DataFrame(columns)
    write = pyreadstat.write_sav if path.suffix == ".sav" else pyreadstat.write_dta
    write(frame, str(path), column_labels=labels, variable_value_labels=values)
