"""The ledger: every change between responses and respondents, applied and reversed exactly.

A row with `row` set changes one cell (`old` -> `new`) or, in the column `dropped_by`, flags a respondent. Where `old`
and `new` are the same, it flags a cell that breaks a rule and stays. A row with `row` null is a recode of all cells of
`column` that hold `old`; `count` says how many. Null old or new = empty cell.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.xforms import cells_of

COLUMNS = ["row", "column", "old", "new", "step", "reason", "source", "count"]
DROPPED = "dropped_by"


class LedgerError(Exception):
    """The ledger does not fit the data it is applied to: a cell does not hold what the ledger says it held."""


def apply(responses: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Respondents: the responses with every change of the ledger made, in order, and a column `dropped_by`.

    Ledger rows of columns that the frame does not hold (free text, when applied to the answers alone) are left out.
    Raises LedgerError when a cell does not hold its `old`.
    """
    frame = responses.copy()
    frame[DROPPED] = pd.Series(pd.NA, index=frame.index, dtype="string")
    return _replayed(frame, ledger, "old", "new", _blocks(ledger))


def reverse(respondents: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """Responses: the respondents with every change of the ledger undone, last first, without `dropped_by`."""
    frame = _replayed(respondents.copy(), ledger, "new", "old", reversed(list(_blocks(ledger))))
    if frame[DROPPED].notna().any():
        raise LedgerError("a dropped respondent has no ledger row")
    return frame.drop(columns=DROPPED)


def _blocks(ledger: pd.DataFrame) -> Iterator[tuple[int, int]]:
    """Start and end of the runs of one step, its place, column and kind (recode, change, flag): in one, no cell changes
    twice."""
    if ledger.empty:
        return
    old, new = ledger["old"].astype("string"), ledger["new"].astype("string")
    flag = old.eq(new).fillna(False) | (old.isna() & new.isna())
    kind = ledger["row"].isna().astype(str) + flag.astype(str)
    names = [ledger[name].astype(str) for name in ("step", "source", "column")]
    marks = names[0] + "\t" + names[1] + "\t" + names[2] + "\t" + kind
    starts = np.flatnonzero((marks != marks.shift()).to_numpy(dtype=bool))
    yield from zip(starts.tolist(), [*starts[1:].tolist(), len(ledger)], strict=True)


def _replayed(frame: pd.DataFrame, ledger: pd.DataFrame, old: str, new: str, blocks: object) -> pd.DataFrame:
    place = pd.Series(np.arange(len(frame)), index=frame["row_id"].astype(object))
    cells: dict[str, npt.NDArray[np.object_]] = {}
    for start, end in blocks:  # type: ignore[attr-defined]
        part = ledger.iloc[start:end]
        column = str(part["column"].iloc[0])
        if column not in frame:
            continue
        if column not in cells:
            cells[column] = cells_of(frame[column])
        before, after = cells_of(part[old]), cells_of(part[new])
        values = cells[column]
        if part["row"].isna().iloc[0]:
            masks = [values == value if value is not None else _empty(values) for value in before]
            if [int(mask.sum()) for mask in masks] != part["count"].tolist():
                raise LedgerError(f"{column}: a recode does not meet as many cells as it counted")
            changed = values.copy()
            for mask, value in zip(masks, after, strict=True):
                changed[mask] = value
            cells[column] = changed
        else:
            rows = place.reindex(part["row"].astype(object)).to_numpy()
            if np.isnan(rows.astype(float)).any():
                raise LedgerError(f"{column}: a row of the ledger is not in the data")
            at = rows.astype(np.intp)
            if not all(a == b for a, b in zip(values[at], before, strict=True)):
                raise LedgerError(f"{column}: a cell does not hold what the ledger says it held")
            values[at] = after
    for column, values in cells.items():
        frame[column] = pd.Series(values, index=frame.index, dtype="string")
    return frame


def _empty(values: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    return np.array([value is None for value in values], dtype=bool)
