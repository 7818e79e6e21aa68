"""Expressions of an XLSForm: read by elementpath, evaluated as ODK evaluates them.

elementpath parses (XPath 1.0: precedence, literals, names, number of arguments); values are those of ODK, which differ
from XPath's: an empty answer is the empty text, `=` compares as numbers where one side is a number, and a date is a
number of days in comparisons and sums. Sources: ODK XForms specification, "XPath functions" and "Data types"; JavaRosa,
XPathFuncExpr, XPathEqExpr and XPathCmpExpr; getodk docs, "Form Operators and Functions".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from elementpath import ElementPathError, XPath1Parser
from elementpath.tdop import Parser
from elementpath.xpath_tokens import NameToken

from findings.xforms_functions import CALLS, OPERATORS, Value, as_date, boolean, string

Cells = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]
REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
# Typographic quotes that spreadsheets put in place of straight ones; pyxform mends them too.
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_CLOCK = frozenset({"today", "now"})
MONTH = "interview_month"


class ExpressionError(Exception):
    """An expression that is not read: its message is a sentence without the expression."""


@dataclass
class Row:
    """What an expression is evaluated on.

    `values` of references, `item` (`.`), `choice` (columns of the choices sheet), `now`, and the `labels` of coded
    answers, question -> code -> label.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    item: Value = ""
    choice: Mapping[str, str] = field(default_factory=dict)
    now: datetime | None = None
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


Evaluated = Callable[[Row], Value]


@dataclass(frozen=True)
class Expression:
    """An expression that was read: its `references`, the `columns` of choices it names, whether it asks the clock."""

    references: tuple[str, ...]
    columns: frozenset[str]
    clock: bool
    value: Evaluated

    def holds(self, row: Row) -> bool:
        """Whether the expression is true of a row."""
        return boolean(self.value(row))


class _Name(NameToken):
    """A name; before a bracket, a function that is not known here."""

    def nud(self) -> Any:
        if self.parser.next_token.symbol == "(":
            raise ExpressionError(f"It uses {self.value}(), a function that is not supported.")
        return super().nud()


class XFormsParser(XPath1Parser):
    """XPath 1.0 with the functions of XForms."""

    def parse(self, source: str) -> Any:
        """The token tree; nothing is evaluated."""
        if self.tokenizer is None:
            self.tokenizer = self.create_tokenizer(self.symbol_table)
        return Parser.parse(self, source)


# Functions of the row, and those that evaluate only the argument they need.
_OF_ROW: dict[str, int | tuple[int, int]] = {
    "if": 3, "coalesce": 2, "once": 1, "today": 0, "now": 0, "choice-name": 2, "string-length": (0, 1),
    "normalize-space": (0, 1),
}  # fmt: skip
FUNCTIONS = sorted({*CALLS, *_OF_ROW} - {"choice-name"} | {"jr:choice-name"})

XFormsParser.symbol_table["(name)"] = _Name
for _symbol, _arguments in {**{name: nargs for name, (nargs, _) in CALLS.items()}, **_OF_ROW}.items():
    if _symbol in XFormsParser.symbol_table:
        XFormsParser.unregister(_symbol)
    XFormsParser.function(_symbol, nargs=_arguments)


@cache
def read(text: str) -> Expression:
    """The expression of a form's cell; raises ExpressionError on what is no expression or is not supported."""
    source = text.translate(_QUOTES).replace("jr:choice-name", "choice-name")
    names = tuple(dict.fromkeys(REFERENCE.findall(source)))
    try:
        # Blanks, as pyxform leaves them: `${a}-1` is a difference and not a name.
        token = XFormsParser().parse(REFERENCE.sub(r" $\1 ", source))
    except ElementPathError as error:
        raise ExpressionError(f"It cannot be read: {str(error).rpartition('] ')[2]}.") from None
    clock = any(part.symbol in _CLOCK for part in token.iter())
    return Expression(names, frozenset(_names(token)), clock, _evaluated(token))


def _names(token: Any) -> Iterator[str]:
    """Names that are no references: columns of the choices sheet, in lower case."""
    if token.symbol == "(name)":
        yield str(token.value).lower()
    elif token.symbol != "$":
        for part in token:
            yield from _names(part)


