"""How long the shipped waves take, what an idle run costs, and what each job imports; prints one dated Markdown table.

Run: PYTHONPATH=workflow .venv/bin/python benchmarks/whole_run.py >> benchmarks/results.md
Machines are noisy: the ratios of one run are what to compare.
"""

from __future__ import annotations

import datetime
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from findings.environment import PINNED, ROOT

EMPTY = "rule all:\n    input: []\n"
# What a job does not use it must not import: matplotlib only to draw (the report takes its fonts), statsmodels nowhere.
FORBIDDEN = {
    "ingest": ("matplotlib", "statsmodels", "scipy"),
    "clean": ("matplotlib", "statsmodels", "scipy"),
    "weight": ("matplotlib", "statsmodels", "scipy"),
    "estimate": ("matplotlib", "statsmodels", "openpyxl"),
    "disclose": ("matplotlib", "statsmodels", "openpyxl"),
    "figure": ("statsmodels", "openpyxl", "scipy", "matplotlib.pyplot"),
    "table": ("matplotlib", "statsmodels", "openpyxl", "scipy"),
    "report": ("matplotlib.figure", "statsmodels", "openpyxl", "scipy"),
}


def seconds(command: list[str], cwd: Path | None = None, times: int = 1) -> float:
    """Least wall time of `times` runs."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(command, cwd=cwd, check=True, capture_output=True, env={**os.environ, **PINNED})
        best = min(best, time.perf_counter() - start)
    return best


def imported(script: str) -> list[str]:
    """Modules of FORBIDDEN that the imports of a script's job bring in."""
    text = (ROOT / "workflow" / "scripts" / f"{script}.py").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith(("import ", "from "))]
    code = "\n".join([*lines, "import sys", f"print([m for m in {FORBIDDEN[script]!r} if m in sys.modules])"])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **PINNED}
    )
    return [name for name in done.stdout.strip("[]\n").replace("'", "").split(", ") if name]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        study, empty = Path(folder) / "study", Path(folder) / "empty"
        study.mkdir()
        empty.mkdir()
        for name in ("config.yaml", "claims.yaml"):
            shutil.copy(ROOT / name, study)
        shutil.copytree(ROOT / "data", study / "data")
        (empty / "Snakefile").write_text(EMPTY, encoding="utf-8")
        run = [sys.executable, "-m", "findings.command", "--study", str(study)]
        bare = [sys.executable, "-m", "snakemake", "--cores", "2"]
        whole, idle, nothing = seconds(run), seconds(run, times=3), seconds(bare, empty, times=3)
        relabel(study / "config.yaml")
        label = seconds(run)
        recaption(study / "config.yaml")
        caption = seconds(run)
    wrong = {script: found for script in FORBIDDEN if (found := imported(script))}
    print(f"\n## {datetime.date.today().isoformat()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| what | measured | target |\n|---|---|---|")
    print(f"| three waves, two languages, raw to report | {whole:.1f} s | under 120 s |")
    print(f"| one changed caption | {caption:.1f} s | under 20 s |")
    print(f"| idle, to Snakemake on an empty workflow | {idle:.2f} s / {nothing:.2f} s = {idle / nothing:.2f} | 1.5 |")
    print(f"| a changed label, to the whole | {label:.1f} s / {whole:.1f} s = {label / whole:.2f} | exhibits only |")
    print(f"| jobs that import what they do not use | {wrong or 'none'} | none |")


def relabel(config: Path) -> None:
    """Change one label."""
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("{en: Telekyanmar", "{en: Telekyanmar clinic", 1), encoding="utf-8")


def recaption(config: Path) -> None:
    """Change the label of one figure."""
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("{en: Current use by gender", "{en: Use by gender", 1), encoding="utf-8")


if __name__ == "__main__":
    main()
