"""`./reproduce audit KEY`: what is known of a number, and the number twice again. Data here; words in `told`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from findings.audit import explain, recompute_r, sources, tasks
from findings.audit.compare import CORE, Check, checks, misrounded, unchecked
from findings.audit.narrowing import narrowed
from findings.audit.plain.answers import Answers
from findings.audit.plain.derived import adjusted
from findings.audit.plain.estimates import Frame, NotComputed
from findings.audit.plain.keys import Parts, leaves
from findings.audit.plain.recompute import recomputed
from findings.audit.plain.replay import ReplayError, differences, read_wave, rows_of
from findings.provenance import commit, read_manifest, sha256

Row = dict[str, Any]
# Exit status: agrees twice; differs; no such key; agrees as far as it was recomputed, which is not twice.
AGREES, DIFFERS, UNKNOWN, NOT_TWICE = 0, 1, 2, 3
SECOND, R = "second implementation", "R survey"


class UnknownKey(Exception):
    """No row of the release has the key."""


@dataclass
class Audit:
    """What was found of a key. Of a suppressed one `reason` alone is filled.

    `released` and `exact` are its rows; `about` what it is and where it comes from; `narrowed` who is left of each
    of its waves, line by line, `counts` what cleaning did to its respondents, `rules` what it would be without each
    rule, and `cells` those respondents, all four confidential;
    `checks` by who recomputed; `notes` what was not recomputed and why; `problems` what is wrong.
    """

    key: str
    reason: str | None = None
    released: Row = field(default_factory=dict)
    exact: Row = field(default_factory=dict)
    about: Row = field(default_factory=dict)
    narrowed: list[list[Row]] = field(default_factory=list)
    counts: dict[str, list[Row]] = field(default_factory=dict)
    rules: list[Row] = field(default_factory=list)
    cells: dict[str, list[Row]] = field(default_factory=dict)
    checks: dict[str, list[Check]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The exit status."""
        if self.problems:
            return DIFFERS
        done = [self.checks.get(name, []) for name in (SECOND, R)]
        twice = all(checks and not CORE.intersection(unchecked(self.exact, checks)) for checks in done)
        return AGREES if twice else NOT_TWICE


def audit(root: Path, key: str, *, rows: bool = False) -> Audit:
    """Audit a key of the study in `root`; with `rows`, its respondents too. Raises UnknownKey."""
    results = root / "results"
    released = sources.released_row(results / "release", key)
    if released is None:
        raise UnknownKey(key)
    if released["status"] != "published":
        return Audit(key, reason=released["reason"])
    made = Audit(key, released=released)
    with recompute_r.Running() as r:
        _audit(made, root, r, rows)
    return made


def _audit(made: Audit, root: Path, r: recompute_r.Running, rows: bool) -> None:
    key, results, wave = made.key, root / "results", str(made.released["wave"])
    found = sources.exact_row(results / "confidential" / wave, key)
    if found is None:
        made.problems.append("the release has this key, and no register has it")
        return
    made.exact = found.row
    made.rules = sources.without_rules(results / "confidential" / wave, found.row)
    if odd := misrounded(found.row, made.released):
        made.problems.append(f"the released row is not the exact one rounded: {', '.join(odd)}")
    made.problems += _manifest(results / "release")
    of = [parts for _, parts in leaves(key)]
    if key.startswith("model."):
        of = [Parts("model", key.split(".")[1], made.exact["statistic"], wave, weighting=made.exact["weighting"])]
    frames: dict[str, Frame] = {}

    def frame_of(name: str) -> Frame:
        if name not in frames:
            frames[name] = Frame(Answers(read_wave(root, name)))
        return frames[name]

    try:
        for name in dict.fromkeys(parts.wave for parts in of):
            frame = frame_of(name)
            respondents = rows_of(results / "confidential" / name / "respondents.parquet")
            if odd := differences(frame.answers.wave.every, respondents):
                made.problems.append(f"{name}: responses and ledger do not give the respondents: {'; '.join(odd)}")
        raw = {name: explain.raw(root, name) for name in frames}
        made.problems += [
            f"{entry['file']} is not the file that was read" for entry in raw.values() if not entry["same"]
        ]
        made.about = _about(made, root, found, of, frame_of) | {"raw": raw}
        for parts in of:
            columns = explain.columns_of(key, [parts], frame_of).get(parts.wave, [])
            made.narrowed.append(narrowed(frame_of(parts.wave), parts, columns, raw[parts.wave]["left_out"]))
        _recompute(made, root, found, frame_of, raw[wave]["left_out"], r)
        _respondents(made, of, frame_of, rows)
    except ReplayError as error:
        made.problems.append(f"the ledger does not replay: {error}")


def _manifest(release: Path) -> list[str]:
    """Whether the register of the release is the one that its manifest lists."""
    same = read_manifest(release).get("estimates.csv") == sha256(release / "estimates.csv")
    return [] if same else ["estimates.csv is not the file that MANIFEST.sha256 lists"]


