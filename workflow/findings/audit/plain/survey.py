"""Estimates of a sample and their variance, by loops over strata and sampling units; intervals; tests.

Linearisation: Deville (1999); calibration as a regression on the margins' cells: Deville and Särndal (1992); intervals
of proportions: Korn and Graubard (1998).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import betaincinv, stdtr, stdtrit

from findings.audit.plain.weights import Design

Values = Sequence[float | None]
Held = Sequence[bool]


# Totals of the units of a stratum (or of a sampling unit), the population's number of them, and a factor.
_Place = tuple[list[float], float | None, float]


@dataclass(frozen=True)
class Linear:
    """A statistic: its `value`, what every respondent adds to it per unit of weight, and who is in its domain."""

    value: float
    influence: list[float]
    held: list[bool]


class Sample:
    """A design in one weighting, of the respondents of `rows`; the others are not of the sample."""

    def __init__(self, design: Design, weighting: str, rows: Held) -> None:
        self.rows = list(rows)
        self.weights = [w if held else 0.0 for w, held in zip(design.weights(weighting), rows, strict=True)]
        self.design, self.calibrated = design, weighting in ("calibrated", "trimmed")
        # Volunteers are drawn from no strata; a stratum of one is then no error.
        self.singletons = "adjust" if design.kind == "volunteer" else design.singletons
        self._found: list[list[float]] | None = None
        self._places: dict[str, dict[str, dict[str, list[int]]]] = {}
        for i, held in enumerate(rows):
            if held:
                psus = self._places.setdefault(design.stratum[i], {})
                psus.setdefault(design.psu[i], {}).setdefault(design.ssu[i], []).append(i)

    def mean(self, values: Values, domain: Held) -> Linear:
        """The weighted mean of the values of a domain; NaN where nobody has one."""
        held = [inside and in_domain and value is not None
                for inside, in_domain, value in zip(self.rows, domain, values, strict=True)]  # fmt: skip
        total = sum(weight for weight, one in zip(self.weights, held, strict=True) if one)
        if total == 0:
            return Linear(math.nan, [0.0] * len(held), held)
        top = sum(w * (v or 0.0) for w, v, one in zip(self.weights, values, held, strict=True) if one)
        value = top / total
        return Linear(
            value, [((v or 0.0) - value) / total if one else 0.0 for v, one in zip(values, held, strict=True)], held
        )

    def total(self, values: Values, domain: Held) -> Linear:
        """The weighted sum of the values of a domain."""
        held = [inside and in_domain and value is not None
                for inside, in_domain, value in zip(self.rows, domain, values, strict=True)]  # fmt: skip
        own = [(value or 0.0) if one else 0.0 for value, one in zip(values, held, strict=True)]
        return Linear(sum(w * value for w, value in zip(self.weights, own, strict=True)), own, held)

    def df(self, held: Held) -> int:
        """Sampling units that hold a domain, less strata that hold it."""
        design = self.design
        psus = {(design.stratum[i], design.psu[i]) for i, one in enumerate(held) if one}
        return len(psus) - len({stratum for stratum, _ in psus})

    def se(self, statistic: Linear) -> float:
        """The standard error of a statistic."""
        return math.sqrt(sum(d * d for d in self.deviations(statistic)))

    def covariances(self, statistics: Sequence[Linear]) -> list[list[float]]:
        """The covariance of every two statistics."""
        each = [self.deviations(statistic) for statistic in statistics]
        return [[sum(x * y for x, y in zip(a, b, strict=True)) for b in each] for a in each]

    def deviations(self, statistic: Linear) -> list[float]:
        """What the variance of a statistic is the sum of squares of: the scaled deviations of the sampling units from
        the mean of their stratum, then, with two stages, of the units within from that of their sampling unit."""
        own = self._residuals(statistic.influence)
        design = self.design
        two_stage = any(size is not None for size in design.fpc2)
        first, second = list[_Place](), list[_Place]()
        for psus in self._places.values():
            size = self._size(design.fpc1, [i for ssus in psus.values() for rows in ssus.values() for i in rows])
            of_psus = []
            for ssus in psus.values():
                units = [sum(self.weights[i] * own[i] for i in rows) for rows in ssus.values()]
                of_psus.append(sum(units))
                if two_stage:
                    within = self._size(design.fpc2, [i for rows in ssus.values() for i in rows])
                    # Drawn with replacement, a sampling unit's own variation holds that within it.
                    drawn, within = (0.0, float(len(units))) if size is None else (len(psus) / size, within)
                    second.append((units, within, drawn))
            first.append((of_psus, size, 1.0))
        return [*self._stage(first), *self._stage(second)]

    def _size(self, sizes: Sequence[float | None], rows: Sequence[int]) -> float | None:
        return next((sizes[i] for i in rows if sizes[i] is not None), None)

    def _stage(self, places: list[_Place]) -> list[float]:
        alone = [len(units) == 1 and (size is None or 1 - 1 / size > 1e-7) for units, size, _ in places]
        others = len(places) / (len(places) - sum(alone)) if self.singletons == "average" and any(alone) else 1.0
        found = []
        for (units, size, factor), lonely in zip(places, alone, strict=True):
            n = len(units)
            centre = 0.0 if lonely and self.singletons == "adjust" else sum(units) / n
            rest = 1.0 if size is None else 1 - n / size
            scale = math.sqrt(others * factor * rest * n / max(n - 1, 1))
            found += [scale * (unit - centre) for unit in units]
        return found

    def _residuals(self, values: list[float]) -> list[float]:
        """What a regression on the margins' cells, weighted by the base weights, leaves of the values."""
        if not self.calibrated:
            return values
        design = self.design
        sums = dict.fromkeys(design.targets, 0.0)
        for base, value, cells, held in zip(design.base, values, design.cells, self.rows, strict=True):
            if held and value:
                for cell in cells:
                    sums[cell] += base * value
        inverse = self._inverse()
        slopes = {
            cell: sum(a * b for a, b in zip(row, sums.values(), strict=True))
            for cell, row in zip(sums, inverse, strict=True)
        }
        return [
            value - sum(slopes[cell] for cell in cells) if held else value
            for value, cells, held in zip(values, design.cells, self.rows, strict=True)
        ]

    def _inverse(self) -> list[list[float]]:
        """A generalised inverse of the base-weighted products of the margins' cells."""
        if self._found is None:
            design = self.design
            place = {cell: number for number, cell in enumerate(design.targets)}
            size = len(place)
            products = [[0.0] * size for _ in place]
            for base, cells, held in zip(design.base, design.cells, self.rows, strict=True):
                for row in cells if held else ():
                    for column in cells:
                        products[place[row]][place[column]] += base
            ones = [[float(row == column) for column in range(size)] for row in range(size)]
            self._found = solved([[*a, *b] for a, b in zip(products, ones, strict=True)])
        return self._found


