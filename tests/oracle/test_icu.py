"""Burmese texts against ICU: conversion from Zawgyi, order of marks, NFC, digits."""

from __future__ import annotations

import json
import unicodedata

import icu
import pytest
from findings.myanmar import canonical, clean_text, digits, from_zawgyi

ANSWERS = json.loads(icu.PATH.read_text(encoding="utf-8"))
# Where we differ from ICU, and why.
EXCEPTIONS = {
    "၀": "ICU takes any zero at the beginning of a text for the letter wa; alone it is the number 0",
    "၄": "ICU takes any four at the beginning of a text for the sign ၎; only in ၎င်း is it one",
}
HINT = f"not run: uconv is not installed; {icu.INSTALL}"


def test_the_corpus_is_large_enough_and_has_what_is_hard():
    texts = [answer["text"] for answer in ANSWERS]
    assert len(texts) > 500 and sum(" " in text for text in texts) > 200
    for part in ("င်္", "ျွ", "ှု", "္ဍ", "ော်", "ို့", "၎င်း", "ဩ"):
        assert any(part in text for text in texts), part


def test_zawgyi_becomes_what_icu_makes_of_it():
    differing = {a["text"] for a in ANSWERS if canonical(from_zawgyi(a["zawgyi"])) != a["back"]}
    assert differing == set(EXCEPTIONS)


def test_the_way_to_zawgyi_and_back_loses_nothing_that_icu_does_not_lose():
    whole = [a for a in ANSWERS if a["back"] == a["text"]]
    assert len(whole) > 0.98 * len(ANSWERS)
    assert all(clean_text(a["zawgyi"], True) == a["text"] for a in whole)
    # ICU cannot bring back its own Zawgyi of these; nobody can: its ra stands behind the letter that it belongs to.
    lost = {a["text"] for a in ANSWERS if a["back"] != a["text"]} - set(EXCEPTIONS)
    assert all("ခြင်း" in text or "၎င်း" in text for text in lost)


def test_what_is_in_order_stays_and_what_looks_the_same_becomes_the_same():
    mixed = 0
    for answer in ANSWERS:
        text, messy = answer["text"], icu.messy(answer["text"])
        assert canonical(text) == text == clean_text(text)
        assert unicodedata.normalize("NFC", messy) == answer["nfc"]
        assert canonical(messy) == canonical(answer["nfc"]) == text
        mixed += messy != text
    # NFC alone leaves them as they are: only the dot below and the asat have classes.
    assert mixed > 500 and sum(a["nfc"] != a["text"] for a in ANSWERS) > 0.9 * mixed


def test_icu_gives_the_recorded_answers():
    anew = icu.computed([answer["text"] for answer in ANSWERS])
    if anew is None:
        pytest.skip(HINT)
    assert anew == ANSWERS


def test_the_project_s_own_texts_of_today_are_in_order_and_convert_as_icu_does():
    texts = icu.corpus()
    assert all(canonical(text) == text for text in texts)
    anew = icu.computed(texts)
    if anew is None:
        pytest.skip(HINT)
    differing = {a["text"] for a in anew if canonical(from_zawgyi(a["zawgyi"])) != a["back"]}
    assert differing <= set(EXCEPTIONS)


def test_digits_are_icu_s():
    typed, answers = ["၁၂၃၄၅၆၇၈၉၀", "၁၂.၅", "-၃၀"], ["1234567890", "12.5", "-30"]
    assert [digits(text) for text in typed] == answers
    # ICU's transform has no Shan digits; the Unicode database has.
    shan = [chr(0x1090 + i) for i in range(10)]
    assert [digits(text) for text in shan] == [str(unicodedata.digit(text)) for text in shan]
    anew = icu.uconv("any-latin", typed)
    if anew is None:
        pytest.skip(HINT)
    assert anew == answers
