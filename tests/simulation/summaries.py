"""Sums over the samples as tables: mean, bias and coverage of every estimate, each with its Monte-Carlo error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from contrasts import CONTRASTS, changed
from estimates import Sums, means_among, satterthwaite
from planted import Floats
from special import BOUNDED, EFFECTS, TESTS

# Columns that only proportions have.
OF_SHARES = ["n_eff", "coverage_logit", "coverage_t", "reliable", "coverage_reliable"]


def summary(sums: Sums, truth: Floats) -> dict[str, Floats]:
    """Columns of the results: over the samples that have an estimate.

    `error` is the mean's Monte-Carlo standard error and `z` the bias in units of it; `spread` the estimates' standard
    deviation; `n`, `n_eff`, `df` means over the samples; `df_effective` Satterthwaite's, of the mean variances;
    `coverage` of the interval that the register has, `coverage_satterthwaite` of the same one with his degrees of
    freedom in each sample; `coverage_reliable` among the samples whose estimate is called reliable.
    """
    part = sums.parts
    with np.errstate(divide="ignore", invalid="ignore"):
        known = part["known"]
        mean = part["value"] / known
        spread = np.sqrt(np.maximum(part["square"] / known - mean**2, 0) * known / (known - 1))
        coverage = part["held"] / known
        made = {
            "truth": truth,
            "draws": known,
            "mean": mean,
            "error": spread / np.sqrt(known),
            "z": (mean - truth) / (spread / np.sqrt(known)),
            "spread": spread,
            "se_to_spread": np.sqrt(part["variance"] / known) / spread,
            "n": part["n"] / known,
            "n_eff": part["n_eff"] / known,
            "df": part["df"] / known,
            "coverage": coverage,
            "coverage_error": np.sqrt(coverage * (1 - coverage) / known),
            "coverage_logit": part["held_logit"] / known,
            "coverage_t": part["held_t"] / known,
            "reliable": part["reliable"] / known,
            "coverage_reliable": part["held_reliable"] / part["reliable"],
        }
        if "strata" in part:
            made["df_effective"] = satterthwaite(part["strata"] / known[..., None])
            made["coverage_satterthwaite"] = part["held_satterthwaite"] / known
    return made


def tables(sums: Mapping[str, Sums], known: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """domains, contrasts, effects, tests and bounds, each with one row per estimate."""
    names, groups = known["names"], known["domains"]
    rows = []
    for weighting, places in known["places"].items():
        rows.append(
            _keys(names, [groups[d] for d in places]).assign(
                weighting=weighting, **_flat(summary(sums[weighting], known["truths"][weighting][:, places]))
            )
        )
    domains = pd.concat(rows, ignore_index=True)
    # A mean's effective n is the variance between people by that of the mean.
    chosen = [names[i] for i in known["traced"]]
    own = summary(sums["traced"], known["truths"]["calibrated"][known["traced"]].reshape(-1))
    apart = _keys(chosen, groups).assign(
        weighting="calibrated", **{name: own[name] for name in ("df_effective", "coverage_satterthwaite")}
    )
    domains = domains.merge(apart, how="left", on=["indicator", "statistic", "breakdown", "group", "weighting"])
    part = sums["traced"].parts
    sizes = _keys(chosen, groups).assign(
        weighting="calibrated", size=part["unit_variance"] / part["known"] / own["spread"] ** 2
    )
    place = ["indicator", "breakdown", "group", "weighting"]
    domains = domains.merge(sizes.drop(columns="statistic"), how="left", on=place)
    means = domains["statistic"] == "mean"
    domains["n_eff"] = domains["size"].where(means, domains["n_eff"])
    domains = domains.drop(columns="size")
    known_sizes = domains[domains["weighting"] == "calibrated"].set_index(place[:3])["n_eff"]
    contrasts = pd.DataFrame(
        {
            "contrast": [contrast.name for contrast in CONTRASTS],
            "statistic": [contrast.statistic for contrast in CONTRASTS],
            **summary(sums["contrasts"], known["contrasts"]),
            # The smallest of its parts.
            "n_eff": [min(known_sizes[row] for row in contrast.rows) for contrast in CONTRASTS],
        }
    )
    changes = pd.DataFrame(
        {
            "contrast": [f"change between waves: {name}, {groups[d].group}" for name, d in changed(groups)],
            "statistic": "difference",
            **summary(sums["changes"], known["changes"]),
            "n_eff": [known_sizes[name, groups[d].breakdown, groups[d].group] for name, d in changed(groups)],
        }
    )
    effects = pd.DataFrame(EFFECTS, columns=["indicator", "factor", "level"])
    effects = effects.assign(**summary(sums["effects"], known["effects"]))
    return {
        "domains": domains,
        "contrasts": pd.concat([contrasts, changes], ignore_index=True).drop(columns=OF_SHARES[1:]),
        "effects": effects.drop(columns=OF_SHARES),
        "tests": _tests(sums["tests"]),
        "bounds": _bounds(sums["bounds"], known),
    }


def _keys(names: list[str], groups: list[Any]) -> pd.DataFrame:
    means = means_among(names)
    return pd.DataFrame(
        {
            "indicator": np.repeat(names, len(groups)),
            "statistic": np.repeat(np.where(means, "mean", "proportion"), len(groups)),
            "breakdown": [domain.breakdown for domain in groups] * len(names),
            "group": [domain.group for domain in groups] * len(names),
        }
    )


def _flat(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    return {name: values.reshape(-1) for name, values in columns.items()}


def _tests(sums: Sums) -> pd.DataFrame:
    part = sums.parts
    size = part["rejected"] / part["known"]
    return pd.DataFrame(
        {
            "indicator": [test[0] for test in TESTS],
            "groups": [test[1] for test in TESTS],
            "breakdown": [test[2][0] for test in TESTS],
            "group": [test[2][1] for test in TESTS],
            "draws": part["known"],
            "size_5": size,
            "error": np.sqrt(size * (1 - size) / part["known"]),
            "size_1": part["rejected_1"] / part["known"],
            "size_5_pearson": part["rejected_naive"] / part["known"],
        }
    )


def _bounds(sums: Sums, known: Mapping[str, Any]) -> pd.DataFrame:
    part = {name: values.reshape(-1) for name, values in sums.parts.items()}
    truth, coverage = known["complete"].reshape(-1), part["held"] / part["known"]
    table = _keys(list(BOUNDED), [known["domains"][d] for d in known["bounded"]]).drop(columns="statistic")
    return table.assign(
        truth=truth,
        draws=part["known"],
        low=part["low"] / part["known"],
        high=part["high"] / part["known"],
        mean=part["value"] / part["known"],
        coverage=coverage,
        coverage_error=np.sqrt(coverage * (1 - coverage) / part["known"]),
        coverage_without_bounds=part["held_plain"] / part["known"],
    )
