"""A mini study: the shipped configuration, its reference data, and a small synthetic wave drawn anew."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from bundled import clone, opened
from findings.bundle.packing import make
from findings.config import load_study
from findings.environment import PINNED, ROOT
from findings.synthetic import truth_of, write_wave

WAVE = "nug_2025"


def reproduce(study: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`./reproduce --study study words`, in the environment of the tests."""
    return subprocess.run(command(study, *words), capture_output=True, text=True, env={**os.environ, **PINNED})


def command(study: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "findings.command", "--study", str(study), *words]


SHOWN = {
    "figures": {"timeline", "flow", "sample_population", "funnel_finance", "barriers_health", "adoption_gender",
                "adoption_ethnicity", "views", "specifications_urban", "associations", "barriers_ranks",
                "together_finance", "gaps_groups", "bounds"},
    "tables": {"services", "respondents", "adoption", "adoption_groups", "quality", "specifications_urban",
               "associations", "scales", "tests", "nonanswers", "claims", "rule_effects"},
}  # fmt: skip


def smaller(config: dict) -> dict:
    """The shipped study with fewer services, barriers and breakdowns: the attacker's programs grow with them."""
    services = list(config["services"])
    for section, kept in (
        ("services", {"telekyanmar", "nugpay", "online_schools"}),
        ("barriers", {"internet", "power", "surveillance", "trust"}),
        ("breakdowns", {"gender", "age_group", "ethnicity", "state_region", "urban_rural", "location"}),
        ("waves", {WAVE}),
    ):
        config[section] = {name: entry for name, entry in config[section].items() if name in kept}
    dropped = {"main_barrier", "risk", "barrier_dimensions", "reasons_never", "reasons_stopped", "language_wanted",
               "language_offered", "language_used", "scores"}  # fmt: skip
    config["indicators"] = [entry for entry in config["indicators"] if entry["family"] not in dropped]
    for entry in config["indicators"]:
        if "mean_of" in entry:
            gone = {f"sat_{name}" for name in services if name not in config["services"]}
            entry["mean_of"] = [column for column in entry["mean_of"] if column not in gone]
    model, block = config["models"]["adoption"], config["models"]["adoption"]["blocks"][0]
    block["terms"] = ["gender", "age_broad", "urban_rural"]
    config["models"] = {
        "adoption": {**model, "scopes": ["pooled"], "blocks": [block], "references": {"gender": "male"}}
    }
    config["reliability"] = {"literacy": config["reliability"]["literacy"]}
    names = {*config["breakdowns"], *(crossing["name"] for crossing in config["crossings"])}
    for entry in config["indicators"]:
        if "by" in entry:
            entry["by"] = [name for name in entry["by"] if name in names]
    ids = {name for entry in config["indicators"] for name in (entry["family"], f"{entry['family']}.{entry['id']}")}
    steps = {level["level"] for entry in config["breakdowns"].values() for level in entry["ladder"]}
    for entry in (*config["comparisons"], config["missing"], config["decompositions"]):
        for key, kept in (("indicators", ids), ("bounds", ids), ("counts", ids), ("levels", steps)):
            if key in entry:
                entry[key] = [name for name in entry[key] if name in kept]
    grid = config["specifications"]
    grid |= {"weights": ["calibrated", "none"], "missing": ["complete", "all_no"]}
    grid["covariates"] = {name: grid["covariates"][name] for name in ("unadjusted", "demographics")}
    grid["exclusions"] = {name: grid["exclusions"][name] for name in ("as_cleaned", "keep_both")}
    grid["headlines"] = {"urban_gap": grid["headlines"]["urban_gap"]}
    config["rankings"] = {name: entry for name, entry in config["rankings"].items() if entry["family"] not in dropped}
    config["intersections"]["sets"] = 4
    for kind, shown in SHOWN.items():
        entries = {name: entry for name, entry in config["exhibits"][kind].items() if name in shown}
        config["exhibits"][kind] = entries
        for entry in entries.values():
            if "breakdowns" in entry:
                entry["breakdowns"] = [name for name in entry["breakdowns"] if name in names]
        for chapter in config["report"]["chapters"]:
            chapter[kind] = [name for name in chapter.get(kind, []) if name in entries]
    for chapter in config["report"]["chapters"]:
        # What these sentences ask for is not estimated here.
        chapter["paragraphs"] = [p for p in chapter.get("paragraphs", []) if "risk" not in p["en"]]
    return config


# Claims whose indicators and groups the mini study has.
CLAIMED = ("internet_barrier", "trust_barrier", "internet_first", "power_rural", "legitimacy_majority", "use_unchanged")


def once(tmp_path_factory, name: str, make: Callable[[Path], None]) -> Path:
    """`study` in a folder that `make` fills once, whichever worker of pytest-xdist comes first: a run costs minutes."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            shutil.rmtree(folder / "study", ignore_errors=True)
            make(folder / "study")
            (folder / "made").touch()
    return folder / "study"


@pytest.fixture(scope="session")
def raw_study(tmp_path_factory) -> Path:
    """The mini study as a field team would hold it: no results."""
    return once(tmp_path_factory, "raw", _raw)


def _raw(study: Path) -> None:
    shutil.copytree(ROOT / "data" / "reference", study / "data" / "reference")
    mini = smaller(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    text = yaml.safe_dump(mini, sort_keys=False, allow_unicode=True, default_flow_style=None, width=1000)
    (study / "config.yaml").write_text(text, encoding="utf-8")
    claims = yaml.safe_load((ROOT / "claims.yaml").read_text(encoding="utf-8"))
    kept = {name: {**claims["claims"][name], "expected": "unknown"} for name in CLAIMED}
    (study / "claims.yaml").write_text(yaml.safe_dump({**claims, "claims": kept}, allow_unicode=True), encoding="utf-8")
    reference = study / "data" / "reference"
    truth = truth_of(WAVE, reference)
    config = load_study(study / "config.yaml")
    write_wave(study / "data" / "raw" / WAVE, config, truth, reference, seed=7, scale=0.25)


@pytest.fixture(scope="session")
def finished_study(raw_study, tmp_path_factory) -> Path:
    """The mini study after `./reproduce`; tests read it, and copy it before they change anything."""

    def make(study: Path) -> None:
        shutil.copytree(raw_study, study)
        done = reproduce(study)
        assert done.returncode == 0, done.stdout + done.stderr

    return once(tmp_path_factory, "finished", make)


@pytest.fixture
def study(finished_study, tmp_path) -> Path:
    """A finished mini study of a test's own."""
    copy = tmp_path / "study"
    shutil.copytree(finished_study, copy, symlinks=True)
    return copy


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    """A clean clone of this repository as it is now."""
    folder = tmp_path_factory.mktemp("repository")
    clone(folder)
    return folder


@pytest.fixture(scope="session")
def bundle(finished_study, repository, tmp_path_factory) -> Path:
    """The reviewer's bundle of the finished mini study."""
    study = tmp_path_factory.mktemp("bundled") / "study"
    shutil.copytree(finished_study, study, symlinks=True)
    return make(study, repository)


@pytest.fixture(scope="session")
def opened_bundle(bundle, tmp_path_factory) -> Path:
    """The bundle's one folder, unpacked; tests read it, and put back what they change."""
    return opened(bundle, tmp_path_factory.mktemp("opened"))
