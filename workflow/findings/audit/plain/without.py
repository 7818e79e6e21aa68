"""A headline without one rule of cleaning: the wave cleaned anew without it, one respondent at a time.

The steps before the rule are the ledger's entries, replayed; those after it are taken here by plain loops over the
declarations of wave.yaml, the codebook, recodes.csv and the tables of places. What is not taken anew by these loops
(a later `script`, rules of the form that do more than flag, a correction of a cell that the rule changed) is said.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from findings.audit.plain.answers import Answers
from findings.audit.plain.conditions import Value, condition, references
from findings.audit.plain.estimates import Frame, NotComputed, Numbers, influence_of
from findings.audit.plain.keys import Parts
from findings.audit.plain.replay import DROPPED, Row, Wave, replayed, rows_of, table_of

FAMILY = "rule_effects"
# Whom these dropped stays out, whichever rule is left out (docs/clean.md).
STAY = ("consent", "eligibility", "removals", "form_rules")
NUMBERS = ("integer", "decimal")


def effect_row(frame: Frame, leaves: Sequence[tuple[float, Parts]]) -> Numbers:
    """The effect of a rule on a headline, or on the gap of two groups; of each both numbers (`_2`: the second group's).

    An effect has no interval: both numbers are of the same people.
    """
    made: Numbers = {"estimate": 0.0, "n": 0}
    for place, (sign, parts) in enumerate(leaves, start=1):
        headline, rule = headline_of(parts)
        (_, own), (_, other) = (influence_of(each, headline) for each in (frame, without(frame, rule)))
        end = f"_{place}" if place > 1 else ""
        n, k = (sum(own.held), sum(other.held))
        made["estimate"] += sign * (own.value - other.value)
        made["n"] += n
        made |= {f"as_cleaned{end}": own.value, f"without{end}": other.value, f"n_without{end}": k}
    return made


def headline_of(parts: Parts) -> tuple[Parts, str]:
    """The headline that an effect is on, and the rule that is left out."""
    family, rest = parts.indicator.split("__", 1)
    indicator, rule = rest.rsplit("__", 1)
    statistic = "proportion" if parts.statistic == "difference" else "mean"
    return replace(parts, family=family, indicator=indicator, statistic=statistic), rule


def step_of(rule: str, cleaning: Sequence[Row]) -> int:
    """The place of a rule under `cleaning`: a step that is taken again has its number behind its name."""
    names = [options["step"] for options in cleaning]
    for place, name in enumerate(names):
        again = names[: place + 1].count(name)
        if rule == (name if again == 1 else f"{name}_{again}"):
            return place
    raise NotComputed(f"wave.yaml has no rule {rule}")


def without(frame: Frame, rule: str) -> Frame:
    """The wave without a rule: its answers and its design, made once."""
    if rule not in frame.undone:
        frame.undone[rule] = Frame(Answers(_cleaned(frame.answers.wave, rule)))
    return frame.undone[rule]


def _cleaned(wave: Wave, rule: str) -> Wave:
    place = step_of(rule, wave.declared["cleaning"])
    anew = _Anew(wave, place)
    for number, options in enumerate(wave.declared["cleaning"][place + 1 :], start=place + 1):
        anew.take(number, options)
    stay = {row["row_id"] for row in wave.every if row[DROPPED] in STAY}
    kept = [row for row in anew.rows if row[DROPPED] is None and row["row_id"] not in stay]
    for row in kept:
        for name, question in anew.questions.items():
            # An answer that nothing reads without the rule is no answer.
            if name in row and name not in anew.texts and not anew.read(question, row[name]):
                row[name] = None
    return replace(wave, every=anew.rows, rows=kept)


class _Anew:
    """The respondents before a rule (column -> cell, free text too), on which the steps after it are taken."""

    def __init__(self, wave: Wave, place: int) -> None:
        self.wave, self.left_out = wave, wave.declared["cleaning"][place]["step"]
        codebook = json.loads((wave.confidential / "codebook.json").read_text(encoding="utf-8"))
        self.questions: dict[str, Row] = {question["name"]: question for question in codebook["questions"]}
        self.choices: dict[str, Row] = codebook["choices"]
        responses = rows_of(wave.confidential / "responses.parquet")
        spoken = rows_of(wave.confidential / "free_text_raw.parquet")
        self.texts = sorted({entry["column"] for entry in spoken})
        by_id = {row["row_id"]: row | dict.fromkeys(self.texts) for row in responses}
        for entry in spoken:
            by_id[entry["row_id"]][entry["column"]] = entry["text"]
        self.places = list(_places(wave))
        self._raw = list(by_id.values())
        self.rows = self.as_cleaned(place)

    def as_cleaned(self, place: int) -> list[Row]:
        """The respondents as they were cleaned, before the step at `place`."""
        earlier = [entry for entry, of in zip(self.wave.ledger, self.places, strict=True) if of < place]
        return replayed(self._raw, earlier, {})

    def take(self, number: int, options: Row) -> None:
        """Take one step, of those who are still kept."""
        kept = [row for row in self.rows if row[DROPPED] is None]
        name = options["step"]
        if name in _DROPS:
            for row in _DROPS[name](self, kept, options):
                row[DROPPED] = name
        elif name in _EDITS:
            _EDITS[name](self, kept, options)
        elif name in _BY_LEDGER:
            _BY_LEDGER[name](self, kept, number)
        else:
            raise NotComputed(f"without {self.left_out} the step {name} is taken anew, which these loops do not do")

    def read(self, question: Row, cell: str | None) -> bool:
        """Whether a cell is what its question asks for: a number, or codes of its list."""
        if cell is None:
            return True
        if question["type"] in NUMBERS:
            return not math.isnan(_number(cell))
        if question["list"] and question["type"] in ("select_one", "select_multiple"):
            codes = cell.split() if question["type"] == "select_multiple" else [cell]
            return all(code in self.choices[question["list"]] for code in codes)
        return True

    def value(self, name: str, cell: str | None) -> Value:
        """A cell as a condition sees it."""
        kind = self.questions[name]["type"] if name in self.questions else "text"
        if kind in ("date", "dateTime", "range"):
            raise NotComputed(f"a condition of the form rests on {name}, a question of type {kind}")
        return float(cell) if cell and kind in NUMBERS and not math.isnan(_number(cell)) else cell or ""


def _places(wave: Wave) -> Iterable[int]:
    """Of each entry of the ledger the place of its step; an entry of free text says the step's name alone."""
    names, last = [options["step"] for options in wave.declared["cleaning"]], 0
    for entry in wave.ledger:
        _, said, number = entry["source"].partition("wave.yaml cleaning.")
        last = int(number) if said else names.index(entry["step"], last)
        yield last


def _number(cell: str | None) -> float:
    try:
        found = float(cell) if cell and cell.isascii() and "_" not in cell else math.nan
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def _among(key: str, holds: bool) -> Callable[[_Anew, list[Row], Row], list[Row]]:
    """Drop whose answer is one of `options[key]`, or (`holds` False) is none of them."""
    return lambda anew, kept, options: [row for row in kept if (row[options["column"]] in options[key]) == holds]


def _eligibility(anew: _Anew, kept: list[Row], options: Row) -> list[Row]:
    out = []
    for row in kept:
        cell, number = row[options["column"]], _number(row[options["column"]])
        outside = number < options.get("minimum", -math.inf) or number > options.get("maximum", math.inf)
        if outside or ("keep" in options and cell not in options["keep"]):
            out.append(row)
    return out


def _duplicates(anew: _Anew, kept: list[Row], options: Row) -> list[Row]:
    columns = [name for name in anew.rows[0] if name not in ("row_id", DROPPED)]
    same = [name for name in columns if name in anew.questions and name not in options.get("ignore", [])]
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in kept:
        groups.setdefault(tuple(row[name] for name in same), []).append(row)
    first = ["duration_flag", "interview_month", *(c for c in columns if c not in ("duration_flag", "interview_month"))]

    def order(row: Row) -> list[Any]:
        return [row["duration_flag"] != "ok", *((row[name] is None, row[name] or "") for name in first)]

    return [row for group in groups.values() for row in sorted(group, key=order)[1:]]


def _duration(anew: _Anew, kept: list[Row], options: Row) -> list[Row]:
    return [row for row in kept if row["duration_flag"] in options["drop"]]


def _straight_lining(anew: _Anew, kept: list[Row], options: Row) -> list[Row]:
    given = [[row[name] for name in options["columns"] if row[name] is not None] for row in kept]
    return [row for row, cells in zip(kept, given, strict=True)
            if len(cells) >= options["minimum"] and len(set(cells)) == 1]  # fmt: skip


def _removals(anew: _Anew, kept: list[Row], options: Row) -> list[Row]:
    entries = rows_of(anew.wave.confidential / "corrections.parquet")
    removed = {entry["row_id"] for entry in entries if entry["column"] is None}
    return [row for row in kept if row["row_id"] in removed]


def _range(anew: _Anew, kept: list[Row], options: Row) -> None:
    for row in kept:
        number = _number(row[options["column"]])
        if number < options.get("minimum", -math.inf) or number > options.get("maximum", math.inf):
            row[options["column"]] = None


def _skip_logic(anew: _Anew, kept: list[Row], options: Row) -> None:
    """Empty what was not asked, in the form's order, so that one emptied empties the next."""
    unchecked = set(anew.wave.declared.get("unchecked") or {})
    judged = [
        (name, question["relevant"]) for name, question in anew.questions.items()
        if name in anew.rows[0] and question["relevant"] and not unchecked & {name, *question["group"].split("/")}
        and all(other in anew.rows[0] for other in references(question["relevant"]))
    ]  # fmt: skip
    for row in kept:
        for name, text in judged:
            if not condition(text)({other: anew.value(other, row[other]) for other in references(text)}):
                row[name] = None


def _form_rules(anew: _Anew, kept: list[Row], options: Row) -> None:
    does = {options.get(kind, "flag") for kind in ("relevant", "constraint", "choice_filter", "required")}
    does |= {*options.get("rules", {}).values()}
    does |= {check.get("then", "flag") for check in anew.wave.declared.get("checks") or []}
    if does != {"flag"}:
        raise NotComputed("a rule of the form empties or drops: these loops do not judge them anew")


def _recode(anew: _Anew, kept: list[Row], options: Row) -> None:
    for row in kept:
        row[options["column"]] = options["map"].get(row[options["column"]], row[options["column"]])


def _answers(anew: _Anew, kept: list[Row], options: Row) -> None:
    for column, mapping in (anew.wave.declared.get("answers") or {}).items():
        question = anew.questions.get(column, {})
        if question.get("type") != "select_multiple":
            _recode(anew, kept, {"column": column, "map": mapping})
            continue
        words = {"\u2423".join(str(raw).split()): code for raw, code in mapping.items()}
        order = list(anew.choices[question["list"]])
        for row in kept:
            said = (row[column] or "").split()
            if words.keys() & {*said}:
                codes = {words.get(code, code) for code in said} - {None}
                known = [code for code in order if code in codes]
                row[column] = " ".join([*known, *sorted(codes - {*known})]) or None


def _named(name: str) -> str:
    """What of a name is compared: its letters, marks and digits, in whatever order the marks were typed."""
    text = unicodedata.normalize("NFKC", name).casefold().replace("\u1040", "\u101d")
    return "".join(sorted(letter for letter in text if unicodedata.category(letter)[0] in "LMN"))


def _places_table(anew: _Anew, kept: list[Row], options: Row) -> None:
    """Names by their codes in the table of aliases; a name that it does not have is none."""
    table = {_named(e["alias"]): e[options["to"]].strip() for e in table_of(anew.wave.reference / options["table"])}
    for row in kept:
        row[options["column"]] = table.get(_named(row[options["column"]] or ""))


def _corrections(anew: _Anew, kept: list[Row], number: int) -> None:
    """A person's decisions about single cells, as the ledger has them, where the cell is what that person saw."""
    before = {row["row_id"]: row for row in anew.as_cleaned(number)}
    now = {row["row_id"]: row for row in kept}
    for entry in rows_of(anew.wave.confidential / "corrections.parquet"):
        name, row = entry["column"], now.get(entry["row_id"])
        was = before[entry["row_id"]]
        if name is not None and row is not None and (row[name] != was[name] or was[DROPPED] is not None):
            raise NotComputed(f"without {anew.left_out} a correction of {name} meets another answer")
    for entry, place in zip(anew.wave.ledger, anew.places, strict=True):
        if place == number and (row := now.get(entry["row"])) is not None:
            row[entry["column"]] = entry["new"]


def _other_specify(anew: _Anew, kept: list[Row], number: int) -> None:
    """Own words as codes of the list, by the lines of recodes.csv."""
    path = anew.wave.folder / "recodes.csv"
    declared = anew.wave.declared.get("other_specify") or {}
    # Lines are of texts as `script` leaves them.
    said = {row["row_id"]: row for row in (anew.as_cleaned(number) if anew.left_out == "script" else anew.rows)}
    for line in table_of(path) if path.is_file() else []:
        code, text = line["code"].strip(), line["text"].strip()
        text = text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@") else text
        column = (line.get("column") or "").strip() or next(iter(declared))
        if code in ("", "-"):
            continue
        if not any(row[column] == text for row in said.values()):
            raise NotComputed("a text of recodes.csv is one that `script` would clean")
        gone = set(declared[column].get("replaces") or [])
        one = (line.get("question") or "").strip()
        for name in [one] if one else declared[column]["questions"]:
            for row in kept:
                if said[row["row_id"]][column] == text and (line.get("row_id") or "").strip() in ("", row["row_id"]):
                    row[name] = _joined(anew, name, row[name], code.split(), gone)


def _joined(anew: _Anew, name: str, answer: str | None, codes: list[str], gone: set[str]) -> str | None:
    several = anew.questions[name]["type"] == "select_multiple"
    if answer is None or (not several and answer not in gone):
        return answer
    wanted = {*codes} | ({*answer.split()} - gone if several else set())
    return " ".join(code for code in anew.choices[anew.questions[name]["list"]] if code in wanted)


_DROPS: dict[str, Callable[[_Anew, list[Row], Row], list[Row]]] = {
    "consent": _among("keep", False), "test_rows": _among("drop", True), "eligibility": _eligibility,
    "duplicates": _duplicates, "duration": _duration, "straight_lining": _straight_lining,
    "removals": _removals,
}  # fmt: skip
_EDITS: dict[str, Callable[[_Anew, list[Row], Row], None]] = {
    "range": _range, "skip_logic": _skip_logic, "form_rules": _form_rules, "recode": _recode, "answers": _answers,
    "places": _places_table,
}  # fmt: skip
_BY_LEDGER: dict[str, Callable[[_Anew, list[Row], int], None]] = {
    "corrections": _corrections, "other_specify": _other_specify,
}  # fmt: skip
