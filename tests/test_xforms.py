"""Expressions of a form, as ODK means them: documented examples, plain Python beside, and XPath where both agree."""

from __future__ import annotations

import math
import random
import xml.etree.ElementTree as ElementTree
from datetime import datetime

import elementpath
import numpy as np
import pytest
from findings.xforms import FUNCTIONS, Answers, ExpressionError, Row, read
from findings.xforms_functions import Value
from hypothesis import given, settings
from hypothesis import strategies as st

# Function -> an example of the ODK documentation or of JavaRosa's and XPath's own tests, and what it gives.
EXAMPLES: dict[str, list[tuple[str, Value]]] = {
    "abs": [("abs(-3.5)", 3.5)],
    "acos": [("acos(1)", 0.0)],
    "asin": [("asin(0)", 0.0)],
    "atan": [("atan(0)", 0.0)],
    "atan2": [("atan2(0, 1)", 0.0)],
    "boolean": [("boolean('')", False), ("boolean('false')", True), ("boolean(0)", False), ("boolean(${none})", False)],
    "boolean-from-string": [("boolean-from-string('True')", True), ("boolean-from-string('yes')", False)],
    "ceiling": [("ceiling(1.2)", 2.0)],
    "checklist": [("checklist(1, 2, true(), false(), true())", True), ("checklist(-1, 1, true(), true())", False)],
    "coalesce": [("coalesce('', 'b')", "b"), ("coalesce('a', 'b')", "a"), ("coalesce(${none}, 7)", 7.0)],
    "concat": [("concat('a', 1, 'b')", "a1b")],
    "contains": [("contains('water', 'ate')", True)],
    "cos": [("cos(0)", 1.0)],
    "count-selected": [("count-selected(${many})", 3.0), ("count-selected(${none})", 0.0)],
    "date": [("date('2019-02-28') + 1 = date('2019-03-01')", True), ("date('')", ""),
             ("date(1)", datetime(1970, 1, 2))],
    "date-time": [("date-time('1970-01-01T12:30:00.000+06:30')", datetime(1970, 1, 1, 12, 30))],
    "decimal-date-time": [("decimal-date-time('1970-01-02T12:00')", 1.5)],
    "ends-with": [("ends-with('water', 'ter')", True)],
    "exp": [("exp(0)", 1.0)],
    "exp10": [("exp10(2)", 100.0)],
    "false": [("false()", False)],
    "floor": [("floor(-1.2)", -2.0)],
    "format-date": [("format-date('2019-01-05', '%d/%m/%Y')", "05/01/2019"), ("format-date('', '%Y')", "")],
    "format-date-time": [("format-date-time('2019-01-05T07:08', '%e %n %y %H:%M %h')", "5 1 19 07:08 7")],
    "if": [("if(${n} > 17, 'adult', 'minor')", "adult"), ("if('', 1, 2)", 2.0)],
    "int": [("int(3.9)", 3.0), ("int(-3.9)", -3.0), ("int('x')", math.nan)],
    "is-selected": [("is-selected(${many}, 'b')", True)],
    "join": [("join(', ', 'a', 'b', 'c')", "a, b, c")],
    "jr:choice-name": [("jr:choice-name(${one}, '${one}')", "Yes, always"), ("jr:choice-name('?', '${one}')", "")],
    "log": [("log(1)", 0.0), ("log(-1)", math.nan)],
    "log10": [("log10(1000)", 3.0)],
    "max": [("max(2, '', 11, '3')", 11.0), ("max('')", math.nan), ("max(-2, -5)", -2.0)],
    "min": [("min(2, '', 11)", 2.0)],
    "normalize-space": [("normalize-space('  a   b ')", "a b")],
    "not": [("not(true())", False), ("not('')", True)],
    "now": [("now() > date('2019-01-01')", True)],
    "number": [("number('12.5')", 12.5), ("number('')", math.nan), ("number('2e3')", math.nan), ("number(true())", 1.0),
               ("number('1970-01-11')", 10.0)],
    "once": [("once('new')", "new")],
    "pi": [("pi()", math.pi)],
    "pow": [("pow(2, 10)", 1024.0)],
    "regex": [("regex('abc', '[a-z]+')", True), ("regex('abc1', '[a-z]+')", False),
              ("regex('1abc', '[a-z]+$')", False)],
    "round": [("round(2.5)", 3.0), ("round(-2.5)", -2.0), ("round(1.235, 2)", 1.24), ("round(1234, -2)", 1200.0)],
    "selected": [("selected(${many}, 'b')", True), ("selected(${many}, 'bb')", False),
                 ("selected(${none}, '')", False)],
    "selected-at": [("selected-at(${many}, 0)", "a"), ("selected-at(${many}, 2)", "c"),
                    ("selected-at(${many}, 3)", "")],
    "sin": [("sin(0)", 0.0)],
    "sqrt": [("sqrt(9)", 3.0), ("sqrt(-9)", math.nan)],
    "starts-with": [("starts-with('water', 'wa')", True)],
    "string": [("string(3)", "3"), ("string(2.5)", "2.5"), ("string(date('2019-01-05'))", "2019-01-05"),
               ("string(true())", "true")],
    "string-length": [("string-length('abc')", 3.0), ("string-length(${none})", 0.0)],
    "substr": [("substr('hello', 1, 3)", "el"), ("substr('hello', 2)", "llo"), ("substr('hello', -2)", "lo")],
    "substring-after": [("substring-after('1999/04/01', '/')", "04/01"), ("substring-after('1999', '/')", "")],
    "substring-before": [("substring-before('1999/04/01', '/')", "1999"), ("substring-before('1999', '/')", "")],
    "tan": [("tan(0)", 0.0)],
    "today": [("today() = date('2025-03-31')", True), ("format-date(today(), '%b %Y')", "Mar 2025")],
    "translate": [("translate('bar', 'abc', 'AB')", "BAr"), ("translate('--aaa--', 'abc-', 'ABC')", "AAA")],
    "true": [("true()", True)],
    "weighted-checklist": [("weighted-checklist(2, 5, true(), 2.5, false(), 9)", True)],
}  # fmt: skip
ROW = Row(
    values={"n": 20.0, "many": "a b c", "none": "", "one": "yes", "date": datetime(2025, 3, 4), "code": "2"},
    now=datetime(2025, 3, 31),
    labels={"one": {"yes": "Yes, always"}},
)


