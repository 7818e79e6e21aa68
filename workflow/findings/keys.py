"""Keys of the register's rows: one function prints a key, one parses it.

`family.indicator.statistic|ministry=…;service=…;weights=…;level=group[&level=group]@wave`, parts that do not apply left
out; a comparison is `diff(key,key)`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from findings.errors import FindingsError

AND = "&"
_KEY = re.compile(
    r"(?P<family>[a-z0-9_]+)\.(?P<indicator>[a-z0-9_]+)\.(?P<statistic>[a-z0-9_]+)"
    r"\|(?P<parts>[^@]*)@(?P<wave>[a-z0-9_]+)"
)
_NAMED = {"ministry": "ministry", "service": "service", "weights": "weighting"}


def print_key(row: Mapping[str, Any]) -> str:
    """The key of a row, from its columns family to group."""
    parts = [f"{part}={row[name]}" for part, name in _NAMED.items() if _is(row.get(name))]
    if _is(row.get("breakdown")):
        pairs = zip(str(row["breakdown"]).split(AND), str(row["group"]).split(AND), strict=True)
        parts.append(AND.join(f"{level}={group}" for level, group in pairs))
    return f"{row['family']}.{row['indicator']}.{row['statistic']}|{';'.join(parts)}@{row['wave']}"


def parse_key(key: str) -> dict[str, str | None]:
    """The columns that `print_key` printed; raises FindingsError on what is no key."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise FindingsError("This is not a key.", codes=[key], mend="copy a key from estimates.csv.")
    row: dict[str, str | None] = dict.fromkeys(["ministry", "service", "weighting", "breakdown", "group"], None)
    row |= {name: found[name] for name in ("family", "indicator", "statistic", "wave")}
    for part in filter(None, found["parts"].split(";")):
        if any(pair.count("=") != 1 for pair in part.split(AND)):
            raise FindingsError("This is not a key.", codes=[key], mend="copy a key from estimates.csv.")
        name = part.split("=")[0]
        if name in _NAMED:
            row[_NAMED[name]] = part.split("=", 1)[1]
        else:
            pairs = [pair.split("=") for pair in part.split(AND)]
            row["breakdown"], row["group"] = (AND.join(pair[i] for pair in pairs) for i in (0, 1))
    if print_key(row) != key:
        raise FindingsError("This is not a key.", codes=[key], mend="copy a key from estimates.csv.")
    return row


def _is(value: Any) -> bool:
    return isinstance(value, str) and value != ""
