"""A bundle, opened; and what it is made of: a clean clone of this repository's files."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

from findings.environment import ROOT


def opened(bundle: Path, folder: Path) -> Path:
    """The bundle's one folder, after it was unpacked into `folder`."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    (made,) = folder.iterdir()
    return made


def clone(folder: Path) -> None:
    """This repository's files as they are now, committed in `folder`: a test asks for no clean working tree."""

    def git(place: Path, *words: str) -> bytes:
        return subprocess.run(["git", "-C", str(place), *words], check=True, capture_output=True).stdout

    names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "config", "user.name", "A test")
    git(folder, "config", "user.email", "test@example.org")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "-q", "-m", "Everything")
