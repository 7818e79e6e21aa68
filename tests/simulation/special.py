"""Tests of tables, worst-case bounds and marginal effects of a drawn sample, and what they are to be in the population.

The test's size: groups that have nothing to do with the answers, but live together in townships as the answers do.
Bounds: the share in a population where nobody
declines. Marginal effects: those of the same model fitted to the whole population.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from estimates import BROAD, Domain
from findings.bounds import bounds
from findings.design import covariance, degrees_of_freedom, unit_totals
from findings.influence import Sample, means, standard_errors
from findings.intervals import student
from findings.models.effects import logistic_effects
from findings.models.factors import Factor, Matrix, matrix
from findings.models.logistic import logistic
from findings.rao_scott import independence
from measures import SELECTIVE, expected
from planted import AGES, Floats, Ints, People, Planted
from scipy.stats import chi2_contingency

# Table tests: the answer (a mean's steps, or 0 and 1), the number of groups, and the domain.
TESTS = (
    ("literacy.literacy_search", 3, ("", "everyone")),
    ("adoption.aware|telekyanmar", 2, ("", "everyone")),
    ("trust.trust", 3, ("urban_rural", "urban")),
    ("adoption.aware|telekyanmar", 2, ("zone", "coast")),
    ("literacy.literacy_search", 3, ("zone", "coast")),
)
GROUP_SD = 0.8
BOUNDED = ("trust.trust", SELECTIVE, "adoption.current_any_service", "adoption.current_use|eod_shares")
BOUND_DOMAINS = ("", "gender", "urban_rural", "ethnicity_bamar")
OUTCOMES = ("adoption.current_any_service", "trust.trust")
FACTORS = (
    Factor("gender", ("male", "female")),
    Factor("age", ("35_54", "18_34", "55_plus")),
    Factor("ethnicity", ("bamar", "non_bamar")),
    Factor("place", ("rural", "urban")),
    Factor("conflict", ("no", "yes")),
)
EFFECTS = [(outcome, factor.name, level) for outcome in OUTCOMES for factor in FACTORS for level in factor.levels[1:]]


def inert_groups(planted: Planted, random: np.random.Generator, shape: tuple[int, int]) -> dict[int, Ints]:
    """By number of groups: a group of every respondent (samples × respondents), clustered by township."""
    town = planted.places()[2]
    made = {}
    for count in (2, 3):
        odds = np.exp(random.normal(0, GROUP_SD, (shape[0], town.max() + 1, count)))[:, town]
        limits = (odds / odds.sum(axis=2, keepdims=True)).cumsum(axis=2)[..., :-1]
        made[count] = (random.random(shape)[..., None] > limits).sum(axis=2)
    return made


def tests_of(
    of: Sample, values: Mapping[str, Floats], groups: Mapping[int, Ints], rows: Sequence[Floats]
) -> dict[str, Floats]:
    """One sample's contributions: whether each test was made, and rejects at 5 % and 1 %; and Pearson's, at 5 %."""
    made = np.zeros((4, len(TESTS)))
    for i, (name, count, _) in enumerate(TESTS):
        codes = np.where(np.isnan(values[name]) | ~rows[i], -1, values[name]).astype(np.intp)
        found = independence(of, codes, groups[count])
        if found is None:
            continue
        table = np.array(
            [[((codes == a) & (groups[count] == b)).sum() for b in range(count)] for a in np.unique(codes[codes >= 0])]
        )
        naive = chi2_contingency(table, correction=False).pvalue
        made[:, i] = 1, found.p < 0.05, found.p < 0.01, naive < 0.05
    return dict(zip(("known", "rejected", "rejected_1", "rejected_naive"), made, strict=True))


def bounds_of(of: Sample, values: Mapping[str, Floats], masks: Floats, truth: Floats) -> dict[str, Floats]:
    """One sample's contributions (indicators × domains): bounds, their interval, and the ordinary one, of the truth."""
    parts: dict[str, list[Floats]] = {}
    for name, wanted in zip(BOUNDED, truth, strict=True):
        column = np.repeat(values[name][:, None], len(masks), axis=1)
        found = bounds(of, column, np.isnan(column), masks)
        plain = means(of, column, masks)
        low, high = student(plain.value, *standard_errors(of, plain))
        for key, part in (
            ("known", np.isfinite(found.ci_low)),
            ("low", found.low),
            ("high", found.high),
            ("value", plain.value),
            ("held", (found.ci_low <= wanted) & (wanted <= found.ci_high)),
            ("held_plain", (low <= wanted) & (wanted <= high)),
        ):
            parts.setdefault(key, []).append(np.asarray(part, dtype=float))
    return {key: np.array(part) for key, part in parts.items()}


def _places(people: People) -> Ints:
    """Positions in the levels of FACTORS (people × factors), −1 for none."""
    broad = np.array([FACTORS[1].levels.index(name) for name in BROAD])[people.age]
    declined = 10
    columns = [
        np.choose(people.gender, [1, 0, -1, -1]),
        broad,
        np.where(people.ethnicity == declined, -1, (people.ethnicity != 0).astype(int)),
        1 - people.urban,
        np.choose(people.conflict, [1, 0, -1]),
    ]
    assert len(AGES) == len(BROAD)
    return np.column_stack(columns).astype(np.intp)


def effect_truths(planted: Planted) -> Floats:
    """The effects of the model fitted to the population: to the cells, by their shares and expected answers."""
    people = planted.cells()
    place, shares = _places(people), planted.shares(people, "calibrated")
    whole = (place >= 0).all(axis=1)
    top: dict[str, Floats] = {}
    bottom: dict[str, Floats] = {}
    for town, weight in zip(*planted.nodes(), strict=True):
        made = expected(planted, people, np.array(town))
        for name in OUTCOMES:
            top[name] = top.get(name, 0) + weight * made[name][0]
            bottom[name] = bottom.get(name, 0) + weight * made[name][1]
    found = []
    for name in OUTCOMES:
        weights = (shares * bottom[name])[whole]
        used = weights > 0
        x = matrix(place[whole][used], FACTORS)
        fit = logistic(x.x, (top[name] / bottom[name])[whole][used], weights[used])
        found.append(logistic_effects(fit, x, weights[used])[0])
    return np.concatenate(found)


def effects_of(of: Sample, people: People, values: Mapping[str, Floats]) -> dict[str, Floats]:
    """One sample's effects, their standard errors and degrees of freedom (in the order of EFFECTS)."""
    place = _places(people)
    parts: list[tuple[Floats, Floats, Floats]] = []
    for name in OUTCOMES:
        rows = np.flatnonzero((place >= 0).all(axis=1) & ~np.isnan(values[name]))
        x: Matrix = matrix(place[rows], FACTORS)
        weights = of.weights[rows]
        fit = logistic(x.x, values[name][rows], weights)
        value, influence = logistic_effects(fit, x, weights)
        full = np.zeros((len(of.weights), len(value)))
        full[rows] = influence
        se = np.sqrt(np.diag(covariance(full, of.weights, of.design)))
        used = np.isin(np.arange(len(place)), rows)[:, None]
        df = degrees_of_freedom(unit_totals(used.astype(float), of.design) > 0, of.design)
        parts.append((value, se, np.repeat(df.astype(float), len(value))))
    value, se, df = (np.concatenate(part) for part in zip(*parts, strict=True))
    return {"value": value, "se": se, "df": df}


def places_of(wanted: Sequence[tuple[str, str]], domains: Sequence[Domain]) -> list[int]:
    """Positions of (breakdown, group) among the domains."""
    known = [(domain.breakdown, domain.group) for domain in domains]
    return [known.index(pair) for pair in wanted]
