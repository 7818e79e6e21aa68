"""A study's configuration: the real one, and what is said of wrong ones."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml
from findings import declarations
from findings.config import load_study, load_wave, without_labels
from findings.errors import FindingsError
from findings.plan import expand_indicators, levels

ROOT = Path(__file__).parent.parent
STUDY = load_study(ROOT / "config.yaml")


def stopped(tmp_path, change):
    """What is said of the study after `change`."""
    study = copy.deepcopy(STUDY)
    # It is read from a file of its own.
    study.pop("claims", None)
    change(study)
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        load_study(path)
    return str(caught.value)


def _entry(study, name):
    return next(entry for entry in study["indicators"] if entry["id"] == name)


def test_every_key_is_described():
    import json

    def properties(node, path=""):
        if isinstance(node, dict):
            for name, entry in (node.get("properties") or {}).items():
                if isinstance(entry, dict) and "$ref" not in entry:
                    yield f"{path}.{name}", entry
            for key, value in node.items():
                yield from properties(value, f"{path}.{key}")
        elif isinstance(node, list):
            for value in node:
                yield from properties(value, path)

    for schema in ("config", "wave"):
        text = (ROOT / "workflow" / "schemas" / f"{schema}.schema.json").read_text(encoding="utf-8")
        bare = [path for path, entry in properties(json.loads(text)) if not {"description", "const"} & set(entry)]
        assert not bare


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.update(colour="red"), ["colour", "a key that is not known", "one of barriers"]),
        (lambda s: s["disclosure"].update(min_cell="ten"), ["disclosure.min_cell", '"ten"', "integer"]),
        (lambda s: s["disclosure"].pop("min_base"), ["disclosure", "min_base"]),
        (lambda s: s.update(headline_weighting="raked"), ["headline_weighting", '"raked"', '"none", "design"']),
        (lambda s: s["services"]["nugpay"].update(ministry="money"), ["services.nugpay.ministry", "money", "finance"]),
        (lambda s: s["barriers"]["cost"].update(dimension="x"), ["barriers.cost.dimension", "infrastructure"]),
        (lambda s: s["services"].update({"Nug Pay": s["services"]["nugpay"]}), ["services", "Nug Pay", "[a-z0-9_]+"]),
        (lambda s: s["indicators"][0].update(one=[True]), ["indicators.0", "true", "quotes"]),
        (lambda s: s["breakdowns"]["literacy_level"].update(indicator="literacy"), ["literacy_level.indicator"]),
        (lambda s: s["breakdowns"]["literacy_level"]["ladder"][0].pop("bins"), ["literacy_level.ladder.0", "bins"]),
        (lambda s: _entry(s, "literacy").update(minimum_items=4), ["minimum_items", "4", "at most the items, 3"]),
        (lambda s: _entry(s, "literacy").update(reversed=["trust"]), ["reversed", "trust", "literacy_search"]),
        (lambda s: s["services"].update({False: s["services"]["nugpay"]}), ["services.False", "in quotes"]),
        (lambda s: s["rankings"]["barriers"].update(family="hurdles"), ["rankings.barriers.family", "hurdles"]),
        (lambda s: s["rankings"]["barriers"].update(level=95), ["rankings.barriers.level", "95"]),
        (lambda s: s["intersections"].update(sets=9), ["intersections.sets", "9", "8"]),
        (lambda s: s["barriers"].update(no__power=s["barriers"]["power"]), ["intersections.items", "no__power"]),
        (lambda s: s["indicators"][1].update(base="awareness"), ["indicators.1.base", "awareness", "aware"]),
        (lambda s: s["indicators"][0].update(base="ever_used"), ["indicators", "circle"]),
        (lambda s: s["crossings"][0]["levels"].append("sex"), ["crossings.0.levels", "sex", "gender"]),
        (
            lambda s: s["breakdowns"]["ethnicity"]["ladder"][2]["groups"]["non_bamar"]["codes"].remove("mon"),
            ["breakdowns.ethnicity.ladder.2.groups", "mon"],
        ),
        (
            lambda s: s["breakdowns"]["age_group"]["ladder"][0]["bins"].update({"25_34": [24, 34]}),
            ["breakdowns.age_group.ladder.0.bins", "do not overlap"],
        ),
        (
            lambda s: s["breakdowns"]["age_group"]["ladder"][0]["bins"].update({"18_24": [24, 18]}),
            ["breakdowns.age_group.ladder.0.bins", "from their lowest"],
        ),
    ],
)
def test_a_wrong_config_names_key_value_and_what_is_allowed(tmp_path, change, words):
    message = stopped(tmp_path, change)
    for word in words:
        assert word in message


def test_not_yaml_and_missing(tmp_path):
    path = tmp_path / "config.yaml"
    with pytest.raises(FindingsError, match="missing"):
        load_study(path)
    path.write_text("study: [\n", encoding="utf-8")
    with pytest.raises(FindingsError, match="not YAML at line 2"):
        load_study(path)


def test_a_key_that_stands_twice_stops_with_its_line_and_another_encoding_is_named(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("a: &one {x: 1, y: 2}\nb: {<<: *one, x: 3}\nc:\n  - {z: 1}\n  - {z: 1}\n", encoding="utf-8")
    assert declarations.read(path)["b"] == {"x": 3, "y": 2}
    path.write_text("waves:\n  w1: {label: {en: One}}\n  w1: {label: {en: Two}}\n", encoding="utf-8")
    with pytest.raises(FindingsError, match="`w1` stands twice in one place, the second time at line 3"):
        load_study(path)
    path.write_bytes("note: café\n".encode("cp1252"))
    with pytest.raises(FindingsError, match="not in UTF-8"):
        load_study(path)


def test_indicators_expand_with_their_bases_first():
    indicators = expand_indicators(STUDY)
    by_column = {indicator.column: indicator for indicator in indicators}
    assert len(by_column) == len(indicators)
    place = {indicator.column: i for i, indicator in enumerate(indicators)}
    assert all(place[i.base] < place[i.column] for i in indicators if i.base)
    assert by_column["adoption__current_use__nugpay"].base == "adoption__ever_used__nugpay"
    assert by_column["adoption__current_use__nugpay"].ministry == "finance"
    cost = by_column["barriers__cost__health"]
    assert (cost.id, cost.base, cost.source["contains"]) == ("cost", "adoption__aware_any__health", "cost")
    assert cost.label["en"] == "Cost"
    assert len(by_column["adoption__aware_any__finance"].source["any_of"]) == 6
    assert len(by_column["adoption__ever_any_service"].source["any_of"]) == len(STUDY["services"])


def test_without_labels_holds_no_text_and_means_the_same():
    bare = without_labels(STUDY)
    assert "Telekyanmar" not in str(bare)
    assert [i.column for i in expand_indicators(bare)] == [i.column for i in expand_indicators(STUDY)]
    assert [(g.name, list(g.groups)) for g in levels(bare)] == [(g.name, list(g.groups)) for g in levels(STUDY)]


def test_every_service_and_barrier_has_a_source():
    import csv

    for name, section in (("services", "services"), ("barriers", "barriers")):
        with (ROOT / "data" / "reference" / f"{name}.csv").open(encoding="utf-8") as stream:
            rows = {row[name[:-1]]: row for row in csv.DictReader(stream)}
        assert set(rows) == set(STUDY[section])
        assert all(row["source"].startswith("https://") for row in rows.values())
        kind = "ministry" if name == "services" else "dimension"
        assert all(row[kind] == STUDY[section][code][kind] for code, row in rows.items())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("wave: nug", "wave: other", ["wave", "folder's name"]),
        (
            "synthetic: true",
            'synthetic: true\nperiod: {from: "2026-02", to: "2026-01"}',
            ["period", "2026-02 to 2026-01"],
        ),
        ("synthetic: true", "synthetic: maybe", ["synthetic", "maybe"]),
        ("{step: script}", "{step: tidy}", ["cleaning.0.step", "tidy", "script"]),
        ('keep: ["yes"]', "keep: [yes]", ["cleaning.1.keep.0", "true", "quotes"]),
    ],
)
def test_a_wrong_wave_file(tmp_path, old, new, words):
    text = """
wave: nug
label: {en: Nug}
synthetic: true
source: {export: e.csv, form: f.xlsx}
cleaning: [{step: script}, {step: consent, column: consent, keep: ["yes"]}]
design: {kind: volunteer}
"""
    path = tmp_path / "nug" / "wave.yaml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    assert load_wave(path)["wave"] == "nug"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        load_wave(path)
    for word in [*words, "nug/wave.yaml"]:
        assert word in str(caught.value)
