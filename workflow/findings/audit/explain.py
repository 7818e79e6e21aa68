"""What a number is: question, numerator, base, filters, design, weights, and the rules and code that made it.

Pure functions that return data. What `described` and `made_by` return is of the release, the configuration and the
code, and may be shown to anyone. What `cleaning` and `cells` return is counted from respondents, or theirs, and is for
the screen of who holds the data.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from findings.audit.composed import composed
from findings.audit.plain.answers import Answers
from findings.audit.plain.estimates import Frame, NotComputed, quality_column
from findings.audit.plain.keys import Parts
from findings.audit.plain.recompute import ranked
from findings.audit.plain.without import headline_of, step_of
from findings.audit.sources import PARTS
from findings.audit.tasks import plan_of
from findings.environment import ROOT
from findings.jobs import rules
from findings.keys import RULE_EFFECTS, parse_effect, print_key
from findings.plan import TEXTS, Indicator, expand_indicators
from findings.provenance import sha256
from findings.text.numbers import POINTS

Row = dict[str, Any]
# The function that computes a row, by the file it stands in, and by family or statistic where these differ.
FUNCTIONS = {
    "register": "estimators.estimate", "flow": "register.flow_rows", "sample": "register.sample_rows",
    "population": "register.population_rows", "nonresponse": "register.quality_rows",
    "uncoded": "register.uncoded_rows",
    "descriptives": "descriptives.descriptives", "barriers": "rankings.rows", "comparisons": "comparisons.comparisons",
    "nonanswers": "nonanswers.nonanswers", "specifications": "specifications.of_wave",
    "rule_effects": "rule_effects.of_wave", "models": "models.part.models", "changes": "changes.changes",
    "decompositions": "decompositions.decompositions",
    "wave_diff": "wave_diff.shifts.rows", "claims": "claims.part.claims",
}  # fmt: skip
# The rules on the way to every row, with what each is at heart.
WAY = [
    ("ingest", "ingest.ingest"), ("clean", "cleaning.clean"), ("weight", "indicators.build"),
    ("weight", "weighting.weigh"),
]  # fmt: skip
GATE = {
    "register": ("disclose", "disclosure.disclose"),
    "": ("disclose_derived", "disclosure.derived.disclose_derived"),
}


@cache
def place_of(function: str) -> tuple[str, int]:
    """File and line where a function of the package is defined."""
    *parts, name = function.split(".")
    folder = ROOT / "workflow" / "findings"
    path = folder.joinpath(*parts).with_suffix(".py")
    path = path if path.is_file() else folder.joinpath(*parts) / "__init__.py"
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return str(path.relative_to(ROOT)), node.lineno
    raise KeyError(function)


def made_by(part: str, parts: Parts | None) -> list[Row]:
    """The rules on the way from the export to a row, each with its script, function, file and line."""
    of = part
    if part == "register" and parts is not None:
        of = next((name for name in (parts.family, parts.statistic) if name in FUNCTIONS), part)
    steps = [*WAY, (PARTS.get(part, part), FUNCTIONS[of]), GATE.get(part, GATE[""])]
    made = []
    for rule, function in steps:
        of_rule = rules()[rule]
        module, at = place_of(function)
        made.append({"rule": rule, "rule_file": of_rule.file, "rule_line": of_rule.line, "script": of_rule.script,
                     "function": f"findings.{function}", "file": module, "line": at})  # fmt: skip
    return made


def raw(root: Path, wave: str) -> Row:
    """The export: its name, its hash now and when it was read, and whether they are the same."""
    record = json.loads((root / "results" / "confidential" / wave / "ingest.json").read_text(encoding="utf-8"))
    file = root / "data" / "raw" / wave / record["export"]
    now = sha256(file) if file.is_file() else None
    return {"file": f"data/raw/{wave}/{record['export']}", "sha256": record["sha256"], "now": now,
            "same": now == record["sha256"], "rows": record["rows"],
            "left_out": sum((record.get("left_out") or {}).values())}  # fmt: skip


def columns_of(key: str, parts: Sequence[Parts], frame_of: Any) -> dict[str, list[str]]:
    """Wave -> the columns of indicators that a key rests on."""
    found: dict[str, list[str]] = {}
    if key.startswith("model."):
        wave = key.rsplit("@", 1)[1]
        plan, _, _ = plan_of(key, frame_of(wave))
        return {wave: [unit.indicator.column for unit in plan.units]}
    for one in parts:
        frame: Frame = frame_of(one.wave)
        with contextlib.suppress(NotComputed):
            wanted = _columns(frame, one)
            found.setdefault(one.wave, []).extend(name for name in wanted if name in frame.answers.indicators)
    return {wave: list(dict.fromkeys(names)) for wave, names in found.items()}


def _columns(frame: Frame, parts: Parts) -> list[str]:
    of = parts.service or parts.ministry
    if parts.family in ("flow", "sample", "population") or parts.statistic == "uncoded":
        return []
    if parts.family == "quality":
        return [quality_column(frame, parts)]
    if parts.family == "reliability":
        scales = frame.study["reliability"]
        entry = scales.get(parts.indicator) or next(
            scale for scale in scales.values() if any(item.split("__")[1] == parts.indicator for item in scale["items"])
        )
        return list(entry["items"])
    if parts.family == "intersections":
        entry = frame.study["intersections"]
        return [frame.answers.column(entry["family"], code, of) for code in frame.study[entry["items"]]]
    if parts.family == "specification":
        headline, *choices = parts.indicator.split("__")
        definitions = frame.study["specifications"]["headlines"][headline]["definitions"]
        wanted = [definitions[choices[3]]] if len(choices) == 5 else definitions.values()
        return [frame.answers.column(entry["family"], entry["indicator"], of) for entry in wanted]
    if parts.family == RULE_EFFECTS:
        return [frame.answers.column(*parse_effect(parts.indicator)[:2], of)]
    if parts.statistic == "rank":
        return [frame.answers.column(parts.family, item, of) for item in ranked(frame, parts)]
    return [frame.column(parts)]


def described(
    study: Mapping[str, Any], column: str, answers: Answers, codebook: Mapping[str, Any],
    known: Mapping[str, Indicator] | None = None,
) -> Row:  # fmt: skip
    """An indicator in words and as declared: label, question as asked, numerator, base, and the config's own entry.

    `parts` says what an unanswered or unasked part counts as; `row` is its own unweighted row, a wave's name wanting,
    and `narrowed_by` the indicator that leaves respondents out of it. `known` are the study's indicators by column,
    where the caller has expanded them already.
    """
    known = known or {each.column: each for each in expand_indicators(study)}
    indicator = known[column]
    questions = {question["name"]: question for question in codebook["questions"]}
    own = answers.rests_on(column)
    asked = [
        {"name": name, "label": questions[name]["label"], "relevant": questions[name]["relevant"]}
        for name in questions if name in own
    ]  # fmt: skip
    number = next(n for n, e in enumerate(answers.wave.study["indicators"]) if _same(e, answers.indicators[column]))
    return {
        "column": column, "label": indicator.label, "question": indicator.question, "asked": asked,
        "numerator": numerator(indicator), "parts": composed(indicator, known), "base": base(indicator, answers),
        "base_label": indicator.base_label, "config": f"indicators.{number}",
        "row": print_key({**vars(indicator), "indicator": indicator.id, "weighting": "none", "wave": ""}),
        "narrowed_by": None if "not_asked" in indicator.source else indicator.base,
    }  # fmt: skip


def _same(entry: Mapping[str, Any], expanded: Mapping[str, Any]) -> bool:
    """Whether an entry of the config is the one that an indicator was expanded from."""
    pattern = re.sub(r"\\\{\w+\\\}", "[a-z0-9_]+", re.escape(entry["id"]))
    same = entry["family"] == expanded["family"] and re.fullmatch(pattern, expanded["id"])
    kinds = ("column", "contains", "equals", "any_of", "but_not", "not_in", "sus", "mean_of", "dimension", "scale")
    names = {("from" if kind == "column" else kind) for kind in kinds if kind in entry}
    return bool(same) and all(expanded.get(name) is not None for name in names)


def numerator(indicator: Indicator) -> str:
    """In words, what counts as 1, or what number an answer is."""
    source = indicator.source
    if "one" in source:
        return f"{source['column']} is {_or(source['one'])} (against {_or(source['zero'])})"
    if "contains" in source:
        wanted = source["contains"]
        return f"{source['column']} holds {_or([wanted] if isinstance(wanted, str) else wanted)}"
    if "equals" in source:
        return f"{source['column']} is {source['equals']} (against any other answer)"
    if "any_of" in source:
        return f"any of {', '.join(source['any_of'])} is 1"
    if "but_not" in source:
        return f"{source['but_not'][0]} is 1 and {source['but_not'][1]} is 0"
    if "not_in" in source:
        return f"some code of {source['not_in'][0]} is not among those of {source['not_in'][1]}"
    if "sus" in source:
        return f"the System Usability Scale (0 to 100) of {', '.join(source['sus'])}"
    if "mean_of" in source:
        return f"the mean of {', '.join(source['mean_of'])}, each as {_scale(source)}"
    return f"{source['column']} as {_scale(source) if 'scale' in source else 'a number'}"


def _scale(source: Mapping[str, Any]) -> str:
    return ", ".join(f"{code} {value:g}" for code, value in source["scale"].items())


def _or(codes: Sequence[str]) -> str:
    return " or ".join(codes)


def base(indicator: Indicator, answers: Answers) -> str:
    """In words, who is in the denominator."""
    silent = ", ".join(code for codes in answers.wave.study["nonanswers"].values() for code in codes)
    words = f"those with an answer (an empty cell, {silent} are none)"
    if indicator.base is None:
        return f"everyone asked, of whom {words}"
    rest = indicator.source.get("not_asked")
    told = "" if rest is None else f"; those for whom it is 0 count as {rest}"
    return f"those for whom {indicator.base} is 1{told}; of them {words}"


def filters(study: Mapping[str, Any], parts: Parts) -> list[str]:
    """In words, of which respondents a row is: the wave, the target population, the group."""
    domain = study.get("domains", {}).get("population")
    made = [f"wave {parts.wave}: respondents that no step of cleaning dropped"]
    if domain:
        made.append(f"target population: {domain['column']} is {_or(domain['codes'])}")
    labels = {
        (level["level"], group): (entry or {}).get("label", {})
        for breakdown in study["breakdowns"].values() for level in breakdown["ladder"]
        for group, entry in level["groups"].items()
    }  # fmt: skip
    for level, group in zip((parts.breakdown or "").split("&"), (parts.group or "").split("&"), strict=False):
        if level:
            words = labels.get((level, group), {})
            every = {"all": "every group, compared"}.get(group) or " / ".join(words.values()) or group
            made.append(f"{level} = {group} ({every})")
    return made


def settings(study: Mapping[str, Any], waves: Mapping[str, Row], parts: Parts, indicators: Sequence[Row]) -> Row:
    """Keys of config.yaml and of the waves' wave.yaml that a number depends on, with their values, texts left out."""
    wanted = ["nonanswers", "domains", "weighting", "singletons", "interval", "headline_weighting", "disclosure"]
    made: Row = {key: study[key] for key in wanted if key in study}
    for one in indicators:
        made[one["config"]] = study["indicators"][int(one["config"].split(".")[1])]
    levels = set((parts.breakdown or "").split("&"))
    for name, entry in study["breakdowns"].items():
        for number, level in enumerate(entry["ladder"]):
            if level["level"] in levels:
                made[f"breakdowns.{name}.ladder.{number}"] = level
    for family, key in (("specification", "specifications"), ("model", "models"), ("intersections", "intersections"),
                        ("reliability", "reliability")):  # fmt: skip
        if parts.family == family and key in study:
            made[key] = study[key]
    if parts.statistic == "rank":
        made["rankings"] = study["rankings"]
    for wave, declared in waves.items():
        own = ("design", "calibration", "cleaning")
        made |= {f"{wave}/wave.yaml {key}": declared[key] for key in own if key in declared}
    return {key: _bare(value) for key, value in made.items()}


