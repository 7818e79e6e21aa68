"""A table with its words, and its three forms: CSV in codes, an HTML fragment, a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from findings.release import Estimate, Released
from findings.text.captions import captions
from findings.text.exhibits import footer, question, title, value
from findings.text.issued import issue, plain
from findings.text.numbers import PLAIN, SIGNED, numerals, shown

# What a spreadsheet would read as a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Number:
    """A whole number of a cell, and the key that it has."""

    key: str
    value: int


def number(row: Estimate, value: int | None, none: str, column: str = "n") -> Number | str:
    """Another number of a row than its value, for a cell; the text for none where it has none."""
    return none if value is None else Number(f"{row.key}#{column}", value)


@dataclass(frozen=True)
class Labelled:
    """A table as a reader sees it: a cell is a text, a Number, an Estimate, or Lines (each with its interval).

    `stamp` is empty for real data. Numbers in its texts carry their keys (`findings.text.issued`) until it is written.
    """

    name: str
    lang: str
    caption: str
    question: str
    stamp: str
    header: list[str]
    rows: list[list[Any]]
    notes: list[str]

    def texts(self) -> list[list[str]]:
        """The cells as printed."""
        return [[self._text(cell) for cell in row] for row in self.rows]

    def _text(self, cell: Any) -> str:
        if isinstance(cell, tuple):
            return "; ".join(f"{line.label} {value(line.estimate, self.lang)}".strip() for line in cell)
        if isinstance(cell, Estimate):
            return shown(cell, self.lang) if cell.published else f"◇ {captions(self.lang)['withheld']}"
        if isinstance(cell, Number):
            return issue(cell.key, numerals(f"{cell.value:,}", self.lang))
        return str(cell)

    @property
    def said(self) -> list[str]:
        """Every text of the table, its numbers with their keys."""
        words = [self.caption, self.question, self.stamp, *self.header, *self.notes]
        return [*words, *(text for row in self.texts() for text in row)]


def words_of(
    released: Released, name: str, entry: Mapping[str, Any], header: list[str], rows: list[list[Any]], lang: str
) -> Labelled:
    """The table with its title, question and notes."""
    cells = [cell for row in rows for cell in row]
    estimates = [cell for cell in cells if isinstance(cell, Estimate)]
    estimates += [line.estimate for cell in cells if isinstance(cell, tuple) for line in cell]
    return Labelled(
        name=name,
        lang=lang,
        caption=title(released, name, entry, lang).sentence,
        question=question(entry, lang),
        stamp=captions(lang)["stamp"] if released.synthetic else "",
        header=header,
        rows=rows,
        notes=footer(released, entry, estimates, lang),
    )


def write_codes(frame: pd.DataFrame, path: Path) -> None:
    """CSV in codes, with its null cells empty."""
    frame.to_csv(path, index=False, lineterminator="\n")


def write(frame: pd.DataFrame, made: Mapping[str, Labelled], codes: Path, files: Iterable[str], epoch: int) -> None:
    """All forms of a table: CSV in codes at `codes`, and per language what the ends of `files` say (html, xlsx)."""
    write_codes(frame, codes)
    for file in files:
        lang, kind = file.split(".")[-2:]
        if kind == "html":
            write_html(made[lang], Path(file))
        else:
            write_xlsx(made[lang], Path(file), epoch)


def html(table: Labelled) -> str:
    """A fragment: caption, header cells with their scope, notes in the foot. Its numbers carry their keys."""
    head = "".join(f'<th scope="col">{escape(words)}</th>' for words in table.header)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(words)}</td>" for words in row[1:])}</tr>'
        for row in table.texts()
    )
    stamp = f'<strong class="stamp">{escape(table.stamp)}</strong> ' if table.stamp else ""
    notes = escape(" ".join(table.notes))
    return (
        f'<table id="table-{escape(table.name)}"><caption>{stamp}<b>{escape(table.caption)}</b><br>'
        f"{escape(table.question)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        f'<tfoot><tr><td colspan="{len(table.header)}">{notes}</td></tr></tfoot></table>\n'
    )


def write_html(table: Labelled, path: Path) -> None:
    """The fragment as a page that can be opened alone; the fonts are those of the release it lies in."""
    style = ":root{color-scheme:light dark}body{font:15px/1.4 sans-serif;margin:1rem}"
    style += "main{overflow-x:auto}:lang(my){line-height:1.8}"
    style += "table{border-collapse:collapse}caption{text-align:left;padding-bottom:.6rem}"
    style += "td,th{padding:.3rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid #8886}"
    style += "tbody th{font-weight:400}tfoot td{border:0;font-size:.85rem;max-width:40rem}"
    style += ".stamp{display:inline-block;background:#A33F00;color:#fff;padding:0 .5rem;margin:0 .3rem .3rem 0}"
    tab = escape(plain(table.caption))
    path.write_text(
        f'<!doctype html><html lang="{table.lang}"><head><meta charset="utf-8"><title>{tab}</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<style>{style}</style><link rel="stylesheet" href="../fonts.css"></head>'
        f'<body><main tabindex="0">{plain(html(table))}</main></body></html>\n',
        encoding="utf-8",
    )


def write_xlsx(table: Labelled, path: Path, epoch: int) -> None:
    """A workbook of one sheet with numbers as numbers; `epoch` (seconds, UTC) is the date it carries."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        created = datetime.fromtimestamp(epoch, UTC).replace(tzinfo=None)
        book.set_properties({"title": plain(table.caption), "created": created})
        bold, percent = book.add_format({"bold": True}), book.add_format({"num_format": "0.0%"})
        sheet = book.add_worksheet(table.name[:31])
        above = [words for words in (table.stamp, table.caption, table.question) if words]
        for number, words in enumerate(above):
            sheet.write_string(number, 0, safe(words), bold)
        first = len(above) + 1
        for column, words in enumerate(table.header):
            sheet.write_string(first, column, safe(words), bold)
        for line, (row, texts) in enumerate(zip(table.rows, table.texts(), strict=True), first + 1):
            for column, (cell, words) in enumerate(zip(row, texts, strict=True)):
                if isinstance(cell, Estimate) and cell.published and cell.value is not None:
                    share = cell.statistic not in ("count", *PLAIN, *SIGNED)
                    sheet.write_number(line, column, cell.value, percent if share else None)
                elif isinstance(cell, Number):
                    sheet.write_number(line, column, cell.value)
                else:
                    sheet.write_string(line, column, safe(words))
        for number, words in enumerate(table.notes, first + len(table.rows) + 2):
            sheet.write_string(number, 0, safe(words))
        columns = zip(table.header, *table.texts(), strict=True)
        widths = [max(len(plain(words)) for words in column) for column in columns]
        for column, size in enumerate(widths):
            sheet.set_column(column, column, min(max(size, 8) + 2, 60))


def safe(words: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    words = plain(words)
    return f"'{words}" if words.startswith(FORMULA) else words
