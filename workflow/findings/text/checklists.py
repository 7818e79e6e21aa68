"""The checklists of the appendix, filled from what the waves declare: AAPOR's and CHERRIES."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError

from findings import declarations
from findings.errors import FindingsError
from findings.release import Released, text
from findings.text.captions import FOLDER, captions
from findings.text.facts import wave_label
from findings.text.issued import issue
from findings.text.numbers import numerals, shown


@cache
def _items(lang: str) -> dict[str, Any]:
    found: dict[str, Any] = declarations.read(FOLDER / f"checklists.{lang}.yaml")
    return found


def checklists(
    waves: Mapping[str, Mapping[str, Any]], released: Mapping[str, Released], study: Mapping[str, Any], lang: str
) -> list[dict[str, Any]]:
    """Each checklist for each wave it applies to: `label`, and `rows` of item and answer.

    `waves` are the declarations (wave.yaml). What a wave does not declare is said to be not stated, with the key that
    would state it. Raises FindingsError if a template of a checklist is wrong.
    """
    names, items = captions(lang)["report"]["checklists"], _items(lang)
    made = []
    for code, label in names.items():
        for name, wave in waves.items():
            # CHERRIES is for surveys on the web, where respondents choose themselves.
            if code == "cherries" and wave["design"]["kind"] != "volunteer":
                continue
            context = _context(wave, released[name], study, items["words"], lang)
            rows = [[item["item"], _filled(item["answer"], context, lang)] for item in items[code]]
            made.append({"label": f"{label} – {wave_label(released[name], lang)}", "rows": rows})
    return made


def _context(
    wave: Mapping[str, Any], released: Released, study: Mapping[str, Any], words: Mapping[str, Any], lang: str
) -> dict[str, Any]:
    def stated(name: str) -> str:
        found = text(wave.get("methods", {}).get(name, {}), lang)
        return found or str(words["not_stated"]).format(key=f"methods.{name}")

    def count(step: str) -> str:
        rows = released.select("flow", step, statistic="count")
        return shown(rows[0], lang) if rows else str(words["unknown"])

    period = wave.get("period", {})
    population = text(study["study"]["population"], lang)
    minimum = wave.get("duration", {}).get("minimum_minutes")
    margins = [entry["name"] for entry in (wave.get("calibration") or {}).get("margins", [])]
    return {
        "stated": stated,
        "volunteer": wave["design"]["kind"] == "volunteer",
        "stratified": bool(wave["design"].get("strata")),
        "clustered": bool(wave["design"].get("psu")),
        "margins": ", ".join(words["margins"].get(name, name) for name in margins),
        "mode": words["modes"].get(wave.get("mode"), wave.get("mode") or words["unknown"]),
        "from_": issue("wave.period", numerals(period.get("from", words["unknown"]), lang)),
        "to": issue("wave.period", numerals(period.get("to", words["unknown"]), lang)),
        "tool": wave["source"].get("tool", words["unknown"]),
        "population": population[:1].upper() + population[1:],
        "headline": released.weighting,
        "design_weighted": bool(wave["design"].get("base_weight") or wave["design"].get("frame")),
        "trimmed": bool((wave.get("calibration") or {}).get("trim")),
        "minimum_minutes": issue("wave.duration", numerals(f"{minimum:g}", lang)) if minimum else "",
        "received": count("received"),
        "analysed": count("analysed"),
        "consent": count("consent"),
        "steps": [step["step"] for step in wave.get("cleaning", [])],
        "synthetic": bool(wave.get("synthetic")),
    }


def _filled(template: str, context: Mapping[str, Any], lang: str) -> str:
    try:
        return " ".join(Environment(undefined=StrictUndefined).from_string(template).render(**context).split())  # noqa: S701 - plain text, escaped where it is set
    except TemplateError as error:
        raise FindingsError(
            f"A checklist cannot be filled: {error.message}.",
            file=f"checklists.{lang}.yaml",
            mend="correct the template.",
        ) from None
