"""SPSS `.sav` and Stata `.dta`: what a tool or an analyst saved, with labels of variables and values and missing codes.

Source: pyreadstat (ReadStat). A value is known by its label where the form has that label, else by itself. User-missing
codes are answers where the form's list has them (a refusal may be one), and no answer elsewhere; Stata's are `.a` to
`.z`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from findings.answers import data_rows
from findings.errors import FindingsError
from findings.instrument import Codebook
from findings.labels import AMBIGUOUS, options_of, wording
from findings.readers.labelled import Notation, Reading, beside
from findings.readers.labelled import coded as from_labels
from findings.readers.look import STATISTICAL, Look
from findings.readers.surveycto import folded
from findings.readers.table import RawTable, named_columns
from findings.readers.tabular import read_bytes
from findings.readers.workbook import cell_text

# Of a variable's name in Stata.
LONGEST = 32
TOOLS = {"sav": "spss", "dta": "stata"}


def marks(look: Look) -> list[str]:
    """The kind of file."""
    return [f"a .{look.kind} file"] if look.kind in TOOLS else []


def read(path: Path, *, wave: str, source: Mapping[str, Any] | None = None) -> RawTable:
    """The file as text cells, whole numbers without `.0`, dates in ISO 8601; labels and missing codes beside them."""
    import pyreadstat

    read_bytes(path, wave=wave)
    kind = STATISTICAL.get(path.suffix.lower(), "")
    reader = pyreadstat.read_sav if kind == "sav" else pyreadstat.read_dta
    try:
        frame, meta = reader(str(path), user_missing=True, encoding=(source or {}).get("encoding"))
    except Exception:  # noqa: BLE001 - a text of the library may quote a cell
        raise FindingsError(
            "The file cannot be read as SPSS or Stata; it is broken, or in another encoding than it says.",
            wave=wave,
            file=path.name,
            mend="save it again, or say its encoding: `source: {encoding: cp1252}` in wave.yaml.",
        ) from None
    headers = [str(name) for name in frame.columns]
    types: Mapping[str, str] = meta.readstat_variable_types
    labelled: Mapping[str, Mapping[Any, str]] = meta.variable_value_labels
    cells = pd.DataFrame({i: _texts(frame[name], types.get(name, ""), kind) for i, name in enumerate(headers)})
    headers, cells = named_columns(headers, cells, path, wave)
    evidence = {
        "tool": TOOLS.get(kind, kind), "delimiter": None, "encoding": meta.file_encoding, "header_style": "names",
        "group_separator": None, "through_r": False, "hxl_row": False, "separators": ["_"],
    }  # fmt: skip
    values = {
        name: {text: label for value, label in found.items() if (text := _text(value, "", kind)) is not None}
        for name, found in labelled.items()
    }
    missing = {name: _missing(cells[i], meta, name) for i, name in enumerate(headers)}
    return RawTable(
        headers,
        cells,
        evidence,
        wordings={name: text for name, text in meta.column_names_to_labels.items() if text},
        values=values,
        missing={name: found for name, found in missing.items() if found},
    )


def _texts(column: pd.Series, type_: str, kind: str) -> pd.Series:
    """A column as text; each different value is written once."""
    known = {value: _text(value, type_, kind) for value in column.dropna().unique()}
    return column.map(known).astype("string")


def _text(value: Any, type_: str, kind: str) -> str | None:
    if isinstance(value, str):
        text = value.rstrip()
        letter = kind == "dta" and type_ != "string" and len(text) == 1 and text.isalpha()
        return f".{text}" if letter else text or None
    if isinstance(value, pd.Timestamp):
        return cell_text(value.to_pydatetime())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and type_ == "float" and not value.is_integer():
        # Stored in four bytes: the shortest number that is the same there.
        return str(np.float32(value))
    return cell_text(value)


def _missing(cells: pd.Series, meta: Any, name: str) -> frozenset[str]:
    """The cells that the file declares as missing."""
    found = {f".{letter}" for letter in meta.missing_user_values.get(name, ())}
    for span in meta.missing_ranges.get(name, ()):
        low, high = span["lo"], span["hi"]
        if isinstance(low, str):
            found.add(low.rstrip())
            continue
        numbers = pd.to_numeric(cells, errors="coerce")
        found |= set(cells[numbers.between(low, high)].dropna())
    return frozenset(text for text in found if text)


def coded(raw: RawTable, codebook: Codebook, wave: Mapping[str, Any], place: Mapping[str, Any]) -> RawTable:
    """Under the form's names (in any case, or by the variable's label) and codes; missing codes as said above."""
    lower = {name.lower(): name for name in codebook.questions}
    names = [h if h in codebook.questions else lower.get(h.lower(), h) for h in raw.headers]
    names = [_whole(name, codebook) if len(name) == LONGEST else name for name in names]
    cells = raw.cells.copy()
    dropped: dict[str, int] = {}
    for i, (header, name) in enumerate(zip(raw.headers, names, strict=True)):
        question = codebook.questions.get(name)
        choices = codebook.choices.get(question.list or "", {}) if question else {}
        mapped = {str(cell) for cell in (wave.get("answers") or {}).get(name, {})}
        codes = options_of(choices)
        labels = raw.values.get(header, {})
        change: dict[str, Any] = {}
        odd: list[str] = []
        for cell in cells[i].dropna().unique():
            code = codes.get(wording(labels[cell])) if cell in labels else None
            if code is not None and code != AMBIGUOUS:
                if cell in choices and cell != code:
                    odd.append(cell)
                change[cell] = code
            elif cell in raw.missing.get(header, ()) and cell not in choices and cell not in mapped:
                change[cell] = None
                dropped[name] = dropped.get(name, 0) + int((cells[i] == cell).sum())
        if odd:
            raise FindingsError(
                "A value's label is of one option of the form, the value is the code of another.",
                **place,
                column=name,
                rows=data_rows(cells[i].isin(odd)),
                mend=f"correct the form's list, or map the answers in wave.yaml: `answers: {{{name}: ...}}`.",
            )
        if change:
            cells[i] = cells[i].map(lambda cell, change=change: change.get(cell, cell), na_action="ignore")
            cells[i] = cells[i].astype("string")
    renamed = dict(zip(raw.headers, names, strict=True))
    table = replace(
        raw,
        headers=names,
        cells=cells,
        evidence={**raw.evidence, "user_missing": dropped},
        wordings={renamed[name]: text for name, text in raw.wordings.items() if name in renamed},
        values={renamed[name]: found for name, found in raw.values.items() if name in renamed},
    )
    return folded(from_labels(table, codebook, wave, place, Notation(reading)), codebook, place)


def _whole(name: str, codebook: Codebook) -> str:
    """A name that Stata cut: the one question, or option of a question, that begins so; else as it is."""
    options = (
        f"{q.name}_{code}"
        for q in codebook.questions.values()
        if q.type == "select_multiple"
        for code in codebook.choices.get(q.list or "", {})
    )
    found = [whole for whole in (*codebook.questions, *options) if whole.startswith(name)]
    return found[0] if len(found) == 1 else name


def reading(header: str, raw: RawTable) -> Reading:
    return Reading((header,), beside(raw.wordings.get(header, "")))
