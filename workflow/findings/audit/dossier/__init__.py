"""The reviewer's dossier: static pages in which any released number is followed to rule, code and commit.

Below the gate: it reads the release, the declarations, the code, and the records that jobs leave beside their logs. No
file of results/confidential is opened.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from findings.audit.dossier.about import Declared
from findings.audit.dossier.checks import FILE, checks
from findings.audit.dossier.listing import assumptions, files
from findings.audit.dossier.pages import write_pages
from findings.audit.dossier.released import Release, cleaning, data, script
from findings.audit.dossier.steps import exports, records, steps
from findings.audit.dossier.views import Dossier
from findings.config import SCHEMAS
from findings.provenance import commit, write_manifest
from findings.publication import put_in_place


def write(
    root: Path, target: Path, study: Mapping[str, Any], waves: Mapping[str, Any], rests_on: Sequence[Path], fonts: Path
) -> None:
    """Write the dossier of the study in `root` and put it at `target` by rename; the old one stays until then.

    `waves` are the declarations (wave.yaml) by name, `rests_on` the files of that name, one a wave, and
    `fonts` the folder of the exhibits' fonts.
    """
    known: dict[str, Any] = {}
    for path in rests_on:
        known |= json.loads(path.read_text(encoding="utf-8"))
    release, declared = Release(root / "results" / "release", known), Declared(study, waves, root)
    ran = records(root / "results" / "logs")
    made = steps(ran)
    texts = files(root)
    marks = assumptions(texts, made)
    schema = json.loads((SCHEMAS / "estimates.schema.json").read_text(encoding="utf-8"))
    content = data(release, declared) | {
        "commit": commit(),
        "languages": study["languages"],
        "described": {name: entry.get("description", "") for name, entry in schema["properties"].items()},
        "reports": sorted(path.name for path in release.folder.glob("report.*")),
        "raw": exports(ran, waves),
        "cleaning": cleaning(release, declared),
        "population": "population" in study.get("domains", {}),
        "assumptions": [vars(mark) for mark in marks],
    }
    new = target.with_name(target.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    (new / "data.js").write_text(script(content), encoding="utf-8")
    checked = checks(ran, release)
    (new / FILE).write_text(json.dumps([vars(check) for check in checked], indent=1) + "\n", encoding="utf-8")
    write_pages(new, Dossier(release, declared, made, checked, texts, marks, content, root), fonts)
    write_manifest(new)
    put_in_place(new, target)
