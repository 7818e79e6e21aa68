"""Whether results are current: all that the release rests on is as its jobs left it, made from what lies there now.

Snakemake compares times, and parameters and code with its own notes in `.snakemake/`. It does not see a file that was
edited and given its old time, nor one that was put back from a copy, and of what it has no notes it looks at the time
alone. So three links are held here, from the manifest of the release up to `data/raw/`:

1. a file is what the record of its job says, byte by byte, and so is all that the job read;
2. the record and Snakemake's note of the file are of one and the same run of the job;
3. the note fits the workflow, the configuration and the code as they are: that is Snakemake's own check.
"""

from __future__ import annotations

import json
import os
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from findings import jobs
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.jobs import Record
from findings.provenance import read_manifest, sha256

MANIFEST = "results/release/MANIFEST.sha256"
DOSSIER = "results/audit/MANIFEST.sha256"
# Clocks of files are coarser than those of processes.
SLACK = 0.5


@dataclass(frozen=True)
class Doubt:
    """A file that cannot be vouched for: `why` as a sentence, `target` what Snakemake makes anew to mend it (an output
    of the job, from the study on), `there`: it is no mere lack of a file, which Snakemake sees by itself."""

    why: str
    target: str
    there: bool = True


def doubts(study: Path) -> list[Doubt]:
    """All that cannot be vouched for of what the release in `study` rests on, the first cause of each job; [] if all
    is as the records say. A study without a release is one doubt."""
    if not (study / MANIFEST).is_file():
        return [Doubt("There is no release.", MANIFEST, there=False)]
    records, found, digest = jobs.makers(jobs.read(study / "results" / "logs")), list[Doubt](), _digests(study)
    queue, seen = [name for name in (MANIFEST, DOSSIER) if (study / name).is_file()], set[str]()
    for name in queue:
        found += _listed(study, name)
    while queue:
        wanted = queue.pop()
        if wanted in seen or not wanted.startswith("results/"):
            continue
        record = records.get(wanted)
        if record is None:
            seen.add(wanted)
            there = (study / wanted).exists()
            found.append(Doubt(f"{wanted}: no record says which job made it.", wanted, there))
            continue
        seen |= {*record["made"], *record["outputs"]}
        found += list(_judged(study, record, records, digest))[:1]
        queue += record["read"]
    return found


def refuse_unless_current(study: Path, snakemake: Sequence[str]) -> None:
    """Raise FindingsError unless Snakemake (`snakemake`, its command on the study) has nothing to do and there is no
    doubt."""
    done = subprocess.run([*snakemake, "--dry-run"], capture_output=True, text=True)
    open_ = ["Snakemake has steps to do."] if "Nothing to be done" not in done.stdout + done.stderr else []
    if reasons := open_ + [doubt.why for doubt in doubts(study)]:
        raise FindingsError(
            "The results are not current: " + " ".join(reasons[:5]),
            mend="run ./reproduce; it makes again what is not, and says why.",
        )


def _judged(
    study: Path, record: Record, records: Mapping[str, Record], digest: Callable[[str], str | None]
) -> Iterator[Doubt]:
    """What does not fit between a job's record, the files and Snakemake's notes."""
    target, rule = record["made"][0], record["rule"]
    for name, told in record["outputs"].items():
        if (now := digest(name)) != told:
            yield Doubt(f"{name} is not as the rule {rule} left it.", target, now is not None)
    for name, told in record["inputs"].items():
        # What another job made is held to its record: that it is so on the disk is judged there.
        now = records[name]["outputs"].get(name) if name in records else digest(name)
        if now != told:
            yield Doubt(f"{name} is not as the rule {rule} read it.", target, now is not None)
    for name in record["made"]:
        if not (study / name).exists():
            yield Doubt(f"{name} is gone.", target, there=False)
        elif (note := _note(study, name)) is None:
            yield Doubt(f"{name}: Snakemake's note of how it was made is lost.", target)
        elif not _same_run(record, note):
            yield Doubt(f"{name}: Snakemake's note is of another run than the file.", target)


def _digests(study: Path) -> Callable[[str], str | None]:
    """SHA-256 by the name that a record has for a file: from the study on, else from the repository; None = gone."""

    @cache
    def digest(name: str) -> str | None:
        for base in (study, ROOT):
            if (base / name).is_file():
                return sha256(base / name)
        return None

    return digest


def _note(study: Path, name: str) -> Mapping[str, Any] | None:
    """Snakemake's note of an output (its file persistence: a path by the name in base64); None if there is none."""
    folder = study / ".snakemake" / "metadata"
    step = os.pathconf(study, "PC_NAME_MAX") - 1
    code = urlsafe_b64encode(name.encode()).decode()
    *parts, last = [code[at : at + step] for at in range(0, len(code), step)]
    path = folder.joinpath(*(f"@{part}" for part in parts), last)
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and note.get("starttime") and note.get("endtime") else None


def _same_run(record: Record, note: Mapping[str, Any]) -> bool:
    """Whether the note's file was written while the recorded job ran, and the job began after Snakemake noted it."""
    started = datetime.fromisoformat(record["started"]).timestamp()
    return bool(
        note.get("rule") == record["rule"]
        and not note.get("incomplete")
        and note["starttime"] - SLACK <= started <= note["endtime"] + SLACK
    )


def _listed(study: Path, manifest: str) -> Iterator[Doubt]:
    """What a manifest says, and its folder does not hold; and the other way round."""
    folder = (study / manifest).parent
    listed = read_manifest(folder)
    held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    held.discard(Path(manifest).name)
    place = folder.relative_to(study).as_posix()
    for name in sorted(held | listed.keys()):
        if name not in listed:
            yield Doubt(f"{place}/{name} is not in the manifest of its folder.", manifest)
        elif name not in held:
            yield Doubt(f"{place}/{name} is gone.", manifest)
        elif sha256(folder / name) != listed[name]:
            yield Doubt(f"{place}/{name} is not as its manifest says.", manifest)
