"""The gate on small registers with planted leaks: what is suppressed, what a release cannot tell."""

from __future__ import annotations

import pandas as pd
import pytest
from findings.disclosure import REASON, disclose
from findings.disclosure.gate import ROUNDS, make_gate, run, targets_of, violations
from findings.errors import FindingsError
from findings.plan import expand_indicators, levels
from findings.register import assemble, cells
from hypothesis import given, settings
from hypothesis import strategies as st

LIMITS = {
    "min_base": 20, "min_cell": 10, "sensitive_low": 0.05, "sensitive_high": 0.95, "max_suppressed_share": 0.6,
    "min_difference": 10,
}  # fmt: skip
WAVE = {"wave": "w", "synthetic": True}


def study(sensitive=False, share=0.6):
    groups = {name: {} for name in "abcd"}
    coarse = {"ab": {"codes": ["a", "b"]}, "cd": {"codes": ["c", "d"]}}
    return {
        "disclosure": {**LIMITS, "max_suppressed_share": share},
        "ministries": {"m": {}},
        "services": {"s": {"ministry": "m"}},
        "barriers": {},
        "breakdowns": {
            "region": {
                "column": "region",
                "sensitive": sensitive,
                "ladder": [{"level": "region", "groups": groups}, {"level": "half", "groups": coarse}],
            }
        },
        "indicators": [
            {"id": "aware", "family": "adoption", "statistic": "proportion", "for_each": {"service": "services"},
             "column": "aware", "one": ["yes"], "zero": ["no"], "base": None},
            {"id": "ever", "family": "adoption", "statistic": "proportion", "for_each": {"service": "services"},
             "column": "ever", "one": ["yes"], "zero": ["no"], "base": "aware", "not_asked": 0},
        ],
    }  # fmt: skip


def register(people, aware, ever, config):
    """Counts by group a to d; nobody declines."""
    rows, sample = [], []

    def put(place, n, k_aware, k_ever):
        for name, k in (("aware", k_aware), ("ever", k_ever)):
            for weighting in ("none", "calibrated"):
                rows.append(
                    {"family": "adoption", "indicator": name, "statistic": "proportion", "ministry": "m",
                     "service": "s", "column": f"adoption__{name}__s", "weighting": weighting,
                     "estimate": k / n if n else 0, "se": 0.01, "ci_low": 0.1, "ci_high": 0.3, "df": 30, "n": n,
                     "n_asked": n, "n_missing": 0, "n_eff": n, "deff": 1.0, "reliability": "reliable",
                     "cells": cells(n, k), **place}
                )  # fmt: skip
        sample.append(
            {"family": "sample", "indicator": "respondents", "statistic": "count", "weighting": "none", "n": n,
             "estimate": n, "cells": cells(n, None), **place}
        )  # fmt: skip

    put({}, sum(people), sum(aware), sum(ever))
    for i, group in enumerate("abcd"):
        if people[i]:
            put({"breakdown": "region", "group": group}, people[i], aware[i], ever[i])
    for group, (i, j) in {"ab": (0, 1), "cd": (2, 3)}.items():
        if people[i] + people[j]:
            put({"breakdown": "half", "group": group}, people[i] + people[j], aware[i] + aware[j], ever[i] + ever[j])
    return assemble([pd.DataFrame(rows), pd.DataFrame(sample)], WAVE, "probability")


def judged(people, aware, ever, **options):
    config = study(**options)
    whole = register(people, aware, ever, config)
    return whole, disclose(whole, config, levels(config), expand_indicators(config))


def shown(result, indicator, weighting="none"):
    rows = result.estimates
    rows = rows[(rows["indicator"] == indicator) & (rows["weighting"] == weighting) & (rows["status"] == "published")]
    groups = {None if pd.isna(group) else group for group in rows["group"]}
    return [*([None] if None in groups else []), *sorted(groups - {None})]


