"""Disclose: the wall between what is confidential and what is published."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from findings.disclosure.combinations import without_unsafe
from findings.disclosure.derived import disclose_derived, rests_on
from findings.disclosure.gate import Gate, Row, make_gate, run
from findings.disclosure.release import REASON, released
from findings.plan import Indicator, Level

__all__ = ["REASON", "Disclosed", "disclose", "disclose_derived", "rests_on", "weight_ranges", "without_unsafe"]
WEIGHTS = {"design": "base_weight", "calibrated": "weight", "trimmed": "weight_trimmed"}


@dataclass(frozen=True)
class Disclosed:
    """`estimates`: what is released; `register`: the confidential one, with status and cause; `attack`: the report."""

    estimates: pd.DataFrame
    register: pd.DataFrame
    attack: dict[str, Any]


def disclose(
    register: pd.DataFrame,
    study: Mapping[str, Any],
    levels: Sequence[Level],
    indicators: Sequence[Indicator],
    weights: Mapping[Row, list[tuple[float, float, float, float]]] | None = None,
) -> Disclosed:
    """Judge a register (columns findings.register.COLUMNS) and let the attacker try the release.

    `weights` is what `weight_ranges` gives. Weighted and unweighted versions of a row share one status. Raises
    FindingsError while the attacker bounds a suppressed count more tightly than the minimum cell.
    """
    gate, counts, outside = make_gate(register, study, levels, indicators, weights)
    report = run(gate, counts, outside)
    passed = _passed(register, gate)
    rows = zip(passed, register.to_dict("records"), strict=True)
    causes = [None if through else _cause(gate, row) for through, row in rows]
    confidential = register.assign(
        status=pd.array(["suppressed" if cause else "published" for cause in causes], dtype="string"),
        reason=pd.array(causes, dtype="string"),
    )
    bared = _bared(register, gate)
    return Disclosed(released(register, passed, bared, study["disclosure"]["min_cell"]), confidential, report)


def weight_ranges(
    frame: pd.DataFrame, design: Mapping[str, Any], register: pd.DataFrame
) -> dict[Row, list[tuple[float, float, float, float]]]:
    """Per weighted indicator row of a level or the total: share, sum of weights, least and largest weight.

    One entry per weighting of design.json, in its order; `frame` is indicators.parquet.
    """
    weightings = [name for name in design["weighting"] if name != "none"]
    found: dict[Row, list[tuple[float, float, float, float]]] = {}
    for weighting in weightings:
        weights = frame[WEIGHTS[weighting]].to_numpy(dtype=float)
        rows = register[(register["weighting"] == weighting) & register["column"].notna()]
        rows = rows[(rows["statistic"] == "proportion") & ~rows["breakdown"].fillna("").str.contains("&")]
        members = {
            (level, group): (frame[level] == group).fillna(False).to_numpy(dtype=bool)
            for level, group in {(b, g) for b, g in zip(rows["breakdown"], rows["group"], strict=True) if pd.notna(b)}
        }
        everyone = np.isfinite(weights)
        answered = {column: frame[column].notna().to_numpy(dtype=bool) for column in rows["column"].unique()}
        for column, breakdown, group, value in zip(
            rows["column"], rows["breakdown"], rows["group"], rows["estimate"], strict=True
        ):
            domain = None if pd.isna(breakdown) else (breakdown, group)
            mask = everyone & answered[column] & (members[domain] if domain else True)
            own = weights[mask]
            found.setdefault((column, domain), []).append((value, own.sum(), own.min(), own.max()))
    return found


def _passed(register: pd.DataFrame, gate: Gate) -> pd.Series:
    flow = _flow(register, gate.limits["min_difference"])
    named = {(f"{i.family}_{i.id}", i.service or i.ministry): i.column for i in gate.indicators.values()}
    passed = [
        row["key"] in flow if row["family"] == "flow"
        else _quality(json.loads(row["cells"]), gate.limits)
        and (row["statistic"] == "uncoded" or _base_shown(gate, (named[_of(row)], None)))
        if row["family"] == "quality"
        else row["family"] == "population" or gate.published(_place(row))
        for row in register.to_dict("records")
    ]  # fmt: skip
    return pd.Series(passed, index=register.index, dtype=bool)


def _of(row: Mapping[Any, Any]) -> tuple[str, str | None]:
    of = [row[name] for name in ("service", "ministry") if pd.notna(row[name])]
    return str(row["indicator"]), of[0] if of else None


def _bared(register: pd.DataFrame, gate: Gate) -> pd.Series:
    """Rows whose number asked would state the numerator of a base that is withheld in their domain."""
    asked = register["column"].notna()
    shown = [not is_of or _base_shown(gate, _place(row))
             for is_of, row in zip(asked, register.to_dict("records"), strict=True)]  # fmt: skip
    return ~pd.Series(shown, index=register.index, dtype=bool)


def _base_shown(gate: Gate, row: Row) -> bool:
    base = gate.indicators[row[0]].base
    return base is None or gate.published((base, row[1]))


def _place(row: Mapping[Any, Any]) -> Row:
    domain = None if pd.isna(row["breakdown"]) else (str(row["breakdown"]), str(row["group"]))
    return ("" if pd.isna(row["column"]) else str(row["column"])), domain


def _cause(gate: Gate, row: Mapping[Any, Any]) -> str:
    """Why a row is withheld: for the confidential register only."""
    if row["family"] in ("flow", "quality"):
        return "small difference or count"
    place = _place(row)
    if place in gate.unsafe:
        return "primary"
    return "complementary" if place in gate.suppressed else "another level of the ladder is shown"


def _quality(cell: Mapping[str, int], limits: Mapping[str, Any]) -> bool:
    # ASSUME[nonresponse]: how many gave no answer is withheld when they are few, and is no secret for the attacker: it
    # says nothing of what they would have answered.
    return cell["n"] >= limits["min_base"] and (cell["k"] == 0 or cell["k"] >= limits["min_cell"])


def _flow(register: pd.DataFrame, least: int) -> set[str]:
    """Keys of the flow's steps to publish: each differs from the next published one by nothing or by enough."""
    rows = register[register["family"] == "flow"].sort_values(["n", "key"])
    if rows.empty:
        return set()
    analysed = rows[rows["indicator"] == "analysed"].iloc[0]
    kept, last = {str(analysed["key"])}, float(analysed["n"])
    for key, n in zip(rows["key"], rows["n"], strict=True):
        if n == last or n - last >= least:
            kept.add(str(key))
            last = float(n)
    return kept
