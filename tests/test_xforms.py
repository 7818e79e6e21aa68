"""The form's conditions, as XForms means them."""

from __future__ import annotations

import pandas as pd
import pytest
from findings.errors import FindingsError
from findings.instrument import Question
from findings.xforms import cells_of, holds, references, relevance


def question(name, kind="select_one", relevant=""):
    return Question(name, kind, "l", {}, relevant, "", False, "")


FRAME = pd.DataFrame(
    {"a": ["yes", "no", None, "yes"], "n": ["20", "7", None, "17"], "m": ["x y", "xy", "", None]}, dtype="string"
)
QUESTIONS = {"a": question("a"), "n": question("n", "integer"), "m": question("m", "select_multiple")}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("${a} = 'yes'", [1, 0, 0, 1]),
        ("${n} >= 18", [1, 0, 0, 0]),
        ("${n} != ''", [1, 1, 0, 1]),
        ("not(${n} > 10)", [0, 1, 1, 0]),
        ("selected(${m}, 'x')", [1, 0, 0, 0]),
        ("count-selected(${m}) = 2", [1, 0, 0, 0]),
        ("selected-at(${m}, 1) = 'y'", [1, 0, 0, 0]),
        ("${a} = 'yes' and (${n} < 18 or selected(${m}, 'q'))", [0, 0, 0, 1]),
        ("if(${a} = 'yes', ${n}, 0) > 18", [1, 0, 0, 0]),
        ("coalesce(${n}, '99') > 50", [0, 0, 1, 0]),
        ("regex(${n}, '[0-9]')", [0, 1, 0, 0]),
        ("true()", [1, 1, 1, 1]),
    ],
)
def test_conditions(expression, expected):
    columns = {name: cells_of(FRAME[name]) for name in FRAME}
    assert holds(expression, columns, QUESTIONS, "q").tolist() == [bool(e) for e in expected]


def test_a_broken_condition_names_its_question():
    with pytest.raises(FindingsError, match="cannot be read") as caught:
        holds("${a} = = 'yes'", {"a": cells_of(FRAME["a"])}, QUESTIONS, "my_question")
    assert "my_question" in str(caught.value)


def test_references():
    assert references("${a} = 1 and ${b} or ${ a }") == ["a", "b"]


def test_what_was_not_asked_is_empty_for_what_follows():
    questions = {
        "a": question("a"),
        "b": question("b", relevant="${a} = 'yes'"),
        "c": question("c", relevant="${b} = '1'"),
        "d": question("d", relevant="${not_in_the_export} = '1'"),
    }
    frame = pd.DataFrame({"a": ["yes", "no"], "b": ["1", "1"], "c": ["x", "x"], "d": ["x", "x"]}, dtype="string")
    asked = relevance(frame, questions)
    assert asked.to_dict("list") == {"a": [True, True], "b": [True, False], "c": [True, False], "d": [True, True]}
