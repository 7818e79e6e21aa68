"""Proportional odds: logit P(y ≤ k) = ζ_k − x'β, weighted, with influence values; and a test of its assumption.

Sources: McCullagh (1980); R `survey::svyolr` and `MASS::polr` have the same signs. Brant (1990): under proportional
odds the binary logits of y > k have one vector of slopes; here their covariance is the design's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from findings.models.logistic import Fit, expit, logistic

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
STEPS, TOLERANCE = 100, 1e-12


def proportional_odds(x: Floats, y: Ints, weights: Floats) -> Fit:
    """Coefficients (β then ζ) of `y` (rows,; 0 … K−1, each step held by a row) on `x` (rows × p, no intercept).

    Newton's method with the analytic Hessian, halving a step that leaves the cut points out of order or lowers the
    likelihood. `fitted` is the linear predictor x'β.
    """
    p, steps = x.shape[1], int(y.max()) + 1
    scaled = weights / weights.mean()
    shares = np.bincount(y, scaled, steps).cumsum()[:-1] / scaled.sum()
    theta = np.concatenate([np.zeros(p), np.log(shares / (1 - shares))])
    value = _likelihood(theta, x, y, scaled)
    converged = False
    for _ in range(STEPS):
        scores, hessian = _derivatives(theta, x, y, scaled)
        if not np.isfinite(hessian).all() or np.linalg.cond(hessian) > 1e14:
            break
        step = np.linalg.solve(-hessian, scores.T @ scaled)
        size = 1.0
        while size > 1e-6:
            trial = theta + size * step
            found = _likelihood(trial, x, y, scaled)
            if found >= value - 1e-9 * abs(value):
                break
            size /= 2
        theta, value = trial, found
        if np.abs(size * step).max() <= TOLERANCE * max(1.0, float(np.abs(theta).max())):
            converged = True
            break
    if not converged:
        return Fit(theta, x @ theta[:p], np.full((len(y), len(theta)), np.nan), False)
    scores, hessian = _derivatives(theta, x, y, scaled)
    influence = np.linalg.solve(-hessian, scores.T).T / weights.mean()
    return Fit(theta, x @ theta[:p], influence, True)


def log_likelihood(fit: Fit, x: Floats, y: Ints, weights: Floats) -> float:
    """The weighted log-likelihood of a fit."""
    return _likelihood(fit.coefficients, x, y, weights)


def _ends(theta: Floats, x: Floats, y: Ints) -> tuple[Floats, Floats]:
    """Upper and lower end of every row's interval on the latent scale, ±∞ at the outer steps."""
    p = x.shape[1]
    cuts = np.concatenate([[-np.inf], theta[p:], [np.inf]])
    predictor = x @ theta[:p]
    return cuts[y + 1] - predictor, cuts[y] - predictor


def _likelihood(theta: Floats, x: Floats, y: Ints, weights: Floats) -> float:
    if (np.diff(theta[x.shape[1] :]) <= 0).any():
        return -np.inf
    upper, lower = _ends(theta, x, y)
    with np.errstate(divide="ignore"):
        return float(weights @ np.log(expit(upper) - expit(lower)))


def _derivatives(theta: Floats, x: Floats, y: Ints, weights: Floats) -> tuple[Floats, Floats]:
    """Scores (rows × parameters, unweighted) and the weighted Hessian of the log-likelihood."""
    cuts = len(theta) - x.shape[1]
    upper, lower = _ends(theta, x, y)
    above, below = expit(upper), expit(lower)
    chance = above - below
    f_up, f_low = above * (1 - above), below * (1 - below)
    g_up, g_low = f_up * (1 - 2 * above), f_low * (1 - 2 * below)
    # d(upper)/dθ and d(lower)/dθ: −x for the slopes, 1 for the cut point that is the end (none at ±∞).
    marks = np.eye(cuts + 2)[:, 1:-1]
    ends_up = np.hstack([-x, marks[y + 1]])
    ends_low = np.hstack([-x, marks[y]])
    scores = (f_up[:, None] * ends_up - f_low[:, None] * ends_low) / chance[:, None]
    hessian = (ends_up * (weights * g_up / chance)[:, None]).T @ ends_up
    hessian -= (ends_low * (weights * g_low / chance)[:, None]).T @ ends_low
    hessian -= (scores * weights[:, None]).T @ scores
    return scores, hessian


def binary_slopes(x: Floats, y: Ints, weights: Floats) -> tuple[Floats, Floats, bool]:
    """Slopes ((K−1) × p, flattened) of the logits of y > k on `x`, their influence values, and if all converged.

    For Brant's test: proportional odds says that the slopes of all k are the same.
    """
    both = np.hstack([np.ones((len(x), 1)), x])
    fits = [logistic(both, (y > k).astype(float), weights) for k in range(int(y.max()))]
    slopes = np.concatenate([fit.coefficients[1:] for fit in fits])
    return slopes, np.hstack([fit.influence[:, 1:] for fit in fits]), all(fit.converged for fit in fits)


def equal_slopes(p: int, cuts: int, columns: list[int]) -> Floats:
    """Contrasts ((cuts−1)·len(columns) × cuts·p) that are zero if the slopes of `columns` are the same at every cut."""
    rows = []
    for k in range(1, cuts):
        for column in columns:
            row = np.zeros(cuts * p)
            row[column], row[k * p + column] = 1.0, -1.0
            rows.append(row)
    return np.array(rows)
