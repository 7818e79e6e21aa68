"""The words of an exhibit: title and sentences from the released rows, footer, and a text for who cannot see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from findings.release import Estimate, Released, text
from findings.text.captions import captions
from findings.text.compared import behind, told
from findings.text.facts import NOTES, Line, panels, rows_of, wave_label
from findings.text.issued import issue
from findings.text.numbers import full, numerals, part, shown
from findings.text.orders import rank_of
from findings.text.sentences import Claim, claim
from findings.text.takeaways import facts

TABLE_KINDS = (
    "sample", "indicators", "by_group", "quality", "glossary", "models", "reliability", "comparisons", "tests",
    "nonanswers", "decompositions", "claims", "wave_diff", "wave_diff_shifts", "comparability",
    "rule_effects",
)  # fmt: skip
# Tables of instruments, which no respondent stands behind.
OF_INSTRUMENTS = ("wave_diff", "comparability")
# What stands for numerals in the words of a questionnaire, as "in the past 30 days".
INSTRUMENT = "instrument"


def title(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> Claim:
    """The takeaway of an exhibit, made from its published rows; its label where it is a table."""
    words = captions(lang)["titles"]
    if entry["kind"] in TABLE_KINDS:
        return claim(released, lang, name, words["table"], {"label": text(entry["label"], lang)})
    found = facts(released, entry, lang)
    return claim(released, lang, name, words["none" if found["empty"] else entry["kind"]], found)


def sentences(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> list[Claim]:
    """One sentence per panel of a figure; none where nothing is published."""
    found = facts(released, entry, lang)
    template = captions(lang)["sentences"].get(entry["kind"])
    if template is None:
        return []
    return [claim(released, lang, name, template["text"], part) for part in found.get(template["each"], [])]


def footer(released: Released, entry: Mapping[str, Any], rows: list[Estimate], lang: str) -> list[str]:
    """Base, n, weighting, interval, marks and source of the rows shown, each a sentence."""
    words = captions(lang)["footer"]
    if entry["kind"] in OF_INSTRUMENTS:
        return [words["of"][entry["kind"]]]
    lines = [words["counts"]] if entry["kind"] == "flow" else [_base(released, rows, lang)]
    lines.append(_of_kind(released, entry, rows, lang))
    if entry["kind"] in NOTES:
        lines += NOTES[entry["kind"]](released, entry, rows, lang)
    elif entry["kind"] != "flow":
        weighting = entry.get("weighting") or released.weighting
        lines.append(words["weighting"].get(weighting, weighting))
    if entry["kind"] not in ("flow", "likert", "tiles", "rule_effects"):
        methods = sorted({row.ci_method for row in rows if row.ci_method and row.low is not None})
        named = ", ".join(words["methods"].get(method, method.replace("_", " ")) for method in methods)
        phrase = "interval_table" if entry["kind"] in TABLE_KINDS else "interval"
        lines.append(words[phrase if methods else "no_interval"].format(method=named))
    lines += _level(released, entry, rows, lang)
    lines += [entry["text"] for mark, entry in _marks(lang).items() if any(_mark(row) == mark for row in rows)]
    if any(not row.published for row in rows):
        lines.append(words["withheld"])
    wave = ", ".join(wave_label(each, lang) for each in released.waves)
    lines.append(words["source"].format(title=text(released.config["study"]["title"], lang), wave=wave))
    return [line for line in lines if line]


def mark(row: Estimate, lang: str) -> str:
    """The reliability mark of a row; empty where it is reliable or has no number."""
    entry = _marks(lang).get(_mark(row))
    return str(entry["mark"]) if entry and row.published else ""


def marks(lang: str) -> str:
    """All reliability marks, explained."""
    return " ".join(entry["text"] for entry in _marks(lang).values() if entry["text"])


def alt(released: Released, name: str, entry: Mapping[str, Any], lang: str) -> str:
    """A figure in words: what it is, its title, and every number it shows."""
    words = [captions(lang)["alt"][entry["kind"]], title(released, name, entry, lang).sentence, "."]
    for panel in panels(released, entry, lang):
        lead = ", ".join(part for part in (panel.within, panel.label) if part)
        inside = "; ".join(_row_in_words(label, lines, lang) for label, lines in rows_of(panel))
        words.append(f" {lead}: {inside}." if lead else f" {inside}.")
    if released.synthetic:
        words.append(f" {captions(lang)['stamp']}.")
    return "".join(words)


def _row_in_words(label: str, lines: list[Line], lang: str) -> str:
    if not lines[0].series:
        row = lines[0].estimate
        return ", ".join(filter(None, (f"{label} {value(row, lang)}", told(row, lang))))
    return f"{label}: " + ", ".join(f"{line.series} {value(line.estimate, lang)}" for line in lines)


def value(row: Estimate, lang: str) -> str:
    """`45 % (40–50 %)` with its mark; the symbol and the word for withheld where there is no number."""
    if not row.published:
        return f"◇ {captions(lang)['withheld']}"
    return f"{full(row, lang)}{mark(row, lang)}"


def question(entry: Mapping[str, Any], lang: str) -> str:
    """The question as asked: what it says of numbers is its own."""
    return issue(INSTRUMENT, text(entry.get("question", {}), lang))


def short(row: Estimate, lang: str) -> str:
    """`45%` with its mark, without its interval; the symbol for withheld where there is no number."""
    return f"{shown(row, lang)}{mark(row, lang)}" if row.published else "◇"


def span(rows: list[Estimate], lang: str) -> str:
    """`1,234` or `310 to 1,234`: the respondents behind the published rows; an en dash where none is."""
    counts = sorted(((row.n, row) for row in rows if row.published and row.n is not None), key=lambda pair: pair[0])
    if not counts:
        return "–"
    low, high = (part(row, "n", f"{count:,}", lang) for count, row in (counts[0], counts[-1]))
    return low if counts[0][0] == counts[-1][0] else str(captions(lang)["range"]).format(low=low, high=high)


def _base(released: Released, rows: list[Estimate], lang: str) -> str:
    words = captions(lang)["footer"]
    bases: list[str] = []
    for row in rows:
        for found in behind(released, row):
            label = text(found.base_label, lang)
            if label and label not in bases:
                bases.append(label)
    population = text(released.config["study"]["population"], lang)
    return words["base" if bases else "base_everyone"].format(
        base="; ".join(bases),
        population=words["population_of_none"] if released.weighting == "none" else population,
        n=span(rows, lang),
    )


def _of_kind(released: Released, entry: Mapping[str, Any], rows: list[Estimate], lang: str) -> str:
    """What an exhibit of its kind must say besides; of an order, how surely it is told, and nothing if it is not."""
    words = str(captions(lang)["footer"].get("of", {}).get(entry["kind"], ""))
    if "{level}" not in words:
        return words
    ranks = [rank for rank in (rank_of(released, row) for row in rows) if rank and rank.rank_low is not None]
    if not ranks:
        return ""
    declared = released.config["rankings"].values()
    level = next(ranking.get("level", 0.95) for ranking in declared if ranking["family"] == ranks[0].family)
    return words.replace("{level}", issue("config.rankings.level", numerals(f"{100 * level:g}", lang)))


def _level(released: Released, entry: Mapping[str, Any], rows: list[Estimate], lang: str) -> list[str]:
    """That a coarser level than the finest of the ladder is shown, where it is."""
    # The levels of a model are those that it declares.
    rows = [row for row in rows if row.family != "model" and row.published]
    coarser = [released.levels[row.breakdown] for row in rows if row.breakdown in released.levels]
    names = {level.name: level for level in coarser if level.rank}
    return [
        captions(lang)["footer"]["level"].format(
            breakdown=released.label("breakdowns", level.breakdown, lang),
            level="; ".join(text(group.label, lang) or code for code, group in level.groups.items()),
        )
        for level in names.values()
    ]


def _marks(lang: str) -> dict[str, dict[str, str]]:
    return captions(lang)["reliability"]


def _mark(row: Estimate) -> str:
    return (row.reliability or "reliable").replace(" ", "_")
