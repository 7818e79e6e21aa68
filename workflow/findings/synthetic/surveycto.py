"""A wave written as SurveyCTO exports it: wide, option columns `question_option`, times as `Oct 17, 2022 6:31:58 PM`.

Sources: as findings.readers.surveycto.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from findings.instrument import Codebook
from findings.synthetic.written import NAME, Row, asked, chosen, write_csv

MOMENT = "%b %d, %Y %I:%M:%S %p"
FIRST = ("SubmissionDate", "starttime", "endtime", "deviceid", "subscriberid", "simid", "devicephonenum", "username")
LAST = ("gpslatitude", "gpslongitude", "instanceID", "formdef_version", "KEY")


def write_export(path: Path, rows: list[Row], codebook: Codebook) -> None:
    """Write `rows` in their order."""
    questions = asked(codebook)
    header = list(FIRST)
    for name, question in questions.items():
        header.append(name)
        if question.type == "select_multiple":
            header += [f"{name}_{code.replace('-', '_')}" for code in codebook.choices[question.list or ""]]
    records: list[list[Any]] = [[*header, *LAST]]
    for row in rows:
        start, end = row["#start"].strftime(MOMENT), row["#end"].strftime(MOMENT)
        record: list[Any] = [end, start, end, row["#device"], "2440", "8995", row["#phone"], NAME]
        for name, question in questions.items():
            record.append(row.get(name))
            if question.type == "select_multiple":
                codes = chosen(row, name)
                record += ["" if codes is None else int(c in codes) for c in codebook.choices[question.list or ""]]
        key = f"uuid:{row['#uuid']}"
        records.append([*record, *row["#place"], key, "2501010101", key])
    write_csv(path, records)
