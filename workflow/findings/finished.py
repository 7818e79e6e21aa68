"""Finished exhibits: every numeral in them was issued with a key, or is one that is known to be no result.

The list of those, with reasons, is `workflow/report/numerals.yaml`. What was typed into a template, a caption or a
figure's code is in no list, and stops the run.
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypdfium2.raw as raw
from pypdfium2 import PdfDocument

from findings import declarations
from findings.drawn import lifted
from findings.errors import FindingsError
from findings.text.captions import FOLDER
from findings.text.issued import digits_of, issued, numerals_of, plain, rest

KNOWN = FOLDER / "numerals.yaml"
# Attributes of a page that are read to a person.
READ = ("alt", "aria-label", "title")
# Elements of a page that nobody reads.
UNREAD = ("style", "script", "title", "metadata")


@cache
def known() -> re.Pattern[str]:
    """What may hold a numeral without a key: the patterns of `numerals.yaml`, in the digits 0 to 9."""
    entries = declarations.read(KNOWN)
    return re.compile("|".join(f"(?:{entry['pattern']})" for entry in entries))


def typed(words: str) -> Counter[str]:
    """Numerals of a text that carry no key and are in no list."""
    digits = "".join(str(unicodedata.decimal(letter, letter)) for letter in rest(words))
    return numerals_of(known().sub("\ufffc", digits))


def check_said(exhibit: str, said: Iterable[str]) -> list[tuple[str, str]]:
    """(key, text) of all numbers in the texts of an exhibit.

    Raises FindingsError if a text holds a numeral that is neither issued nor known, with up to five of them.
    """
    texts = list(said)
    if bad := _total(typed(words) for words in texts):
        raise FindingsError(
            f"The exhibit {exhibit} holds numbers that no key stands behind.",
            codes=sorted(bad)[:5],
            mend="let the number come from the register by its key (num, full); a year or a point of a scale is let "
            "through by a line with its reason in workflow/report/numerals.yaml.",
        )
    return [pair for words in texts for pair in issued(words)]


def check_finished(exhibit: str, said: Iterable[str], found: Counter[str]) -> None:
    """That the numerals of a finished file (`found`) are those of the texts that it was made of, as multisets.

    Raises FindingsError with the numerals that are in one of them alone.
    """
    wanted = _total(numerals_of(plain(words)) for words in said)
    more, less = found - wanted, wanted - found
    if more or less:
        words = [f"{'more' if each is more else 'missing'}: {n}" for each in (more, less) for n in sorted(each)[:5]]
        raise FindingsError(
            f"The numbers in the finished {exhibit} are not those that were issued.",
            codes=words,
            mend="take the number out of the template; it comes from the register by its key.",
        )


class _Page(HTMLParser):
    """The texts of a page that a person meets: between tags, and in the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in UNREAD
        self.texts += [value for name, value in attrs if name in READ and value]

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self.texts.append(data)


def texts_of_html(page: str) -> list[str]:
    """The texts of a page as a person meets them, marks of issued numbers included."""
    parser = _Page()
    parser.feed(page)
    return parser.texts


def texts_of_svg(svg: str) -> list[str]:
    """The texts of a figure, those that are set in it and those that it draws."""
    rest, drawn = lifted(svg)
    return [*texts_of_html(rest), *(each.words for each in drawn)]


def numerals_of_html(path: Path) -> Counter[str]:
    """The numerals of a finished page."""
    return _total(numerals_of(words) for words in texts_of_html(path.read_text(encoding="utf-8")))


