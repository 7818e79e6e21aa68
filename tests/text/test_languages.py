"""Every text in every language: none missing, none that a font cannot show, no Zawgyi, no digits of another script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from findings import fonts
from findings.config import load_study
from findings.environment import ROOT
from findings.myanmar import ZAWGYI_THRESHOLD, zawgyi_probability
from findings.plan import TEXTS
from findings.text.captions import captions

STUDY = load_study(ROOT / "config.yaml")
LANGUAGES = STUDY["languages"]
REPORT = ROOT / "workflow" / "report"
# Templates, formats and codes among the captions: no words.
LATIN, PLACE = re.compile("[A-Za-z]{4,}"), re.compile(r"{\w+}")
# Templates, names of files, addresses and codes are no words of a language.
NO_WORDS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|https?://\S+|[\w.]+\.(?:csv|sha256|yaml)|`[^`]*`")
BARE = {"digits", "fonts", "leading", "percent", "interval", "interval_number", "dates"}


def by_language(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text of the config or the inventory with its place."""
    if isinstance(node, dict):
        if node and set(node) <= {"en", "my"}:
            yield path, node
            return
        for key, value in node.items():
            yield from by_language(value, f"{path}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from by_language(value, f"{path}.{number}")


def words_of(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a captions file with its place."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from words_of(value, f"{path}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from words_of(value, f"{path}.{number}")
    elif isinstance(node, str):
        yield path, node


INVENTORY = yaml.safe_load((ROOT / "data/reference/inventory.yaml").read_text(encoding="utf-8"))
TEXTS_BY_LANGUAGE = [*by_language(STUDY), *by_language(INVENTORY)]


def every_text(lang: str) -> Iterator[tuple[str, str]]:
    yield from ((path, texts.get(lang, "")) for path, texts in TEXTS_BY_LANGUAGE)
    yield from words_of(captions(lang), "captions")
    yield from words_of(yaml.safe_load((REPORT / f"checklists.{lang}.yaml").read_text(encoding="utf-8")), "checklists")


def test_every_text_is_in_every_language():
    missing = [path for path, texts in TEXTS_BY_LANGUAGE for lang in LANGUAGES if not texts.get(lang, "").strip()]
    assert len(TEXTS_BY_LANGUAGE) > 300 and not missing
    assert TEXTS


@pytest.mark.parametrize("name", ["captions", "checklists"])
def test_the_files_of_the_languages_have_the_same_entries(name):
    first, *others = (
        yaml.safe_load((REPORT / f"{name}.{lang}.yaml").read_text(encoding="utf-8")) for lang in LANGUAGES
    )
    # What only one script needs.
    ours = {path for path, _ in words_of(first) if path.split(".")[1] not in BARE}
    for other in others:
        assert {path for path, _ in words_of(other) if path.split(".")[1] not in BARE} == ours


def test_templates_ask_for_the_same_numbers_in_every_language():
    """A translation that drops or adds a number would say something else."""
    asked = re.compile(r"(?:num|full)\(([^{}]*?)\)(?= ?(?:\}\}|~))")
    for path, texts in TEXTS_BY_LANGUAGE:
        found = [sorted(asked.findall(texts[lang])) for lang in LANGUAGES]
        assert all(each == found[0] for each in found), path
    first, *others = (captions(lang) for lang in LANGUAGES)
    for part in ("titles", "sentences"):
        for (path, words), *same in zip(words_of(first[part]), *(words_of(o[part]) for o in others), strict=True):
            assert all(sorted(asked.findall(w)) == sorted(asked.findall(words)) for _, w in same), path


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_character_is_missing_from_the_fonts(lang, tmp_path):
    fonts.cut(tmp_path)
    assert not fonts.missing("".join(words for _, words in every_text(lang)), tmp_path)
    assert fonts.missing("\u1a20", tmp_path) == {"\u1a20"}


# Signs that Unicode keeps for other languages, and a vowel before the letter that it belongs to.
ZAWGYI_ONLY = re.compile("[\u1060-\u1097]|(?:^|[^\u1000-\u103f])\u1031")


def test_no_burmese_is_zawgyi():
    """The detector guesses at single words: it reads everything at once, and each word's order of signs is checked."""
    typed = "ျမန္မာႏိုင္ငံ ေရႊ"
    assert zawgyi_probability(typed) > ZAWGYI_THRESHOLD and ZAWGYI_ONLY.search(typed)
    assert zawgyi_probability(" ".join(words for _, words in every_text("my"))) < 0.05
    assert not [path for path, words in every_text("my") if ZAWGYI_ONLY.search(words)]


def test_digits_are_of_the_script_of_their_language():
    for lang, wrong in (("en", re.compile("[၀-၉]")), ("my", re.compile("[0-9]"))):
        found = [
            path
            for path, words in every_text(lang)
            # Templates, keys, names of files, addresses and codes are no words of a language.
            if wrong.search(
                re.sub(r"\{\{.*?\}\}|\{%.*?%\}|https?://\S+|[\w.]+\.(?:csv|sha256|yaml)|`[^`]*`", "", words)
            )
            and path not in ("captions.digits",)
        ]
        assert not found, lang


def test_burmese_reads_burmese():
    """A label that was left in English is no translation; names of brands and of methods are."""
    latin = [
        path for path, words in every_text("my")
        if words.strip() and not re.search("[\u1000-\u109f]", words) and len(LATIN.findall(PLACE.sub("", words))) > 1
        and not path.startswith(("captions.fonts", "captions.footer.methods", "checklists")) and "{{" not in words
    ]  # fmt: skip
    assert not latin, latin
