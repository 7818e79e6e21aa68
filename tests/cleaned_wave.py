"""A wave of the mini study cleaned and weighed by its functions, with or without steps, as no run would write it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from conftest import WAVE
from findings import indicators, weighting
from findings.cleaning import clean
from findings.ingest import ingest
from findings.plan import expand_indicators, levels
from findings.specifications import Records


def records_of(raw: Path, wave: dict) -> Records:
    found = ingest(wave, raw / "data" / "raw" / WAVE, b"0" * 32)
    codebook = json.loads(found.codebook.to_json())
    corrections = found.corrections if len(found.corrections) else None
    return cleaned(Records(found.responses, found.free_text, codebook, corrections, found.responses), wave)


def cleaned(records: Records, wave: dict, undone: tuple[str, ...] = ()) -> Records:
    """The records with the respondents of a wave, with steps of cleaning left out."""
    kept = {**wave, "cleaning": [step for step in wave["cleaning"] if step["step"] not in undone]}
    made = clean(records.responses, records.free_text, records.codebook, kept, records.corrections)
    return Records(records.responses, records.free_text, records.codebook, records.corrections, made.respondents)


def weighed(records: Records, wave: dict, study: dict, raw: Path, undone: tuple[str, ...] = ()) -> weighting.Weighted:
    """A wave by hand, with steps of cleaning left out."""
    return weighed_rows(cleaned(records, wave, undone).respondents, wave, study, raw)


def weighed_rows(made: pd.DataFrame, wave: dict, study: dict, raw: Path) -> weighting.Weighted:
    made = made[made["dropped_by"].isna()].reset_index(drop=True)
    frame = indicators.build(made, expand_indicators(study), levels(study), study)
    return weighting.weigh(frame, made, wave, study, raw / "data" / "reference", raw / "data" / "raw" / WAVE)
