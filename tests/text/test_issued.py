from __future__ import annotations

from findings.text.issued import digits_of, issue, issued, lines, numerals_of, plain, rest, unmarked
from hypothesis import given
from hypothesis import strategies as st

KEY = "adoption.uses.proportion|weights=none@w"


def test_an_issued_number_carries_its_key_and_reads_as_before():
    words = f"Use: {issue(KEY, '37% (34–40%)')} of all 12."
    assert plain(words) == "Use: 37% (34–40%) of all 12."
    assert issued(words) == [(KEY, "37% (34–40%)")]
    assert numerals_of(rest(words)) == {"12": 1}


def test_what_holds_no_numeral_is_not_issued_and_what_is_issued_inside_is_taken_over():
    assert issue(KEY, "withheld") == "withheld"
    assert issued(issue(KEY, f"{issue('inner', '3')} to {issue('inner', '4')}")) == [(KEY, "3 to 4")]


def test_a_number_broken_over_lines_keeps_its_key_on_each():
    broken = list(lines(f"of {issue(KEY, '1,234 to 5,678')} people".split(" ")))
    assert [issued(line) for line in broken] == [[], [(KEY, "1,234")], [(KEY, "to")], [(KEY, "5,678")], []]


def test_numerals_of_every_script_are_the_same_numerals():
    assert numerals_of("၁,၂၃၄ နှင့် 0.05; ၂၅") == {"1,234": 1, "0.05": 1, "25": 1}
    assert digits_of("1,234.") == {"1": 1, "234": 1}


def test_content_is_printed_without_marks_however_deep():
    assert unmarked({"a": [issue(KEY, "5"), None, 2], "b": (True, {"c": issue(KEY, "6")})}) == {
        "a": ["5", None, 2],
        "b": [True, {"c": "6"}],
    }


@given(st.lists(st.tuples(st.text("ab ၁9", max_size=5), st.from_regex(r"\d{1,3}%?", fullmatch=True)), max_size=6))
def test_what_was_issued_and_what_was_not_is_the_whole_text(pieces):
    words = "".join(free + issue(f"k{n}", number) for n, (free, number) in enumerate(pieces))
    assert plain(words) == "".join(free + number for free, number in pieces)
    assert issued(words) == [(f"k{n}", number) for n, (_, number) in enumerate(pieces)]
    assert rest(words) == "".join(f"{free}\ufffc" for free, _ in pieces)
