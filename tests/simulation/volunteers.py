"""The wave of volunteers: how far its numbers are from the population's, by the planted selection. No coverage."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from estimates import COLUMNS, Sums, Weigher, domains, truths
from findings.config import load_study
from findings.environment import ROOT
from findings.errors import FindingsError
from measures import drawn
from planted import Floats, People, Planted

WAVE, POPULATION = "nug_2024", "nug_2025"
WEIGHTINGS = ("none", "calibrated", "trimmed")
BREAKDOWNS = ("", "gender", "urban_rural")
SEED = 20241125


@cache
def setting() -> dict[str, Any]:
    """The volunteers, and the truth of the population that they are not a sample of."""
    study = load_study(ROOT / "config.yaml")
    planted, population = Planted(WAVE, study), Planted(POPULATION, study)
    wanted = [domain for domain in domains(planted) if domain.breakdown in BREAKDOWNS]
    true = truths(population, wanted, ("calibrated",))["calibrated"]
    return {"planted": planted, "domains": wanted, "truths": true, "weigher": Weigher(planted)}


def chunk(number: int, draws: int) -> dict[str, Sums]:
    """Sums over some samples, by weighting; a sample that cannot be raked or trimmed is in none of them."""
    known = setting()
    planted: Planted = known["planted"]
    random = np.random.default_rng([SEED, number])
    people, town = planted.draw_volunteers(random, draws)
    values = drawn(planted, random, people, town)
    masks = np.array([domain.holds(people) for domain in known["domains"]])
    parts: dict[str, list[Sums]] = {}
    for i in range(draws):
        one = People(*(getattr(people, field)[i] for field in People.__dataclass_fields__))
        table = np.stack([column[i] for column in values.values()])
        try:
            weighted = known["weigher"].weighted(one, None)
        except FindingsError:
            weighted = None
        for weighting in WEIGHTINGS:
            found = np.full((len(table), len(masks)), np.nan)
            if weighted is not None:
                column = COLUMNS[weighting]
                weights = np.ones(table.shape[1]) if column is None else weighted.frame[column].to_numpy(dtype=float)
                found = _means(table, weights, masks[:, i])
            seen = np.isfinite(found)
            filled = np.where(seen, found, 0.0)
            parts.setdefault(weighting, []).append(
                Sums({"known": seen.astype(float), "value": filled, "square": filled**2})
            )
    return {name: sum(sums[1:], sums[0]) for name, sums in parts.items()}


def _means(table: Floats, weights: Floats, masks: Floats) -> Floats:
    """Weighted means (indicators × domains) of those with a value."""
    shares = masks * weights
    with np.errstate(invalid="ignore"):
        return (np.nan_to_num(table) @ shares.T) / ((~np.isnan(table)).astype(float) @ shares.T)


def table(sums: dict[str, Sums]) -> pd.DataFrame:
    """One row per indicator × domain × weighting: the population's truth, the mean of the samples, the bias."""
    known = setting()
    names, groups = list(known["truths"]), known["domains"]
    truth = np.array([known["truths"][name] for name in names])
    rows = []
    for weighting, sum_ in sums.items():
        count = sum_.parts["known"]
        mean = sum_.parts["value"] / count
        spread = np.sqrt(np.maximum(sum_.parts["square"] / count - mean**2, 0) * count / (count - 1))
        rows.append(
            pd.DataFrame(
                {
                    "indicator": np.repeat(names, len(groups)),
                    "breakdown": [domain.breakdown for domain in groups] * len(names),
                    "group": [domain.group for domain in groups] * len(names),
                    "weighting": weighting,
                    "truth": truth.reshape(-1),
                    "draws": count.reshape(-1),
                    "mean": mean.reshape(-1),
                    "bias": (mean - truth).reshape(-1),
                    "error": (spread / np.sqrt(count)).reshape(-1),
                    "spread": spread.reshape(-1),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
