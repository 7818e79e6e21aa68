"""What `snakemake --report` shows of the release: which outputs, under which chapter and wave, with which caption."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from snakemake.io import report

from findings.release import text

# What of an exhibit's formats a browser shows.
SHOWN = (".svg", ".html")


def marked(files: Iterable[str], kind: str, study: Mapping[str, Any]) -> list[str]:
    """The outputs of a rule of exhibits (`kind` figures or tables), those for a browser marked for the report.

    Files end in `.<language>.<format>`; captions are workflow/report/captions/<kind>.rst, which read the rule's own
    parameters.
    """
    return [
        report(
            file,
            caption=f"../report/captions/{kind}.rst",
            category=chapter_of(study, kind),
            subcategory=wave_of(study),
            labels=labels_of(study, kind, file.split(".")[-2]),
        )
        if file.endswith(SHOWN)
        else file
        for file in files
    ]


def chapter_of(study: Mapping[str, Any], kind: str) -> Callable[[Any], str]:
    """The chapter that an exhibit stands in, by its wildcard `name`."""
    first = study["languages"][0]
    chapters = study.get("report", {}).get("chapters", [])
    found = {name: text(chapter["label"], first) for chapter in chapters[::-1] for name in chapter.get(kind, [])}
    return lambda wildcards: found.get(wildcards.name, "In no chapter")


def wave_of(study: Mapping[str, Any]) -> Callable[[Any], str]:
    """The label of a job's wave; of no wave, the study's title."""
    first = study["languages"][0]
    labels = {name: text(entry["label"], first) for name, entry in study["waves"].items()}
    return lambda wildcards: labels.get(wildcards.get("wave"), text(study["study"]["title"], first))


def labels_of(study: Mapping[str, Any], kind: str, language: str) -> Callable[[Any], dict[str, str]]:
    """What an exhibit is listed by: its label, by the wildcard `name`, and the language of the file."""
    first, entries = study["languages"][0], study["exhibits"][kind]
    return lambda wildcards: {
        kind.removesuffix("s"): text(entries[wildcards.name].get("label", {}), first) or wildcards.name,
        "language": language,
    }
