"""What a part without an answer counts as: in words that change when the code or the declaration does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from findings import indicators
from findings.audit.composed import LEFT_OUT, composed
from findings.config import load_study
from findings.environment import ROOT
from findings.plan import expand_indicators


@pytest.fixture(scope="module")
def known():
    return {each.column: each for each in expand_indicators(load_study(ROOT / "config.yaml"))}


def test_every_kind_of_indicator_of_several_parts_is_told(known):
    any_of = composed(known["adoption__current_any_service"], known)
    assert "one part is 1 and another has no answer: counts as 1" in any_of
    assert f"no part is 1 and one has no answer: {LEFT_OUT}" in any_of
    assert "a part that was not asked because its ever_used is 0: counts as 0" in any_of
    but_not = composed(known["adoption__never_any__health"], known)
    assert "adoption__aware_any__health is 0 and adoption__ever_any__health has no answer: counts as 0" in but_not
    assert f"adoption__aware_any__health is 1 and adoption__ever_any__health has no answer: {LEFT_OUT}" in but_not
    assert f"2 of the 3 items must be answered; with fewer, {LEFT_OUT}" in composed(known["literacy__literacy"], known)
    assert f"lang_offered has no answer: {LEFT_OUT}" in composed(known["language__language_gap"], known)
    assert composed(known["usability__sus"], known)[0].startswith("all 10 items")
    assert composed(known["trust__trust"], known) == []


def test_every_wave_that_did_not_ask_a_part_has_no_number(known):
    for indicator in known.values():
        told = composed(indicator, known)
        assert not told or told[-1].endswith("nobody has a value"), indicator.column


def test_the_words_follow_the_code(known, monkeypatch):
    def counted_as_no(values, states):
        table = np.nan_to_num(np.array(values))
        return table.max(axis=0), np.full(table.shape[1], "answered", dtype=object)

    monkeypatch.setattr(indicators, "_any_of", counted_as_no)
    assert "no part is 1 and one has no answer: counts as 0" in composed(known["adoption__ever_any__health"], known)


def test_the_words_follow_the_declaration(known):
    item = known["literacy__literacy"]
    fewer = replace(item, source={**item.source, "minimum_items": 1})
    assert composed(fewer, known)[0].startswith("1 of the 3 items")
    part = known["adoption__ever_used__telekyanmar"]
    without = {name: given for name, given in part.source.items() if name != "not_asked"}
    changed = known | {part.column: replace(part, source=without)}
    told = [line for line in composed(known["adoption__ever_any__health"], changed) if "not asked because" in line]
    assert any("has no answer" in line for line in told), told
