"""What a wave added to ten runs: its own jobs and those across waves; prints one dated Markdown table.

Run: PYTHONPATH=workflow .venv/bin/python benchmarks/added_wave.py >> benchmarks/results.md
Nothing is estimated. The waves are the study's under other names, with empty raw files and empty results that Snakemake
is told are done (`--touch`); what it would then run is what it would run after ten waves that were.
"""

from __future__ import annotations

import csv
import datetime
import io
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from findings.environment import PINNED, ROOT

# The rules whose jobs are of all waves.
ACROSS = {"verdicts", "report", "release", "dossier", "checks"}
# Outputs that are folders.
FOLDERS = ("repeats", "fonts")


def study_of(source: Path, study: Path, waves: Mapping[str, str]) -> None:
    """Make `study`: the study `source` with `waves`, new name -> the wave of `source` that it is a copy of."""
    study.mkdir(exist_ok=True)
    for name in ("config.yaml", "claims.yaml"):
        shutil.copy(source / name, study)
    shutil.copytree(source / "data" / "reference", study / "data" / "reference")
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    write(study, config | {"waves": {}})
    for name, of in waves.items():
        add(source, study, name, of)


def add(source: Path, study: Path, name: str, of: str) -> None:
    """Add the wave `of` of `source` as `name`, the last of `study`: its declaration, and every other file empty."""
    folder = study / "data" / "raw" / name
    folder.mkdir(parents=True)
    for path in (source / "data" / "raw" / of).iterdir():
        (folder / path.name).touch()
    declared = (source / "data" / "raw" / of / "wave.yaml").read_text(encoding="utf-8")
    (folder / "wave.yaml").write_text(re.sub(rf"(?m)^wave: {of}$", f"wave: {name}", declared), encoding="utf-8")
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    config["waves"][name] = {"label": {language: name for language in config["languages"]}}
    write(study, config)


def write(study: Path, config: Mapping) -> None:
    """Write config.yaml."""
    text = yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)
    (study / "config.yaml").write_text(text, encoding="utf-8")


def snakemake(study: Path, *words: str) -> str:
    """What Snakemake says on a study."""
    command = [sys.executable, "-m", "findings.command", "--study", str(study), "snakemake", *words]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **PINNED})
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def outputs(study: Path) -> list[dict[str, str]]:
    """Every file of a run by Snakemake's summary: output_file, rule, plan (`no update`, or what is to be done) ..."""
    return list(csv.DictReader(io.StringIO(snakemake(study, "--summary", "--quiet", "all")), delimiter="\t"))


def finish(study: Path) -> None:
    """Make every output an empty one that counts as made from what is there."""
    for row in outputs(study):
        path = study / row["output_file"]
        (path if path.name in FOLDERS else path.parent).mkdir(parents=True, exist_ok=True)
        if path.name not in FOLDERS:
            path.touch()
    snakemake(study, "--touch", "--quiet", "all")


def is_of(row: Mapping[str, str], wave: str) -> bool:
    """Whether an output is of a wave: its folder or a part of its name."""
    return wave in re.split(r"[/.]", row["output_file"])


def jobs(study: Path) -> dict[str, int]:
    """Rule -> jobs that would run."""
    said = snakemake(study, "--dry-run", "--quiet", "host")
    table = said.partition("Job stats:")[2].partition("\n\n")[0]
    counts = re.findall(r"(?m)^(\w+) +(\d+)$", table)
    return {name: int(count) for name, count in counts if name not in ("all", "total")}


def seconds(study: Path) -> tuple[float, float]:
    """Seconds of a dry run: by the clock, and of one processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    jobs(study)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return time.perf_counter() - start, used


def main(source: Path = ROOT) -> None:
    """Measure on the study and print."""
    shipped: Sequence[str] = list(yaml.safe_load((source / "config.yaml").read_text(encoding="utf-8"))["waves"])
    ten = {f"w{number:02}": shipped[number % len(shipped)] for number in range(1, 11)}
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few", Path(folder) / "many"
        study_of(source, few, {f"w{n}": wave for n, wave in enumerate(shipped)})
        study_of(source, many, ten)
        finish(many)
        add(source, many, "w11", shipped[-1])
        new = jobs(many)
        later = seconds(many)
        shutil.rmtree(many / "results")
        every, three, eleven = jobs(many), seconds(few), seconds(many)
    own, across, whole = sum(new.values()), sum(new.get(name, 0) for name in ACROSS), sum(every.values())
    print(f"\n## {datetime.date.today().isoformat()}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| what | measured | target |\n|---|---|---|")
    print(
        f"| jobs after an eleventh wave, to those of all eleven | {own} / {whole} = {own / whole:.2f}, "
        f"of them {across} across waves | its own and those across waves |"
    )
    for what, (clock, used) in (
        (f"{len(shipped)} waves, all to be done", three),
        ("eleven waves, all to be done", eleven),
        ("eleven waves, the last to be done", later),
    ):
        print(f"| a dry run of {what} | {clock:.1f} s, {used:.1f} s of one processor | seconds |")


if __name__ == "__main__":
    main()
