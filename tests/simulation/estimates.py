"""What is estimated of a drawn sample, by the project's own functions, and summed over the samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from findings.config import load_study, load_wave
from findings.design import deviations, make_design, residuals, unit_totals
from findings.environment import ROOT
from findings.estimators import ratios
from findings.influence import Sample, means, standard_errors
from findings.intervals import effective_n, korn_graubard, logit, reliability, student
from findings.weighting import Weighted, weigh
from measures import MEANS, expected
from planted import AGES, GENDERS, REFERENCE, Floats, People, Planted, folder_of

Bools = npt.NDArray[np.bool_]
COLUMNS = {"none": None, "design": "base_weight", "calibrated": "weight", "trimmed": "weight_trimmed"}
# PSUs of the strata, in the order of their names: rural before urban of every state.
PSUS = np.tile([6.0, 4.0], 15)
BROAD = ["18_34", "18_34", "35_54", "35_54", "55_plus", "55_plus"]


@dataclass(frozen=True)
class Domain:
    """A domain of the simulation, by the breakdowns of config.yaml."""

    breakdown: str
    group: str
    holds: Callable[[People], Bools]


def domains(planted: Planted) -> list[Domain]:
    """Everyone, and the groups of gender, age, place, ethnicity, state, zone, conflict and one crossing."""
    study = planted.study["breakdowns"]
    made = [Domain("", "everyone", lambda p: np.ones(p.age.shape, dtype=bool))]

    def add(breakdown: str, group: str, holds: Callable[[People], Bools]) -> None:
        made.append(Domain(breakdown, group, holds))

    for i, group in enumerate(GENDERS[:2]):
        add("gender", group, lambda p, i=i: p.gender == i)
    for i, group in enumerate(AGES):
        add("age_group", group, lambda p, i=i: p.age == i)
    for i, group in enumerate(("urban", "rural")):
        add("urban_rural", group, lambda p, i=i: p.urban == i)
    declined = len(planted.ethnicities) - 1
    add("ethnicity_bamar", "bamar", lambda p: p.ethnicity == 0)
    add("ethnicity_bamar", "non_bamar", lambda p: (p.ethnicity != 0) & (p.ethnicity != declined))
    for i, group in enumerate(planted.ethnicities[:declined]):
        add("ethnicity", group, lambda p, i=i: p.ethnicity == i)
    for group, entry in study["state_region"]["ladder"][1]["groups"].items():
        held = [planted.states.index(code) for code in entry["codes"]]
        add("zone", group, lambda p, held=held: np.isin(p.state, held))
    for i, group in enumerate(planted.states):
        add("state_region", group, lambda p, i=i: p.state == i)
    for i, group in enumerate(("yes", "no")):
        add("conflict_affected", group, lambda p, i=i: p.conflict == i)
    for g, gender in enumerate(GENDERS[:2]):
        for u, place in enumerate(("urban", "rural")):
            for bamar, name in ((True, "bamar"), (False, "non_bamar")):
                add(
                    "gender&ethnicity_bamar&urban_rural",
                    f"{gender}&{name}&{place}",
                    lambda p, g=g, u=u, bamar=bamar: (
                        (p.gender == g) & (p.urban == u) & (p.ethnicity != declined) & ((p.ethnicity == 0) == bamar)
                    ),
                )
    return made


def truths(planted: Planted, wanted: list[Domain], weightings: Sequence[str]) -> dict[str, dict[str, Floats]]:
    """By weighting and indicator: the true value in every domain, of what the weighting stands for."""
    people = planted.cells()
    top: dict[str, Floats] = {}
    bottom: dict[str, Floats] = {}
    for town, weight in zip(*planted.nodes(), strict=True):
        for name, (a, b) in expected(planted, people, np.array(town)).items():
            top[name] = top.get(name, 0) + weight * a
            bottom[name] = bottom.get(name, 0) + weight * b
    masks = np.array([domain.holds(people) for domain in wanted], dtype=float)
    made = {}
    for weighting in weightings:
        shares = masks * planted.shares(people, weighting)
        made[weighting] = {name: (shares @ top[name]) / (shares @ bottom[name]) for name in top}
    return made


class Weigher:
    """Weighs drawn samples as the wave's own rules do."""

    def __init__(self, planted: Planted) -> None:
        self.planted = planted
        self.wave = load_wave(folder_of(planted.wave) / "wave.yaml")
        self.study = load_study(ROOT / "config.yaml")

    def weighted(self, people: People, town: npt.NDArray[np.intp] | None) -> Weighted:
        """indicators.parquet without its indicators, and design.json, of one sample (respondents,)."""
        place = np.array(["urban", "rural"], dtype=object)[people.urban]
        state = np.array(self.planted.states, dtype=object)[people.state]
        frame = pd.DataFrame({"row_id": np.arange(len(place)).astype(str)})
        for name, cells in (
            ("age_group", np.array(AGES, dtype=object)[people.age]),
            ("age_broad", np.array(BROAD, dtype=object)[people.age]),
            ("gender", np.array([*GENDERS[:2], None, None], dtype=object)[people.gender]),
            ("state_region", state),
            ("urban_rural", place),
        ):
            frame[name] = pd.array(cells, dtype="string")
        respondents = pd.DataFrame({"location": "inside", "stratum": state + "_" + place}, index=frame.index)
        if town is not None:
            respondents["township"] = town.astype(str)
        return weigh(frame, respondents, self.wave, self.study, REFERENCE, folder_of(self.planted.wave))


