"""Claims: what bears each predicate out, one family, what is withheld tells nothing, and a stale sentence stops."""

from __future__ import annotations

import copy
import re
from io import StringIO

import jsonschema
import numpy as np
import pandas as pd
import pytest
import released_example
import yaml
from findings import tables
from findings.changes import changes
from findings.claims.declared import Statement, problems, statements
from findings.claims.evidence import ALPHA, Evidence, all_of, of_first, of_gap, of_threshold, of_within
from findings.claims.part import claims, holm, known
from findings.claims.verdicts import check_stale, verdicts, write
from findings.config import load_claims, load_study
from findings.disclosure import disclose_derived
from findings.disclosure.release import released as as_released
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.estimators import estimate
from findings.influence import sample
from findings.intervals import korn_graubard
from findings.plan import expand_indicators, levels
from findings.register import assemble
from findings.release import Released
from findings.text.captions import captions
from scipy import stats
from statsmodels.stats.multitest import multipletests
from test_contracts import validator

LIMITS = {"min_base": 20, "min_cell": 10, "min_difference": 10}
STUDY = {
    "ministries": {"one": {}, "two": {}}, "services": {}, "barriers": {"a": {}, "b": {}, "c": {}},
    "languages": ["en"], "headline_weighting": "design", "headline_wave": "w2",
    "rankings": {"barriers": {"family": "barriers", "items": "barriers"}},
    "breakdowns": {
        "sex": {"column": "sex", "sensitive": False, "ladder": [{"level": "sex", "groups": {"f": {}, "m": {}}}]}
    },
    "indicators": [
        {"id": "use", "family": "x", "statistic": "proportion", "for_each": {"ministry": "ministries"}},
        {"id": "view", "family": "x", "statistic": "proportion"},
        {"id": "score", "family": "z", "statistic": "mean"},
        {"id": "{barrier}", "family": "barriers", "statistic": "proportion", "for_each": {"barrier": "barriers"}},
    ],
}  # fmt: skip
F, M = {"of": "x.use", "group": {"sex": "f"}}, {"of": "x.use", "group": {"sex": "m"}}
INDICATORS = expand_indicators(STUDY)


