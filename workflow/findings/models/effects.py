"""Average marginal effects of factors, with full influence, and overall tests of terms.

The effect of a level is the mean over everyone of P(y | the level) − P(y | the reference), all else as it is. Its
influence values have two parts: those of the coefficients, through the gradient of the mean, and those of the mean over
the sample's own covariates (Graubard and Korn 1999). R `svypredmeans` leaves out the covariance of the two.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import stats

from findings.models.factors import Matrix
from findings.models.logistic import Fit, expit

Floats = npt.NDArray[np.float64]
Chances = Callable[[Floats], tuple[Floats, Floats]]


def logistic_effects(fit: Fit, made: Matrix, weights: Floats) -> tuple[Floats, Floats]:
    """Effects (m,) of all levels but the references, as proportions, and their influence values (rows × m).

    In the order of `made.columns`; influence is per unit of weight.
    """

    def chances(x: Floats) -> tuple[Floats, Floats]:
        mu = expit(x @ fit.coefficients)
        return mu, x * (mu * (1 - mu))[:, None]

    return _effects(chances, fit.influence, made, weights)


def ordinal_effects(fit: Fit, made: Matrix, weights: Floats, step: int) -> tuple[Floats, Floats]:
    """Effects on P(y ≥ step) of a proportional-odds fit (`step` 1 … K−1); as `logistic_effects`."""
    p = made.x.shape[1]
    cut = p + step - 1

    def chances(x: Floats) -> tuple[Floats, Floats]:
        mu = expit(x @ fit.coefficients[:p] - fit.coefficients[cut])
        slope = mu * (1 - mu)
        gradient = np.zeros((len(x), len(fit.coefficients)))
        gradient[:, :p], gradient[:, cut] = x * slope[:, None], -slope
        return mu, gradient

    return _effects(chances, fit.influence, made, weights)


def _effects(chances: Chances, influence: Floats, made: Matrix, weights: Floats) -> tuple[Floats, Floats]:
    values, parts = [], []
    total = weights.sum()
    for factor in made.factors:
        x = made.x.copy()
        columns = made.of(factor)
        x[:, columns] = 0.0
        reference, reference_gradient = chances(x)
        for column in columns:
            x[:, columns] = 0.0
            x[:, column] = 1.0
            chance, gradient = chances(x)
            difference = chance - reference
            value = float(weights @ difference / total)
            slope = weights @ (gradient - reference_gradient) / total
            values.append(value)
            parts.append((difference - value) / total + influence @ slope)
    return np.array(values), np.column_stack(parts)


def wald(estimates: Floats, covariance: Floats, df: float, adjusted: bool = False) -> tuple[float, float, float]:
    """F, its numerator's degrees of freedom, and p of the hypothesis that all `estimates` are zero.

    R `survey::regTermTest(method = "Wald", df = degf(design))`. `adjusted` takes df − k + 1 for the denominator (Korn
    and Graubard 1990), which a test of many contrasts needs. NaN where there are more contrasts than df.
    """
    k = len(estimates)
    rest = df - k + 1 if adjusted else df
    if k > df or np.linalg.matrix_rank(covariance, hermitian=True) < k:
        return float("nan"), float(k), float("nan")
    statistic = float(estimates @ np.linalg.solve(covariance, estimates))
    value = statistic / k * (rest / df)
    return value, float(k), float(stats.f.sf(value, k, rest))
