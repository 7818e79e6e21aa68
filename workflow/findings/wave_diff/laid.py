"""A wave laid beside those before it: what its files say of the instrument, the sample and the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from findings.influence import headline, sample
from findings.instrument import Codebook
from findings.plan import Indicator, expand_indicators, levels
from findings.wave_diff.asked import Asked, asked
from findings.wave_diff.shifts import DURATION, MINUTES, Share, duration, rows, shares, shifted
from findings.wave_diff.structure import Difference, differences
from findings.wave_diff.verdicts import VERDICTS, comparability, rules
from findings.waves import differs


@dataclass(frozen=True)
class Laid:
    """A wave: wave.yaml, its instrument as asked, indicators.parquet, design.json, and minutes by row_id."""

    wave: Mapping[str, Any]
    instrument: Mapping[str, Asked]
    frame: pd.DataFrame
    design: Mapping[str, Any]
    minutes: pd.Series

    @classmethod
    def read(cls, wave: Mapping[str, Any], results: Path) -> Laid:
        """The wave from its files of ingest, clean and weight."""
        record, design = (
            json.loads((results / name).read_text(encoding="utf-8")) for name in ("ingest.json", "design.json")
        )
        codebook = Codebook.from_json((results / "codebook.json").read_text(encoding="utf-8"))
        kept = pd.read_parquet(results / "respondents.parquet", columns=["row_id", MINUTES]).set_index("row_id")
        frame = pd.read_parquet(results / "indicators.parquet")
        return cls(wave, asked(codebook, wave, record), frame, design, kept[MINUTES])


@dataclass(frozen=True)
class Compared:
    """`differences` and `comparability`: content of wave_diff.json and comparability.json; `rows`: derived rows."""

    differences: dict[str, Any]
    comparability: dict[str, Any]
    rows: pd.DataFrame
    notes: list[str]


def compare(own: Laid, others: Sequence[Laid], earlier: str | None, study: Mapping[str, Any]) -> Compared:
    """A wave against those that it is laid beside (`findings.waves.looked_at`); `earlier` is the comparable one."""
    rule, indicators = rules(study), expand_indicators(study)
    silent = [code for codes in study["nonanswers"].values() for code in codes]
    beside = {
        str(other.wave["wave"]): differences(own.instrument, other.instrument, silent, rule["similarity"])
        for other in others
    }
    # Two waves of volunteers may be alike in everything, and have no level to compare all the same.
    unlike = {
        str(other.wave["wave"]): differs(own.wave, other.wave) or ["volunteers"]
        for other in others
        if other.wave["wave"] != earlier
    }
    now = _numbers(own, indicators, study)
    before = next((_numbers(other, indicators, study) for other in others if other.wave["wave"] == earlier), {})
    table = rows(now, before, own.wave, own.design["kind"], rule["correction"])
    found = comparability(
        own.wave, earlier, [{"wave": name, "differs": why} for name, why in unlike.items()], indicators, levels(study),
        beside.get(earlier or "", []), shifted(table, now, before, indicators, rule), rule,
    )  # fmt: skip
    pairs = [
        {"earlier": name, "comparable": name == earlier, "differs": unlike.get(name, []),
         "differences": [difference.as_dict() for difference in of_pair]}
        for name, of_pair in beside.items()
    ]  # fmt: skip
    words = {name: one.labels for each in (*others, own) for name, one in each.instrument.items() if one.labels}
    content = {"wave": own.wave["wave"], "pairs": pairs, "questions": words}
    return Compared(content, found, table, _notes(beside, unlike, found))


def _numbers(of: Laid, indicators: Sequence[Indicator], study: Mapping[str, Any]) -> dict[tuple[str, str], Share]:
    drawn = sample(of.frame, of.design, headline(of.design, study), str(of.wave["wave"]))
    found = shares(drawn, indicators, int(study["disclosure"]["min_cell"]))
    longest = (of.wave.get("duration") or {}).get("maximum_minutes", float("inf"))
    length = duration(drawn, of.minutes, float(longest))
    return {**found, **({(DURATION, "mean"): length} if length else {})}


def _notes(
    beside: Mapping[str, Sequence[Difference]], unlike: Mapping[str, Sequence[str]], found: Mapping[str, Any]
) -> list[str]:
    notes = []
    for name, of_pair in beside.items():
        why = f"; not comparable, other {', '.join(unlike[name])}" if name in unlike else ""
        notes.append(f"Beside {name}: {len(of_pair)} differences of the instrument{why}.")
    told = [entry["verdict"] for entry in found["columns"].values()]
    notes += [f"{told.count(verdict)} indicators are {verdict}." for verdict in VERDICTS if told]
    return notes or ["No wave is before it."]