def _bare(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _bare(value) for key, value in node.items() if key not in TEXTS}
    return [_bare(value) for value in node] if isinstance(node, list) else node


def undone(declared: Mapping[str, Any], parts: Parts) -> Row:
    """Of the effect of a rule: the rule's code, its place in wave.yaml, and it as declared. {} of another number."""
    if parts.family != RULE_EFFECTS:
        return {}
    rule = headline_of(parts)[1]
    place = step_of(rule, declared["cleaning"])
    return {"rule": rule, "place": f"cleaning.{place}", "step": declared["cleaning"][place]}


def effect(parts: Parts) -> list[str]:
    """In words, what the number of a rule's effect is, and its unit; none of another number."""
    if parts.family != RULE_EFFECTS:
        return []
    rule = parse_effect(parts.indicator)[2].replace("_", " ")
    unit = "percentage points (0.01 as released is one)" if parts.statistic in POINTS else "the unit of the mean"
    less = f"the number as published less the number without the cleaning rule “{rule}”"
    return [f"{less}, the wave then cleaned, weighted and estimated anew; in {unit}"]


def held(key: str, parts: Sequence[Parts], frame_of: Any) -> dict[str, list[bool]]:
    """Wave -> which of its kept respondents a number rests on: those of its domains who were asked."""
    found: dict[str, list[bool]] = {}
    columns = columns_of(key, parts, frame_of)
    for wave in columns:
        frame: Frame = frame_of(wave)
        domains = [domain_of(frame, one) for one in parts if one.wave == wave] or [list(frame.design.inside)]
        member = [any(each) for each in zip(*domains, strict=True)]
        states = [frame.answers.of(column) for column in columns[wave]]
        asked = [not states or any(each[i][1] != "not_asked" or each[i][0] is not None for each in states)
                 for i in range(len(member))]  # fmt: skip
        found[wave] = [one and other for one, other in zip(member, asked, strict=True)]
    return found


