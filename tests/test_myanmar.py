"""Burmese script: digits, zero and wa, invisible characters, order of marks, Zawgyi by respondent and column."""

from __future__ import annotations

import math
import random
import unicodedata

import numpy as np
import pytest
from findings.myanmar import (
    canonical,
    clean_text,
    clean_texts,
    digits,
    evidence,
    from_zawgyi,
    syllables,
    without_invisible,
    zawgyi_probability,
    zero_and_wa,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from myanmartools import ZawgyiDetector

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
    ("၀န္ေဆာင္မႈ", "ဝန်ဆောင်မှု"),
    ("ေ၀းေ၀း", "ဝေးဝေး"),
    ("ဧရာ၀တီျမစ္", "ဧရာဝတီမြစ်"),
    ("၄င္းတို႔", "၎င်းတို့"),
    ("ေယာက္်ား", "ယောက်ျား"),
    ("ကၽြန္ုပ္", "ကျွန်ုပ်"),
]
# Real sentences, of the Shan Herald, Independent Mon News, Karen News and KIC News, as published in Unicode.
SHAN = [
    "ပႃႇတီႇမိူင်းမွၼ်းမႂ်ႇ ၼႂ်းၵၢၼ်မိူင်းၵၢၼ်သိုၵ်း တိုၵ်းတေႃးမႃးၸိူင်ႉႁိုဝ်?",
    "ၵၢၼ်မိူင်းၵၢၼ်သိုၵ်းၵိုၵ်းပႃးၵၢၼ်လုၵ်ႉၽိုၼ်ႉမႃးပၢၼ်သိုပ်ႇပၢၼ် ဢမ်ႇဝႃႈၸၢဝ်းၶိူဝ်းလႂ်ၼႂ်းမိူင်းႁူမ်ႈတုမ်မၢၼ်ႈၼႆႉ လႆႈထူပ်းမႃးၵူႈၸၢဝ်းၶိူဝ်းယူႇ၊",
]
MON = [
    "သ္ၚိမၞုံပ္ဍဲအရာပ်ဗၟံက် အရာပ်ပလိုတ် ဂၠံၚ်ကွဳပၟတ် ကွာန်ဇိုၚ်ကျာ်တံဂှ် တူအာရောၚ် ဂွံတီကေတ်ရ။",
    "လမျီုမည်ဂှ် အရေဝ်မည်ရ။ အရေဝ်မည်ဂွံဗိုန်ဂှ် လိက်ရောၚ် ဗဗိုန်ပခိုၚ်ကဵု။",
]
KAREN = [
    "ကညီသးစၢ်ဃုထၢထီၣ် လီၢ်ခၢၣ်သးကမံးတံာ်ခဲလၢာ်အသီ လၢကဟံးစုနဲၣ်ကျဲတၢ်မၤ",
    "ကညီသးစၢ် တၢ်မၤရဲၣ်ကျဲၤခိၣ်သ့ၣ် ကဟဲအိၣ်ဖျါထီၣ်အဂီၢ် တၢ်ဒုးအိၣ်ထီၣ် တၢ်မၤကမံးတံာ် ၃ ဖု",
    "ဖဲလါမးရှး ၈ သီ ၂၀၂၀ နံၣ် အနံၤ ကညီပိၥ်မုၣ်ကရၢ တီခိၣ်ရိၣ်မဲ ဒီး မၤလၤမၤကပီၤဝဲ ဟီၣ်ခိၣ်ဒီဘ့ၣ် ပိၥ်မုၣ်မုၢ်နံၤ",
]
BURMESE = [text for _, text in WORDS]
ZAWGYI = [zawgyi for zawgyi, _ in WORDS]


def cells(*texts):
    return np.array([*texts, None], dtype=object)[:-1]


@pytest.mark.parametrize(("zawgyi", "text"), WORDS)
def test_zawgyi_becomes_unicode_and_unicode_stays(zawgyi, text):
    text = unicodedata.normalize("NFC", text)
    assert clean_text(zawgyi, True) == clean_text(zawgyi) == text
    assert clean_text(text) == clean_text(text, False) == text


@pytest.mark.parametrize("text", ["မ", "၁၂၃", "abc", ""])
def test_too_few_letters_are_not_judged(text):
    assert math.isnan(zawgyi_probability(text))
    assert clean_text(text) == text


@pytest.mark.parametrize("text", SHAN + MON + KAREN)
def test_shan_mon_and_karen_are_never_converted(text):
    assert clean_text(text) == text
    words = text.split()
    for word in words:
        assert clean_text(word) == word and not zawgyi_probability(word) > 0.95
    # Not even among the texts of one who types Zawgyi, or in a column full of it.
    found = clean_texts({"a": cells(text, *ZAWGYI), "b": cells(" ".join(ZAWGYI), *ZAWGYI)})
    assert found.texts["a"].tolist() == [text, *BURMESE] and not found.converted["a"][0]


