"""YAML files: what a study, a wave, captions and reference data declare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from findings.errors import FindingsError

# Ten times as fast as the loader in Python, and the same data; every job reads the study anew.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TwiceError(yaml.MarkedYAMLError):
    """A key (`problem`) that stands twice in one place."""


def told(path: Path, name: str) -> Any:
    """The content of a YAML file that a researcher wrote. Raises FindingsError with the line that cannot be read."""
    try:
        return read(path)
    except UnicodeDecodeError:
        raise FindingsError("The file is not in UTF-8.", file=name, mend="save it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        if isinstance(error, TwiceError):
            raise FindingsError(
                f"`{error.problem}` stands twice in one place, the second time{where}.", file=name,
                mend="leave one of them, or put what is under both under one.",
            ) from None  # fmt: skip
        raise FindingsError(f"The file is not YAML{where}.", file=name, mend="correct the line above.") from None


def read(path: Path) -> Any:
    """The content of a YAML file in UTF-8. Raises yaml.YAMLError, UnicodeDecodeError and OSError.

    A key that stands twice in one place is a TwiceError, a yaml.YAMLError: the parser would take the last, in silence.
    """
    loader = _LOADER(path.read_text(encoding="utf-8"))
    try:
        node = loader.get_single_node()
        _check_keys(node, set())
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _check_keys(node: yaml.Node | None, seen: set[int]) -> None:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            _check_keys(part, seen)
    if isinstance(node, yaml.MappingNode):
        keys = set[tuple[str, str]]()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in keys:
                    raise TwiceError(problem=key.value, problem_mark=key.start_mark)
                keys.add((key.tag, key.value))
            _check_keys(value, seen)
