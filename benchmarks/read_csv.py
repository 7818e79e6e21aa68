"""How long a large CSV takes to be read, and how much memory; prints one dated Markdown table.

Run: PYTHONPATH=workflow .venv/bin/python benchmarks/read_csv.py [ROWS] >> benchmarks/results.md
Forty columns as KoboToolbox writes them; the target is a million rows in under 60 s and 4 GB.
"""

from __future__ import annotations

import csv
import datetime
import os
import platform
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from findings import readers

ROWS = 1_000_000
CODES = ("yes", "no", "dont_know", "prefer_not_to_answer", "")
WORDS = ("The signal is poor here.", "လိုင်းမကောင်းပါ။", "", "")


def write(path: Path, rows: int) -> None:
    """A CSV of codes, numbers, option columns, some text in two scripts, and the tool's own columns."""
    chance = random.Random(1)
    names = ["start", "end", *(f"g_use/q{i:02d}" for i in range(20)), *(f"g_use/many/o{i}" for i in range(10)), "age",
             "comment", "_id", "_uuid", "_submission_time", "_validation_status", "_status", "_index"]  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow(names)
        for number in range(rows):
            moment = f"2025-03-{number % 28 + 1:02d}T09:{number % 60:02d}:00.000+06:30"
            answers = chance.choices(CODES, k=20) + chance.choices("01", k=10)
            own = [number, f"{chance.getrandbits(128):032x}", moment, "", "submitted_via_web", number]
            writer.writerow([moment, moment, *answers, chance.randint(18, 90), chance.choice(WORDS), *own])


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        write(path, rows)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start, used = time.perf_counter(), time.process_time()
        table = readers.read(path, wave="w")
        took, used = time.perf_counter() - start, time.process_time() - used
        size = path.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert table.cells.shape == (rows, 40)
    print(f"\n## {datetime.date.today().isoformat()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| what | measured | target for a million rows |\n|---|---|---|")
    print(f"| a CSV of {rows:,} rows × 40 columns, {size / 1e6:.0f} MB: read twice, compared | {took:.1f} s wall, "
          f"{used:.1f} s of one processor | under 60 s |")  # fmt: skip
    print(f"| memory at the most (before reading) | {peak / 1e6:.2f} GB ({before / 1e6:.2f} GB) | under 4 GB |")


if __name__ == "__main__":
    main()
