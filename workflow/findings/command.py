"""`./reproduce`: one word, one thing done, and plain sentences while it is done."""

from __future__ import annotations

import argparse
import fcntl
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

from findings.current import MANIFEST, Doubt, doubts
from findings.environment import ROOT, pin
from findings.job import STOP

HELP = """\
./reproduce                  everything: all waves of config.yaml, from raw exports to the report
./reproduce test             all tests            ./reproduce lint    style, types, Snakemake's lint
./reproduce plan             what would run, why  ./reproduce clean   remove results (never data)
./reproduce verify           run again elsewhere from raw, rows shuffled, and compare every released file
                             --against FOLDER: compare with another release instead, from another machine;
                             both first make this study's own results current, as ./reproduce does
./reproduce audit KEY        one number, explained and recomputed twice; words instead of a key are looked for
./reproduce bundle           one archive for a reviewer: report, dossier, crate, code; no microdata; docs/bundle.md
./reproduce wave-diff        each wave beside those before it, before anything is estimated: exact, confidential
./reproduce snakemake ...    Snakemake itself, in the environment
./reproduce add-wave NAME EXPORT [--form FORM]     draft a new wave from an export; docs/swap_in_a_wave.md
--study DIR                  another study: DIR holds its own config.yaml and data/
--accept-interim-gate        release waves of real people before the disclosure gate is final
"""
VERBS = ("run", "test", "lint", "verify", "plan", "clean", "audit", "bundle", "wave-diff", "add-wave", "snakemake")
MEGABYTES_NEEDED = 200
# The log of the rule that looks at a release when it is in place.
CHECKS = "checks.log"
# As many reasons are printed why something is made again.
SHOWN = 8


def main(arguments: list[str] | None = None) -> int:
    """Do what the words of the command line say; the exit status is 0 only if all of it was done."""
    pin()
    parser = argparse.ArgumentParser(prog="./reproduce", usage=HELP, add_help=False)
    parser.add_argument("--study", type=Path, default=ROOT)
    parser.add_argument("--accept-interim-gate", action="store_true")
    parser.add_argument("--cores", type=int, default=None)
    parser.add_argument("--against", type=Path, default=None)
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
    if options.verb == "verify":
        if rest:
            return _say(f"'verify' takes no further word but --against FOLDER: {' '.join(rest)}", 2)
        return _verify(study, extra, options.cores, options.against)
    # Words to Snakemake may ask for some of the results alone.
    named = bool(rest)
    if options.cores:
        rest = [*rest, "--cores", str(options.cores)]
    if options.verb == "snakemake":
        return subprocess.call([*_snakemake(study), *rest, *extra])
    if options.verb == "plan":
        again = [] if named else _again(study)
        # `--quiet` takes every word behind it that is no option: targets stand last.
        return _plan([*_snakemake(study), "--quiet", "host", "--dry-run", *again, *rest, *extra])
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
    if options.verb == "bundle":
        return _bundle(study)
    if options.verb == "wave-diff":
        return _run(study, ["wave_diff_drafts", *rest, *extra], _say_drafts, whole=False)
    return _run(study, [*rest, *extra], whole=not named)


def _snakemake(study: Path) -> list[str]:
    """Snakemake on this study, in this environment."""
    return [
        sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(study),
        "--workflow-profile", str(ROOT / "profiles" / "default"), "--nolock",
    ]  # fmt: skip


def _run(study: Path, extra: list[str], say: Callable[[Path], None] | None = None, whole: bool = True) -> int:
    """Run Snakemake on the study, and end by saying where the results are (`say`; None: those of the release).

    A `whole` run makes the release; only when every file of it can be vouched for is the status 0.
    """
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
        again = _again(study) if whole else []
        status, jobs = _follow([*_snakemake(study), *again, *extra], lock.fileno())
    if status:
        stopped = _explain(results, started)
        if CHECKS in stopped:
            return _say("Stopped: the release is in place, and it does not pass its checks.", 1)
        return _say("Stopped. Results of the last complete run, if any, are untouched in results/release/.", 1)
    if jobs and whole and (left := doubts(study)):
        _tell(left)
        return _say("So these results cannot be vouched for. Run again with nothing else at work in these folders.", 1)
    print("Nothing to be done." if not jobs else f"Done: {jobs} steps in {time.time() - started:.0f} s.")
    (say or _say_release)(study)
    return 0


def _again(study: Path) -> list[str]:
    """What Snakemake is to make again, whether or not it sees a reason (its `--forcerun ...`), after saying why."""
    found = [doubt for doubt in doubts(study) if doubt.there]
    if found:
        _tell(found)
        print("So this is made again, and what rests on it.", flush=True)
    return ["--forcerun", *sorted({doubt.target for doubt in found})] if found else []


def _tell(found: list[Doubt]) -> None:
    more = f"\n  and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    print("\n".join(f"  {doubt.why}" for doubt in found[:SHOWN]) + more, flush=True)


