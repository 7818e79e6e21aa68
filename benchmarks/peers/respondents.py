"""The file of the benchmark: respondents in the form of indicators.parquet, drawn with the design and plan below.

600 PSUs in 30 strata; 10 breakdowns of 56 groups, two of them made of strata; 54 proportions and 6 means, with a tenth
of the answers missing and differences between PSUs and groups; weights of the design, and calibrated to two margins.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from findings.plan import Group, Indicator, Level
from findings.weighting import Margin, rake

STRATA, PSUS = 30, 600
GROUPS = {
    "gender": 2, "age_group": 6, "education": 3, "ethnicity": 9, "main_language": 8, "state_region": 15,
    "urban_rural": 2, "conflict_affected": 3, "literacy": 4, "device": 4,
}  # fmt: skip
OF_STRATA = {"state_region": lambda stratum: stratum // 2, "urban_rural": lambda stratum: stratum % 2}
PROPORTIONS, MEANS = 54, 6
LEVELS = [
    Level(name, name, 0, False, {}, name, {f"g{i}": Group({}, []) for i in range(size)}, None, [])
    for name, size in GROUPS.items()
]
INDICATORS = [
    Indicator(name, "f", statistic, None, None, name, {}, None, None, frozenset(GROUPS), {}, {}, {})
    for statistic, letter, count in (("proportion", "p", PROPORTIONS), ("mean", "m", MEANS))
    for name in (f"{letter}{i:02d}" for i in range(count))
]


def draw(count: int, seed: int = 1) -> pd.DataFrame:
    """`count` respondents; the numbers are of no survey."""
    generator = np.random.default_rng(seed)
    psu = generator.integers(0, PSUS, count)
    stratum = psu // (PSUS // STRATA)
    columns: dict[str, object] = {
        "stratum": pd.Categorical.from_codes(stratum, [f"s{i:02d}" for i in range(STRATA)]),
        "psu": pd.Categorical.from_codes(psu, [f"p{i:03d}" for i in range(PSUS)]),
    }
    group: dict[str, np.ndarray] = {}
    for name, size in GROUPS.items():
        shares = generator.dirichlet(np.full(size, 3.0))
        group[name] = OF_STRATA[name](stratum) if name in OF_STRATA else generator.choice(size, count, p=shares)
        columns[name] = pd.Categorical.from_codes(group[name], [f"g{i}" for i in range(size)])
    base = generator.uniform(0.5, 2.0, PSUS)[psu] * generator.uniform(0.9, 1.1, count)
    cells = [group["age_group"] * 2 + group["gender"], group["state_region"]]
    margins = []
    for name, cell in zip("ab", cells, strict=True):
        held = np.bincount(cell, base)
        targets = held * generator.uniform(0.8, 1.25, len(held))
        names = [f"c{i:02d}" for i in range(len(held))]
        margins.append(Margin(name, [], cell, names, targets * base.sum() / targets.sum()))
        columns[f"margin_{name}"] = pd.Categorical.from_codes(cell, names)
    columns["base_weight"] = base
    columns["weight"], _ = rake(base, margins, 500, 1e-13, "benchmark")
    for indicator in INDICATORS:
        level = generator.normal(0, 0.6, PSUS)[psu] + generator.normal(0, 0.4, 6)[group["age_group"]]
        missing = generator.random(count) < 0.1
        if indicator.statistic == "proportion":
            level = generator.random(count) < 1 / (1 + np.exp(-level - generator.normal()))
        else:
            level = 68 + 10 * level + generator.normal(0, 15, count)
        columns[indicator.column] = np.where(missing, np.nan, level)
        state = np.where(missing, generator.integers(1, 4, count), 0)
        names = ["answered", "declined", "dont_know", "blank"]
        columns[f"{indicator.column}__state"] = pd.Categorical.from_codes(state, names)
    return pd.DataFrame(columns)


def write(count: int, folder: Path) -> tuple[Path, Path]:
    """The respondents as Parquet, and as CSV without the states for R."""
    table = pa.Table.from_pandas(draw(count), preserve_index=False)
    table = pa.table(
        {
            name: table[name].cast(pa.string()) if pa.types.is_dictionary(table[name].type) else table[name]
            for name in table.column_names
        }
    )
    parquet, csv = folder / f"{count}.parquet", folder / f"{count}.csv"
    pq.write_table(table, parquet, row_group_size=2**16)
    pyarrow.csv.write_csv(table.select([n for n in table.column_names if not n.endswith("__state")]), csv)
    return parquet, csv
