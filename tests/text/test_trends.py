"""Exhibits of several waves: what stands where, what is said of what is withheld, and which composition is fixed."""

from __future__ import annotations

import pytest
from findings import tables
from findings.keys import ALL
from findings.text.exhibits import footer, mark
from findings.text.facts import panels, rows_of
from released_example import of_figure, released, study

STUDY = study()
ENTRIES = STUDY["exhibits"]["figures"]


def shown(name, lang="en", **change):
    rows = of_figure(STUDY, name, **change)
    return rows, panels(rows, ENTRIES[name], lang)


@pytest.mark.parametrize("name", ["change_services", "change_barriers"])
def test_a_dumbbell_has_both_waves_and_the_change_the_largest_now_first_and_withheld_ones_last(name):
    rows, found = shown(name, suppress=0.2)
    assert [panel.label for panel in found] == [m["label"]["en"] for m in STUDY["ministries"].values()]
    for panel in found:
        each = [lines for _, lines in rows_of(panel)]
        assert all([line.estimate.wave for line in lines][:2] == [rows.earlier.wave, rows.wave] for lines in each)
        now = [lines[1].estimate for lines in each]
        values = [row.value for row in now if row.published]
        assert values == sorted(values, reverse=True)
        assert [row.published for row in now] == sorted((row.published for row in now), reverse=True)


def test_a_slope_is_of_one_level_in_all_waves_and_of_no_wave_alone():
    rows, found = shown("slopes_urban")
    for panel in found:
        for _, (before, now) in rows_of(panel):
            assert (before.estimate.wave, now.estimate.wave) == (rows.earlier.wave, rows.wave)
            assert before.estimate.group == now.estimate.group and now.estimate.breakdown == "urban_rural"
    # A wave without a comparable one before it, as one of volunteers, has no line.
    assert panels(released(STUDY), ENTRIES["slopes_urban"], "en") == []


def test_the_note_names_the_breakdowns_that_the_weights_hold_to_the_population():
    rows, found = shown("decomposition")
    lines = [line.estimate for panel in found for line in panel.lines]
    (said,) = [line for line in footer(rows, ENTRIES["decomposition"], lines, "en") if line.startswith("The weights")]
    assert "Gender" in said and "Age" in said and "Urban or rural" in said and "Ethnicity" not in said


def test_the_table_has_every_groups_part_as_csv_and_whole_levels_for_readers():
    rows = of_figure(STUDY, "decomposition", suppress=0.0)
    frame, table = tables.build(rows, "decompositions"), tables.labelled(rows, "decompositions", "en")
    assert len(table.rows) == (frame["group"] == ALL).sum() < len(frame)
    first = frame[(frame["group"] == ALL) & frame["rate_effect"].notna()].iloc[0]
    assert rows.number(first["rate_key"]).value == first["rate_effect"]
    assert rows.number(first["composition_key"]).high == first["composition_high"]


def test_a_change_with_a_note_bears_its_mark_and_the_footer_says_what_it_means():
    rows, found = shown("change_services", suppress=0.0)
    change = rows_of(found[0])[0][1][2].estimate
    noted = change.__class__(**{**change.__dict__, "reliability": "note"})
    assert mark(noted, "en") == "§"
    assert any(line.startswith("§") for line in footer(rows, ENTRIES["change_services"], [noted], "en"))
