"""The indicators of the simulation: drawn answers, and what each is to be in the population, given cell and township.

They are indicators of config.yaml (a name is `family.indicator|service or ministry`) of all sorts: common and rare,
on a base and not, of one question and of many, proportions and means; and one that is planted to mislead.
"""

from __future__ import annotations

import numpy as np
from findings.synthetic.draw import CUTS
from planted import DECLINE_TRUST, Floats, People, Planted, above
from scipy.stats import norm

MEANS = ("literacy.literacy_search", "usability.sus")
SELECTIVE = "trust.selective"
BARRIERS = (("finance", "phone_checks"), ("health", "language"))
SUS_ITEMS = 10
TOP2 = 2  # The cut point below the two highest of five steps, counted from 0: CUTS[2].


def expected(planted: Planted, people: People, town: Floats) -> dict[str, tuple[Floats, Floats]]:
    """By indicator: the expected value among those with one, times their share; and that share. Of people of a cell.

    `people` and `town` broadcast against each other.
    """
    answers = 1 - planted.silent("aware")
    steps = planted.steps(people, town)
    known: dict[str, list[tuple[Floats, Floats]]] = {}
    for service, (aware, ever, now) in steps.items():
        no = answers * (1 - aware)
        asked = answers * aware
        stopped = no + asked * answers * (1 - ever)
        used = asked * answers * ever
        # Known to be so, known not to be so: of aware, ever used, uses now.
        known[service] = [
            (asked, no),
            (used, stopped),
            (used * answers * now, stopped + used * answers * (1 - now)),
        ]

    def of(service: str, step: int) -> tuple[Floats, Floats]:
        yes, no = known[service][step]
        return yes, yes + no

    def any_of(services: list[str], step: int) -> tuple[Floats, Floats]:
        none = np.prod([1 - known[service][step][0] for service in services], axis=0)
        return 1 - none, 1 - none + np.prod([known[service][step][1] for service in services], axis=0)

    def agreeing(question: str) -> Floats:
        return above(TOP2, planted.latent(question, people, town))

    shape = np.broadcast_shapes(people.age.shape, town.shape)
    every = np.ones(shape)
    used, asked = known["telekyanmar"][1][0], known["telekyanmar"][0][0]
    made = {
        "adoption.aware|telekyanmar": of("telekyanmar", 0),
        "adoption.ever_used|mes_platform": of("mes_platform", 1),
        "adoption.current_use|eod_shares": of("eod_shares", 2),
        "adoption.aware_any|health": any_of(planted.of_ministry["health"], 0),
        "adoption.aware_any|finance": any_of(planted.of_ministry["finance"], 0),
        "adoption.aware_any|education": any_of(planted.of_ministry["education"], 0),
        "adoption.current_any_service": any_of(planted.services, 2),
        "adoption.ever_any_service": any_of(planted.services, 1),
        "conversion.conversion_ever|telekyanmar": (used, asked * answers),
        "satisfaction.satisfied|telekyanmar": (
            used * (1 - planted.silent("sat")) * above(TOP2, planted.truth["scales"]["sat"]["mean"] + 0.5 * town),
            used * (1 - planted.silent("sat")),
        ),
        "trust.trust": ((1 - planted.silent("trust")) * agreeing("trust"), (1 - planted.silent("trust")) * every),
    }
    for ministry, barrier in BARRIERS:
        base = any_of(planted.of_ministry[ministry], 0)[0] * (1 - planted.silent("barriers"))
        made[f"barriers.{barrier}|{ministry}"] = (base * planted.barrier(ministry, barrier, people, town), base)
    trusting, decline = agreeing("trust"), DECLINE_TRUST if planted.answering else {0: 0.0, 1: 0.0}
    top = trusting * (1 - decline[1])
    made[SELECTIVE] = (top, top + (1 - trusting) * (1 - decline[0]))
    silent = 1 - planted.silent("literacy_search")
    view = planted.latent("literacy_search", people, town)
    made["literacy.literacy_search"] = (
        silent * (1 + np.sum([above(i, view) for i in range(4)], axis=0)),
        silent * every,
    )
    base = made["adoption.ever_any_service"][0] * (1 - planted.silent("sus_01")) ** SUS_ITEMS
    made["usability.sus"] = (base * sus_mean(planted), base)
    return made


