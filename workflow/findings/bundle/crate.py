"""The release as a Workflow Run RO-Crate of the Provenance Run profile: what ran, in which order, on what, to what.

https://w3id.org/ro/wfrun/provenance/0.5: the Snakefile is the workflow, a rule a step, its script the tool, a job an
action. Files that a reader gets are data entities with their hashes. What is not handed out, the export and all that
lies under results/confidential/, is named and has no hash: short files can be guessed from one.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from findings.jobs import rules, sentence

Entity = dict[str, Any]

METADATA = "ro-crate-metadata.json"
TERMS = "https://w3id.org/ro/terms/workflow-run#"
CODEMETA = "https://codemeta.github.io/terms/"
BASE = "https://w3id.org/ro/crate/1.1"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
CONTEXT = [
    f"{BASE}/context",
    {"sha256": f"{TERMS}sha256", "buildInstructions": f"{CODEMETA}buildInstructions"},
]
WORKFLOW, LOCK = "Snakefile", "envs/run.txt"
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
PYTHON = "https://www.python.org"
LOCK_FORMAT = "https://pip.pypa.io/en/stable/reference/requirements-file-format/"
# Types of files whose endings the standard library does not know, or not on every system.
TYPES = {
    ".csv": "text/csv", ".md": "text/markdown", ".yaml": "application/yaml", ".yml": "application/yaml",
    ".svg": "image/svg+xml", ".smk": "text/x-snakemake", ".py": "text/x-python", ".R": "text/x-r",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".toml": "application/toml",
    ".json": "application/json", ".html": "text/html", ".pdf": "application/pdf", ".png": "image/png",
}  # fmt: skip
WITHHELD = (
    ("data/raw/", "Part of a wave as it was received: not in this crate, to protect respondents."),
    ("results/confidential/", "Record-level or exact: above the disclosure gate, not in this crate."),
    ("results/", "An intermediate file of the run; not in this crate."),
    ("", "A file of the study that is not in this crate."),
)


def crate(
    study: Mapping[str, Any],
    jobs: Sequence[Mapping[str, Any]],
    files: Mapping[str, tuple[str, int]],
    commit: str,
    paper: Mapping[str, Any] | None = None,
) -> Entity:
    """The metadata of a crate whose root holds `files` (path -> SHA-256, bytes), as JSON-LD.

    `jobs` are the records of `jobs.chain`, `paper` the publication that the study is for (title, authors, doi).
    """
    known = _Files(files)
    made = [_job(record, known) for record in jobs]
    of_rule = {record["rule"]: None for record in jobs}
    steps, tools = _steps(of_rule), _tools(of_rule, commit, known)
    controls: list[Entity] = [
        {"@id": f"#control/{record['job']}", "@type": "ControlAction", "name": f"Start of the job {record['job']}",
         "instrument": _to(f"#step/{record['rule']}"), "object": _to(f"#job/{record['job']}")}
        for record in jobs
    ]  # fmt: skip
    run = _run(jobs, known)
    scripts: set[str] = {tool["@id"] for tool in tools}
    entities = [
        _root(study, files, [run, *made], paper),
        *({"@id": at, "@type": "CreativeWork", "name": name, "version": v} for at, (name, v) in PROFILES.items()),
        _workflow(commit, tools, steps, known),
        *tools, *steps, *_engine(), *_parameters(), run, *made, *controls,
        {"@id": "#organize", "@type": "OrganizeAction", "name": "Snakemake, running the workflow",
         "instrument": _to(f"{SNAKEMAKE}-{version('snakemake')}"), "object": [_to(each["@id"]) for each in controls],
         "result": _to("#run"), "startTime": run["startTime"], "endTime": run["endTime"]},
        *known.data(skip={WORKFLOW, *scripts}), *known.withheld(),
        *([_paper(paper)] if paper else []),
    ]  # fmt: skip
    return {"@context": CONTEXT, "@graph": [_descriptor(), *entities]}


class _Files:
    """The files of a crate, and those that jobs name and the crate does not hold."""

    def __init__(self, files: Mapping[str, tuple[str, int]]) -> None:
        self.files, self.named = files, dict[str, None]()

    def refer(self, path: str, digest: str | None = None) -> dict[str, str]:
        """What stands for a file. A file of the work folder is the released one, where their bytes are the same."""
        released = path.replace("results/work/release/", "results/release/", 1)
        if released in self.files and (digest is None or self.files[released][0] == digest):
            return _to(released)
        self.named[path] = None
        return _to(f"#not-included/{path}")

    def entity(self, path: str) -> Entity:
        digest, size = self.files[path]
        ending = path[path.rfind(".") :] if "." in path.rsplit("/", 1)[-1] else ""
        kind = TYPES.get(ending) or mimetypes.guess_type(path)[0] or "text/plain"
        return {"@id": path, "@type": "File", "name": path, "contentSize": str(size), "encodingFormat": kind,
                "sha256": digest}  # fmt: skip

    def data(self, skip: set[str]) -> list[Entity]:
        extra = {LOCK: {"conformsTo": _to(LOCK_FORMAT)}, "README.md": {"about": _to("./")}}
        release = {"@id": "results/release/", "@type": "Dataset", "name": "The release"}
        return [release, *(self.entity(path) | extra.get(path, {}) for path in self.files if path not in skip)]

    def withheld(self) -> list[Entity]:
        return [
            {"@id": f"#not-included/{path}", "@type": "CreativeWork", "name": path,
             "description": next(why for start, why in WITHHELD if path.startswith(start))}
            for path in sorted(self.named)
        ]  # fmt: skip


def _to(place: str) -> dict[str, str]:
    return {"@id": place}


def _descriptor() -> Entity:
    conforms = [_to(BASE), _to("https://w3id.org/workflowhub/workflow-ro-crate/1.0")]
    return {"@id": METADATA, "@type": "CreativeWork", "about": _to("./"), "conformsTo": conforms}


def _root(
    study: Mapping[str, Any], files: Mapping[str, Any], actions: Sequence[Entity], paper: Mapping[str, Any] | None
) -> Entity:
    texts, language = study["study"], study["languages"][0]
    said = [texts.get("note", {}).get(language), f"Population: {texts['population'][language]}.",
            "Figures, tables, report and register as released, the code that made them, and what ran."]  # fmt: skip
    published = datetime.fromtimestamp(study["source_date_epoch"], UTC).date().isoformat()
    root = {
        "@id": "./", "@type": "Dataset", "name": texts["title"][language],
        "description": " ".join(filter(None, said)), "datePublished": published,
        "license": "Code: MIT (LICENSE). No licence has been given for the released numbers and texts.",
        "conformsTo": [_to(place) for place in PROFILES], "mainEntity": _to(WORKFLOW),
        "hasPart": [_to("results/release/"), *map(_to, files)],
        "mentions": [_to(each["@id"]) for each in actions],
    }  # fmt: skip
    return root | ({"citation": _to("#paper")} if paper else {})


def _paper(paper: Mapping[str, Any]) -> Entity:
    """The study's paper; its authors are named in one text, for they are not the makers of this crate."""
    entity = {"@id": "#paper", "@type": "ScholarlyArticle", "name": paper["title"],
              "author": "; ".join(paper["authors"])}  # fmt: skip
    return entity | ({"identifier": paper["doi"]} if paper.get("doi") else {})


