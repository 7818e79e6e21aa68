"""The part of a wave's derived rows that its models make, and the reliability of its scales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.influence import headline, sample
from findings.models.plan import plans
from findings.models.rows import model_rows
from findings.plan import expand_indicators
from findings.register import derived
from findings.scales import scale_rows


def models(
    frame: pd.DataFrame, design: Mapping[str, Any], study: Mapping[str, Any], wave: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[str]]:
    """Derived rows of all models and scales of a wave, and lines for its log on what is withheld and why.

    `frame` is indicators.parquet. Models are of probability waves only: a volunteer's odds of use are those of finding
    the survey too.
    """
    kind = str(design["kind"])
    rows = scale_rows(frame, expand_indicators(study), study.get("reliability", {}))
    told: list[str] = []
    if kind == "probability":
        fitted, told = model_rows(sample(frame, design, headline(design, study), wave["wave"]), plans(study))
        rows += fitted
    return derived(rows, wave, kind), told
