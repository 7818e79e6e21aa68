"""From what ingest gives to the register, in one process: what `./reproduce` does, on a small study."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pandas as pd
import yaml
from conftest import smaller
from findings import estimators, register
from findings.cleaning import clean
from findings.config import of_wave
from findings.environment import ROOT
from findings.indicators import build
from findings.ingest import Ingested
from findings.plan import Indicator, Level, expand_indicators, levels
from findings.weighting import weigh

REFERENCE = ROOT / "data" / "reference"
WAVE: dict[str, Any] = {
    "wave": "w", "synthetic": True, "breakdowns": ["gender", "age_group", "urban_rural", "location"],
    "cleaning": [{"step": "script"}, {"step": "consent", "column": "consent", "keep": ["yes"]}, {"step": "skip_logic"}],
    "design": {"kind": "probability", "strata": "urban_rural", "psu": "township", "singletons": "adjust"},
    "calibration": {"margins": [{"name": "urban", "columns": ["urban_rural"], "file": "urban.csv"}]},
}  # fmt: skip


@cache
def plan() -> tuple[dict[str, Any], list[Indicator], list[Level]]:
    """The small study of conftest, of the breakdowns that so few respondents bear."""
    study = of_wave(smaller(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))), WAVE)
    return study, expand_indicators(study), levels(study)


def register_of(result: Ingested) -> pd.DataFrame:
    """The register of an export that was ingested."""
    study, indicators, steps = plan()
    codebook = json.loads(result.codebook.to_json())
    cleaned = clean(result.responses, result.free_text, codebook, WAVE, None)
    kept = cleaned.respondents[cleaned.respondents["dropped_by"].isna()].reset_index(drop=True)
    weighted = weigh(build(kept, indicators, steps, study), kept, WAVE, study, REFERENCE, REFERENCE)
    frame, design = weighted.frame, weighted.design
    parts = [
        estimators.estimate(frame, design, indicators, steps, study, WAVE),
        register.flow_rows(cleaned.flow, WAVE),
        register.sample_rows(frame, design, steps, WAVE),
        register.quality_rows(frame, indicators, WAVE),
        register.population_rows(design, steps),
    ]
    return register.assemble(parts, WAVE, design["kind"])


def assert_same_register(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Every row and cell alike; row ids are drawn anew for each file, so sums may be taken in another order."""
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-11, atol=1e-13)