def _workflow(commit: str, tools: Sequence[Entity], steps: Sequence[Entity], known: _Files) -> Entity:
    return known.entity(WORKFLOW) | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": "From raw survey exports to findings", "version": commit, "programmingLanguage": _to(SNAKEMAKE),
        "conformsTo": _to("https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"),
        "url": "https://snakemake.readthedocs.io", "buildInstructions": _to(LOCK),
        "hasPart": [_to(tool["@id"]) for tool in tools], "step": [_to(step["@id"]) for step in steps],
        "input": _to("#parameter/study"), "output": _to("#parameter/release"),
    }  # fmt: skip


def _parameters() -> list[Entity]:
    kinds = (("study", "File", "config.yaml", "The study as configuration"),
             ("release", "Dataset", "results/release/", "The release"))  # fmt: skip
    return [
        {"@id": f"#parameter/{name}", "@type": "FormalParameter", "name": name, "additionalType": kind,
         "description": words, "workExample": _to(example)}
        for name, kind, example, words in kinds
    ]  # fmt: skip


def _steps(of_rule: Mapping[str, None]) -> list[Entity]:
    return [
        {"@id": f"#step/{rule}", "@type": "HowToStep", "position": str(place), "name": rule,
         "description": rules()[rule].sentence,
         "workExample": _to(rules()[rule].script)}
        for place, rule in enumerate(of_rule, 1)
    ]  # fmt: skip


def _tools(of_rule: Mapping[str, None], commit: str, known: _Files) -> list[Entity]:
    scripts = dict.fromkeys(rules()[rule].script for rule in of_rule)
    return [
        known.entity(script) | {"@type": ["File", "SoftwareSourceCode"], "version": commit, "url": PYTHON,
                                "programmingLanguage": _to(PYTHON)}
        for script in scripts
    ]  # fmt: skip


def _engine() -> list[Entity]:
    number = version("snakemake")
    return [
        {"@id": SNAKEMAKE, "@type": "ComputerLanguage", "name": "Snakemake", "identifier": _to("https://snakemake.github.io"),
         "url": _to("https://snakemake.github.io")},
        {"@id": PYTHON, "@type": "ComputerLanguage", "name": "Python", "url": _to(PYTHON)},
        {"@id": f"{SNAKEMAKE}-{number}", "@type": "SoftwareApplication", "name": f"Snakemake {number}",
         "softwareVersion": number, "url": "https://snakemake.github.io"},
    ]  # fmt: skip


def _job(record: Mapping[str, Any], known: _Files) -> Entity:
    def places(name: str) -> list[dict[str, str]]:
        found = (known.refer(path, digest) for path, digest in record[name].items())
        return [_to(place) for place in dict.fromkeys(each["@id"] for each in found)]

    return {
        "@id": f"#job/{record['job']}", "@type": "CreateAction", "name": record["job"],
        "description": sentence(record), "instrument": _to(rules()[record["rule"]].script),
        "startTime": record["started"], "endTime": record["ended"],
        "object": places("inputs"), "result": places("outputs"),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }  # fmt: skip


def _run(jobs: Sequence[Mapping[str, Any]], known: _Files) -> Entity:
    """The run as a whole: from what no job wrote to the release. Jobs of earlier runs that still hold are in it."""
    wrote = {path for record in jobs for path in record["outputs"]}
    read = {path: None for record in jobs for path in record["inputs"] if path not in wrote}
    return {
        "@id": "#run", "@type": "CreateAction", "name": "Run of the workflow",
        "description": "Every job that the release rests on; those that needed no second run keep their own times.",
        "instrument": _to(WORKFLOW), "object": [_to("config.yaml"), *map(known.refer, sorted(read))],
        "result": _to("results/release/"), "startTime": min(record["started"] for record in jobs),
        "endTime": max(record["ended"] for record in jobs),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }  # fmt: skip
