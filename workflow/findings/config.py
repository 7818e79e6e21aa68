"""The study as configuration: config.yaml and wave.yaml checked.

A wrong key or value stops here, before any job, with the key, what was found, and what is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from findings import crosswalk, declarations, grids
from findings.errors import FindingsError
from findings.plan import TEXTS, codes_of, expand_indicators, levels, rests_on

SCHEMAS = Path(__file__).parent.parent / "schemas"
CONFIG = "config.yaml"
# What a drafted wave.yaml holds where a person has to decide.
DECIDE = "decide"


def load_study(path: Path) -> dict[str, Any]:
    """config.yaml, checked against its schema and in its cross-references; `claims` is claims.yaml beside it."""
    study = _load(path, "config")
    for problem, found, allowed in _cross_references(study):
        raise _wrong(path.name, problem, found, allowed)
    return study | load_claims(study, path.with_name("claims.yaml"))


def load_claims(study: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """`claims`: claims.yaml, checked against its schema and the study; nothing where there is none."""
    # Imported here: claims are made of indicators and levels.
    from findings.claims.declared import problems

    if path.is_file():
        declared = _load(path, "declared_claims")
        for problem, found, allowed in problems(study, declared, expand_indicators(study), levels(study)):
            raise _wrong(path.name, problem, found, allowed)
        return {"claims": declared}
    shown = [name for name, entry in study["exhibits"]["tables"].items() if entry["kind"] == "claims"]
    if shown:
        wanted = f"claims.yaml beside {CONFIG}, or no table of claims"
        raise _wrong(CONFIG, f"exhibits.tables.{shown[0]}.kind", "claims, and there is no claims.yaml", wanted)
    return {}


def load_wave(path: Path) -> dict[str, Any]:
    """wave.yaml, checked against its schema, with what crosswalk.csv beside it decides; `wave` is its folder's name."""
    wave = _load(path, "wave")
    if wave["wave"] != path.parent.name:
        raise _wrong(f"{path.parent.name}/{path.name}", "wave", wave["wave"], f"the folder's name, {path.parent.name}")
    if (period := wave.get("period")) and period["from"] > period["to"]:
        allowed = "its first month, then its last"
        raise _wrong(f"{path.parent.name}/{path.name}", "period", f"{period['from']} to {period['to']}", allowed)
    rows = crosswalk.read(path.parent, wave["wave"])
    return crosswalk.folded(wave, rows) if rows else wave


def of_wave(study: Mapping[str, Any], wave: Mapping[str, Any]) -> dict[str, Any]:
    """The study with the breakdowns that wave.yaml keeps (`breakdowns`; absent: all), the crossings of these, and the
    questions that the wave did not ask (`not_asked`).

    Raises FindingsError if the wave names a breakdown that the study does not have.
    """
    kept = wave.get("breakdowns", list(study["breakdowns"]))
    for name in kept:
        if name not in study["breakdowns"]:
            allowed = f"one of {', '.join(study['breakdowns'])}"
            raise _wrong(f"{wave['wave']}/wave.yaml", "breakdowns", name, allowed)
    breakdowns = {name: entry for name, entry in study["breakdowns"].items() if name in kept}
    steps = {level["level"] for entry in breakdowns.values() for level in entry["ladder"]}
    crossings = [crossing for crossing in study.get("crossings", []) if set(crossing["levels"]) <= steps]
    return {**study, "breakdowns": breakdowns, "crossings": crossings, "not_asked": wave.get("not_asked", [])}


def check_waves(study: Mapping[str, Any], raw: Path) -> None:
    """Stop when a wave of the study has no wave.yaml in the folder `raw`."""
    for wave in study["waves"]:
        if not (raw / wave / "wave.yaml").is_file():
            there = ", ".join(sorted(path.parent.name for path in raw.glob("*/wave.yaml"))) or "none"
            raise _wrong(CONFIG, f"waves.{wave}", "a wave without data", f"a folder of {raw}/ with wave.yaml: {there}")


def without_labels(study: Mapping[str, Any]) -> dict[str, Any]:
    """The study without its texts: what a rule above the gate is given, so that a changed label runs none of them."""
    return _stripped(study)


def _stripped(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _stripped(value) for key, value in node.items() if key not in TEXTS}
    return [_stripped(value) for value in node] if isinstance(node, list) else node


