"""Nothing stale: a change of any file of the workflow runs what depends on it, and nothing else. No job is run.

Every output is an empty file that Snakemake is told is made (`--touch`); its summary then says what it would run.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from conftest import command
from findings.environment import PINNED, ROOT

FOLDERS = ("repeats", "fonts")
# Every job's parameter but for code: the dossier shows all files of the workflow, so it rests on each of them.
ALWAYS = {"dossier"}


def said(root: Path, study: Path, *words: str) -> str:
    env = {**os.environ, **PINNED, "PYTHONPATH": str(root / "workflow")}
    done = subprocess.run(command(study, "snakemake", *words), capture_output=True, text=True, env=env, cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def outputs(root: Path, study: Path) -> list[dict[str, str]]:
    """Every file of a run: output_file, rule, input-file(s), plan (`no update`, or what is to be done)."""
    return list(csv.DictReader(io.StringIO(said(root, study, "--detailed-summary", "--quiet", "all")), delimiter="\t"))


@pytest.fixture(scope="module")
def workshop(raw_study, tmp_path_factory) -> tuple[Path, Path, list[dict[str, str]]]:
    """A copy of the workflow, a study that counts as finished with it, and the files of a run."""
    folder = tmp_path_factory.mktemp("workshop")
    root, study = folder / "repository", folder / "study"
    for name in ("workflow", "profiles", "envs"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "reproduce"):
        shutil.copy2(ROOT / name, root)
    shutil.copytree(raw_study, study)
    for row in outputs(root, study):
        path = study / row["output_file"]
        (path if path.name in FOLDERS else path.parent).mkdir(parents=True, exist_ok=True)
        if path.name not in FOLDERS:
            path.touch()
    # Without --forceall it makes no note of what looks newer than its inputs.
    said(root, study, "--touch", "--forceall", "--quiet", "all")
    files = outputs(root, study)
    assert {row["plan"] for row in files} == {"no update"}
    return root, study, files


@contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[None]:
    """A file with a piece of its text replaced, and as it was again afterwards, with its time."""
    text, times = path.read_text(encoding="utf-8"), path.stat()
    assert old in text, path
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    yield
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def and_after(files: list[dict[str, str]], first: set[str]) -> set[str]:
    """Outputs of `first`, and of all jobs that read these, and so on."""
    inputs = {row["output_file"]: {*row["input-file(s)"].split(",")} for row in files}
    of_job: dict[tuple, set[str]] = {}
    for row in files:
        of_job.setdefault((row["rule"], row["log-file(s)"]), set()).add(row["output_file"])
    job = {name: together for together in of_job.values() for name in together}
    found = set().union(*(job[name] for name in first)) if first else set()
    while more := {other for name in inputs if inputs[name] & found for other in job[name]} - found:
        found |= more
    return found


def shown(study: Path, kind: str) -> set[str]:
    """The rule and name of the exhibits of a kind."""
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    return {name for part in ("figures", "tables") for name, entry in config["exhibits"][part].items()
            if entry["kind"] == kind}  # fmt: skip


# File; what is replaced in it by what; the rules that rest on it, or a kind of exhibits with `kind:`.
PICTURES, EXHIBITS = {"figure", "context_figure"}, {"figure", "context_figure", "table", "context_table"}
# These read all captions.
CAPTIONED = {"report", "release", "appendix"}
CHANGES = {
    "a line of the package": ("workflow/findings/reporting.py", "from __future__", "# .\nfrom __future__", {"report"}),
    "a line of two rules": (
        "workflow/findings/ranks.py", "from __future__", "# .\nfrom __future__", {"barriers", "claims"},
    ),
    "a script": ("workflow/scripts/estimate.py", "import json", "import json  # .", {"estimate"}),
    "a title": (
        "workflow/report/captions.en.yaml", "\n  bounds: \"", "\n  bounds: \"So: ",
        {"kind:bounds", *CAPTIONED},
    ),
    "a word of the report": (
        "workflow/report/captions.my.yaml", "\nreport:\n", "\nreport:\n  # .\n  unused: x\n", CAPTIONED,
    ),
    "a template": ("workflow/report/report.typ", "\n", "\n// .\n", {"report"}),
    "a checklist": ("workflow/report/checklists.my.yaml", "\n", "\n# .\n", CAPTIONED),
    "the list of numerals": ("workflow/report/numerals.yaml", "\n", "\n# .\n", {*EXHIBITS, *CAPTIONED}),
    "the style": ("workflow/report/style.mplstyle", "\n", "\n# .\n", {*PICTURES, "report"}),
    "a schema that jobs read": (
        "workflow/schemas/inventory.schema.json", "{", "{ ", {"context_figure", "context_table", "report"},
    ),
    "a schema of the start": ("workflow/schemas/config.schema.json", "{", "{ ", set()),
    "a parameter of a rule": ("workflow/rules/weight.smk", '"singletons")', '"singletons", "interval")', {"weight"}),
    "a message": ("workflow/rules/weight.smk", "Weighting wave", "Weighing wave", set()),
    "R": ("workflow/findings/audit/recompute.R", "\n", "\n# .\n", set()),
    "the lock": ("envs/run.txt", "\n", "\n# .\n", {"*"}),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_runs_what_depends_on_it_and_nothing_else(workshop, change):
    root, study, files = workshop
    name, old, new, rules = CHANGES[change]
    kinds = {exhibit for rule in rules if rule.startswith("kind:") for exhibit in shown(study, rule[5:])}
    assert bool(kinds) == any(rule.startswith("kind:") for rule in rules)
    first = {
        row["output_file"] for row in files
        if row["rule"] in rules | ALWAYS or "*" in rules
        or row["rule"] in EXHIBITS and {*re.split(r"[/.]", row["output_file"])} & kinds
    }  # fmt: skip
    with edited(root / name, old, new):
        again = {row["output_file"] for row in outputs(root, study) if row["plan"] != "no update"}
    assert again == and_after(files, first)