def _evaluated(token: Any) -> Evaluated:
    """The tree below `token` as one function of a row."""
    symbol, value = token.symbol, token.value
    if symbol == "(string)":
        return lambda row: str(value)
    if symbol in ("(integer)", "(decimal)", "(float)"):
        number = float(value)
        return lambda row: number
    if symbol == "$":
        name = str(value)
        return lambda row: row.values[name]
    if symbol == ".":
        return lambda row: row.item
    if symbol == "(name)":
        column = str(value).lower()
        return lambda row: row.choice.get(column, "")
    arguments = [_evaluated(part) for part in token]
    if symbol == "(" and len(arguments) == 1:
        return arguments[0]
    if symbol in _OF_ROW or symbol in ("and", "or"):
        return _of_row(symbol, arguments)
    if symbol == "regex" and token[1].symbol == "(string)":
        _pattern(str(token[1].value))
    if symbol in OPERATORS and len(arguments) == 2:
        operator, (left, right) = OPERATORS[symbol], arguments
        return lambda row: operator(left(row), right(row))
    if symbol == "-" and len(arguments) == 1:
        return lambda row: OPERATORS["-"](0.0, arguments[0](row))
    if symbol in CALLS:
        call = CALLS[symbol][1]
        return lambda row: call(*[argument(row) for argument in arguments])
    raise ExpressionError(
        f"It uses {symbol}(), a function that is not supported."
        if token.label == "function"
        else f"It uses `{symbol}`: paths into the form are not supported, only ${{question}}."
    )


def _of_row(symbol: str, arguments: list[Evaluated]) -> Evaluated:
    if symbol in ("today", "now"):
        return lambda row: row.now if row.now is not None else ""
    if symbol in ("string-length", "normalize-space") and not arguments:
        arguments = [lambda row: row.item]
    first, *rest = arguments
    if symbol == "and":
        return lambda row: boolean(first(row)) and boolean(rest[0](row))
    if symbol == "or":
        return lambda row: boolean(first(row)) or boolean(rest[0](row))
    if symbol == "if":
        return lambda row: rest[0](row) if boolean(first(row)) else rest[1](row)
    if symbol == "coalesce":
        return lambda row: rest[0](row) if _is_empty(first(row)) else first(row)
    if symbol == "once":
        return lambda row: first(row) if _is_empty(row.item) else row.item
    if symbol == "choice-name":
        return lambda row: row.labels.get(string(rest[0](row)).strip(" $"), {}).get(string(first(row)), "")
    if symbol == "string-length":
        return lambda row: float(len(string(first(row))))
    return lambda row: " ".join(string(first(row)).split())


def _is_empty(value: Value) -> bool:
    return value == "" or value != value


def _pattern(text: str) -> None:
    try:
        re.compile(text)
    except re.error:
        raise ExpressionError("It has a regular expression that cannot be read.") from None


def typed(kind: str, text: str) -> Value:
    """A cell as ODK holds the answer to a question of type `kind`: a number, a date, or text where it is neither."""
    if kind in ("integer", "decimal", "range"):
        try:
            # Exports that went through other software have exponents (1e+05), which ODK's own texts have not.
            return number if math.isfinite(number := float(text)) else text
        except ValueError:
            return text
    if kind in ("date", "dateTime") and isinstance(date := as_date(text), datetime):
        return date
    return text


# Expression and the column that `.` stands for -> the answers that it names -> where it holds, and where it does not.
Memo = dict[tuple[str, str | None], dict[tuple[str, ...], tuple[bool, bool]]]
# Answers kept of an expression at most, so that those of a million respondents fit into memory.
KEPT = 2**17


