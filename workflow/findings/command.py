"""`./reproduce`: one word, one thing done, and plain sentences while it is done."""

from __future__ import annotations

import argparse
import fcntl
import filecmp
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from findings.environment import ROOT, pin
from findings.job import STOP

HELP = """\
./reproduce                  everything: all waves of config.yaml, from raw exports to the report
./reproduce test             all tests            ./reproduce lint    style, types, Snakemake's lint
./reproduce plan             what would run, why  ./reproduce clean   remove results (never data)
./reproduce verify           run again elsewhere from raw and compare every released file
./reproduce audit KEY        one number, explained and recomputed twice; words instead of a key are looked for
./reproduce wave-diff        each wave beside those before it, before anything is estimated: exact, confidential
./reproduce snakemake ...    Snakemake itself, in the environment
./reproduce add-wave NAME EXPORT [--form FORM]     draft a new wave from an export; docs/swap_in_a_wave.md
--study DIR                  another study: DIR holds its own config.yaml and data/
--accept-interim-gate        release waves of real people before the disclosure gate is final
"""
VERBS = ("run", "test", "lint", "verify", "plan", "clean", "audit", "wave-diff", "add-wave", "snakemake")
MEGABYTES_NEEDED = 200


def main(arguments: list[str] | None = None) -> int:
    """Do what the words of the command line say; the exit status is 0 only if all of it was done."""
    pin()
    parser = argparse.ArgumentParser(prog="./reproduce", usage=HELP, add_help=False)
    parser.add_argument("--study", type=Path, default=ROOT)
    parser.add_argument("--accept-interim-gate", action="store_true")
    parser.add_argument("--cores", type=int, default=None)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("verb", nargs="?", default="run")
    options, rest = parser.parse_known_args(arguments)
    if options.help:
        print(HELP)
        return 0
    if options.verb not in VERBS:
        return _say(f"'{options.verb}' is not a command. There are:\n{HELP}", 2)
    study = options.study.resolve()
    if not (study / "config.yaml").is_file():
        return _say(f"There is no config.yaml in {options.study}: a study's folder holds one, and data/raw/.", 2)
    extra = ["--config", "accept_interim_gate=true"] if options.accept_interim_gate else []
    if options.cores:
        rest = [*rest, "--cores", str(options.cores)]
    if options.verb == "snakemake":
        return subprocess.call([*_snakemake(study), *rest, *extra])
    if options.verb == "plan":
        return subprocess.call([*_snakemake(study), "--dry-run", "--quiet", "host", *rest, *extra])
    if options.verb == "audit":
        # Imported here: no other word needs it.
        from findings.audit.told import main as audit

        return audit(study, rest)
    if options.verb == "test":
        # All of them on every core, a file in one process: its fixtures are made once. Few are quicker in this one.
        how = rest or ["-n", "logical", "--dist", "loadfile"]
        return subprocess.call([sys.executable, "-m", "pytest", *how], cwd=ROOT)
    if options.verb == "add-wave":
        # Imported here: it reads exports, which no other word does in this process.
        from findings import add_wave

        return add_wave.main(study, rest)
    if rest and options.verb not in ("run", "wave-diff"):
        return _say(f"'{options.verb}' takes no further word: {' '.join(rest)}", 2)
    if options.verb == "lint":
        return _lint()
    if options.verb == "clean":
        shutil.rmtree(study / "results", ignore_errors=True)
        shutil.rmtree(study / ".snakemake", ignore_errors=True)
        return 0
    if options.verb == "verify":
        return _verify(study, [*rest, *extra])
    if options.verb == "wave-diff":
        return _run(study, ["wave_diff_drafts", *rest, *extra], _say_drafts)
    return _run(study, [*rest, *extra])


def _snakemake(study: Path) -> list[str]:
    """Snakemake on this study, in this environment."""
    return [
        sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(study),
        "--workflow-profile", str(ROOT / "profiles" / "default"), "--nolock",
    ]  # fmt: skip


