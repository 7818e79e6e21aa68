"""What a reviewer's bundle holds: a repository as it would look after a run, without microdata."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from findings.config import load_wave
from findings.errors import FindingsError
from findings.provenance import git

# Of a study, beside results and data; what the repository has of these is of the study it ships.
STUDY = ("config.yaml", "claims.yaml", "CITATION.cff")
RESULTS = ("release", "audit")


def commit(repository: Path) -> str:
    """The commit that the code is at. Raises FindingsError where there is no git, or files differ from the commit."""
    try:
        changed = git(repository, "status", "--porcelain").decode().splitlines()
        found = git(repository, "rev-parse", "HEAD").decode().strip()
    except (OSError, subprocess.CalledProcessError):
        raise FindingsError(
            "The bundle holds the code at its commit, and there is no git here to tell it.",
            mend="work in a clone of the repository (git clone).",
        ) from None
    if changed:
        raise FindingsError(
            "The bundle holds the code at its commit, and files differ from it.",
            codes=[line[3:] for line in changed[:5]],
            mend="commit them (git commit), or set them aside (git stash --include-untracked); then ./reproduce.",
        )
    return found


def files(study: Path, config: Mapping[str, Any], repository: Path) -> dict[str, tuple[bytes | Path, bool]]:
    """Path in the bundle -> content, or the file that has it, and whether it is a program.

    Code as `repository` has it at its commit; of `study` the configuration, reference data, each wave's declaration and
    form, the release and the dossier. Nothing else of data/raw/, and nothing of results/confidential/.
    """
    found: dict[str, tuple[bytes | Path, bool]] = dict(_code(repository))
    own = [study / name for name in STUDY if (study / name).is_file()]
    own += sorted((study / "data" / "reference").rglob("*"))
    for wave in config["waves"]:
        folder = study / "data" / "raw" / wave
        form = load_wave(folder / "wave.yaml")["source"].get("form")
        own += [folder / "wave.yaml", *([folder / form] if form else [])]
    for name in RESULTS:
        own += sorted((study / "results" / name).rglob("*"))
    for path in own:
        if path.is_symlink() or not path.resolve().is_relative_to(study.resolve()):
            raise FindingsError("A file of the bundle leads out of the study.", file=str(path.relative_to(study)))
        if path.is_file():
            found[path.relative_to(study).as_posix()] = (path, False)
    return dict(sorted(found.items()))


def _code(repository: Path) -> Iterator[tuple[str, tuple[bytes, bool]]]:
    """Files of the commit, without any study's data and configuration."""
    with tarfile.open(fileobj=io.BytesIO(git(repository, "archive", "--format=tar", "HEAD"))) as archive:
        for member in archive:
            if member.isfile() and not member.name.startswith("data/") and member.name not in STUDY:
                stream = archive.extractfile(member)
                assert stream is not None
                yield member.name, (stream.read(), bool(member.mode & 0o100))
