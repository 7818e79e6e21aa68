"""Weighted logistic and linear regression: coefficients that solve the weighted score equations, and their influence.

The influence values of the coefficients are A⁻¹ x (y − μ), A the weighted information; with `design.covariance` they
give the covariance of R `survey::svyglm` (Binder 1983): strata, PSUs and calibration are all in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
STEPS, TOLERANCE = 50, 1e-13


@dataclass(frozen=True)
class Fit:
    """A fitted model: `coefficients` (p,), `fitted` (rows,), `influence` (rows × p) per unit of weight.

    `converged` is false where the coefficients run away, as under separation; then nothing of it is to be used.
    """

    coefficients: Floats
    fitted: Floats
    influence: Floats
    converged: bool


def expit(eta: Floats) -> Floats:
    """1 / (1 + e^−η), without overflow."""
    small = np.exp(-np.abs(eta))
    return np.where(eta >= 0, 1, small) / (1 + small)


def logistic(x: Floats, y: Floats, weights: Floats) -> Fit:
    """Logistic regression of `y` (rows,; 0 or 1) on `x` (rows × p, with its intercept), by Newton's method.

    Weights are of any scale. Same estimating equations as R `svyglm(family = quasibinomial)`.
    """
    scaled = weights / weights.mean()
    beta = np.zeros(x.shape[1])
    converged = False
    for _ in range(STEPS):
        mu = expit(x @ beta)
        information = (x * (scaled * mu * (1 - mu))[:, None]).T @ x
        if not np.isfinite(information).all() or np.linalg.cond(information) > 1e14:
            break
        step = np.linalg.solve(information, x.T @ (scaled * (y - mu)))
        beta = beta + step
        if np.abs(step).max() <= TOLERANCE * max(1.0, float(np.abs(beta).max())):
            converged = True
            break
    mu = expit(x @ beta)
    information = (x * (scaled * mu * (1 - mu))[:, None]).T @ x
    if not converged:
        return Fit(beta, mu, np.full(x.shape, np.nan), False)
    influence = np.linalg.solve(information, (x * (y - mu)[:, None]).T).T / weights.mean()
    return Fit(beta, mu, influence, True)


def linear(x: Floats, y: Floats, weights: Floats) -> Fit:
    """Weighted least squares of `y` (rows,) on `x` (rows × p, with its intercept); as R `svyglm(family = gaussian)`."""
    information = (x * weights[:, None]).T @ x
    beta = np.asarray(np.linalg.solve(information, x.T @ (weights * y)), dtype=np.float64)
    fitted: Floats = x @ beta
    influence = np.asarray(np.linalg.solve(information, (x * (y - fitted)[:, None]).T).T, dtype=np.float64)
    return Fit(beta, fitted, influence, True)
