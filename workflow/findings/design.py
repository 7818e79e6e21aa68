"""One currency of uncertainty: influence values and a design give a covariance.

Every variance is D'D, with D the scaled deviations of unit totals, stacked over the stages of the sample.

Sources: Lumley, R `survey` (svyrecvar, multistage, onestrat, calibrate); Deville (1999) on influence values; Deville
and Särndal (1992): calibration is a projection of the influence values on the margins, weighted by the base weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.errors import FindingsError
from findings.weighting import MARGIN

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
# Below this share of units that were not drawn, a stage adds nothing (R onestrat).
ALL_DRAWN = 1e-7


@dataclass(frozen=True)
class Design:
    """A sample's design: rows in units of the last stage, units in PSUs, PSUs in strata.

    `psu` (rows,) and `unit` (rows,) are positions; `parent` (units,) the PSU of each unit; `stratum` (psus,) positions;
    `names` of the strata. Units are the SSUs where the second stage adds to the variance (`fpc1` and `fpc2` are known),
    else they are the PSUs. Units are sorted by PSU, PSUs by stratum.
    `psus_of` (strata,) and `units_of` (psus,) are the population's PSUs in each stratum and SSUs in each PSU; inf where
    there is no finite population correction. `margins` (rows × cells) are 0/1, empty where weights are not calibrated;
    `base` (rows,) the base weights.
    """

    psu: Ints
    unit: Ints
    parent: Ints
    stratum: Ints
    names: list[str]
    singletons: str
    psus_of: Floats
    units_of: Floats
    margins: Floats
    base: Floats

    @property
    def psus(self) -> int:
        """Number of PSUs."""
        return len(self.stratum)

    @property
    def units(self) -> int:
        """Number of units of the last stage."""
        return len(self.parent)

    @property
    def two_stage(self) -> bool:
        """Whether a second stage adds to the variance."""
        return bool(np.isfinite(self.units_of).any())

    @cached_property
    def inverse(self) -> Floats:
        """Pseudo-inverse (cells × cells) of the margins' products, weighted by the base weights."""
        products: Floats = self.margins.T @ (self.margins * self.base[:, None])
        return np.asarray(np.linalg.pinv(products, hermitian=True), dtype=np.float64)


def make_design(
    frame: pd.DataFrame, singletons: str, wave: str, *, calibrated: bool, base: Floats | None = None
) -> Design:
    """The design of the rows of `frame` (stratum, psu; where there are: ssu, fpc1, fpc2, margin_*).

    A missing fpc means none. Raises FindingsError naming the strata with one PSU (or the PSUs with one SSU) when
    `singletons` is "error", strata that give two sizes, and sizes smaller than the sample.
    """
    clusters = pd.MultiIndex.from_arrays([frame["stratum"].astype(object), frame["psu"].astype(object)])
    unique = clusters.unique().sort_values()
    psu = unique.get_indexer(clusters).astype(np.intp)
    names = unique.get_level_values(0).unique().tolist()
    stratum = pd.Index(names).get_indexer(unique.get_level_values(0)).astype(np.intp)
    labels = [str(name) for name in names]
    places = [f"{s}/{p}" for s, p in unique]
    psus_of = _sizes(frame, "fpc1", stratum[psu], labels, wave)
    _check_sizes(psus_of, np.bincount(stratum), "fpc1", "primary sampling units", labels, wave)
    unit, parent, units_of = psu, np.arange(len(stratum)), np.full(len(stratum), np.inf)
    if "ssu" in frame and "fpc2" in frame and frame["fpc2"].notna().any():
        lowest = pd.MultiIndex.from_arrays([psu, frame["ssu"].astype(object)])
        sorted_units = lowest.unique().sort_values()
        unit = sorted_units.get_indexer(lowest).astype(np.intp)
        parent = sorted_units.get_level_values(0).to_numpy(dtype=np.intp)
        units_of = _sizes(frame, "fpc2", psu, places, wave)
        _check_sizes(units_of, np.bincount(parent), "fpc2", "secondary sampling units", places, wave)
        # PSUs drawn with replacement: their own variation holds the second stage's, which adds nothing.
        units_of = np.where(np.isinf(psus_of)[stratum], np.bincount(parent), units_of)
    design = Design(
        psu=psu,
        unit=unit,
        parent=parent,
        stratum=stratum,
        names=labels,
        singletons=singletons,
        psus_of=psus_of,
        units_of=units_of,
        margins=_margins(frame) if calibrated else np.empty((len(frame), 0)),
        base=np.ones(len(frame)) if base is None else base,
    )
    _check_singletons(_alone(np.bincount(stratum), psus_of), singletons, "strata", "primary", labels, wave)
    alone = _alone(np.bincount(parent), units_of) & design.two_stage
    _check_singletons(alone, singletons, "primary sampling units", "secondary", places, wave)
    return design


def _margins(frame: pd.DataFrame) -> Floats:
    """0/1 columns of every cell of every margin (rows × cells)."""
    columns = [name for name in frame.columns if name.startswith(MARGIN)]
    parts = [pd.get_dummies(frame[name].astype(object), dtype=float).to_numpy() for name in columns]
    return np.hstack(parts) if parts else np.empty((len(frame), 0))


