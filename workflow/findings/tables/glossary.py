"""A glossary of the indicators: what each counts, of whom, and the question; no number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.plan import filled
from findings.release import Released, text
from findings.text.captions import captions
from findings.text.exhibits import question

COLUMNS = ["family", "indicator", "statistic", "source", "base"]
# What says how a value is made, in the order in which they are looked for.
SOURCES = ("sus", "any_of", "but_not", "not_in", "dimension", "contains", "equals", "scale", "number", "one")


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per declared indicator in codes, as config.yaml has it."""
    made = [
        [e["family"], e["id"], e["statistic"], _source(e), e.get("base") or ""] for e in released.config["indicators"]
    ]
    return pd.DataFrame(made, columns=COLUMNS)


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows in words; {service} and the like stand as the captions call them."""
    words, own = captions(lang)["table"], captions(lang)["glossary"]
    header = [words["family"], words["indicator"], words["numerator"], words["base"], words["question"]]
    rows: list[list[Any]] = []
    for each in released.config["indicators"]:
        texts = [filled(text(each.get(name, {}), lang), own["each"]) for name in ("label", "base_label")]
        asked = filled(question(each, lang), own["each"]) or words["no"]
        family = own["families"].get(each["family"], each["family"].replace("_", " "))
        rows.append([family, texts[0], own["sources"][_source(each)], texts[1], asked])
    return header, rows


def _source(entry: Mapping[str, Any]) -> str:
    return next(name for name in SOURCES if name in entry)
