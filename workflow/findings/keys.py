"""Keys of the register's rows: one function prints a key, one parses it.

`family.indicator.statistic|ministry=…;service=…;weights=…;level=group[&level=group]@wave`, parts that do not apply left
out; of a whole level, `level=all`. A comparison is `diff(key,key)` or `ratio(key,key)`, and may hold comparisons; a
term of a model is `model.NAME.term.level@wave`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from findings.errors import FindingsError

AND = "&"
ALL = "all"
# Statistics of a change that is taken apart, and the end of their names where it is of a mean.
EFFECTS = ("rate_effect", "composition_effect")
OF_MEANS = "_of_means"
# What a rule of cleaning does to a headline: family, indicator and rule in one.
RULE_EFFECTS = "rule_effects"
BETWEEN = "__"
_KEY = re.compile(
    r"(?P<family>[a-z0-9_]+)\.(?P<indicator>[a-z0-9_]+)\.(?P<statistic>[a-z0-9_]+)"
    r"\|(?P<parts>[^@]*)@(?P<wave>[a-z0-9_]+)"
)
_MODEL = re.compile(r"model\.(?P<indicator>[a-z0-9_]+)\.(?P<breakdown>[a-z0-9_]+)\.(?P<group>[a-z0-9_]+)@[a-z0-9_]+")
_PAIR = re.compile(r"(?:diff|ratio)\((.*)\)")
_NAMED = {"ministry": "ministry", "service": "service", "weights": "weighting"}


def print_key(row: Mapping[str, Any]) -> str:
    """The key of a row, from its columns family to group."""
    parts = [f"{part}={row[name]}" for part, name in _NAMED.items() if _is(row.get(name))]
    if _is(row.get("breakdown")):
        pairs = zip(str(row["breakdown"]).split(AND), str(row["group"]).split(AND), strict=True)
        parts.append(AND.join(f"{level}={group}" for level, group in pairs))
    return f"{row['family']}.{row['indicator']}.{row['statistic']}|{';'.join(parts)}@{row['wave']}"


def model_key(name: str, term: str, level: str, wave: str) -> str:
    """The key of a model's row; `level` is `all` for a term's test over its levels, `term` is `model` for the whole."""
    return f"model.{name}.{term}.{level}@{wave}"


def effect_of(family: str, indicator: str, rule: str) -> str:
    """The part of a rule effect's key that names the headline's family and indicator, and the rule."""
    return BETWEEN.join([family, indicator, rule])


def parse_effect(part: str) -> tuple[str, str, str]:
    """Family, indicator and rule that `effect_of` joined: no family and no rule holds two underscores in a row."""
    family, rest = part.split(BETWEEN, 1)
    indicator, rule = rest.rsplit(BETWEEN, 1)
    return family, indicator, rule


def parse_key(key: str) -> dict[str, str | None]:
    """The columns that `print_key` printed; raises FindingsError on what is no key."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise _no_key(key)
    row: dict[str, str | None] = dict.fromkeys(["ministry", "service", "weighting", "breakdown", "group"], None)
    row |= {name: found[name] for name in ("family", "indicator", "statistic", "wave")}
    for part in filter(None, found["parts"].split(";")):
        if any(pair.count("=") != 1 for pair in part.split(AND)):
            raise _no_key(key)
        name = part.split("=")[0]
        if name in _NAMED:
            row[_NAMED[name]] = part.split("=", 1)[1]
        else:
            pairs = [pair.split("=") for pair in part.split(AND)]
            row["breakdown"], row["group"] = (AND.join(pair[i] for pair in pairs) for i in (0, 1))
    if print_key(row) != key:
        raise _no_key(key)
    return row


def pair_of(key: str) -> tuple[str, str] | None:
    """The two keys that a comparison is made from; None for a key that is no comparison."""
    found = _PAIR.fullmatch(key)
    if found is None:
        return None
    depth = 0
    for place, letter in enumerate(found[1]):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            return found[1][:place], found[1][place + 1 :]
    raise _no_key(key)


def is_key(key: str) -> bool:
    """Whether a text is a key of any kind."""
    try:
        pair = pair_of(key)
        if pair:
            return all(is_key(part) for part in pair)
        if not _MODEL.fullmatch(key):
            parse_key(key)
    except FindingsError:
        return False
    return True


def _no_key(key: str) -> FindingsError:
    return FindingsError("This is not a key.", codes=[key], mend="copy a key from estimates.csv.")


def _is(value: Any) -> bool:
    return isinstance(value, str) and value != ""
