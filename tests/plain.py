"""The estimates again, by loops over respondents: slow, and sharing no code with what it checks."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

Row = dict


def mean_of(rows: list[Row], column: str, weight: str, domain, design: Row, margins: list[str] = ()) -> Row:
    """Mean of a column over a domain (a function of a row), its standard error, df, n and sum.

    `rows` are the design's respondents: dicts with stratum, psu, ssu, fpc1, fpc2 (None = not known), the weight, base
    and margins. `se` is None where every place of a stage has one unit and the design wants the average of the others.
    """
    members = [row for row in rows if domain(row) and row[column] is not None]
    total = sum(row[weight] for row in members)
    value = sum(row[weight] * row[column] for row in members) / total
    influence = [(row[column] - value) / total if domain(row) and row[column] is not None else 0.0 for row in rows]
    held = {(row["stratum"], row["psu"]) for row in members}
    return {
        "value": value,
        "se": standard_error(influence, rows, weight, design, margins),
        "df": len(held) - len({stratum for stratum, _ in held}),
        "n": len(members),
        "k": sum(row[column] for row in members),
    }


def standard_error(
    influence: list[float], rows: list[Row], weight: str, design: Row, margins: list[str] = ()
) -> float | None:
    """Of an estimate whose influence values per unit of weight are these, one per row; None as `mean_of` has it."""
    influence = residuals(influence, rows, margins) if margins else influence
    units: dict = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))
    for row, z in zip(rows, influence, strict=True):
        units[row["stratum"]][row["psu"]][row["ssu"]] += row[weight] * z
    first, second = [], []
    for stratum, psus in units.items():
        size = known(rows, "fpc1", stratum=stratum)
        first.append(([sum(ssus.values()) for ssus in psus.values()], size, 1.0))
        for psu, ssus in psus.items():
            within = known(rows, "fpc2", stratum=stratum, psu=psu)
            drawn = 0.0 if size is None else len(psus) / size
            second.append((list(ssus.values()), within if size is not None else len(ssus), drawn))
    stages = [first, second] if any(row["fpc2"] is not None for row in rows) else [first]
    variances = [variance(stage, design["singletons"]) for stage in stages]
    return None if None in variances else math.sqrt(sum(variances))


def known(rows: list[Row], column: str, **place: str) -> float | None:
    """The size that the rows of a place give, None if none does."""
    sizes = [r[column] for r in rows if all(r[name] == is_ for name, is_ in place.items()) and r[column] is not None]
    return sizes[0] if sizes else None


def variance(places: list[tuple[list[float], float | None, float]], singletons: str) -> float | None:
    """Variance of one stage, from the unit totals, the population's units and the factor of each place."""
    alone = [len(totals) == 1 and size != 1 for totals, size, _ in places]
    if singletons == "average" and all(alone):
        return None
    summed = 0.0
    for (totals, size, factor), lonely in zip(places, alone, strict=True):
        n = len(totals)
        centre = 0.0 if lonely and singletons == "adjust" else sum(totals) / n
        rest = 1.0 if size is None else 1 - n / size
        summed += factor * rest * n / max(n - 1, 1) * sum((t - centre) ** 2 for t in totals)
    return summed * len(places) / (len(places) - sum(alone)) if singletons == "average" else summed


def residuals(values: list[float], rows: list[Row], margins: list[str]) -> list[float]:
    """What a regression on the margins' cells, weighted by the base weights, leaves of the values."""
    cells = sorted({(name, row[name]) for row in rows for name in margins})
    dummies = np.array([[float(row[name] == cell) for name, cell in cells] for row in rows])
    root = np.sqrt([row["base_weight"] for row in rows])
    slopes = np.linalg.lstsq(dummies * root[:, None], np.array(values) * root, rcond=None)[0]
    return list(np.array(values) - dummies @ slopes)
