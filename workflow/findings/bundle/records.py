"""The jobs behind a release, from the records that each left beside its log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from findings.environment import ROOT
from findings.errors import FindingsError

# What the study ends in: whatever a job wrote there, and all that it rests on.
ENDS = ("results/release/", "results/audit/")
# Snakemake's own, in a folder that a job wrote.
STAMP = "/.snakemake_timestamp"
MEND = "run ./reproduce; if a record is still missing, ./reproduce snakemake --forceall makes all of them."


def read(logs: Path) -> list[dict[str, Any]]:
    """Every job's record under a study's logs, with `job`, its name: the record's path without its ending."""
    found = []
    for path in sorted(logs.rglob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        for name in ("inputs", "outputs"):
            record[name] = {file: digest for file, digest in record[name].items() if not file.endswith(STAMP)}
        found.append(record | {"job": path.relative_to(logs).with_suffix("").as_posix()})
    return found


def chain(records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The jobs that the release and the dossier rest on, a job after those whose files it read.

    Raises FindingsError where a file under results/ that one of them read was written by no recorded job, or was
    written anew since.
    """
    # Of two jobs that wrote a file, the later one.
    made = {path: record for record in sorted(records, key=lambda each: each["ended"]) for path in record["outputs"]}
    waiting = [record for path, record in made.items() if path.startswith(ENDS)]
    if not waiting:
        raise FindingsError("No job has left a record of a release.", file="results/logs", mend=MEND)
    found: dict[str, Mapping[str, Any]] = {}
    while waiting:
        record = waiting.pop()
        found[record["job"]] = record
        for path, digest in record["inputs"].items():
            if not path.startswith("results/"):
                continue
            before = made.get(path)
            if before is None or before["outputs"][path] != digest:
                what = "written by no recorded job" if before is None else "written anew since it was read"
                raise FindingsError(f"A file that the job {record['job']} read was {what}.", file=path, mend=MEND)
            if before["job"] not in found:
                waiting.append(before)
    return sorted(found.values(), key=lambda record: (record["ended"], record["job"]))


@cache
def rules() -> dict[str, dict[str, str]]:
    """Of every rule: its `sentence` (with Snakemake's {wildcards.…}), its `script` and the `file` that declares it."""
    found = {}
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        for block in re.split(r"^(?=rule \w+:)", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            name = re.match(r"rule (\w+):", block)
            script = re.search(r'"\.\./(scripts/\w+\.py)"', block)
            message = re.search(r'message:\s*((?:"[^"]*"\s*)+)', block)
            if name and script and message:
                found[name[1]] = {
                    "sentence": "".join(re.findall(r'"([^"]*)"', message[1])),
                    "script": f"workflow/{script[1]}",
                    "file": path.relative_to(ROOT).as_posix(),
                }
    return found


def sentence(record: Mapping[str, Any]) -> str:
    """What a job did, in its rule's own words."""
    said = rules()[record["rule"]]["sentence"]
    return re.sub(r"\{wildcards\.(\w+)\}", lambda found: str(record["wildcards"][found[1]]), said)
