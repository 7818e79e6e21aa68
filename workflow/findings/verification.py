"""Verify: a second run of the study under other circumstances, and every released file compared.

What a release may not rest on is made another in the second run: the folder, the time zone, the language of the
system, the umask, the number of jobs at a time, the secret of the row ids, and the order of the rows in the exports.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from findings import jobs, readers
from findings.config import load_study, load_wave
from findings.corrections import entries_of
from findings.environment import processor
from findings.errors import FindingsError
from findings.provenance import sha256

TOLERANCE = 1e-9
SEED = 20251101
# What `findings.environment.pin` takes back, if it does what it says.
ELSEWHERE = {
    "TZ": "Asia/Yangon", "LC_ALL": "de_DE.UTF-8", "LANG": "my_MM.UTF-8", "PYTHONHASHSEED": "77",
    "SOURCE_DATE_EPOCH": "86400", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2",
}  # fmt: skip
UMASK = 0o022
_ROW = re.compile(r"<row\b[^>]*?(?:/>|>.*?</row>)", re.S)


@dataclass(frozen=True)
class Compared:
    """Two releases beside each other: `files` in either, of which `differ` are not the same and `near` are tables
    whose numbers are the same to TOLERANCE."""

    files: list[str]
    differ: list[str]
    near: list[str]


def copied(study: Path, copy: Path) -> list[str]:
    """Copy what a run needs to a new folder, the rows of its exports in another order; the waves whose rows stay.

    A wave's rows stay where others point at them by their number, and where its reader cannot read them otherwise.
    """
    copy.mkdir(parents=True)
    for name in ("config.yaml", "claims.yaml"):
        if (study / name).is_file():
            shutil.copy2(study / name, copy)
    shutil.copytree(study / "data", copy / "data")
    folders = [copy / "data" / "raw" / wave for wave in load_study(copy / "config.yaml")["waves"]]
    return [folder.name for folder in folders if not shuffled(folder)]


def shuffled(folder: Path) -> bool:
    """Put the rows of the export in a wave's folder in another order, if they can be; whether they were."""
    wave = load_wave(folder / "wave.yaml")
    export = folder / wave["source"]["export"]
    put = {".csv": _csv, ".xlsx": _xlsx}.get(export.suffix.lower())
    raw = _read(export, wave)
    if put is None or raw.repeats or any(not entry.tool_id for entry in entries_of(wave, folder)[0]):
        return False
    before, digest = export.read_bytes(), sha256(export)
    order = np.random.default_rng(SEED).permutation(len(raw.cells))
    try:
        export.write_bytes(put(before, order, raw.evidence))
        same = _read(export, wave).cells.equals(raw.cells.iloc[order].reset_index(drop=True))
    except (FindingsError, UnicodeError, KeyError):
        same = False
    if not same:
        export.write_bytes(before)
        return False
    declared = (folder / "wave.yaml").read_text(encoding="utf-8")
    (folder / "wave.yaml").write_text(re.sub(digest, sha256(export), declared, flags=re.I), encoding="utf-8")
    return True


def _read(export: Path, wave: Mapping[str, Any]) -> readers.RawTable:
    return readers.read(export, wave=wave["wave"], tool=wave["source"].get("tool"), source=wave["source"])


def _csv(raw: bytes, order: npt.NDArray[np.intp], evidence: Mapping[str, Any]) -> bytes:
    """The records of a CSV in another order, each as it was written; what stands above the rows stays."""
    encoding = str(evidence["encoding"])
    text = raw.decode(encoding)
    lines = [*io.StringIO(text, newline="")]
    reader, records, start = csv.reader(lines, delimiter=evidence["delimiter"]), list[str](), 0
    for record in reader:
        if record:
            records.append("".join(lines[start : reader.line_num]).rstrip("\r\n") + "\n")
        start = reader.line_num
    return "".join(_ordered(records, order)).encode(encoding)


