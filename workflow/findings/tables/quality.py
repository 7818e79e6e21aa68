"""Data quality: per indicator who gave no answer, the design effect and the effective number of respondents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.release import Estimate, Released
from findings.tables.labelled import number
from findings.text.captions import captions
from findings.text.facts import panels, rows_of
from findings.text.numbers import part

COLUMNS = [
    "key", "nonresponse_key", "ministry", "service", "family", "indicator", "n", "nonresponse", "deff", "n_eff",
    "status",
]  # fmt: skip


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per indicator in codes; `nonresponse` is the share of those asked without an answer."""
    made = [
        [row.key, silent.key if silent else None, row.ministry, row.service, row.family, row.indicator, row.n,
         silent.value if silent else None, row.deff, row.n_eff, row.status]
        for _, _, row, silent in _rows(released, entry, released.config["languages"][0])
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS).astype({"n": "Int64"})


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows; design effect and effective n stand only where the wave has a design."""
    words = captions(lang)["table"]
    header = [words[name] for name in ("ministry", "indicator", "n", "nonresponse", "deff", "n_eff")]
    rows: list[list[Any]] = []
    for of, name, row, silent in _rows(released, entry, lang):
        n = number(row, row.n if row.published else None, words["no"])
        deff = part(row, "deff", f"{row.deff:.1f}", lang) if row.deff is not None else words["no"]
        n_eff = number(row, None if row.n_eff is None else int(row.n_eff), words["no"], "n_eff")
        rows.append([of or words["no"], name, n, silent or words["no"], deff, n_eff])
    return header, rows


def _rows(released: Released, entry: Mapping[str, Any], lang: str) -> list[tuple[str, str, Estimate, Estimate | None]]:
    return [
        (panel.label, name, lines[0].estimate, lines[1].estimate if len(lines) > 1 else None)
        for panel in panels(released, entry, lang)
        for name, lines in rows_of(panel)
    ]
