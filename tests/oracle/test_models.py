"""Models against R `survey`: coefficients, effects, tests of terms and proportional odds, with their standard errors.

The answers are recorded beside the data they were computed from (the package's public `api` and `nhanes` data); where R
and its `survey` are installed they are computed anew, and must be the recorded ones.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from agreement import agree, largest_difference
from findings.design import covariance, degrees_of_freedom, make_design, unit_totals
from findings.models.effects import logistic_effects, ordinal_effects, wald
from findings.models.factors import Factor, matrix
from findings.models.logistic import expit, linear, logistic
from findings.models.ordinal import binary_slopes, equal_slopes, proportional_odds
from recorded import computed, recorded

CASES = recorded("models")
EXACT = {"oracle": "package", "tolerance": 1e-8}
BY_HAND = {"oracle": "R by formula", "tolerance": 1e-8}
NAMES = list(CASES)


@cache
def loaded(name):
    """Matrix, outcome, steps, weights of the rows of the models; a function from influence to covariance; the df."""
    case, data = CASES[name], CASES[name]["data"]
    factors = [Factor(term, tuple(levels)) for term, levels in case["terms"].items()]
    place = np.array([[np.nan if v is None else v for v in data["factors"][f.name]] for f in factors], dtype=float).T
    outcome, steps = (np.array(data[column], dtype=float) for column in ("outcome", "steps"))
    held = ~(np.isnan(place).any(axis=1) | np.isnan(outcome) | np.isnan(steps))
    frame = pd.DataFrame({"stratum": data["stratum"], "psu": data["psu"]})
    for margin, column in data["margins"].items():
        frame[f"margin_{margin}"] = column
    weights = np.array(data["weight"])
    design = make_design(frame, "error", name, calibrated=True, base=np.array(data["base_weight"]))

    def spread(influence):
        whole = np.zeros((len(frame), influence.shape[1]))
        whole[held] = influence
        return covariance(whole, weights, design)

    df = int(degrees_of_freedom(unit_totals(held[:, None].astype(float), design) > 0, design)[0])
    made = matrix(place[held].astype(np.intp), factors)
    return made, outcome[held], steps[held].astype(np.intp) - 1, weights[held], spread, df


def errors(influence, spread):
    return np.sqrt(np.diag(spread(influence)))


@pytest.mark.parametrize("name", NAMES)
def test_logistic_regression(name):
    made, outcome, _, weights, spread, df = loaded(name)
    answer, fit = CASES[name]["answer"], logistic(made.x, outcome, weights)
    call = "svyglm(family = quasibinomial(), epsilon = 1e-15)"
    assert fit.converged and df == answer["degf"]
    agree("models", "logistic regression: coefficients", fit.coefficients, answer["logistic"], call=call, **EXACT)
    agree("models", "logistic regression: standard errors", errors(fit.influence, spread), answer["logistic_se"],
          call=f"SE({call})", **EXACT)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_point_estimates_are_those_of_statsmodels(name):
    import statsmodels.api as sm

    made, outcome, _, weights, _, _ = loaded(name)
    scaled = weights / weights.mean()
    # Its own standard errors are not the design's, and are of no use here.
    theirs = sm.GLM(outcome, made.x, family=sm.families.Binomial(), freq_weights=scaled).fit(tol=1e-14, maxiter=100)
    assert largest_difference(logistic(made.x, outcome, weights).coefficients, theirs.params) <= 1e-8


@pytest.mark.parametrize("name", NAMES)
def test_linear_regression(name):
    made, _, steps, weights, spread, _ = loaded(name)
    answer, fit = CASES[name]["answer"], linear(made.x, steps + 1.0, weights)
    agree("models", "linear regression: coefficients", fit.coefficients, answer["linear"], call="svyglm()", **EXACT)
    agree("models", "linear regression: standard errors", errors(fit.influence, spread), answer["linear_se"],
          call="SE(svyglm())", **EXACT)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_average_marginal_effects_with_full_influence(name):
    made, outcome, _, weights, spread, _ = loaded(name)
    answer = CASES[name]["answer"]
    values, influence = logistic_effects(logistic(made.x, outcome, weights), made, weights)
    call = "svytotal(linearised effect)"
    se = errors(influence, spread)
    agree("models", "average marginal effects", values, answer["effects"], call=call, **BY_HAND)
    agree("models", "average marginal effects: standard errors", se, answer["effects_se"], call=f"SE({call})",
          **BY_HAND)  # fmt: skip
    first = len(answer["predmeans"])
    agree("models", "average marginal effects: predictive margins", values[:first], answer["predmeans"],
          call="svypredmeans(svyglm())", **EXACT)  # fmt: skip
    # `svypredmeans` leaves out a covariance, and the jackknife is itself of first order: within 2 %, where there are
    # enough PSUs for it (of 40 districts with up to 5 schools it is not).
    if name != "clustered":
        ratio, call = se[:first] / answer["predmeans_se"], "SE(svypredmeans(svyglm()))"
        agree("models", "average marginal effects: standard errors, less a covariance", ratio, np.ones(first),
              oracle="package", call=call, tolerance=0.02)  # fmt: skip
    if name.startswith("health"):
        ratio, call = se / answer["jackknife_se"], "withReplicates(as.svrepdesign(type = 'JKn'))"
        agree("models", "average marginal effects: standard errors, replicated", ratio, np.ones(len(se)),
              oracle="package", call=call, tolerance=0.02)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_overall_test_of_a_term(name):
    made, outcome, _, weights, spread, df = loaded(name)
    fit = logistic(made.x, outcome, weights)
    matrix_ = spread(fit.influence)
    for factor, (value, df1, p) in zip(made.factors, CASES[name]["answer"]["tests"], strict=True):
        own = made.of(factor)
        ours = wald(fit.coefficients[own], matrix_[np.ix_(own, own)], df)
        call = "regTermTest(method = 'Wald', df = degf(design))"
        agree("models", "F of a term", ours[:2], (value, df1), call=call, **EXACT)
        agree("models", "F of a term: p", ours[2], p, call=call, oracle="package", tolerance=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_proportional_odds(name):
    made, _, steps, weights, spread, _ = loaded(name)
    answer, fit = CASES[name]["answer"], proportional_odds(made.x[:, 1:], steps, weights)
    assert fit.converged
    se = errors(fit.influence, spread)
    call = "ordinal_by_hand() of models.R"
    agree("models", "proportional odds: coefficients", fit.coefficients, answer["ordinal"], call=call, **BY_HAND)
    agree("models", "proportional odds: standard errors", se, answer["ordinal_se"], call=call, **BY_HAND)
    agree("models", "proportional odds: coefficients, numeric Hessian", fit.coefficients, answer["svyolr"],
          oracle="package", call="svyolr()", tolerance=1e-5)  # fmt: skip
    agree("models", "proportional odds: standard errors, numeric Hessian", se, answer["svyolr_se"],
          oracle="package", call="SE(svyolr())", tolerance=1e-3)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_proportional_odds_assumption(name):
    made, _, steps, weights, spread, df = loaded(name)
    x = made.x[:, 1:]
    slopes, influence, converged = binary_slopes(x, steps, weights)
    assert converged
    matrix_, cuts = spread(influence), int(steps.max())
    first = list(range(len(made.factors[0].levels) - 1))
    for part, columns in (("brant", list(range(x.shape[1]))), ("brant_first", first)):
        contrast = equal_slopes(x.shape[1], cuts, columns)
        ours = wald(contrast @ slopes, contrast @ matrix_ @ contrast.T, df, adjusted=True)
        value, df1, p = CASES[name]["answer"][part]
        call = "brant() of models.R"
        agree("models", "equal slopes at every cut: adjusted F", ours[:2], (value, df1), call=call, **BY_HAND)
        agree("models", "equal slopes at every cut: p", ours[2], p, call=call, oracle="R by formula", tolerance=1e-6)


def test_effects_on_an_ordinal_answer_are_differences_of_chances():
    made, _, steps, weights, spread, _ = loaded("health")
    fit = proportional_odds(made.x[:, 1:], steps, weights)
    bare = matrix(made.place, made.factors, intercept=False)
    values, influence = ordinal_effects(fit, bare, weights, 3)

    # By a plain loop, and the standard error by numeric derivatives of the same mean.
    def effect(theta, weights):
        found = []
        for i, factor in enumerate(made.factors):
            for n in range(1, len(factor.levels)):
                means = []
                for level in (0, n):
                    place = made.place.copy()
                    place[:, i] = level
                    eta = matrix(place, made.factors, intercept=False).x @ theta[: bare.x.shape[1]]
                    means.append(weights @ expit(eta - theta[bare.x.shape[1] + 2]) / weights.sum())
                found.append(means[1] - means[0])
        return np.array(found)

    assert largest_difference(values, effect(fit.coefficients, weights)) <= 1e-12
    steps_of = 1e-6 * np.eye(len(fit.coefficients))
    slopes = np.array(
        [(effect(fit.coefficients + h, weights) - effect(fit.coefficients - h, weights)) / 2e-6 for h in steps_of]
    )
    own = influence - fit.influence @ slopes
    assert largest_difference(weights @ own, np.zeros(len(values))) <= 1e-6
    assert (errors(influence, spread) > 0).all()


def test_r_gives_the_recorded_answers():
    anew = computed("models")
    if anew is None:
        pytest.skip("not run: R, or its package survey, is not installed")
    assert set(anew) == set(CASES)
    for name, case in anew.items():
        for part, values in case["answer"].items():
            # What R finds by numeric derivatives differs from one machine to another.
            tolerance = 1e-6 if part.startswith("svyolr") else 1e-9
            assert largest_difference(values, CASES[name]["answer"][part]) <= tolerance, (name, part)