def test_every_function_has_an_example():
    assert sorted(EXAMPLES) == FUNCTIONS


@pytest.mark.parametrize(("text", "expected"), [pair for pairs in EXAMPLES.values() for pair in pairs])
def test_a_function_gives_what_odk_documents(text, expected):
    assert (
        read(text).value(ROW) == pytest.approx(expected, nan_ok=True)
        if isinstance(expected, float)
        else (read(text).value(ROW) == expected)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # An empty answer is the empty text: no number, so it is neither less nor more, and no number's equal.
        ("${none} = ''", True), ("${none} < 5", False), ("${none} >= 0", False), ("${none} = 0", False),
        ("${none} != 0", True), ("${n} != ''", True), ("${n} = ''", False), ("not(${none} > 5)", True),
        # Numbers compare with texts as numbers, texts with texts as texts.
        ("${n} = '20'", True), ("'20' = '20.0'", False), ("${code} = 2", True), ("${code} = '2.0'", False),
        ("${code} + 1 = 3", True), ("true() = 'x'", True), ("'10' > '9'", True),
        # Dates are days in sums and comparisons, and ISO text beside text.
        ("${date} < today()", True), ("${date} = '2025-03-04'", True), ("today() - ${date} = 27", True),
        ("${date} > '2025-01-01'", True), ("${date} >= date('2025-03-05')", False),
        # Precedence, as XPath has it.
        ("1 + 2 * 3 = 7", True), ("7 mod 4 = 3 and -7 mod 4 = -3", True), ("10 div 4 = 2.5", True),
        ("true() or false() and false()", True), ("-${n} + 30 = 10", True), ("${n}-1 = 19", True),
        ("1 div 0 > 1000 and -1 div 0 < 0 and not(0 div 0 = 0)", True),
        # Quotes that a spreadsheet made typographic.
        ("${one} = \u2018yes\u2019", True),
        ("once('x') = 'x' and string-length() = 0 and normalize-space() = ''", True),
    ],
)  # fmt: skip
def test_values_are_odks(text, expected):
    assert read(text).holds(ROW) is expected


