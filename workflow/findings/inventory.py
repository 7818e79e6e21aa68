"""The inventory of services: what published sources say of each, with its source; no survey data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from findings import declarations
from findings.config import SCHEMAS
from findings.errors import FindingsError


def load_inventory(path: Path, services: Mapping[str, Any]) -> dict[str, Any]:
    """Entries by service, in the order of `services` (the config's).

    Raises FindingsError if it cannot be read, an entry lacks what its schema asks for, or a service of the study has
    none.
    """
    try:
        found = declarations.read(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise FindingsError(
            "The inventory is missing, or no YAML.", file=path.name, mend="write it; SOURCES.md says what is in it."
        ) from None
    schema = declarations.read(SCHEMAS / "inventory.schema.json")
    wrong = best_match(Draft202012Validator(schema).iter_errors(found))
    if wrong is not None:
        key = ".".join(str(part) for part in wrong.absolute_path)
        raise FindingsError(
            f"The inventory is wrong: {key}: {wrong.message[:80]}", file=path.name, mend="see its schema."
        )
    absent = [service for service in services if service not in found["services"]]
    if absent:
        raise FindingsError(
            "The inventory lacks services of the study.",
            file=path.name,
            codes=absent,
            mend="add what is known of them, each fact with its source; null where nothing was found.",
        )
    return {service: found["services"][service] for service in services}


def sources(entry: Mapping[str, Any]) -> list[str]:
    """The addresses behind an entry, each once, in order."""
    parts = [entry["launched"], entry["channel"], entry["status"], *entry["claims"]]
    return list(dict.fromkeys(part["source"] for part in parts if part))
