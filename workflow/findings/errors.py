"""The one error a researcher meets: where it is, what was found, and the line that mends it.

Never put a name, a telephone number or free text into a `FindingsError`: codes, row numbers and column names only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_CODE = re.compile(r"[a-z0-9_]{1,40}")
# ASSUME[shown_code]: an answer with five digits in a row may be a telephone number, so no error shows it.
_NUMBER = re.compile(r"\d{5}")


class FindingsError(Exception):
    """A stop that a researcher can mend.

    `message` is one sentence; `wave`, `file`, `column` name the place; `rows` are data-row numbers (1-based, the header
    not counted) and `codes` offending codes, both cut to the first five; `mend` is the line to add or change.
    """

    def __init__(
        self,
        message: str,
        *,
        wave: str | None = None,
        file: str | None = None,
        column: str | None = None,
        rows: Iterable[int] = (),
        codes: Iterable[str] = (),
        mend: str | None = None,
    ) -> None:
        rows, codes = list(rows), list(codes)
        parts = [message]
        place = [f"{k} {v}" for k, v in (("wave", wave), ("file", file), ("column", column)) if v]
        if place:
            parts.append("Where: " + ", ".join(place))
        if rows:
            parts.append("Rows: " + _first_five(rows))
        if codes:
            parts.append("Codes: " + _first_five(codes))
        if mend:
            parts.append("Mend: " + mend)
        super().__init__("\n  ".join(parts))
        self.wave, self.file, self.column, self.rows, self.codes, self.mend = wave, file, column, rows, codes, mend


def _first_five(items: list) -> str:
    shown = ", ".join(str(item) for item in items[:5])
    return shown + (f" (and {len(items) - 5} more)" if len(items) > 5 else "")


def shown_code(text: str) -> str:
    """A cell as an error may print it: what may be a person's words or number is only said to be no code."""
    return text if _CODE.fullmatch(text) and not _NUMBER.search(text) else "an answer that is not a code"
