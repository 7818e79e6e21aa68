"""Comparisons: differences between rows of the register, with their own uncertainty and one correction per family.

A comparison is a derived row: the gate lets it through only if both rows that it is made from are published.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from findings.register import COLUMNS, TEXT, needs

# The statistic of a difference by that of its two rows.
STATISTIC = {"proportion": "difference", "mean": "difference_of_means"}


def changes(later: pd.DataFrame, earlier: pd.DataFrame, weighting: str, kept: Sequence[str] = ()) -> pd.DataFrame:
    """Differences, later minus earlier, of the rows that two registers share: rows of the register of the later wave.

    The samples are independent, so variances add; degrees of freedom are Satterthwaite's; the interval and the test are
    Student's. `p_adjusted` is Holm's within the family of each indicator's rows for everyone; groups have none. Rows
    without a standard error in both are left out, and those of indicators under `kept` alone if it is not empty.
    Source: Satterthwaite (1946); Holm (1979).
    """
    pair = _pairs(later, earlier, weighting)
    if kept:
        pair = pair[pair["indicator"].isin(list(kept))]
    variances = [pair["se"].to_numpy(dtype=float) ** 2, pair["se_earlier"].to_numpy(dtype=float) ** 2]
    freedom = [pair["df"].to_numpy(dtype=float), pair["df_earlier"].to_numpy(dtype=float)]
    se = np.sqrt(variances[0] + variances[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        df = se**4 / (variances[0] ** 2 / freedom[0] + variances[1] ** 2 / freedom[1])
        df = np.where(np.isfinite(df) & (df > 0), df, np.minimum(freedom[0], freedom[1]))
        value = pair["estimate"].to_numpy(dtype=float) - pair["estimate_earlier"].to_numpy(dtype=float)
        test_value = np.where(se > 0, value / se, np.nan)
    half = student_t.ppf(0.975, df) * se
    made = pair.reindex(columns=COLUMNS).assign(
        key=[f"diff({a},{b})" for a, b in zip(pair["key"], pair["key_earlier"], strict=True)],
        statistic=pair["statistic"].map(STATISTIC),
        estimate=value, se=se, ci_low=value - half, ci_high=value + half, ci_method="t", df=df,
        n=pair["n"] + pair["n_earlier"], n_asked=np.nan, n_missing=np.nan, n_eff=np.nan, deff=np.nan,
        test="t", test_value=test_value, p=2 * student_t.sf(np.abs(test_value), df), reliability=None,
        comparison_family="change." + pair["family"].astype("string"),
        cells=[needs([a, b]) for a, b in zip(pair["key"], pair["key_earlier"], strict=True)],
    )  # fmt: skip
    made["p_adjusted"] = _adjusted(made)
    made["comparison_family"] = made["comparison_family"].where(made["p_adjusted"].notna())
    for column in COLUMNS:
        if column in TEXT:
            made[column] = made[column].astype("string")
        elif column != "synthetic":
            made[column] = made[column].astype(float)
    return made.sort_values("key", ignore_index=True)


def _pairs(later: pd.DataFrame, earlier: pd.DataFrame, weighting: str) -> pd.DataFrame:
    """Rows of both registers side by side, matched by their key without its wave."""
    sides = []
    for register in (later, earlier):
        rows = register[(register["weighting"] == weighting) & register["column"].notna() & register["se"].notna()]
        sides.append(rows.assign(match=rows["key"].str.rsplit("@", n=1).str[0]))
    both = sides[0].merge(sides[1], on="match", suffixes=("", "_earlier"))
    return both[both["statistic"] == both["statistic_earlier"]]


def _adjusted(made: pd.DataFrame) -> pd.Series:
    """Holm's p within each comparison family, over its rows for everyone; NaN elsewhere."""
    from statsmodels.stats.multitest import multipletests

    adjusted = pd.Series(np.nan, index=made.index)
    everyone = made[made["breakdown"].isna() & made["p"].notna()]
    for _, rows in everyone.groupby("comparison_family"):
        adjusted.loc[rows.index] = multipletests(rows["p"].to_numpy(dtype=float), method="holm")[1]
    return adjusted
