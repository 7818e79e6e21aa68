"""Waves against each other: differences of the instruments, shifts of non-answers, and what may be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from findings.keys import pair_of
from findings.plan import expand_indicators
from findings.release import Estimate, Released, text
from findings.text.captions import captions
from findings.text.exhibits import INSTRUMENT
from findings.text.issued import issue
from findings.text.numbers import interval, numerals, p_value, part
from findings.wave_diff.shifts import DURATION, FAMILY
from findings.wave_diff.verdicts import COMPARABLE, OVERRULED, rules

# What stands for how many rows are not shown.
REST = "count(rows not shown)"
COLUMNS = ["earlier", "question", "difference", "option", "language", "before", "now", "likeness"]
SHIFTS = [
    "key", "earlier_key", "later_key", "question", "statistic", "n", "earlier", "later", "change", "ci_low", "ci_high",
    "p_adjusted", "status",
]  # fmt: skip
VERDICTS = ["earlier", "what", "name", "verdict", "reasons"]


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per difference of the instrument from that of each wave it is laid beside, in codes."""
    made = [
        [pair["earlier"], found["question"], found["kind"], found["option"], found["language"], found["before"],
         found["now"], found["likeness"]]
        for pair in released.laid.get("pairs", [])
        for found in pair["differences"]
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS).replace("", None)


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows; where an instrument is as it was, a row says so."""
    words = captions(lang)["wave_diff"]
    header = [words[name] for name in ("earlier", "question", "difference", "option", "language", "before", "now")]
    rows: list[list[Any]] = []
    for pair in released.laid.get("pairs", []):
        wave = _wave(released, pair["earlier"], lang)
        found = [
            [wave, _question(released, one["question"], lang), words["kinds"][one["kind"]],
             issue(INSTRUMENT, one["option"]), words["languages"].get(one["language"], one["language"]),
             issue(INSTRUMENT, one["before"]), issue(INSTRUMENT, one["now"])]
            for one in pair["differences"]
        ]  # fmt: skip
        rows += found or [[wave, words["none"], *[""] * 5]]
    return header, rows


def build_shifts(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per shift between this wave and the comparable one before, in codes; null where withheld."""
    made = [
        [shift.key, before.key if before else None, now.key, now.indicator, now.statistic, shift.n,
         before.value if before else None, now.value, shift.value, shift.low, shift.high, shift.p_adjusted,
         shift.status]
        for shift, now, before in _shifts(released)
    ]  # fmt: skip
    return pd.DataFrame(made, columns=SHIFTS).astype({"n": "Int64"})