def domain_of(frame: Frame, parts: Parts) -> list[bool]:
    """Which of a wave's kept respondents are in the group of a key; of a whole level, who is in one of its groups."""
    if parts.group == "all":
        groups = frame.answers.groups(str(parts.breakdown))
        return [inside and group is not None for inside, group in zip(frame.design.inside, groups, strict=True)]
    return frame.domain(parts.breakdown, parts.group)[0]


def questions_of(frame: Frame, columns: Sequence[str], parts: Sequence[Parts]) -> set[str]:
    """The columns of the responses that a number rests on: answers, groups, design, population."""
    study, declared = frame.study, frame.answers.wave.declared
    found = set().union(*(frame.answers.rests_on(column) for column in columns)) if columns else set()
    for one in parts:
        for level in filter(None, (one.breakdown or "").split("&")):
            source = frame.answers.levels[level]["source"]
            found |= {source["column"]} if "column" in source else frame.answers.rests_on(source["indicator"])
    if domain := study.get("domains", {}).get("population"):
        found.add(domain["column"])
    found |= {
        declared["design"][name] for name in ("strata", "psu", "ssu", "base_weight") if declared["design"].get(name)
    }
    for margin in (declared.get("calibration") or {}).get("margins", []):
        for level in margin["columns"]:
            source = frame.answers.levels[level]["source"]
            found |= {source["column"]} if "column" in source else frame.answers.rests_on(source["indicator"])
    return found


