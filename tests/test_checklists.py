"""The checklists of the appendix: the same items in both languages, filled for every kind of wave, without a number."""

from __future__ import annotations

import copy
import re

import pytest
import yaml
from findings.config import load_study, load_wave
from findings.environment import ROOT
from findings.release import COLUMNS, Released
from findings.text import checklists as module
from findings.text.checklists import checklists

STUDY = load_study(ROOT / "config.yaml")
LANGUAGES = STUDY["languages"]
LISTS = ("aapor", "cherries")
PROBABILITY, VOLUNTEER = (load_wave(ROOT / f"data/raw/{wave}/wave.yaml") for wave in ("nug_2025", "nug_2024"))
METHODS = set(
    yaml.safe_load((ROOT / "workflow/schemas/wave.schema.json").read_text())["properties"]["methods"]["properties"]
)


def written(lang: str) -> dict:
    return yaml.safe_load((ROOT / f"workflow/report/checklists.{lang}.yaml").read_text(encoding="utf-8"))


def released(weighting: str) -> Released:
    """The flow of a wave that is shown in a weighting."""
    flow = {"wave": "nug_2025", "family": "flow", "statistic": "count", "synthetic": "true", "status": "published"}
    counts = {"received": "3200", "consent": "3100", "analysed": "2800"}
    rows = [
        {**flow, "key": step, "weighting": weighting, "indicator": step, "estimate": n, "n": n}
        for step, n in counts.items()
    ]
    return Released([dict.fromkeys(COLUMNS, "") | row for row in rows], STUDY)


def filled(wave: dict, lang: str) -> dict[str, dict[str, str]]:
    """Answers by checklist and item, of one wave."""
    rows = released("none" if wave["design"]["kind"] == "volunteer" else "calibrated")
    made = checklists({"nug_2025": wave}, {"nug_2025": rows}, STUDY, lang)
    return {each["label"].split(" – ")[0]: dict(each["rows"]) for each in made}


def test_the_same_items_in_both_languages():
    for code in LISTS:
        ids = [[item["id"] for item in written(lang)[code]] for lang in ("en", "my")]
        assert ids[0] == ids[1] and len(ids[0]) == len(set(ids[0]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_number_is_typed(lang):
    for item in (item for code in LISTS for item in written(lang)[code]):
        assert not re.search(r"[0-9\u1040-\u1049]", item["item"] + item["answer"]), item["id"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("wave", [PROBABILITY, VOLUNTEER], ids=["probability", "volunteer"])
def test_every_item_is_answered(wave, bare, lang):
    if bare:
        kept = ("wave", "label", "synthetic", "source", "design")
        wave = {key: wave[key] for key in kept} | {"cleaning": [{"step": "script"}]}
    made = filled(wave, lang)
    assert len(made) == (2 if wave["design"]["kind"] == "volunteer" else 1)
    for rows in made.values():
        assert all(len(answer) > 1 and "None" not in answer.split() for answer in rows.values()), rows
        if lang == "my":
            own = " ".join(rows.values()).replace(str(wave["source"].get("tool")), "")
            assert not re.search("[0-9]", own), own


def test_what_a_wave_states_is_said_and_the_rest_names_its_key():
    silent = " ".join(answer for rows in filled(VOLUNTEER, "en").values() for answer in rows.values())
    for name in METHODS:
        assert f"methods.{name}`" in silent
    spoken = copy.deepcopy(VOLUNTEER) | {
        "methods": {name: {"en": f"About {name}.", "my": "ဖော်ပြပြီး။"} for name in METHODS}
    }
    said = " ".join(answer for rows in filled(spoken, "en").values() for answer in rows.values())
    assert "methods." not in said and all(f"About {name}." in said for name in METHODS)


def test_answers_follow_the_wave():
    answers = filled(PROBABILITY, "en")["AAPOR Transparency Initiative"]
    assert answers["Population under study"] == "Adults living in Myanmar."
    assert answers["Weighting"] == (
        "Weights of the design, from the population of each stratum or as given. "
        "Raked to age by sex, state or region by urban and rural."
    )
    uncalibrated = {key: value for key, value in PROBABILITY.items() if key != "calibration"}
    assert filled(uncalibrated, "en")["AAPOR Transparency Initiative"]["Weighting"].endswith("as given.")
    cherries = filled(VOLUNTEER, "en")["CHERRIES"]
    assert (
        "as a sensitivity only" in cherries["Statistical correction"]
        and "trimmed" in cherries["Statistical correction"]
    )
    assert cherries["Atypical time stamps"] == "No durations are checked."


def test_a_wrong_template_is_named(monkeypatch):
    items = copy.deepcopy(written("en"))
    items["aapor"][0]["answer"] = "{{ nowhere }}"
    monkeypatch.setattr(module, "_items", lambda lang: items)
    with pytest.raises(module.FindingsError, match="nowhere"):
        filled(PROBABILITY, "en")