def sus_mean(planted: Planted) -> float:
    """The expected SUS score of a sincere respondent: ten items given the view behind them, integrated over it."""
    settings = planted.truth["usability"]
    noise = np.sqrt(1 - settings["loading"] ** 2)
    points, weights = np.polynomial.hermite_e.hermegauss(80)
    view = (settings["mean"] + points) * settings["loading"]
    # The probability of each step of an odd and of an even item, given the view (steps × nodes).
    odd, even = (
        np.diff(norm.cdf((np.append(CUTS, np.inf)[:, None] - sign * view) / noise), axis=0, prepend=0.0)
        for sign in (1, -1)
    )
    steps = np.arange(5)[:, None]
    score = 5 * ((odd * steps).sum(axis=0) + (even * (4 - steps)).sum(axis=0))
    # Who would answer all ten alike takes another step of the second, an even one.
    alike = (odd * even) ** 5
    score += (alike * (steps - (steps + 1) % 5)).sum(axis=0)
    return float((2.5 * score * weights).sum() / weights.sum())


def drawn(planted: Planted, random: np.random.Generator, people: People, town: Floats) -> dict[str, Floats]:
    """Values (samples × respondents) of every indicator: 1, 0, a number, or NaN where there is none."""
    shape = people.age.shape

    def answered(values: Floats, silent: float) -> Floats:
        return np.where(random.random(shape) < silent, np.nan, values)

    def yes(probability: Floats) -> Floats:
        return (random.random(shape) < probability).astype(float)

    def agreeing(question: str) -> Floats:
        return (planted.latent(question, people, town) + random.normal(size=shape) >= CUTS[TOP2]).astype(float)

    silent = planted.silent("aware")
    values: dict[str, list[Floats]] = {}
    conversion = {}
    for service, chances in planted.steps(people, town).items():
        base = np.ones(shape)
        values[service] = []
        for step, chance in enumerate(chances):
            answer = answered(yes(chance), silent)
            if step == 1:
                conversion[service] = np.where(base == 1, answer, np.nan)
            base = np.where(base == 1, answer, base)
            values[service].append(base)

    def any_of(services: list[str], step: int) -> Floats:
        table = np.array([values[service][step] for service in services])
        return np.where((table == 1).any(axis=0), 1.0, np.where((table == 0).all(axis=0), 0.0, np.nan))

    aware = {ministry: any_of(services, 0) for ministry, services in planted.of_ministry.items()}
    used = values["telekyanmar"][1] == 1
    ever = any_of(planted.services, 1)
    satisfied = planted.truth["scales"]["sat"]["mean"] + 0.5 * town + random.normal(size=shape) >= CUTS[TOP2]
    made = {
        "adoption.aware|telekyanmar": values["telekyanmar"][0],
        "adoption.ever_used|mes_platform": values["mes_platform"][1],
        "adoption.current_use|eod_shares": values["eod_shares"][2],
        **{f"adoption.aware_any|{ministry}": column for ministry, column in aware.items()},
        "adoption.current_any_service": any_of(planted.services, 2),
        "adoption.ever_any_service": ever,
        "conversion.conversion_ever|telekyanmar": conversion["telekyanmar"],
        "satisfaction.satisfied|telekyanmar": np.where(used, answered(satisfied, planted.silent("sat")), np.nan),
        "trust.trust": answered(agreeing("trust"), planted.silent("trust")),
    }
    for ministry, barrier in BARRIERS:
        named = answered(yes(planted.barrier(ministry, barrier, people, town)), planted.silent("barriers"))
        made[f"barriers.{barrier}|{ministry}"] = np.where(aware[ministry] == 1, named, np.nan)
    trusting = agreeing("trust")
    decline = np.where(trusting == 1, DECLINE_TRUST[1], DECLINE_TRUST[0])
    made[SELECTIVE] = np.where(random.random(shape) < decline, np.nan, trusting)
    view = planted.latent("literacy_search", people, town) + random.normal(size=shape)
    made["literacy.literacy_search"] = answered(1.0 + np.digitize(view, CUTS), planted.silent("literacy_search"))
    made["usability.sus"] = np.where(ever == 1, _sus(planted, random, shape), np.nan)
    return made


def _sus(planted: Planted, random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    settings = planted.truth["usability"]
    view = random.normal(settings["mean"], 1, shape) * settings["loading"]
    noise = np.sqrt(1 - settings["loading"] ** 2)
    items = np.array(
        [np.digitize((1 if i % 2 == 0 else -1) * view + random.normal(0, noise, shape), CUTS) for i in range(SUS_ITEMS)]
    )
    alike = (items == items[0]).all(axis=0)
    items[1, alike] = (items[1, alike] + 1) % 5
    score = 2.5 * (items[::2].sum(axis=0) + (4 - items[1::2]).sum(axis=0))
    complete = (random.random((SUS_ITEMS, *shape)) >= planted.silent("sus_01")).all(axis=0)
    return np.where(complete, score, np.nan)
