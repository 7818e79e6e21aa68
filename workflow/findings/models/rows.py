"""Models into derived rows: marginal effects, coefficients, tests of terms, and the model itself or why it is withheld.

Models are fitted to the complete cases of all their blocks, so that the blocks are of the same rows; rows of
respondent × ministry (or service) have one influence value per respondent, their sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student_t

from findings.design import covariance, degrees_of_freedom, unit_totals
from findings.influence import Sample
from findings.keys import ALL, model_key, print_key
from findings.models import checks
from findings.models.effects import logistic_effects, ordinal_effects, wald
from findings.models.factors import Factor, Matrix, matrix, places
from findings.models.logistic import Fit, linear, logistic
from findings.models.ordinal import binary_slopes, equal_slopes, log_likelihood, proportional_odds
from findings.models.plan import Plan
from findings.register import needs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
FAMILY, MODEL = "model", "model"
POWER = 1.959963984540054 + 0.8416212335729143


@dataclass(frozen=True)
class Stacked:
    """Complete rows of a model: `person` their respondent's position, `answer` their outcome, `place` of all factors.

    `step` (rows,) is the outcome as 0 … K−1 by its values in order. `asked` counts respondents with an outcome.
    """

    person: Ints
    answer: Floats
    step: Ints
    place: Ints
    factors: tuple[Factor, ...]
    asked: int


def model_rows(of: Sample, plans: Sequence[Plan]) -> tuple[list[dict[str, Any]], list[str]]:
    """Derived rows of all models in a probability wave, and lines for the log on what was withheld and why."""
    rows: list[dict[str, Any]] = []
    told: list[str] = []
    for plan in plans:
        stacked = stack(of, plan)
        factors: tuple[Factor, ...] = (plan.unit_factor,) if plan.unit_factor else ()
        for block in plan.blocks:
            factors += block.factors
            made, finding = _model(of, plan, block.id, stacked, factors)
            rows += made
            if finding:
                told.append(f"Model {plan.named(block.id)} withheld, {finding.cause}: {finding.found}.")
    _adjust(rows, {plan.name: plan.correction for plan in plans})
    return rows, told


def stack(of: Sample, plan: Plan) -> Stacked:
    """The rows (respondent × unit) that have the outcome and a level of every factor of every block.

    ASSUME[complete_cases]: those left out are like the others, given the terms of the model.
    """
    factors = tuple(factor for block in plan.blocks for factor in block.factors)
    own = places(of.frame, factors)
    values = [of.frame[unit.indicator.column].to_numpy(dtype=float) for unit in plan.units]
    count, units = len(of.frame), len(plan.units)
    answer = np.concatenate(values)
    place = np.tile(own, (units, 1))
    if plan.unit_factor:
        levels = [plan.unit_factor.levels.index(unit.of(plan.unit_factor.name)) for unit in plan.units]
        place = np.column_stack([np.repeat(levels, count), place])
        factors = (plan.unit_factor, *factors)
    person = np.tile(np.arange(count), units)
    answered = ~np.isnan(answer)
    kept = answered & (place >= 0).all(axis=1)
    steps, step = np.unique(answer[kept], return_inverse=True)
    return Stacked(
        person[kept], answer[kept], step.astype(np.intp), place[kept].astype(np.intp), factors,
        len(np.unique(person[answered])),
    )  # fmt: skip


def _model(
    of: Sample, plan: Plan, block: str, stacked: Stacked, factors: tuple[Factor, ...]
) -> tuple[list[dict[str, Any]], checks.Finding | None]:
    """Rows of one block of a model; one withheld row, and what was found, where a check fails."""
    made = matrix(stacked.place[:, : len(factors)], factors)
    weights = of.weights[stacked.person]
    held = np.zeros((len(of.frame), 1))
    held[stacked.person] = 1
    df = float(degrees_of_freedom(unit_totals(held, of.design) > 0, of.design)[0])
    n = len(np.unique(stacked.person))
    step = np.zeros_like(stacked.step) if plan.kind == "linear" else stacked.step
    name = plan.named(block)
    counts = checks.level_counts(made, step, stacked.person)
    common = {
        "family": FAMILY, "weighting": of.weighting, "ministry": plan.ministry, "n": n, "df": df,
        "cells": needs(_behind(of, plan), [n, *(c for cell in counts.values() for c in cell)], [(n, stacked.asked)]),
    }  # fmt: skip
    finding = checks.constant(stacked.answer) or _steps(plan, stacked)
    finding = finding or checks.checked(made, step, weights, df, plan.limits, stacked.person)
    fit = None if finding else _fit(plan, made, stacked, weights)
    if fit is not None and not fit.converged:
        finding = checks.Finding("no_convergence", "the coefficients run away")
    if finding or fit is None:
        withheld = {**common, "indicator": name, "breakdown": MODEL, "group": ALL, "statistic": "pseudo_r2"}
        withheld |= {"key": model_key(name, MODEL, ALL, of.wave), "df": np.nan, "cells": needs(counts=[0])}
        return [{**withheld, "reason": f"{finding.cause}: {finding.found}" if finding else None}], finding
    rows = _effects(of, plan, made, fit, stacked, weights, name, common, counts)
    return rows + _terms(of, plan, made, fit, stacked, weights, name, common), None


def _steps(plan: Plan, stacked: Stacked) -> checks.Finding | None:
    if not len(stacked.answer) or plan.step is None:
        return None
    if not stacked.answer.min() < plan.step <= stacked.answer.max():
        return checks.Finding("constant_outcome", f"all answers are on one side of step {plan.step:g}")
    return None


def _fit(plan: Plan, made: Matrix, stacked: Stacked, weights: Floats) -> Fit:
    if plan.kind == "logistic":
        return logistic(made.x, stacked.answer, weights)
    if plan.kind == "linear":
        return linear(made.x, stacked.answer, weights)
    return proportional_odds(made.x[:, 1:], stacked.step, weights)


def _effects(
    of: Sample, plan: Plan, made: Matrix, fit: Fit, stacked: Stacked, weights: Floats, name: str,
    common: Mapping[str, Any], counts: Mapping[tuple[str, str], list[int]],
) -> list[dict[str, Any]]:  # fmt: skip
    """Marginal effects and coefficients of every level but the references."""
    slopes = [column - (plan.kind == "ordinal") for column in made.columns.values()]
    coefficients, of_slopes = fit.coefficients[slopes], fit.influence[:, slopes]
    parts = [(name + "_log_odds", "log_odds", coefficients, of_slopes)]
    if plan.kind == "logistic":
        parts.append((name, "average_marginal_effect", *logistic_effects(fit, made, weights)))
    elif plan.kind == "ordinal":
        bare = matrix(made.place, made.factors, intercept=False)
        # The number of the first step that counts, among the steps that were given.
        cut = int((np.unique(stacked.answer) < (plan.step or 0)).sum())
        parts.append((name, "average_marginal_effect", *ordinal_effects(fit, bare, weights, cut)))
    else:
        parts = [(name, "difference_of_means", coefficients, of_slopes)]
    rows = []
    for indicator, statistic, values, influence in parts:
        se = np.sqrt(np.diag(_spread(of, stacked, influence)))
        half = student_t.ppf(0.975, common["df"]) * se
        for i, (term, level) in enumerate(made.columns):
            test = values[i] / se[i] if se[i] > 0 else np.nan
            reference = next(factor.reference for factor in made.factors if factor.name == term)
            behind = min(sum(counts[term, level]), sum(counts[term, reference]))
            # The coefficients say the same on another scale: they are no comparisons of their own.
            tested = {} if statistic == "log_odds" else {
                "test": "t", "test_value": test, "p": 2 * student_t.sf(abs(test), common["df"]),
                "detectable": POWER * se[i], "comparison_family": f"model_{plan.name}_levels",
            }  # fmt: skip
            rows.append(
                {**common, "key": model_key(indicator, term, level, of.wave), "indicator": indicator,
                 "statistic": statistic, "breakdown": term, "group": level, "estimate": values[i], "se": se[i],
                 "ci_low": values[i] - half[i], "ci_high": values[i] + half[i], "ci_method": "t", **tested,
                 "reliability": reliability(
                     behind, common["df"], len(made.columns),
                     2 * half[i] if statistic == "average_marginal_effect" else 0.0,
                 )}
            )  # fmt: skip
    return rows


def _terms(
    of: Sample, plan: Plan, made: Matrix, fit: Fit, stacked: Stacked, weights: Floats, name: str,
    common: Mapping[str, Any],
) -> list[dict[str, Any]]:  # fmt: skip
    """The overall F of every term, of the model, and of proportional odds where they are assumed."""
    shift = int(plan.kind == "ordinal")
    slopes = {factor.name: [column - shift for column in made.of(factor)] for factor in made.factors}
    every = [column for columns in slopes.values() for column in columns]
    spread = _spread(of, stacked, fit.influence)
    rows = []

    def row(indicator: str, term: str, test: tuple[float, float, float], adjusted: bool, **more: Any) -> None:
        value, df1, p = test
        if np.isnan(value) and "statistic" not in more:
            return  # More contrasts than the design can tell apart leave nothing to test by.
        rows.append(
            {**common, "key": model_key(indicator, term, ALL, of.wave), "indicator": indicator, "breakdown": term,
             "group": ALL, "statistic": "f_test", "estimate": value, "test": "wald_adjusted" if adjusted else "wald",
             "test_value": value, "df1": df1, "p": p, **more}
        )  # fmt: skip

    for term, columns in slopes.items():
        test = wald(fit.coefficients[columns], spread[np.ix_(columns, columns)], common["df"])
        row(name, term, test, False, comparison_family=f"model_{plan.name}_terms")
    whole = wald(fit.coefficients[every], spread[np.ix_(every, every)], common["df"], adjusted=True)
    share = _explained(plan, made, fit, stacked, weights)
    row(name, MODEL, whole, True, statistic="pseudo_r2", estimate=share,
        reliability=reliability(common["n"], common["df"], len(made.columns), 0.0))  # fmt: skip
    if plan.kind == "ordinal":
        x, cuts = made.x[:, 1:], int(stacked.step.max())
        values, influence, converged = binary_slopes(x, stacked.step, weights)
        if converged:
            joint = _spread(of, stacked, influence)
            for term, columns in {**slopes, MODEL: every}.items():
                contrast = equal_slopes(x.shape[1], cuts, columns)
                test = wald(contrast @ values, contrast @ joint @ contrast.T, common["df"], adjusted=True)
                row(f"{name}_proportional_odds", term, test, True,
                    comparison_family=f"model_{plan.name}_proportional_odds")  # fmt: skip
    return rows


def _spread(of: Sample, stacked: Stacked, influence: Floats) -> Floats:
    """Covariance of statistics from the influence values of stacked rows, summed by respondent."""
    whole = np.zeros((len(of.frame), influence.shape[1]))
    np.add.at(whole, stacked.person, influence)
    return covariance(whole, of.weights, of.design)


def _explained(plan: Plan, made: Matrix, fit: Fit, stacked: Stacked, weights: Floats) -> float:
    """McFadden's share of the weighted log-likelihood; of a linear model R²."""
    if plan.kind == "linear":
        mean = np.average(stacked.answer, weights=weights)
        return float(1 - weights @ (stacked.answer - fit.fitted) ** 2 / (weights @ (stacked.answer - mean) ** 2))
    if plan.kind == "ordinal":
        shares = np.bincount(stacked.step, weights) / weights.sum()
        return float(
            1 - log_likelihood(fit, made.x[:, 1:], stacked.step, weights) / (weights @ np.log(shares)[stacked.step])
        )
    mean = np.average(stacked.answer, weights=weights)
    with np.errstate(divide="ignore"):
        own = weights @ np.log(np.where(stacked.answer == 1, fit.fitted, 1 - fit.fitted))
    return float(1 - own / (weights @ np.log(np.where(stacked.answer == 1, mean, 1 - mean))))


