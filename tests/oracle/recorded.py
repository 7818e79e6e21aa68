"""The recorded answers of the R scripts of this folder, and the same scripts run anew where R is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def recorded(script: str) -> dict[str, Any]:
    """The recorded answers of a script: `Rscript tests/oracle/<script>.R > tests/oracle/answers/<script>.json`."""
    return json.loads((HERE / "answers" / f"{script}.json").read_text(encoding="utf-8"))


def computed(script: str, *words: str) -> dict[str, Any] | None:
    """The answers of `<script>.R`, computed now; None where R or a package of it is not installed."""
    if shutil.which("Rscript") is None:
        return None
    environment = {**os.environ, "ORACLE": str(HERE)}
    command = ["Rscript", str(HERE / f"{script}.R"), *words]
    made = subprocess.run(command, capture_output=True, text=True, env=environment)
    if "there is no package" in made.stderr:
        return None
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


def assert_same(found: Any, wanted: Any, place: str = "") -> None:
    """Nested answers are equal, numbers to 1e-10 of max(1, |x|)."""
    if isinstance(wanted, dict):
        assert set(found) == set(wanted), place
        for key in wanted:
            assert_same(found[key], wanted[key], f"{place}.{key}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), place
        for i, pair in enumerate(zip(found, wanted, strict=True)):
            assert_same(*pair, f"{place}[{i}]")
    elif isinstance(wanted, int | float):
        assert isinstance(found, int | float) and abs(found - wanted) <= 1e-10 * max(1.0, abs(wanted)), place
    else:
        assert found == wanted, place
