"""The register: one row per estimate, with its key; everything else is a view of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from findings.batches import Source, batches, codes, known, numbers
from findings.indicators import SILENT, STATE, STATES
from findings.keys import print_key
from findings.plan import Indicator, Level
from findings.weighting import WEIGHTS

COLUMNS = [
    "key", "wave", "family", "indicator", "statistic", "column", "base_indicator", "ministry", "service", "breakdown",
    "group", "weighting", "estimate", "se", "ci_low", "ci_high", "ci_method", "df", "n", "n_asked", "n_missing",
    "n_eff", "deff", "bound_low", "bound_high", "test", "test_value", "df1", "p", "p_adjusted", "comparison_family",
    "detectable", "rank_low", "rank_high", "reliability", "design", "synthetic", "status", "reason", "cells",
    "se_replicate",
]  # fmt: skip
# What no release has: the counts behind a row, and a check of its standard error.
CONFIDENTIAL = ("cells", "se_replicate")
TEXT = {
    "key", "wave", "family", "indicator", "statistic", "column", "base_indicator", "ministry", "service", "breakdown",
    "group", "weighting", "ci_method", "test", "comparison_family", "reliability", "design", "status", "reason",
    "cells",
}  # fmt: skip
ROWS = 2**16


def cells(n: int, k: int | None) -> str:
    """The counts a row is computed from: the unweighted base, and those with the property (None for a mean)."""
    return json.dumps({"n": int(n), "k": None if k is None else int(k)})


def flow_rows(flow: Sequence[Mapping[str, Any]], wave: Mapping[str, Any]) -> pd.DataFrame:
    """Respondents left after each step: `flow.<step>.count`."""
    return pd.DataFrame(
        [
            {"family": "flow", "indicator": step["step"], "statistic": "count", "estimate": float(step["n_out"]),
             "n": step["n_out"], "cells": cells(step["n_out"], None)}
            for step in flow
        ]
    )  # fmt: skip


def sample_rows(
    source: Source, design: Mapping[str, Any], levels: Sequence[Level], wave: Mapping[str, Any]
) -> pd.DataFrame:
    """The sample by group: `sample.respondents.count`, and `.proportion` in each weighting.

    `source` is indicators.parquet, as a frame or the file. `n` of a count is the group's respondents; of a proportion,
    the respondents of whom it is a share.
    """
    weightings = [name for name in design["weighting"] if name != "none"]
    held = {level.name: np.zeros((2, len(level.groups)), dtype=int) for level in levels}
    sums = {level.name: np.zeros((len(weightings), len(level.groups))) for level in levels}
    total, whole = 0, np.zeros(len(weightings))
    for batch in batches(source, ["base_weight", *(WEIGHTS[name] for name in weightings), *held], ROWS):
        inside = known(batch, "base_weight")
        weights = np.array([np.where(inside, numbers(batch, [WEIGHTS[name]])[:, 0], 0.0) for name in weightings])
        total, whole = total + int(inside.sum()), whole + weights.sum(axis=-1)
        for level in levels:
            group = codes(batch, level.name, list(level.groups))
            size, member = len(level.groups), group >= 0
            held[level.name][0] += np.bincount(group[member & inside], minlength=size)
            held[level.name][1] += np.bincount(group[member & ~inside], minlength=size)
            for w, weight in enumerate(weights):
                sums[level.name][w] += np.bincount(group[member], weight[member], minlength=size)
    made: list[dict[str, Any]] = []

    def row(statistic: str, value: float, n: int, k: int | None, weighting: str | None, **group: Any) -> None:
        made.append(
            {"family": "sample", "indicator": "respondents", "statistic": statistic, "weighting": weighting,
             "estimate": value, "n": n, "cells": cells(n, k), **group}
        )  # fmt: skip

    row("count", total, total, None, "none")
    for level in levels:
        for g, name in enumerate(level.groups):
            k, outside = (int(count) for count in held[level.name][:, g])
            place = {"breakdown": level.name, "group": name}
            if k == 0:
                # A group wholly outside the target population is a domain of its own.
                if outside:
                    row("count", outside, outside, None, "none", **place)
                continue
            row("count", k, k, None, "none", **place)
            row("proportion", k / total, total, k, "none", **place)
            for w, weighting in enumerate(weightings):
                row("proportion", float(sums[level.name][w, g] / whole[w]), total, k, weighting, **place)
    return pd.DataFrame(made)


def population_rows(design: Mapping[str, Any], levels: Sequence[Level]) -> pd.DataFrame:
    """The population that the wave is calibrated to: `population.share.proportion`, by the finest level of its margins.

    `estimate` is the share of the margin's totals; `n` is null: it is no respondent's answer. Nothing without margins.
    """
    groups = {level.name: level.groups for level in levels}
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for margin in (design.get("calibration") or {}).get("margins", []):
        totals = {tuple(cell.split("/")): size for cell, size in margin["totals"].items()}
        columns = len(margin["columns"])
        known = {cell: size for cell, size in totals.items() if len(cell) == columns and "(none)" not in cell}
        for place, level in enumerate(margin["columns"]):
            for group in groups.get(level, {}):
                size = sum(size for cell, size in known.items() if cell[place] == group)
                made.setdefault(
                    (level, group),
                    {"family": "population", "indicator": "share", "statistic": "proportion", "breakdown": level,
                     "group": group, "estimate": size / sum(known.values()), "n": np.nan, "cells": cells(0, None)},
                )  # fmt: skip
    return pd.DataFrame(list(made.values()))


def quality_rows(source: Source, indicators: Sequence[Indicator], wave: Mapping[str, Any]) -> pd.DataFrame:
    """Item non-response: `quality.<family>_<indicator>.nonresponse`, the share of those asked without an answer."""
    states = [indicator.column + STATE for indicator in indicators]
    counts = np.zeros((len(states), len(STATES) + 1), dtype=int)
    for batch in batches(source, ["base_weight", *states], ROWS):
        inside = known(batch, "base_weight")
        for i, name in enumerate(states):
            counts[i] += np.bincount(codes(batch, name, STATES)[inside] + 1, minlength=len(STATES) + 1)
    made = []
    for indicator, of_state in zip(indicators, counts, strict=True):
        by_state = dict(zip(STATES, of_state[1:].tolist(), strict=True))
        asked = int(of_state.sum()) - by_state["not_asked"]
        missing = sum(by_state[state] for state in SILENT)
        if asked:
            made.append(
                {"family": "quality", "indicator": f"{indicator.family}_{indicator.id}", "statistic": "nonresponse",
                 "ministry": indicator.ministry, "service": indicator.service, "weighting": "none",
                 "estimate": missing / asked, "n": asked, "cells": cells(asked, missing)}
            )  # fmt: skip
    return pd.DataFrame(made)


def uncoded_rows(counts: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Own words that nobody has coded: `quality.<text question>.uncoded`, a share of the texts that have a question."""
    return pd.DataFrame(
        [
            {"family": "quality", "indicator": entry["column"], "statistic": "uncoded", "weighting": "none",
             "estimate": entry["uncoded"] / entry["texts"], "n": entry["texts"],
             "cells": cells(entry["texts"], entry["uncoded"])}
            for entry in counts if entry["texts"]
        ]
    )  # fmt: skip