class Answers:
    """Columns of text as expressions see them: typed, each column's distinct answers coded once; code 0 is empty.

    `cells`: name -> (rows,) text, None = empty; today's date rests on `interview_month` (YYYY-MM). `kinds`: name ->
    type of question. `labels`: question -> code -> label. `memo` keeps what expressions gave, for others of the same
    kinds and labels.
    """

    def __init__(
        self,
        cells: Mapping[str, Cells],
        kinds: Mapping[str, str],
        labels: Mapping[str, Mapping[str, str]] | None = None,
        memo: Memo | None = None,
    ) -> None:
        self._memo = memo
        self._cells, self._kinds, self._labels = cells, kinds, labels or {}
        self._coded: dict[str, tuple[npt.NDArray[np.intp], list[str]]] = {}
        self._typed: dict[str, list[Value]] = {}
        self.rows = len(next(iter(cells.values()), ()))

    def __contains__(self, name: str) -> bool:
        return name in self._cells

    def answered(self, name: str) -> Bools:
        """Where a column has an answer (rows,)."""
        answered: Bools = self._column(name)[0] > 0
        return answered

    def blank(self, name: str, rows: Bools) -> None:
        """Count the answers in `rows` as empty from here on."""
        codes, values = self._column(name)
        self._coded[name] = (np.where(rows, 0, codes), values)

    def judged(
        self, text: str, item: str | None = None, choices: Mapping[str, Mapping[str, str]] | None = None
    ) -> tuple[Bools, Bools]:
        """Where an expression holds, and where it does not (rows,); neither where that hangs on an interview's day.

        `item` is the column that `.` stands for. With `choices` (code -> columns of the choices sheet) the expression
        is a filter, and has to hold for each code of `item` that they have. Each distinct combination of the answers is
        evaluated once.
        """
        expression = read(text)
        names = list(dict.fromkeys([*expression.references, *([item] if item is not None else [])]))
        clock = [MONTH] if expression.clock and MONTH in self else []
        codes, first = self._combinations([*names, *clock])
        yes, no = np.zeros(len(first), dtype=bool), np.zeros(len(first), dtype=bool)
        columns = [(name, self._column(name)[0], self._values(name)) for name in names]
        texts = [self._column(name) for name in (*names, *clock)]
        row = Row(labels=self._labels)
        seen: dict[tuple[str, ...], tuple[bool, bool]] = {}
        if self._memo is not None and choices is None:
            seen = self._memo.setdefault((text, item), seen)
        for i, at in enumerate(first):
            said = tuple(values[of[at]] for of, values in texts)
            told = seen.get(said)
            if told is None:
                row.values = {name: known[of[at]] for name, of, known in columns}
                row.item = row.values.get(item or "", "")
                found = set()
                for now in _ends(self._text(MONTH, at) if clock else "") if expression.clock else (None,):
                    row.now = now
                    found.add(expression.holds(row) if choices is None else _filtered(expression, row, choices))
                told = found == {True}, found == {False}
                if len(seen) < KEPT:
                    seen[said] = told
            yes[i], no[i] = told
        return yes[codes], no[codes]

    def _text(self, name: str, row: int) -> str:
        codes, values = self._column(name)
        return values[codes[row]]

    def _column(self, name: str) -> tuple[npt.NDArray[np.intp], list[str]]:
        if name not in self._coded:
            codes, values = pd.factorize(self._cells[name])
            self._coded[name] = (np.asarray(codes, dtype=np.intp) + 1, ["", *map(str, values)])
        return self._coded[name]

    def _values(self, name: str) -> list[Value]:
        if name not in self._typed:
            kind = self._kinds.get(name, "text")
            self._typed[name] = [typed(kind, text) for text in self._column(name)[1]]
        return self._typed[name]

    def _combinations(self, names: list[str]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Which distinct combination of the columns each row has (rows,), and the first row of each."""
        key, size = np.zeros(self.rows, dtype=np.int64), 1
        for name in names:
            codes, values = self._column(name)
            if size * len(values) > 2**62:
                key, found = pd.factorize(key)
                size = len(found)
            key, size = key * len(values) + codes, size * len(values)
        codes, found = pd.factorize(key)
        first = np.zeros(len(found), dtype=np.intp)
        first[codes[::-1]] = np.arange(self.rows, dtype=np.intp)[::-1]
        return np.asarray(codes, dtype=np.intp), first


def _filtered(expression: Expression, row: Row, choices: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a choice filter holds for each code of the answer that the form has."""
    for code in string(row.item).split():
        row.choice = choices.get(code, {})
        if row.choice and not expression.holds(row):
            return False
    return True


def _ends(month: str) -> tuple[datetime, ...]:
    """The first and the last moment of a month; nothing where it is unknown."""
    # ASSUME[interview_day]: a rule that asks for today's date holds, or is broken, if it is so on the first and on the
    # last day of the month of the interview: ingest keeps no day.
    if not month:
        return ()
    start = datetime.strptime(month, "%Y-%m")
    after = datetime(start.year + start.month // 12, start.month % 12 + 1, 1)
    return start, after - timedelta(days=1)


def cells_of(column: pd.Series) -> Cells:
    """A text column as an array of str, None = empty (rows,)."""
    cells: Cells = column.astype(object).to_numpy(dtype=object, copy=True)
    cells[column.isna().to_numpy(dtype=bool)] = None
    return cells
