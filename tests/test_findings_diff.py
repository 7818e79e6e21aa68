"""What moved between two releases, and of what: the one cause that changed, or that it is not told which."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
import yaml
from findings.environment import ROOT
from findings.findings_diff import LOCAL, differences, record, state
from findings.release import COLUMNS

WAVES = ("nug_2025", "nug_2026")


def row(wave: str, indicator: str, estimate: str, **more: str) -> dict[str, str]:
    key = more.pop("key", f"adoption.{indicator}.proportion|weights=calibrated@{wave}")
    given = {"key": key, "wave": wave, "family": "adoption", "indicator": indicator, "estimate": estimate}
    return dict.fromkeys(COLUMNS, "") | given | {"status": "published", "n": "900"} | more


def release(study, rows: dict[str, list[dict[str, str]]]) -> None:
    """results/release/ of a study; `rows` by <wave>/<file>."""
    folder = study / "results" / "release"
    for name, of in rows.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(of)
    (folder / "MANIFEST.sha256").write_text(json.dumps(rows), encoding="utf-8")


def rows() -> dict[str, list[dict[str, str]]]:
    made = {f"{wave}/estimates.csv": [row(wave, "current_any", "0.4"), row(wave, "other", "0.2")] for wave in WAVES}
    change = row("nug_2026", "current_any", "0.01", key="diff(a@nug_2026,a@nug_2025)")
    return made | {"nug_2025/derived.csv": [], "nug_2026/derived.csv": [change]}


@pytest.fixture
def study(tmp_path):
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["waves"] = {wave: config["waves"][wave] for wave in WAVES}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    for wave in WAVES:
        (tmp_path / "data" / "raw" / wave).mkdir(parents=True)
        shutil.copy(ROOT / "data" / "raw" / wave / "wave.yaml", tmp_path / "data" / "raw" / wave)
        (tmp_path / "data" / "raw" / wave / "export.csv").write_text("x\n1\n")
    release(tmp_path, rows())
    assert record(tmp_path) is None
    return tmp_path


def moved(study) -> dict[str, dict[str, str]]:
    with (study / "results" / "findings_diff" / "moved.csv").open(newline="", encoding="utf-8") as stream:
        return {line["key"]: line for line in csv.DictReader(stream)}


def test_nothing_is_said_of_a_first_release_or_of_one_that_is_as_it_was(study):
    assert record(study) is None and not (study / "results" / "findings_diff").exists()


def test_data_that_alone_changed_is_named_and_reaches_the_waves_that_rest_on_it(study):
    (study / "data" / "raw" / "nug_2025" / "export.csv").write_text("x\n2\n")
    made = rows()
    made["nug_2025/estimates.csv"][0]["estimate"] = "0.41"
    made["nug_2026/derived.csv"][0]["estimate"] = "0.0"
    made["nug_2026/estimates.csv"][1]["ci_low"] = "0.1"
    release(study, made)
    before = {path: path.read_bytes() for path in (study / "results" / "release").rglob("*") if path.is_file()}
    said = record(study)
    assert said == (
        "3 of 5 published numbers differ from the last release: "
        "2 because of data (data/raw/nug_2025/export.csv); "
        "1 for no reason that is recorded: neither data, config, code nor environment changed."
    )
    found = moved(study)
    first = found["adoption.current_any.proportion|weights=calibrated@nug_2025"]
    assert (first["before"], first["after"], first["because"], first["headline"]) == ("0.4", "0.41", "data", "yes")
    assert found["diff(a@nug_2026,a@nug_2025)"]["because"] == "data"
    # A wave does not rest on the data of another.
    last = found["adoption.other.proportion|weights=calibrated@nug_2026"]
    assert (last["what"], last["because"], last["headline"]) == ("interval, n or test", "", "")
    # The release is what it was; the page says that it is local.
    assert before == {path: path.read_bytes() for path in before}
    assert LOCAL in (study / "results" / "findings_diff" / "index.html").read_text(encoding="utf-8")
    assert record(study) is None


def test_of_several_causes_none_is_picked(study):
    kept = study / "results" / "work" / "last_release" / "state.json"
    last = json.loads(kept.read_text())
    last["state"]["code"]["workflow/findings/estimators.py"] = "another"
    kept.write_text(json.dumps(last))
    (study / "data" / "raw" / "nug_2026" / "corrections.csv").write_text("new")
    made = rows()
    made["nug_2026/estimates.csv"][0] |= {"estimate": "", "status": "suppressed", "n": ""}
    release(study, made)
    assert record(study) == (
        "1 of 5 published numbers differ from the last release: because of one of data "
        "(data/raw/nug_2026/corrections.csv) and code (workflow/findings/estimators.py), which changed together, "
        "so it is not told which."
    )
    (line,) = moved(study).values()
    assert (line["what"], line["after"], line["because"]) == ("withheld now", "", "data or code (not told apart)")


def test_a_change_that_moved_nothing_is_told(study):
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    config["disclosure"]["min_base"] = 21
    (study / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert record(study) == (
        "None of 5 published numbers differs from the last release, though there were changes of "
        "config (config.yaml: disclosure)."
    )


def test_the_state_knows_what_numbers_rest_on_and_nothing_else(study):
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    found = state(study, config)
    assert "workflow/findings/estimators.py" in found["code"] and "workflow/scripts/estimate.py" in found["code"]
    assert not any("figures" in name or "captions" in name for name in found["code"])
    assert set(found["data"]) == {f"data/raw/{wave}/export.csv" for wave in WAVES}
    assert "data/raw/nug_2025/wave.yaml" in found["config"] and "config.yaml: exhibits" not in found["config"]
    # A label moves no number.
    config["ministries"]["health"]["label"]["en"] = "Another"
    assert state(study, config) == found
    config["disclosure"]["min_cell"] = 11
    assert state(study, config) != found


def test_a_claim_is_part_of_the_state_and_its_sentence_is_not(study):
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    claims = yaml.safe_load((ROOT / "claims.yaml").read_text(encoding="utf-8"))
    (study / "claims.yaml").write_text(yaml.safe_dump(claims), encoding="utf-8")
    found = state(study, config)
    name = next(iter(claims["claims"]))
    claims["claims"][name]["sentence"]["en"] = "Another"
    (study / "claims.yaml").write_text(yaml.safe_dump(claims), encoding="utf-8")
    assert state(study, config) == found
    del claims["claims"][name]
    (study / "claims.yaml").write_text(yaml.safe_dump(claims), encoding="utf-8")
    assert differences(found, state(study, config)) == {"config": ["claims.yaml"]}
