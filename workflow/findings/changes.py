"""Changes: differences between the rows of two waves of one design, with their own uncertainty.

A change is a derived row: the gate lets it through only if both rows that it is made from are published.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from findings.contrasts import DETECTABLE, independent
from findings.families import Family, adjusted
from findings.register import COLUMNS, TEXT, needs

# The `reliability` of what rests on questions that are comparable with a note.
NOTED = "note"
# The statistic of a difference by that of its two rows.
STATISTIC = {"proportion": "difference", "mean": "difference_of_means"}


def changes(
    later: pd.DataFrame,
    earlier: pd.DataFrame,
    weighting: str,
    declared: Sequence[Family] = (),
    noted: Collection[str] = (),
) -> pd.DataFrame:
    """Differences, later minus earlier, of the rows that two registers share: derived rows of the later wave.

    Rows for everyone of the indicators of a `declared` family (kind `waves`) are tests of it; every other change has
    its interval and no test. Rows without a standard error in both are left out. `noted` are the keys of the later
    wave's rows that are comparable with a note: their change says so.
    """
    pair = _pairs(later, earlier, weighting)
    cells = [needs([a, b]) for a, b in zip(pair["key"], pair["key_earlier"], strict=True)]
    return _differences(pair, _family(pair, declared), cells, declared, set(noted))


def gap_changes(
    later: pd.DataFrame,
    earlier: pd.DataFrame,
    kept: Collection[str],
    declared: Sequence[Family],
    noted: Collection[str] = (),
) -> pd.DataFrame:
    """Differences, later minus earlier, of the gaps of two waves (comparisons.parquet) that `declared` families follow.

    Of kind `gap_waves`; otherwise as `changes`. `kept` are the keys of the later wave's rows that may have a change: a
    gap of others has none. A change of a gap needs whatever both gaps need to be released.
    """
    later = later[[set(json.loads(cells)["rows"]) <= set(kept) for cells in later["cells"]]]
    of = {gap: family.id for family in reversed(declared) for gap in family.entry["gaps"]}
    sides = []
    for rows in (later, earlier):
        rows = rows[rows["comparison_family"].isin(list(of)) & rows["se"].notna()]
        matches = [key.replace(f"@{wave}", "") for key, wave in zip(rows["key"], rows["wave"], strict=True)]
        sides.append(rows.assign(match=pd.array(matches, dtype="string")))
    pair = sides[0].merge(sides[1], on="match", suffixes=("", "_earlier"))
    cells = [_both(a, b) for a, b in zip(pair["cells"], pair["cells_earlier"], strict=True)]
    return _differences(pair, pair["comparison_family"].map(of).astype("string"), cells, declared, set(noted))


def _differences(
    pair: pd.DataFrame, family: pd.Series, cells: Sequence[str], declared: Sequence[Family], noted: set[str]
) -> pd.DataFrame:
    """Derived rows of pairs of rows side by side, each of its `family` (null: of none, and without a test)."""
    found = independent(
        *(pair[[name + side for name in ("estimate", "se", "df")]].to_numpy(dtype=float).T for side in ("", "_earlier"))
    )
    # Nothing varies in either wave: there is nothing to test.
    tested = family.notna().to_numpy() & (found.se > 0)
    notes = pd.array([NOTED if noted & set(json.loads(each)["rows"]) else pd.NA for each in cells], dtype="string")
    made = pair.reindex(columns=COLUMNS).assign(
        key=[f"diff({a},{b})" for a, b in zip(pair["key"], pair["key_earlier"], strict=True)],
        statistic=pair["statistic"].replace(STATISTIC), column=None, base_indicator=None,
        estimate=found.value, se=found.se, ci_low=found.low, ci_high=found.high, ci_method="t", df=found.df,
        n=pair["n"] + pair["n_earlier"], n_asked=np.nan, n_missing=np.nan, n_eff=np.nan, deff=np.nan,
        test=pd.Series("t", index=pair.index, dtype="string").where(tested),
        test_value=np.where(tested, found.t, np.nan), p=np.where(tested, found.p, np.nan),
        detectable=np.where(tested, DETECTABLE * found.se, np.nan), comparison_family=family, cells=cells,
        reliability=notes,
    )  # fmt: skip
    made["p_adjusted"] = adjusted(made, declared)
    for column in COLUMNS:
        if column in TEXT:
            made[column] = made[column].astype("string")
        elif column != "synthetic":
            made[column] = made[column].astype(float)
    return made.sort_values("key", ignore_index=True)


def _both(cells: str, others: str) -> str:
    """What two derived rows need, together."""
    first, second = json.loads(cells), json.loads(others)
    return needs(**{name: [*first.get(name, []), *second.get(name, [])] for name in ("rows", "counts", "near")})


def in_one_only(later: pd.DataFrame, earlier: pd.DataFrame, weighting: str) -> list[str]:
    """Groups and indicators that one of two registers has alone, as notes: they have no change."""
    notes = []
    for what, columns in (("group", ["breakdown", "group"]), ("indicator", ["family", "indicator", "service"])):
        sides = []
        for register in (later, earlier):
            rows = register[(register["weighting"] == weighting) & register["column"].notna()]
            names = rows[columns].astype("string").fillna("").drop_duplicates()
            sides.append({" ".join(name) for name in names.to_numpy()})
        for own, other, name in ((sides[0], sides[1], later), (sides[1], sides[0], earlier)):
            only = f"Only in {name['wave'].iloc[0]}, so without a change: the {what} "
            notes += [f"{only}{label.strip()}." for label in sorted(own - other)]
    return notes


def _family(pair: pd.DataFrame, declared: Sequence[Family]) -> pd.Series:
    """The family that tests each pair of rows; null where none does."""
    of = {(i.family, i.id): family.id for family in reversed(declared) for i in family.indicators}
    found = [
        of.get((family, indicator)) if pd.isna(breakdown) else None
        for family, indicator, breakdown in zip(pair["family"], pair["indicator"], pair["breakdown"], strict=True)
    ]
    return pd.Series(pd.array(found, dtype="string"), index=pair.index)


def _pairs(later: pd.DataFrame, earlier: pd.DataFrame, weighting: str) -> pd.DataFrame:
    """Rows of both registers side by side, matched by their key without its wave."""
    sides = []
    for register in (later, earlier):
        rows = register[(register["weighting"] == weighting) & register["column"].notna() & register["se"].notna()]
        sides.append(rows.assign(match=rows["key"].str.rsplit("@", n=1).str[0]))
    both = sides[0].merge(sides[1], on="match", suffixes=("", "_earlier"))
    return both[both["statistic"] == both["statistic_earlier"]]
