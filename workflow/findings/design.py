"""One currency of uncertainty: influence values and a design give a covariance.

Sources: Lumley, R `survey` (svyrecvar, onestrat, calibrate); Deville (1999) on influence values; Deville and Särndal
(1992): calibration is a projection of the influence values on the margins, weighted by the base weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.errors import FindingsError
from findings.weighting import MARGIN

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Design:
    """A sample's design: `psu` (rows,) positions; `stratum` (psus,) positions; `names` of the strata.

    `margins` (rows × cells) are 0/1, empty where weights are not calibrated; `base` (rows,) the base weights.
    """

    psu: Ints
    stratum: Ints
    names: list[str]
    singletons: str
    margins: Floats
    base: Floats

    @property
    def psus(self) -> int:
        """Number of PSUs."""
        return len(self.stratum)


def make_design(
    frame: pd.DataFrame, singletons: str, wave: str, *, calibrated: bool, base: Floats | None = None
) -> Design:
    """The design of the rows of `frame` (stratum, psu, base_weight, margin_*).

    Raises FindingsError naming the strata with one PSU when `singletons` is "error".
    """
    clusters = pd.MultiIndex.from_arrays([frame["stratum"].astype(object), frame["psu"].astype(object)])
    unique = clusters.unique().sort_values()
    psu = unique.get_indexer(clusters)
    names = unique.get_level_values(0).unique().tolist()
    stratum = pd.Index(names).get_indexer(unique.get_level_values(0))
    alone = np.flatnonzero(np.bincount(stratum) == 1)
    if len(alone) and singletons == "error":
        raise FindingsError(
            f"{len(alone)} strata have one primary sampling unit, so their variance is unknown.",
            wave=wave,
            codes=[str(names[int(i)]) for i in alone],
            mend="merge strata, or choose `design: {singletons: certainty | adjust | average}` in wave.yaml.",
        )
    columns = [name for name in frame.columns if name.startswith(MARGIN)] if calibrated else []
    parts = [pd.get_dummies(frame[name].astype(object), dtype=float).to_numpy() for name in columns]
    return Design(
        psu=psu.astype(np.intp),
        stratum=stratum.astype(np.intp),
        names=[str(name) for name in names],
        singletons=singletons,
        margins=np.hstack(parts) if parts else np.empty((len(frame), 0)),
        base=np.ones(len(frame)) if base is None else base,
    )


def psu_totals(values: Floats, design: Design) -> Floats:
    """Sums of `values` (rows × m) by PSU (psus × m)."""
    order = np.argsort(design.psu, kind="stable")
    starts = np.searchsorted(design.psu[order], np.arange(design.psus))
    totals: Floats = np.add.reduceat(values[order], starts, axis=0)
    return totals


def projection(design: Design) -> Floats:
    """Matrix (cells × rows) that gives, from influence values per unit of weight, their regression on the margins.

    Weighted by the base weights; cells that repeat each other (every margin sums to the same total) are handled by a
    pseudo-inverse.
    """
    weighted = design.margins * design.base[:, None]
    solved: Floats = np.linalg.pinv(design.margins.T @ weighted, hermitian=True) @ weighted.T
    return solved


def covariance(influence: Floats, weights: Floats, design: Design) -> Floats:
    """Covariance (m × m) of estimates whose influence values per unit of weight are `influence` (rows × m).

    With replacement between PSUs within strata; a domain's rows outside it are zeros.
    """
    if design.margins.shape[1]:
        influence = influence - design.margins @ (projection(design) @ influence)
    totals = psu_totals(influence * weights[:, None], design)
    deviations, factor = deviations_in_strata(totals, design)
    return factor * deviations.T @ deviations


def deviations_in_strata(totals: Floats, design: Design) -> tuple[Floats, float]:
    """Scaled deviations (psus × m) of PSU totals from their stratum's mean, and a factor of the whole.

    Singletons as R's `survey.lonely.psu`: `certainty` adds nothing, `adjust` its total as it is (centred at the
    sample's mean, which is zero), `average` the average of the other strata.
    """
    strata = len(design.names)
    count = np.bincount(design.stratum, minlength=strata)
    order = np.argsort(design.stratum, kind="stable")
    starts = np.searchsorted(design.stratum[order], np.arange(strata))
    means = np.add.reduceat(totals[order], starts, axis=0) / count[:, None]
    scale = np.sqrt(count / np.maximum(count - 1, 1))
    alone = count == 1
    if design.singletons == "adjust":
        means[alone] = 0
    factor = strata / int((~alone).sum()) if design.singletons == "average" and alone.any() else 1.0
    return (totals - means[design.stratum]) * scale[design.stratum][:, None], factor


def degrees_of_freedom(held: npt.NDArray[np.bool_], design: Design) -> npt.NDArray[np.int64]:
    """PSUs that hold each domain minus strata that hold it (m,), from `held` (psus × m); R `degf(subset)`."""
    by_stratum = np.zeros((len(design.names), held.shape[1]), dtype=bool)
    np.logical_or.at(by_stratum, design.stratum, held)
    return held.sum(axis=0) - by_stratum.sum(axis=0)
