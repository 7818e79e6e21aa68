"""A model's covariates: factors with a reference, their columns of 0 and 1, and which rows have all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Factor:
    """A covariate of a model: `levels` with the reference first."""

    name: str
    levels: tuple[str, ...]

    @property
    def reference(self) -> str:
        """The level that the others are compared with."""
        return self.levels[0]


@dataclass(frozen=True)
class Matrix:
    """Columns of a model: an intercept unless it has none, then one per level of every factor but its reference.

    `x` (rows × columns); `place` (rows × factors) the position of each row's level, 0 the reference; `columns` maps
    (factor, level) to its column of `x`.
    """

    x: Floats
    factors: tuple[Factor, ...]
    place: Ints
    columns: dict[tuple[str, str], int]

    def of(self, factor: Factor) -> list[int]:
        """Columns of a factor, in the order of its levels."""
        return [self.columns[factor.name, level] for level in factor.levels[1:]]


def places(frame: pd.DataFrame, factors: Sequence[Factor]) -> Ints:
    """Position of every row's level (rows × factors), 0 the reference; −1 where the row is in no level."""
    made = np.full((len(frame), len(factors)), -1, dtype=np.intp)
    for i, factor in enumerate(factors):
        known: Mapping[str, int] = {level: n for n, level in enumerate(factor.levels)}
        cells = frame[factor.name].astype(object).to_numpy()
        made[:, i] = [known.get(cell, -1) if isinstance(cell, str) else -1 for cell in cells]
    return made


def matrix(place: Ints, factors: Sequence[Factor], intercept: bool = True) -> Matrix:
    """The columns of rows that have all factors (`place` rows × factors, none negative)."""
    parts = [np.ones((len(place), 1))] if intercept else []
    columns: dict[tuple[str, str], int] = {}
    for i, factor in enumerate(factors):
        for n, level in enumerate(factor.levels[1:], start=1):
            columns[factor.name, level] = len(columns) + int(intercept)
            parts.append((place[:, i] == n).astype(float)[:, None])
    x = np.hstack(parts) if parts else np.empty((len(place), 0))
    return Matrix(x, tuple(factors), place, columns)
