"""How far our numbers are from their oracles: recorded in agreement/<script>.json, tabled in docs/proof.md.

A test calls `agree`, which fails when a difference is over its tolerance, or not what is recorded. After a change:

    PYTHONPATH=workflow .venv/bin/python tests/oracle/agreement.py

runs the tests of this folder, records the differences anew and writes the table; with `--table` it writes the table
alone, of the records as they are (after a merge, say). A record is a list of `{statistic,
oracle, call, tolerance, largest_difference}`, where `oracle` is how the right answer is known: `package` (a function of
R, named in `call`), `R by formula` (a script of this folder writes the formula out), or `simulation only`.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "proof.md"
RECORDS = HERE / "agreement"
COMMAND = "PYTHONPATH=workflow .venv/bin/python tests/oracle/agreement.py"
JOURNAL = "FINDINGS_AGREEMENT"
ORACLES = ("package", "R by formula", "simulation only")
# Below this, a difference is of the machine's arithmetic, and differs from one machine to another.
FLOOR = 1e-12
BEGIN, END = "<!-- agreement: begin -->", "<!-- agreement: end -->"


def agree(
    script: str, statistic: str, ours: npt.ArrayLike, theirs: npt.ArrayLike, *, oracle: str, call: str, tolerance: float
) -> None:
    """Fail unless `ours` is `theirs` within `tolerance`, relative to max(1, |theirs|), and no further than recorded.

    One statistic may be compared in several places: its record holds the largest difference of all. NaN (in R: NA) is
    to be in the same places.
    """
    assert oracle in ORACLES, oracle
    difference = largest_difference(ours, theirs)
    assert difference <= tolerance, f"{statistic}: {difference:.3g} from R's {call}, more than {tolerance:g}"
    entry = {"statistic": statistic, "oracle": oracle, "call": call, "tolerance": tolerance}
    if journal := os.environ.get(JOURNAL):
        with open(journal, "a", encoding="utf-8") as stream:
            stream.write(json.dumps({"script": script, **entry, "largest_difference": difference}) + "\n")
        return
    recorded = next((r for r in _records(script) if r["statistic"] == statistic), None)
    assert recorded is not None, f"{script}: no record of {statistic}; run {COMMAND}"
    assert {key: recorded[key] for key in entry} == entry, f"{script}: another record of {statistic}; run {COMMAND}"
    # Another machine's arithmetic may be one digit worse; a wrong formula is not.
    assert difference <= 10 * recorded["largest_difference"], f"{statistic}: further than recorded; run {COMMAND}"


def largest_difference(ours: npt.ArrayLike, theirs: npt.ArrayLike) -> float:
    """Largest |ours − theirs| / max(1, |theirs|); infinite if one is NaN and the other not."""
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert a.shape == b.shape, f"shapes {a.shape} and {b.shape}"
    if (np.isnan(a) != np.isnan(b)).any():
        return math.inf
    with np.errstate(invalid="ignore"):
        differences = np.where(a == b, 0.0, np.abs(a - b)) / np.maximum(1.0, np.abs(b))
    return float(np.nanmax(differences, initial=0.0))


def rounded(difference: float) -> float:
    """Up to a power of ten, and at least FLOOR: the same on every machine."""
    return FLOOR if difference <= FLOOR else float(f"1e{math.ceil(math.log10(difference) - 1e-9)}")


def table() -> str:
    """All records as a Markdown table, one script after another."""
    lines = ["| statistic | oracle | R | tolerance | largest difference |", "|---|---|---|---|---|"]
    for path in sorted(RECORDS.glob("*.json")):
        for entry in _records(path.stem):
            largest = entry["largest_difference"]
            shown = "–" if largest is None else f"< {FLOOR:g}" if largest <= FLOOR else f"{largest:.0e}"
            tolerance = "–" if entry["tolerance"] is None else f"{entry['tolerance']:.0e}"
            cells = [entry["statistic"], entry["oracle"], f"`{entry['call']}`", tolerance, shown]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def page() -> str:
    """docs/proof.md with the table as the records have it."""
    text = PAGE.read_text(encoding="utf-8")
    return f"{text[: text.index(BEGIN)]}{BEGIN}\n{table()}\n{text[text.index(END) :]}"


def _records(script: str) -> list[dict]:
    path = RECORDS / f"{script}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def _record(journal: Path) -> None:
    """Write the records of every script that the journal has lines of; others are left as they are."""
    scripts: dict[str, dict[str, dict]] = {}
    for line in journal.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        held = scripts.setdefault(entry.pop("script"), {}).setdefault(entry["statistic"], entry)
        held["largest_difference"] = max(held["largest_difference"], entry["largest_difference"])
    RECORDS.mkdir(exist_ok=True)
    for script, entries in scripts.items():
        for entry in entries.values():
            entry["largest_difference"] = rounded(entry["largest_difference"])
        lines = ",\n  ".join(json.dumps(entry) for entry in entries.values())
        (RECORDS / f"{script}.json").write_text(f"[\n  {lines}\n]\n", encoding="utf-8")


def main() -> None:
    """Run the tests of this folder and record, unless the table alone is wanted; write the table."""
    if sys.argv[1:] == ["--table"]:
        PAGE.write_text(page(), encoding="utf-8")
        return
    journal = HERE / "agreement.journal"
    journal.unlink(missing_ok=True)
    environment = {**os.environ, JOURNAL: str(journal)}
    command = [sys.executable, "-m", "pytest", str(HERE), "-q", "-p", "no:cacheprovider", "--deselect", STALE]
    done = subprocess.run(command, env=environment, cwd=HERE.parent.parent)
    try:
        if done.returncode:
            sys.exit("agreement: a test failed; nothing was recorded")
        _record(journal)
    finally:
        journal.unlink(missing_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


STALE = "tests/oracle/test_agreement.py::test_the_page_has_the_records"

if __name__ == "__main__":
    main()