def _sizes(frame: pd.DataFrame, column: str, place: Ints, names: list[str], wave: str) -> Floats:
    """The population's number of units in each place, inf where `column` says nothing of it."""
    if column not in frame:
        return np.full(len(names), np.inf)
    given = frame[column].to_numpy(dtype=float, na_value=np.nan)
    least, most = np.full(len(names), np.inf), np.full(len(names), -np.inf)
    known = ~np.isnan(given)
    np.minimum.at(least, place[known], given[known])
    np.maximum.at(most, place[known], given[known])
    if odd := [name for name, low, high in zip(names, least, most, strict=True) if high > low]:
        raise FindingsError(
            f"The finite population correction has two values in {len(odd)} places.",
            wave=wave,
            column=column,
            codes=odd,
            mend="give one size per stratum (fpc1) or per primary sampling unit (fpc2), by corrections.csv.",
        )
    return least


def _check_sizes(sizes: Floats, sample: Ints, column: str, what: str, names: list[str], wave: str) -> None:
    small = np.flatnonzero(sizes < sample)
    if len(small):
        raise FindingsError(
            f"{len(small)} places have more {what} in the sample than in the population.",
            wave=wave,
            column=column,
            codes=[names[int(i)] for i in small],
            mend="`fpc` in wave.yaml names the column of the number of units in the population, not of a share.",
        )


def _alone(count: Ints, sizes: Floats) -> Bools:
    """Places with one unit in the sample, and more in the population."""
    return (count == 1) & (1 - count / sizes > ALL_DRAWN)


def _check_singletons(alone: Bools, singletons: str, what: str, stage: str, names: list[str], wave: str) -> None:
    lonely = np.flatnonzero(alone)
    if len(lonely) and singletons == "error":
        raise FindingsError(
            f"{len(lonely)} {what} have one {stage} sampling unit, so their variance is unknown.",
            wave=wave,
            codes=[names[int(i)] for i in lonely],
            mend="merge strata, or choose `design: {singletons: certainty | adjust | average}` in wave.yaml.",
        )
    if len(lonely) and len(lonely) == len(alone) and singletons == "average":
        raise FindingsError(
            f"All {what} have one {stage} sampling unit: there is no variance to take the average of.",
            wave=wave,
            mend="choose `design: {singletons: certainty | adjust}` in wave.yaml, or merge strata.",
        )


def unit_totals(values: Floats, design: Design) -> Floats:
    """Sums of `values` (rows × m) by unit of the last stage (units × m)."""
    order = np.argsort(design.unit, kind="stable")
    starts = np.searchsorted(design.unit[order], np.arange(design.units))
    totals: Floats = np.add.reduceat(values[order], starts, axis=0)
    return totals


def residuals(influence: Floats, design: Design) -> Floats:
    """Influence values per unit of weight (rows × m) less their regression on the margins; as they are without margins.

    Weighted by the base weights; cells that repeat each other (every margin sums to the same total) are handled by a
    pseudo-inverse.
    """
    if not design.margins.shape[1]:
        return influence
    slopes: Floats = design.inverse @ (design.margins.T @ (design.base[:, None] * influence))
    return influence - design.margins @ slopes


def covariance(influence: Floats, weights: Floats, design: Design) -> Floats:
    """Covariance (m × m) of estimates whose influence values per unit of weight are `influence` (rows × m).

    A domain's rows outside it are zeros.
    """
    scaled = deviations(unit_totals(residuals(influence, design) * weights[:, None], design), design)
    product: Floats = scaled.T @ scaled
    return product


def deviations(totals: Floats, design: Design) -> Floats:
    """D (k × m) with D'D the covariance of estimates whose influence values sum to `totals` (units × m) by unit.

    Stage one: PSUs about their stratum's mean, times n/(n − 1) and 1 − n/N. Stage two, where units are SSUs: units
    about their PSU's mean, times m/(m − 1), 1 − m/M and the first stage's n/N. Without fpc stage one is all, and PSUs
    are as if drawn with replacement. R: svydesign(id = ~psu + ssu, fpc = ~fpc1 + fpc2).
    """
    of_psus = np.add.reduceat(totals, np.searchsorted(design.parent, np.arange(design.psus)), axis=0)
    first = _deviations(of_psus, design.stratum, design.psus_of, design.singletons)
    if not design.two_stage:
        return first
    drawn = (np.bincount(design.stratum) / design.psus_of)[design.stratum]
    second = _deviations(totals, design.parent, design.units_of, design.singletons, weight=drawn)
    return np.vstack([first, second])


def _deviations(totals: Floats, place: Ints, sizes: Floats, singletons: str, weight: Floats | None = None) -> Floats:
    """Scaled deviations (units × m) of unit totals from the mean of their place, `weight` (places,) times each.

    Places with one unit as R's `survey.lonely.psu`: `certainty` adds nothing, `adjust` its total as it is (centred at
    the sample's mean, which is zero), `average` the average of the other places.
    """
    count = np.bincount(place, minlength=len(sizes))
    means = np.add.reduceat(totals, np.searchsorted(place, np.arange(len(sizes))), axis=0) / count[:, None]
    scale = (1 - count / sizes) * count / np.maximum(count - 1, 1)
    alone = _alone(count, sizes)
    if singletons == "adjust":
        means[alone] = 0
    if singletons == "average" and alone.any():
        scale = scale * len(sizes) / int((~alone).sum())
    if weight is not None:
        scale = scale * weight
    return (totals - means[place]) * np.sqrt(scale)[place][:, None]


def degrees_of_freedom(held: Bools, design: Design) -> npt.NDArray[np.int64]:
    """PSUs that hold each domain minus strata that hold it (m,), from `held` (units × m); R `degf(subset)`."""
    of_psus = np.logical_or.reduceat(held, np.searchsorted(design.parent, np.arange(design.psus)), axis=0)
    starts = np.searchsorted(design.stratum, np.arange(len(design.names)))
    by_stratum = np.logical_or.reduceat(of_psus, starts, axis=0)
    return of_psus.sum(axis=0) - by_stratum.sum(axis=0)
