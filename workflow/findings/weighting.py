"""Weights: the declared design, then raking to the population's margins, with its trace.

Sources: Deming and Stephan (1940); Deville and Särndal (1992) for raking as calibration; Kish (1965) for the design
effect of weighting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.errors import FindingsError

Floats = npt.NDArray[np.float64]
UNMATCHED = "(none)"
MARGIN = "margin_"
# The column of each weighting but the unweighted one.
WEIGHTS = {"design": "base_weight", "calibrated": "weight", "trimmed": "weight_trimmed"}
TRIM_ROUNDS = 100
# ASSUME[absurd_weight]: one respondent who stands for thirty ordinary ones is an error of the file, or of the raking.
CAP = 30.0


@dataclass(frozen=True)
class Weighted:
    """`frame`: indicators with weight, base_weight, stratum, psu, and margin_<name>; `design`: design.json."""

    frame: pd.DataFrame
    design: dict[str, Any]


@dataclass(frozen=True)
class Margin:
    """One margin: `cell` of every respondent (rows,) as positions in `names`, and the `targets` (cells,)."""

    name: str
    columns: list[str]
    cell: npt.NDArray[np.intp]
    names: list[str]
    targets: Floats


def weigh(
    indicators: pd.DataFrame,
    respondents: pd.DataFrame,
    wave: Mapping[str, Any],
    study: Mapping[str, Any],
    reference: Path,
    wave_dir: Path,
) -> Weighted:
    """Design columns and weights for every kept respondent (`respondents` in the rows of `indicators`).

    `weight` and `base_weight` are NaN outside the target population (`domains.population`). With `trim`, `weight` is
    the calibrated one and `weight_trimmed` the trimmed one. Raises FindingsError on a weight that is no positive
    number, a stratum that frame and sample do not share, an empty margin cell, and raking that does not converge.
    """
    declared = wave["design"]
    inside = _population(respondents, study)
    frame = indicators.copy()
    frame["stratum"] = _design_column(respondents, declared.get("strata"), "all", wave, inside)
    frame["psu"] = _design_column(respondents, declared.get("psu"), None, wave, inside)
    alone = frame["psu"].isna()
    frame.loc[alone, "psu"] = frame.loc[alone, "row_id"]
    if fpc := declared.get("fpc"):
        _fpc(frame, respondents, fpc, inside, wave, wave_dir)
    base = _base_weights(frame, respondents, inside, wave, wave_dir)
    cap = study["weighting"].get("cap", CAP)
    check_weights(base[inside], cap, wave["wave"], declared.get("base_weight") or "base_weight",
                  "correct them in corrections.csv, or the frame")  # fmt: skip
    frame["base_weight"] = np.where(inside, base, np.nan)
    frame["weight"] = frame["base_weight"]
    design: dict[str, Any] = {
        "kind": declared["kind"],
        "weighting": ["none"] if declared["kind"] == "volunteer" else ["none", "design"],
        "singletons": declared.get("singletons", study["singletons"]),
        "calibration": None,
        "population": float(base[inside].sum()),
        "kish_deff": {"design": kish_deff(base[inside])},
        "trace": [],
    }
    calibration = wave.get("calibration")
    if calibration is None:
        return Weighted(frame, design)
    options = study["weighting"]
    margins = [_margin(entry, frame, base, inside, reference, wave) for entry in calibration["margins"]]
    limits = (options["max_iterations"], options["tolerance"])
    calibrated, trace = rake(base[inside], margins, *limits, wave["wave"])
    weights = {"calibrated": calibrated}
    trim = calibration.get("trim", options.get("trim"))
    if trim:
        weights["trimmed"], trace = _trimmed(calibrated, margins, trim, limits, wave["wave"])
    for name, column in (("calibrated", "weight"), ("trimmed", "weight_trimmed")):
        if name in weights:
            mend = "trim the weights (`calibration: {trim: {lower: 0.2, upper: 5}}` in wave.yaml)"
            check_weights(weights[name], cap, wave["wave"], column, mend)
            full = np.full(len(frame), np.nan)
            full[inside] = weights[name]
            frame[column] = full
            design["kish_deff"][name] = kish_deff(weights[name])
    for margin in margins:
        cells = np.full(len(frame), None, dtype=object)
        cells[inside] = np.array(margin.names, dtype=object)[margin.cell]
        frame[MARGIN + margin.name] = pd.array(cells, dtype="string")
    design["weighting"] += list(weights)
    design["trace"] = trace
    design["calibration"] = {
        "function": "raking",
        "tolerance": options["tolerance"],
        "trim": trim,
        "margins": [
            {
                "name": margin.name,
                "columns": margin.columns,
                "totals": dict(zip(margin.names, margin.targets.tolist(), strict=True)),
                "before": dict(zip(margin.names, _totals(margin, base[inside]).tolist(), strict=True)),
                "after": dict(zip(margin.names, _totals(margin, weights[list(weights)[-1]]).tolist(), strict=True)),
            }
            for margin in margins
        ],
    }
    return Weighted(frame, design)


def check_weights(weights: Floats, cap: float, wave: str, column: str, mend: str) -> None:
    """Stop on weights that are missing, negative or zero, and on one over `cap` times the median."""
    known = weights[np.isfinite(weights)]
    limit = cap * float(np.median(known)) if len(known) else 0.0
    what = {
        "missing or no number": ~np.isfinite(weights),
        "negative": weights < 0,
        "zero": weights == 0,
        f"over {cap:g} times the median": (weights > limit) & (limit > 0),
    }
    found = [f"{int(held.sum())} {name}" for name, held in what.items() if held.any()]
    if found:
        whole = "All" if not (weights > 0).any() else "Some"
        raise FindingsError(
            f"{whole} weights are unusable: {', '.join(found)}, of {len(weights)}.",
            wave=wave,
            column=column,
            mend=f"{mend}; or raise `weighting: {{cap: {cap:g}}}` in config.yaml if a weight so large is right.",
        )


def kish_deff(weights: Floats) -> float:
    """Kish's design effect of unequal weights: n Σw² / (Σw)²."""
    return float(len(weights) * (weights**2).sum() / weights.sum() ** 2)