def assemble(parts: Sequence[pd.DataFrame], wave: Mapping[str, Any], kind: str) -> pd.DataFrame:
    """The register of a wave: every part's rows with their keys, all columns, sorted by key.

    Raises ValueError when two rows have one key.
    """
    whole = pd.concat([part for part in parts if len(part)], ignore_index=True)
    whole["wave"], whole["design"], whole["synthetic"] = wave["wave"], kind, bool(wave["synthetic"])
    whole["key"] = [print_key({str(k): v for k, v in row.items()}) for row in whole.to_dict("records")]
    return _typed(whole)


def derived(rows: Sequence[Mapping[str, Any]], wave: Mapping[str, Any], kind: str) -> pd.DataFrame:
    """Rows that are computed from several of the register's, in its columns, sorted by key.

    A row has `cells` (see `needs`), and a `key` where `print_key` does not make it. `kind` is the design's. Raises
    ValueError when two rows have one key, or one has no cells.
    """
    common = {"wave": wave["wave"], "design": kind, "synthetic": bool(wave["synthetic"])}
    made = [{**row, **common} for row in rows]
    for row in made:
        row.setdefault("key", print_key(row))
        if row.get("cells", "{}") == "{}":
            raise ValueError(f"the derived row {row['key']} does not say what it is computed from")
    return _typed(pd.DataFrame(made, columns=None if made else COLUMNS))


def needs(
    rows: Iterable[str] = (),
    counts: Iterable[float] = (),
    near: Iterable[tuple[float, float]] = (),
    bases: Iterable[float] = (),
) -> str:
    """`cells` of a derived row: what must hold for it to be released.

    Every key in `rows` is released; every unweighted count in `counts` is at least the minimum cell (of what has no row
    of its own), every one in `bases` at least the minimum base; each pair in `near`, a number of respondents and the
    published one that it stands beside, is equal or differs by at least the minimum difference.
    """
    found = {
        "rows": list(dict.fromkeys(rows)),
        "counts": [int(n) for n in counts],
        "near": [[int(n), int(other)] for n, other in near],
        "bases": [int(n) for n in bases],
    }
    return json.dumps({name: value for name, value in found.items() if value})


def _typed(whole: pd.DataFrame) -> pd.DataFrame:
    whole = whole.reindex(columns=COLUMNS)
    if whole["key"].duplicated().any():
        raise ValueError(f"two rows of the register have the key {whole['key'][whole['key'].duplicated()].iloc[0]}")
    for column in COLUMNS:
        if column in TEXT:
            whole[column] = whole[column].astype("string")
        else:
            whole[column] = whole[column].astype(bool if column == "synthetic" else float)
    return whole.sort_values("key", ignore_index=True)
