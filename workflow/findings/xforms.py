"""The form's own logic: which questions a respondent was asked, from the `relevant` of the XLSForm.

XPath 1.0 by elementpath, with the XForms functions that survey forms use (ODK XForms specification, "XPath functions":
selected, selected-at, count-selected, if, coalesce, regex, int, once).
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from elementpath import ElementPathError, XPath1Parser, XPathContext

from findings.errors import FindingsError
from findings.instrument import Question

Cells = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]
_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
_NOWHERE = ElementTree.Element("form")


class XFormsParser(XPath1Parser):
    """XPath 1.0 with the functions of XForms."""


def _register(symbol: str, arguments: int | tuple[int, int | None], call: Callable[[Any, list[Any]], Any]) -> None:
    count = arguments if isinstance(arguments, int) else (arguments[1] or arguments[0])
    types = ("item()*",) * (count + 1)

    def evaluate__function(self: Any, context: Any = None) -> Any:
        return call(self, [self.get_argument(context, index=i, default="") for i in range(len(self))])

    XFormsParser.method(XFormsParser.function(symbol, nargs=arguments, sequence_types=types))(evaluate__function)


_register("selected", 2, lambda token, a: str(a[1]).strip() in str(a[0]).split())
_register("selected-at", 2, lambda token, a: (str(a[0]).split()[int(a[1]) :] or [""])[0])
_register("count-selected", 1, lambda token, a: float(len(str(a[0]).split())))
_register("if", 3, lambda token, a: a[1] if token.boolean_value(a[0]) else a[2])
_register("coalesce", 2, lambda token, a: a[0] if str(a[0]) else a[1])
_register("regex", 2, lambda token, a: re.fullmatch(str(a[1]), str(a[0])) is not None)
_register("int", 1, lambda token, a: float(int(float(a[0]))))
_register("once", 1, lambda token, a: a[0])


def references(expression: str) -> list[str]:
    """Names of the questions that an expression refers to, in order, each once."""
    return list(dict.fromkeys(_REFERENCE.findall(expression)))


def holds(expression: str, columns: Mapping[str, Cells], questions: Mapping[str, Question], column: str) -> Bools:
    """Whether `expression` holds for each row (rows,); `columns` holds text cells, None = empty, of every reference.

    Each distinct combination of answers is evaluated once. Raises FindingsError, naming `column`, on an expression that
    is not XForms XPath.
    """
    names = references(expression)
    test = _compiled(expression, tuple(names), column)
    numeric = [questions[name].type in ("integer", "decimal") if name in questions else False for name in names]
    if not names:
        count = len(next(iter(columns.values()), []))
        return np.full(count, test(()))
    frame = pd.DataFrame({i: columns[name] for i, name in enumerate(names)}, dtype=object).fillna("")
    index = pd.MultiIndex.from_frame(frame)
    codes, combinations = index.factorize()
    answers = np.zeros(len(combinations), dtype=bool)
    for i, combination in enumerate(map(tuple, combinations)):
        try:
            answers[i] = test(combination)
        except ElementPathError:
            # XPath 1.0 compares an empty answer as NaN; the library cannot, so numbers are handed over as numbers.
            answers[i] = test(tuple(_number(v) if n else v for v, n in zip(combination, numeric, strict=True)))
    return answers[np.asarray(codes, dtype=np.intp)]


@cache
def _compiled(expression: str, names: tuple[str, ...], column: str) -> Callable[[tuple[Any, ...]], bool]:
    place = {name: f"v{i}" for i, name in enumerate(names)}
    try:
        token = XFormsParser().parse(_REFERENCE.sub(lambda found: f"${place[found[1]]}", expression))
    except (ElementPathError, TypeError, ValueError):
        raise FindingsError(
            "A condition of the form cannot be read.",
            column=column,
            mend=f"correct `relevant` of {column} in the form: {expression[:200]}",
        ) from None

    def test(values: tuple[Any, ...]) -> bool:
        context = XPathContext(_NOWHERE, variables=dict(zip(place.values(), values, strict=True)))
        return bool(token.boolean_value(token.evaluate(context)))

    # The same answers come again where a wave is cleaned in several ways.
    return cache(test)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def cells_of(column: pd.Series) -> Cells:
    """A text column as an array of str, None = empty (rows,)."""
    cells: Cells = column.astype(object).to_numpy(dtype=object, copy=True)
    cells[column.isna().to_numpy(dtype=bool)] = None
    return cells


def relevance(frame: pd.DataFrame, questions: Mapping[str, Question]) -> pd.DataFrame:
    """Whether each respondent was asked each question (rows × questions, bool), in form order.

    `frame` holds text answers. A question that was not asked counts as empty for those after it. A condition that
    refers to a column the frame does not have cannot be judged.
    """
    # ASSUME[unjudged_relevance]: a question whose condition rests on a column stopped at ingest counts as asked.
    cells: dict[str, Cells] = {}
    asked: dict[str, Bools] = {}
    seen: dict[str, Bools] = {}
    for name, question in questions.items():
        if name not in frame:
            continue
        column = cells_of(frame[name])
        names = references(question.relevant)
        if not question.relevant or not all(reference in cells for reference in names):
            asked[name] = np.ones(len(frame), dtype=bool)
            cells[name] = column
            continue
        if question.relevant not in seen:
            seen[question.relevant] = holds(question.relevant, cells, questions, name)
        asked[name] = seen[question.relevant]
        cells[name] = column.copy()
        cells[name][~asked[name]] = None
    return pd.DataFrame(asked, index=frame.index)
