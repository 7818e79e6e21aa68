"""What must be the same in every process of a run, whoever starts it."""

from __future__ import annotations

import os
import platform
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PINNED = {
    "PYTHONPATH": str(ROOT / "workflow"),
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def processor() -> str:
    """The kind of this machine's processor, as the system names it: architecture and model."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text(encoding="utf-8", errors="replace").splitlines() if cpu.is_file() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return f"{platform.machine()} {model or platform.processor()}".strip()


def conda_environment(lock: str) -> str:
    """envs/run.yaml from the text of envs/run.txt: the locked versions, for `snakemake --sdm conda`."""
    pins = [line.split(" \\")[0].strip() for line in lock.splitlines() if "==" in line and not line.startswith(" ")]
    lines = ["channels: [conda-forge, nodefaults]", "dependencies:", "  - python =3.11", "  - pip", "  - pip:"]
    return (
        "# Generated from run.txt by findings.environment; a test compares.\n"
        + "\n".join([*lines, *(f"      - {pin}" for pin in pins)])
        + "\n"
    )


def pin() -> None:
    """Set the environment, the import path and the umask of this process and of all it starts.

    Results must not depend on the caller's shell, and record-level files must not be readable by others whatever the
    caller's umask. Called by the Snakefile, so that plain `snakemake` has the same as `./reproduce`.
    """
    os.environ.update(PINNED)
    time.tzset()
    os.umask(0o077)
    if PINNED["PYTHONPATH"] not in sys.path:
        sys.path.insert(0, PINNED["PYTHONPATH"])
