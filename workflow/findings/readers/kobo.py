"""KoboToolbox exports: XLSX, and CSV, also one that went through R.

Sources: kobotoolbox/formpack (export layout: option columns `question/option`, trailing `_id`, `_uuid`, ...);
R `make.names` (every character that a name may not hold becomes `.`, a leading `_` or byte-order mark gets an `X`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from findings.errors import FindingsError
from findings.readers.tabular import ACCEPTED, ENCODING, delimiter_of, first_record, read_delimited, read_text
from findings.readers.workbook import read_first_sheet

MARKERS = {"_id", "_uuid", "_submission_time", "_index", "_validation_status", "__version__"}
ON = frozenset({"1", "1.0", "TRUE", "True", "true"})
OFF = frozenset({"0", "0.0", "FALSE", "False", "false"})
SEPARATORS = ("/", ".")
_R_MARK = re.compile(r"^(X\.U\.FEFF\.|X\.?\.?U\.FEFF\.|ï\.\.|\ufeff)")


@dataclass(frozen=True)
class RawTable:
    """An export as found.

    `headers` as in the file; `cells` text with columns 0..n-1, one row per submission, null = empty cell; `evidence`
    what was recognised from the file: tool, delimiter, encoding, header_style, group_separator, through_r.
    """

    headers: list[str]
    cells: pd.DataFrame
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Placed:
    """What a header stands for: a question, or one option of a select_multiple question."""

    question: str
    option: str | None = None


def recognise(path: Path, *, wave: str) -> str | None:
    """`kobo_xlsx`, `kobo_csv`, or None when the header has none of KoboToolbox's own columns."""
    if path.suffix.lower() in {".xlsx", ".xlsm", ".xls"}:
        headers, _, _ = read_first_sheet(path, wave=wave)
        tool = "kobo_xlsx"
    else:
        text = read_text(path, wave=wave)
        headers = first_record(text, delimiter_of(text, path, wave=wave))
        tool = "kobo_csv"
    return tool if MARKERS & {original_name(header) for header in headers} else None


def read_xlsx(path: Path, *, wave: str) -> RawTable:
    """The first sheet of a KoboToolbox XLSX (further sheets hold repeats; their number is in the evidence)."""
    headers, cells, sheets = read_first_sheet(path, wave=wave)
    return _table(
        headers, cells, {"tool": "kobo_xlsx", "delimiter": None, "encoding": None, "sheets": sheets}, path, wave
    )


def read_csv(path: Path, *, wave: str) -> RawTable:
    """A KoboToolbox CSV: `;` and every cell quoted, or comma-separated after R."""
    headers, cells, delimiter = read_delimited(path, wave=wave)
    evidence = {"tool": "kobo_csv", "delimiter": delimiter, "encoding": ENCODING, "delimiter_name": ACCEPTED[delimiter]}
    return _table(headers, cells, evidence, path, wave)


def _table(headers: list[str], cells: pd.DataFrame, evidence: dict[str, Any], path: Path, wave: str) -> RawTable:
    """Check the header, set aside a row of HXL tags, and state what the header shows."""
    named = [i for i, header in enumerate(headers) if header.strip() or cells[i].notna().any()]
    headers, cells = [headers[i] for i in named], cells[named].set_axis(range(len(named)), axis=1)
    if nameless := [i + 1 for i, header in enumerate(headers) if not header.strip()]:
        raise FindingsError(
            f"Column number {nameless[0]} has cells and no name.", wave=wave, file=path.name, mend="export it again."
        )
    if twice := [header for header, count in Counter(map(original_name, headers)).items() if count > 1]:
        raise FindingsError(
            f"{len(twice)} column name(s) stand more than once in the header.",
            wave=wave,
            file=path.name,
            column=", ".join(twice[:5]),
            mend="export with XML names in place of labels, or give the questions different labels in the form.",
        )
    hxl = len(cells) > 0 and cells.iloc[0].notna().any() and cells.iloc[0].dropna().str.startswith("#").all()
    if hxl:
        cells = cells.iloc[1:].reset_index(drop=True)
    if cells.empty:
        raise FindingsError("The export has a header and no rows.", wave=wave, file=path.name, mend="export it again.")
    names = [original_name(header) for header in headers]
    through_r = names != headers or not any("/" in header for header in headers) and any("." in h for h in headers)
    separator = next((mark for mark in SEPARATORS if any(mark in name for name in names)), None)
    style = "names" if all(re.fullmatch(r"[\w./-]+", name) for name in names) else "labels"
    return RawTable(
        headers,
        cells,
        {
            **evidence,
            "header_style": style,
            "group_separator": separator,
            "through_r": through_r,
            "hxl_row": bool(hxl),
        },
    )


def original_name(header: str) -> str:
    """The tool's name of a column: without a byte-order mark, and with R's `X_` undone."""
    name = _R_MARK.sub("", header.strip())
    return name[1:] if name.startswith("X_") else name


def leaf(header: str) -> str:
    """The last part of a header with groups."""
    name = original_name(header)
    for mark in SEPARATORS:
        if mark in name:
            return name.rsplit(mark, 1)[1]
    return name


def _mangled(name: str) -> str:
    """A name as R's `make.names` leaves it, but for the leading X."""
    return re.sub(r"\W", ".", name)


class Headers:
    """Places headers by a form: exact names, group prefixes, option columns, labels of one language."""

    def __init__(
        self,
        questions: Iterable[str],
        options: Mapping[str, Mapping[str, Mapping[str, str]]],
        labels: Mapping[str, Mapping[str, str]],
    ) -> None:
        """`options`: select_multiple question -> code -> language -> label; `labels`: question -> language -> label."""
        self.names = {name: name for name in questions}
        self.options = options
        self.mangled = {_mangled(name): name for name in self.names}
        self.labels: dict[str, set[tuple[str, str]]] = {}
        for name, by_language in labels.items():
            for language, label in by_language.items():
                self.labels.setdefault(label.strip(), set()).add((name, language))

    def place(self, header: str) -> Placed | None:
        """The question (and option) of a header by its XML name, or None."""
        if header in self.names:
            return Placed(header)
        name = original_name(header)
        if name in self.names:
            return Placed(name)
        for mark in SEPARATORS:
            parts = name.split(mark)
            # An option's code may itself hold a dot, so every cut is tried, the longest question path first.
            for cut in range(len(parts) - 1, 0, -1):
                question = self._question(parts[cut - 1])
                option = self._option(question, mark.join(parts[cut:]))
                if question and option is not None:
                    return Placed(question, option)
            if len(parts) > 1 and (question := self._question(parts[-1])):
                return Placed(question)
        if found := self.mangled.get(_mangled(name)):
            return Placed(found)
        return None

    def place_label(self, header: str) -> tuple[Placed, str] | None:
        """The question of a header that is its label in exactly one question, with the language; or None."""
        name = original_name(header)
        if len({question for question, _ in self.labels.get(name, ())}) == 1:
            question, language = min(self.labels[name])
            return Placed(question), language
        for label, holders in self.labels.items():
            if not name.startswith(label + "/"):
                continue
            for question, language in sorted(holders):
                for code, by_language in self.options.get(question, {}).items():
                    if name[len(label) + 1 :].strip() in (by_language.get(language, "").strip(), code):
                        return Placed(question, code), language
        return None

    def _question(self, part: str) -> str | None:
        return part if part in self.names else self.mangled.get(part)

    def _option(self, question: str | None, text: str) -> str | None:
        """The code among the question's options: exact, or as R left it."""
        codes = self.options.get(question or "", {})
        if text in codes:
            return text
        return next((code for code in codes if _mangled(code) == text), None)
