"""What the rules of the workflow take as inputs and parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from findings.config import SCHEMAS, without_labels
from findings.environment import ROOT
from findings.plan import TEXTS
from findings.provenance import commit, modules, sha256, sources
from findings.text.captions import captions
from findings.waves import earlier_wave, line_of, looked_at

# What says which indicators and groups there are.
PLAN = (
    "ministries", "services", "barriers", "dimensions", "spoken_languages", "scales", "item_sets", "breakdowns",
    "crossings", "domains", "indicators",
)  # fmt: skip


@cache
def code(script: str) -> str:
    """A digest of what the script of a rule rests on: itself, the package's modules, the schemas they name, the lock.

    It is a parameter of the rule. As inputs they would be some seventy files a job, which Snakemake looks at again for
    every job that it starts.
    """
    own = ROOT / "workflow" / "scripts" / f"{script}.py"
    package = modules(own)
    schemas = sorted({schema for path in package for schema in _schemas(path)})
    rests_on = [own, *package, *schemas, ROOT / "envs" / "run.txt"]
    return hashlib.sha256("".join(map(_digest, rests_on)).encode()).hexdigest()


@cache
def every_source() -> str:
    """A digest of every file of the workflow and of the commit: the dossier shows them all."""
    return hashlib.sha256("".join([*map(_digest, sources()), commit()]).encode()).hexdigest()


@cache
def _digest(path: Path) -> str:
    return f"{path.relative_to(ROOT)} {sha256(path)}\n"


@cache
def _schemas(module: Path) -> list[Path]:
    """The schemas that a module names."""
    words = module.read_text(encoding="utf-8")
    return [path for path in SCHEMAS.glob("*.json") if f'"{path.name}"' in words]


def part(study: Mapping[str, Any], *keys: str, labels: bool = False) -> dict[str, Any]:
    """The parts of the study that a rule needs; with labels only below the gate."""
    chosen = {key: study[key] for key in keys if key in study}
    return chosen if labels else without_labels(chosen)


def wave_file(wildcards: Any) -> str:
    """The declaration of a wave."""
    return f"data/raw/{wildcards.wave}/wave.yaml"


def raw_files(wildcards: Any) -> list[str]:
    """Everything as received: a wave's folder is read-only input, whole."""
    return sorted(str(path) for path in Path(f"data/raw/{wildcards.wave}").iterdir() if path.is_file())


def recodes_file(wildcards: Any) -> list[str]:
    """A person's recodes of own words, where there are any."""
    path = Path(f"data/raw/{wildcards.wave}/recodes.csv")
    return [str(path)] if path.is_file() else []


def report_files(*endings: str, folder: str = "") -> list[str]:
    """Templates, captions and style of the report, or of a part in `folder`; with `endings`, those that end in one."""
    found = (path for path in (ROOT / "workflow" / "report" / folder).iterdir() if path.is_file())
    return sorted(str(path) for path in found if not endings or path.name.endswith(endings))


def laid_beside(wildcards: Any, waves: Mapping[str, Mapping[str, Any]], folder: str, *files: str) -> list[str]:
    """Files of a wave and of those that it is laid beside, in this order."""
    names = [wildcards.wave, *looked_at(wildcards.wave, waves)]
    return [f"{folder}/{name}/{file}" for name in names for file in files]


# Kinds of exhibits that are of the study, of no wave.
OF_NO_WAVE = ("timeline", "inventory")
# Kinds of exhibits that show derived rows, whose jobs wait for them.
DERIVED_KINDS = (
    "change", "dumbbell", "slope", "decomposition", "decompositions", "specification", "effects", "models",
    "reliability", "ranked", "ranks", "upset", "gaps", "comparisons", "tests", "bounds", "nonanswers", "claims",
    "wave_diff_shifts", "rule_effects",
)  # fmt: skip
# Of these, kinds that show the comparable waves before too.
WAVES_KINDS = ("change", "dumbbell", "slope", "decomposition", "decompositions", "claims", "wave_diff_shifts")
# Kinds of exhibits that show a wave beside those before it.
LAID_KINDS = ("wave_diff", "wave_diff_shifts", "comparability")
# What exhibits know of the study; the exhibits themselves come one by one.
LABELS = (
    "study", "languages", "waves", "ministries", "services", "dimensions", "barriers", "spoken_languages", "scales",
    "item_sets", "breakdowns", "crossings", "indicators", "specifications", "comparisons", "models", "reliability",
    "rankings", "intersections", "comparability", "headline_weighting", "source_date_epoch",
)  # fmt: skip


def headline(study: Mapping[str, Any], waves: Mapping[str, Mapping[str, Any]]) -> str:
    """The wave that chapters are of: the config's, else the last of a probability design, else the last."""
    probability = [name for name, wave in waves.items() if wave["design"]["kind"] == "probability"]
    return str(study.get("headline_wave") or [*waves, *probability][-1])


