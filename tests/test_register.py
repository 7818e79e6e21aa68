"""Keys are printed and parsed without loss; the register's rows hold together on a whole run."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from conftest import WAVE
from findings.errors import FindingsError
from findings.keys import parse_key, print_key
from hypothesis import given
from hypothesis import strategies as st

CODE = st.from_regex(r"[a-z0-9_]{1,8}", fullmatch=True)
LEVEL = CODE.filter(lambda name: name not in ("ministry", "service", "weights"))


@given(
    st.fixed_dictionaries(
        {name: CODE for name in ("family", "indicator", "statistic", "wave")}
        | {name: st.none() | CODE for name in ("ministry", "service", "weighting")}
        | {"pairs": st.lists(st.tuples(LEVEL, CODE), max_size=3)}
    )
)
def test_a_key_is_parsed_to_what_was_printed(row):
    pairs = row.pop("pairs")
    row["breakdown"] = "&".join(level for level, _ in pairs) or None
    row["group"] = "&".join(group for _, group in pairs) or None
    assert parse_key(print_key(row)) == row


@pytest.mark.parametrize("key", ["", "a.b.c", "a.b.c|x@w", "a.b.c|service=s;ministry=m@w", "a.b|@w"])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(FindingsError):
        parse_key(key)


@pytest.fixture(scope="module")
def rows(finished_study):
    frame = pd.read_parquet(finished_study / "results" / "confidential" / WAVE / "register.parquet")
    counts = frame["cells"].map(json.loads)
    return frame.assign(cell_n=counts.map(lambda c: c["n"]), cell_k=counts.map(lambda c: c["k"]))


def test_keys_are_unique_and_their_own(rows):
    assert rows["key"].is_unique
    for key in rows["key"].iloc[:: max(1, len(rows) // 300)]:
        assert print_key(parse_key(key)) == key


def test_unweighted_shares_are_their_counts(rows):
    shares = rows[(rows["weighting"] == "none") & (rows["statistic"] == "proportion") & rows["column"].notna()]
    assert len(shares) > 500
    assert ((shares["cell_k"].astype(float) / shares["cell_n"] - shares["estimate"]).abs() < 1e-12).all()
    assert (shares["n"] == shares["cell_n"]).all() and (shares["n"] + shares["n_missing"] == shares["n_asked"]).all()


def test_every_interval_holds_its_estimate(rows):
    known = rows[rows["ci_low"].notna()]
    assert len(known) > 1000
    assert (known["ci_low"] <= known["estimate"] + 1e-9).all() and (known["estimate"] <= known["ci_high"] + 1e-9).all()
    share = known[known["statistic"] == "proportion"]
    assert share["ci_low"].min() >= 0 and share["ci_high"].max() <= 1


def test_use_is_within_ever_use_within_awareness(rows):
    wide = rows[(rows["family"] == "adoption") & (rows["weighting"] == "none") & rows["service"].notna()].pivot_table(
        index=["service", "breakdown", "group"], columns="indicator", values="cell_k", aggfunc="first", dropna=False
    )
    wide = wide[["aware", "ever_used", "current_use"]].dropna().astype(float)
    assert len(wide) > 50
    assert (wide["current_use"] <= wide["ever_used"]).all() and (wide["ever_used"] <= wide["aware"]).all()


def test_people_outside_are_in_no_weighted_row(rows):
    outside = rows[rows["group"].eq("outside").fillna(False)]
    assert len(outside) and set(outside["weighting"]) == {"none"}
    inside = rows[
        (rows["family"] == "sample") & (rows["statistic"] == "count") & rows["group"].eq("inside").fillna(False)
    ]
    total = rows[rows["key"] == f"sample.respondents.count|weights=none@{WAVE}"]
    assert inside["n"].iloc[0] == total["n"].iloc[0]