def _run(study: Path, extra: list[str], say: Callable[[Path], None] | None = None) -> int:
    """Run Snakemake on the study, and end by saying where the results are (`say`; None: those of a whole run)."""
    started = time.time()
    results = study / "results"
    results.mkdir(mode=0o700, exist_ok=True)
    if shutil.disk_usage(results).free < MEGABYTES_NEEDED * 1_000_000:
        return _say(f"The disk of {results} has less than {MEGABYTES_NEEDED} MB free; make room and run again.", 1)
    with (results / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _say("Another ./reproduce is at work on this study; wait for it to end.", 1)
        status, jobs = _follow([*_snakemake(study), *extra], lock.fileno())
    if status:
        _explain(results, started)
        return _say("Stopped. Results of the last complete run, if any, are untouched in results/release/.", 1)
    print("Nothing to be done." if not jobs else f"Done: {jobs} steps in {time.time() - started:.0f} s.")
    (say or _say_release)(study)
    return 0


def _say_release(study: Path) -> None:
    # Imported here: it needs what takes a second to import, and only a run that is done needs it.
    from findings.findings_diff import record

    results = study / "results"
    if said := record(study):
        print(f"{said}\n  (which: {results}/findings_diff/index.html)")
    release = results / "release"
    print(f"Report   {release}/report.en.pdf, report.en.html\nFigures  {release}/figures/\nTables   {release}/tables/")
    print(f"Register {release}/estimates.csv\nStart at {release}/index.html")
    print(f"Dossier  {results}/audit/index.html")


def _say_drafts(study: Path) -> None:
    found = sorted((study / "results" / "confidential").glob("*/wave_diff.*.html"))
    print("\n".join(map(str, found)) or "There is one wave only: nothing is before it.")
    print("Exact numbers, confidential: not for passing on. The release has these pages as the gate leaves them.")


def _follow(command: list[str], lock: int) -> tuple[int, int]:
    """Run Snakemake in a process group of its own and tell, in its rules' own sentences, how far it is.

    Snakemake holds the lock too: were this process killed, nobody starts a second run beside the orphan.
    """
    jobs, unexplained = 0, list[str]()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0, pass_fds=[lock]
    )

    def stop(number: int, _frame: object) -> None:
        os.killpg(process.pid, signal.SIGKILL)
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    assert process.stdout is not None
    for line in process.stdout:
        if match := re.match(r"Job \d+: (.*)", line):
            print(f"  {match[1]}", flush=True)
        elif match := re.match(r"(\d+) of (\d+) steps \((\d+)%\) done", line):
            jobs = int(match[1])
            print(f"  [{match[3]:>3} %] {match[1]} of {match[2]} steps", flush=True)
        else:
            unexplained.append(line)
    status = process.wait()
    if status and not jobs:
        # Nothing ran: a wrong config or a missing file, which Snakemake itself reports.
        text = "".join(unexplained)
        ours = re.search(r"(?:FindingsError|WorkflowError|MissingInputException)[^\n]*\n(.*?)(?:\n\n|\Z)", text, re.S)
        if ours and "At least one job" not in ours[0]:
            place = re.compile(r'\s*File "|FindingsError in')
            lines = [line for line in ours[0].strip().splitlines() if not place.match(line)]
            print("\n".join(lines), file=sys.stderr)
    return status, jobs


def _explain(results: Path, started: float) -> None:
    """Print what the failed jobs of this run wrote to their logs for the researcher."""
    for log in sorted((results / "logs").rglob("*.log")):
        if log.stat().st_mtime >= started - 1:
            text = log.read_text(encoding="utf-8")
            if STOP in text:
                print(f"\n{text[text.index(STOP) :].rstrip()}\n  (log: {log})", file=sys.stderr)


def _lint() -> int:
    """Style, types, and Snakemake's own lint; 0 only if all three are clean."""
    commands = [
        [sys.executable, "-m", "ruff", "check", "workflow", "tests", "benchmarks"],
        [sys.executable, "-m", "mypy"],
        [*_snakemake(ROOT), "--lint"],
    ]
    return max(abs(subprocess.call(command, cwd=ROOT)) for command in commands)


def _verify(study: Path, extra: list[str]) -> int:
    """Run from raw in another folder and compare every released file byte by byte."""
    if status := _run(study, extra):
        return status
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        copy = Path(folder) / "study"
        copy.mkdir()
        for name in ("config.yaml", "claims.yaml"):
            if (study / name).is_file():
                shutil.copy2(study / name, copy)
        shutil.copytree(study / "data", copy / "data")
        if status := _run(copy, extra):
            return status
        first, second = study / "results" / "release", copy / "results" / "release"
        names = sorted({str(p.relative_to(base)) for base in (first, second) for p in base.rglob("*") if p.is_file()})
        _, differ, missing = filecmp.cmpfiles(first, second, names, shallow=False)
    for name in (*differ, *missing):
        print(f"differs: {name}", file=sys.stderr)
    if differ or missing:
        return _say(f"{len(differ) + len(missing)} of {len(names)} released files differ between two runs.", 1)
    print(f"Verified: {len(names)} released files are the same, byte for byte, in a second run from raw.")
    return 0


def _say(sentence: str, status: int) -> int:
    print(sentence, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
