"""Waves beside each other: which of them may be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SAME = ("kind", "mode", "strata", "psu", "margins")


def comparable(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """Whether two waves (wave.yaml) may be compared in level: both probability samples of one design and mode."""
    return later["design"]["kind"] == "probability" and _design(later) == _design(earlier)


def earlier_wave(wave: str, waves: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The last comparable wave before `wave` in the order of `waves` (name -> wave.yaml); None if there is none."""
    names = list(waves)
    before = names[: names.index(wave)]
    return next((name for name in reversed(before) if comparable(waves[wave], waves[name])), None)


def _design(wave: Mapping[str, Any]) -> dict[str, Any]:
    design = wave["design"]
    margins = sorted(entry["name"] for entry in (wave.get("calibration") or {}).get("margins", []))
    return dict(
        zip(SAME, (design["kind"], wave.get("mode"), design.get("strata"), design.get("psu"), margins), strict=True)
    )
