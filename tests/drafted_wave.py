"""A drafted wave, and a person who decides on what is proposed in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from findings import crosswalk

NEW = "later"


def decide(study: Path, decisions: dict[str, tuple[str, str, str]], name: str = NEW, **said) -> Path:
    """Accept what is proposed; `decisions`: header or answer -> accepted, question, code; and decide in wave.yaml."""
    folder = study / "data" / "raw" / name
    rows = []
    for row in crosswalk.read(folder, name):
        key = row.answer if row.kind == "answer" else row.header
        if not row.accepted:
            accepted, question, code = decisions.get(key, ("yes" if row.question else "drop", "", ""))
            row = replace(row, accepted=accepted, question=question or row.question, code=code or row.code)
        rows.append(row)
    (folder / crosswalk.FILE).write_text(crosswalk.written(rows), encoding="utf-8")
    text = (folder / "wave.yaml").read_text(encoding="utf-8")
    for line, mine in {
        "from: decide, to: decide": 'from: "2027-03", to: "2027-03"', "mode: decide": "mode: capi",
        "{kind: decide}": "{kind: volunteer}", **said,
    }.items():  # fmt: skip
        text = text.replace(line, mine)
    (folder / "wave.yaml").write_text(text, encoding="utf-8")
    return folder
