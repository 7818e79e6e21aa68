"""The shipped waves against R `survey`: weights from the frame, raking to the margins, domains, intervals; to 1e-8.

R reads what ingest and cleaning are to give (clean_twin.csv), the frame and the margins, and codes its answers itself;
ours come by the study's own configuration.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from agreement import agree
from findings.config import load_study, load_wave
from findings.environment import ROOT
from findings.estimators import ratios
from findings.indicators import build
from findings.influence import sample
from findings.intervals import korn_graubard, student
from findings.plan import expand_indicators, levels
from findings.weighting import weigh
from recorded import assert_same, computed, recorded

CASES = recorded("waves")
COLUMNS = [
    "adoption__aware__telekyanmar", "adoption__ever_used__telekyanmar", "conversion__conversion_ever__telekyanmar",
    "trust__trust", "barriers__internet__health", "literacy__literacy_search",
]  # fmt: skip
MEAN = np.array([column.startswith("literacy") for column in COLUMNS])
PACKAGE = {"oracle": "package", "tolerance": 1e-8}


def weighed(wave):
    """indicators.parquet of a wave, with its weights, and design.json: as the pipeline makes them of the clean data."""
    study = load_study(ROOT / "config.yaml")
    folder = ROOT / "data" / "raw" / wave
    twin = pd.read_csv(folder / "clean_twin.csv", dtype="string", keep_default_na=False).replace("", pd.NA)
    twin = twin[twin["location"] == "inside"].reset_index(drop=True)
    twin = twin.assign(row_id=twin["data_row"])
    frame = build(twin, expand_indicators(study), levels(study), study)
    return weigh(frame, twin, load_wave(folder / "wave.yaml"), study, ROOT / "data" / "reference", folder)


@pytest.mark.parametrize("wave", list(CASES))
def test_a_shipped_wave(wave):
    case, made = CASES[wave], weighed(wave)
    order = np.argsort(made.frame["row_id"].astype(int).to_numpy(), kind="stable")
    call = "calibrate(svydesign(id = ~township, strata = ~stratum, weights = ~base), calfun = 'raking')"
    weights = made.frame["weight"].to_numpy(dtype=float)[order]
    agree("waves", "weights of a shipped wave", weights, case["weight"], call=call, **PACKAGE)
    groups = [name.split(":") for name in case["design"] if name != "everyone"]
    masks = [(made.frame[level] == group).fillna(False).to_numpy(dtype=bool) for level, group in groups]
    domains = np.array([np.ones(len(made.frame), dtype=bool), *masks])
    values = made.frame[COLUMNS].to_numpy(dtype=float)
    for weighting in ("design", "calibrated"):
        of = sample(made.frame, made.design, weighting, wave)
        found = ratios(values, of.weights, domains, of.design)
        answer = {key: np.array([part[key] for part in case[weighting].values()], dtype=float).T
                  for key in ("value", "se", "df", "n", "low", "high", "package_low", "package_high")}  # fmt: skip
        named = f"a shipped wave, {weighting} weights"
        call = "svymean(subset({}))".format("calibrate()" if weighting == "calibrated" else "svydesign()")
        agree("waves", f"{named}: means and proportions of domains", found.value, answer["value"], call=call, **PACKAGE)
        agree("waves", f"{named}: standard errors", found.se, answer["se"], call=f"SE({call})", **PACKAGE)
        agree("waves", f"{named}: df and n", [found.df, found.n], [answer["df"], answer["n"]],
              call="degf(subset()), nrow(subset())", **PACKAGE)  # fmt: skip
        share = ~MEAN
        beta = korn_graubard(found.value[share], found.se[share], found.n[share], found.df[share])
        t = student(found.value[MEAN], found.se[MEAN], found.df[MEAN])
        limits = [answer["low"][share], answer["high"][share]]
        agree("waves", "Korn-Graubard interval", beta, limits, oracle="R by formula",
              call="qbeta(0.025, p * n_eff, (1 - p) * n_eff + 1), ... of waves.R", tolerance=1e-6)  # fmt: skip
        agree("waves", "interval of a mean", t, [answer["low"][MEAN], answer["high"][MEAN]], oracle="R by formula",
              call="p -+ qt(0.975, degf(subset())) * SE", tolerance=1e-6)  # fmt: skip
        if weighting == "design":
            # R does not cap the effective n at n; there its interval is another.
            known = ~np.isnan(answer["package_low"][share])
            assert known.sum() > 20
            package = [answer["package_low"][share][known], answer["package_high"][share][known]]
            agree("waves", "Korn-Graubard interval, effective n under n", [limit[known] for limit in beta], package,
                  oracle="package", call="svyciprop(method = 'beta')", tolerance=1e-6)  # fmt: skip


def test_r_gives_the_recorded_answers():
    answers = computed("waves")
    if answers is None:
        pytest.skip("not run: R, or its package survey, is not installed")
    assert_same(answers, CASES)
