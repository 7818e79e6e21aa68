"""What the oracles' tests share: R's recorded answers, ours beside them, and the largest difference of each statistic.

`agreement/<script>.json` holds one entry per statistic: `{statistic, oracle, call, tolerance, largest_difference}`; oracle
is `package`, `R by formula` or `simulation only`. `python tests/oracle/comparison.py` writes these files anew.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
PACKAGE, FORMULA, SIMULATION = "package", "R by formula", "simulation only"


@dataclass(frozen=True)
class Comparison:
    """Our numbers beside R's, for one statistic as one R call gives it."""

    statistic: str
    call: str
    ours: Any
    theirs: Any
    tolerance: float = 1e-8
    oracle: str = PACKAGE

    @property
    def difference(self) -> float:
        """Largest difference relative to max(1, |R's|); infinite where one is missing and the other not."""
        ours, theirs = (np.atleast_1d(np.asarray(x, dtype=float)).ravel() for x in (self.ours, self.theirs))
        assert ours.shape == theirs.shape and len(ours), (self.statistic, ours.shape, theirs.shape)
        if (np.isnan(ours) != np.isnan(theirs)).any():
            return float("inf")
        return float(np.nanmax(np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs)), initial=0.0))


def recorded(script: str) -> dict[str, Any]:
    """The recorded answers of `<script>.R`."""
    answers: dict[str, Any] = json.loads((HERE / "answers" / f"{script}.json").read_text(encoding="utf-8"))
    return answers


def summary(comparisons: Iterable[Comparison]) -> list[dict[str, Any]]:
    """One entry per statistic and R call, in their order, with the largest difference over all numbers compared."""
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    for one in comparisons:
        entry = {"statistic": one.statistic, "oracle": one.oracle, "call": one.call, "tolerance": one.tolerance}
        entry = entries.setdefault((one.statistic, one.call), {**entry, "largest_difference": 0.0})
        entry["largest_difference"] = max(entry["largest_difference"], float(f"{one.difference:.1e}"))
    return list(entries.values())


def check(script: str, comparisons: Iterable[Comparison]) -> None:
    """Every difference is within its tolerance, and `agreement/<script>.json` lists exactly these statistics."""
    found = summary(comparisons)
    wide = [entry for entry in found if not entry["largest_difference"] <= entry["tolerance"]]
    assert not wide, json.dumps(wide, indent=1)
    listed = json.loads((HERE / "agreement" / f"{script}.json").read_text(encoding="utf-8"))
    without = [[{k: v for k, v in e.items() if k != "largest_difference"} for e in some] for some in (found, listed)]
    assert without[0] == without[1], "run: python tests/oracle/comparison.py"
    assert all(entry["largest_difference"] <= entry["tolerance"] for entry in listed)


def anew(script: str) -> dict[str, Any] | None:
    """R's answers computed now; None where R or its package `survey` is not installed."""
    if shutil.which("Rscript") is None:
        return None
    made = subprocess.run(
        ["Rscript", str(HERE / f"{script}.R")], capture_output=True, text=True, env={**os.environ, "ORACLE": str(HERE)}
    )
    if "there is no package" in made.stderr:
        return None
    assert made.returncode == 0, made.stderr
    answers: dict[str, Any] = json.loads(made.stdout)
    return answers


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


if __name__ == "__main__":
    import importlib

    for path in sorted(HERE.glob("*.R")):
        name = path.stem
        if not (HERE / f"test_{name}.py").is_file():
            continue
        entries = summary(importlib.import_module(f"test_{name}").comparisons())
        (HERE / "agreement" / f"{name}.json").write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
