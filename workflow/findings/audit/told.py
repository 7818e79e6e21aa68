"""An audit in plain sentences, for a terminal; and the command's words."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from findings.audit import search, sources
from findings.audit.compare import absent
from findings.audit.plain.replay import read_yaml
from findings.audit.run import AGREES, DIFFERS, NOT_TWICE, UNKNOWN, Audit, UnknownKey, audit
from findings.job import reduced

Row = dict[str, Any]
WIDTH = 110
VERDICT = {
    AGREES: "Both computations agree with the register.",
    DIFFERS: "NOT IN ORDER:",
    NOT_TWICE: "Nothing differs, but the number was not recomputed twice; see the notes.",
}
WARNING = "--rows: what follows are respondents' records. Keep them on this screen: no file, no mail, no ticket."


def main(study: Path, words: Sequence[str]) -> int:
    """`./reproduce audit WORDS [--rows]`; the exit status (docs/audit.md)."""
    wanted = [word for word in words if word != "--rows"]
    if words and not "".join(wanted).strip():
        return _say("The key, or the words to look for, are missing: ./reproduce audit KEY [--rows].", UNKNOWN)
    if not wanted or any(word.startswith("-") for word in wanted):
        return _say("./reproduce audit KEY [--rows]: a key of estimates.csv in quotes, or words to look for.", UNKNOWN)
    if not (study / "results" / "release" / "estimates.csv").is_file():
        return _say("There is no release to audit: run ./reproduce first.", UNKNOWN)
    rows = "--rows" in words
    if rows and os.environ.get("CI"):
        return _say("--rows shows respondents' records, and the log of a CI service is no place for them.", UNKNOWN)
    key = " ".join(wanted)
    try:
        made = audit(study, key, rows=rows)
    except UnknownKey:
        return _near(study, key)
    except Exception as error:  # noqa: BLE001 - the text of an error may quote an answer
        return _say(reduced(error), DIFFERS)
    if rows and not made.reason:
        print(WARNING, file=sys.stderr)
    print("\n".join(told(made)))
    return made.status


def _near(study: Path, words: str) -> int:
    found = search.search(words, sources.released_keys(study / "results" / "release"), read_yaml(study / "config.yaml"))
    if not found:
        return _say(f"No key of this release fits: {words}", UNKNOWN)
    print(f"'{words}' is no key of this release. Nearest (copy one, in quotes):")
    print("\n".join(f"  {key}{'' if status == 'published' else '   (withheld)'}" for key, status in found))
    return UNKNOWN


def _say(sentence: str, status: int) -> int:
    print(sentence, file=sys.stderr)
    return status


def told(made: Audit) -> Iterator[str]:
    """The lines of an audit."""
    yield made.key
    if made.reason:
        yield f"  withheld: {made.reason}"
        return
    yield from _numbers(made)
    if made.about:
        yield from _about(made.about)
    yield from _narrowed(made.narrowed)
    yield from _cleaning(made.counts)
    yield from _rules(made.rules)
    yield from _checks(made)
    for wave, rows in made.cells.items():
        yield f"\nRESPONDENTS of {wave} (pseudonyms)"
        for row in rows:
            values = ", ".join(
                f"{name} {'–' if value is None else f'{value:g}'}" for name, value in row["values"].items()
            )
            yield f"  {row['row_id']}  weight {row['weight']:.6g}  stratum {row['stratum']}  psu {row['psu']}  {values}"
            yield from (f"      {entry}" for entry in row["ledger"])


def _numbers(made: Audit) -> Iterator[str]:
    shown = ("estimate", "ci_low", "ci_high", "se", "df", "n", "n_asked", "p", "p_adjusted", "bound_low", "bound_high",
             "rank_low", "rank_high", "reliability")  # fmt: skip
    for name, row in (("released", made.released), ("exact", made.exact)):
        yield f"  {name:9} " + ", ".join(f"{c} {_short(row[c])}" for c in shown if row and not absent(row.get(c)))


def _about(about: Row) -> Iterator[str]:
    yield "\nWHERE IT STANDS"
    for one in about["exhibits"]:
        yield f"  {one['exhibit']} {one['wave']}: {', '.join(one['files'])}"
        yield f"      rule {one['rule']}, {one['script']}"
    for one in about["sentences"]:
        yield f"  [{one['language']}] {one['exhibit']}: {one['printed']}"
        yield from _wrapped(one["sentence"], "      ")
    if not about["exhibits"] and not about["sentences"]:
        yield "  in estimates.csv alone"
    yield "\nWHAT IT IS"
    for one in about["indicators"]:
        yield from _wrapped(f"{one['column']} ({one['config']}): {_languages(one['label'])}", "  ")
        for asked in one["asked"]:
            yield from _wrapped(f"question {asked['name']}: {_languages(asked['label'])}", "      ")
            if asked["relevant"]:
                yield from _wrapped(f"asked if {asked['relevant']}", "        ")
        yield from _wrapped(f"counted: {one['numerator']}", "      ")
        for part in one["parts"]:
            yield from _wrapped(part, "        ")
        yield from _wrapped(f"base: {_languages(one['base_label'])}: {one['base']}", "      ")
    for number, filters in enumerate(about["filters"], start=1):
        yield from _wrapped(f"of part {number}: " if len(about["filters"]) > 1 else "of: ", "  ", *filters)
    for wave, design in about["design"].items():
        yield from _wrapped(
            f"design of {wave}: {design['kind']}, strata {design['strata'] or 'none'},"
            f" PSUs {design['psu'] or 'respondents'}, singletons {design['singletons']}; weights {design['weights']}",
            "  ",
        )
    if undone := about["undone"]:
        step = json.dumps(undone["step"], ensure_ascii=False)
        yield from _wrapped(f"rule left out: {undone['rule']} ({undone['place']} of wave.yaml: {step})", "  ")
        yield from _wrapped(f"{'each' if len(about['filters']) > 1 else 'the number'}: {about['effect'][0]}", "  ")
    yield f"  interval: {about['interval'] or 'none'}"
    for key in about["sources"]:
        yield f"  computed from {key}"
    yield "\nWHAT MADE IT"
    for wave, raw in about["raw"].items():
        yield f"  {raw['file']} ({wave}, {raw['rows']} rows), {'unchanged' if raw['same'] else 'CHANGED'}"
        yield f"      sha256 {raw['sha256']}"
    for step in about["made_by"]:
        yield f"  rule {step['rule']} ({step['rule_file']}:{step['rule_line']}), {step['script']}"
        yield f"      {step['function']} ({step['file']}:{step['line']})"
    yield f"  commit {about['commit']}"
    for name, value in about["settings"].items():
        yield from _wrapped(f"{name}: {json.dumps(value, ensure_ascii=False)}", "  ")


def _cleaning(counts: dict[str, list[Row]]) -> Iterator[str]:
    for wave, steps in counts.items():
        yield f"\nCLEANING of {wave}: respondents that a step dropped from the wave; of those of this number, the"
        yield "ones it changed, and the ones it changed in a cell that the number rests on"
        for step in steps:
            counts_ = f"dropped {step['dropped']:>5}   changed {step['touched']:>5}   here {step['here']:>5}"
            counts_ += f"   flagged {step['flagged']:>5}" if step["flagged"] else ""
            yield f"  {step['step']:16} {counts_}"
            yield from (f"      {count} × {reason}" for reason, count in sorted(step["entries"].items()))


def _narrowed(parts: list[list[Row]]) -> Iterator[str]:
    if any(parts):
        yield "\nFROM THE EXPORT TO THIS NUMBER: respondents left"
    for number, lines in enumerate(parts, start=1):
        if lines and len(parts) > 1:
            yield f"  of part {number}"
        for line in lines:
            count = f"{line['left']:,}" if "left" in line else f"−{line['out']:,}"
            yield from _wrapped(f"{count:>9}  {line['who']}", "  ")


def _rules(rules: list[Row]) -> Iterator[str]:
    if rules:
        yield "\nRULES: the headline less what it would be without each of them, cleaned, weighed and estimated anew;"
        yield f"as published {_short(rules[0]['as_cleaned'])} of {rules[0]['n']} respondents"
    for line in rules:
        if line["stops"]:
            yield from _wrapped(f"{line['rule']:18} there is no such wave: {line['stops']}", "  ")
            continue
        yield (
            f"  {line['rule']:18} effect {line['effect']:+.6f}   without {_short(line['without']):>9} of"
            f" {line['n_without']}   in, out or another value {line['moved']:>5}"
            f"   cells changed in the wave {line['changes']:>6}"
        )


def _checks(made: Audit) -> Iterator[str]:
    for name, checks in made.checks.items():
        yield f"\nRECOMPUTED by {name}"
        for check in checks:
            mark = "" if check.agrees else "   DIFFERS"
            yield (
                f"  {check.column:12} register {_short(check.exact, 17):>23}  recomputed"
                f" {_short(check.computed, 17):>23}  difference {check.difference:.1e}"
                f" (at most {check.tolerance:g}){mark}"
            )
    yield ""
    yield from (line for note in made.notes for line in _wrapped(note, ""))
    yield VERDICT[made.status]
    yield from (f"  {problem}" for problem in made.problems)


def _languages(texts: dict[str, str]) -> str:
    return " / ".join(texts.values()) or "(no text)"


def _short(value: Any, digits: int = 6) -> str:
    if absent(value):
        return "–"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _wrapped(text: str, indent: str, *more: str) -> Iterator[str]:
    whole = text + "; ".join(more)
    yield from textwrap.wrap(
        whole, WIDTH, initial_indent=indent, subsequent_indent=indent + "    ", break_long_words=False
    ) or [indent]
