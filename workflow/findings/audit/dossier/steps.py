"""The steps of the workflow as they ran: rules with their sentence and code, jobs with their files.

What ran is read from the records that jobs leave beside their logs (`findings.job`), from the release back.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from findings import jobs
from findings.audit.explain import place_of
from findings.environment import ROOT
from findings.jobs import Record

CONFIDENTIAL, RAW, WORK = "results/confidential/", "data/raw/", "results/work/"
# What a step can see: respondents; both sides, as the gate; released rows.
CLOSED, GATE, OPEN = "closed", "gate", "open"
_PLACE = re.compile(r"(?<![\w.:/])/(?:[\w.+-]+/)+")


@dataclass
class Step:
    """A rule that ran, and where it is written; `side` is what it sees, `after` the rules whose files it reads."""

    rule: str
    file: str
    line: int
    sentence: str
    script: str
    functions: list[tuple[str, str, int]]
    side: str = OPEN
    jobs: list[Record] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    @property
    def stage(self) -> str:
        """The stage of the way of the data that the rule is of."""
        return Path(self.file).stem


def records(logs: Path) -> list[Record]:
    """The records of the jobs that a release rests on, by the name of their log.

    Besides what they hold: `log`, the path of it; `script`; and `chain`, whether each input that a job made is what
    that job wrote.

    A record that no file of the release comes from, such as one of a figure that is no longer made, is left out.
    """
    every = jobs.read(logs)
    makers, wanted = jobs.makers(every), jobs.behind(every, jobs.RELEASE)
    for record in wanted:
        record["log"] = logs / f"{record['job']}.log"
        record["script"] = jobs.rules()[record["rule"]].script
        record["chain"] = {
            name: makers[name]["outputs"].get(name) == digest
            for name, digest in record["inputs"].items()
            if name in makers
        }
    return wanted


def steps(ran: Sequence[Record]) -> list[Step]:
    """The rules of jobs, in the order in which the data go through them."""
    made: dict[str, Step] = {}
    rule_of = {name: record["rule"] for record in ran for name in record["outputs"]}
    for record in ran:
        if record["rule"] not in made:
            rule = jobs.rules()[record["rule"]]
            made[rule.name] = Step(rule.name, rule.file, rule.line, rule.sentence, rule.script, _functions(rule.script))
        made[record["rule"]].jobs.append(record)
    for step in made.values():
        reads = {name for record in step.jobs for name in record["inputs"]}
        writes = {name for record in step.jobs for name in record["outputs"]}
        step.after = sorted({rule_of[name] for name in reads if name in rule_of} - {step.rule})
        if any(name.startswith(CONFIDENTIAL) for name in reads | writes):
            step.side = GATE if any(name.startswith(WORK) for name in writes) else CLOSED
    depths, stages = depth(made.values()), _stages()
    return sorted(made.values(), key=lambda step: (stages.index(step.stage), depths[step.rule], step.line))


def _stages() -> list[str]:
    """The files of rules in the order in which the Snakefile has them: the way of the data."""
    return re.findall(r'include: "workflow/rules/(\w+)\.smk"', (ROOT / "Snakefile").read_text(encoding="utf-8"))


def depth(made: Iterable[Step]) -> dict[str, int]:
    """Rule -> the most steps that are before it on any way."""
    after = {step.rule: step.after for step in made}
    found: dict[str, int] = {}

    def of(rule: str) -> int:
        if rule not in found:
            found[rule] = 1 + max((of(before) for before in after[rule]), default=-1)
        return found[rule]

    for rule in after:
        of(rule)
    return found


def nearest(made: Sequence[Step]) -> dict[str, list[str]]:
    """Rule -> the rules right before it, without those that are before one of these: what a drawing needs."""
    after = {step.rule: set(step.after) for step in made}

    def every(rule: str) -> set[str]:
        return after[rule].union(*(every(before) for before in after[rule]))

    behind = {rule: set().union(*(every(before) for before in after[rule])) for rule in after}
    return {rule: sorted(after[rule] - behind[rule]) for rule in after}


def _functions(script: str) -> list[tuple[str, str, int]]:
    """The functions of the package that a script calls by name: name, file and line."""
    found = []
    for node in ast.walk(ast.parse((ROOT / script).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("findings"):
            for alias in node.names:
                name = f"{node.module}.{alias.name}".removeprefix("findings.")
                with contextlib.suppress(KeyError, FileNotFoundError):
                    found.append((f"findings.{name}", *place_of(name)))
    return sorted(entry for entry in found if not entry[0].endswith(".job"))


def seconds(job: Record) -> float:
    """How long a job took."""
    return (datetime.fromisoformat(job["ended"]) - datetime.fromisoformat(job["started"])).total_seconds()


def hash_shown(name: str, declared: Mapping[str, Mapping[str, Any]], exports: Mapping[str, str]) -> bool:
    """Whether a file's hash may be shown of waves of people.

    A small file of counts can be guessed until its hash fits. So only what is released, of the workflow or a reference
    is shown, and of data as received the export, the form and the declaration.
    """
    if name.startswith(CONFIDENTIAL):
        return False
    if name.startswith(RAW):
        _, _, wave, file = name.split("/", 3)
        return file in ("wave.yaml", declared[wave]["source"].get("form"), exports.get(wave))
    return True


def exports(ran: Sequence[Record], declared: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Wave -> the export that was read: its file and hash."""
    found = {}
    for record in ran:
        if record["rule"] == "ingest":
            wave = record["wildcards"]["wave"]
            name = f"{RAW}{wave}/{declared[wave]['source']['export']}"
            found[wave] = {"file": name, "sha256": record["inputs"][name]}
    return found


def log_text(path: Path) -> str:
    """A job's log, with no place of this machine in it."""
    return _PLACE.sub("…/", path.read_text(encoding="utf-8", errors="replace").rstrip())
