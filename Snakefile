# The way of the data, raw export to report; see README.md and docs/contracts.md.
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))

from findings import environment

environment.pin()

from findings import aliases
from findings.claims.declared import predicates
from findings.config import check_waves, load_study, load_wave
from findings.inputs import LABELS, PLAN, beside, both, code, confidential, derived_parts, every_source
from findings.inputs import exhibit_part, exhibits, headline, laid, laid_beside, named, part, raw_files, recodes_file
from findings.inputs import report_files, wave_file, wave_part, words
from findings.models.plan import check_models
from findings.overview import marked, wave_of
from findings.text.captions import captions
from findings.waves import earlier_wave

STUDY = load_study(Path("config.yaml"))
check_waves(STUDY, Path("data/raw"))
check_models(STUDY)
WAVES = {name: load_wave(Path("data/raw") / name / "wave.yaml") for name in STUDY["waves"]}
aliases.check(WAVES.values(), Path("data/reference"))
STUDY["headline_wave"] = headline(STUDY, WAVES)
EARLIER = {name: earlier_wave(name, WAVES) for name in WAVES}


report: "workflow/report/captions/workflow.rst"


wildcard_constraints:
    wave="[a-z0-9_]+",
    name="[a-z0-9_]+",
    language="[a-z]{2,3}",


localrules:
    all,
    wave_diff_drafts,


rule all:
    default_target: True
    input:
        "results/release/MANIFEST.sha256",
        "results/audit/index.html",
        "results/work/audit/checked.json",


include: "workflow/rules/ingest.smk"
include: "workflow/rules/clean.smk"
include: "workflow/rules/weight.smk"
include: "workflow/rules/estimate.smk"
include: "workflow/rules/disclose.smk"
include: "workflow/rules/render.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/synthetic.smk"
