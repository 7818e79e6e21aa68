"""The specification curve and its table: what is drawn of many points, what of the others is said, and volunteers."""

from __future__ import annotations

import pandas as pd
import pytest
from findings import figures, tables
from findings.figures.page import ACCENT
from findings.figures.specification import UNCLEAR, thinned
from findings.grids import parse_point
from findings.text.exhibits import sentences
from findings.text.issued import plain, unmarked
from findings.text.specifications import curves
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from released_example import of_figure, released, study

STUDY = study()
NAME = "specifications_gender"
ENTRY = STUDY["exhibits"]["figures"][NAME]


@pytest.fixture(scope="module")
def rows():
    return of_figure(STUDY, NAME)


def said(figure) -> str:
    return plain(" ".join(text.get_text() for text in figure.findobj(Text)))


def test_a_curve_runs_from_the_lowest_to_the_highest_published_point(rows):
    found = curves(rows, ENTRY, "en")
    assert [curve.label for curve in found] == ["Health", "Planning, Finance and Investment", "Education"]
    for curve in found:
        values = [row.value for _, row in curve.points]
        assert values == sorted(values) and curve.hidden and all(not row.published for _, row in curve.hidden)
        assert curve.main.key in {row.key for _, row in curve.points}
        assert parse_point(curve.main.indicator, curve.main.weighting).definition == "current"


def test_of_many_points_as_many_are_drawn_as_can_be_told_apart(rows):
    curve = curves(rows, ENTRY, "en")[0]
    drawn = thinned(curve, 40)
    assert 38 <= len(drawn) <= 41
    keys = [row.key for _, row in drawn]
    assert keys[0] == curve.points[0][1].key and keys[-1] == curve.points[-1][1].key and curve.main.key in keys
    order = [row.key for _, row in curve.points]
    places = [order.index(key) for key in keys]
    steps = [b - a for a, b in zip(places, places[1:], strict=False)]
    assert places == sorted(places) and max(steps) <= 2.5 * len(order) / 40
    assert thinned(curve, 10_000) == curve.points


def test_the_footer_counts_what_is_drawn_and_what_is_withheld(rows):
    found = curves(rows, ENTRY, "en")
    words = said(figures.draw(rows, NAME, "en")).replace("\n", " ")
    total, hidden = sum(len(c.points) for c in found), sum(len(c.hidden) for c in found)
    assert f"of {total:,} specifications are drawn" in words and f"◇ {hidden:,} more are withheld" in words
    assert len(figures.keys(rows, NAME, "en")) >= total


def test_a_mark_has_the_colour_of_what_its_interval_says(rows):
    colours = {
        tuple(colour)
        for collection in figures.draw(rows, NAME, "en").findobj(LineCollection)
        for colour in collection.get_colors()
    }
    assert {to_rgba(ACCENT), to_rgba(UNCLEAR)} <= colours


def test_volunteers_have_a_curve_without_intervals_and_no_share_beyond_chance():
    rows = released(STUDY, design="volunteer", intervals=False, specifications=True)
    figure = figures.draw(rows, NAME, "en")
    words = said(figure)
    assert "beyond chance" not in words and "95%" not in words
    assert curves(rows, ENTRY, "en")[0].main.weighting == "none"
    assert "significant" not in set(tables.build(rows, NAME)["statistic"])
    assert any(sentence.sentence for sentence in sentences(rows, NAME, ENTRY, "en"))


def test_the_table_has_every_point_in_codes_and_one_row_per_choice_with_labels(rows, tmp_path):
    frame = tables.build(rows, NAME)
    points = frame[frame["statistic"] == "difference"]
    declared = [row for row in rows.derived("specification") if row.indicator.startswith("gender_gap__")]
    assert set(points["key"]) == {r.key for r in declared if parse_point(r.indicator, r.weighting)}
    assert points["main"].sum() == 3 and points[["definition", "weighting", "interval"]].notna().all(axis=None)
    hidden = points[points["status"] == "suppressed"]
    assert len(hidden) and hidden[["estimate", "ci_low", "ci_high", "p", "n"]].isna().all(axis=None)
    for one in points[points["status"] == "published"].head(20).itertuples():
        assert one.estimate == pytest.approx(rows.number(one.key).value)
    table = tables.labelled(rows, NAME, "en")
    printed = unmarked(table.texts())
    assert table.header[2:] == ["Health", "Planning, Finance and Investment", "Education"]
    every = next(row for row in printed if row[0] == "All specifications")
    published = points[points["status"] == "published"]
    assert every[1] == f"{len(published):,}" and every[2].endswith("; 97%; 61%") and " to " in every[2]
    weights = [int(row[1].replace(",", "")) for row in printed if row[0].startswith("Weights:")]
    assert len(weights) > 2 and sum(weights) == len(published)
    assert printed[0][2] == f"{table.rows[0][2].value * 100:+.0f} points".replace("-", "−")
    assert any("In a cell" in note for note in table.notes)


def test_a_share_is_held_against_its_threshold():
    rows = of_figure(STUDY, "specifications_trust")
    curve = curves(rows, STUDY["exhibits"]["figures"]["specifications_trust"], "en")[0]
    assert curve.null == 0.5 and curve.main.statistic == "proportion"
    low = next(row for _, row in curve.points if row.high is not None and row.high < 0.5)
    assert curve.clear(low) and "threshold" in said(figures.draw(rows, "specifications_trust", "en"))


def test_nothing_published_is_said_and_not_drawn():
    rows = of_figure(STUDY, NAME, suppress=1.0)
    figure = figures.draw(rows, NAME, "en")
    assert "None of these numbers may be published" in said(figure) and not figure.findobj(LineCollection)
    assert pd.isna(tables.build(rows, NAME)["estimate"]).all()
