"""What a result rests on: a file by the hash of its bytes, a script by the package's files that it imports."""

from __future__ import annotations

import ast
import hashlib
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
REPOSITORY = PACKAGE.parents[1]
STAMP = ".snakemake_timestamp"


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hashes(paths: Iterable[Path]) -> dict[str, str]:
    """Hex SHA-256 by path, a folder as its files; a file of the workflow itself is named from the repository on.

    Snakemake's own mark in a folder that a job made is left out: it holds a time.
    """
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return {named(file): sha256(file) for file in files if file.is_file() and file.name != STAMP}


MANIFEST = "MANIFEST.sha256"


def write_manifest(folder: Path) -> None:
    """List every file of a folder in its MANIFEST.sha256, as `sha256sum --check` reads it, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, str]:
    """Hex SHA-256 by name, as the MANIFEST.sha256 of a folder lists its files."""
    lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    return {line[66:]: line[:64] for line in lines}


def named(path: Path) -> str:
    """A file's name wherever the study and the workflow lie: files of the workflow from the repository on."""
    return path.relative_to(REPOSITORY).as_posix() if path.is_relative_to(PACKAGE.parent) else path.as_posix()


def modules(script: Path) -> list[Path]:
    """Files of the package that `script` imports, directly or through others; sorted.

    Imports are read from the syntax tree, wherever they stand in a file: an import inside a function counts.
    """
    found: set[Path] = set()
    queue = [script]
    while queue:
        for path in _imported(queue.pop()):
            if path not in found:
                found.add(path)
                queue.append(path)
    return sorted(found)


@cache
def _imported(path: Path) -> frozenset[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    files: set[Path] = set()
    for name in names:
        parts = name.split(".")
        if parts[0] != "findings":
            continue
        for depth in range(1, len(parts) + 1):
            place = PACKAGE.joinpath(*parts[1:depth])
            files.update(p for p in (place / "__init__.py", place.with_suffix(".py")) if p.is_file())
    return frozenset(files)


def commit() -> str:
    """The commit of the code, and whether files differ from it; or that there is no git."""

    code = ("workflow", "config.yaml", "Snakefile")
    try:
        changed = git(REPOSITORY, "status", "--porcelain", "--untracked-files=no", "--", *code)
        found = git(REPOSITORY, "rev-parse", "HEAD").decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return "no git here"
    return found + (" (with changes that are not committed)" if changed else "")


def git(repository: Path, *words: str) -> bytes:
    """What git prints of a repository. Raises OSError where there is no git, CalledProcessError where it refuses."""
    return subprocess.run(["git", "-C", str(repository), *words], capture_output=True, check=True).stdout


def sources() -> list[Path]:
    """Every file of the workflow: what a reader of the code would want to see; sorted."""
    found = [path for path in (REPOSITORY / "workflow").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return sorted([*found, REPOSITORY / "Snakefile", REPOSITORY / "reproduce", *(REPOSITORY / "envs").glob("run.*")])
