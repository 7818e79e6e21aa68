"""The last step: check every file of a release, list it, and swap it in whole."""

from __future__ import annotations

import csv
import hashlib
import html
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError

EXHIBIT_COLUMNS = ["exhibit", "wave", "rule", "script", "keys", "file", "sha256"]


def publish(work: Path, target: Path, expected: list[Path], exhibits: list[dict[str, Any]], study: dict) -> None:
    """Assemble the release from `work` and put it at `target` by rename; the old one stays until then.

    `expected` are the files that the workflow made; `exhibits` the records of the figure and table jobs (`exhibit,
    wave, rule, script, keys, files`). Raises FindingsError if a file is missing, empty or under no exhibit's name, or
    if an exhibit shows a key that the release does not hold.
    """
    bad = [path.name for path in expected if not path.is_file() or not path.stat().st_size]
    if bad:
        raise FindingsError("Files of the release are missing or empty", codes=bad, mend="run ./reproduce again")
    new = target.with_name(target.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    for path in expected:
        place = new / path.relative_to(work)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    waves = [new / wave / "estimates.csv" for wave in study["waves"]]
    estimates = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in waves])
    estimates.to_csv(new / "estimates.csv", index=False, lineterminator="\n")
    unknown = {key for exhibit in exhibits for key in exhibit["keys"]} - set(estimates["key"])
    if unknown:
        raise FindingsError("An exhibit shows a key that is not in the release", codes=sorted(unknown))
    with (new / "exhibits.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, EXHIBIT_COLUMNS, lineterminator="\n")
        writer.writeheader()
        for exhibit in exhibits:
            for name in exhibit["files"]:
                writer.writerow(
                    {key: exhibit[key] for key in EXHIBIT_COLUMNS[:4]}
                    | {"keys": " ".join(exhibit["keys"]), "file": name, "sha256": sha256(new / name)}
                )
    (new / "index.html").write_text(_index(new, study), encoding="utf-8")
    files = sorted(path for path in new.rglob("*") if path.is_file())
    lines = [f"{sha256(path)}  {path.relative_to(new)}\n" for path in files]
    (new / "MANIFEST.sha256").write_text("".join(lines), encoding="utf-8")
    for path in (new, *new.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    old = target.with_name(target.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _index(release: Path, study: dict) -> str:
    """One page that leads to everything in the release."""
    language = study["languages"][0]
    title = html.escape(study["study"]["title"][language])
    groups: dict[str, list[str]] = {}
    for path in sorted(release.rglob("*")):
        if path.is_file():
            name = str(path.relative_to(release))
            place = name.split("/")[0] if "/" in name else "report and register"
            groups.setdefault(place, []).append(name)
    order = sorted(groups, key=lambda place: (place != "report and register", place))
    body = "".join(
        f"<h2>{html.escape(place)}</h2><ul>"
        + "".join(f'<li><a href="{html.escape(n)}">{html.escape(n)}</a></li>' for n in groups[place])
        + "</ul>"
        for place in order
    )
    style = "body{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{style}</style></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )
