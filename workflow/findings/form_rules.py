"""The form's own rules as checks of the data: `relevant`, `constraint`, `required` and `choice_filter`.

They are the XLSForm's, and those that wave.yaml declares under `checks`. A question that was not asked counts as empty
for all others, as in ODK; a constraint and a choice filter are rules about an answer, so an empty one breaks none; an
answer is required only where its question was asked. A condition of a group is one of all its questions. Questions of
a repeat are judged once for each of its rows, which know the answers of the respondent and of the repeats they are in.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.errors import FindingsError
from findings.instrument import Codebook, Question
from findings.xforms import FUNCTIONS, MONTH, Answers, Bools, Cells, ExpressionError, Memo, cells_of, read

KINDS = ("relevant", "constraint", "choice_filter", "required")
ALWAYS = "true()"
Judged = tuple[Bools, Bools]


@dataclass(frozen=True)
class Rule:
    """A rule about `column`: its `kind`, `text`, where it stands (`source`) and what a break does (`then`).

    `id` is `question.kind` for a rule of the form, else that of the check. `places`: parts of the text that stand in
    places of their own (conditions of groups) -> row of the form.
    """

    id: str
    kind: str
    column: str
    text: str
    source: str
    then: str
    places: tuple[tuple[str, int], ...]

    @property
    def of_form(self) -> bool:
        """Whether the form has the rule; the id of a check is a code, without a point."""
        return "." in self.id

    @property
    def reason(self) -> str:
        """What the ledger says of a break."""
        return f"{self.kind} of {self.column} broken ({self.id}): {self.text}"

    def record(self, judged: Bools | None, rows: Bools | None) -> dict[str, Any]:
        """The row of rules.json: respondents (or rows of a repeat) judged, and breaks; null where it was not judged."""
        return {
            "rule": self.id, "kind": self.kind, "column": self.column, "text": self.text, "source": self.source,
            "then": self.then, "judged": None if judged is None else int(judged.sum()),
            "breaks": None if rows is None else int(rows.sum()),
        }  # fmt: skip


def rules_of(codebook: Codebook, wave: Mapping[str, Any], options: Mapping[str, Any]) -> list[Rule]:
    """The rules of the form, in its order, then wave.yaml's checks; `options` are those of the step form_rules."""
    found = []
    form, own = wave.get("source", {}).get("form", "form"), options.get("rules", {})
    unchecked = set(wave.get("unchecked") or {})
    for name, question in codebook.questions.items():
        if not _is_checked(question, unchecked):
            continue
        for kind, text in _texts(question).items():
            places = tuple(question.conditions.items()) if kind == "relevant" else ((text, question.row),)
            # No step changes a repeat.
            then = "flag" if question.repeat else own.get(f"{name}.{kind}", options.get(kind, "flag"))
            source = f"{form} row {question.row}"
            found.append(Rule(f"{name}.{kind}", kind, name, text, source, then, places or ((text, question.row),)))
    for number, check in enumerate(wave.get("checks") or []):
        kind = next(kind for kind in KINDS if kind in check)
        place = f"wave.yaml checks.{number}"
        for column in check["columns"]:
            places = ((check[kind], 0),)
            found.append(Rule(check["id"], kind, column, check[kind], place, check.get("then", "flag"), places))
    return found


def relevance(
    cells: Mapping[str, Cells],
    codebook: Codebook,
    wave: Mapping[str, Any],
    answers: Answers | None = None,
    memo: Memo | None = None,
) -> dict[str, tuple[Bools, Judged]]:
    """Of each question that the data have, in form order: who answered (rows,), and who surely was and was not asked.

    A question that was not asked counts as empty for those after it; in `answers` it is empty when this returns.
    `memo`: as `Answers` takes it.
    """
    # ASSUME[unjudged_relevance]: a question whose condition rests on a column that is not in the data counts as asked.
    answers = answers or _answers(cells, codebook, memo)
    everyone, nobody = np.ones(answers.rows, dtype=bool), np.zeros(answers.rows, dtype=bool)
    unchecked = set(wave.get("unchecked") or {})
    seen: dict[str, Judged] = {}
    found: dict[str, tuple[Bools, Judged]] = {}
    for name, question in codebook.questions.items():
        if name not in cells:
            continue
        answered = answers.answered(name)
        if not question.relevant:
            judged = everyone, nobody
        elif not _is_checked(question, unchecked) or not all(n in cells for n in read(question.relevant).references):
            judged = nobody, nobody
        else:
            if question.relevant not in seen:
                seen[question.relevant] = answers.judged(question.relevant)
            judged = seen[question.relevant]
            answers.blank(name, judged[1])
            if set(read(question.relevant).references) - set(found):
                del seen[question.relevant]  # it rests on a later question, which may be emptied yet
        found[name] = answered, judged
    return found


