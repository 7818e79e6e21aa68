"""A wave written as Qualtrics exports it: names, questions as asked, ImportIds; choices as text, an option a column.

Sources: as findings.readers.qualtrics.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from findings.instrument import Codebook
from findings.synthetic.written import ADDRESS, LANGUAGE, MAIL, NAME, Row, asked, chosen, options, shown, write_csv

OWN = {
    "StartDate": "Start Date", "EndDate": "End Date", "Status": "Response Type", "IPAddress": "IP Address",
    "Progress": "Progress", "Duration (in seconds)": "Duration (in seconds)", "Finished": "Finished",
    "RecordedDate": "Recorded Date", "ResponseId": "Response ID", "RecipientLastName": "Recipient Last Name",
    "RecipientEmail": "Recipient Email", "LocationLatitude": "Location Latitude",
    "LocationLongitude": "Location Longitude", "DistributionChannel": "Distribution Channel",
}  # fmt: skip


def write_export(path: Path, rows: list[Row], codebook: Codebook, breakout: bool = True, ids: bool = True) -> None:
    """Write `rows`, and after them a preview and one that was not finished.

    Without `breakout` the choices of a question stand in one cell, joined by `,`; without `ids` there are two header
    rows, as in older exports.
    """
    questions = asked(codebook)
    names, texts = list(OWN), list(OWN.values())
    for name, question in questions.items():
        label = question.label[LANGUAGE]
        if question.type == "select_multiple" and breakout:
            labels = options(codebook, question)
            names += [f"{name}_{i}" for i in range(1, len(labels) + 1)]
            texts += [f"{label} - Selected Choice - {option}" for option in labels.values()]
        else:
            names.append(name)
            texts.append(label)
    records: list[list[Any]] = [names, texts]
    if ids:
        records.append([json.dumps({"ImportId": f"QID{i}"}) for i in range(len(names))])
    for number, row in enumerate([*rows, rows[0], rows[1]], start=1):
        kind = "Survey Preview" if number == len(rows) + 1 else "IP Address"
        done = number <= len(rows) + 1
        start, end = (row[key].isoformat(sep=" ") for key in ("#start", "#end"))
        record: list[Any] = [start, end, kind, ADDRESS, 100 if done else 40, 600, done, end, f"R_{number}", NAME, MAIL]
        record += [*row["#place"], "preview" if kind != "IP Address" else "anonymous"]
        for name, question in questions.items():
            if question.type != "select_multiple":
                record.append(shown(row, question, codebook))
                continue
            labels, codes = options(codebook, question), chosen(row, name) or ()
            ticks = [label if code in codes else "" for code, label in labels.items()]
            record += ticks if breakout else [",".join(label for label in ticks if label)]
        records.append(record)
    write_csv(path, records)
