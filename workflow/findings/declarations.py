"""YAML files: what a study, a wave, captions and reference data declare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# Ten times as fast as the loader in Python, and the same data; every job reads the study anew.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: Path) -> Any:
    """The content of a YAML file in UTF-8. Raises yaml.YAMLError, UnicodeDecodeError and OSError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader, in C
