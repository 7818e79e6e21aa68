"""The instrument: an XLSForm read into a codebook of questions and choices.

Source: XLSForm specification (sheets `survey` and `choices`; columns type, name, label::language, relevant, constraint,
required, calculation; list columns may be called `list_name` or `list name`, and `value` stands for `name`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from findings.errors import FindingsError

METADATA = frozenset(
    "start end today deviceid subscriberid simserial simid phonenumber phone_number username email audit"
    " background-audio start-geopoint background-geopoint".split()
)
SELECTS = {"select_one": "select_one", "select one": "select_one"} | {
    name: "select_multiple" for name in ("select_multiple", "select multiple", "select all that apply")
}
DIALECT = {
    "relevance": "relevant", "calculate": "calculation", "list name": "list_name", "list": "list_name",
    "choice filter": "choice_filter",
    **{f"bind:{colon}{name}": name for name in ("relevant", "constraint", "required") for colon in ("", ":")},
}  # fmt: skip
# Columns of the choices sheet that are shown, and that no choice filter asks.
_SHOWN = re.compile(r"(list_name|name|value|label|hint|media|image|audio|video|big-image)\b.*")
SHAPES = {"int": "integer", "string": "text", "note": "note", "datetime": "dateTime"}
OTHER = "other"


@dataclass(frozen=True)
class Question:
    """One question: `relevant` holds its own condition and those of its groups, joined by `and`; "" where none.

    `required`: always; `required_if`: where this expression holds. `repeat` is the innermost repeat it is asked in, ""
    where none. `row` is its row of the form's survey sheet (0: it has none), `conditions` each condition in `relevant`
    -> the row it stands in.
    """

    name: str
    type: str
    list: str | None
    label: dict[str, str]
    relevant: str
    constraint: str
    required: bool
    group: str
    repeat: str = ""
    required_if: str = ""
    choice_filter: str = ""
    row: int = 0
    conditions: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Codebook:
    """Questions in form order, and choices: list -> code -> language -> label.

    `filters`: list -> code -> further column of the choices sheet, in lower case -> its cell; for choice filters.
    """

    questions: dict[str, Question]
    choices: dict[str, dict[str, dict[str, str]]]
    filters: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def renamed(self, names: Mapping[str, str]) -> Codebook:
        """The codebook with other names of questions (`names`: name -> new name), in its expressions too."""

        def said(text: str) -> str:
            return re.sub(r"\$\{\s*([^{}]+?)\s*\}", lambda found: f"${{{names.get(found[1], found[1])}}}", text)

        def of(question: Question) -> Question:
            return replace(
                question, name=names.get(question.name, question.name), relevant=said(question.relevant),
                constraint=said(question.constraint), required_if=said(question.required_if),
                choice_filter=said(question.choice_filter),
                conditions={said(text): row for text, row in question.conditions.items()},
            )  # fmt: skip

        made = [of(question) for question in self.questions.values()] if names else [*self.questions.values()]
        return replace(self, questions={question.name: question for question in made})

    def to_json(self) -> str:
        """The codebook as codebook.json holds it."""
        questions = [asdict(question) for question in self.questions.values()]
        content = {"questions": questions, "choices": self.choices, "filters": self.filters}
        return json.dumps(content, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Codebook:
        """The codebook that `to_json` wrote."""
        found = json.loads(text)
        questions = {entry["name"]: Question(**entry) for entry in found["questions"]}
        return cls(questions, found["choices"], found.get("filters", {}))


def read_xlsform(path: Path) -> Codebook:
    """The codebook of an XLSForm; raises FindingsError when it is not one, or when a name stands twice."""
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheets = {name.strip().lower(): name for name in workbook.sheet_names}
        survey = _records(workbook.get_sheet_by_name(sheets["survey"]).to_python())
        choices = _records(workbook.get_sheet_by_name(sheets["choices"]).to_python()) if "choices" in sheets else []
    except (CalamineError, KeyError, OSError):
        raise FindingsError(
            "The form is not an XLSForm: it is broken or has no sheet `survey`.",
            file=path.name,
            mend="save the form as XLSX, with the sheets survey and choices.",
        ) from None
    lists = _choices(choices, path)
    questions: dict[str, Question] = {}
    groups: list[tuple[str, str, int]] = []
    repeats: list[str] = []  # beside `groups`: the group's name if it is a repeat, else ""
    for number, row in enumerate(survey, start=2):
        kind = " ".join(row.get("type", "").split())
        if re.fullmatch(r"begin[ _](group|repeat)", kind):
            groups.append((row.get("name", ""), row.get("relevant", ""), number))
            repeats.append(row.get("name", "") if kind.endswith("repeat") else "")
        elif re.fullmatch(r"end[ _](group|repeat)", kind):
            if not groups:
                raise FindingsError("The form ends a group that it did not begin.", file=path.name, rows=[number])
            groups.pop()
            repeats.pop()
        elif kind and kind != "note":
            for question in _questions(row, kind, groups):
                if question.name in questions:
                    raise FindingsError(
                        "Two questions of the form have one name.",
                        file=path.name,
                        column=question.name,
                        rows=[number],
                        mend="rename one of them in the form's survey sheet.",
                    )
                if question.list and question.list not in lists:
                    raise FindingsError(
                        f"The form's choices have no list {question.list}.",
                        file=path.name,
                        column=question.name,
                        rows=[number],
                        mend="add the list to the form's choices sheet.",
                    )
                if kind.endswith(" or_other") and question.list:
                    # pyxform gives such a list the option itself.
                    lists[question.list].setdefault(OTHER, dict.fromkeys(question.label, "Other"))
                within = next((name for name in reversed(repeats) if name), "")
                conditions = {text: at for _, text, at in [*groups, ("", row.get("relevant", ""), number)] if text}
                questions[question.name] = replace(question, repeat=within, row=number, conditions=conditions)
    return Codebook(questions, lists, _filters(choices))


def _questions(row: Mapping[str, str], kind: str, groups: list[tuple[str, str, int]]) -> list[Question]:
    """The question of a survey row, and the text question that `or_other` adds to it."""
    name = row.get("name") or kind
    words = kind.removesuffix(" or_other").split(" ")
    select = next((alias for alias in SELECTS if kind.startswith(alias + " ")), None)
    if select:
        shape, choices = SELECTS[select], words[-1]
    else:
        shape, choices = SHAPES.get(kind, kind), None
    if kind in METADATA:
        shape = "meta"
    conditions = [condition for _, condition, _ in groups if condition]
    required = row.get("required", "")
    always = required.lower() in ("yes", "true", "true()", "1")
    own = row.get("relevant", "")
    parts = [*conditions, *([own] if own else [])]
    question = Question(
        name=name,
        type=shape,
        list=choices,
        label=_labels(row),
        relevant=" and ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts),
        constraint=row.get("constraint", ""),
        required=always,
        group="/".join(group for group, _, _ in groups if group),
        required_if="" if always or required.lower() in ("no", "false", "false()", "0") else required,
        choice_filter=row.get("choice_filter", "") if select else "",
    )
    if not kind.endswith(" or_other"):
        return [question]
    other = Question(f"{name}_{OTHER}", "text", None, {}, question.relevant, "", False, question.group)
    return [question, other]


def _choices(rows: list[dict[str, str]], path: Path) -> dict[str, dict[str, dict[str, str]]]:
    lists: dict[str, dict[str, dict[str, str]]] = {}
    for number, row in enumerate(rows, start=2):
        name, code = row.get("list_name", ""), row.get("name") or row.get("value", "")
        if not name or not code:
            continue
        codes = lists.setdefault(name, {})
        if code in codes:
            raise FindingsError(
                f"The form's list {name} has one code twice.",
                file=path.name,
                rows=[number],
                codes=[code],
                mend="remove or rename it in the form's choices sheet.",
            )
        codes[code] = _labels(row)
    return lists


def _filters(rows: list[dict[str, str]]) -> dict[str, dict[str, dict[str, str]]]:
    """List -> code -> column of the choices sheet that is not shown -> cell; lists that have none are left out."""
    columns = {name for row in rows for name in row if not _SHOWN.fullmatch(name)}
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        name, code = row.get("list_name", ""), row.get("name") or row.get("value", "")
        if name and code:
            found.setdefault(name, {})[code] = {column: row[column] for column in sorted(columns & set(row))}
    return {name: codes for name, codes in found.items() if any(codes.values())}


def _labels(row: Mapping[str, str]) -> dict[str, str]:
    """Language -> label; a label without a language is that of the language "default"."""
    labels = {}
    for key, text in row.items():
        if key == "label" and text:
            labels["default"] = text
        elif key.startswith("label:") and text:
            labels[language_code(key.split(":")[-1])] = text
    return labels


def language_code(name: str) -> str:
    """`English (en)` -> `en`; a language without a code in brackets is its name in lower case."""
    found = re.search(r"\(([A-Za-z-]+)\)\s*$", name)
    return found.group(1).lower() if found else name.strip().lower()


def _records(rows: list[list[Any]]) -> list[dict[str, str]]:
    """Rows of a sheet as column -> text, empty cells left out; header names in lower case, dialects made one."""
    header = [str(cell).strip() for cell in rows[0]] if rows else []
    names = [name if name.lower().startswith("label:") else DIALECT.get(name.lower(), name.lower()) for name in header]
    names = [re.sub("^label", "label", name, flags=re.IGNORECASE) for name in names]
    return [
        {name: _text(cell) for name, cell in zip(names, row, strict=False) if name and _text(cell)} for row in rows[1:]
    ]


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
