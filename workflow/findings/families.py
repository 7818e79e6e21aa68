"""Families of comparisons: what the config declares to be compared, and one correction for all tests of a family.

Source: Holm (1979); Benjamini and Hochberg (1995), by statsmodels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from findings.plan import Indicator, Level

# What each kind needs to be told, besides id, kind and correction.
NEEDS = {
    "pair": ("indicators", "levels", "pair"),
    "rest": ("indicators", "levels"),
    "ministries": ("indicators",),
    "families": ("families",),
    "crossing": ("indicators", "crossing", "gap", "pair"),
    "association": ("indicators", "levels"),
    "declining": ("indicators", "levels"),
    "waves": ("indicators",),
    "gap_waves": ("gaps",),
}
METHODS = {"holm": "holm", "benjamini_hochberg": "fdr_bh"}


@dataclass(frozen=True)
class Family:
    """A declared family. `entry` is what its kind needs (NEEDS), as in the config; `indicators` are those it names."""

    id: str
    kind: str
    correction: str
    indicators: list[Indicator]
    entry: Mapping[str, Any]


def families(study: Mapping[str, Any], indicators: Sequence[Indicator], kinds: Sequence[str]) -> list[Family]:
    """The declared families of some kinds, in the order of the config.

    An indicator is named `family.id`, for all its services or ministries, or by its family alone. What a wave does not
    have (levels that wave.yaml leaves out) is left out of its families.
    """
    steps = {level["level"] for entry in study["breakdowns"].values() for level in entry["ladder"]}
    crossings = {crossing["name"] for crossing in study.get("crossings", [])}
    made = []
    for entry in study.get("comparisons", []):
        if entry["kind"] not in kinds or entry.get("crossing", "") not in {"", *crossings}:
            continue
        own = {**entry, "levels": [level for level in entry.get("levels", []) if level in steps]}
        chosen = named(entry.get("indicators", []), indicators)
        made.append(Family(entry["id"], entry["kind"], entry["correction"], chosen, own))
    return made


def named(names: Sequence[str], indicators: Sequence[Indicator]) -> list[Indicator]:
    """Indicators by `family.id` or `family`, in the order of the names."""
    return [
        indicator
        for name in names
        for indicator in indicators
        if name in (indicator.family, f"{indicator.family}.{indicator.id}")
    ]


def adjusted(made: pd.DataFrame, declared: Sequence[Family]) -> pd.Series:
    """p of every row, corrected within its `comparison_family`; NaN where a row has no p.

    Over all tests of the family, those too that the gate will withhold: which they are must not change the others. A
    comparison that two levels of a ladder share (Bamar against all others) is one test.
    """
    from statsmodels.stats.multitest import multipletests

    found = pd.Series(np.nan, index=made.index)
    for family in declared:
        rows = made[(made["comparison_family"] == family.id) & made["p"].notna()]
        if len(rows):
            same = rows[["family", "indicator", "ministry", "service"]].astype("string").fillna("")
            same = same.assign(estimate=rows["estimate"].round(10), p=rows["p"].round(10))
            test = same.groupby(list(same.columns), sort=False).ngroup().to_numpy()
            p = rows["p"].to_numpy(dtype=float)[np.unique(test, return_index=True)[1]]
            found.loc[rows.index] = multipletests(p, method=METHODS[family.correction])[1][test]
    return found


def problems(
    study: Mapping[str, Any], indicators: Sequence[Indicator], levels: Sequence[Level]
) -> Iterator[tuple[str, str, str]]:
    """Key, found, allowed of what the declared families, and `missing`, name that is not there."""
    by_name = {level.name: level for level in levels}
    crossings = {crossing["name"]: crossing["levels"] for crossing in study.get("crossings", [])}
    seen: set[str] = set()
    for i, entry in enumerate(study.get("comparisons", [])):
        key = f"comparisons.{i}"
        if entry["id"] in seen:
            yield f"{key}.id", entry["id"], "an id that no other family has"
        seen.add(entry["id"])
        absent = [need for need in NEEDS[entry["kind"]] if need not in entry]
        extra = sorted(set(entry) - {"id", "label", "kind", "correction", *NEEDS[entry["kind"]]})
        if absent or extra:
            wanted = ", ".join(NEEDS[entry["kind"]])
            yield key, f"{entry['kind']} with {', '.join(absent + extra)} absent or unknown", f"a family with {wanted}"
            continue
        yield from _unknown(key, entry, indicators, by_name)
        for family in entry.get("families", []):
            if family not in {indicator.family for indicator in indicators}:
                yield f"{key}.families", family, "a family of indicators"
        if "crossing" in entry:
            steps = crossings.get(entry["crossing"])
            if steps is None:
                yield f"{key}.crossing", entry["crossing"], f"one of {', '.join(crossings)}"
            elif entry["gap"] not in steps:
                yield f"{key}.gap", entry["gap"], f"a level of the crossing: {', '.join(steps)}"
        for name in [entry["gap"]] if "gap" in entry else entry.get("levels", []):
            groups = by_name[name].groups if name in by_name else entry.get("pair", [])
            for group in entry.get("pair", []):
                if group not in groups:
                    yield f"{key}.pair", group, f"a group of {name}: {', '.join(groups)}"
        for name in entry.get("gaps", []):
            kinds = [other["kind"] for other in study["comparisons"] if other["id"] == name]
            if kinds not in (["pair"], ["rest"]):
                yield f"{key}.gaps", name, "a family of kind pair or rest"
    missing = study.get("missing", {})
    yield from _unknown("decompositions", study.get("decompositions", {}), indicators, by_name)
    yield from _unknown("missing", {**missing, "indicators": missing.get("bounds", [])}, indicators, by_name)
    yield from _unknown("missing", {"indicators": missing.get("counts", [])}, indicators, by_name)
    shares = {f"{indicator.family}.{indicator.id}" for indicator in indicators if indicator.statistic == "proportion"}
    for name in missing.get("bounds", []):
        if "." not in name or name not in shares:
            yield "missing.bounds", name, "a proportion (family.id): a mean has no worst case"


def _unknown(
    key: str, entry: Mapping[str, Any], indicators: Sequence[Indicator], levels: Mapping[str, Level]
) -> Iterator[tuple[str, str, str]]:
    for name in entry.get("indicators", []):
        if not named([name], indicators):
            yield f"{key}.indicators", name, "an indicator (family.id) or a family of them"
    for name in entry.get("levels", []):
        if name not in levels:
            yield f"{key}.levels", name, f"one of {', '.join(levels)}"
