"""Many rows as one compact text for a browser: a column is its words and runs of them, a list of keys what they share.

`workflow/report/dossier/data.js` unpacks both.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

Packed = dict[str, Any]


def column(values: Sequence[str]) -> Packed:
    """`words`, the most frequent first, and `runs`: the place of each row's word, `place*times` where it repeats."""
    words = [word for word, _ in sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))]
    place = {word: number for number, word in enumerate(words)}
    return {"words": words, "runs": runs(place[value] for value in values)}


def runs(numbers: Iterable[int]) -> str:
    """Numbers from 0 on with commas, a repeated one as `number*times`."""
    every = np.fromiter(numbers, dtype=np.int64)
    starts = np.flatnonzero(np.diff(every, prepend=-1))
    counted = zip(every[starts].tolist(), np.diff(starts, append=len(every)).tolist(), strict=True)
    return ",".join(f"{number}*{times}" if times > 1 else str(number) for number, times in counted)


def front(keys: Sequence[str]) -> str:
    """Sorted keys, a line each: how many letters the key before begins with too, a space, the rest."""
    before, lines = "", []
    for key in keys:
        shared = _shared(before, key)
        lines.append(f"{shared} {key[shared:]}")
        before = key
    return "\n".join(lines)


def _shared(one: str, other: str) -> int:
    """How many letters two texts begin with together, by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


class Numbered:
    """Values by the order in which they first came: equal ones are kept once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[Hashable, int] = {}

    def of(self, value: Any) -> int:
        """The number of a value (anything that JSON holds)."""
        name = json.dumps(value, ensure_ascii=False, sort_keys=True)
        if name not in self._places:
            self._places[name] = len(self.values)
            self.values.append(value)
        return self._places[name]
