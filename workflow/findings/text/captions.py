"""The captions of a language: every word of an exhibit that is neither the study's nor a number."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from findings import declarations
from findings.errors import FindingsError

FOLDER = Path(__file__).resolve().parents[2] / "report"


@cache
def captions(lang: str) -> dict[str, Any]:
    """captions.<lang>.yaml. Raises FindingsError if there is none for the language."""
    path = FOLDER / f"captions.{lang}.yaml"
    if not path.is_file():
        raise FindingsError(
            "The report has no captions in a language of the study.",
            file=path.name,
            codes=[lang],
            mend=f"translate captions.en.yaml into {path.name}, or take {lang} out of `languages` in config.yaml.",
        )
    return declarations.read(path)