def rake(
    base: Floats, margins: list[Margin], iterations: int, tolerance: float, wave: str
) -> tuple[Floats, list[dict[str, Any]]]:
    """Weights (rows,) that meet every margin, by iterative proportional fitting, and the trace of its rounds.

    Equal to R `survey::calibrate(calfun="raking")` at convergence. Raises FindingsError naming the cell that is
    furthest from its target when `tolerance` (relative) is not met in `iterations` rounds.
    """
    weights = base.copy()
    trace: list[dict[str, Any]] = []
    for number in range(1, iterations + 1):
        for margin in margins:
            weights *= (margin.targets / _totals(margin, weights))[margin.cell]
        differences = {m.name: np.abs(_totals(m, weights) / m.targets - 1) for m in margins}
        worst = max(differences, key=lambda name: float(differences[name].max()))
        largest = float(differences[worst].max())
        trace.append({"round": number, "margin": worst, "largest_relative_difference": largest})
        if largest <= tolerance:
            return weights, trace
    margin = next(m for m in margins if m.name == worst)
    raise FindingsError(
        f"Raking does not converge: after {iterations} rounds the margin {worst} is off by {largest:.2g}.",
        wave=wave,
        codes=[margin.names[int(differences[worst].argmax())]],
        mend="merge the cell with another in the margin's file and level, or raise `weighting.max_iterations`.",
    )


def _trimmed(
    weights: Floats, margins: list[Margin], trim: Mapping[str, float], limits: tuple[int, float], wave: str
) -> tuple[Floats, list[dict[str, Any]]]:
    """Trim, re-rake, until both hold: every weight within the limits, and every margin met."""
    mean = weights.mean()
    low, high = trim["lower"] * mean, trim["upper"] * mean
    trace: list[dict[str, Any]] = []
    for number in range(1, TRIM_ROUNDS + 1):
        outside = int(((weights < low * (1 - 1e-6)) | (weights > high * (1 + 1e-6))).sum())
        trace.append({"round": number, "outside_limits": outside})
        if not outside:
            return weights, trace
        weights, _ = rake(np.clip(weights, low, high), margins, *limits, wave)
    raise FindingsError(
        f"Trimming and raking do not agree: {outside} weights stay outside {trim['lower']} to {trim['upper']} times the"
        " mean when every margin is met.",
        wave=wave,
        mend="widen `trim`, or merge small cells of the margins.",
    )


