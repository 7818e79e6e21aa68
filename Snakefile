# The way of the data, raw export to report; see README.md and docs/contracts.md.
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))

from findings import environment

environment.pin()

from findings.config import load_study, without_labels
from findings.provenance import modules

STUDY = load_study(Path("config.yaml"))
WAVES = STUDY["waves"]
SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"


def code(name):
    """The package modules that a rule's script rests on."""
    return [str(path) for path in modules(SCRIPTS / f"{name}.py")]


def part(*keys, labels=False):
    """The parts of the study that a rule needs; labels only below the gate."""
    chosen = {key: STUDY[key] for key in keys if key in STUDY}
    return chosen if labels else without_labels(chosen)


wildcard_constraints:
    wave="[a-z0-9_]+",
    name="[a-z0-9_]+",


localrules:
    all,


rule all:
    default_target: True
    input:
        "results/release/MANIFEST.sha256",


include: "workflow/rules/ingest.smk"
include: "workflow/rules/clean.smk"
include: "workflow/rules/weight.smk"
include: "workflow/rules/estimate.smk"
include: "workflow/rules/disclose.smk"
include: "workflow/rules/render.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/synthetic.smk"