def _about(made: Audit, root: Path, found: sources.Exact, of: list[Parts], frame_of: Callable[[str], Frame]) -> Row:
    """What the number is and where it comes from: nothing of it is of a respondent."""
    release, columns = root / "results" / "release", explain.columns_of(made.key, of, frame_of)
    indicators: list[Row] = []
    for name, wanted in columns.items():
        frame = frame_of(name)
        codebook = json.loads((root / "results" / "confidential" / name / "codebook.json").read_text(encoding="utf-8"))
        known = {entry["column"] for entry in indicators}
        indicators += [
            explain.described(frame.study, column, frame.answers, codebook) for column in wanted if column not in known
        ]
    first = frame_of(of[0].wave)
    weighting, waves = made.exact["weighting"], [parts.wave for parts in of]
    return {
        "exhibits": sources.exhibits(release, made.key), "sentences": sources.sentences(release, made.key),
        "indicators": indicators, "filters": [explain.filters(first.study, parts) for parts in of],
        "design": {name: explain.design_in_words(frame_of(name), weighting) for name in dict.fromkeys(waves)},
        "undone": explain.undone(first.answers.wave.declared, of[0]), "effect": explain.effect(of[0]),
        "interval": made.exact["ci_method"],
        "sources": sources.needed(made.exact).get("rows", []),
        "made_by": explain.made_by(found.part, of[0] if len(of) == 1 else None), "commit": commit(),
        "settings": explain.settings(
            first.study, {name: frame_of(name).answers.wave.declared for name in waves}, of[0], indicators
        ),
    }  # fmt: skip


def _recompute(
    made: Audit, root: Path, found: sources.Exact, frame_of: Callable[[str], Frame], left_out: int,
    r: recompute_r.Running,
) -> None:  # fmt: skip
    """Both computations, each compared with the exact row; an effect's, with the lines of both numbers too."""
    counted = sources.needed(made.exact).get("k")
    exact = made.exact | sources.both_numbers(root / "results" / "confidential" / made.exact["wave"], made.key)
    ordinal = (
        made.key.startswith("model.") and tasks.plan_of(made.key, frame_of(made.exact["wave"]))[0].kind == "ordinal"
    )
    family = _family(root, found, frame_of(made.exact["wave"]))
    try:
        numbers = recomputed(made.key, frame_of, left_out)
        if family and "p" in numbers:
            numbers = {**numbers, "p_adjusted": adjusted(family.p, family.correction)[family.place]}
        made.checks[SECOND] = checks(exact, counted, numbers)
    except NotComputed as why:
        made.notes.append(f"Not recomputed by the second implementation: {why}.")
    try:
        task = tasks.task_of(made.key, frame_of, left_out)
        if family:
            task.options.update(family.options())
        made.checks[R] = checks(made.exact, counted, r.recomputed(task), ordinal)
    except (NotComputed, recompute_r.RStopped) as why:
        made.notes.append(f"Not recomputed by R: {why}.")
    for name, done in made.checks.items():
        if wrong := [check.column for check in done if not check.agrees]:
            made.problems.append(f"{name}: {', '.join(wrong)} differ beyond the tolerance")
        if rest := unchecked(made.exact, done):
            made.notes.append(f"Not recomputed by {name}: {', '.join(rest)}.")


@dataclass(frozen=True)
class _Family:
    """The tests of a family: their `p`, the one of a row (`place`), and how they are corrected."""

    p: list[float]
    place: int
    correction: str

    def options(self) -> dict[str, str]:
        """What R is told of it."""
        method = {"holm": "holm", "benjamini_hochberg": "BH"}[self.correction]
        return {"family": ",".join(map(repr, self.p)), "place": str(self.place + 1), "correction": method}


def _family(root: Path, found: sources.Exact, frame: Frame) -> _Family | None:
    """The family of tests that corrects a row's p; None where none does."""
    name = found.row["comparison_family"]
    if name is None or found.row["p_adjusted"] is None or found.row["p_adjusted"] != found.row["p_adjusted"]:
        return None
    rows = sources.rows_of_family(root / "results" / "confidential" / found.row["wave"], found.part, name)
    declared = {entry["id"]: entry["correction"] for entry in frame.study.get("comparisons", [])}
    models = frame.study.get("models", {})
    of_models = (entry["correction"] for model, entry in models.items() if name.startswith(f"model_{model}_"))
    own = declared.get(name) or next(of_models, None)
    if own is None:
        # The verdicts of claims: no second computation tells their p.
        return None
    tests: dict[tuple[Any, ...], int] = {}
    p: list[float] = []
    for row in rows:
        # A comparison that two levels of a ladder share is one test; a model's tests are each their own.
        names = tuple(row[column] or "" for column in ("family", "indicator", "ministry", "service"))
        test = (*names, round(row["estimate"], 10), round(row["p"], 10)) if name in declared else (row["key"],)
        if test not in tests:
            tests[test] = len(p)
            p.append(row["p"])
        if row["key"] == found.row["key"]:
            place = tests[test]
    return _Family(p, place, own)


def _respondents(made: Audit, of: list[Parts], frame_of: Callable[[str], Frame], rows: bool) -> None:
    """What cleaning did to the respondents of the number; with `rows`, these respondents."""
    columns = explain.columns_of(made.key, of, frame_of)
    for name, own in explain.held(made.key, of, frame_of).items():
        frame = frame_of(name)
        questions = explain.questions_of(frame, columns[name], [parts for parts in of if parts.wave == name])
        made.counts[name] = explain.cleaning(frame, own, questions)
        if rows:
            weighting = made.exact["weighting"] or "none"
            made.cells[name] = explain.cells(frame, own, columns[name], questions, weighting)
