"""The one wrapper around every rule's script: output to the log, no record's value to anybody.

A library's exception may quote the cell it failed on. So what leaves a job is either our own `FindingsError`, written
for a researcher, or the type and the place of what went wrong, never its text.

A job that ends well leaves a record beside its log: what it read and wrote, by hash, and when. What Snakemake notes of
its jobs stays in `.snakemake/` and knows times, not bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from findings.environment import processor
from findings.errors import FindingsError
from findings.provenance import hashes, named

STOP = "STOP: "


@contextmanager
def job(snakemake: Any) -> Iterator[Any]:
    """Run a script's body with its output in the rule's log; a failure ends the process with status 1."""
    log = Path(str(snakemake.log[0]))
    log.parent.mkdir(parents=True, exist_ok=True)
    record = log.with_suffix(".json")
    record.unlink(missing_ok=True)
    started = datetime.now(UTC)
    with log.open("w", encoding="utf-8") as stream:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
        try:
            yield snakemake
        except FindingsError as error:
            stream.write(f"{STOP}{error}\n")
        except BaseException as error:  # noqa: BLE001 - a value in the text must not pass, whatever the type
            stream.write(f"{STOP}{reduced(error)}\n")
        else:
            record.write_text(json.dumps(record_of(snakemake, started), indent=1) + "\n", encoding="utf-8")
            return
        stream.flush()
        os._exit(1)


def record_of(snakemake: Any, started: datetime) -> dict[str, Any]:
    """What is known of a job that has just ended: rule, wildcards, times (UTC), its parameters' digest, its files.

    `inputs` and `outputs` are SHA-256 by path; a folder is its files. `read` and `made` are as the rule declares them,
    a folder as itself. `processor` is the kind of machine: from one to another the last digits of a number may differ.
    Paths are relative to the study, or to the repository for files of the workflow itself.
    """
    params = {name: value for name, value in snakemake.params.items() if name != "code"}
    return {
        "rule": snakemake.rule,
        "wildcards": dict(snakemake.wildcards.items()),
        "started": started.isoformat(timespec="milliseconds"),
        "ended": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "code": snakemake.params.get("code"),
        "params": digest(params),
        "inputs": hashes(map(Path, snakemake.input)),
        "outputs": hashes(map(Path, snakemake.output)),
        "read": [named(Path(path)) for path in snakemake.input],
        "made": [named(Path(path)) for path in snakemake.output],
        "processor": processor(),
    }


def digest(params: Any) -> str:
    """Hex SHA-256 of parameters as JSON."""
    return hashlib.sha256(json.dumps(params, sort_keys=True, default=str).encode()).hexdigest()


def reduced(error: BaseException) -> str:
    """Type and place of an exception, without its text: the innermost frame and the innermost one of this package."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/findings/" in frame.filename] or frames
    places = {f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in (*own[-1:], *frames[-1:])}
    return (
        f"{type(error).__name__} at {', '.join(sorted(places))} (its text is not shown: it may hold an answer)."
        "\n  Mend: this is a defect of the software; report the line above."
    )
