"""The appendix as one page that needs no other file: a figure and a table of every variable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from findings import declarations
from findings.appendix import Row, Variable
from findings.fonts import faces
from findings.plan import Indicator
from findings.release import Released, text
from findings.text.captions import FOLDER, captions
from findings.text.exhibits import INSTRUMENT, value
from findings.text.facts import wave_label
from findings.text.issued import issue
from findings.text.numbers import part, shown

# Units of a figure: its width, where bars begin, the height of a row; letters of a label that fit before the bars.
WIDE, LEFT, HIGH, LETTERS = 640, 270, 20, 40
SECTIONS = ("respondents", "questions", "derived")


def page(
    released: Released, found: list[Variable], absent: Iterable[Indicator], lang: str, fonts: Path, codes: str
) -> str:
    """HTML with its numbers still marked (`findings.text.issued`); `codes` is the file with the same in codes."""
    words = declarations.read(FOLDER / "appendix" / f"appendix.{lang}.yaml")
    families = (captions(each).get("fonts", []) for each in released.config["languages"])
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "appendix"), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    of = {name: [_variable(each, words, released, lang) for each in found if each.section == name] for name in SECTIONS}
    return environment.get_template("appendix.html.jinja").render(
        lang=lang,
        words=words,
        title=words["title"].format(wave=wave_label(released, lang)),
        stamp=captions(lang)["stamp"] if released.synthetic else "",
        weighting=words["weighting"].get(released.weighting, ""),
        sections=[{"label": words[name], "variables": own} for name, own in of.items() if own],
        absent=list(dict.fromkeys(text(each.label, lang) for each in absent)),
        faces=faces(families, fonts),
        codes=codes,
    )


def _variable(variable: Variable, words: Mapping[str, Any], released: Released, lang: str) -> dict[str, Any]:
    languages = released.config["languages"]
    bases = [text(row.base, lang) or words["respondents_base"] for row in variable.rows]
    label = text(variable.label, lang)
    asked = {each: issue(INSTRUMENT, said) for each, said in variable.question.items()}
    rows = [_row(row, base, label, words, lang) for row, base in zip(variable.rows, bases, strict=True)]
    alt = "; ".join(f"{row['label']} {row['value']}" for row in rows)
    return {
        "name": variable.name,
        "label": label,
        "others": [{"lang": each, "text": text(variable.label, each)} for each in languages if each != lang],
        "asked": [{"lang": each, "text": asked[each]} for each in languages if asked.get(each)],
        "bases": list(dict.fromkeys(bases)),
        "rows": rows,
        "figure": {**_figure(variable.rows, label, lang), "alt": f"{label}: {alt}"},
    }


def _row(row: Row, base: str, within: str, words: Mapping[str, Any], lang: str) -> dict[str, str]:
    none, estimate = captions(lang)["table"]["no"], row.estimate
    said = [shown(row.silent, lang)] if row.silent else []
    said += [f"{words['kinds'][kind]} {shown(each, lang)}" for kind, each in row.kinds.items() if each.published]
    size = part(estimate, "n", f"{estimate.n:,}", lang) if estimate.published and estimate.n is not None else none
    return {"label": _answer(row, within, lang), "value": value(estimate, lang), "n": size,
            "silent": "; ".join(said) or none, "base": base}  # fmt: skip


def _figure(rows: list[Row], within: str, lang: str) -> dict[str, Any]:
    """Bars of the shares, each with its interval; of a variable that has means alone, bars on their own scale."""
    shares = [row for row in rows if row.ends == (0.0, 1.0)] or rows
    room = WIDE - LEFT - 10

    def at(row: Row, number: float) -> float:
        low, high = row.ends
        return round(room * min(max((number - low) / (high - low), 0.0), 1.0), 1)

    bars = []
    for place, row in enumerate(shares):
        one, label = row.estimate, _answer(row, within, lang)
        bar: dict[str, Any] = {"y": place * HIGH, "label": _short(label), "width": None, "low": None, "high": None}
        if one.published and one.value is not None:
            bar["width"] = at(row, one.value)
            if one.low is not None and one.high is not None:
                bar |= {"low": LEFT + at(row, one.low), "high": LEFT + at(row, one.high)}
        bars.append(bar)
    grid = [LEFT + room * quarter / 4 for quarter in range(5)]
    return {"bars": bars, "grid": grid, "left": LEFT, "height": len(bars) * HIGH}


def _answer(row: Row, within: str, lang: str) -> str:
    """A row's label without its variable's, which stands above it: the answer."""
    label = text(row.label, lang)
    return label.removeprefix(within).lstrip(" :-–") or label


def _short(label: str) -> str:
    """As much of a label as fits, cut between words where it has some; the table has the whole."""
    return label if len(label) <= LETTERS else re.sub(r"[\s(\d]+(?:\S{0,12})$", "", label[: LETTERS - 1]) + "…"