def test_the_current_answer():
    row = Row(values={"m": 7.0}, item=5.0)
    assert read(".> 3 and .<=5").holds(row) and read(". < ${m}").holds(row)
    assert not read("once(9) = 9").holds(row) and read("string-length() = 1").holds(row)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${a} = = 'yes'", "unexpected '='"),
        ("selected(${a}, 'x'", "cannot be read"),
        ("selected(${a}, 'x'))", "unexpected '[)]'"),
        ("", "empty"),
        ("selected(${a})", "Too few arguments"),
        ("coalesce(${a}, 1, 2)", "Too many arguments"),
        ("pulldata('list', 'a', 'b', ${a})", r"pulldata\(\)"),
        ("indexed-repeat(${a}, ${r}, 1)", r"indexed-repeat\(\)"),
        ("count(${r}) > 1", r"count\(\)"),
        ("True()", r"True\(\)"),
        ("../a = 1", "paths into the form"),
        ("/data/a > 1", "paths into the form"),
        ("instance('x')/root/item[name = 'a']/label", r"instance\(\)"),
        ("regex(., '[')", "regular expression"),
    ],
)
def test_what_is_not_evaluated_is_named(text, words):
    with pytest.raises(ExpressionError, match=words):
        read(text)


def test_names_are_references_or_columns():
    expression = read("${a} = 1 and ${b} or ${ a } and Region = ${region} and name != 'date'")
    assert expression.references == ("a", "b", "region") and expression.columns == {"region", "name"}


# --- a second evaluation: plain Python predicates over random data


def _n(text: str | None) -> float:
    return float(text) if text else math.nan


PREDICATES = {
    "${n} >= 18": lambda r: _n(r["n"]) >= 18,
    "${n} != '' and ${n} < ${k}": lambda r: r["n"] is not None and _n(r["n"]) < _n(r["k"]),
    "not(${n} > 10)": lambda r: not _n(r["n"]) > 10,
    "${one} = 'yes' or ${k} = 3": lambda r: r["one"] == "yes" or _n(r["k"]) == 3,
    "${one} != 'no'": lambda r: r["one"] != "no",
    "selected(${many}, 'a') and not(selected(${many}, 'b'))":
        lambda r: "a" in (r["many"] or "").split() and "b" not in (r["many"] or "").split(),
    "count-selected(${many}) > 1": lambda r: len((r["many"] or "").split()) > 1,
    "selected-at(${many}, 1) = 'b'": lambda r: (r["many"] or "").split()[1:2] == ["b"],
    "if(${one} = 'yes', ${n}, ${k}) >= 10": lambda r: _n(r["n"] if r["one"] == "yes" else r["k"]) >= 10,
    "coalesce(${n}, ${k}) < 12": lambda r: _n(r["n"] or r["k"]) < 12,
    "${n} + ${k} > 20": lambda r: _n(r["n"]) + _n(r["k"]) > 20,
    "string-length(${one}) = 3": lambda r: len(r["one"] or "") == 3,
    "regex(${n}, '[0-9]')": lambda r: r["n"] is not None and len(r["n"]) == 1,
    "${date} <= date('2025-02-01')": lambda r: r["date"] is not None and r["date"] <= "2025-02-01",
    "date('2025-03-01') - ${date} > 20":
        lambda r: r["date"] is not None and (datetime(2025, 3, 1) - datetime.fromisoformat(r["date"])).days > 20,
    "max(${n}, ${k}) = ${n}": lambda r: r["n"] is not None and _n(r["n"]) >= (_n(r["k"]) if r["k"] else -math.inf),
    "${n} mod 2 = 0": lambda r: r["n"] is not None and int(r["n"]) % 2 == 0,
}  # fmt: skip
KINDS = {"n": "integer", "k": "integer", "one": "select_one", "many": "select_multiple", "date": "date"}
COLUMNS = st.fixed_dictionaries(
    {
        "n": st.none() | st.integers(0, 30).map(str),
        "k": st.none() | st.integers(0, 20).map(str),
        "one": st.sampled_from([None, "yes", "no"]),
        "many": st.none() | st.lists(st.sampled_from("abc"), min_size=1, unique=True).map(" ".join),
        "date": st.none() | st.dates(datetime(2025, 1, 1).date(), datetime(2025, 3, 9).date()).map(str),
    }
)