def test_what_only_zawgyi_cannot_decide_is_converted_where_it_is_known():
    assert clean_text("ေစ်း", True) == "ဈေး" and clean_text("ေစ်း") == "ေစ်း"


def test_the_evidence_is_the_detector_s():
    detector = ZawgyiDetector()
    for text in [*ZAWGYI, *BURMESE, " ".join(ZAWGYI), "ဒေတာ မကွေး", "အုပ္စု"]:
        letters, odds, _ = evidence(text)
        if letters >= 3 and math.isfinite(odds):
            assert zawgyi_probability(text) == pytest.approx(detector.get_zawgyi_probability(text), abs=1e-6)


def test_short_texts_follow_their_respondent():
    # `မွ` is Zawgyi's မှ and Unicode's မွ: by itself nobody knows.
    long = " ".join(ZAWGYI)
    found = clean_texts({"short": cells("မွ", "မွ", None), "long": cells(long, " ".join(BURMESE), long)})
    assert found.texts["short"].tolist() == ["မှ", "မွ", None]
    assert found.converted["short"].tolist() == [True, False, False]
    assert not found.doubtful["short"].any()


def test_short_words_of_shan_mon_and_karen_are_not_converted_in_a_column_of_zawgyi():
    short = sorted({word for text in SHAN + MON + KAREN for word in syllables(text) if len(word) == 2})
    assert len(short) >= 20
    column = cells(*short, *ZAWGYI)
    assert clean_texts({"a": column}).texts["a"].tolist() == [*short, *BURMESE]


def test_respondents_who_say_too_little_follow_the_column():
    found = clean_texts({"a": cells("မွ", *ZAWGYI)})
    assert found.texts["a"][0] == "မှ" and found.converted["a"].all()
    found = clean_texts({"a": cells("မွ", *BURMESE)})
    assert found.texts["a"][0] == "မွ" and not found.converted["a"].any() and not found.doubtful["a"].any()


def test_what_nobody_decides_is_flagged_and_left():
    mixed = clean_texts({"a": cells("မွ", *ZAWGYI, *BURMESE)})
    assert mixed.texts["a"].tolist() == ["မွ", *BURMESE, *BURMESE]
    assert mixed.doubtful["a"].tolist() == [True] + [False] * 2 * len(WORDS)
    alone = clean_texts({"a": cells("အုပ္စု", "က", "good")})
    assert alone.texts["a"].tolist() == ["အုပ္စု", "က", "good"] and alone.doubtful["a"].tolist() == [True, False, False]


def test_a_text_against_its_respondent_is_flagged_and_left():
    found = clean_texts({"a": cells(" ".join(ZAWGYI)), "b": cells("မန္တလေးမြို့က")})
    assert found.converted["a"].all() and found.texts["b"].tolist() == ["မန္တလေးမြို့က"] and found.doubtful["b"].all()
    found = clean_texts({"a": cells(" ".join(BURMESE)), "b": cells("ေမာ္လၿမိဳင္")})
    assert found.texts["b"].tolist() == ["ေမာ္လၿမိဳင္"] and found.doubtful["b"].all()


def test_a_sound_text_is_not_zawgyi_whatever_the_detector_says():
    text = "ခြား၍"
    assert zawgyi_probability(text) > 0.95 and clean_text(text, True) != text
    found = clean_texts({"a": cells(text)})
    assert found.texts["a"].tolist() == [text] and found.doubtful["a"].all()


def test_empty_columns_and_cells():
    assert clean_texts({}).texts == {}
    assert clean_texts({"a": cells()}).texts["a"].tolist() == []
    assert clean_texts({"a": cells(None, " \u200b")}).texts["a"].tolist() == [None, None]


@pytest.mark.parametrize(
    ("typed", "number"), [("၃၀", "30"), ("၂ဝ", "20"), ("႑႐", "10"), ("30", "30"), ("၁၂.၅", "12.5"), ("ဝ", "ဝ")]
)
def test_digits(typed, number):
    assert digits(typed) == number


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("၀န်ဆောင်မှု", "ဝန်ဆောင်မှု"), ("ဘ၀", "ဘဝ"), ("ဧရာ၀တီ", "ဧရာဝတီ"), ("၀တ္ထု", "ဝတ္ထု"), ("ဇေယျ၀တီ", "ဇေယျဝတီ"),
        ("ကမာ၀က်", "ကမာဝက်"), ("၀ိုင်း", "ဝိုင်း"), ("တၢ်၀ဲ", "တၢ်ဝဲ"), ("၂ဝ၁၉နံၣ်", "၂၀၁၉နံၣ်"), ("၁ဝဝ", "၁၀၀"),
        ("၁,ဝဝဝ", "၁,၀၀၀"), ("ဝ၉ ၄၂ဝ", "၀၉ ၄၂၀"), ("2ဝ", "20"), ("၅ဝရာခိုင်နှုန်း", "၅၀ရာခိုင်နှုန်း"),
    ],
)  # fmt: skip
def test_zero_and_wa_by_their_neighbours(typed, meant):
    assert zero_and_wa(typed) == meant == zero_and_wa(meant)


