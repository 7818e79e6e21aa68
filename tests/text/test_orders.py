"""The words of an order: "first" only where the rank sets say so; the figures and tables that show them."""

from __future__ import annotations

import pytest
from findings import figures
from findings.release import Released
from findings.text.captions import captions
from findings.text.exhibits import footer, sentences, title
from findings.text.facts import panels
from findings.text.issued import plain
from findings.text.numbers import full
from findings.text.orders import order_of
from released_example import as_text as text_rows
from released_example import estimates, is_derived, released, study

NAME = "barriers_health"


def with_sets(sets: list[tuple[int, int]], name: str = NAME) -> tuple[Released, dict]:
    """A release in which the health barriers have these rank sets, from the largest estimate on."""
    config = study()
    whole = estimates(config, suppress=0.0)
    rank = (whole["statistic"] == "rank") & (whole["family"] == "barriers") & (whole["ministry"] == "health")
    for key, (low, high) in zip(whole[rank].sort_values("estimate")["key"], sets, strict=True):
        whole.loc[whole["key"] == key, ["rank_low", "rank_high"]] = (low, high)
    derived = is_derived(whole)
    rows = Released(text_rows(whole[~derived]), config, None, text_rows(whole[derived]))
    return rows, config["exhibits"]["figures"][name]


def sets_of_11(*first: tuple[int, int]) -> list[tuple[int, int]]:
    return [*first, *[(len(first) + 1, 11)] * (11 - len(first))]


def test_one_is_first_only_where_its_set_alone_holds_the_first_rank():
    rows, entry = with_sets(sets_of_11((1, 1), (2, 3), (2, 3)))
    assert title(rows, NAME, entry, "en").sentence.startswith("First: ")
    said = sentences(rows, NAME, entry, "en")[0].sentence
    assert "tied" not in said and "among the first three: " in said
    assert said.split("among the first three")[1].count("%") == 4  # two with their intervals
    assert title(rows, NAME, entry, "my").sentence.startswith("ပထမ - ")


def test_what_may_be_tied_for_first_is_all_named_in_the_sentence():
    rows, entry = with_sets(sets_of_11((1, 4), (1, 4), (1, 4), (1, 4)))
    first = title(rows, NAME, entry, "en").sentence
    assert first.startswith("First, or tied for first: ") and first.endswith(", and others")
    said = sentences(rows, NAME, entry, "en")[0]
    assert "first, or tied for first: " in said.sentence and len(said.keys) == 4
    assert "among the first three" not in said.sentence
    assert "ပူးတွဲပထမ" in title(rows, NAME, entry, "my").sentence


def test_a_first_rank_of_one_whose_set_is_wide_is_no_first():
    # A point rank of 1 with a set up to 2, beside one that cannot be first: first, as nothing else may be.
    rows, entry = with_sets([(1, 1), *[(2, 11)] * 10])
    lines = panels(rows, entry, "en")[0].lines
    order = order_of(rows, lines)
    assert order and order.sure and [line.estimate.indicator for line in order.first] == [lines[0].estimate.indicator]


@pytest.mark.parametrize("change", [{"intervals": False}, {"suppress": 0.3}])
def test_without_rank_sets_no_order_is_claimed(change):
    rows = released(**change)
    entry = rows.config["exhibits"]["figures"][NAME]
    assert order_of(rows, panels(rows, entry, "en")[0].lines) is None
    assert title(rows, NAME, entry, "en").sentence.startswith("Highest estimates")
    assert "no order is claimed" in sentences(rows, NAME, entry, "en")[0].sentence
    shown = [line.estimate for line in panels(rows, entry, "en")[0].lines]
    assert not any("confidence" in words for words in footer(rows, entry, shown, "en"))


def test_the_footer_says_how_surely_an_order_is_told():
    config = study()
    config["rankings"]["barriers"]["level"] = 0.9
    rows = released(config, suppress=0.0)
    entry = config["exhibits"]["figures"]["barriers_ranks"]
    shown = [line.estimate for panel in panels(rows, entry, "en") for line in panel.lines]
    assert any("90% confidence" in plain(words) for words in footer(rows, entry, shown, "en"))
    assert any("၉၀%" in plain(words) for words in footer(rows, entry, shown, "my"))


def test_a_rank_is_printed_with_its_set_unless_it_is_one_rank():
    rows, _ = with_sets(sets_of_11((1, 1), (2, 3), (2, 3)))
    ranked = rows.derived("barriers", statistic="rank", ministry="health")
    said = {plain(full(row, "en")) for row in ranked if (row.value or 9) <= 3}
    assert said == {"1", "2 (2–3)", "3 (2–3)"}


def test_combinations_stand_largest_first_with_their_sets_and_no_more_than_asked_for():
    rows = released()
    entry = rows.config["exhibits"]["figures"]["together_health"]
    combinations, sets = (panel.lines for panel in panels(rows, entry, "en"))
    assert len(combinations) == entry["most"] and 2 <= len(sets) <= rows.config["intersections"]["sets"]
    values = [line.estimate.value for line in combinations]
    assert values == sorted(values, reverse=True)
    assert captions("en")["upset"]["none"] in {line.label for line in combinations}
    assert {line.estimate.family for line in sets} == {"barriers"}
    keys = figures.keys(rows, "together_health", "en")
    assert set(keys) == {line.estimate.key for line in [*combinations, *sets]}
