"""How a drafted wave stands: what is sure, what is proposed, what is unknown, and what a person does next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from findings import crosswalk, declarations
from findings.config import DECIDE, expand_indicators, levels, of_wave, undecided
from findings.crosswalk import SURE, Row
from findings.indicators import UNASKED, wanted
from findings.readers.table import shown

GUIDE = "docs/swap_in_a_wave.md"
# So many lines of a kind are told; crosswalk.csv has them all.
TOLD = 12


def standing(folder: Path, name: str, study: Mapping[str, Any], command: str) -> Iterable[str]:
    """What is sure, what is proposed, what is unknown, what is not there, and what to do next by `command`."""
    rows = crosswalk.read(folder, name)
    wave = declarations.told(folder / "wave.yaml", f"{name}/wave.yaml")
    for kind in crosswalk.KINDS:
        of = [row for row in rows if row.kind == kind]
        left = [row for row in of if not row.accepted]
        proposed, unknown = [row for row in left if _target(row)], [row for row in left if not _target(row)]
        sure = sum(row.accepted == SURE for row in of)
        decided = len(of) - sure - len(left)
        yield f"  {kind}s: {sure} sure, {decided} decided, {len(proposed)} proposed, {len(unknown)} unknown."
        for row in [*proposed, *unknown][:TOLD]:
            what = row.answer if kind == "answer" else shown(row.header)
            said = f"{_target(row)}? ({row.how}, {row.score} of 100)" if row in proposed else row.note
            yield f"    {what} -> {said}"
        if len(proposed) + len(unknown) > TOLD:
            yield f"    ... and {len(proposed) + len(unknown) - TOLD} more in {crosswalk.FILE}"
    if recodes := _proposed_recodes(folder / "wave.yaml"):
        yield f"  codes: {len(recodes)} question(s) whose codes the form calls otherwise: {', '.join(recodes[:TOLD])}."
    lacking = _lacking(rows, wave, study)
    if lacking:
        yield f"  {len(lacking)} question(s) that the study reports are not in this export, as far as is known:"
        yield from (f"    {column} ({', '.join(made[:3])})" for column, made in lacking.items())
    open_rows = any(not row.accepted for row in rows)
    decisions = undecided(wave)
    steps = []
    if open_rows:
        steps.append(
            f"Open {folder}/{crosswalk.FILE} in a spreadsheet. In each line whose `accepted` is empty write yes (it is"
            " what the line says; correct `question` or `code` first if need be), drop (leave it out), identifying (it"
            " tells who somebody is), or no (refused). Save it as CSV."
        )
    if decisions:
        steps.append(f"Open {folder}/wave.yaml and write what it is in place of `{DECIDE}`: {', '.join(decisions)}.")
    if recodes:
        steps.append(
            f"In {folder}/wave.yaml remove the # before each `recode` that is right, and before `codes` under them:"
            " what is not recoded stops the run, or is an answer that the study does not count."
        )
    if lacking:
        steps.append(
            "Look for the question(s) above under another name: a column that is unknown may be it. If the wave did not"
            f" ask: {UNASKED}."
        )
    if name not in study["waves"]:
        labels = ", ".join(f"{language}: ..." for language in study["languages"])
        steps.append(f"Add a line under `waves:` of config.yaml, last:   {name}: {{label: {{{labels}}}}}")
    steps.append(f"Run `{command} plan` to see what would run, then `{command}`. It stops at what is still open.")
    yield "What to do next:"
    yield from (f"  {number}. {step}" for number, step in enumerate(steps, start=1))
    yield f"What each of these means: {GUIDE}"


def _proposed_recodes(path: Path) -> list[str]:
    """Questions of the steps `recode` that stand in a drafted wave.yaml behind a #."""
    return re.findall(r"^  # - \{step: recode, column: (\w+),", path.read_text(encoding="utf-8"), re.MULTILINE)


def _lacking(rows: Iterable[Row], wave: Mapping[str, Any], study: Mapping[str, Any]) -> dict[str, list[str]]:
    """Columns that the study reports and the wave does not have -> what is made of them."""
    left_out = {row.header for row in rows if row.accepted in ("no", "drop", "identifying")}
    there = {row.question for row in rows if row.header not in left_out}
    for header, entry in (wave.get("columns") or {}).items():
        there.add(str(entry.get("rename", header)))
    own = of_wave(study, wave)
    return {column: made for column, made in wanted(expand_indicators(own), levels(own)).items() if column not in there}


def _target(row: Row) -> str:
    return row.code if row.kind == "answer" else "/".join(filter(None, (row.question, row.code)))
