"""Burmese script: digits, invisible characters, Zawgyi."""

from __future__ import annotations

import math
import unicodedata

import pytest
from findings.myanmar import clean_text, digits, from_zawgyi, unicode_text, without_invisible, zawgyi_probability

WORDS = [
    ("ျမန္မာ", "မြန်မာ"),
    ("ေရႊ", "ရွှေ"),
    ("ရန္ကုန္", "ရန်ကုန်"),
    ("မႏၱေလး", "မန္တလေး"),
    ("အဂၤလိပ္", "အင်္ဂလိပ်"),
    ("ေက်ာင္း", "ကျောင်း"),
    ("ေနျပည္ေတာ္", "နေပြည်တော်"),
    ("ေမာ္လၿမိဳင္", "မော်လမြိုင်"),
    ("ျမစ္ႀကီးနား", "မြစ်ကြီးနား"),
]


@pytest.mark.parametrize(("zawgyi", "text"), WORDS)
def test_zawgyi_becomes_unicode_and_unicode_stays(zawgyi, text):
    text = unicodedata.normalize("NFC", text)
    assert unicode_text(zawgyi) == text
    assert unicode_text(text) == text
    assert unicodedata.normalize("NFC", from_zawgyi(zawgyi)) == text


@pytest.mark.parametrize("text", ["မ", "၁၂၃", "abc", ""])
def test_too_few_letters_are_not_judged(text):
    assert math.isnan(zawgyi_probability(text))
    assert unicode_text(text) == text


def test_shan_and_karen_are_not_zawgyi():
    for text in ("မိူင်းတႆး", "ကညီကျိာ်"):
        assert zawgyi_probability(text) < 0.05


@pytest.mark.parametrize(
    ("typed", "number"), [("၃၀", "30"), ("၂ဝ", "20"), ("႑႐", "10"), ("30", "30"), ("၁၂.၅", "12.5")]
)
def test_digits(typed, number):
    assert digits(typed) == number


def test_a_wa_in_a_word_stays_a_letter():
    assert digits("ဝင်") == "ဝင်"


def test_invisible_characters_and_blanks():
    assert without_invisible("\ufeff yes\u200b\u00a0 \u200cno ") == "yes no"
    assert clean_text(" ျမန္မာ\u200b ") == "မြန်မာ"
