"""What passes the gate, rounded once; what does not, without a number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from findings.register import COLUMNS, CONFIDENTIAL

REASON = "disclosure control"
NUMBERS = [
    "estimate", "se", "ci_low", "ci_high", "df", "n", "n_asked", "n_missing", "n_eff", "deff", "bound_low",
    "bound_high", "test_value", "df1", "p", "p_adjusted", "detectable", "rank_low", "rank_high",
]  # fmt: skip
# A family is declared in the config, so naming it tells nothing; without it no exhibit could say what it withholds.
ERASED = [*NUMBERS, "reliability", "ci_method", "test"]


def released(register: pd.DataFrame, published: pd.Series, bared: pd.Series, min_cell: int) -> pd.DataFrame:
    """The rows of estimates.csv: the register's columns but for CONFIDENTIAL, numbers rounded, suppressed rows empty.

    Proportions, their standard errors and limits: 3 decimals, 2 where n < 100. Means and theirs: 2 decimals. Totals and
    theirs: 3 digits of the estimate, 2 where n < 100. n_eff: whole. deff: 1 decimal. df: `<8`, `8–29`, `≥30`. Counts
    stay. Those asked are the base's numerator: where that is withheld (`bared`), the number asked and the missing are
    left out, as where the missing are 1 to `min_cell` − 1.
    """
    rows = register.copy()
    few = (rows["n"] < 100).to_numpy(dtype=bool)
    statistic = rows["statistic"].astype("string")
    mean = (statistic.isin(["mean", "median"]) | statistic.str.endswith("_of_means")).to_numpy(dtype=bool)
    count = (rows["statistic"] == "count").to_numpy(dtype=bool)
    total = (rows["statistic"] == "total").to_numpy(dtype=bool)
    size = np.where(total, np.maximum(rows["estimate"].to_numpy(dtype=float), 1.0), 1.0)
    unit = 10.0 ** (np.floor(np.log10(np.nan_to_num(size, nan=1.0))) - np.where(few, 1, 2))
    places = np.where(mean | few, 2, 3)
    for column in ("estimate", "se", "ci_low", "ci_high"):
        # Plus 0.0: what is rounded to none has no sign, which would tell more than the rounding leaves.
        values = rows[column].to_numpy(dtype=float)
        for decimals in (2, 3):
            values = np.where((places == decimals) & ~count, np.round(values, decimals) + 0.0, values)
        rows[column] = np.where(total, np.round(values / unit) * unit, values)
    rows["n_eff"] = rows["n_eff"].round(0)
    rows["deff"] = rows["deff"].round(1)
    df = rows["df"].to_numpy(dtype=float)
    bands = np.array(["<8", "8–29", "≥30"], dtype=object)[np.digitize(np.nan_to_num(df), [8, 30])]
    rows["df"] = pd.array(np.where(np.isnan(df), "", bands), dtype="string")
    rows["df"] = rows["df"].replace("", pd.NA)
    hidden = bared | (rows["n_missing"] > 0) & (rows["n_missing"] < min_cell)
    rows.loc[hidden, ["n_missing", "n_asked"]] = np.nan
    rows["status"] = pd.array(["published" if p else "suppressed" for p in published], dtype="string")
    rows["reason"] = pd.array([None if p else REASON for p in published], dtype="string")
    withheld = ~published.to_numpy(dtype=bool)
    for column in ERASED:
        rows.loc[withheld, column] = pd.NA if str(rows[column].dtype) == "string" else np.nan
    for column in ("test_value", "p", "p_adjusted", "detectable", "bound_low", "bound_high"):
        rows[column] = rows[column].round(3)
    for column in ("n", "n_asked", "n_missing", "n_eff"):
        rows[column] = rows[column].astype("Int64")
    return rows[[column for column in COLUMNS if column not in CONFIDENTIAL]]
