"""What the pages show, each as plain values for its template."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from findings.audit.dossier.about import Declared
from findings.audit.dossier.checks import Check
from findings.audit.dossier.listing import Assumption
from findings.audit.dossier.released import Release, Row
from findings.audit.dossier.steps import Step, hash_shown, log_text, seconds
from findings.audit.explain import place_of
from findings.config import SCHEMAS
from findings.environment import PINNED, ROOT
from findings.jobs import sentence
from findings.keys import RULE_EFFECTS, parse_effect
from findings.plan import TEXTS
from findings.provenance import sha256
from findings.release import text

View = dict[str, Any]
WITHHELD = "withheld"
# Characters of a setting's value that a table shows whole.
SHORT = 200
# What stops a run: the claim, the function that checks it, and the rules that call it.
STOPS = [
    ("Every column and every answer of an export is known to its codebook", "ingest.ingest", ("ingest",)),
    ("The responses with the ledger's entries are the respondents, and back, cell for cell", "audit.ledger.prove",
     ("replay",)),
    ("The weights meet every margin", "weighting.weigh", ("weight",)),
    ("An attacker who knows the whole release cannot work out a withheld count", "disclosure.gate.run", ("disclose",)),
    ("What is computed from several rows is released only if all of these are", "disclosure.derived.disclose_derived",
     ("disclose_derived",)),
    ("The numerals of a finished file are those that were issued with a key, one by one", "finished.check_finished",
     ("figure", "context_figure", "table", "context_table", "wave_diff_page", "appendix")),
    ("The numerals of the report, read back from its PDF and its page, are those that were issued",
     "finished.check_report", ("report",)),
    ("No file is missing, and every key that an exhibit shows is in the release", "publication.publish", ("release",)),
]  # fmt: skip


@dataclass(frozen=True)
class Dossier:
    """All that the pages are made of; `synthetic` says whether every wave is, `texts` the files that are shown."""

    release: Release
    declared: Declared
    steps: list[Step]
    checks: list[Check]
    texts: Mapping[str, str]
    assumptions: list[Assumption]
    content: View
    root: Path

    @property
    def synthetic(self) -> bool:
        """Whether every wave is synthetic: then nothing of a step's files and logs has to be left out."""
        return all(wave["synthetic"] for wave in self.declared.waves.values())

    @property
    def language(self) -> str:
        """The study's first language."""
        return str(next(iter(self.declared.study["languages"])))


def released_number(release: Release, key: str) -> str:
    """The estimate of a key as released; whole where it is a count."""
    row = release.rows.get(key)
    if row is None:
        return "–"
    if row["status"] != "published":
        return WITHHELD
    return f"{int(float(row['estimate'])):,}" if row["statistic"] == "count" else row["estimate"]


def step(made: Dossier, one: Step) -> View:
    """A rule: itself, its jobs with their files, and the judgements that it rests on."""
    return {
        "step": {**vars(one), "stage": one.stage, "jobs": [job(made, one, record) for record in one.jobs]},
        "withheld": not made.synthetic,
        "assumptions": [mark for mark in made.assumptions if one.rule in mark.rules],
    }


def job(made: Dossier, one: Step, record: View) -> View:
    """A job: its sentence, times, digests, files with rows and hashes, and its log where that may be shown."""
    ways = [(way, name, digest) for way in ("inputs", "outputs") for name, digest in record[way].items()]
    exports = {wave: Path(entry["file"]).name for wave, entry in made.content["raw"].items()}
    return {
        "sentence": sentence(record), "seconds": seconds(record), "code": record["code"], "params": record["params"],
        "started": record["started"], "ended": record["ended"],
        "log": log_text(record["log"]) if made.synthetic or one.side == "open" else None,
        "log_file": str(record["log"]),
        "files": [
            {
                "name": name, "way": "in" if way == "inputs" else "out", "rows": rows(made, name),
                "chain": record["chain"].get(name) if way == "inputs" else None,
                "sha256": digest if made.synthetic or hash_shown(name, made.declared.waves, exports) else None,
            }
            for way, name, digest in ways
        ],
    }  # fmt: skip


def rows(made: Dossier, name: str) -> str:
    """How many rows a file of a wave has, as far as the release tells."""
    path = Path(name)
    wave, release = path.parent.name, made.release
    if wave not in made.declared.waves or not name.startswith("results/"):
        return ""
    step_of = {"responses.parquet": "received", "respondents.parquet": "received", "indicators.parquet": "analysed"}
    if path.name in step_of:
        return released_number(release, f"flow.{step_of[path.name]}.count|@{wave}") + " respondents"
    if path.name in ("register.parquet", "disclosure.parquet", "estimates.csv"):
        return f"{release.lines(wave, 'estimates.csv'):,} rows"
    if path.name == "derived.csv":
        return f"{release.lines(wave, 'derived.csv'):,} rows"
    published = release.of_part.get((wave, path.stem)) if path.suffix == ".parquet" else None
    return f"{published:,} published rows" if published else ""


