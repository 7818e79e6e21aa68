"""Every file between the stages holds to its JSON Schema, as a run writes it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from conftest import WAVE
from findings.environment import ROOT
from jsonschema import Draft202012Validator

# Rows validated of a long file: all columns of each, spread over the whole.
ROWS = 400
TABLES = [
    "responses", "respondents", "free_text", "link", "corrections", "ledger", "indicators", "register", "without_rule",
]  # fmt: skip


def validator(name):
    schema = json.loads((ROOT / "workflow" / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def rows_of(frame):
    chosen = frame.iloc[np.unique(np.linspace(0, len(frame) - 1, ROWS).astype(int))]
    cells = chosen.astype(object).where(chosen.notna(), None).to_dict("records")
    return [{key: value.item() if hasattr(value, "item") else value for key, value in row.items()} for row in cells]


@pytest.mark.parametrize("name", TABLES)
def test_confidential_tables(finished_study, name):
    frame = pd.read_parquet(finished_study / "results" / "confidential" / WAVE / f"{name}.parquet")
    assert len(frame)
    for row in rows_of(frame):
        validator(name).validate(row)


@pytest.mark.parametrize(
    "name", ["codebook", "design", "ingest", "flow", "wave_diff", "comparability", "rules", "other_specify", "replay"]
)
def test_confidential_records(finished_study, name):
    path = finished_study / "results" / "confidential" / WAVE / f"{name}.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    for entry in found if isinstance(found, list) else [found]:
        validator(name).validate(entry)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("estimates", "estimates.csv"),
        ("sentences", "sentences.en.csv"),
        ("claims", "claims.csv"),
        ("exhibits", "exhibits.csv"),
        ("numbers", "numbers.csv"),
    ],
)
def test_released_tables(finished_study, name, file):
    path, empty = finished_study / "results" / "release" / file, name == "numbers"
    frame = pd.read_csv(path, keep_default_na=not empty, dtype={"text": str} if empty else None)
    assert len(frame)
    for row in rows_of(frame):
        validator(name).validate(row)


def test_a_suppressed_row_with_a_number_is_refused(finished_study):
    frame = pd.read_csv(finished_study / "results" / "release" / "estimates.csv")
    row = rows_of(frame[frame["status"] == "suppressed"])[0]
    assert validator("estimates").is_valid(row)
    assert not validator("estimates").is_valid({**row, "estimate": 0.5})
    assert not validator("estimates").is_valid({**row, "reliability": "reliable"})