@dataclass
class Sums:
    """Over the samples, by indicator × domain: what is needed for means, variances and coverage."""

    parts: dict[str, Floats]

    def __add__(self, other: Sums) -> Sums:
        return Sums({name: values + other.parts[name] for name, values in self.parts.items()})


def by_domain(
    weighted: Weighted, values: Floats, masks: Bools, weighting: str, truth: Floats, mean: Bools
) -> dict[str, Floats]:
    """One sample's contributions to `Sums`: `values` (respondents × indicators), `masks` (domains × respondents)."""
    column, base = COLUMNS[weighting], weighted.frame["base_weight"].to_numpy(dtype=float)
    weights = np.ones(len(base)) if column is None else weighted.frame[column].to_numpy(dtype=float)
    plan = make_design(
        weighted.frame,
        weighted.design["singletons"],
        "simulation",
        calibrated=weighting == "calibrated",
        base=np.ones(len(base)) if column is None else base,
    )
    result = ratios(values, weights, masks, plan)
    return summed(result.value, result.se, result.n, result.df, truth, np.broadcast_to(mean[:, None], truth.shape))


def summed(
    value: Floats, se: Floats, n: Floats, df: Floats, truth: Floats, mean: Bools, strata: Floats | None = None
) -> dict[str, Floats]:
    """Contributions of one sample's estimates (any one shape) to `Sums`.

    `strata` (… × strata) are the variance's parts: they give the coverage with Satterthwaite's degrees of freedom.
    """
    known = np.isfinite(value) & np.isfinite(se)
    share = np.where(mean, np.nan, np.clip(value, 0, 1))
    beta, odds, t = korn_graubard(share, se, n, df), logit(share, se, df), student(value, se, df)
    n_eff = np.where(mean, np.nan, effective_n(share, se, n))
    reliable = np.where(mean, False, reliability(share, *beta, n, n_eff, df) == "reliable") & known

    def holds(limits: tuple[Floats, Floats]) -> Floats:
        return ((limits[0] <= truth) & (truth <= limits[1]) & known).astype(float)

    headline = np.where(mean, holds(t), holds(beta))
    kept = {"value": value, "square": value**2, "se": se, "variance": se**2, "n": n, "df": df, "n_eff": n_eff}
    made = {name: np.where(known, part, 0.0) for name, part in kept.items()}
    made |= {
        "known": known.astype(float),
        "held": headline,
        "held_logit": np.where(mean, 0.0, holds(odds)),
        "held_t": holds(t),
        "reliable": reliable.astype(float),
        "held_reliable": headline * reliable,
    }
    if strata is not None:
        own = satterthwaite(strata)
        made["strata"] = strata
        made["held_satterthwaite"] = np.where(
            mean, holds(student(value, se, own)), holds(korn_graubard(share, se, n, own))
        )
    return made


def traced(of: Sample, values: Floats, masks: Bools, truth: Floats, mean: Bools) -> dict[str, Floats]:
    """One sample's contributions of some indicators (flat: indicators × domains), with their variance by stratum."""
    count, size = values.shape[1], len(masks)
    columns, rows = np.repeat(values, size, axis=1), np.tile(masks, (count, 1))
    found = means(of, columns, rows)
    se, df = standard_errors(of, found)
    n = found.held.sum(axis=0).astype(float)
    strata = by_stratum(of, found.influence)
    made = summed(found.value, se, n, df, truth.reshape(-1), mean.reshape(-1), strata)
    unit = means(of, columns**2, rows).value - found.value**2
    return made | {"unit_variance": np.where(made["known"] > 0, unit, 0.0)}


def by_stratum(of: Sample, influence: Floats) -> Floats:
    """The part of every statistic's variance that each stratum adds (statistics × strata)."""
    influence = residuals(influence, of.design)
    assert (np.bincount(of.design.stratum) == PSUS).all()
    squares = deviations(unit_totals(influence * of.weights[:, None], of.design), of.design) ** 2
    return np.add.reduceat(squares, np.searchsorted(of.design.stratum, np.arange(len(of.design.names)))).T


def satterthwaite(strata: Floats, psus: Floats = PSUS) -> Floats:
    """Degrees of freedom of a sum of variances, from its parts (… × strata): Satterthwaite (1946)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return strata.sum(axis=-1) ** 2 / (strata**2 / (psus - 1)).sum(axis=-1)


def means_among(names: list[str]) -> Bools:
    """Which indicators are means."""
    return np.array([name in MEANS for name in names])