def label_shifts(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows: the length of interviews, the shifts told apart or large, and how many others there are."""
    words, common = captions(lang)["wave_diff"], captions(lang)["table"]
    header = [words[name] for name in ("question", "of", "before", "now")]
    header += [common["change"], common["interval"], common["p_corrected"]]
    rule, rest = rules(released.config), 0
    rows: list[list[Any]] = []
    for shift, now, before in _shifts(released):
        apart = shift.p_adjusted is not None and shift.p_adjusted < rule["significance"]
        large = shift.value is not None and abs(shift.value) >= rule["missing_points"]
        if not (apart or large or now.indicator == DURATION):
            rest += 1
            continue
        name = "" if now.indicator == DURATION else _question(released, now.indicator, lang)
        p = common["no"]
        if shift.p_adjusted is not None:
            p = part(shift, "p_adjusted", p_value(shift.p_adjusted), lang)
        rows.append([name or words["interview"], words["shifts"][now.statistic], before or common["no"], now, shift,
                     interval(shift, lang) if shift.published else common["no"], p])  # fmt: skip
    if rest:
        rows.append([words["other_shifts"].format(n=issue(REST, numerals(str(rest), lang))), *[""] * 6])
    return header, rows or [[words["none"], *[""] * 6]]


def build_verdicts(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per indicator's column and level of a breakdown: its verdict, and the codes of its reasons."""
    made = [
        [released.laid["earlier"], kind, name, one["verdict"], " ".join(reason["code"] for reason in one["reasons"])]
        for kind in ("columns", "levels")
        for name, one in released.laid.get(kind, {}).items()
    ]
    return pd.DataFrame(made, columns=VERDICTS).replace("", None)


def label_verdicts(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows: waves that may not be compared, what is not plainly comparable and why, and all else."""
    words = captions(lang)["wave_diff"]
    header = [words[name] for name in ("earlier", "what", "verdict", "why")]
    rows: list[list[Any]] = [
        [_wave(released, unlike["wave"], lang), words["whole"], words["verdicts"]["not_comparable"],
         "; ".join(words["differs"][name] for name in unlike["differs"])]
        for unlike in released.laid.get("waves", [])
    ]  # fmt: skip
    found: dict[tuple[str, str], dict[tuple[str, str], dict[str, None]]] = {}
    rest = 0
    for name, of, one in _judged(released, lang):
        if one["verdict"] == COMPARABLE and not one["reasons"]:
            rest += 1
            continue
        alike = found.setdefault((one["verdict"], _why(released, one["reasons"], lang)), {})
        alike.setdefault(of, {})[name] = None
    earlier = _wave(released, released.laid.get("earlier") or "", lang)
    for (verdict, why), alike in found.items():
        rows.append([earlier, _named(alike), words["verdicts"][verdict], why])
    if rest:
        others = words["others" if found else "all"].format(n=issue(REST, numerals(str(rest), lang)))
        rows.append([earlier, others, words["verdicts"][COMPARABLE], ""])
    return header, rows or [["", words["no_wave"], "", ""]]


def _judged(released: Released, lang: str) -> Iterator[tuple[str, tuple[str, str], dict[str, Any]]]:
    """Label, service or ministry and base, verdict and reasons of every column and level.

    The service or ministry where the label does not say it; the base where indicators of others have the same label (a
    barrier of all who know a service, and of those who used it).
    """
    indicators = {i.column: i for i in expand_indicators(released.config)}
    labels = {column: text(i.label, lang) or i.id for column, i in indicators.items()}
    places = {
        column: released.label("services" if i.service else "ministries", i.service or i.ministry, lang)
        for column, i in indicators.items()
    }
    alike = Counter((labels[column], places[column]) for column in indicators)
    for column, one in released.laid.get("columns", {}).items():
        label, place = labels[column], places[column]
        base = text(indicators[column].base_label, lang) if alike[label, place] > 1 else ""
        yield label, ("" if place in label else place, base), one
    for name, one in released.laid.get("levels", {}).items():
        level = released.levels[name]
        told = text(level.label, lang) or released.label("breakdowns", level.breakdown, lang)
        yield captions(lang)["wave_diff"]["by"].format(level=told), ("", ""), one


def _named(alike: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    """Names by whose they are; those that several bases have, once for all of them."""
    bases: dict[tuple[str, str], list[str]] = {}
    for (place, base), names in alike.items():
        bases.setdefault((place, "; ".join(names)), []).extend([base] if base else [])
    told = ((f"{place} ({'; '.join(of)})" if of else place, names) for (place, names), of in bases.items())
    return ". ".join(f"{of}: {names}" if of else names for of, names in told)


def _why(released: Released, reasons: Sequence[Mapping[str, Any]], lang: str) -> str:
    """The reasons in words; one for all languages in which a text differs."""
    words = captions(lang)["wave_diff"]
    made: dict[str, list[str]] = {}
    for reason in reasons:
        if reason["code"] == OVERRULED:
            was = words["verdicts"][reason["was"]]
            made[str(words["overruled"]).format(reason=text(reason["text"], lang), was=was)] = []
            continue
        about = issue(INSTRUMENT, ", ".join(filter(None, [reason.get("question", ""), reason.get("option", "")])))
        told = ": ".join(filter(None, [words["kinds"][reason["code"]], about]))
        language = reason.get("language", "")
        made.setdefault(told, []).extend([words["languages"].get(language, language)] if language else [])
    return "; ".join(f"{told} ({', '.join(languages)})" if languages else told for told, languages in made.items())


def _shifts(released: Released) -> Iterator[tuple[Estimate, Estimate, Estimate | None]]:
    """Each shift, with the numbers of this wave and of the earlier one that it is the difference of."""
    rows = [row for row in released.derived(FAMILY) if pair_of(row.key)]
    earlier = {row.key: row for row in (released.earlier.derived(FAMILY) if released.earlier else [])}
    for row in sorted(rows, key=lambda row: (row.indicator != DURATION, row.key)):
        now, before = pair_of(row.key) or ("", "")
        yield row, released.number(now), earlier.get(before)


def _question(released: Released, name: str, lang: str) -> str:
    asked = text(released.laid.get("questions", {}).get(name, {}), lang)
    return issue(INSTRUMENT, f"{name} – {asked}" if asked else name)


def _wave(released: Released, wave: str, lang: str) -> str:
    return text(released.config["waves"].get(wave, {}).get("label", {}), lang) or wave
