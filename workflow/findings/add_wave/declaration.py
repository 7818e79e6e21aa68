"""wave.yaml of a new wave, drafted: what the export shows, what the last wave had, and what a person has to decide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import pandas as pd
import yaml

from findings.config import DECIDE
from findings.errors import FindingsError
from findings.readers.labelled import moments

# Ways to write a moment or a date that are tried on the cells, to be shown to the person who decides.
DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%m/%d/%y", "%d/%m/%y")
CLOCKS = ("%H:%M:%S", "%I:%M:%S %p", "%H:%M", "%I:%M %p")
DESIGN = ("design", "calibration")
HANDLED = {"wave", "label", "synthetic", "source", "period", "mode", "utc_offset", "columns", "answers", "codes",
           "duration", "month", "cleaning", *DESIGN}  # fmt: skip


def formats(cells: pd.Series, days: bool = False) -> list[str] | None:
    """Ways of writing that fit every cell; None where all are ISO 8601, which needs no declaration."""

    def fits(form: str | None) -> bool:
        try:
            moments(cells, "", form, {})
        except FindingsError:
            return False
        return True

    if fits(None):
        return None
    return [form for form in (DAYS if days else [f"{day} {clock}" for day in DAYS for clock in CLOCKS]) if fits(form)]


def declaration(
    wave: Mapping[str, Any],
    last: Mapping[str, Any] | None,
    known: Collection[str],
    unclear: Mapping[str, list[str]],
    languages: Collection[str],
    recodes: Mapping[str, Mapping[str, str]],
    added: Mapping[str, Mapping[str, Any]],
) -> str:
    """The text of wave.yaml.

    `wave`: what is known of the new wave (wave, source, columns, codes, duration, month); `last`: wave.yaml of the last
    wave, if there is one; `known`: questions that the export has or may have; `unclear`: `timestamp` or `date` of the
    source -> ways of writing that fit every cell; `recodes`: question -> code of the wave's own form -> that of the
    study which it may be, and `added` these as `codes`.
    """
    before = str(last["wave"]) if last else ""
    out = [
        f"# Drafted by `./reproduce add-wave` from {wave['source']['export']}; yours to change: never written again.",
        f"# Where it says `{DECIDE}`, the run stops until you have. docs/swap_in_a_wave.md says what each line means.",
        f"wave: {wave['wave']}",
        "# Names of the wave for readers.",
        _flow("label", {language: wave["wave"] for language in languages}),
        "# true only for data that were drawn by a program: every exhibit then says so.",
        "synthetic: false",
        "source:",
        *(f"  {_flow(key, value)}" for key, value in wave["source"].items()),
    ]
    for key, found in unclear.items():
        fit = " or ".join(f'"{form}"' for form in found) or "none of the usual ways; see the codes of strftime"
        out += [f"  # How {'times' if key == 'timestamp' else 'dates'} are written. What fits every cell: {fit}."]
        out += [f"  {key}: {DECIDE}"]
    out += [
        "# First and last month of the interviews, in quotes: \"2026-03\".",
        f"period: {{from: {DECIDE}, to: {DECIDE}}}",
        "# How people were asked: capi (face to face, on a device), cati (by telephone), cawi (by themselves, on the"
        " web), papi (on paper), mixed." + (f" Wave {before}: {last['mode']}." if last and "mode" in last else ""),
        f"mode: {DECIDE}",
    ]  # fmt: skip
    last = last or {}
    if "utc_offset" in last:
        out += [f"# As in wave {before}: of the clock that the tool writes.", _flow("utc_offset", last["utc_offset"])]
    if wave.get("columns"):
        out += [f"# As in wave {before}: what its columns are beside the form.", "columns:"]
        out += [f"  {_flow(key, value)}" for key, value in wave["columns"].items()]
    if wave.get("codes"):
        out += [f"# As in wave {before}: codes that its form does not have.", _flow("codes", wave["codes"])]
    if wave.get("duration"):
        out += [f"# Limits as in wave {before}." if last.get("duration") else "# Add minimum_minutes, maximum_minutes."]
        out += [_flow("duration", wave["duration"])]
    if wave.get("month"):
        out += ["# The column that tells the month of the interview.", _flow("month", wave["month"])]
    out += ["cleaning:" + (f"  # as in wave {before}, where this export has the columns: read them" if last else "")]
    out += list(_cleaning(last, known, wave))
    if recodes:
        out += ["  ## Codes that the form calls otherwise. Where all of a line mean the same, remove its #:"]
        steps = ({"step": "recode", "column": column, "map": dict(codes)} for column, codes in recodes.items())
        out += [f"  # - {_inline(step)}" for step in steps]
    if added:
        out += ["## And of this line, which tells the form's list of these codes:", f"# {_flow('codes', added)}"]
    out += [
        "# probability: people were drawn by chance, each with a known chance; volunteer: they chose themselves.",
        "# Waves are compared only if kind, mode, strata, psu and margins are the same.",
        f"design: {{kind: {DECIDE}}}",
    ]
    # Notes have two #: whoever takes the # from every line below leaves them notes.
    if last:
        out += [f"# Wave {before} had this. If people were drawn in the same way, remove the line above and the # of:"]
        out += [line for key in DESIGN if key in last for line in _commented(key, last[key])]
        if (last["design"].get("frame") or {}).get("file"):
            out += [f"## The frame is a file beside this one: copy {before}'s only if the sample is of the same frame."]
    for key in (key for key in last if key not in HANDLED):
        out += [f"## Wave {before} had this too; does it fit?", *_commented(key, last[key])]
    return "\n".join(out) + "\n"


def _cleaning(last: Mapping[str, Any], known: Collection[str], wave: Mapping[str, Any]) -> Iterator[str]:
    """The last wave's steps that fit as they are, the others as comments with what is missing."""
    steps = [step for step in last.get("cleaning", [{"step": "script"}]) if step["step"] != "answers"]
    first = next((n for n, step in enumerate(steps, start=1) if step["step"] == "script"), 0)
    # Maps, in the ledger, what the crosswalk says of answers.
    for step in [*steps[:first], {"step": "answers"}, *steps[first:]]:
        wanted = [step.get("column"), *step.get("columns", [])]
        missing = [name for name in wanted if name and name not in known]
        if step["step"] == "duration" and not wave.get("duration"):
            missing = ["the time of the interview's start and end"]
        text = _inline(step)
        yield f"  # not in this export: {', '.join(missing)}\n  # - {text}" if missing else f"  - {text}"


