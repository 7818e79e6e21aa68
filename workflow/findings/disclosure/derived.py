"""Derived rows: what is computed from several rows is released only if all that it is computed from is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from findings.disclosure.release import released
from findings.errors import FindingsError


def disclose_derived(derived: pd.DataFrame, judged: Sequence[pd.DataFrame], limits: Mapping[str, Any]) -> pd.DataFrame:
    """Derived rows (`findings.register.derived`) as they are released.

    `judged` holds the released rows (key, status) of every wave that they are made from. A row passes if every row that
    it needs does, if no count behind it is below `min_cell` and no base below `min_base`, and if no number of
    respondents differs from the published one beside it by less than `min_difference`. Derived rows may rest on derived
    rows. Raises FindingsError if a row needs one that is in no register.
    """
    status = {
        key: state == "published" for rows in judged for key, state in zip(rows["key"], rows["status"], strict=True)
    }
    wanted = {key: json.loads(cells) for key, cells in zip(derived["key"], derived["cells"], strict=True)}
    unknown = {key for cells in wanted.values() for key in cells.get("rows", [])} - status.keys() - wanted.keys()
    if unknown:
        raise FindingsError(
            f"{len(unknown)} rows that derived rows are computed from are in no register.",
            codes=sorted(unknown),
            mend="this is a defect of the software; report the line above.",
        )
    for key in wanted:
        _judge(key, wanted, status, limits)
    passed = pd.Series([status[key] for key in derived["key"]], index=derived.index, dtype=bool)
    return released(derived, passed, pd.Series(True, index=derived.index), limits["min_cell"])


def rests_on(derived: pd.DataFrame, parts: Mapping[str, str], found: pd.DataFrame) -> dict[str, list[Any]]:
    """Key of a published derived row -> the part (file) that it is of, and the keys of the rows it is computed from.

    `parts` says the part of every key. Of a withheld row nothing is said, and of no row its counts.
    """
    published = set(found.loc[found["status"] == "published", "key"])
    return {
        key: [parts[key], json.loads(cells).get("rows", [])]
        for key, cells in zip(derived["key"], derived["cells"], strict=True)
        if key in published
    }


def _judge(
    key: str, wanted: Mapping[str, Mapping[str, Any]], status: dict[str, bool], limits: Mapping[str, Any]
) -> bool:
    if key not in status:
        cells = wanted[key]
        status[key] = (
            all(count >= limits["min_cell"] for count in cells.get("counts", []))
            and all(base >= limits["min_base"] for base in cells.get("bases", []))
            and all(n == other or abs(n - other) >= limits["min_difference"] for n, other in cells.get("near", []))
            and all([_judge(other, wanted, status, limits) for other in cells.get("rows", [])])
        )
    return status[key]
