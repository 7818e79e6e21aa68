"""What the results are held to, and of which rows: used by the test, the figure and the summary in docs/proof.md.

Means and differences with an expected effective n of 30 and 8 degrees of freedom: their 95 % intervals hold the truth
in 93 to 97 % of the samples. Korn–Graubard intervals: in at least 93.5 %. Unbiased: the mean of the samples is within
three Monte-Carlo standard errors of the truth; of many such means some are not by chance, so their number is held to
what chance allows. No sample is left out for its own result. Other rows are shown, and held to nothing.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from scipy.stats import binom

RESULTS = Path(__file__).parent / "results"
LEAST_N, LEAST_DF = 30, 8
BAND, LEAST_SHARE = (0.93, 0.97), 0.935
Z, BY_CHANCE = 3.0, 0.0027


def results() -> dict[str, pd.DataFrame]:
    """The committed results, by file."""
    return {path.stem: pd.read_csv(path) for path in sorted(RESULTS.glob("*.csv"))}


def held(rows: pd.DataFrame) -> pd.Series:
    """Rows that the criteria speak of."""
    return (rows["n_eff"] >= LEAST_N) & (rows["df"] >= LEAST_DF)


def beyond(z: pd.Series) -> tuple[int, float]:
    """How many means are over three Monte-Carlo errors from the truth, and the probability of as many by chance."""
    count = int((z.abs() > Z).sum())
    return count, float(binom.sf(count - 1, len(z), BY_CHANCE))
