"""What the dossier checks of a release by itself, from the records of jobs, the manifest and the released files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from findings.audit.dossier.released import Release, table
from findings.errors import FindingsError
from findings.inputs import code
from findings.jobs import Record
from findings.provenance import MANIFEST, read_manifest, sha256

WORK_RELEASE = "results/work/release/"
# The checks as data, for `hold`.
FILE = "checks.json"
NUMBERS = (
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "n",
    "n_asked",
    "n_missing",
    "p",
    "bound_low",
    "bound_high",
    "rank_low",
)


@dataclass(frozen=True)
class Check:
    """A check: what is claimed, of how many things it was looked at, and those of which it does not hold."""

    claim: str
    looked_at: int
    of: str
    bad: list[str]
    note: str = ""


def checks(ran: Sequence[Record], release: Release) -> list[Check]:
    """Every check, the chain of hashes first."""
    manifest = read_manifest(release.folder)
    return [*_chain(ran, manifest), *_code(ran), *_release(release, manifest)]


def hold(file: Path) -> list[dict[str, Any]]:
    """The checks of a dossier (`file`, its FILE), each with how much it looked at.

    Raises FindingsError where one does not hold: the claims, and the first of what they do not hold of.
    """
    found = json.loads(file.read_text(encoding="utf-8"))
    if broken := [check for check in found if check["bad"]]:
        raise FindingsError(
            "A check of the dossier does not hold: " + "; ".join(check["claim"] for check in broken) + ".",
            file="results/audit/checks.html",
            codes=[name for check in broken for name in check["bad"]],
            mend="./reproduce clean, then ./reproduce: everything is made anew from data/raw/. If the check does not"
            " hold then either, the software has a defect: report these lines. Do not pass on results/release/ before.",
        )
    return [{name: check[name] for name in ("claim", "looked_at", "of")} for check in found]


def _chain(ran: Sequence[Record], manifest: Mapping[str, str]) -> list[Check]:
    made = {name: digest for record in ran for name, digest in record["outputs"].items()}
    links = [(record, name, digest) for record in ran for name, digest in record["inputs"].items()]
    inner = [(record, name, digest) for record, name, digest in links if name in made]
    outer: dict[str, set[str]] = {}
    for _, name, digest in links:
        if name not in made:
            outer.setdefault(name, set()).add(digest)
    copied = {name: made[WORK_RELEASE + name] for name in manifest if WORK_RELEASE + name in made}
    lost = sorted(name for name in outer if name.startswith("results/"))
    ended = [record["rule"] for record in ran if record["rule"] == "release"]
    return [
        Check("The job that made the release, and those before it, left a record", len(ran), "jobs",
              [] if ended else ["release"]),
        Check("What a job read is, byte for byte, what the job before it wrote", len(inner), "files read",
              sorted({f"{record['rule']}: {name}" for record, name, digest in inner if made[name] != digest})),
        Check("Every file of the results that a job read was made by a job that left a record",
              len(inner) + len(lost), "files read", lost),
        Check("All jobs that read a file from outside read the same bytes", len(outer), "files",
              sorted(name for name, digests in outer.items() if len(digests) > 1)),
        Check("What was released is, byte for byte, what a job wrote", len(copied), "files",
              sorted(name for name, digest in copied.items() if manifest[name] != digest)),
    ]  # fmt: skip


def _code(ran: Sequence[Record]) -> list[Check]:
    """The code that these pages show is the code that ran: its digest is computed again."""
    scripts: dict[str, str] = {}
    bad = []
    for record in ran:
        name = record["script"]
        scripts.setdefault(name, code(Path(name).stem))
        if record["code"] != scripts[name]:
            bad.append(f"{record['rule']} {' '.join(record['wildcards'].values())}")
    return [Check("The code shown here is the code that ran: script, modules, schemas and lock", len(ran), "jobs", bad)]


def _release(release: Release, manifest: Mapping[str, str]) -> list[Check]:
    folder, rows = release.folder, release.rows
    now = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    now.pop(MANIFEST, None)
    moved = {name for name in {*manifest} & {*now} if sha256(now[name]) != manifest[name]}
    exhibits = [(row["file"], row["sha256"]) for row in table(folder / "exhibits.csv")]
    printed = [row["key"].partition("#")[0] for row in table(folder / "numbers.csv")]
    said = [
        key
        for path in folder.glob("sentences.*.csv")
        for row in table(path)
        # Of a withheld row a sentence says that it is withheld.
        for key, words in zip(row["keys"].split(" "), row["texts"].split("|"), strict=True)
        if any(map(str.isdecimal, words))
    ]
    keyed = [key for key in printed if "@" in key and "(" not in key.split("@")[0].split("|")[0]] + said
    withheld = [row for row in rows.values() if row["status"] != "published"]
    return [
        Check("The files of the release are those of its manifest", len(now), "files",
              sorted({*manifest} ^ {*now} | moved)),
        Check("exhibits.csv has the hash of every file of an exhibit", len(exhibits), "files",
              sorted(name for name, digest in exhibits if manifest.get(name) != digest)),
        Check("Every number printed of a row, and every number of a sentence, is that of a published row", len(keyed),
              "numbers", sorted({key for key in keyed if key not in rows or rows[key]["status"] != "published"})),
        Check("A withheld row holds no number", len(withheld), "rows",
              sorted(row["key"] for row in withheld if any(row[name] for name in NUMBERS))),
        Check("No row that is computed from several rests on a withheld one", len(release.rests_on), "rows",
              sorted(key for key, (_, needed) in release.rests_on.items()
                     if any(rows.get(name, {"status": "published"})["status"] != "published" for name in needed))),
    ]  # fmt: skip