def test_nothing_small_everything_at_the_finest_level():
    _, result = judged([100] * 4, [50] * 4, [30] * 4)
    assert shown(result, "aware") == [None, "a", "b", "c", "d"]
    assert shown(result, "ever") == [None, "a", "b", "c", "d"]


def test_a_small_cell_never_goes_alone():
    _, result = judged([100] * 4, [50] * 4, [30, 4, 30, 30])
    assert "b" not in shown(result, "ever") and len(shown(result, "ever")) <= 3
    assert shown(result, "aware") == [None, "a", "b", "c", "d"]


def test_weighted_and_unweighted_share_one_status():
    _, result = judged([100, 100, 40, 100], [50, 50, 12, 50], [30, 4, 11, 30])
    rows = result.estimates[result.estimates["column"].notna()]
    statuses = rows.groupby(["column", "breakdown", "group"], dropna=False)["status"].nunique()
    assert (statuses == 1).all()


def test_a_suppressed_row_holds_no_number_and_one_reason():
    _, result = judged([100] * 4, [50] * 4, [30, 4, 30, 30])
    hidden = result.estimates[result.estimates["status"] == "suppressed"]
    assert len(hidden) and set(hidden["reason"]) == {REASON}
    assert (
        hidden[["estimate", "se", "ci_low", "ci_high", "df", "n", "n_eff", "deff", "reliability"]].isna().all(axis=None)
    )
    assert "cells" not in result.estimates
    assert set(result.register.loc[result.register["status"] == "suppressed", "reason"]) > {"primary"}


def test_when_much_is_suppressed_the_coarser_level_is_shown_whole():
    _, result = judged([100] * 4, [50] * 4, [30, 4, 30, 6], share=0.2)
    assert shown(result, "ever") == [None, "ab", "cd"]
    _, result = judged([100] * 4, [50] * 4, [4, 4, 3, 3], share=0.2)
    assert shown(result, "ever") == [None]


def test_nothing_near_none_or_all_in_a_sensitive_breakdown():
    _, plain = judged([400] * 4, [200] * 4, [100, 15, 100, 100])
    _, sensitive = judged([400] * 4, [200] * 4, [100, 15, 100, 100], sensitive=True)
    assert "b" in shown(plain, "ever") and "b" not in shown(sensitive, "ever")


def test_a_base_that_is_small_takes_what_rests_on_it_along():
    _, result = judged([100, 100, 100, 15], [50, 50, 50, 12], [30, 30, 30, 11])
    assert "d" not in shown(result, "aware") and "d" not in shown(result, "ever")


def test_released_numbers_are_rounded_once():
    _, result = judged([90, 100, 100, 100], [47, 50, 50, 50], [31, 33, 33, 33])
    rows = result.estimates.set_index("key")
    few = rows.loc["adoption.ever.proportion|ministry=m;service=s;weights=none;region=a@w"]
    many = rows.loc["adoption.ever.proportion|ministry=m;service=s;weights=none@w"]
    assert few["estimate"] == 0.34 and many["estimate"] == 0.333 and many["df"] == "≥30" and few["n"] == 90


def test_flow_steps_that_differ_by_few_are_left_out():
    config = study()
    whole = register([100] * 4, [50] * 4, [30] * 4, config)
    steps = pd.DataFrame(
        [
            {"family": "flow", "indicator": name, "statistic": "count", "n": n, "estimate": n, "cells": cells(n, None)}
            for name, n in (("received", 440), ("consent", 403), ("eligibility", 400), ("analysed", 400))
        ]
    )
    whole = assemble([whole.drop(columns=["key"]), steps], WAVE, "probability")
    result = disclose(whole, config, levels(config), expand_indicators(config))
    rows = result.estimates[result.estimates["family"] == "flow"].set_index("indicator")["status"]
    assert rows.to_dict() == {
        "received": "published", "consent": "suppressed", "eligibility": "published", "analysed": "published",
    }  # fmt: skip


