"""The counterpart of a header or an answer: exact, by code, by label, by likeness."""

from __future__ import annotations

import pytest
from findings.add_wave.matching import matches

KNOWN = {"internet": {"en": "No internet", "my": "အင်တာနက် မရှိ"}, "power_cuts": {"en": "Power cuts", "my": "မီးပျက်"}}


@pytest.mark.parametrize(
    ("text", "code", "how"),
    [
        ("power_cuts", "power_cuts", "exact"), ("Power-Cuts", "power_cuts", "code"),
        ("NO internet!", "internet", "label"),
        ("မီးပျက်", "power_cuts", "label"), ("Power cut", "power_cuts", "text"), ("internet, no", "internet", "text"),
        ("The queue is long", None, None), ("", None, None),
    ],
)  # fmt: skip
def test_a_counterpart_is_found_by_code_then_label_then_likeness(text, code, how):
    found = matches([text], KNOWN)
    assert (found[0].code, found[0].how) == (code, how) if code else not found


def test_two_counterparts_by_label_are_none_and_near_ones_are_told():
    twice = {"a": {"en": "Very good"}, "b": {"en": "very good!"}, "c": {"en": "Very goods"}}
    found = matches(["VERY GOOD"], twice)
    assert found[0].how == "text" and set(found[0].also) >= {"b"} | ({"a"} - {found[0].code}) - {found[0].code}