def _totals(margin: Margin, weights: Floats) -> Floats:
    return np.bincount(margin.cell, weights, minlength=len(margin.names)).astype(float)


def _population(respondents: pd.DataFrame, study: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    domain = study.get("domains", {}).get("population")
    if domain is None:
        return np.ones(len(respondents), dtype=bool)
    if domain["column"] not in respondents:
        raise FindingsError(
            "The respondents lack the column of the target population.",
            column=domain["column"],
            mend="correct `domains.population.column` in config.yaml.",
        )
    return respondents[domain["column"]].isin(domain["codes"]).to_numpy(dtype=bool)


def _design_column(
    respondents: pd.DataFrame,
    column: str | None,
    default: str | None,
    wave: Mapping[str, Any],
    inside: npt.NDArray[np.bool_],
) -> Any:
    if column is None:
        return pd.array([default] * len(respondents), dtype="string")
    if column not in respondents:
        raise FindingsError(
            "The respondents lack a column of the design.",
            wave=wave["wave"],
            column=column,
            mend="correct `design` in wave.yaml, or keep the column.",
        )
    empty = int((respondents[column].isna().to_numpy(dtype=bool) & inside).sum())
    if empty:
        raise FindingsError(
            f"{empty} respondents of the target population have no value in a column of the design.",
            wave=wave["wave"],
            column=column,
            mend="fill it by corrections.csv.",
        )
    return respondents[column].fillna("(none)" if default else pd.NA).astype("string").array


def _fpc(
    frame: pd.DataFrame,
    respondents: pd.DataFrame,
    fpc: Mapping[str, str],
    inside: npt.NDArray[np.bool_],
    wave: Mapping[str, Any],
    wave_dir: Path,
) -> None:
    """Add `fpc1`, and with a second stage `ssu` and `fpc2`, to the frame."""
    entry = wave["design"].get("frame")
    if fpc["psu"] not in respondents and entry:
        sizes = _read_table(wave_dir / entry["file"], [entry["stratum"], fpc["psu"]], wave)
        by_stratum = sizes.set_index(entry["stratum"])[fpc["psu"]]
        frame["fpc1"] = frame["stratum"].map(by_stratum).to_numpy(dtype=float, na_value=np.nan)
    else:
        frame["fpc1"] = _units(respondents, fpc["psu"], wave, inside)
    if "ssu" in fpc:
        frame["ssu"] = _design_column(respondents, wave["design"].get("ssu"), None, wave, inside)
        alone = frame["ssu"].isna()
        frame.loc[alone, "ssu"] = frame.loc[alone, "row_id"]
        frame["fpc2"] = _units(respondents, fpc["ssu"], wave, inside)


def _units(respondents: pd.DataFrame, column: str, wave: Mapping[str, Any], inside: npt.NDArray[np.bool_]) -> Floats:
    """A column of numbers of units, NaN outside the target population; stops on what is less than 1."""
    cells = pd.Series(_design_column(respondents, column, None, wave, inside))
    sizes = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    odd = inside & ~(sizes >= 1)
    if odd.any():
        raise FindingsError(
            f"{int(odd.sum())} finite population corrections are no numbers of units, 1 or more.",
            wave=wave["wave"],
            column=column,
            codes=sorted({str(cell) for cell in cells[odd]})[:5],
            mend="give the number of units in the population, not the share drawn; correct it in corrections.csv.",
        )
    return np.where(inside, sizes, np.nan)


def _base_weights(
    frame: pd.DataFrame,
    respondents: pd.DataFrame,
    inside: npt.NDArray[np.bool_],
    wave: Mapping[str, Any],
    wave_dir: Path,
) -> Floats:
    """Base weights (rows,): a column, or population / respondents of the stratum, or 1."""
    declared = wave["design"]
    if declared.get("base_weight"):
        column = _design_column(respondents, declared["base_weight"], None, wave, inside)
        weights = pd.to_numeric(pd.Series(column), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        return weights
    if not declared.get("frame"):
        return np.ones(len(frame))
    entry = declared["frame"]
    population = _read_table(wave_dir / entry["file"], [entry["stratum"], entry["population"]], wave)
    by_stratum = population.groupby(entry["stratum"])[entry["population"]].sum()
    counts = frame.loc[inside, "stratum"].value_counts()
    for names, what in (
        (set(counts.index) - set(by_stratum.index), "of respondents are not in the frame"),
        (set(by_stratum[by_stratum > 0].index) - set(counts.index), "of the frame have no respondent"),
    ):
        if names:
            raise FindingsError(
                f"{len(names)} strata {what}.",
                wave=wave["wave"],
                file=entry["file"],
                codes=sorted(map(str, names)),
                mend="correct the frame, or merge strata in it and in the export.",
            )
    return frame["stratum"].map(by_stratum / counts).to_numpy(dtype=float, na_value=np.nan)


def _read_table(path: Path, columns: list[str], wave: Mapping[str, Any]) -> pd.DataFrame:
    """Text columns, the last a number; stops on a missing file or column, or a number that is none or negative."""
    if not path.is_file():
        raise FindingsError("The file is missing.", wave=wave["wave"], file=path.name, mend="put it in its folder.")
    table = pd.read_csv(path, dtype="string", keep_default_na=False)
    if missing := [name for name in columns if name not in table]:
        raise FindingsError(
            "The file lacks a column.", wave=wave["wave"], file=path.name, column=missing[0], mend="add the column."
        )
    numbers = pd.to_numeric(table[columns[-1]], errors="coerce").astype(float)
    odd = [int(i) + 1 for i in np.flatnonzero(~(numbers >= 0).to_numpy(dtype=bool))]
    if odd:
        raise FindingsError(
            "The file holds something other than a population.",
            wave=wave["wave"],
            file=path.name,
            column=columns[-1],
            rows=odd,
            mend="write numbers of people, 0 or more.",
        )
    return table[columns].assign(**{columns[-1]: numbers})


def _margin(
    entry: Mapping[str, Any],
    frame: pd.DataFrame,
    base: Floats,
    inside: npt.NDArray[np.bool_],
    reference: Path,
    wave: Mapping[str, Any],
) -> Margin:
    """A margin scaled to the sample's base-weighted total.

    Respondents in none of its cells are a cell of their own, held at its base-weighted share.
    """
    # ASSUME[all_age_shares]: shares of the reference population stand for the target population of the base weights.
    columns = list(entry["columns"])
    table = _read_table(reference / entry["file"], [*columns, "population"], wave)
    if missing := [column for column in columns if column not in frame]:
        raise FindingsError(
            "A margin rests on a level that config.yaml does not have.",
            wave=wave["wave"],
            column=missing[0],
            mend="name levels of `breakdowns` under `calibration.margins` in wave.yaml.",
        )
    shares = table.groupby(columns, sort=True)["population"].sum()
    shares = shares[shares > 0]
    names = ["/".join(key if isinstance(key, tuple) else (key,)) for key in shares.index]
    position = {name: i for i, name in enumerate(names)}
    parts = [frame.loc[inside, column].astype("string").fillna("") for column in columns]
    cells = pd.Series(["/".join(row) for row in zip(*parts, strict=True)], dtype="string")
    cell = np.array([position.get(str(name), len(names)) for name in cells], dtype=np.intp)
    weights = base[inside]
    held = np.bincount(cell, weights, minlength=len(names) + 1)
    if empty := [name for name, total in zip(names, held, strict=False) if total == 0]:
        raise FindingsError(
            f"{len(empty)} cells of the margin {entry['name']} have no respondent.",
            wave=wave["wave"],
            file=entry["file"],
            codes=empty,
            mend="merge them with others in the margin's file, and in a level of config.yaml.",
        )
    matched = held[:-1].sum()
    targets = shares.to_numpy(dtype=float) / float(shares.sum()) * matched
    if held[-1] > 0:
        return Margin(entry["name"], columns, cell, [*names, UNMATCHED], np.append(targets, held[-1]))
    return Margin(entry["name"], columns, cell, names, targets)
