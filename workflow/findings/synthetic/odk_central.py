"""A wave written as ODK Central exports it: a zip, groups before `-`, option columns of the values seen, 0 by default.

Sources: as findings.readers.odk_central.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

from findings.instrument import Codebook
from findings.synthetic.written import NAME, Row, asked, chosen

LAST = ("KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "Status", "ReviewState",
        "DeviceID", "Edits", "FormVersion")  # fmt: skip
FIXED = (1980, 1, 1, 0, 0, 0)


def write_export(path: Path, rows: list[Row], codebook: Codebook) -> None:
    """Write `rows`, and after them one that was rejected and one that was not decrypted."""
    questions = asked(codebook)
    seen = {
        name: [c for c in codebook.choices[q.list or ""] if any(c in (chosen(row, name) or ()) for row in rows)]
        for name, q in questions.items()
        if q.type == "select_multiple"
    }
    header = ["SubmissionDate", "start", "end", "place-Latitude", "place-Longitude"]
    for name, question in questions.items():
        full = f"{question.group.replace('/', '-')}-{name}" if question.group else name
        header += [full, *(f"{full}/{code}" for code in seen.get(name, ()))]
    records: list[list[Any]] = [[*header, *LAST]]
    for number, row in enumerate([*rows, rows[0]], start=1):
        record = [row["#end"].isoformat() + "Z", row["#start"].isoformat(), row["#end"].isoformat(), *row["#place"]]
        for name in questions:
            record.append(row.get(name) or "")
            record += [int(code in (chosen(row, name) or ())) for code in seen.get(name, ())]
        state = "rejected" if number > len(rows) else ""
        records.append([*record, f"uuid:{row['#uuid']}", 17, NAME, 0, 0, "", state, row["#device"], 0, "1"])
    shell = [""] * len(header)
    records.append([*shell, "uuid:shell", 17, NAME, 0, 0, "not decrypted", "", "", 0, "1"])
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(records)
    files = {"survey.csv": text.getvalue(), "survey - audit.csv": "event\n", "media/a.csv": "b\n"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, FIXED), content)
