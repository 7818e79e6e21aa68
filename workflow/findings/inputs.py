"""What the rules of the workflow take as inputs and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from findings.config import without_labels
from findings.environment import ROOT
from findings.provenance import modules


# What says which indicators and groups there are.
PLAN = (
    "ministries", "services", "barriers", "dimensions", "spoken_languages", "scales", "item_sets", "breakdowns",
    "crossings", "domains", "indicators",
)  # fmt: skip


def code(script: str) -> list[str]:
    """The package modules that the script of a rule rests on."""
    return [str(path) for path in modules(ROOT / "workflow" / "scripts" / f"{script}.py")]


def part(study: Mapping[str, Any], *keys: str, labels: bool = False) -> dict[str, Any]:
    """The parts of the study that a rule needs; with labels only below the gate."""
    chosen = {key: study[key] for key in keys if key in study}
    return chosen if labels else without_labels(chosen)


def wave_file(wildcards: Any) -> str:
    """The declaration of a wave."""
    return f"data/raw/{wildcards.wave}/wave.yaml"


def raw_files(wildcards: Any) -> list[str]:
    """Everything as received: a wave's folder is read-only input, whole."""
    return sorted(str(path) for path in Path(f"data/raw/{wildcards.wave}").iterdir() if path.is_file())


def report_files() -> list[str]:
    """Templates, captions and style of the report."""
    return sorted(str(path) for path in (ROOT / "workflow" / "report").iterdir() if path.is_file())
