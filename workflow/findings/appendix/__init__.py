"""The data appendix: every variable of a wave with its words, its base and its released distribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from findings.plan import Indicator, expand_indicators
from findings.release import Estimate, Released
from findings.text.captions import captions

Texts = Mapping[str, str]
COLUMNS = [
    "variable", "family", "indicator", "statistic", "ministry", "service", "breakdown", "group", "estimate", "ci_low",
    "ci_high", "n", "nonresponse", "status", "key", "nonresponse_key",
]  # fmt: skip
# Non-answers by kind, of the indicators that they are counted of.
KINDS = ("declined", "dont_know", "blank")


@dataclass(frozen=True)
class Row:
    """A category: its label and base by language, its estimate, and the shares of those asked who gave no answer.

    `ends` are those of the scale that a mean is on.
    """

    label: Texts
    base: Texts
    estimate: Estimate
    silent: Estimate | None = None
    kinds: Mapping[str, Estimate] = field(default_factory=dict)
    ends: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class Variable:
    """A question, a breakdown, or what is computed from several questions; `name` is a code of the page."""

    name: str
    section: str
    label: Texts
    question: Texts
    rows: list[Row]


def variables(released: Released) -> tuple[list[Variable], list[Indicator]]:
    """The variables that have a row, withheld or not, in the study's order; and the indicators that have none."""
    found: dict[str, list[tuple[Indicator, Row]]] = {}
    absent = []
    silent = {
        (row.indicator, row.of): row for row in released.select("quality", statistic="nonresponse", breakdown=None)
    }
    kinds = {(row.statistic, row.indicator, row.of): row for row in released.derived("quality", breakdown=None)}
    for indicator in expand_indicators(released.config):
        of = indicator.service or indicator.ministry
        rows = [row for row in released.totals(indicator.family, indicator.id) if row.of == of]
        if not rows:
            absent.append(indicator)
            continue
        code = f"{indicator.family}_{indicator.id}"
        own = {kind: kinds[kind, code, of] for kind in KINDS if (kind, code, of) in kinds}
        line = Row(indicator.label, indicator.base_label, rows[0], silent.get((code, of)), own, _ends(indicator))
        found.setdefault(str(indicator.source.get("column", indicator.column)), []).append((indicator, line))
    made = [_variable(released, name, lines) for name, lines in found.items()]
    order = [variable for section in ("questions", "derived") for variable in made if variable.section == section]
    return [*_breakdowns(released), *order], absent


def _variable(released: Released, name: str, lines: list[tuple[Indicator, Row]]) -> Variable:
    # The answers themselves, before what is counted of them.
    lines = sorted(
        lines, key=lambda line: not isinstance(line[0].source.get("equals", line[0].source.get("contains")), str)
    )
    first = lines[0][0]
    items = {code: item for items in released.config.get("item_sets", {}).values() for code, item in items.items()}
    asked = "column" in first.source
    question = next((indicator.question for indicator, _ in lines if indicator.question), {})
    options = [indicator for indicator, _ in lines if indicator.family == first.family]
    if name in items:
        label, question = items[name]["label"], items[name].get("question", question)
    elif asked and len(options) > 1:
        label = {language: _family(released, options, language) for language in released.config["languages"]}
    else:
        label = first.label
    return Variable(name, "questions" if asked else "derived", label, question, [row for _, row in lines])


def _family(released: Released, options: list[Indicator], language: str) -> str:
    """What the options of a question have in common: their family, and the service or ministry where they have one."""
    first = options[0]
    words = captions(language)["glossary"]["families"].get(first.family, first.family.replace("_", " "))
    if len({(option.service, option.ministry) for option in options}) > 1:
        return str(words)
    section, of = ("services", first.service) if first.service else ("ministries", first.ministry)
    return f"{words} – {released.label(section, of, language)}" if of else str(words)


def _ends(indicator: Indicator) -> tuple[float, float]:
    """Of a share nought and one; of a mean those of its scale, of the usability score nought and a hundred."""
    if indicator.statistic != "mean":
        return 0.0, 1.0
    if "sus" in indicator.source:
        return 0.0, 100.0
    steps = [float(step) for step in indicator.source.get("scale", {}).values()]
    return (min(steps), max(steps)) if steps else (0.0, 1.0)


def _breakdowns(released: Released) -> Iterator[Variable]:
    """Who answered, by each breakdown, at the level that the gate let through: unweighted shares of the respondents."""
    for name, entry in released.config["breakdowns"].items():
        rows = released.groups(name, "none", family="sample", statistic="proportion")
        if rows:
            made = [
                Row({lang: released.group_label(row, lang) for lang in released.config["languages"]}, {}, row)
                for row in rows
            ]
            yield Variable(f"breakdown-{name}", "respondents", entry["label"], {}, made)


def frame(found: list[Variable]) -> pd.DataFrame:
    """The rows in codes: proportions 0 to 1, means in their own unit; null where withheld or without a value."""
    made = [
        [variable.name, row.estimate.family, row.estimate.indicator, row.estimate.statistic, row.estimate.ministry,
         row.estimate.service, row.estimate.breakdown, row.estimate.group, row.estimate.value, row.estimate.low,
         row.estimate.high, row.estimate.n, row.silent.value if row.silent else None, row.estimate.status,
         row.estimate.key, row.silent.key if row.silent else None]
        for variable in found
        for row in variable.rows
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS).astype({"n": "Int64"})


def keys(found: list[Variable]) -> list[str]:
    """Keys of the rows that the appendix shows, withheld ones included, sorted."""
    rows = [row for variable in found for row in variable.rows]
    estimates = [each for row in rows for each in (row.estimate, row.silent, *row.kinds.values()) if each]
    return sorted({each.key for each in estimates})