def _commented(key: str, value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        return iter([f"# {_flow(key, value)}"])
    text = yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
    return (f"# {line}" for line in text.splitlines())


def _inline(value: Mapping[str, Any]) -> str:
    text = yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True, default_flow_style=True, width=10**6)
    return str(text).strip()


def _flow(key: str, value: Any) -> str:
    """`key: value` on one line."""
    return _inline({key: value})[1:-1]


def clocks(last: Mapping[str, Any] | None, has: Callable[[Mapping[str, Any]], set[str]]) -> dict[str, Any]:
    """`month` and `duration` of the new wave: the last wave's where the export has these times, else the tool's own.

    `has`: a declaration -> the names of times that the export then has.
    """
    own: dict[str, Any] = {key: last[key] for key in ("month", "duration") if key in last} if last else {}
    limits = {key: value for key, value in own.get("duration", {}).items() if key.endswith("_minutes")}
    usual: dict[str, Any] = {"month": "start", "duration": {"start": "start", "end": "end", **limits}}
    for said in (own, usual):
        found = has(said) if said else set()
        kept: dict[str, Any] = {"month": said["month"]} if said.get("month") in found else {}
        if {said.get("duration", {}).get(end) for end in ("start", "end")} <= found:
            kept["duration"] = said["duration"]
        if kept:
            return kept
    return {}