def _load(path: Path, schema: str) -> dict[str, Any]:
    name = path.name if schema in ("config", "declared_claims") else f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise FindingsError("The file is missing.", file=name, mend=f"write {name}; docs/contracts.md shows one.")
    found = declarations.told(path, name)
    for key in _other_keys(found, ""):
        raise _wrong(
            name, key, "a key that YAML does not read as text", "a code in quotes (18_24, yes and no need them)"
        )
    if left := undecided(found):
        raise FindingsError(
            f"{len(left)} decision(s) are missing.",
            file=name,
            column=", ".join(left),
            mend=f"write what it is in place of `{DECIDE}`, in {name}; the lines above it there say what may stand.",
        )
    wrong = best_match(_validator(schema).iter_errors(found))
    if wrong is not None:
        raise _wrong(name, _path(wrong), _found(wrong), _allowed(wrong))
    return found


def undecided(node: Any, path: str = "") -> list[str]:
    """Keys of a wave.yaml that nobody has decided yet."""
    if node == DECIDE:
        return [path]
    found = node.items() if isinstance(node, Mapping) else ()
    return [left for key, value in found for left in undecided(value, f"{path}.{key}".strip("."))]


def _other_keys(node: Any, path: str) -> Iterator[str]:
    """Keys that YAML read as a number or a truth value: `18_24` is 1824, `no` is false."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if isinstance(node, dict) and not isinstance(key, str):
            yield f"{path}.{key}".strip(".")
        yield from _other_keys(value, f"{path}.{key}")


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8")))


def _path(error: ValidationError) -> str:
    path = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        schema: Any = error.schema
        unknown = sorted(set(error.instance) - set(schema.get("properties", {})), key=str)
        path = f"{path}.{unknown[0]}".strip(".")
    return path or "(the whole file)"


def _found(error: ValidationError) -> str:
    if error.validator == "additionalProperties":
        return "a key that is not known"
    if error.validator == "required":
        return f"no key {error.message.split(' is a required')[0]}"
    if isinstance(error.instance, bool):
        return f"{str(error.instance).lower()} (YAML reads an unquoted yes or no as true or false: put it in quotes)"
    return json.dumps(error.instance, ensure_ascii=False, default=str)[:100]


def _allowed(error: ValidationError) -> str:
    schema: Any = error.schema
    if error.validator == "additionalProperties":
        keys = ", ".join(sorted(schema.get("properties", {}))) or schema.get("propertyNames", {}).get("pattern", "")
        return f"one of {keys}"
    if error.validator == "enum":
        return f"one of {', '.join(json.dumps(value) for value in schema['enum'])}"
    if error.validator == "pattern":
        return f"{schema.get('description', 'a text')} of the form {error.validator_value}"
    described = schema.get("description")
    rule = f"{error.validator} {json.dumps(error.validator_value)}"
    return f"{described} ({rule})" if described else rule


def _wrong(file: str, key: str, found: str, allowed: str) -> FindingsError:
    return FindingsError(
        f"A wrong value: {key} is {found}.", file=file, column=key, mend=f"`{key}` is to be: {allowed}."
    )


def _cross_references(study: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, found, allowed of everything that names a thing that is not there."""
    for service, entry in study["services"].items():
        if entry["ministry"] not in study["ministries"]:
            yield f"services.{service}.ministry", entry["ministry"], f"one of {', '.join(study['ministries'])}"
    for barrier, entry in study["barriers"].items():
        if entry["dimension"] not in study["dimensions"]:
            yield f"barriers.{barrier}.dimension", entry["dimension"], f"one of {', '.join(study['dimensions'])}"
    yield from _rankings(study)
    yield from _ladders(study)
    yield from _bases(study)
    yield from grids.problems(study, {(e["family"], e["id"]): e["statistic"] for e in study["indicators"]})