def texts_of_pdf(found: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What `report.typ` sets from `found` (`reporting.content`): the texts of its contents, and all others, once."""
    words, contents, texts = found["words"], list[str](), list[str]()
    texts += [found["title"], *found["waves"], found["stamp"], found["warning"], found["note"]]
    for chapter in found["chapters"]:
        exhibits = [
            f"{word} {each['number']}. {each['label']}"
            for kind, word in (("figures", words["figure"]), ("tables", words["table"]))
            for each in chapter[kind]
        ]
        contents += [chapter["label"], *exhibits]
        texts += [chapter["label"], *exhibits, *chapter["paragraphs"]]
        texts += [words["methods"], *found["methods"]] if chapter["methods"] else []
        texts += [sentence for figure in chapter["figures"] for sentence in figure["sentences"]]
        for table in chapter["tables"]:
            texts += [*table["header"], table["question"], *table["notes"]]
            texts += [cell for row in table["rows"] for cell in row]
        for each in chapter["checklists"]:
            texts += [each["label"], words["checklist_item"], words["checklist_answer"]]
            texts += [cell for row in each["rows"] for cell in row]
    return contents, texts


def digits_of_pdf(path: Path) -> tuple[list[Counter[str]], int]:
    """Runs of digits of each page of a tagged PDF, and the place of its first chapter among them.

    Decoration is left out: the number of the page, and a header that stands again on a table's next page.
    """
    pages = []
    with PdfDocument(path) as document:
        first = next(entry.get_dest().get_index() for entry in document.get_toc())
        for page in document:
            words = page.get_textpage()
            items = page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], textpage=words)
            said = (digits_of(item.extract()) for item in items if "Artifact" not in _marks(item.raw))
            pages.append(_total(said))
    return pages, first


def _marks(item: Any) -> set[str]:
    """Names of the marks that a thing of a page has: what is decoration in a tagged PDF is an Artifact."""
    names, letters = set(), (ctypes.c_ushort * 32)()
    for number in range(raw.FPDFPageObj_CountMarks(item)):
        mark, size = raw.FPDFPageObj_GetMark(item, number), ctypes.c_ulong()
        raw.FPDFPageObjMark_GetName(mark, letters, ctypes.sizeof(letters), size)
        names.add(bytes(letters)[: size.value - 2].decode("utf-16-le"))
    return names


def check_pdf(path: Path, found: Mapping[str, Any], figures: Path) -> None:
    """That a finished PDF says the digits of the texts that it was made of, those of its figures, and no others.

    Its contents name one page an entry. Separators are not compared (a thousand may be set in two fonts), and of
    figures single digits, for their texts are set glyph by glyph. Raises FindingsError with the digits that differ.
    """
    contents, texts = texts_of_pdf(found)
    names = [figure["image"] for chapter in found["chapters"] for figure in chapter["figures"]]
    drawn = (words for name in names for words in texts_of_svg((figures / name).read_text(encoding="utf-8")))
    pages, first = digits_of_pdf(path)
    said, body = _total(pages[:first]), _total(pages[first:])
    # The title page says the study's title, its waves and its notes.
    front = len(found["waves"]) + 4
    named = said - _digits([*contents, *texts[:front]])
    more, wanted = body - _digits(texts[front:]), _digits(texts[front:])
    glyphs = [Counter("".join(counted.elements())) for counted in (more, _digits(drawn))]
    odd = list((wanted - body) + (glyphs[0] - glyphs[1]) + (glyphs[1] - glyphs[0]))
    if odd or named.total() != len(contents) or any(int(page) > len(pages) for page in named):
        raise FindingsError(
            "The numbers in the finished report are not those that were issued.",
            file=path.name,
            codes=sorted(odd)[:5] or [f"{named.total()} pages named for {len(contents)} entries"],
            mend="take the number out of report.typ; it comes from the register by its key.",
        )


def _total(counted: Iterable[Counter[str]]) -> Counter[str]:
    """The sum of many counters: added one by one, each sum would be copied."""
    whole: Counter[str] = Counter()
    for each in counted:
        whole.update(each)
    return whole


def _digits(texts: Iterable[str]) -> Counter[str]:
    return _total(digits_of(plain(words)) for words in texts)


def check_table(exhibit: str, said: list[str], files: Iterable[str], lang: str) -> list[tuple[str, str]]:
    """The numbers of a table, after its page was compared with what it was made of."""
    numbers = check_said(exhibit, said)
    for file in files:
        if file.endswith(f".{lang}.html"):
            check_finished(exhibit, said, numerals_of_html(Path(file)))
    return numbers


def check_page(page: str, path: Path) -> list[tuple[str, str]]:
    """The numbers of a page that stands by itself, after the finished file was compared with it."""
    said = texts_of_html(page)
    numbers = check_said(path.name, said)
    check_finished(path.name, said, numerals_of_html(path))
    return numbers


def check_report(
    found: Mapping[str, Any], said: list[str], html: Path, pdf: Path, figures: Path
) -> list[tuple[str, str]]:
    """The numbers of the report's page, after it and the PDF were compared with what they were made of."""
    numbers = check_said(html.name, said)
    set_in_pdf = [words for texts in texts_of_pdf(found) for words in texts]
    if lost := Counter(check_said(pdf.name, set_in_pdf)) - Counter(numbers):
        raise FindingsError(
            "Numbers of the report are not on its page.", file=html.name, codes=[n for _, n in lost][:5]
        )
    check_finished(html.name, said, numerals_of_html(html))
    check_pdf(pdf, found, figures)
    return numbers