def cleaning(frame: Frame, own: Sequence[bool], questions: set[str]) -> list[Row]:
    """Each step of the wave's cleaning: respondents it dropped, and of those of the number, whom it changed.

    `touched` are respondents (of `own`) with any cell changed, `here` with a cell of `questions` changed, `flagged`
    with a cell that broke a rule and was left; `entries` are the changes to cells of `questions` by reason. Counts of
    respondents: not for release.
    """
    wave = frame.answers.wave
    ids = {row["row_id"] for row, one in zip(wave.rows, own, strict=True) if one}

    def blank(step: str) -> Row:
        return {"step": step, "dropped": 0, "touched": set(), "here": set(), "flagged": set(), "entries": {}}

    steps = {entry["step"]: blank(entry["step"]) for entry in wave.declared["cleaning"]}
    for row_id, entries in wave.touched.items():
        for entry in (wave.ledger[place] for place in entries):
            step = steps.setdefault(entry["step"], blank(entry["step"]))
            if entry["column"] == "dropped_by":
                step["dropped"] += 1
            elif row_id in ids and entry["old"] == entry["new"]:
                # A cell that breaks a rule and stays as it is.
                step["flagged"].add(row_id)
            elif row_id in ids:
                step["touched"].add(row_id)
                if entry["column"] in questions:
                    step["here"].add(row_id)
                    step["entries"][entry["reason"]] = step["entries"].get(entry["reason"], 0) + 1
    sets = ("touched", "here", "flagged")
    return [{**step, **{name: len(step[name]) for name in sets}} for step in steps.values()]