def exhibits(study: Mapping[str, Any], kind: str, waves: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Name and wave of every figure or table to be made (`kind` figures or tables); of no wave, an empty text.

    `waves` are the declarations (wave.yaml) by name. An entry's `waves` is every, volunteer, later (those with a
    comparable one before), after_first or a list; without it, it is of the headline wave.
    """
    chosen = {
        "every": list(waves),
        "volunteer": [name for name, wave in waves.items() if wave["design"]["kind"] == "volunteer"],
        "later": [name for name in waves if earlier_wave(name, waves)],
        "after_first": list(waves)[1:],
        None: [headline(study, waves)],
    }
    made = []
    for name, entry in study["exhibits"][kind].items():
        wanted = entry.get("waves")
        of = [""] if entry["kind"] in OF_NO_WAVE else wanted if isinstance(wanted, list) else chosen[wanted]
        made += [(name, wave) for wave in of]
    return made


def wave_part(study: Mapping[str, Any], wave: str, waves: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What exhibits of a wave know of the study: of the other waves only those that they may name.

    So a wave that is added makes none of another wave's exhibits anew. `waves` are the declarations (wave.yaml) by
    name; an exhibit of no wave (an empty text) names none.
    """
    earlier = {name: earlier_wave(name, waves) for name in waves}
    named = {*line_of(wave, earlier), *looked_at(wave, waves)} if wave else set()
    return part(study, *LABELS, labels=True) | {
        "waves": {
            name: {**entry, "synthetic": bool(waves[name].get("synthetic"))}
            for name, entry in study["waves"].items()
            if name in named
        }
    }


def exhibit_part(
    study: Mapping[str, Any], kind: str, name: str, waves: Mapping[str, Mapping[str, Any]], wave: str = ""
) -> dict[str, Any]:
    """What one exhibit of a wave needs of the study: its entry, and of figures on the same scale what they show.

    `waves` and `wave` as `wave_part` takes them.
    """
    entry = study["exhibits"][kind][name]
    same = {
        other: {key: value for key, value in own.items() if key not in TEXTS}
        for other, own in study["exhibits"][kind].items()
        if own["kind"] == entry["kind"] == "groups" and own.get("indicators") == entry.get("indicators")
    }
    claims = ["claims"] if entry["kind"] == "claims" else []
    # What claims.yaml expects is of the headline wave; no other wave's table asks which that is.
    claims += ["headline_wave"] if claims and wave == study["headline_wave"] else []
    return {
        **part(study, *claims, labels=True),
        **wave_part(study, wave, waves),
        "exhibits": {"figures": {}, "tables": {}, kind: {**same, name: entry}},
    }


def words(study: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """The captions that an exhibit shows: a parameter of its rule, so that another's caption does not make it anew."""
    found = {}
    for language in study["languages"]:
        every = captions(language)
        own = {name: every[name].get(entry["kind"]) for name in ("titles", "sentences", "alt")}
        found[language] = {k: v for k, v in every.items() if k not in ("report", "index", *own)} | own
    return found


def named(made: Sequence[tuple[str, str]], folder: str, endings: Sequence[str], languages: Sequence[str]) -> list[str]:
    """Files of exhibits (name, wave): `<folder><name>[.<wave>]<ending>`, once for every {language} and {format}."""
    files = [
        f"{folder}{name}{'.' + wave if wave else ''}{ending.format(language=language, format=kind)}"
        for name, wave in made
        for ending in endings
        for language in languages
        for kind in ("svg", "pdf", "png")
    ]
    return list(dict.fromkeys(files))


def derived_parts(wildcards: Any, parts: Sequence[str], earlier: Mapping[str, str | None]) -> list[str]:
    """Files of the derived rows of a wave; those of its changes among them if a comparable wave is before it."""
    changes = ["changes", "decompositions"] if earlier[wildcards.wave] else []
    return [f"results/confidential/{wildcards.wave}/{part}.parquet" for part in [*parts, *changes]]


def both(wildcards: Any, earlier: Mapping[str, str | None]) -> list[str]:
    """The comparable wave before a wave, and the wave."""
    return [wave for wave in (earlier[wildcards.wave], wildcards.wave) if wave]


def confidential(name: str, waves: Sequence[str]) -> list[str]:
    """A confidential file of each wave."""
    return [f"results/confidential/{wave}/{name}" for wave in waves]


def beside(study: Mapping[str, Any], earlier: Mapping[str, str | None], wildcards: Any) -> list[str]:
    """What an exhibit needs beside its wave's estimates: derived rows, and then both files of the waves before it.

    These are the comparable ones, the last of them first, for the kinds that show several waves.
    """
    own = {**study["exhibits"]["figures"], **study["exhibits"]["tables"]}[wildcards.name]
    if own["kind"] not in DERIVED_KINDS:
        return []
    waves = line_of(wildcards.wave, earlier) if own["kind"] in WAVES_KINDS else [wildcards.wave]
    return [f"results/work/release/{wave}/{name}.csv" for wave in waves for name in ("estimates", "derived")][1:]


def laid(study: Mapping[str, Any], wildcards: Any) -> list[str]:
    """The release's wave_diff.json, for a table that shows it."""
    own = study["exhibits"]["tables"][wildcards.name]
    return [f"results/work/release/{wildcards.wave}/wave_diff.json"] if own["kind"] in LAID_KINDS else []
