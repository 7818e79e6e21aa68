"""Indicators: values, states, bases and groups, and what is said of answers nobody declared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from findings.errors import FindingsError
from findings.indicators import build, check_offered
from findings.plan import expand_indicators, levels

SUS = [f"sus_{i:02d}" for i in range(1, 11)]


def study(*entries):
    return {
        "nonanswers": {"declined": ["pna"], "dont_know": ["dk"]},
        "ministries": {"m": {}},
        "services": {"s": {"ministry": "m"}, "t": {"ministry": "m"}},
        "barriers": {"cost": {}, "power": {}},
        "breakdowns": {
            "age_group": {"column": "age", "sensitive": False, "ladder": [
                {"level": "age_group", "groups": {"young": {}, "old": {}},
                 "bins": {"young": [18, 34], "old": [35, 99]}}]},
            "sex": {"column": "sex", "sensitive": False, "ladder": [
                {"level": "sex", "groups": {"f": {}, "m": {}}, "not_shown": ["x"]}]},
        },
        "indicators": [
            {"id": "aware", "family": "a", "statistic": "proportion", "for_each": {"service": "services"},
             "column": "aware_{service}", "one": ["yes"], "zero": ["no"], "base": None},
            *entries,
        ],
    }  # fmt: skip


def made(config, **columns):
    defaults = {"age": ["20"], "sex": ["f"], "aware_s": ["yes"], "aware_t": ["no"]}
    count = len(next(iter(columns.values())))
    cells = {**{name: values * count for name, values in defaults.items()}, **columns}
    frame = pd.DataFrame({"row_id": [f"r{i:06d}" for i in range(count)], **cells}, dtype="string")
    return build(frame, expand_indicators(config), levels(config), config)


def column(frame, name):
    """Values (None for NaN) and states."""
    values = [None if np.isnan(value) else float(value) for value in frame[name]]
    return values, frame[f"{name}__state"].tolist()


def hard(code):
    return {"id": code, "family": "b", "statistic": "proportion", "column": "why", "contains": code, "base": None}


HARD = (hard("cost"), hard("power"))


def test_an_answer_that_the_form_has_under_another_code_is_not_counted_as_never_given():
    """A renamed option would be a share of nought."""
    declared = expand_indicators(study(*HARD))
    asked = {"questions": [{"name": "why", "list": "reasons"}], "choices": {"reasons": {"cost": {}, "b2": {}}}}
    nobody = pd.DataFrame({"why": ["cost b2", None]}, dtype="string")
    with pytest.raises(FindingsError) as stop:
        check_offered(declared, asked, [], {}, nobody)
    assert stop.value.codes == ["why/power"] and "recode" in str(stop.value) and "not_asked" in str(stop.value)
    for unasked in (["why"], ["why/power"]):
        check_offered(declared, asked, unasked, {}, nobody)
    renamed = {**asked, "choices": {"reasons": {"cost": {}, "power": {}}}}
    check_offered(declared, renamed, [], {}, nobody)
    # wave.yaml adds the code, and the step that makes it was not taken.
    with pytest.raises(FindingsError, match="no options"):
        check_offered(declared, renamed, [], {"reasons": {"power": {}}}, nobody)
    check_offered(declared, renamed, [], {"reasons": {"power": {}}}, pd.DataFrame({"why": ["power"]}, dtype="string"))


def test_an_answer_that_was_not_offered_has_no_number():
    found = made({**study(*HARD), "not_asked": ["why/power"]}, why=["cost", "cost"])
    assert column(found, "b__power") == ([None, None], ["not_asked", "not_asked"])
    assert column(found, "b__cost")[0] == [1, 1]


def test_a_single_answer_and_its_states():
    frame = made(study(), aware_s=["yes", "no", "dk", "pna", None])
    states = ["answered", "answered", "dont_know", "declined", "blank"]
    assert column(frame, "a__aware__s") == ([1, 0, None, None, None], states)


EVER = {"id": "ever", "family": "a", "statistic": "proportion", "for_each": {"service": "services"},
        "column": "ever_{service}", "one": ["yes"], "zero": ["no"], "base": "aware"}  # fmt: skip


def test_a_base_leaves_out_and_not_asked_gives_a_value():
    cells = {"aware_s": ["yes", "yes", "no", "dk"], "ever_s": ["yes", None, None, None], "ever_t": [None] * 4}
    frame = made(study(EVER), **cells)
    assert column(frame, "a__ever__s") == ([1, None, None, None], ["answered", "blank", "not_asked", "not_asked"])
    frame = made(study({**EVER, "not_asked": 0}), **cells)
    # The unaware are no users; who would not say whether they are aware is not counted as unaware.
    assert column(frame, "a__ever__s") == ([1, None, 0, None], ["answered", "blank", "not_asked", "dont_know"])


def test_what_a_wave_did_not_ask_has_no_value_and_neither_has_what_needs_it():
    any_of = {"id": "any", "family": "a", "statistic": "proportion", "for_each": {"ministry": "ministries"},
              "any_of": "aware", "base": None}  # fmt: skip
    config = study({**EVER, "not_asked": 0}, any_of)
    cells = {"age": ["20"] * 3, "sex": ["f"] * 3, "aware_s": ["yes", "yes", "no"], "ever_s": ["yes", "no", None],
             "aware_t": ["yes", "no", "no"], "ever_t": ["yes", None, None]}  # fmt: skip
    nothing = ([None] * 3, ["not_asked"] * 3)

    def without(*names):
        frame = pd.DataFrame({"row_id": ["a", "b", "c"], **cells}, dtype="string").drop(columns=list(names))
        return build(frame, expand_indicators(config), levels(config), {**config, "not_asked": list(names)})

    frame = without("aware_t", "ever_t")
    assert [column(frame, f"a__{name}") for name in ("aware__t", "ever__t", "any__m")] == [nothing] * 3
    assert column(frame, "a__ever__s")[0] == [1, 0, 0]
    # Not even the no of the unaware is left: it would be the only answer.
    frame = without("ever_t")
    assert column(frame, "a__ever__t") == nothing and column(frame, "a__any__m")[0] == [1, 1, 0]
    with pytest.raises(FindingsError, match="not_asked"):
        build(pd.DataFrame({"row_id": ["a"], "age": ["20"]}, dtype="string"), [], [], {**config, "not_asked": ["age"]})


def test_any_of_is_one_for_any_and_none_where_it_hangs_on_a_missing_one():
    any_of = {"id": "any", "family": "a", "statistic": "proportion", "for_each": {"ministry": "ministries"},
              "any_of": "aware", "base": None}  # fmt: skip
    frame = made(study(any_of), aware_s=["yes", "no", "no", "dk"], aware_t=["dk", "no", "pna", "yes"])
    assert column(frame, "a__any__m") == ([1, 0, None, 1], ["answered", "answered", "declined", "answered"])


def test_select_multiple_and_main_answer():
    contains = {"id": "{barrier}", "family": "b", "statistic": "proportion",
                "for_each": {"ministry": "ministries", "barrier": "barriers"}, "column": "why", "contains": "{barrier}",
                "base": None}  # fmt: skip
    equals = {"id": "{barrier}", "family": "main", "statistic": "proportion",
              "for_each": {"ministry": "ministries", "barrier": "barriers"}, "column": "main", "equals": "{barrier}",
              "base": None}  # fmt: skip
    any_ = {"id": "any", "family": "b", "statistic": "proportion", "column": "why", "contains": ["cost", "power"],
            "base": None}  # fmt: skip
    frame = made(
        study(contains, equals, any_),
        why=["cost power", "none", "dk", None, "power dk"],
        main=["cost", "power", "pna", None, "power"],
    )
    assert column(frame, "b__cost__m")[0] == [1, 0, None, None, 0]
    assert column(frame, "b__any")[0] == [1, 0, None, None, 1]
    assert column(frame, "b__any")[1] == ["answered", "answered", "dont_know", "blank", "answered"]
    assert column(frame, "main__cost__m")[0] == [1, 0, None, None, 0]


def test_sus_is_scored_as_published_and_only_when_complete():
    sus = {"id": "sus", "family": "u", "statistic": "mean", "base": None, "sus": SUS,
           "scale": {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5}}  # fmt: skip
    best = ["5" if i % 2 == 0 else "1" for i in range(10)]
    rows = [best, ["3"] * 10, ["4"] * 10, [*best[:9], "dk"], [None] * 10]
    frame = made(study(sus), **{name: [row[i] for row in rows] for i, name in enumerate(SUS)})
    assert column(frame, "u__sus") == (
        [100, 50, 50, None, None], ["answered", "answered", "answered", "dont_know", "blank"],
    )  # fmt: skip


def test_scale_number_and_gap():
    scale = {
        "id": "scale",
        "family": "x",
        "statistic": "mean",
        "column": "q",
        "scale": {"lo": 1, "hi": 5},
        "base": None,
    }
    number = {"id": "number", "family": "x", "statistic": "mean", "column": "age", "number": True, "base": None}
    gap = {"id": "gap", "family": "x", "statistic": "proportion", "not_in": ["want", "have"], "base": None}
    frame = made(
        study(scale, number, gap), q=["lo", "hi", "dk"], age=["20", "40", None],
        want=["a b", "a", "dk"], have=["a", "a c", "a"],
    )  # fmt: skip
    assert column(frame, "x__scale")[0] == [1, 5, None]
    assert column(frame, "x__number")[0] == [20, 40, None]
    assert column(frame, "x__gap") == ([1, 0, None], ["answered", "answered", "dont_know"])


def test_a_scale_of_items_turns_the_reversed_and_says_how_many_must_be_answered():
    entry = {"id": "skill", "family": "l", "statistic": "mean", "mean_of": ["q1", "q2", "q3"], "reversed": ["q2"],
             "scale": {"none": 1, "some": 2, "full": 4}, "base": None}  # fmt: skip
    cells = {"q1": ["full", "full", "full", "dk"], "q2": ["none", "some", "pna", "pna"],
             "q3": ["some", None, "none", None]}  # fmt: skip
    # q2 is turned: 1 + 4 - answer. All are to be answered unless the config says otherwise.
    values, states = column(made(study(entry), **cells), "l__skill")
    assert values == [pytest.approx((4 + 4 + 2) / 3), None, None, None]
    assert states == ["answered", "blank", "declined", "declined"]
    values, states = column(made(study({**entry, "minimum_items": 2}), **cells), "l__skill")
    assert values == [pytest.approx(10 / 3), pytest.approx((4 + 3) / 2), pytest.approx(2.5), None]
    assert states == ["answered", "answered", "answered", "declined"]


def test_an_incomplete_sus_counts_only_by_a_declared_rule():
    entry = {"id": "sus", "family": "u", "statistic": "mean", "sus": SUS, "base": None,
             "scale": {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}}  # fmt: skip
    # Best answer to nine statements, the tenth unanswered; then to one only.
    best = ["e" if i % 2 == 0 else "a" for i in range(10)]
    cells = {name: [best[i] if i < 9 else None, best[i] if i < 1 else None] for i, name in enumerate(SUS)}
    assert column(made(study(entry), **cells), "u__sus") == ([None, None], ["blank", "blank"])
    assert column(made(study({**entry, "minimum_items": 8}), **cells), "u__sus") == ([100, None], ["answered", "blank"])


def test_groups_by_an_indicators_value():
    config = study()
    config["breakdowns"]["awareness"] = {"indicator": "a__aware__s", "sensitive": False, "ladder": [
        {"level": "awareness", "groups": {"unaware": {}, "aware": {}},
         "bins": {"unaware": [0, 0], "aware": [1, 1]}}]}  # fmt: skip
    frame = made(config, aware_s=["yes", "no", "dk", None])
    assert frame["awareness"].astype(object).where(frame["awareness"].notna(), None).tolist() == [
        "aware", "unaware", None, None]  # fmt: skip


def test_groups_by_code_and_by_bin():
    frame = made(study(), age=["18", "34", "35", None], sex=["f", "x", "pna", "m"])
    assert frame["age_group"].fillna("").tolist() == ["young", "young", "old", ""]
    assert frame["sex"].fillna("").tolist() == ["f", "", "", "m"]


@pytest.mark.parametrize(("cells", "words"), [({"aware_s": ["maybe"]}, "aware_s"), ({"sex": ["robot"]}, "sex")])
def test_an_undeclared_answer_stops(cells, words):
    with pytest.raises(FindingsError, match="answer") as caught:
        made(study(), **cells)
    assert caught.value.column == words and caught.value.codes