def broken(
    cells: Mapping[str, Cells],
    kept: Bools,
    codebook: Codebook,
    wave: Mapping[str, Any],
    options: Mapping[str, Any],
    repeat: str = "",
) -> Iterator[tuple[Rule, Bools | None, Bools | None]]:
    """Each rule, whom of the `kept` it was judged for, and who breaks it (rows,).

    Both are None for a rule about, or resting on, a column that the data do not have. `cells` are those of respondents,
    and the rules those of questions outside of repeats; with `repeat` of its rows (`of_repeat`) and its own questions.
    """
    answers = _answers(cells, codebook)
    asked = relevance(cells, codebook, wave, answers)
    nobody = np.zeros(answers.rows, dtype=bool)
    for rule in rules_of(codebook, wave, options):
        if repeat_of(rule, codebook) != repeat:
            continue
        if any(name not in cells for name in (rule.column, *read(rule.text).references)):
            yield rule, None, None
            continue
        answered, (sure, out) = asked.get(rule.column, (answers.answered(rule.column), (~nobody, nobody)))
        if rule.kind == "relevant":
            yes, no = (sure, out) if rule.of_form else answers.judged(rule.text)
            judged = answered & kept & (yes | no)
        elif rule.kind == "required":
            required = (~nobody) if rule.text == ALWAYS else answers.judged(rule.text)[0]
            judged = required & sure & kept
            no = ~answered
        else:
            given = answered & ~out & kept
            choices = _choices(rule.column, codebook) if rule.kind == "choice_filter" else None
            yes, no = answers.judged(rule.text, rule.column, choices)
            judged = given & (yes | no)
        yield rule, judged, judged & no


def repeat_of(rule: Rule, codebook: Codebook) -> str:
    """The repeat that a rule's question is in; empty for one that is asked once."""
    question = codebook.questions.get(rule.column)
    return question.repeat if question else ""


def of_repeat(
    name: str, repeats: Mapping[str, pd.DataFrame], cells: Mapping[str, Cells], row_ids: Cells, codebook: Codebook
) -> tuple[dict[str, Cells], npt.NDArray[np.intp]]:
    """Cells as the rows of a repeat see them: their own, those of the repeats around it, and their respondent's; and
    the place of the respondent of each row.

    `repeats` as `findings.repeats` makes them, `cells` and `row_ids` of respondents, in which the texts of a repeat
    are columns `repeat[n].question`.
    """
    table = repeats[name]
    at = pd.Index(row_ids).get_indexer(pd.Index(table["row_id"].astype(object)))
    if not (outer := _around(name, repeats, codebook)):
        seen = {column: values[at] for column, values in cells.items()}
    else:
        around, _ = of_repeat(outer, repeats, cells, row_ids, codebook)
        keys = pd.MultiIndex.from_frame(repeats[outer][["row_id", "repeat_row"]].astype(str))
        up = keys.get_indexer(pd.MultiIndex.from_frame(table[["row_id", "parent_row"]].astype(str)))
        seen = {column: values[up] for column, values in around.items()}
    for column in (question.name for question in codebook.questions.values() if question.repeat == name):
        said = [cells.get(f"{name}[{number}].{column}") for number in table["repeat_row"]]
        if column in table:
            seen[column] = cells_of(table[column])
        elif any(texts is not None for texts in said):
            found = [None if texts is None else texts[i] for texts, i in zip(said, at, strict=True)]
            seen[column] = np.array(found, dtype=object)
    return seen, at


def _around(name: str, repeats: Mapping[str, Any], codebook: Codebook) -> str:
    """The innermost of `repeats` that a repeat is asked in; empty where it is asked of the respondent."""
    path = next(group for q in codebook.questions.values() if name in (group := q.group.split("/")))
    return next((group for group in reversed(path[: path.index(name)]) if group in repeats), "")