def drawn(seed: int = 5, n: int = 1440, **shares: object) -> pd.DataFrame:
    """Respondents of 4 strata × 6 PSUs; `shares` are of a column, or of women and of men."""
    random = np.random.default_rng(seed)
    frame = {
        "stratum": np.repeat([f"s{i}" for i in range(4)], n // 4), "psu": np.repeat(np.arange(24).astype(str), n // 24),
        "base_weight": random.uniform(1, 3, n), "sex": random.choice(["f", "m"], n),
        "z__score": random.normal(3, 1, n),
    }  # fmt: skip
    usual = {"x__use__one": (0.5, 0.5), "x__use__two": (0.5, 0.5), "x__view": 0.5, "barriers__a": 0.5,
             "barriers__b": 0.5, "barriers__c": 0.5}  # fmt: skip
    for name, share in {**usual, **shares}.items():
        p = np.where(frame["sex"] == "f", *share) if isinstance(share, tuple) else share
        frame[name] = (random.uniform(size=n) < p).astype(float)
    made = pd.DataFrame(frame)
    for indicator in INDICATORS:
        made[f"{indicator.column}__state"] = "answered"
    return made


@pytest.fixture(scope="module")
def shipped() -> dict:
    return load_study(ROOT / "config.yaml")


class Wave:
    """A wave of the toy study with its register; `hidden` are ends of the keys that the gate withholds."""

    def __init__(self, frame: pd.DataFrame, name: str = "w2", kind: str = "probability", hidden: tuple = ()) -> None:
        weighting = ["design", "none"] if kind == "probability" else ["none"]
        self.design = {"kind": kind, "singletons": "error", "weighting": weighting}
        self.wave, self.kind, self.frame = {"wave": name, "synthetic": True}, kind, frame
        rows = estimate(frame, self.design, INDICATORS, levels(STUDY), STUDY, self.wave)
        register = assemble([rows], self.wave, kind)
        withheld = [any(part in key for part in hidden) for key in register["key"]]
        self.register = register.assign(status=np.where(withheld, "suppressed", "published"))
        self.of = sample(frame, self.design, weighting[0], name)

    def part(self, predicates: dict, earlier: Wave | None = None) -> pd.DataFrame:
        made = [changes(self.register, earlier.register, self.of.weighting)] if earlier else []
        judged = [self.register, *([earlier.register] if earlier else [])]
        rows = known(judged, made, earlier.of.wave if earlier else None)
        return claims(self.of, predicates, STUDY, INDICATORS, rows, self.wave, self.kind)[0]

    def told(self, predicate: dict, earlier: Wave | None = None) -> float:
        found = self.part({"it": predicate}, earlier)
        return float(found.loc[found["statistic"] == "verdict", "estimate"].iloc[0])

    def released(
        self, predicates: dict, earlier: Wave | None = None, before: Released | None = None, **own
    ) -> Released:
        """The wave as it is released, with the claims, through the gate of derived rows."""
        made = self.part(predicates, earlier)
        if earlier:
            made = pd.concat([made, changes(self.register, earlier.register, self.of.weighting)], ignore_index=True)
        judged = [self.register, *([earlier.register] if earlier else [])]
        published = self.register["status"] == "published"
        estimates = as_released(self.register, published, pd.Series(False, index=published.index), 10)
        derived = disclose_derived(made, judged, LIMITS)
        declared = {
            name: {"predicate": p, "sentence": {"en": name}, "expected": "unknown"} for name, p in predicates.items()
        }
        for name, expected in own.items():
            declared[name]["expected"] = expected
        config = {**STUDY, "claims": {"claims": declared}}
        return Released(text(estimates), config, before, text(derived))


def text(frame: pd.DataFrame) -> list[dict]:
    return pd.read_csv(StringIO(frame.to_csv(index=False)), dtype=str, keep_default_na=False).to_dict("records")


YES, OPEN, NO = 1.0, 0.0, -1.0
SAME = {"x__use__one": (0.5, 0.5), "x__use__two": (0.5, 0.5)}
MORE = {"x__use__one": (0.7, 0.4), "x__use__two": (0.7, 0.4)}
LESS = {"x__use__one": (0.3, 0.6), "x__use__two": (0.7, 0.4)}


@pytest.mark.parametrize(
    ("predicate", "truth", "verdict"),
    [
        ({"greater_than": [F, M]}, MORE, YES),
        # It is to hold in every ministry: one that contradicts is enough.
        ({"greater_than": [F, M]}, LESS, NO),
        ({"greater_than": [F, M]}, SAME, OPEN),
        # A difference established to be small counts against it only where `margin` says so.
        ({"greater_than": [F, M], "margin": 0.15}, SAME, NO),
        ({"less_than": [F, M]}, MORE, NO),
        ({"less_than": [F, M]}, {"x__use__one": (0.3, 0.6), "x__use__two": (0.3, 0.6)}, YES),
        ({"less_than": [{"of": "x.view"}, 0.2]}, {"x__view": 0.1}, YES),
        ({"greater_than": [{"of": "x.view"}, 0.2]}, {"x__view": 0.1}, NO),
        ({"greater_than": [{"of": "x.view"}, 0.5]}, {}, OPEN),
        ({"greater_than": [{"of": "z.score"}, 2.5]}, {}, YES),
        ({"majority": {"of": "x.view"}}, {"x__view": 0.6}, YES),
        ({"majority": {"of": "x.view"}}, {"x__view": 0.4}, NO),
        ({"majority": {"of": "x.view"}}, {}, OPEN),
        ({"first_or_tied": {"of": "barriers.a"}, "ranking": "barriers"}, {"barriers__a": 0.7}, YES),
        # Tied with b, and above c.
        ({"first_or_tied": {"of": "barriers.a"}, "ranking": "barriers"}, {"barriers__c": 0.2}, YES),
        ({"first_or_tied": {"of": "barriers.a"}, "ranking": "barriers"}, {"barriers__b": 0.7}, NO),
        # All may be tied: that nothing is above it says nothing.
        ({"first_or_tied": {"of": "barriers.a"}, "ranking": "barriers"}, {}, OPEN),
        ({"unchanged_within": [F, M], "within": 0.15}, SAME, YES),
        ({"unchanged_within": [F, M], "within": 0.05}, SAME, OPEN),
        ({"unchanged_within": [F, M], "within": 0.05}, MORE, NO),
        ({"all_of": [{"greater_than": [F, M]}, {"majority": {"of": "x.view"}}]}, {**MORE, "x__view": 0.6}, YES),
        ({"all_of": [{"greater_than": [F, M]}, {"majority": {"of": "x.view"}}]}, {**MORE, "x__view": 0.4}, NO),
        ({"all_of": [{"greater_than": [F, M]}, {"majority": {"of": "x.view"}}]}, MORE, OPEN),
    ],
)  # fmt: skip
def test_a_planted_truth_is_told_both_ways_and_an_imprecise_one_is_not(predicate, truth, verdict):
    assert Wave(drawn(**truth)).told(predicate) == verdict


def test_a_change_is_told_from_the_wave_before():
    predicate = {"unchanged_within": {"of": "x.view"}, "within": 0.1}
    before, stays, grows = Wave(drawn(1), "w1"), Wave(drawn(2)), Wave(drawn(3, x__view=0.8))
    assert stays.told(predicate, before) == YES and grows.told(predicate, before) == NO
    assert Wave(drawn(2, n=480)).told({**predicate, "within": 0.05}, before) == OPEN
    # Of a family of one, the 90 % interval inside ± x is what decides.
    rows = changes(stays.register, before.register, "design").set_index("key")
    row = rows.filter(like="x.view.proportion|weights=design@w2", axis=0).iloc[0]
    inside = abs(row["estimate"]) + stats.t.ppf(0.95, row["df"]) * row["se"]
    for within, verdict in ((inside * 1.01, YES), (inside * 0.99, OPEN)):
        assert stays.told({**predicate, "within": float(within)}, before) == verdict


def test_a_majority_is_where_the_adjusted_lower_limit_is_over_one_half():
    of, others = Statement("threshold", (), 0.5), 4
    p, se, n, df = 0.56, 0.021, 600.0, 20.0
    found = of_threshold(of, p, se, n, df, "korn_graubard")
    one = [np.array([x]) for x in (p, se, n, df)]
    assert korn_graubard(*one, level=1 - found.favour)[0][0] == pytest.approx(0.5, abs=1e-9)
    family = {"it": found, **{f"n{i}": Evidence(0.9, 1.0) for i in range(others)}}
    lower = korn_graubard(*one, level=1 - ALPHA / (1 + others))[0][0]
    assert (holm(family, family)["it"] <= ALPHA) == (lower > 0.5)
    turned = of_threshold(Statement("threshold", (), 0.5, sign=-1), 1 - p, se, n, df, "korn_graubard")
    assert turned.favour == pytest.approx(found.favour, abs=1e-9)


def test_the_covariance_of_two_answers_of_the_same_people_counts():
    frame = drawn(x__use__one=0.5)
    frame["x__use__two"] = np.where(np.random.default_rng(1).uniform(size=len(frame)) < 0.9, frame["x__use__one"], 0.0)
    sides = [{"of": "x.use", "ministry": "one"}, {"of": "x.use", "ministry": "two"}]
    found = Wave(frame).part({"it": {"greater_than": sides}}).set_index("statistic")
    # A second implementation, by hand: linearised totals of the difference, per PSU and stratum.
    w, d = frame["base_weight"], frame["x__use__one"] - frame["x__use__two"]
    value = (w * d).sum() / w.sum()
    units = (w * (d - value) / w.sum()).groupby([frame["stratum"], frame["psu"]]).sum()
    se = np.sqrt(sum(len(u) / (len(u) - 1) * ((u - u.mean()) ** 2).sum() for _, u in units.groupby(level=0)))
    assert found.loc["difference", "estimate"] == pytest.approx(value, abs=1e-12)
    assert found.loc["difference", "se"] == pytest.approx(se, rel=1e-10)
    assert found.loc["verdict", "p"] == pytest.approx(2 * stats.t.sf(value / se, 20), rel=1e-8)
    parts = Wave(frame).register.set_index("key").filter(regex="x.use.*weights=design@", axis=0)["se"]
    assert se < 0.6 * np.sqrt((parts**2).sum())


def test_all_claims_of_a_wave_are_one_family():
    wave = Wave(drawn(**LESS, x__view=0.55))
    predicates = {"a": {"greater_than": [{**F, "ministry": "one"}, {**M, "ministry": "one"}]},
                  "b": {"greater_than": [{**F, "ministry": "two"}, {**M, "ministry": "two"}]},
                  "c": {"majority": {"of": "x.view"}}, "d": {"less_than": [{"of": "z.score"}, 3.02]}}  # fmt: skip
    found = wave.part(predicates)
    found = found[found["statistic"] == "verdict"]
    assert len(found) == 4
    assert found["p_adjusted"].to_numpy() == pytest.approx(multipletests(found["p"], method="holm")[1])


def test_a_difference_that_is_a_row_already_is_not_made_again():
    wave, one = Wave(drawn(**MORE)), {"ministry": "one"}
    made = wave.part({"it": {"greater_than": [{**F, **one}, {**M, **one}]}})
    gap = made[made["statistic"] == "difference"]
    again, _ = claims(wave.of, {"it": {"greater_than": [{**F, **one}, {**M, **one}]}}, STUDY, INDICATORS,
                      known([wave.register], [gap], None), wave.wave, "probability")  # fmt: skip
    assert len(gap) == 1 and list(again["statistic"]) == ["verdict"]
    assert again["p"].iloc[0] == made.loc[made["statistic"] == "verdict", "p"].iloc[0]


@pytest.mark.parametrize("seed", range(8))
def test_turning_the_sides_of_a_comparison_turns_its_verdict(seed):
    random = np.random.default_rng(seed)
    share = tuple(random.uniform(0.3, 0.7, 2))
    wave, one = Wave(drawn(seed, n=480, x__use__one=share)), {"ministry": "one"}
    first, second = {**F, **one}, {**M, **one}
    told = wave.told({"greater_than": [first, second]})
    assert wave.told({"greater_than": [second, first]}) == -told == wave.told({"less_than": [first, second]})


PREDICATES = {"open": {"majority": {"of": "x.view"}}, "women": {"greater_than": [F, M]},
              "score": {"greater_than": [{"of": "z.score"}, 2.9]}}  # fmt: skip


def test_what_is_withheld_tells_nothing_by_verdict_reason_since_or_the_others_p(tmp_path):
    """Whatever the withheld answers are, every released byte of the claims is the same."""
    hidden, seen = ("x.view",), []
    for share in (0.1, 0.5, 0.9):
        first, second = (Wave(drawn(seed, x__view=share), name, hidden=hidden) for seed, name in ((1, "w1"), (2, "w2")))
        before = first.released(PREDICATES)
        after = second.released(PREDICATES, first, before)
        found = {"w1": verdicts(before), "w2": verdicts(after)}
        write(found, {"w1": before, "w2": after}, tmp_path / "claims.csv")
        one = next(one for one in found["w2"] if one.id == "open")
        assert (one.verdict, one.reason, one.p_adjusted) == ("cannot_tell", "disclosure_control", None)
        rows = [r for r in after._derived if r["family"] == "claims" or r["comparison_family"] == "claims"]
        seen.append((rows, (tmp_path / "claims.csv").read_bytes()))
    confidential = [Wave(drawn(2, x__view=share), hidden=hidden).told(PREDICATES["open"]) for share in (0.1, 0.9)]
    assert confidential == [NO, YES]
    assert seen[0] == seen[1] == seen[2]


def test_since_ends_where_a_wave_tells_nothing(tmp_path):
    yes = {"women": {"greater_than": [F, M]}}
    one, two, hidden = (Wave(drawn(s, **MORE), f"w{s}", hidden=("sex=f",) if s == 3 else ()) for s in (1, 2, 3))
    first = one.released(yes)
    second = two.released(yes, one, first)
    assert [v.since for v in (*verdicts(first), *verdicts(second))] == ["w1", "w1"]
    third = hidden.released(yes, two, second)
    assert (verdicts(third)[0].reason, verdicts(third)[0].since) == ("disclosure_control", "w3")
    fourth = Wave(drawn(4, **MORE), "w4").released(yes, hidden, third)
    assert (verdicts(fourth)[0].verdict, verdicts(fourth)[0].since) == ("supported", "w4")
    write({"w2": verdicts(second)}, {"w2": second}, tmp_path / "claims.csv")
    for row in pd.read_csv(tmp_path / "claims.csv").astype(object).to_dict("records"):
        validator("claims").validate({k: None if pd.isna(v) else v for k, v in row.items()})


def test_why_a_claim_cannot_be_told():
    wanted = {"since": {"unchanged_within": {"of": "x.view"}, "within": 0.1}, "few": {"majority": {"of": "x.view"}}}
    released = Wave(drawn()).released(wanted)
    assert {one.id: one.reason for one in verdicts(released)} == {"since": "no_comparable_wave", "few": "too_imprecise"}
    frame = drawn()
    frame["x__view"] = np.nan
    assert [one.reason for one in verdicts(Wave(frame).released({"few": wanted["few"]}))] == ["not_asked"]
    # Answers that do not vary between sampling units leave a difference without a standard error.
    frame = drawn().assign(x__use__one=1.0)
    gap = {"it": {"greater_than": [{**F, "ministry": "one"}, {**M, "ministry": "one"}]}}
    assert [one.reason for one in verdicts(Wave(frame).released(gap))] == ["no_standard_error"]


def test_of_volunteers_a_verdict_is_of_those_who_answered():
    frame = drawn(**MORE, x__view=0.45)
    wanted = {"women": {"greater_than": [F, M]}, "most": {"majority": {"of": "x.view"}},
              "first": {"first_or_tied": {"of": "barriers.a"}, "ranking": "barriers"},
              "same": {"unchanged_within": {"of": "x.view"}, "within": 0.1}}  # fmt: skip
    wave = Wave(frame, kind="volunteer")
    rows = wave.part(wanted)
    assert rows[["se", "ci_low", "p", "p_adjusted"]].isna().all().all()
    found = {one.id: (one.verdict, one.reason, one.p_adjusted) for one in verdicts(wave.released(wanted))}
    assert found["women"] == ("supported", "among_respondents", None)
    assert found["most"] == ("not_supported", "among_respondents", None)
    assert found["same"] == ("cannot_tell", "no_comparable_wave", None)
    largest = frame[["barriers__a", "barriers__b", "barriers__c"]].mean().idxmax() == "barriers__a"
    assert found["first"][0] == ("supported" if largest else "not_supported")


def test_a_sentence_that_no_longer_stands_stops_the_run_unless_it_is_to_be_printed():
    released = Wave(drawn(x__view=0.4)).released(PREDICATES, open="supported")
    found = verdicts(released)
    with pytest.raises(FindingsError) as error:
        check_stale(found, "stop")
    message = str(error.value)
    assert "open (expected supported, now not_supported, since w2)" in message and "when_stale: print" in message
    assert "expected: not_supported" in message and "women" not in message
    check_stale(found, "print")
    check_stale(verdicts(Wave(drawn(x__view=0.4)).released(PREDICATES, open="not_supported")), "stop")
    # What an author expects is of the headline wave, and of no other.
    check_stale(verdicts(Wave(drawn(x__view=0.4), "w1").released(PREDICATES, open="supported")), "stop")


def test_the_table_prints_every_verdict_and_what_no_longer_stands_in_every_language(shipped):
    told = {1.0: "supported", 0.0: "cannot_tell", -1.0: "not_supported"}
    of = {one.id: one for one in verdicts(released_example.released(shipped))}
    assert set(of) == set(shipped["claims"]["claims"]) and {one.verdict for one in of.values()} == set(told.values())
    stale = next(name for name, one in of.items() if one.verdict == "not_supported")
    declared = copy.deepcopy(shipped["claims"])
    declared["claims"][stale]["expected"] = "supported"
    study = {**shipped, "claims": declared, "headline_wave": released_example.WAVE}
    rows = released_example.released(study)
    for lang, words in (("en", "No longer supported. Now: Not supported"), ("my", "ယခု မထောက်ခံတော့ပါ။")):
        table = tables.labelled(rows, "claims", lang)
        line = next(row for row in table.texts() if row[0] == declared["claims"][stale]["sentence"][lang])
        assert line[1].startswith(words)
        assert captions(lang)["claims"]["synthetic"] in table.notes
        assert [row[1] for row in table.rows if row[0] == ""] == []
        assert not re.search("[0-9]" if lang == "my" else "[၀-၉]", " ".join(row[3] for row in table.texts()))
    frame = tables.build(rows, "claims")
    assert set(frame["claim"]) == set(of)
    assert frame.loc[frame["status"] == "suppressed", ["estimate", "ci_low", "ci_high"]].isna().all().all()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda c: c.update(expected="yes"), ["claims.internet_rural.expected", "cannot_tell"]),
        (lambda c: c.pop("source"), ["claims.internet_rural", "source"]),
        (lambda c: c["sentence"].pop("my"), ["claims.internet_rural.sentence", "my"]),
        (lambda c: c.update(predicate={"bigger": 1}), ["claims.internet_rural.predicate.bigger", "greater_than"]),
        (lambda c: c.update(predicate={"margin": 0.1}), ["claims.internet_rural.predicate", "no predicate"]),
        (lambda c: c.update(predicate={"majority": {"of": "barriers.wifi"}}), ["majority.of", "barriers.wifi"]),
        (lambda c: c.update(predicate={"majority": {"of": "usability.sus"}}), ["predicate.majority", "shares"]),
        (lambda c: c.update(predicate={"majority": {"of": "barriers.internet", "ministry": "war"}}), ["of war"]),
        (lambda c: c["predicate"]["greater_than"][0].update(group={"urban_rural": "town"}), ["urban_rural", "town"]),
        (lambda c: c["predicate"]["greater_than"][0].update(group={"place": "town"}), ["greater_than.group", "place"]),
        (lambda c: c["predicate"]["greater_than"][0].update(group={"trust_level": "trusts"}), ["estimated by"]),
        (lambda c: c.update(predicate={"unchanged_within": {"of": "trust.trust"}}), ["unchanged_within", "within"]),
        (lambda c: c.update(predicate={"first_or_tied": {"of": "trust.trust"}, "ranking": "barriers"}), ["an item of"]),
        (lambda c: c.update(predicate={"greater_than": [{"of": "trust.trust"}, {"of": "usability.sus"}]}), ["means"]),
        (lambda c: c.update(predicate={"greater_than": [{"of": "trust.trust"}, 10]}), ["is 10", "a share from 0 to 1"]),
        (lambda c: c.update(predicate={"unchanged_within": {"of": "trust.trust"}, "within": 5}), ["is 5", "a share"]),
    ],
)  # fmt: skip
def test_a_wrong_claim_stops_before_any_job_and_is_named(tmp_path, shipped, change, named):
    declared = yaml.safe_load((ROOT / "claims.yaml").read_text(encoding="utf-8"))
    declared = copy.deepcopy({**declared, "claims": {"internet_rural": declared["claims"]["internet_rural"]}})
    change(declared["claims"]["internet_rural"])
    (tmp_path / "claims.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    with pytest.raises(FindingsError) as error:
        load_claims(shipped, tmp_path / "claims.yaml")
    assert "claims.yaml" in str(error.value) and all(part in str(error.value) for part in named)


def test_a_table_of_claims_needs_claims(tmp_path, shipped):
    with pytest.raises(FindingsError, match="claims.yaml"):
        load_claims(shipped, tmp_path / "claims.yaml")
    bare = {**shipped, "exhibits": {"tables": {}}}
    assert load_claims(bare, tmp_path / "claims.yaml") == {}


def test_the_shipped_claims_have_a_source_and_name_what_the_study_has(shipped):
    jsonschema.Draft202012Validator.check_schema(validator("declared_claims").schema)
    indicators = expand_indicators(shipped)
    assert list(problems(shipped, shipped["claims"], indicators, levels(shipped))) == []
    for entry in shipped["claims"]["claims"].values():
        assert entry["source"] and statements(entry["predicate"], shipped, indicators)


def test_under_the_null_a_false_claim_is_supported_in_at_most_one_family_of_twenty():
    """2,000 families of eight false claims, each at the edge of being true, their estimates correlated."""
    random, draws, df = np.random.default_rng(8), 2000, 30
    gap, within = Statement("gap", ()), Statement("same", (), 1.0)
    wrong = 0
    for _ in range(draws):
        shared = random.normal()
        t = (0.6 * shared + 0.8 * random.normal(size=8)) / np.sqrt(random.chisquare(df, 8) / df)
        family = {f"g{i}": of_gap(gap, t[i], 1.0, df) for i in range(5)}
        family |= {f"w{i}": of_within(within, 1.0 + 0.2 * t[i], 0.2, df) for i in range(5, 8)}
        adjusted = holm(family, family)
        wrong += any(adjusted[name] <= ALPHA and family[name].favour <= family[name].against for name in family)
    assert wrong / draws <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)
    # The families are no empty ones: they do refuse.
    assert wrong / draws > 0.01


def test_evidence_is_small_on_one_side_only():
    for value in np.linspace(-3, 3, 25):
        for margin in (0.0, 1.0):
            one = of_gap(Statement("gap", (), margin=margin), value, 0.4, 40)
            assert max(one.favour, one.against) > ALPHA
            assert max((two := all_of([one, one])).favour, two.against) > ALPHA
    above = np.array([[1.0, 0.001, 0.001], [0.5, 1.0, 0.001], [0.999, 0.9, 1.0]])
    assert of_first(0, above).favour == 0.001 and of_first(2, above).against == 0.001
    assert of_first(1, above) == Evidence(1.0, 0.001)
