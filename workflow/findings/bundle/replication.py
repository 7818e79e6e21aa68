"""The README block that the Social Science Data Editors' template asks for, from configuration, rules and code.

https://social-science-data-editors.github.io/template_README/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from findings.audit.explain import place_of
from findings.bundle import codecheck
from findings.environment import ROOT
from findings.jobs import rules
from findings.release import text
from findings.text.captions import FOLDER

TEMPLATE = "replication.md.jinja"
# What is no exhibit: label, rule, function.
MADE = {
    "report": ("Report", "report", "reporting.build_pdf"),
    "register": ("Register", "release", "publication.publish"),
}


def page(config: Mapping[str, Any], waves: Mapping[str, Mapping[str, Any]], study: Path) -> str:
    """The page, in Markdown. `waves` are the declarations (wave.yaml), `study` the folder that holds data/."""
    language = config["languages"][0]
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "bundle"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(TEMPLATE).render(
        title=text(config["study"]["title"], language),
        paper=codecheck.paper(study),
        waves=[_wave(name, config, wave, language) for name, wave in waves.items()],
        reference=sorted(
            path.relative_to(study).as_posix() for path in (study / "data/reference").rglob("*") if path.is_file()
        ),
        synthetic=all(wave.get("synthetic") for wave in waves.values()),
        packages=_packages(),
        seeds=_seeds(config),
        rules=list(rules().values()),
        exhibits=[_exhibit(each, config, language) for each in codecheck.manifest(config, waves)],
    )


def _wave(name: str, config: Mapping[str, Any], wave: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {"name": name, "label": text(config["waves"][name]["label"], language), "folder": f"data/raw/{name}/",
            "export": wave["source"]["export"], "tool": wave["source"].get("tool") or "recognised when read",
            "synthetic": bool(wave.get("synthetic")), "period": wave.get("period")}  # fmt: skip


def _packages() -> list[str]:
    """What envs/run.in asks for, at the versions of the lock."""
    lock = (ROOT / "envs" / "run.txt").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", lock, re.MULTILINE))
    asked = re.findall(r"^([A-Za-z0-9-]+)", (ROOT / "envs" / "run.in").read_text(encoding="utf-8"), re.MULTILINE)
    return [f"{name} {locked[name.lower()]}" for name in asked]


def _seeds(node: Any, place: str = "") -> list[tuple[str, Any]]:
    """Every seed of the configuration, with its key."""
    if not isinstance(node, Mapping):
        return []
    own = [(place + key, value) for key, value in node.items() if key == "seed"]
    return own + [each for key, value in node.items() for each in _seeds(value, f"{place}{key}.")]


def _exhibit(found: tuple[str, str, str, str], config: Mapping[str, Any], language: str) -> dict[str, Any]:
    kind, name, wave, file = found
    if kind in MADE:
        label, rule, function = MADE[kind]
    else:
        entry = config["exhibits"][kind][name]
        rule = ("context_" if not wave else "") + kind.removesuffix("s")
        label, function = text(entry.get("label", {}), language) or name, _function(kind, entry["kind"])
    program, line = place_of(function)
    return {"kind": kind, "label": label, "wave": wave, "file": file, "rule": rule, "program": program, "line": line}


@cache
def _function(kind: str, of: str) -> str:
    """The function that draws or sets a kind of exhibit: module and name, from findings on."""
    # Imported here: matplotlib and pandas take a second.
    from findings import figures, tables
    from findings.figures import timeline
    from findings.tables import inventory

    of_no_wave = {"timeline": timeline.draw, "inventory": inventory.labelled}
    found = of_no_wave.get(of) or (figures.FIGURES[of] if kind == "figures" else tables.TABLES[of][1])
    return f"{found.__module__.removeprefix('findings.')}.{found.__name__}"