def flow(made: Dossier) -> View:
    """Flow, effects of the ledger's rules, and quality, each as a table by wave."""
    waves = list(made.declared.waves)
    longest = sorted(made.declared.waves.values(), key=lambda wave: -len(wave["cleaning"]))
    order = ["received", *(entry["step"] for wave in longest for entry in wave["cleaning"])]
    place = {name.replace("_", " "): number for number, name in enumerate([*dict.fromkeys(order), "analysed"])}
    parts = [
        ("Flow", "flow", "From the export to those analysed.", "Respondents left after each step", "Step", {"count"}),
        ("What each rule of cleaning does", RULE_EFFECTS, "A headline, less what it would be without the rule: the "
         "ledger's entries, by what they do to numbers.",
         "As released: of shares, 0.01 is one percentage point; of means, in their own unit", "Headline and rule",
         {"difference", "difference_of_means"}),
        ("Quality", "quality", "Shares of those asked who gave no answer, and texts that are not coded.",
         "Shares, of the whole sample", "Question", {"nonresponse", "uncoded"}),
    ]  # fmt: skip
    shown = []
    for name, family, what, unit, first, statistics in parts:
        found: dict[str, dict[str, Row]] = {}
        for row in made.release.of_family(family):
            if row["statistic"] in statistics and not row["breakdown"] and "(" not in row["key"]:
                label = " ".join(filter(None, (row["indicator"], row["ministry"], row["service"])))
                found.setdefault(label.replace("_", " "), {})[row["wave"]] = row
        # A line that is withheld in every wave says nothing; the flow is shown whole.
        lines = [
            (_effect(made, of) if family == RULE_EFFECTS else label, of) for label, of in found.items()
            if family == "flow" or any(row["status"] == "published" for row in of.values())
        ]  # fmt: skip
        if family == "flow":
            lines.sort(key=lambda line: place.get(line[0], len(place)))
        cells = [
            (label, [(of[wave]["key"], released_number(made.release, of[wave]["key"])) if wave in of else ("", "–")
                     for wave in waves])
            for label, of in lines
        ]  # fmt: skip
        shown.append({"name": name, "family": family, "what": what, "unit": unit, "first": first, "rows": cells})
    return {"waves": waves, "parts": shown}


def _effect(made: Dossier, of: Mapping[str, Row]) -> str:
    """The headline that an effect is on, in the study's words, of whom, and the rule that is left out."""
    row = next(iter(of.values()))
    family, indicator, rule = parse_effect(row["indicator"])
    answers = made.declared.frame(row["wave"]).answers
    section, code = ("service", row["service"]) if row["service"] else ("ministry", row["ministry"])
    column = answers.column(family, indicator, code)
    label = text(made.declared.indicators[column].label, made.language) or column
    who = text(made.content["labels"][section].get(code, {}), made.language)
    label += f" ({who})" if who not in label else ""
    return f"{label}: effect of {rule.replace('_', ' ')}"


def assumptions(made: Dossier) -> View:
    """Marks with what depends on them, and the settings of the study."""
    study, schema = made.declared.study, json.loads((SCHEMAS / "config.schema.json").read_text(encoding="utf-8"))
    used = used_entries(made)
    marks = [
        {**vars(mark), "numbers": sum(count for name, count in used.items()
                                   if mark.entry and (name == mark.entry or name.startswith(mark.entry + ".")))}
        for mark in made.assumptions
    ]  # fmt: skip
    blocks = {one.rule: rule_text(made.texts[one.file], one.rule) for one in made.steps}
    lines = {line.split(":")[0]: n for n, line in enumerate(made.texts["config.yaml"].splitlines(), start=1)
             if re.match(r"\w+:", line)}  # fmt: skip
    settings = []
    for name in study:
        takers = [rule for rule, block in blocks.items() if f'"{name}"' in block]
        if name in lines and name not in ("study", "languages", "exhibits", "report", "waves"):
            value = json.dumps(_bare(study[name]), ensure_ascii=False)
            settings.append({"name": name, "line": lines[name], "rules": takers, "value": value[:SHORT + 1],
                             "what": schema["properties"].get(name, {}).get("description", "")})  # fmt: skip
    return {"marks": marks, "settings": settings}


def used_entries(made: Dossier) -> dict[str, int]:
    """Entry of a declaration -> how many published numbers depend on it."""
    about = made.content["about"]
    found: dict[str, int] = {}
    for place, row in zip(_unrun(about["of_rows"]["settings"]), made.release.rows.values(), strict=True):
        if row["status"] == "published":
            for name in about["settings"][place]:
                found[name] = found.get(name, 0) + 1
    return found


def _unrun(runs: str) -> list[int]:
    found: list[int] = []
    for run in runs.split(","):
        number, _, times = run.partition("*")
        found += [int(number)] * int(times or 1)
    return found


def _bare(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _bare(value) for key, value in node.items() if key not in TEXTS}
    return [_bare(value) for value in node] if isinstance(node, list) else node