def test_the_run_fails_while_a_count_can_be_worked_out(monkeypatch):
    config = study()
    whole = register([100] * 4, [50] * 4, [30, 4, 30, 30], config)
    monkeypatch.setattr("findings.disclosure.gate.complement", lambda gate, outside: None)
    monkeypatch.setattr("findings.disclosure.gate._suppress_near", lambda gate, row: None)
    with pytest.raises(FindingsError, match="worked out") as caught:
        disclose(whole, config, levels(config), expand_indicators(config))
    assert "adoption.ever" in str(caught.value) and ROUNDS > 1


def test_weighted_sums_tell_on_two_suppressed_groups_of_unlike_weights():
    config = study()
    whole = register([100] * 4, [50] * 4, [30, 8, 30, 9], config)
    ranges = {}
    for column, ks in (("adoption__aware__s", [50] * 4), ("adoption__ever__s", [30, 8, 30, 9])):
        weights = [1.0, 1.0, 1.0, 50.0]
        sums = [100 * w for w in weights]
        shares = [k / 100 for k in ks]
        total = sum(sums)
        ranges[column, None] = [(sum(s * w for s, w in zip(shares, sums, strict=True)) / total, total, 1.0, 50.0)]
        for group, s, w, weight in zip("abcd", shares, sums, weights, strict=True):
            ranges[column, ("region", group)] = [(s, w, weight, weight)]
    steps, inds = levels(config), expand_indicators(config)
    plain, counts, outside = make_gate(whole, config, steps, inds)
    assert run(plain, counts, outside)["bounded_too_tightly"] == 0
    assert {("adoption__ever__s", ("region", group)) for group in "bd"} <= plain.suppressed
    # Two suppressed groups protect each other in the sum of counts; in the weighted sum the heavy one stands out.
    weighted, counts, outside = make_gate(whole, config, steps, inds, ranges)
    weighted.unsafe, weighted.suppressed, weighted.shown = plain.unsafe, set(plain.suppressed), dict(plain.shown)
    targets = targets_of(weighted, counts)
    bad = violations(weighted, counts, outside, list(targets), quick=False)
    assert ("adoption__ever__s", ("region", "d")) in {targets[target] for target in bad}
    again, counts, outside = make_gate(whole, config, steps, inds, ranges)
    assert run(again, counts, outside)["bounded_too_tightly"] == 0
    assert sum(map(again.published, again.cells)) < sum(map(plain.published, plain.cells))


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(0, 120), min_size=4, max_size=4),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_whatever_the_counts_a_release_passes_its_attacker(people, first, second):
    if sum(people) < 100:
        people = [n + 30 for n in people]
    aware = [int(n * p) for n, p in zip(people, first, strict=True)]
    ever = [int(k * p) for k, p in zip(aware, second, strict=True)]
    config = study(share=0.5)
    whole = register(people, aware, ever, config)
    steps, inds = levels(config), expand_indicators(config)
    gate, counts, outside = make_gate(whole, config, steps, inds)
    report = run(gate, counts, outside)
    assert report["bounded_too_tightly"] == 0
    # No published unweighted row breaks the primary rule.
    for row in gate.cells:
        if gate.published(row):
            cell = gate.cells[row]
            assert cell.n >= 20 and (cell.k is None or min(cell.k, cell.n - cell.k) >= 10)


def test_the_number_asked_does_not_state_a_withheld_base():
    """Those asked are the base's numerator: of d, 95 of 100 are aware, so that the 5 who are not are withheld."""
    _, result = judged([100] * 4, [50, 50, 50, 95], [30] * 4)
    rows = result.estimates[(result.estimates["breakdown"] == "region") & (result.estimates["weighting"] == "none")]
    aware, ever = (rows[rows["indicator"] == name].set_index("group") for name in ("aware", "ever"))
    assert aware.loc["d", "status"] == "suppressed" and ever.loc["d", "status"] == "published"
    both = (aware["status"] == "published") & (ever["status"] == "published")
    assert both.any() and ever.loc[both, "n_asked"].notna().all() and ever.loc[~both, "n_asked"].isna().all()