def _say_release(study: Path) -> None:
    # Imported here: it needs what takes a second to import, and only a run that is done needs it.
    from findings.findings_diff import record

    results = study / "results"
    if not (study / MANIFEST).is_file():
        return
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
        if plain := _plain("".join(unexplained), command):
            print(plain, file=sys.stderr)
    return status, jobs


def _plain(said: str, command: list[str]) -> str:
    """Why Snakemake stopped before any job, of all that it said (`command` is its words), for the researcher; or ""."""
    target = re.search(r"No rule to produce (\S+)", said)
    missing = target[1] if target else ""
    if wave := re.search(r"KeyError: '(\w+)'\s+Wildcards:\s+wave=\1\n", said):
        name = wave[1]
        missing = next((word for word in reversed(command) if name in word), f"a file of wave {name}")
    if missing:
        mend = "if it is of a wave, that wave may be missing under `waves:` of config.yaml."
        return f"No rule makes {missing}.\n  Mend: {mend}"
    ours = re.search(r"(?:FindingsError|WorkflowError|MissingInputException)[^\n]*\n(.*?)(?:\n\n|\Z)", said, re.S)
    if not ours or "At least one job" in ours[0]:
        return ""
    place = re.compile(r'\s*File "|FindingsError in')
    return "\n".join(line for line in ours[0].strip().splitlines() if not place.match(line))


def _plan(command: list[str]) -> int:
    """Print what Snakemake would run; where it stops, why, as a run says it."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    plain = _plain(done.stdout, command) if done.returncode else ""
    if plain:
        return _say(plain, done.returncode)
    print(done.stdout, end="")
    return done.returncode


def _explain(results: Path, started: float) -> list[str]:
    """Print what the failed jobs of this run wrote to their logs for the researcher; the names of these logs."""
    found = []
    for log in sorted((results / "logs").rglob("*.log")):
        if log.stat().st_mtime >= started - 1:
            text = log.read_text(encoding="utf-8")
            if STOP in text:
                print(f"\n{text[text.index(STOP) :].rstrip()}\n  (log: {log})", file=sys.stderr)
                found.append(log.name)
    return found


def _lint() -> int:
    """Style, types, and Snakemake's own lint; 0 only if all are clean."""
    commands = [
        [sys.executable, "-m", "ruff", "check", "workflow", "tests", "benchmarks"],
        [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "workflow", "tests", "benchmarks"],
        [sys.executable, "-m", "mypy"],
        [*_snakemake(ROOT), "--lint"],
    ]
    return max(abs(subprocess.call(command, cwd=ROOT)) for command in commands)


def _bundle(study: Path) -> int:
    """One archive of current results for a reviewer."""
    # Imported here: no other word needs it.
    from findings.bundle.packing import main as bundle

    return bundle(study, _snakemake(study))


def _verify(study: Path, extra: list[str], cores: int | None, against: Path | None) -> int:
    """Make the results current; run from raw elsewhere, all that may not matter changed, and compare every released
    file; or compare the release with another one (`against`, its folder), made on a machine that is not known."""
    # Imported here: it reads exports, which no other word does in this process.
    from findings import verification

    if status := _run(study, [*(["--cores", str(cores)] if cores else []), *extra]):
        return status
    release, where = study / "results" / "release", verification.made_on(study)
    if against:
        if not (against / "MANIFEST.sha256").is_file():
            return _say(f"There is no release in {against}: it is a folder with a MANIFEST.sha256.", 2)
        compared, where = verification.compare(against, release), {*where, "an unknown processor"}
    else:
        with tempfile.TemporaryDirectory(prefix="verify-") as folder:
            copy = Path(folder) / "elsewhere" / "study"
            stay = verification.copied(study, copy)
            more = [f"--cores={(cores or 2) + 1}", *(["--accept-interim-gate"] if extra else [])]
            print(
                "Again from raw: in another folder, time zone and language, with another secret and number of cores, "
                f"the rows of the exports in another order{' (but of ' + ', '.join(stay) + ')' if stay else ''} ...",
                flush=True,
            )
            command = [sys.executable, "-m", "findings.command", "--study", str(copy), *more]
            env = {**os.environ, **verification.ELSEWHERE}
            if status := subprocess.call(command, env=env, umask=verification.UMASK):
                return _say("The second run stopped: nothing was compared.", status)
            compared = verification.compare(release, copy / "results" / "release")
    for name in compared.differ:
        print(f"differs: {name}", file=sys.stderr)
    for name in compared.near:
        print(f"not the same to the byte, but to {verification.TOLERANCE:g}: {name}", file=sys.stderr)
    good, sentence = verification.told(compared, where)
    if not good:
        return _say(sentence, 1)
    print(sentence)
    return 0


def _say(sentence: str, status: int) -> int:
    print(sentence, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