def check(codebook: Codebook, wave: Mapping[str, Any], kept: Iterable[str]) -> None:
    """Stop on a rule that would be judged and cannot be: not XPath, a function, question or column that is not known.

    `kept` are the questions that the data have, those of repeats among them. Raises FindingsError with the row of the
    form, or the check.
    """
    steps = {step["step"]: step for step in wave.get("cleaning") or []}
    known, there = {*codebook.questions, MONTH}, {*kept, MONTH}
    if wave.get("checks") and "form_rules" not in steps:
        _stop(wave, "wave.yaml has checks, and no step that judges them.", mend="`- {step: form_rules}` in `cleaning`.")
    kinds = KINDS if "form_rules" in steps else ("relevant",) if "skip_logic" in steps else ()
    rules = [rule for rule in rules_of(codebook, wave, steps.get("form_rules", {})) if rule.kind in kinds]
    if "form_rules" not in steps:
        rules = [rule for rule in rules if not repeat_of(rule, codebook)]
    if odd := set(steps.get("form_rules", {}).get("rules", {})) - {rule.id for rule in rules if rule.of_form}:
        _stop(wave, "The step form_rules names rules that the form does not have.", codes=sorted(odd),
              mend="a rule of the form is `question.kind`, for example `age.constraint`.")  # fmt: skip
    names = {*codebook.questions, *(part for q in codebook.questions.values() for part in q.group.split("/"))}
    if odd := set(wave.get("unchecked") or {}) - names:
        _stop(wave, "wave.yaml leaves unchecked what the form does not have.", codes=sorted(odd),
              mend="questions or groups of the form under `unchecked`.")  # fmt: skip
    own = steps.get("form_rules", {}).get("rules", {})
    for rule in rules:
        if repeat_of(rule, codebook) and (rule.then != "flag" or own.get(rule.id, "flag") != "flag"):
            _stop(wave, f"The rule {rule.id} is of a repeat, which no step changes: a break is flagged.",
                  column=rule.column, mend="let it flag (`flag`, or nothing said).")  # fmt: skip
        if rule.column not in there and not rule.of_form:
            _stop(wave, f"The check {rule.id} is about a column that the data do not have.", column=rule.column,
                  mend=f"correct `columns` of the check {rule.id}.")  # fmt: skip
        for text, row in rule.places if rule.column in there else ():
            problem = _problem(text, rule, codebook, known if rule.of_form else there)
            if problem and rule.of_form:
                _stop(wave, f"A rule of the form cannot be judged. {problem}", column=rule.column, rows=[row],
                      file=rule.source.partition(" row ")[0],
                      mend=f"correct `{rule.kind}` in row {row} of its survey sheet: {text[:200]}; or leave the rules "
                      f"of the question unjudged: `unchecked: {{{rule.column}: why}}` in wave.yaml.")  # fmt: skip
            if problem:
                _stop(wave, f"The check {rule.id} cannot be judged. {problem}", column=rule.column,
                      mend=f"correct `{rule.kind}` of the check: {text[:200]}")  # fmt: skip


def _problem(text: str, rule: Rule, codebook: Codebook, known: set[str]) -> str | None:
    """Why a rule cannot be judged, as a sentence; None if it can."""
    try:
        expression = read(text)
    except ExpressionError as error:
        functions = f" Supported are {', '.join(FUNCTIONS)}." if "function" in str(error) else ""
        return f"{error}{functions}"
    if odd := next((name for name in expression.references if name not in known), None):
        near = difflib.get_close_matches(odd, sorted(known), 1)
        return f"It refers to ${{{odd}}}, which is not there{f'; {near[0]} is' if near else ''}."
    if rule.kind != "choice_filter":
        if expression.columns:
            return f"It names {min(expression.columns)} where a question is to be ${{{min(expression.columns)}}}."
        return None
    columns = {column for cells in _choices(rule.column, codebook).values() for column in cells}
    if odd := next((name for name in sorted(expression.columns) if name not in columns), None):
        return f"The choices of {rule.column} have no column {odd}."
    return None


def _stop(wave: Mapping[str, Any], message: str, file: str = "wave.yaml", **place: Any) -> None:
    raise FindingsError(message, wave=wave["wave"], file=file, **place)


def _is_checked(question: Question, unchecked: set[str]) -> bool:
    return not unchecked & {question.name, *question.group.split("/")}


def _texts(question: Question) -> dict[str, str]:
    """Kind -> text of a question's rules."""
    texts = {
        "relevant": question.relevant,
        "constraint": question.constraint,
        "choice_filter": question.choice_filter,
        "required": ALWAYS if question.required else question.required_if,
    }
    return {kind: text for kind, text in texts.items() if text}


def _choices(name: str, codebook: Codebook) -> dict[str, dict[str, str]]:
    """Code -> columns of the choices sheet that a filter may name; codes that wave.yaml adds to a list have none."""
    question = codebook.questions.get(name)
    codes = codebook.choices.get((question.list if question else None) or "", {})
    own = codebook.filters.get((question.list if question else None) or "", {})
    empty = {column: "" for cells in own.values() for column in cells}
    return {
        code: {**empty, "name": code, "label": next(iter(labels.values()), ""), **own.get(code, {})}
        for code, labels in codes.items()
        if not own or code in own
    }


def _answers(cells: Mapping[str, Cells], codebook: Codebook, memo: Memo | None = None) -> Answers:
    questions = codebook.questions
    labels = {
        name: {code: next(iter(shown.values()), "") for code, shown in codebook.choices[question.list].items()}
        for name, question in questions.items()
        if question.list in codebook.choices
    }
    return Answers(cells, {name: question.type for name, question in questions.items()}, labels, memo)