def cells(frame: Frame, own: Sequence[bool], columns: Sequence[str], questions: set[str], weighting: str) -> list[Row]:
    """The respondents of a number: pseudonym, weight, values, and the ledger's changes to their cells. Records."""
    wave, weights = frame.answers.wave, frame.design.weights(weighting)
    made = []
    for i, (row, one) in enumerate(zip(wave.rows, own, strict=True)):
        if one:
            entries = [wave.ledger[place] for place in wave.touched.get(row["row_id"], [])]
            made.append({
                "row_id": row["row_id"], "weight": weights[i], "stratum": frame.design.stratum[i],
                "psu": frame.design.psu[i], "values": {column: frame.answers.of(column)[i][0] for column in columns},
                "ledger": [f"{e['step']}: {e['column']} {e['old']} -> {e['new']} ({e['reason']})" for e in entries
                           if e["column"] in questions],
            })  # fmt: skip
    return made


def design_in_words(frame: Frame, weighting: str | None) -> Row:
    """The design, the weights of a weighting and where they come from."""
    declared, design = frame.answers.wave.declared, frame.design
    own, calibration = declared["design"], declared.get("calibration") or {}
    source = "1 for everyone"
    if own.get("base_weight"):
        source = f"the column {own['base_weight']}"
    elif own.get("frame"):
        source = f"{own['frame']['population']} of {own['frame']['file']} / respondents, by {own['frame']['stratum']}"
    margins = [f"{m['name']} ({' × '.join(m['columns'])}, {m['file']})" for m in calibration.get("margins", [])]
    words = {
        None: "not a weighted number",
        "none": "none: every respondent counts once",
        "design": f"base weights, {source}",
        "calibrated": f"base weights, {source}; raked to {', '.join(margins)}",
        "trimmed": f"as calibrated, trimmed to {design.trim} times the mean and raked again",
    }[weighting]
    return {"kind": design.kind, "strata": own.get("strata"), "psu": own.get("psu"), "fpc": own.get("fpc"),
            "singletons": design.singletons, "weights": words, "mode": declared.get("mode")}  # fmt: skip
