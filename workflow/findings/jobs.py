"""The jobs behind a release: the records that they leave beside their logs (`findings.job`), and their rules."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from findings.environment import ROOT
from findings.errors import FindingsError
from findings.plan import filled

Record = dict[str, Any]
MEND = "run ./reproduce; if a record is still missing, ./reproduce snakemake --forceall makes all of them."
RELEASE, DOSSIER = "results/release/", "results/audit/"
_WHOLE = {"rule", "wildcards", "started", "ended", "inputs", "outputs", "read", "made"}


@dataclass(frozen=True)
class Rule:
    """A rule and where it is declared; `sentence` is its message, with what differs from job to job as `{name}`."""

    name: str
    sentence: str
    script: str
    file: str
    line: int


@cache
def rules() -> dict[str, Rule]:
    """Every rule that has a script, by name, in the order of the files of rules."""
    found = {}
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        words = path.read_text(encoding="utf-8")
        starts = [*re.finditer(r"^rule (\w+):", words, re.MULTILINE)]
        for start, end in zip(starts, [*(each.start() for each in starts[1:]), len(words)], strict=True):
            block = words[start.start() : end]
            script = re.search(r'"\.\./(scripts/\w+\.py)"', block)
            message = re.search(r'message:\s*((?:"[^"]*"\s*)+)', block)
            if script and message:
                sentence = ast.literal_eval(f"({message[1]})").replace("{wildcards.", "{")
                file, line = path.relative_to(ROOT).as_posix(), words.count("\n", 0, start.start()) + 1
                found[start[1]] = Rule(start[1], sentence, f"workflow/{script[1]}", file, line)
    return found


def sentence(record: Mapping[str, Any]) -> str:
    """What a job did, in its rule's own words."""
    return str(filled(rules()[record["rule"]].sentence, record["wildcards"]))


def read(logs: Path) -> list[Record]:
    """Every job's record under a study's logs, with `job`, its name: the record's path without its ending.

    What is no whole record is left out: no job is known to have made what it speaks of.
    """
    found = []
    for path in sorted(logs.rglob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if isinstance(record, dict) and record.keys() >= _WHOLE:
            found.append(record | {"job": path.relative_to(logs).with_suffix("").as_posix()})
    return found


def makers(records: Iterable[Record]) -> dict[str, Record]:
    """The job that wrote it, by file and by declared output; of two the later one."""
    found: dict[str, Record] = {}
    for record in sorted(records, key=lambda each: str(each["ended"])):
        found |= dict.fromkeys([*record["made"], *record["outputs"]], record)
    return found


def behind(records: Iterable[Record], *ends: str) -> list[Record]:
    """The jobs that wrote a file whose path begins with one of `ends`, and those whose files these read; by name."""
    made = makers(records)
    found: dict[str, Record] = {}
    waiting = [record for path, record in made.items() if path.startswith(ends)]
    while waiting:
        record = waiting.pop()
        if record["job"] not in found:
            found[record["job"]] = record
            waiting += [made[path] for path in record["inputs"] if path in made]
    return [found[job] for job in sorted(found)]


def chain(records: Iterable[Record]) -> list[Record]:
    """The jobs that the release and the dossier rest on, a job after those whose files it read.

    Raises FindingsError where a file under results/ that one of them read was written by no recorded job, or was
    written anew since.
    """
    every = list(records)
    made, found = makers(every), behind(every, RELEASE, DOSSIER)
    if not found:
        raise FindingsError("No job has left a record of a release.", file="results/logs", mend=MEND)
    for record in found:
        for path, digest in record["inputs"].items():
            before = made.get(path)
            if path.startswith("results/") and (before is None or before["outputs"].get(path) != digest):
                what = "written by no recorded job" if before is None else "written anew since it was read"
                raise FindingsError(f"A file that the job {record['job']} read was {what}.", file=path, mend=MEND)
    return sorted(found, key=lambda record: (record["ended"], record["job"]))