def _rankings(study: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    families = {entry["family"] for entry in study["indicators"]}
    declared = {f"rankings.{name}": entry for name, entry in study.get("rankings", {}).items()}
    if "intersections" in study:
        declared["intersections"] = study["intersections"]
        for code in study.get(study["intersections"]["items"], {}):
            if "__" in code or code == "none":
                yield "intersections.items", code, "codes without __, none of them `none`: a combination is a__b"
    for key, entry in declared.items():
        if entry["family"] not in families:
            yield f"{key}.family", entry["family"], f"a family of indicators: {', '.join(sorted(families))}"
        if not study.get(entry["items"]):
            yield f"{key}.items", entry["items"], "a section of this file that is not empty"


def _ladders(study: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    names: set[str] = set()
    for breakdown, entry in study["breakdowns"].items():
        if entry["ladder"][0]["level"] != breakdown:
            key = f"breakdowns.{breakdown}.ladder.0.level"
            yield key, entry["ladder"][0]["level"], f"the finest level has the breakdown's name, {breakdown}"
        finest: set[str] | None = None
        for i, level in enumerate(entry["ladder"]):
            key = f"breakdowns.{breakdown}.ladder.{i}"
            if "indicator" in entry and "bins" not in level:
                yield key, "a level of an indicator without bins", "`bins` of the indicator's values"
            if level["level"] in names:
                yield f"{key}.level", level["level"], "a name that no other level has"
            names.add(level["level"])
            if "bins" in level:
                if set(level["bins"]) != set(level["groups"]):
                    yield f"{key}.bins", ", ".join(level["bins"]), f"the groups: {', '.join(level['groups'])}"
                spans = sorted(level["bins"].values())
                if any(low > high for low, high in spans):
                    yield f"{key}.bins", str(spans), "bins from their lowest value to their highest"
                if any(a[1] >= b[0] for a, b in zip(spans, spans[1:], strict=False)):
                    yield f"{key}.bins", str(spans), "bins that do not overlap; both limits belong to a bin"
                continue
            codes = [code for name, group in level["groups"].items() for code in codes_of(name, group)]
            codes += level.get("not_shown", [])
            if len(codes) != len(set(codes)):
                twice = next(code for code in codes if codes.count(code) > 1)
                yield f"{key}.groups", f"the code {twice} twice", "every code in one group"
            finest = finest or set(codes)
            if set(codes) != finest:
                odd = ", ".join(sorted(set(codes) ^ finest))
                yield f"{key}.groups", f"a level that differs in {odd}", "the codes of the finest level, each once"
    for i, crossing in enumerate(study.get("crossings", [])):
        for level_name in crossing["levels"]:
            if level_name not in names:
                yield f"crossings.{i}.levels", level_name, f"one of {', '.join(sorted(names))}"


def _bases(study: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    ids = {entry["id"] for entry in study["indicators"]}
    for i, entry in enumerate(study["indicators"]):
        for key in ("base", "any_of", "but_not"):
            for wanted in [entry[key]] if isinstance(entry.get(key), str) else entry.get(key) or []:
                if wanted not in ids:
                    yield f"indicators.{i}.{key}", wanted, f"an indicator's id: {', '.join(sorted(ids))}"
                    return
        names = [*study["breakdowns"], *(crossing["name"] for crossing in study.get("crossings", []))]
        for name in entry.get("by", []):
            if name not in names:
                yield f"indicators.{i}.by", name, f"breakdowns or crossings: {', '.join(names)}"
        for variable, section in entry.get("for_each", {}).items():
            within = {"item": "item_sets", "step": "scales"}.get(variable)
            if within and section not in study.get(within, {}):
                key = f"indicators.{i}.for_each.{variable}"
                yield key, section, f"one of {within}: {', '.join(study.get(within, {}))}"
                return
    try:
        expanded = expand_indicators(study)
    except FindingsError as error:
        yield "indicators", str(error), "bases that do not rest on each other, each with the same service or ministry"
        return
    # Imported here: families are made of indicators and levels.
    from findings.families import problems

    yield from problems(study, expanded, levels(study))
    by = {indicator.column: indicator.by for indicator in expanded}
    for indicator in expanded:
        for other in set(rests_on(indicator)) - set(indicator.source.get("any_of", [])):
            if not indicator.by <= by[other]:
                missing = ", ".join(sorted(indicator.by - by[other]))
                yield f"by of {indicator.column}", missing, f"breakdowns of {other} too, on which it rests"
                return
    for breakdown, entry in study["breakdowns"].items():
        if (wanted := entry.get("indicator")) is not None and wanted not in by:
            yield f"breakdowns.{breakdown}.indicator", wanted, "a column of an indicator, as family__id__service"
    for i, entry in enumerate(study["indicators"]):
        items = entry.get("mean_of") or entry.get("sus") or []
        if odd := [name for name in entry.get("reversed", []) if name not in items]:
            yield f"indicators.{i}.reversed", odd[0], f"one of {', '.join(items)}"
        if "total" in entry.get("also", []) and entry["statistic"] != "proportion":
            yield f"indicators.{i}.also", "total of a mean", "median; a total is of a proportion, a number of people"
        if entry.get("minimum_items", 1) > len(items) and "minimum_items" in entry:
            yield f"indicators.{i}.minimum_items", str(entry["minimum_items"]), f"at most the items, {len(items)}"
    columns = list(by) if len(by) == len(expanded) else [indicator.column for indicator in expanded]
    if len(columns) != len(set(columns)):
        twice = next(column for column in columns if columns.count(column) > 1)
        yield "indicators", f"{twice} twice", "family, id, and service or ministry unique together"
