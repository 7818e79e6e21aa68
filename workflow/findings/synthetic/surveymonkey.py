"""A wave written as SurveyMonkey exports it: two header rows, an option's column holds its text or nothing.

Sources: as findings.readers.surveymonkey.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from findings.instrument import Codebook
from findings.synthetic.written import ADDRESS, LANGUAGE, MAIL, NAME, Row, asked, chosen, options, shown, write_csv

OWN = ("Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", "First Name")
MOMENT = "%m/%d/%Y %I:%M:%S %p"


def write_export(path: Path, rows: list[Row], codebook: Codebook) -> None:
    """Write `rows` in their order."""
    questions = asked(codebook)
    upper, lower = list(OWN), [""] * len(OWN)
    before = ""
    for question in questions.values():
        label = question.label[LANGUAGE]
        if question.type == "select_multiple":
            labels = list(options(codebook, question).values())
            upper += [label, *[""] * (len(labels) - 1)]
            lower += labels
        elif label.endswith("]"):
            stem, row = label[: label.rindex(" [")], label[label.rindex("[") + 1 : -1]
            upper.append("" if stem == before else stem)
            lower.append(row)
            before = stem
            continue
        else:
            upper.append(label)
            lower.append("Response" if question.list else "Open-Ended Response")
        before = ""
    records: list[list[Any]] = [upper, lower]
    for number, answers in enumerate(rows, start=1):
        start, end = (answers[key].strftime(MOMENT) for key in ("#start", "#end"))
        record: list[Any] = [11440000000 + number, 412183268, start, end, ADDRESS, MAIL, NAME]
        for name, question in questions.items():
            if question.type == "select_multiple":
                codes = chosen(answers, name) or ()
                record += [label if code in codes else "" for code, label in options(codebook, question).items()]
            else:
                record.append(shown(answers, question, codebook))
        records.append(record)
    write_csv(path, records)
