"""Tables: each kind a function from released rows to a frame in codes, and the same rows with their labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.release import Released
from findings.tables import (
    by_group,
    change,
    claims,
    comparisons,
    decompositions,
    glossary,
    indicators,
    models,
    nonanswers,
    quality,
    reliability,
    rule_effects,
    sample,
    specification,
    wave_diff,
)
from findings.tables.labelled import Labelled, html, words_of
from findings.text.facts import spec

__all__ = ["TABLES", "Labelled", "build", "html", "keys", "labelled"]

Build = Callable[[Released, Mapping[str, Any]], pd.DataFrame]
Label = Callable[[Released, Mapping[str, Any], str], tuple[list[str], list[list[Any]]]]
TABLES: dict[str, tuple[Build, Label]] = {
    "indicators": (indicators.build, indicators.label),
    "sample": (sample.build, sample.label),
    "by_group": (by_group.build, by_group.label),
    "change": (change.build, change.label),
    "decompositions": (decompositions.build, decompositions.label),
    "quality": (quality.build, quality.label),
    "specification": (specification.build, specification.label),
    "models": (models.build, models.label),
    "reliability": (reliability.build, reliability.label),
    "glossary": (glossary.build, glossary.label),
    "comparisons": (comparisons.build, comparisons.label),
    "tests": (comparisons.build_tests, comparisons.label_tests),
    "nonanswers": (nonanswers.build, nonanswers.label),
    "claims": (claims.build, claims.label),
    "rule_effects": (rule_effects.build, rule_effects.label),
    "wave_diff": (wave_diff.build, wave_diff.label),
    "wave_diff_shifts": (wave_diff.build_shifts, wave_diff.label_shifts),
    "comparability": (wave_diff.build_verdicts, wave_diff.label_verdicts),
}


def build(released: Released, name: str) -> pd.DataFrame:
    """The table of the config called `name`, in codes: proportions 0 to 1, null where withheld or without a value."""
    entry = _entry(released, name)
    return TABLES[entry["kind"]][0](released, entry)


def labelled(released: Released, name: str, lang: str) -> Labelled:
    """The table with its labels, title and notes in a language, ready for HTML, XLSX and the report."""
    entry = _entry(released, name)
    header, rows = TABLES[entry["kind"]][1](released, entry, lang)
    return words_of(released, name, entry, header, rows, lang)


def keys(released: Released, name: str) -> list[str]:
    """Keys of the rows that the table shows, withheld ones included, sorted."""
    frame = build(released, name)
    columns = [column for column in frame if column == "key" or str(column).endswith("_key")]
    return sorted({key for column in columns for key in frame[column].dropna()})


def _entry(released: Released, name: str) -> dict[str, Any]:
    entry = spec(released, "tables", name)
    if entry.get("kind") not in TABLES:
        raise FindingsError(
            "A table is of a kind that is not known.",
            file="config.yaml",
            codes=[str(entry.get("kind"))],
            mend=f"`kind` is one of {', '.join(TABLES)}.",
        )
    return entry