def rule_text(text_of: str, rule: str) -> str:
    """The lines of a rule in its file."""
    found = re.search(rf"^rule {rule}:\n((?:[ \t].*\n|\n)*)", text_of + "\n", re.MULTILINE)
    return found[1] if found else ""


def environment(made: Dossier) -> View:
    """Python, the lock and its packages, and what every process has set."""
    lock = ROOT / "envs" / "run.txt"
    packages = []
    for block in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8")):
        if found := re.match(r"([\w.\-\[\]]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+))?", block):
            hashes = re.findall(r"sha256:(\w+)", block)
            packages.append(
                {"name": found[1], "version": found[2], "marker": (found[3] or "").strip(), "hashes": hashes}
            )
    pinned = [(name, value) for name, value in PINNED.items() if not value.startswith("/")]
    return {"python": platform.python_version(), "lock": sha256(lock), "packages": packages, "pinned": pinned}


# What of wave.yaml is shown: design and decisions, never answers or texts that somebody gave.
DECLARED = (
    "design",
    "calibration",
    "cleaning",
    "checks",
    "unchecked",
    "duration",
    "not_asked",
    "breakdowns",
    "comparability",
)


def instruments(made: Dossier) -> View:
    """Each wave's instrument in short."""
    waves = []
    for name, wave in made.declared.waves.items():
        shown = [(key, [_flow(each) for each in (wave[key] if isinstance(wave[key], list) else [wave[key]])])
                 for key in DECLARED if wave.get(key)]  # fmt: skip
        period = " to ".join(str(month) for month in (wave.get("period") or {}).values())
        questions = sum(bool(q.label) for q in made.declared.codebooks[name].questions.values())
        tool = wave["source"].get("tool") or "recognised from the file"
        waves.append({"name": name, "mode": wave.get("mode", ""), "period": period, "tool": tool, "declared": shown,
                      "questions": questions})  # fmt: skip
    return {"waves": waves}


def _flow(node: Any) -> str:
    """A declaration in one line, as YAML."""
    words = yaml.safe_dump(node, default_flow_style=True, width=10**6, allow_unicode=True, sort_keys=False)
    return words.removesuffix("...\n").strip()


def instrument(made: Dossier, wave: str) -> View:
    """The questions of a wave, their answers, and the indicators that are made of each."""
    book = made.declared.codebooks[wave]
    made_of: dict[str, list[tuple[str, str]]] = {}
    for column, entry in made.content["about"]["indicators"].items():
        for name in entry["asked"]:
            made_of.setdefault(name, []).append((column, text(entry["label"], made.language) or column))
    questions = [
        {"name": q.name, "label": q.label, "type": q.type, "relevant": q.relevant, "constraint": q.constraint,
         "answers": book.choices.get(q.list or "", {}), "indicators": made_of.get(q.name, [])}
        for q in book.questions.values() if q.label
    ]  # fmt: skip
    return {"wave": wave, "questions": questions}


def checks(made: Dossier) -> View:
    """The dossier's own checks, and those that stop a run."""
    jobs = {one.rule: len(one.jobs) for one in made.steps}
    stops = [(claim, *place_of(function), [(rule, jobs[rule]) for rule in rules if rule in jobs])
             for claim, function, rules in STOPS]  # fmt: skip
    return {"checks": made.checks, "stops": stops}


def sources(made: Dossier) -> View:
    """The files that are shown, by folder."""
    names = sorted(made.texts, key=lambda name: (str(Path(name).parent), name))
    return {"folders": [("" if folder == "." else folder, [(name, Path(name).name) for name in own])
                        for folder, own in groupby(names, key=lambda name: str(Path(name).parent))]}  # fmt: skip


def step_overview(made: Dossier, drawn: Sequence[str]) -> View:
    """The graph, drawn for wide and for narrow screens, and the table of steps."""
    shown = [{**vars(one), "stage": one.stage, "jobs": [{"seconds": seconds(record)} for record in one.jobs]}
             for one in made.steps]  # fmt: skip
    return {"drawn": drawn, "steps": shown}


def index(made: Dossier, contents: Sequence[tuple[str, str, str]]) -> View:
    """The first page: what is here, and the state of it."""
    release, declared, content = made.release, made.declared, made.content
    published = [row["key"] for row in release.rows.values() if row["status"] == "published"]
    in_text = [row for each in content["sentences"] for row in each["rows"]]
    keys = list(release.rows)
    bad = [check.claim for check in made.checks if check.bad]
    return {
        "contents": contents, "bad": bad, "all_checks": len(made.checks),
        "counts": {"published": len(published), "withheld": len(release.rows) - len(published)},
        "waves": [
            {"name": name, "label": text(declared.study["waves"][name].get("label", {}), made.language) or name,
             "design": wave["design"]["kind"], "synthetic": wave["synthetic"]}
            for name, wave in declared.waves.items()
        ],
        # The first number of the report's text.
        "example": keys[in_text[0]] if in_text else next(iter(published), None),
    }  # fmt: skip
