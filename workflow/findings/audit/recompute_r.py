"""A number by R's package `survey`, where R is installed: values go in by a pipe and numbers come back, no file."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from findings.audit.tasks import Task

HERE = Path(__file__).parent
SECONDS = 120


class RStopped(Exception):
    """R did not end well. Its text is not told: it might quote an answer."""


def found() -> str | None:
    """Rscript, if it is on the path."""
    return shutil.which("Rscript")


class Running:
    """R, started before its task is known: it loads its package while the task is made. A context manager."""

    def __init__(self) -> None:
        program = found()
        self._process = None if program is None else subprocess.Popen(
            [program, "--vanilla", str(HERE / "recompute.R")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def recomputed(self, task: Task) -> dict[str, float]:
        """The numbers that R computes of a task, by column of the register. Raises RStopped."""
        if self._process is None:
            raise RStopped("R is not installed here")
        options = {**task.options, "kind": task.kind, "models": str(HERE / "models.R")}
        try:
            out, errors = self._process.communicate(written(task, options), timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise RStopped(f"R took more than {SECONDS} s") from None
        if self._process.returncode:
            missing = "there is no package" in errors and "survey" in errors
            raise RStopped("R has no package survey here" if missing else "R stopped with an error")
        pairs = (line.split("=", 1) for line in out.splitlines())
        return {name: math.nan if value.strip() in ("NA", "NaN") else float(value) for name, value in pairs}


def written(task: Task, options: dict[str, str]) -> str:
    """The text that recompute.R reads."""
    lines = [f"{name}={value}" for name, value in options.items()]
    columns = list(dict.fromkeys(name for row in task.rows for name in row))
    table = [",".join(_cell(row.get(name)) for name in columns) for row in task.rows]
    return "\n".join([*lines, "", ",".join(columns), *table, ""])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return repr(value) if isinstance(value, float) else str(value)