def solved(system: list[list[float]]) -> list[list[float]]:
    """Solutions of linear equations, each row its coefficients and then its right sides; a row per unknown.

    Unknowns that repeat others are 0.
    """
    rows = [list(row) for row in system]
    size = len(rows)
    scale = max((abs(row[i]) for i, row in enumerate(rows)), default=0.0)
    pivots: list[tuple[int, int]] = []
    free = set(range(size))
    for column in range(size):
        best = max(free, key=lambda row: abs(rows[row][column]), default=-1)
        if best < 0 or abs(rows[best][column]) <= 1e-11 * scale:
            continue
        free.discard(best)
        pivots.append((best, column))
        pivot = rows[best]
        for row in range(size):
            if row != best and rows[row][column]:
                factor = rows[row][column] / pivot[column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], pivot, strict=True)]
    found = [[0.0] * (len(row) - size) for row in rows]
    for row, column in pivots:
        found[column] = [right / rows[row][column] for right in rows[row][size:]]
    return found


def student(value: float, se: float, df: float) -> tuple[float, float]:
    """95 % limits by Student's t; NaN without degrees of freedom."""
    t = float(stdtrit(df, 0.975)) if df > 0 else math.nan
    return value - t * se, value + t * se


def p_of(t: float, df: float) -> float:
    """p of a two-sided test by Student's t."""
    return 2 * float(stdtr(df, -abs(t)))


def effective(p: float, se: float, n: float) -> float:
    """Effective n of a proportion."""
    return n if p <= 0 or p >= 1 or se == 0 else min(p * (1 - p) / se**2, n)


def korn_graubard(p: float, se: float, n: int, df: float) -> tuple[float, float]:
    """95 % limits of a proportion; NaN where n or the degrees of freedom are too few."""
    if df <= 0 or n <= 1:
        return math.nan, math.nan
    ratio = float(stdtrit(n - 1, 0.975)) / float(stdtrit(df, 0.975))
    size = min(effective(p, se, n) * ratio**2, n)
    x = p * size
    low = 0.0 if x <= 0 else float(betaincinv(x, size - x + 1, 0.025))
    high = 1.0 if x >= size else float(betaincinv(x + 1, size - x, 0.975))
    return low, high


def logit(p: float, se: float, df: float) -> tuple[float, float]:
    """95 % limits of a proportion on the logit scale; NaN at 0 and 1."""
    if df <= 0 or not 0 < p < 1:
        return math.nan, math.nan
    centre, half = math.log(p / (1 - p)), float(stdtrit(df, 0.975)) * se / (p * (1 - p))
    return 1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-half - centre))
