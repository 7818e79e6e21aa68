"""Derived rows pass the gate only with everything that they are computed from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from findings.disclosure import disclose_derived, rests_on
from findings.errors import FindingsError
from findings.keys import is_key, model_key, pair_of
from findings.register import derived, needs

LIMITS = {"min_cell": 10, "min_difference": 10}
WAVE = {"wave": "w", "synthetic": True}
JUDGED = pd.DataFrame({"key": ["f.a.proportion|@w", "f.b.proportion|@w"], "status": ["published", "suppressed"]})


def status(**cells) -> dict[str, str]:
    """Status of one derived row per argument."""
    rows = [
        {"family": "f", "indicator": name, "statistic": "rank", "estimate": 1.0, "cells": text}
        for name, text in cells.items()
    ]
    found = disclose_derived(derived(rows, WAVE, "probability"), [JUDGED], LIMITS)
    return dict(zip(found["indicator"], found["status"], strict=True))


def test_every_row_count_and_near_number_is_needed():
    found = status(
        fine=needs(["f.a.proportion|@w"], [10, 400], [(300, 300), (300, 310)]),
        withheld_row=needs(["f.a.proportion|@w", "f.b.proportion|@w"]),
        small_count=needs(["f.a.proportion|@w"], [9]),
        no_count=needs(["f.a.proportion|@w"], [0]),
        too_near=needs(["f.a.proportion|@w"], near=[(300, 309)]),
        on_derived=needs(["f.fine.rank|@w"]),
        on_withheld_derived=needs(["f.small_count.rank|@w"]),
    )
    assert {name for name, state in found.items() if state == "published"} == {"fine", "on_derived"}


def test_of_published_rows_alone_it_is_told_what_they_rest_on_and_of_none_its_counts():
    cells = {"fine": needs(["f.a.proportion|@w"], [123]), "small": needs(["f.a.proportion|@w"], [9])}
    rows = derived(
        [{"family": "f", "indicator": name, "statistic": "rank", "cells": text} for name, text in cells.items()],
        WAVE, "probability",
    )  # fmt: skip
    part = {"f.fine.rank|@w": "barriers", "f.small.rank|@w": "barriers"}
    told = rests_on(rows, part, disclose_derived(rows, [JUDGED], LIMITS))
    assert told == {"f.fine.rank|@w": ["barriers", ["f.a.proportion|@w"]]}


def test_a_row_that_does_not_say_what_it_rests_on_is_refused():
    with pytest.raises(ValueError, match="computed from"):
        derived([{"family": "f", "indicator": "x", "statistic": "rank", "cells": needs()}], WAVE, "probability")
    with pytest.raises(FindingsError, match="no register"):
        status(x=needs(["f.unknown.proportion|@w"]))


def test_no_derived_rows_is_a_file_of_no_rows():
    found = disclose_derived(derived([], WAVE, "probability"), [JUDGED], LIMITS)
    assert found.empty and "estimate" in found and np.all(found.columns != "cells")


def test_keys_of_comparisons_and_models():
    a, b = "f.a.proportion|weights=none;gender=female@w", "f.a.proportion|weights=none;gender=male@w"
    gap = f"diff({a},{b})"
    assert pair_of(a) is None and pair_of(gap) == (a, b)
    assert pair_of(f"diff({gap},{gap})") == (gap, gap) and is_key(f"ratio({gap},{a})")
    assert is_key(model_key("adoption_health", "gender", "female", "w")) and is_key(a)
    assert not is_key(f"diff({a})") and not is_key("f.a|@w") and not is_key(f"diff({a},no)")
