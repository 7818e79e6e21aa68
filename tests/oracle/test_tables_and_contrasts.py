"""Table tests, contrasts and bounds against R `survey` on its public data (comparisons.R)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from agreement import agree
from findings.bounds import bounds
from findings.contrasts import Part, contrasts
from findings.design import make_design
from findings.influence import Sample
from findings.rao_scott import independence
from recorded import assert_same, computed, recorded

CASES = recorded("comparisons")


def loaded(name: str) -> Sample:
    data = CASES[name]["data"]
    frame = pd.DataFrame({key: data[key] for key in data if key != "margins"})
    for margin, column in data["margins"].items():
        frame[f"margin_{margin}"] = column
    base = frame["base_weight"].to_numpy(dtype=float)
    design = make_design(frame, "error", name, calibrated=True, base=base)
    return Sample(frame, frame["weight"].to_numpy(dtype=float), design, "calibrated", name)


def calibrated(name: str) -> str:
    return "calibrated " if name.endswith("raked") else ""


def codes(column: pd.Series) -> np.ndarray:
    return pd.factorize(column, sort=True)[0]


@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize("which", ["table", "wide", "domain"])
def test_rao_scott(name, which):
    sample = loaded(name)
    frame = sample.frame
    rows = codes(frame["h"] if which == "wide" else frame["y"])
    columns = np.where(frame["y"].isna(), -1, codes(frame["g"]))
    if which == "domain":
        columns = np.where(frame["h"] == min(frame["h"]), columns, -1)
    found = independence(sample, rows, columns)
    f, df1, _, _, nu, p = CASES[name]["answer"][which]
    kind = f"{calibrated(name)}Rao-Scott test of a table"
    made = "calibrate(..., calfun = 'raking')" if calibrated(name) else "design"
    # R takes nu of the whole sample for a domain of a calibrated design; elsewhere it is that of the domain.
    call = f"svychisq(subset({made}), statistic = 'F') with nu = degf(subset({made}))"
    agree("comparisons", f"{kind}: F, df1, df2", [found.f, found.df1, found.df2], [f, df1, df1 * nu], oracle="package",
          call=call, tolerance=1e-8)  # fmt: skip
    agree("comparisons", f"{kind}: p", found.p, p, oracle="package", call=call, tolerance=1e-6)


def test_cramers_v_of_an_unweighted_table():
    from scipy.stats import contingency

    sample = loaded("stratified")
    rows, columns = codes(sample.frame["h"]), codes(sample.frame["g"])
    plain = Sample(sample.frame, np.ones(len(rows)), sample.design, "none", "w")
    found = independence(plain, rows, columns)
    table = pd.crosstab(rows, columns).to_numpy()
    assert found.v == pytest.approx(contingency.association(table, method="cramer"), rel=1e-12)


def parts_of(frame: pd.DataFrame) -> dict[str, list[Part]]:
    g, h = (sorted(set(frame[name])) for name in ("g", "h"))
    everyone = np.ones(len(frame), dtype=bool)
    one, two = ((frame["g"] == group).to_numpy() for group in g[:2])
    sides = [(frame["h"] == side).to_numpy() for side in h[:2]]
    both = (frame["y"].notna() & frame["z"].notna()).to_numpy()
    return {
        "gap": [Part("y", one), Part("y", two)],
        "against_the_rest": [Part("y", one), Part("y", everyone & ~one)],
        "gap_of_gaps": [Part("y", group & side) for side in sides for group in (one, two)],
        "two_questions": [Part("y", both), Part("z", both)],
    }


@pytest.mark.parametrize("name", list(CASES))
def test_contrasts(name):
    sample = loaded(name)
    compared = parts_of(sample.frame)
    found = contrasts(sample, list(compared.values()))
    answer = np.array([CASES[name]["answer"][which] for which in compared])
    call = "svycontrast(svyby(covmat = TRUE))"
    if calibrated(name):
        call = "svycontrast(svytotal(calibrate(..., calfun = 'raking')), quote(top1 / of1 - top2 / of2))"
    kind = f"{calibrated(name)}contrast (gap, against the rest, gap of gaps, two questions)"
    agree("comparisons", kind, found.value, answer[:, 0], oracle="package", call=call, tolerance=1e-8)
    agree("comparisons", f"{kind}: standard error", found.se, answer[:, 1], oracle="package", call=f"SE({call})",
          tolerance=1e-8)  # fmt: skip
    agree("comparisons", "contrast: degrees of freedom", found.df, answer[:, 2], oracle="package",
          call="degf(subset())", tolerance=1e-8)  # fmt: skip


def test_a_contrast_is_the_same_alone_and_among_many():
    sample = loaded("clustered_raked")
    parts = parts_of(sample.frame)["gap_of_gaps"]
    many = contrasts(sample, [parts] * 20)
    alone = contrasts(sample, [parts])
    assert np.allclose(many.se, alone.se[0], rtol=1e-12) and len(many.se) == 20


@pytest.mark.parametrize("name", list(CASES))
def test_bounds(name):
    sample = loaded(name)
    frame = sample.frame
    y = frame["y"].to_numpy(dtype=float)
    group = (frame["g"] == min(frame["g"])).to_numpy()
    values = np.column_stack([y, y])
    found = bounds(sample, values, np.isnan(values), np.array([np.ones(len(y), dtype=bool), group]))
    answer = np.array([CASES[name]["answer"][which] for which in ("bounds", "bounds_of_group")])
    kind = f"{calibrated(name)}worst-case bounds"
    agree("comparisons", kind, np.column_stack([found.low, found.high]), answer[:, 1:3], oracle="package",
          call="svymean(ifelse(is.na(y), 0, y)), svymean(ifelse(is.na(y), 1, y))", tolerance=1e-8)  # fmt: skip
    agree("comparisons", f"{kind}: Imbens-Manski interval", np.column_stack([found.ci_low, found.ci_high]),
          answer[:, 3:], oracle="R by formula", call="uniroot(pt(c + width / se, df) - pt(-c, df) - 0.95)",
          tolerance=1e-6)  # fmt: skip


def test_r_gives_the_recorded_answers():
    anew = computed("comparisons")
    if anew is None:
        pytest.skip("not run: R, or its package survey, is not installed")
    assert_same(anew, CASES)
