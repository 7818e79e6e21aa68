"""The pages of the dossier, set from templates in workflow/report/dossier."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from findings.audit.dossier.about import Declared
from findings.audit.dossier.released import Release
from findings.environment import ROOT
from findings.release import text

FOLDER = ROOT / "workflow" / "report" / "dossier"
# Of each page its file, its name in the list of pages, its heading, and what it holds.
PAGES = [
    ("index.html", "Start", "How every number was made", ""),
    ("register.html", "Register", "Register", "Every released row, to be searched and filtered."),
    ("key.html", "Key", "One number", "The page of any key: what it is, where it stands, what made it."),
]
FILTERS = ("wave", "family", "statistic", "ministry", "service", "breakdown", "status")


def write_pages(folder: Path, release: Release, declared: Declared, content: Mapping[str, Any]) -> None:
    """Write every page, and the scripts and style that they share, into `folder`."""
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in (".css", ".js"):
            shutil.copyfile(path, folder / path.name)
    study = declared.study
    language = next(iter(study["languages"]))
    common = {
        "title": text(study["study"]["title"], language),
        "language": language,
        "nav": [(file, name) for file, name, _, _ in PAGES],
        "synthetic": [name for name, wave in declared.waves.items() if wave["synthetic"]],
        "up": "",
    }
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    of_page = {"index.html": _index(release, declared, content), "register.html": {"filters": FILTERS}}
    for file, _, heading, _ in PAGES:
        words = common | {"heading": heading, "here": file} | of_page.get(file, {})
        page = environment.get_template(f"{file}.jinja").render(words)
        (folder / file).write_text(page, encoding="utf-8")


def _index(release: Release, declared: Declared, content: Mapping[str, Any]) -> dict[str, Any]:
    rows = release.rows.values()
    published = [row["key"] for row in rows if row["status"] == "published"]
    language = next(iter(declared.study["languages"]))
    in_text = [row for each in content["sentences"] for row in each["rows"]]
    keys = list(release.rows)
    return {
        "commit": content["commit"],
        "contents": [(file, name, what) for file, name, _, what in PAGES if what],
        "counts": {"published": len(published), "withheld": len(release.rows) - len(published)},
        "waves": [
            {"name": name, "label": text(declared.study["waves"][name].get("label", {}), language) or name,
             "design": wave["design"]["kind"], "synthetic": wave["synthetic"]}
            for name, wave in declared.waves.items()
        ],
        # The first number of the report's text.
        "example": keys[in_text[0]] if in_text else next(iter(published), None),
        "example_words": "such as a service, a group and a wave",
    }  # fmt: skip
