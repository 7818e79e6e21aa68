"""Readers: an export as a survey tool wrote it -> text cells and the evidence of how it was written.

One signature for every tool: `read(path, *, wave) -> RawTable`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from findings.errors import FindingsError
from findings.readers import google_forms, kobo
from findings.readers.kobo import RawTable

__all__ = ["READERS", "RawTable", "read", "recognise"]

READERS: dict[str, Callable[..., RawTable]] = {
    "kobo_xlsx": kobo.read_xlsx,
    "kobo_csv": kobo.read_csv,
    "google_forms": google_forms.read_csv,
}


def recognise(path: Path, wave: str) -> str:
    """The tool that wrote the export, from the file itself; stops when no reader knows it."""
    tool = kobo.recognise(path, wave=wave) or google_forms.recognise(path, wave=wave)
    if tool is None:
        raise FindingsError(
            "No reader recognises the export.",
            wave=wave,
            file=path.name,
            mend=f"say which tool wrote it: `source: {{tool: ...}}` in wave.yaml, one of {', '.join(sorted(READERS))}.",
        )
    return tool


def read(path: Path, *, wave: str, tool: str | None = None) -> RawTable:
    """The export, by the reader of `tool` (None: recognised from the file)."""
    tool = tool or recognise(path, wave)
    if tool not in READERS:
        raise FindingsError(
            f"There is no reader for the tool {tool}.",
            wave=wave,
            file=path.name,
            mend=f"`source: {{tool: ...}}` in wave.yaml, one of {', '.join(sorted(READERS))}.",
        )
    return READERS[tool](path, wave=wave)
