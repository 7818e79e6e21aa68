"""`./reproduce bundle`: one archive for a reviewer, who opens and verifies it on a machine without this project."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from findings import declarations
from findings.bundle import codecheck, contents, crate
from findings.current import refuse_unless_current
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.jobs import chain, read
from findings.provenance import sha256
from findings.text.captions import FOLDER, captions

Content = bytes | Path
RELEASE = Path("results/release")
VERIFY = """\
#!/bin/sh
# Every file is as it was packed (sha256sum, or shasum), and what the files say of each other is true (python3).
set -eu
cd "$(dirname "$0")"
sum=sha256sum
command -v sha256sum > /dev/null 2>&1 || sum="shasum -a 256"
$sum -c MANIFEST.sha256 > /dev/null
python3 verify.py
"""


def make(study: Path, repository: Path = ROOT) -> Path:
    """Write results/bundle/<study>-<commit>.zip of a study's results, and give its path.

    The same content gives the same bytes. Whether results are current is for `main` to ask. Raises FindingsError if a
    wave is not synthetic, if a job left no record, or if the code is not that of a commit.
    """
    config, waves = codecheck.declared(study)
    check_synthetic(study, waves)
    commit = contents.commit(repository)
    jobs = chain(read(study / "results" / "logs"))
    files = contents.files(study, config, repository)
    files |= _made(study, config, commit, files)
    sums = {path: _sum(content) for path, (content, _) in sorted(files.items())}
    metadata = crate.crate(config, jobs, sums, commit, codecheck.paper(study))
    files[crate.METADATA] = ((json.dumps(metadata, indent=1, ensure_ascii=False) + "\n").encode(), False)
    sums[crate.METADATA] = _sum(files[crate.METADATA][0])
    manifest = "".join(f"{digest}  {path}\n" for path, (digest, _) in sorted(sums.items()))
    files["MANIFEST.sha256"] = (manifest.encode(), False)
    name = f"{config['study']['id']}-{commit[:12]}"
    target = study / "results" / "bundle" / f"{name}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    write(files, target, name, config["source_date_epoch"])
    return target


def check_synthetic(study: Path, waves: Mapping[str, Mapping[str, Any]]) -> None:
    """That every wave is declared synthetic, and every row of the release says so.

    Raises FindingsError: the gate is not yet one that answers of real people may be handed out behind.
    """
    real = [name for name, wave in waves.items() if not wave.get("synthetic")]
    released = study / RELEASE / "estimates.csv"
    if not released.is_file():
        raise FindingsError("There is no release to bundle.", file="results/release", mend="run ./reproduce first.")
    rows = pd.read_csv(released, usecols=["wave", "synthetic"], dtype=str, keep_default_na=False)
    real += sorted(set(rows.loc[rows["synthetic"] != "True", "wave"]) - set(real))
    if real:
        raise FindingsError(
            "A bundle is made of synthetic waves only, until the disclosure gate has been deepened.",
            codes=real,
            mend="hand a reviewer of real waves the released files one by one, after a person has read them.",
        )


def _made(
    study: Path, config: Mapping[str, Any], commit: str, files: Mapping[str, Any]
) -> dict[str, tuple[Content, bool]]:
    """What the bundle has beside the repository's and the study's files."""
    made = {
        "START.html": _start(study, config, commit, "results/audit/key.html" in files),
        **codecheck.generated(study),
    }
    here = Path(__file__).parent / "verify.py"
    programs: dict[str, tuple[Content, bool]] = {"VERIFY.sh": (VERIFY.encode(), True), "verify.py": (here, True)}
    return {path: (words.encode(), False) for path, words in made.items()} | programs


def _start(study: Path, config: Mapping[str, Any], commit: str, dossier: bool) -> str:
    """The first page, in every language of the study, with a sentence of this release as its example."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "bundle"), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    pages = []
    for language in config["languages"]:
        words = declarations.read(FOLDER / "bundle" / f"start.{language}.yaml")
        said = pd.read_csv(study / RELEASE / f"sentences.{language}.csv", dtype=str, keep_default_na=False)
        example = next(iter(said.to_dict("records")), None)
        page = {"lang": language, "title": config["study"]["title"][language], "words": words, "example": example}
        # Words that a shell takes as they are.
        find = example["sentence"].replace("'", "\x00").split("\x00")[0] if example else ""
        pages.append(page | {"find": find, "key": example["keys"].split()[0] if example else ""})
    # The dossier's style carries them.
    families = {name for language in config["languages"] for name in captions(language).get("fonts", [])[1:]}
    return environment.get_template("start.html.jinja").render(
        languages=pages,
        commit=commit,
        dossier=dossier,
        waves=list(config["waves"]),
        families=Markup("".join(f'"{name}",' for name in sorted(families))),
    )


def _sum(content: Content) -> tuple[str, int]:
    """SHA-256 and size."""
    if isinstance(content, Path):
        return sha256(content), content.stat().st_size
    return hashlib.sha256(content).hexdigest(), len(content)


def write(files: Mapping[str, tuple[Content, bool]], target: Path, name: str, epoch: int) -> None:
    """A zip of `files` in a folder `name`, sorted, each of the date `epoch` (seconds, UTC); renamed when whole."""
    date = time.gmtime(epoch)[:6]
    new = target.with_suffix(".new")
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, (content, program) in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{name}/{path}", date)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = (0o100755 if program else 0o100644) << 16
            archive.writestr(entry, content.read_bytes() if isinstance(content, Path) else content)
    new.rename(target)


def check_commit(study: Path, commit: str) -> None:
    """That the dossier names the commit that the code is at. Raises FindingsError: it was written at another one."""
    page = study / "results" / "audit" / "environment.html"
    if page.is_file() and not re.search(rf"{commit}(?! \(with)", page.read_text(encoding="utf-8")):
        raise FindingsError(
            "The dossier was written at another commit than the code is at now.",
            file="results/audit/environment.html",
            mend="./reproduce snakemake --forcerun dossier; then ./reproduce bundle.",
        )


def main(study: Path, snakemake: Sequence[str]) -> int:
    """Make the bundle, and say where it is; 1 with the reason where it is refused.

    `snakemake` is its command on the study.
    """
    try:
        check_synthetic(study, codecheck.declared(study)[1])
        check_commit(study, contents.commit(ROOT))
        refuse_unless_current(study, snakemake)
        archive = make(study)
    except FindingsError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Bundle   {archive} ({archive.stat().st_size / 1e6:.0f} MB)\nSHA-256  {sha256(archive)}")
    print("Open it anywhere, begin at START.html; sh VERIFY.sh checks it (python3 alone).")
    return 0