def _xlsx(raw: bytes, order: npt.NDArray[np.intp], evidence: Mapping[str, Any]) -> bytes:
    """A workbook with the rows of its first sheet in another order; its cells stay as they are stored."""
    name, made = "xl/worksheets/sheet1.xml", io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as book, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in book.infolist():
            held = book.read(entry)
            if entry.filename == name:
                sheet = held.decode("utf-8")
                rows = _ordered(_ROW.findall(sheet), order)
                numbered = [re.sub(r'(?<=\br=")([A-Z]*)\d+(?=")', rf"\g<1>{n}", row) for n, row in enumerate(rows, 1)]
                start, end = sheet.index("<row"), sheet.rindex("</sheetData>")
                held = (sheet[:start] + "".join(numbered) + sheet[end:]).encode("utf-8")
            out.writestr(entry, held)
    return made.getvalue()


def _ordered(records: list[str], order: npt.NDArray[np.intp]) -> list[str]:
    top = len(records) - len(order)
    return records[:top] + [records[top + row] for row in order]


def compare(first: Path, second: Path) -> Compared:
    """Every file of two releases. A table whose texts are the same, and whose numbers are to TOLERANCE, is near."""
    files = sorted({p.relative_to(base).as_posix() for base in (first, second) for p in base.rglob("*") if p.is_file()})
    differ, near = list[str](), list[str]()
    for name in files:
        one, other = first / name, second / name
        if not (one.is_file() and other.is_file()):
            differ.append(name)
        elif one.read_bytes() != other.read_bytes():
            alike = _near(one, other) if name.endswith(".csv") else False
            (near if alike else differ).append(name)
    # The manifest says of each file again that it differs.
    others = [name for name in differ if name != "MANIFEST.sha256"]
    return Compared(files, others if others or near else differ, near)


def _near(one: Path, other: Path) -> bool:
    """Whether two tables are the same but for the last digits of numbers and the hashes of other files."""
    with one.open(encoding="utf-8", newline="") as left, other.open(encoding="utf-8", newline="") as right:
        tables = [[*csv.reader(stream)] for stream in (left, right)]
    if [len(row) for row in tables[0]] != [len(row) for row in tables[1]] or tables[0][:1] != tables[1][:1]:
        return False
    hashed = {at for at, name in enumerate(tables[0][0]) if name == "sha256"}
    return all(
        at in hashed or a == b or _close(a, b)
        for row, beside in zip(*tables, strict=True)
        for at, (a, b) in enumerate(zip(row, beside, strict=True))
    )


def _close(one: str, other: str) -> bool:
    try:
        a, b = float(one), float(other)
    except ValueError:
        return False
    return abs(a - b) <= TOLERANCE * max(1.0, abs(a), abs(b))


def made_on(study: Path) -> set[str]:
    """The kinds of processor that a study's results were made on, as the records of its jobs say; one of these records
    without it is of an unknown one."""
    found = {str(record.get("processor") or "an unknown processor") for record in jobs.read(study / "results" / "logs")}
    return found or {"an unknown processor"}


def told(compared: Compared, where: set[str]) -> tuple[bool, str]:
    """Whether two releases are the same as far as they must be, and a sentence that says which comparison that was.

    `where`: kinds of processor that made the first; the second was made on this one. Of one kind every byte is the
    same; of two the numbers of tables are to TOLERANCE, and everything else to the byte.
    """
    here, count = processor(), len(compared.files)
    if where == {here}:
        if other := len(compared.differ) + len(compared.near):
            return False, f"{other} of {count} released files differ, on the same processor ({here})."
        return True, f"Verified: {count} released files are the same, byte for byte, on the same processor ({here})."
    kinds = f"on {', '.join(sorted(where - {here}))} and on {here}"
    if compared.differ:
        return False, f"{len(compared.differ)} of {count} released files differ, by more than {TOLERANCE:g}, {kinds}."
    same = count - len(compared.near)
    return True, f"Verified {kinds}: {same} of {count} released files byte for byte, the other tables to {TOLERANCE:g}."
