"""The pages of the dossier, set from templates in workflow/report/dossier."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from findings.audit.dossier import views
from findings.audit.dossier.graph import NARROW, WIDE, svg
from findings.audit.dossier.views import Dossier
from findings.environment import ROOT
from findings.fonts import BURMESE, inline
from findings.release import text

FOLDER = ROOT / "workflow" / "report" / "dossier"
# Of each page its file, its name in the list of pages, its heading, and what it holds.
PAGES = [
    ("index.html", "Start", "How every number was made", ""),
    ("register.html", "Register", "Register", "Every released row, to be searched and filtered."),
    ("key.html", "Key", "One number", "The page of any key: what it is, where it stands, what made it."),
    ("steps.html", "Steps", "Steps", "The graph of rules; per rule its code, files, rows, hashes, log and time."),
    ("sources.html", "Code", "Code", "Every file of the workflow, and the study's declarations."),
    ("flow.html", "Flow", "Flow, ledger, quality", "How many respondents each step left, and what cleaning changed."),
    ("instruments.html", "Instruments", "Instruments", "Every question of every wave, in every language."),
    ("assumptions.html", "Assumptions", "Assumptions", "Judgements of code and config, and what depends on them."),
    ("checks.html", "Checks", "Checks", "What was checked, and with what result."),
    ("environment.html", "Environment", "Environment", "Python and packages, with their hashes."),
]
FILTERS = ("wave", "family", "statistic", "ministry", "service", "breakdown", "status")
SIDES = {"closed": "respondents", "gate": "both sides: it is the gate", "open": "released rows alone"}


def write_pages(folder: Path, made: Dossier, fonts: Path) -> None:
    """Write every page, and the scripts and style that they share, into `folder`; `fonts` are those of the exhibits."""
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in (".css", ".js"):
            shutil.copyfile(path, folder / path.name)
    faces = [
        f'@font-face {{ font-family: "{BURMESE}"; font-weight: {weight}; '
        f'src: url(data:font/ttf;base64,{font}) format("truetype"); }}\n'
        for weight, font in inline(fonts).items()
    ]
    (folder / "fonts.css").write_text("".join(faces), encoding="utf-8")
    environment = Environment(loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=True)
    environment.trim_blocks = environment.lstrip_blocks = True
    common = {
        "title": text(made.declared.study["study"]["title"], made.language),
        "language": made.language,
        "nav": [(file, name) for file, name, _, _ in PAGES],
        "synthetic": [name for name, wave in made.declared.waves.items() if wave["synthetic"]],
        "commit": made.content["commit"],
        "sides": SIDES,
    }

    def page(file: str, template: str, heading: str, here: str, **words: Any) -> None:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * file.count("/")
        found = environment.get_template(f"{template}.html.jinja")
        path.write_text(found.render(common | words | {"heading": heading, "here": here, "up": up}), encoding="utf-8")

    of_page: dict[str, dict[str, Any]] = {
        "index.html": views.index(made, [(file, name, what) for file, name, _, what in PAGES if what]),
        "register.html": {"filters": FILTERS},
        "steps.html": views.step_overview(made, [svg(made.steps, most) for most in (WIDE, NARROW)]),
        "sources.html": views.sources(made),
        "flow.html": views.flow(made),
        "instruments.html": views.instruments(made),
        "assumptions.html": views.assumptions(made),
        "checks.html": views.checks(made),
        "environment.html": views.environment(made),
    }
    for file, _, heading, _ in PAGES:
        page(file, file.removesuffix(".html"), heading, file, **of_page.get(file, {}))
    for one in made.steps:
        page(f"step.{one.rule}.html", "step", f"Step {one.rule}", "steps.html", **views.step(made, one))
    for wave in made.declared.waves:
        words = views.instrument(made, wave)
        page(f"instrument.{wave}.html", "instrument", f"Questions of {wave}", "instruments.html", **words)
    for name, content in made.texts.items():
        digest = hashlib.sha256(content.encode()).hexdigest()
        page(f"code/{name}.html", "code", name, "sources.html", lines=content.splitlines(), digest=digest)
