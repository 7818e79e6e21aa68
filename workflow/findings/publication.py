"""The last step: check every file of a release, list it, and swap it in whole."""

from __future__ import annotations

import csv
import html
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.fonts import faces
from findings.provenance import sha256, write_manifest
from findings.release import text
from findings.text.captions import captions

NUMBER_COLUMNS = ["exhibit", "wave", "language", "key", "text"]
EXHIBIT_COLUMNS = ["exhibit", "wave", "rule", "script", "keys", "file", "sha256"]


def publish(
    work: Path, target: Path, expected: list[Path], exhibits: list[dict[str, Any]], study: dict[str, Any], fonts: Path
) -> None:
    """Assemble the release from `work` and put it at `target` by rename; the old one stays until then.

    `expected` are the files that the workflow made; `exhibits` the records of the figure and table jobs (`exhibit,
    wave, rule, script, keys, files, numbers`); `fonts` the folder of the exhibits' fonts, which tables and the first
    page share in fonts.css. Raises FindingsError if a file is missing, empty or under no exhibit's
    name, or if an exhibit shows a key that the release does not hold.
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
    waves = [new / wave / name for wave in study["waves"] for name in ("estimates.csv", "derived.csv")]
    waves = [path for path in waves if path.is_file()]
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
    with (new / "numbers.csv").open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(NUMBER_COLUMNS)
        for each in exhibits:
            for language, pairs in each["numbers"].items():
                out.writerows([each["exhibit"], each["wave"], language, *pair] for pair in pairs)
    families = [captions(language).get("fonts", []) for language in study["languages"]]
    (new / "fonts.css").write_text(faces(families, fonts) + "\n", encoding="utf-8")
    synthetic = set(estimates.loc[estimates["synthetic"] == "True", "wave"])
    (new / "index.html").write_text(_index(new, study, synthetic), encoding="utf-8")
    write_manifest(new)
    put_in_place(new, target)


def put_in_place(new: Path, target: Path) -> None:
    """Let everybody read the folder `new`, and put it where `target` is, by rename."""
    for path in (new, *new.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    old = target.with_name(target.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _index(release: Path, study: dict[str, Any], synthetic: set[str]) -> str:
    """One page, in every language of the study, that leads to everything in the release; it names `synthetic` waves."""
    names = [str(path.relative_to(release)) for path in sorted(release.rglob("*")) if path.is_file()]
    parts = []
    for lang in study["languages"]:
        words = captions(lang)["index"]
        parts.append(f'<section lang="{lang}">')
        if synthetic:
            waves = [text(study["waves"][wave].get("label", {}), lang) or wave for wave in study["waves"]
                     if wave in synthetic]  # fmt: skip
            stamp = f"{captions(lang)['stamp']}: {', '.join(waves)}"
            parts.append(f'<p><strong class="stamp">{html.escape(stamp)}</strong></p>')
        parts.append(f"<h1>{html.escape(text(study['study']['title'], lang))}</h1>")
        reports = [n for n in names if n.startswith(f"report.{lang}.")]
        reports += [n for n in names if n.startswith(("wave_diff.", "appendix/")) and n.endswith(f".{lang}.html")]
        parts.append(f"<h2>{html.escape(words['reports'])}</h2>{_links([(n, [n]) for n in reports])}")
        for kind in ("figures", "tables"):
            own = [n for n in names if n.startswith(f"{kind}/") and (f".{lang}." in n or n.endswith(".csv"))]
            grouped = _grouped(own, study, kind, lang)
            parts.append(f"<h2>{html.escape(words[kind])}</h2>{_links(grouped)}")
        data = [n for n in names if n.endswith(".csv") and not n.startswith("tables/")]
        parts.append(f"<h2>{html.escape(words['data'])}</h2><p>{html.escape(words['data_note'])}</p>")
        parts.append(_links([(n, [n]) for n in data]) + "</section>")
    style = "body{font-size:16px;line-height:1.6;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    style += ":root{color-scheme:light dark}h1{line-height:1.3}section[lang=my]{line-height:1.9}"
    style += "section+section{border-top:1px solid #8886;margin-top:3rem;padding-top:1rem}"
    style += ".stamp{display:inline-block;background:#A33F00;color:#fff;padding:.1rem .5rem;font-size:.85rem}"
    style += "li{margin:.3rem 0;overflow-wrap:anywhere}a{margin-right:.6rem}"
    first = study["languages"][0]
    title = html.escape(text(study["study"]["title"], first))
    return (
        f'<!doctype html><html lang="{first}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="fonts.css">'
        f"<style>{style}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _grouped(names: list[str], study: dict[str, Any], kind: str, lang: str) -> list[tuple[str, list[str]]]:
    """Files by exhibit, under the exhibit's label and its wave's."""
    found: dict[str, list[str]] = {}
    for name in names:
        stem = name.split("/")[1].split(".")
        entry = study["exhibits"][kind][stem[0]]
        wave = study["waves"].get(stem[1], {}) if len(stem) > 2 else {}
        labels = [text(each.get("label", {}), lang) for each in (entry, wave)]
        found.setdefault(" – ".join(filter(None, labels)), []).append(name)
    return list(found.items())


def _links(groups: list[tuple[str, list[str]]]) -> str:
    rows = []
    for label, names in groups:
        links = "".join(
            f'<a href="{html.escape(n)}">{html.escape(n if n == label else n.split(".")[-1].upper())}</a>'
            for n in names
        )
        rows.append(f"<li>{links if [label] == names else html.escape(label) + ': ' + links}</li>")
    return f"<ul>{''.join(rows)}</ul>"