@pytest.mark.parametrize(
    "text",
    ["ဝင်", "၁၀", "၁၀ရက်", "၀", "၀.၅", "အလေး ၀.၅", "၁၀း၃၀", "၅း၀၀", "၃ဝန်ကြီး", "ဘဝ၂", "၁၀၀%", "ကလေးဝ", "၀ ကျပ်", "0", "ဝါ"],
)
def test_zero_and_wa_that_are_right_stay(text):
    assert zero_and_wa(text) == text


def test_invisible_characters_and_blanks():
    assert without_invisible("\ufeff yes\u200b\u00a0 \u200cno \u202c") == "yes no"
    assert clean_text(" ျမန္မာ\u200b ") == "မြန်မာ"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("\u1000\u102f\u102d", "\u1000\u102d\u102f"),  # vowel below before the one above
        ("\u101b\u103e\u103d\u1031", "\u101b\u103d\u103e\u1031"),  # ha before wa
        ("\u1000\u1031\u103b\u102c", "\u1000\u103b\u1031\u102c"),  # e before the medial
        ("\u101e\u1037\u102d\u102f", "\u101e\u102d\u102f\u1037"),  # dot below first
        ("\u101e\u1036\u102f\u1038", "\u101e\u102f\u1036\u1038"),  # anusvara before the vowel
        ("\u1014\u103a\u1037", "\u1014\u1037\u103a"),  # asat and dot below, in the order of NFC
        ("\u1010\u1031\u1037\u102c\u103a", "\u1010\u1031\u102c\u1037\u103a"),  # the dot of `တော့်` before the aa
        ("\u1025\u102e", "\u1026"), ("\u1025\u103a", "\u1009\u103a"), ("\u1000\u102d\u102d", "\u1000\u102d"),
    ],
)  # fmt: skip
def test_marks_that_look_the_same_become_the_same(typed, meant):
    assert canonical(typed) == meant == canonical(meant)


@pytest.mark.parametrize(
    "text", ["ယောက်ျား", "ကျွန်ုပ်", "ဂှ်", "မႂ်ႇ", "တံာ်", "လၢႆး", "ကောပ်ကာဲ", "ပေဲါ", "ဘ့ၣ်", "သင်္ဘော", "ႄလႈလၢႆးႄၵႈ"]
)
def test_marks_that_are_seen_to_stand_elsewhere_stay(text):
    assert canonical(text) == unicodedata.normalize("NFC", text)


LETTERS = st.text(
    st.characters(min_codepoint=0x1000, max_codepoint=0x109F) | st.sampled_from(" 09.၊\u200b"), max_size=12
)


@settings(deadline=None, max_examples=400)
@given(LETTERS, st.sampled_from([None, False, True]))
def test_cleaning_twice_is_cleaning_once(text, zawgyi):
    once = clean_text(text, zawgyi)
    assert clean_text(once, False) == once


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(BURMESE + SHAN + MON + KAREN), min_size=1, max_size=6), st.integers(0, 99))
def test_unicode_in_order_is_never_changed_and_its_marks_are_put_back(words, seed):
    text = " ".join(words)
    assert clean_text(text) == text
    assert clean_texts({"a": cells(text), "b": cells(words[0])}).texts["a"].tolist() == [text]
    shuffled = random.Random(seed)
    burmese = " ".join(word for word in words if word in BURMESE)
    assert canonical(_shuffled(burmese, shuffled)) == burmese


def _shuffled(text, shuffled):
    """The text with the marks above and below each letter in any order; asat, aa and e stay."""
    made, marks = "", []
    for letter in f"{text} ":
        if letter in "\u102d\u102e\u102f\u1030\u1032\u1036\u1037\u103b\u103c\u103d\u103e":
            marks.append(letter)
        else:
            shuffled.shuffle(marks)
            made, marks = made + "".join(marks) + letter, []
    return made[:-1]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
def test_zawgyi_and_unicode_of_one_sentence_become_one_text(words):
    zawgyi, text = (" ".join(word[i] for word in words) for i in (0, 1))
    assert clean_text(zawgyi, True) == clean_text(text, False) == text
    assert clean_text(from_zawgyi(zawgyi), False) == text
