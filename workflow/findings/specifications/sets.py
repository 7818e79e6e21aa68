"""Exclusion sets: the respondents whom another analyst would have kept, cleaned, coded and raked once per set.

A set undoes the drops of some steps of cleaning. What comes after these steps was never done to the dropped, so the
steps are run anew without them: a respondent who is kept is recoded like all others, and may still be dropped by
another step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from findings import indicators, weighting
from findings.cleaning import clean
from findings.errors import FindingsError
from findings.other_specify import Line, read_recodes
from findings.plan import Indicator, Level, rests_on
from findings.weighting import Weighted


@dataclass(frozen=True)
class Records:
    """What cleaning starts from (`responses`, `free_text`, `codebook`, `corrections`, `recodes`), and its
    `respondents`."""

    responses: pd.DataFrame
    free_text: pd.DataFrame
    codebook: Mapping[str, Any]
    corrections: pd.DataFrame | None
    respondents: pd.DataFrame
    recodes: Sequence[Line] = ()


def read_records(files: Any, wave: Mapping[str, Any]) -> Records:
    """The records of a wave from the files that are a rule's inputs, by their names as in `specify`."""
    corrections = pd.read_parquet(files.corrections)
    return Records(
        responses=pd.read_parquet(files.responses),
        free_text=pd.read_parquet(files.free_text),
        codebook=json.loads(Path(files.codebook).read_text(encoding="utf-8")),
        corrections=corrections if len(corrections) else None,
        respondents=pd.read_parquet(files.respondents),
        recodes=read_recodes(wave, Path(files.wave).parent),
    )


def exclusion_sets(
    undone: Mapping[str, frozenset[str]],
    records: Records,
    needed: Sequence[Indicator],
    steps: Sequence[Level],
    study: Mapping[str, Any],
    wave: Mapping[str, Any],
    reference: Path,
    wave_dir: Path,
    *,
    trimmed: bool,
) -> dict[str, Weighted]:
    """The wave's indicators and weights (as `weighting.weigh`) in each set; with `trimmed`, trimmed weights too.

    Raises FindingsError naming the set in which raking or trimming does not hold.
    """
    weighed_as = with_trim(wave, study) if trimmed else wave
    made = {}
    for code, steps_undone in undone.items():
        respondents = records.respondents if not steps_undone else _cleaned(records, wave, steps_undone, reference)
        try:
            kept = respondents[respondents["dropped_by"].isna()]
            made[code] = weighed(kept, needed, steps, study, weighed_as, reference, wave_dir)
        except FindingsError as error:
            raise FindingsError(
                f"In the exclusion set {code} of `specifications`: {error}",
                wave=wave["wave"],
                mend="remove the set, or widen `specifications.trim`.",
            ) from None
    return made


def with_trim(wave: Mapping[str, Any], study: Mapping[str, Any]) -> dict[str, Any]:
    """The wave with the limits of trimming that it declares, else the study's, else the grid's (if it is raked)."""
    calibration = wave.get("calibration")
    if not calibration:
        return dict(wave)
    limits = calibration.get("trim") or study["weighting"].get("trim") or study["specifications"]["trim"]
    return {**wave, "calibration": {**calibration, "trim": limits}}


def closure(wanted: Sequence[str], every: Sequence[Indicator]) -> list[Indicator]:
    """The indicators with the columns `wanted` and all that they rest on, in the order of `every` (bases first)."""
    of = {indicator.column: indicator for indicator in every}
    queue, found = list(wanted), set()
    while queue:
        column = queue.pop()
        if column not in found:
            found.add(column)
            queue += rests_on(of[column])
    return [indicator for indicator in every if indicator.column in found]


def _cleaned(records: Records, wave: Mapping[str, Any], undone: frozenset[str], reference: Path) -> pd.DataFrame:
    kept = {**wave, "cleaning": [step for step in wave["cleaning"] if step["step"] not in undone]}
    tables = (records.responses, records.free_text, records.codebook)
    made = clean(*tables, kept, records.corrections, recodes=records.recodes, reference=reference)
    return made.respondents


def weighed(
    kept: pd.DataFrame,
    needed: Sequence[Indicator],
    steps: Sequence[Level],
    study: Mapping[str, Any],
    wave: Mapping[str, Any],
    reference: Path,
    wave_dir: Path,
) -> Weighted:
    """Kept respondents, coded and weighed as the wave itself is."""
    # As the wave itself: sorted by content, so that no sum depends on the random row ids.
    kept = kept.sort_values([name for name in kept.columns if name != "row_id"], ignore_index=True)
    return weighting.weigh(indicators.build(kept, needed, steps, study), kept, wave, study, reference, wave_dir)
