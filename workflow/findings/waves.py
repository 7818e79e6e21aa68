"""Waves beside each other: which of them may be compared, and in what the others differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What must be the same in two waves that are compared in level.
SAME = ("kind", "mode", "frame", "strata", "psu", "margins")


def differs(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> list[str]:
    """In which of SAME two waves (wave.yaml) differ; two waves of volunteers differ in nothing of their design."""
    own, other = _design(later), _design(earlier)
    return [name for name in SAME if own[name] != other[name]]


def comparable(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """Whether two waves (wave.yaml) may be compared in level: probability samples of one design, mode and frame."""
    return later["design"]["kind"] == "probability" and not differs(later, earlier)


def earlier_wave(wave: str, waves: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The last comparable wave before `wave` in the order of `waves` (name -> wave.yaml); None if there is none."""
    names = list(waves)
    before = names[: names.index(wave)]
    return next((name for name in reversed(before) if comparable(waves[wave], waves[name])), None)


def line_of(wave: str, earlier: Mapping[str, str | None]) -> list[str]:
    """A wave and the comparable ones before it, the last of them first; `earlier` (`earlier_wave`) by wave."""
    line = [wave]
    while (before := earlier[line[-1]]) is not None:
        line.append(before)
    return line


def looked_at(wave: str, waves: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The waves that `wave` is laid beside: the one before it, and the last comparable one if that is another."""
    names = list(waves)
    before = names[: names.index(wave)]
    return list(dict.fromkeys(name for name in (*before[-1:], earlier_wave(wave, waves)) if name))


def _design(wave: Mapping[str, Any]) -> dict[str, Any]:
    design = wave["design"]
    margins = sorted(entry["name"] for entry in (wave.get("calibration") or {}).get("margins", []))
    # ASSUME[frame]: the list that a sample was drawn from is what wave.yaml calls it; a wave that does not say is
    # compared only with others that do not.
    return {
        "kind": design["kind"], "mode": wave.get("mode"), "frame": design.get("sampled_from"),
        "strata": design.get("strata"), "psu": design.get("psu"), "margins": margins,
    }  # fmt: skip