def answers(rows: list[dict], **more) -> Answers:
    names = list(rows[0])
    return Answers({n: np.array([row[n] for row in rows] + [None], dtype=object)[:-1] for n in names}, KINDS, **more)


@settings(deadline=None, max_examples=60)
@given(st.lists(COLUMNS, min_size=1, max_size=40))
def test_plain_python_says_the_same(rows):
    for text, predicate in PREDICATES.items():
        yes, no = answers(rows).judged(text)
        assert yes.tolist() == [predicate(row) for row in rows], text
        assert (yes ^ no).all()


def _expression(draw: random.Random, depth: int) -> str:
    """An expression of numbers, of which XPath and ODK have one opinion."""
    if depth == 0:
        return draw.choice(["$a", "$b", "3", "2.5", "number('7')", "string-length('abcd')"])
    left, right = (_expression(draw, depth - 1) for _ in range(2))
    return draw.choice(
        [f"({left} + {right})", f"({left} - {right})", f"{left} * {right}", f"({left} div 4)", f"round({left})"]
    )


def test_xpath_says_the_same_of_numbers():
    draw, form = random.Random(1), ElementTree.Element("form")
    for _ in range(300):
        sides = [_expression(draw, 3) for _ in range(4)]
        text = (
            f"{sides[0]} {draw.choice(['<', '>', '<=', '>=', '=', '!='])} {sides[1]} {draw.choice(['and', 'or'])} "
            f"not({sides[2]} > {sides[3]})"
        )
        values = {"a": float(draw.randint(-9, 9)), "b": draw.randint(0, 40) / 4}
        known = elementpath.select(form, text, parser=elementpath.XPath1Parser, variables=values)
        ours = read(text.replace("$a", "${a}").replace("$b", "${b}")).holds(Row(values=dict(values)))
        assert ours is known, text


def test_todays_date_is_known_to_the_month():
    rows = [{"date": day, "interview_month": month} for day, month in [
        ("2025-02-28", "2025-03"), ("2025-03-10", "2025-03"), ("2025-04-01", "2025-03"), ("2025-04-01", None),
        ("2025-12-31", "2025-12"),
    ]]  # fmt: skip
    yes, no = answers(rows).judged(". <= today()", "date")
    assert yes.tolist() == [True, False, False, False, False]
    assert no.tolist() == [False, False, True, False, False]


def test_a_number_is_one_as_any_software_writes_it():
    rows = [{"n": text} for text in ("1e+05", "100000", "100000.0", "nan", "x", "")]
    yes, no = answers(rows).judged(". = 100000", "n")
    assert yes.tolist() == [True, True, True, False, False, False] and (yes ^ no).all()


def test_a_filter_holds_for_each_code_of_the_form():
    rows = [{"many": many, "one": one} for many, one in [
        ("a b", "yes"), ("a c", "yes"), ("c", "no"), ("new", "yes"), ("", "yes")]]  # fmt: skip
    choices = {"a": {"name": "a", "for": "yes"}, "b": {"name": "b", "for": "yes"}, "c": {"name": "c", "for": "no"}}
    yes, no = answers(rows).judged("for = ${one}", "many", choices)
    assert yes.tolist() == [True, False, True, True, True] and (yes ^ no).all()


def test_many_columns_are_one_combination_each():
    rows = [{name: str(i % (j + 2)) for j, name in enumerate(names)} for names in [[f"c{j}" for j in range(30)]]
            for i in range(200)]  # fmt: skip
    text = " and ".join(f"${{c{j}}} = '{3 % (j + 2)}'" for j in range(30))
    yes, _ = answers(rows).judged(text)
    assert yes.tolist() == [all(row[f"c{j}"] == str(3 % (j + 2)) for j in range(30)) for row in rows] and yes.any()
