"""The planted population that the synthetic waves are drawn from: its true values, exactly, and samples of it.

Truth and design are those of data/reference/synthetic_truth*.yaml and of the wave's frame and margins, read by the same
rules as `findings.synthetic.draw` (a test compares the two). A person is a cell of state, town or village, age, gender,
ethnicity and conflict, as reported; townships are many, each with a random effect. A true value is a ratio of two sums
over the cells, each integrated over the townships' effects, so it has no sampling error of its own.

Population and sample differ as the waves do: states are sampled alike whatever their size, and ages and genders answer
more or less often than their share of the population. Within a cell of age × gender, and of state × town or village,
who answers is by chance: it is what raking assumes, and holds here. What it assumes of those in no cell (no gender
given, or a third) holds too: their ages are the sample's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from findings.environment import ROOT
from findings.synthetic import truth_of
from findings.synthetic.draw import CUTS
from scipy.special import expit, logit
from scipy.stats import norm

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
REFERENCE = ROOT / "data" / "reference"
AGES = ["18_24", "25_34", "35_44", "45_54", "55_64", "65_plus"]
GENDERS = ["female", "male", "non_binary", "declined"]
DECLINED = "declined"
NODES = 40
# Those who do not trust decline more often than those who do: a planted bias that no weight can mend.
DECLINE_TRUST = {0: 0.20, 1: 0.05}


@dataclass(frozen=True)
class People:
    """Reported characteristics as positions in the lists of `Planted`; any one shape."""

    state: Ints
    urban: Ints
    age: Ints
    gender: Ints
    ethnicity: Ints
    conflict: Ints


@dataclass
class Planted:
    """A wave's population. `services`, `ministries` are of the study; `answering` False: nobody declines an item."""

    wave: str = "nug_2025"
    study: Mapping[str, Any] = field(default_factory=dict)
    answering: bool = True

    def __post_init__(self) -> None:
        self.truth = truth_of(self.wave, REFERENCE)
        frame = pd.read_csv(REFERENCE / "state_urban.csv")
        self.states = list(dict.fromkeys(frame["state_region"]))
        self.frame = frame.pivot(index="state_region", columns="urban_rural", values="population")
        self.frame = self.frame.loc[self.states, ["urban", "rural"]].to_numpy(dtype=float)
        self.ethnicities = ["bamar", "kachin", "kayah", "kayin", "chin", "mon", "rakhine", "shan", "rohingya",
                            "other_ethnicity", DECLINED]  # fmt: skip
        people = {entry["column"]: entry for entry in self.truth["people"]}
        self.ages = _shares(self.truth["ages"].values())
        self.genders = self._reported(people["gender"]["shares"], GENDERS[:3], "gender")
        self.of_state = {
            name: np.array(
                [self._reported(entry["shares"].get(state, entry["default"]), codes, name) for state in self.states]
            )
            for name, entry, codes in (
                ("ethnicity", people["ethnicity"], self.ethnicities[:-1]),
                ("conflict_affected", people["conflict_affected"], ["yes", "no"]),
            )
        }
        self.services = list(self.study["services"])
        self.of_ministry = {
            ministry: [s for s, entry in self.study["services"].items() if entry["ministry"] == ministry]
            for ministry in self.study["ministries"]
        }

    def _reported(self, shares: Mapping[str, float], codes: list[str], question: str) -> Floats:
        """Shares of the codes and, last, of those who give none of them."""
        silent = self.silent(question, always=True)
        return np.append(_shares([shares.get(code, 0.0) for code in codes]) * (1 - silent), silent)

    def silent(self, question: str, always: bool = False) -> float:
        """The share that gives no answer to a question."""
        settings = self.truth["nonanswers"]
        rates = settings["questions"].get(question, settings["default"])
        return float(sum(rates.values())) if self.answering or always else 0.0

    # --- What people answer, given their cell and their township's effect --------------------------------------------

    def effects(self, effects: Mapping[str, float], people: People) -> Floats:
        """Log-odds of `column=code`, `column!=code`, `age<35`, `age>54`."""
        held = {
            "gender=female": people.gender == 0,
            "urban_rural=urban": people.urban == 0,
            "urban_rural=rural": people.urban == 1,
            "ethnicity!=bamar": people.ethnicity != 0,
            "conflict_affected=yes": people.conflict == 0,
            "age<35": people.age <= 1,
            "age>54": people.age >= 4,
            "location=outside": np.zeros(people.age.shape, dtype=bool),
        }
        return np.sum([size * held[name] for name, size in effects.items()], axis=0) + np.zeros(people.age.shape)

    def steps(self, people: People, town: Floats) -> dict[str, list[Floats]]:
        """Of every service: the probabilities to be aware, to have used of the aware, to use now of those."""
        common = [self.effects(self.truth["effects"][step], people) + town for step in ("aware", "ever", "now")]
        return {
            service: [
                expit(logit(self.truth["services"][service][step]) + part)
                for step, part in zip(("aware", "ever", "now"), common, strict=True)
            ]
            for service in self.services
        }

    def barrier(self, ministry: str, barrier: str, people: People, town: Floats) -> Floats:
        """The probability to name a barrier, of those aware of a service of the ministry."""
        planted = self.truth["barriers"]
        odds = logit(planted["rates"][barrier]) + planted["ministries"].get(ministry, {}).get(barrier, 0.0)
        return expit(odds + self.effects(planted["effects"].get(barrier, {}), people) + town)

    def latent(self, question: str, people: People, town: Floats) -> Floats:
        """The mean of the normal view behind a scale."""
        settings = self.truth["scales"][question]
        return settings["mean"] + self.effects(settings.get("effects", {}), people) + 0.5 * town

    # --- The population ----------------------------------------------------------------------------------------------

    def cells(self) -> People:
        """Every cell, one after another."""
        sizes = (len(self.states), 2, len(AGES), len(GENDERS), len(self.ethnicities), 3)
        return People(*(column for column in np.array(list(product(*map(range, sizes))), dtype=np.intp).T))

    def shares(self, people: People, weighting: str) -> Floats:
        """The share of each cell in what a weighting stands for.

        `calibrated`: the population. `design`: its states, with the ages and genders of those who answer. `none`: the
        sample.
        """
        if weighting == "none":
            sample = self.truth["sample"]
            urban = round(sample["per_state"] * sample["urban_share"])
            places = np.array([[urban, sample["per_state"] - urban]] * len(self.states), dtype=float)
        else:
            places = self.frame
        ages = np.outer(self.ages, self.genders)
        if weighting == "calibrated":
            margin = pd.read_csv(REFERENCE / "age_sex.csv").pivot(
                index="age_group", columns="gender", values="population"
            )
            known = margin.loc[AGES, GENDERS[:2]].to_numpy(dtype=float)
            ages[:, :2] = known / known.sum() * self.genders[:2].sum()
        return (
            (places / places.sum())[people.state, people.urban]
            * ages[people.age, people.gender]
            * self.of_state["ethnicity"][people.state, people.ethnicity]
            * self.of_state["conflict_affected"][people.state, people.conflict]
        )

    def nodes(self) -> tuple[Floats, Floats]:
        """Gauss–Hermite nodes and weights of a township's effect."""
        points, weights = np.polynomial.hermite_e.hermegauss(NODES)
        return points * self.truth["township_sd"], weights / weights.sum()

    # --- A sample ----------------------------------------------------------------------------------------------------

    def places(self, scale: float = 1.0) -> tuple[Ints, Ints, Ints]:
        """State, town or village (0 urban), and township of every respondent of a sample: fixed by the design."""
        sample = self.truth["sample"]
        size = round(sample["per_state"] * scale)
        urban = round(size * sample["urban_share"])
        rows, first = [], 0
        for state in range(len(self.states)):
            for place, count in ((0, urban), (1, size - urban)):
                towns = sample["townships"][("urban", "rural")[place]]
                rows += [(state, place, first + i % towns) for i in range(count)]
                first += towns
        state, place, town = np.array(rows, dtype=np.intp).T
        return state, place, town

    def draw(self, random: np.random.Generator, count: int, scale: float = 1.0) -> tuple[People, Floats]:
        """`count` samples (count × respondents): reported characteristics and the effect of their township."""
        state, place, town = self.places(scale)
        shape = (count, len(state))
        effect = random.normal(0, self.truth["township_sd"], (count, town.max() + 1))[:, town]
        return self._people(random, np.broadcast_to(state, shape), np.broadcast_to(place, shape)), effect

    def draw_volunteers(self, random: np.random.Generator, count: int) -> tuple[People, Floats]:
        """`count` samples of those volunteers who live in the country, as many in each as are to be expected."""
        who = self.truth["sample"]["volunteers"]
        shape = (count, round(who["count"] * (1 - who["outside_share"])))
        state = _pick(
            random, np.broadcast_to(_shares(who["states"].get(s, 0.0) for s in self.states), (*shape, len(self.states)))
        )
        place = (random.random(shape) >= who["urban_share"]).astype(np.intp)
        # As the wave is drawn: a township for each state, whatever the place.
        effect = random.normal(0, self.truth["township_sd"], (count, len(self.states)))
        return self._people(random, state, place), np.take_along_axis(effect, state, axis=1)

    def _people(self, random: np.random.Generator, state: Ints, place: Ints) -> People:
        shape = state.shape
        return People(
            state,
            place,
            _pick(random, np.broadcast_to(self.ages, (*shape, len(AGES)))),
            _pick(random, np.broadcast_to(self.genders, (*shape, len(GENDERS)))),
            _pick(random, self.of_state["ethnicity"][state]),
            _pick(random, self.of_state["conflict_affected"][state]),
        )


def _shares(values: Any) -> Floats:
    made = np.array(list(values), dtype=float)
    return made / made.sum()


def _pick(random: np.random.Generator, shares: Floats) -> Ints:
    """A position for each row, by the shares along the last axis."""
    total = shares.cumsum(axis=-1)
    return (random.random(shares.shape[:-1])[..., None] > total[..., :-1]).sum(axis=-1)


def above(cut: int, mean: Floats) -> Floats:
    """The probability that a standard normal view with `mean` is over the cut point of a scale."""
    return norm.sf(CUTS[cut] - mean)


def folder_of(wave: str) -> Path:
    """Where a wave's wave.yaml and frame lie."""
    return ROOT / "data" / "raw" / wave