def reliability(n: int, df: float, terms: int, width: float) -> str:
    """`not_reliable`, `review` or `reliable`: of an effect, with its interval's `width` (0 to 1), or of a model.

    ASSUME[reliability_of_models]: NCHS gives no rule for models. Its limits for proportions are taken: fewer than 30
    respondents in the level or its reference, or an interval of 30 points or more, are not reliable; fewer than 8
    degrees of freedom left by the terms want a review.
    """
    if n < 30 or width >= 0.30:
        return "not_reliable"
    return "review" if df - terms < 8 else "reliable"


def _behind(of: Sample, plan: Plan) -> list[str]:
    """Keys of the outcome's own rows, in the model's weighting."""
    return [
        print_key(
            {"family": i.family, "indicator": i.id, "statistic": i.statistic, "ministry": i.ministry,
             "service": i.service, "weighting": of.weighting, "wave": of.wave}
        )
        for i in (unit.indicator for unit in plan.units)
    ]  # fmt: skip


def _adjust(rows: list[dict[str, Any]], corrections: Mapping[str, str]) -> None:
    """Corrected p within each family: the levels of a model, and its terms, over all its scopes and blocks."""
    from statsmodels.stats.multitest import multipletests

    families: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row.get("comparison_family") and not np.isnan(row.get("p", np.nan)):
            families.setdefault(row["comparison_family"], []).append(row)
    for family, members in families.items():
        name = next(name for name in corrections if family.startswith(f"model_{name}_"))
        method = {"holm": "holm", "benjamini_hochberg": "fdr_bh"}[corrections[name]]
        adjusted = multipletests([row["p"] for row in members], method=method)[1]
        for row, value in zip(members, adjusted, strict=True):
            row["p_adjusted"] = float(value)
