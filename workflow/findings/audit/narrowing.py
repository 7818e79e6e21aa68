"""From a wave's export to the respondents that a number rests on: who is left after each thing that leaves some out.

Counts of respondents, for the screen of who holds the data. Of released rows alone the dossier tells the same
(`narrowing.js`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from findings.audit.explain import domain_of, filters
from findings.audit.plain.answers import SILENT
from findings.audit.plain.estimates import Frame
from findings.audit.plain.keys import Parts

Row = dict[str, Any]


def narrowed(frame: Frame, parts: Parts, columns: Sequence[str], left_out: int) -> list[Row]:
    """Each line `who`, in words, and how many are `left`; `out` instead are those without an answer, by kind.

    `columns` are the indicators of the number: the last lines are of one alone; `left_out` rows of the export were no
    response. [] for what is counted from no answer (flow, population).
    """
    wave = frame.answers.wave
    if parts.family in ("flow", "population"):
        return []
    left = len(wave.every) + left_out
    made: list[Row] = [{"who": "rows of the export", "left": left}]
    dropped = [row["dropped_by"] for row in wave.every]
    for step, out in [("empty or of another form", left_out), *((entry["step"], dropped.count(entry["step"]))
                                                                for entry in wave.declared["cleaning"])]:  # fmt: skip
        if out:
            left -= out
            made.append({"who": f"after {step}, which dropped {out}", "left": left})
    _, *told = filters(frame.study, parts)
    inside, domain = frame.design.inside, domain_of(frame, parts)
    if not any(one and other for one, other in zip(inside, domain, strict=True)):
        # A group outside the target population is a domain of its own.
        told = told[1:] if frame.study.get("domains", {}).get("population") else told
    elif frame.study.get("domains", {}).get("population"):
        made.append({"who": told.pop(0), "left": sum(inside)})
    if told:
        made.append({"who": "; ".join(told), "left": sum(domain)})
    return made + (_of_one(frame, columns[0], domain) if len(columns) == 1 else [])


def _of_one(frame: Frame, column: str, domain: Sequence[bool]) -> list[Row]:
    """What an indicator's base and the answers themselves leave of a domain."""
    answers, entry = frame.answers, frame.answers.indicators[column]
    made: list[Row] = []
    if entry["base"] and "not_asked" not in entry:
        base = answers.base(entry)
        values = [value for value, held in zip(answers.values(base), domain, strict=True) if held]
        made.append({"who": f"who have a value of {base}", "left": len(values) - values.count(None)})
        made.append({"who": f"base: {base} is 1", "left": values.count(1.0)})
    own = [answer for answer, held in zip(answers.of(column), domain, strict=True) if held]
    silent = {kind: sum(value is None and state == kind for value, state in own) for kind in SILENT}
    known = sum(value is not None for value, _ in own)
    made.append({"who": "asked", "left": known + sum(silent.values())})
    made += [{"who": f"less {kind.replace('_', ' ')}", "out": count} for kind, count in silent.items() if count]
    return [*made, {"who": "with an answer", "left": known}]
