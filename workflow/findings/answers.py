"""Checks of answers against the form: known codes, option columns that agree, one language, ISO dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from findings.errors import FindingsError
from findings.fates import Fate
from findings.instrument import Codebook, Question
from findings.readers.kobo import OFF, ON

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_CODE = re.compile(r"[a-z0-9_]{1,40}")
# ASSUME[shown_code]: an answer with five digits in a row may be a telephone number, so no error shows it.
_NUMBER = re.compile(r"\d{5}")


def with_splits(
    columns: dict[str, pd.Series],
    fates: list[Fate],
    cells: pd.DataFrame,
    codebook: Codebook,
    place: dict[str, Any],
) -> tuple[dict[str, pd.Series], list[str]]:
    """Columns with every select_multiple checked against its option columns, or rebuilt from them.

    The second value names those rebuilt. A row whose option columns are all empty was not asked: null.
    """
    splits: dict[str, dict[str, int]] = {}
    for i, fate in enumerate(fates):
        if fate.fate == "split" and fate.option is not None:
            splits.setdefault(fate.column, {})[fate.option] = i
    rebuilt: list[str] = []
    columns = dict(columns)
    for name, by_option in splits.items():
        on = np.zeros((len(cells), len(by_option)), dtype=bool)
        asked = np.zeros(len(cells), dtype=bool)
        codes = [code for code in codebook.choices[codebook.questions[name].list or ""] if code in by_option]
        for j, code in enumerate(codes):
            column = cells[by_option[code]].str.strip()
            on[:, j] = column.isin(ON).to_numpy(dtype=bool)
            asked |= column.notna().to_numpy(dtype=bool)
            odd = column.notna() & ~column.isin(ON | OFF)
            if odd.any():
                raise FindingsError(
                    "An option column holds something other than 1, 0, TRUE, FALSE or nothing.",
                    **place,
                    column=fates[by_option[code]].header,
                    rows=data_rows(odd),
                    mend="export it again from the survey tool.",
                )
        from_splits = _joined(on, codes)
        summary = columns.get(name)
        label_mode = summary is not None and _is_labels(summary, codes)
        if summary is None or label_mode:
            # Labels joined by a space cannot be split again, so in label mode the option columns are the answer.
            columns[name] = pd.Series([text or pd.NA for text in from_splits], dtype="string")
            rebuilt.append(name)
            continue
        bits = {code: j for j, code in enumerate(codes)}
        numbers, values = pd.factorize(summary)
        wanted = np.zeros((len(values) + 1, len(codes)), dtype=bool)
        foreign = np.zeros(len(values) + 1, dtype=bool)
        for k, value in enumerate(values):
            for token in plain(value).split():
                if token in bits:
                    wanted[k, bits[token]] = True
                else:
                    foreign[k] = True
        # `numbers` is -1 for an empty summary: the last row, where no option may be on.
        wrong = (wanted[numbers] != on).any(axis=1) | foreign[numbers] | ((numbers >= 0) & ~asked)
        if wrong.any():
            raise FindingsError(
                "The option columns do not agree with the question's own column.",
                **place,
                column=name,
                rows=data_rows(pd.Series(wrong)),
                mend="export it again from the survey tool; an edited export has to be corrected in both places.",
            )
    return columns, rebuilt


def _joined(on: np.ndarray, codes: list[str]) -> list[str]:
    """Space-joined codes of every row, in the order of `codes`; each distinct pattern is joined once."""
    if not codes:
        return [""] * len(on)
    patterns, inverse = np.unique(on, axis=0, return_inverse=True)
    texts = [" ".join(code for code, bit in zip(codes, pattern, strict=True) if bit) for pattern in patterns]
    return [texts[i] for i in np.ravel(inverse)]


def _is_labels(summary: pd.Series, codes: list[str]) -> bool:
    """Whether a summary column holds labels: not one of its tokens is a code."""
    tokens = {token for value in summary.dropna().unique() for token in plain(value).split()}
    return bool(tokens) and not tokens & set(codes)


def checked(
    column: pd.Series,
    question: Question,
    choices: Mapping[str, Mapping[str, str]],
    answers: Mapping[str, str | None],
    place: dict[str, Any],
) -> tuple[pd.Series, dict[str, str]]:
    """The column after the check that every answer is known; and label -> code, where it was exported as labels."""
    known = {*choices, *(plain(str(code)) for code in answers)}
    rank = {code: i for i, code in enumerate([*choices, *map(str, answers)])}
    wanted = {str(code) for code in answers.values() if code is not None}
    if strange := sorted(wanted - set(choices)):
        raise FindingsError(
            "wave.yaml maps answers to codes that the form does not have.",
            **{**place, "file": "wave.yaml"},
            column=question.name,
            codes=strange,
            mend=f"add them under `codes: {{{question.list}: ...}}`, or correct `answers`.",
        )
    unknown: dict[str, str] = {}  # the cell -> its first unknown answer
    change: dict[str, str] = {}
    for cell in column.dropna().unique():
        tokens = plain(cell).split() if question.type == "select_multiple" else [plain(cell)]
        bad = [token for token in tokens if token not in known]
        if bad and not (question.type == "select_multiple" and plain(cell) in known):
            unknown[cell] = bad[0]
        elif question.type == "select_multiple" and all(token in rank for token in cell.split()):
            ordered = " ".join(sorted(cell.split(), key=rank.__getitem__))
            if ordered != cell:
                change[cell] = ordered
    relabelled = _from_labels(column, unknown, question, choices, place)
    if relabelled is None:
        shown = [
            t if _CODE.fullmatch(t) and not _NUMBER.search(t) else "an answer that is not a code"
            for t in unknown.values()
        ]
        raise FindingsError(
            f"{len(unknown)} answer(s) are neither in the form's list {question.list} nor in wave.yaml.",
            **place,
            column=question.name,
            rows=data_rows(column.isin(list(unknown))),
            codes=dict.fromkeys(shown),
            mend=f"in wave.yaml: `answers: {{{question.name}: {{raw_code: code_or_null}}}}`"
            f" or `codes: {{{question.list}: ...}}`.",
        )
    change |= relabelled
    return (column.replace(change) if change else column), relabelled


def _from_labels(
    column: pd.Series,
    unknown: Mapping[str, str],
    question: Question,
    choices: Mapping[str, Mapping[str, str]],
    place: dict[str, Any],
) -> dict[str, str] | None:
    """Cell -> code when all unknown answers are labels of one language; None when some are labels of none."""
    codes: dict[str, dict[str, str]] = {}
    for code, label in choices.items():
        for language, text in label.items():
            codes.setdefault(language, {})[plain(text)] = code
    holders = {cell: {lang for lang, by_label in codes.items() if plain(cell) in by_label} for cell in unknown}
    if not all(holders.values()):
        return None
    if not holders:
        return {}
    if common := sorted(set.intersection(*holders.values())):
        return {cell: codes[common[0]][plain(cell)] for cell in unknown}
    count = {lang: sum(lang in held for held in holders.values()) for lang in codes}
    main = max(sorted(count), key=count.__getitem__)
    raise FindingsError(
        f"The column mixes languages: most answers are labels in {main}, some in another language.",
        **place,
        column=question.name,
        rows=data_rows(column.isin([cell for cell, held in holders.items() if main not in held])),
        mend="export it again with XML values and headers.",
    )


def check_dates(column: pd.Series, name: str, place: dict[str, Any]) -> None:
    """Stop on an answer to a date question that is not ISO 8601 (digits of any script)."""
    odd = [value for value in column.dropna().unique() if not _DATE.fullmatch(plain(value))]
    if odd:
        raise FindingsError(
            "Dates are not in the format YYYY-MM-DD.",
            **place,
            column=name,
            rows=data_rows(column.isin(odd)),
            mend="export it again from the survey tool; a spreadsheet may have changed the dates.",
        )


def plain(text: str) -> str:
    """For comparison only: without invisible characters and outer blanks."""
    return _INVISIBLE.sub("", text).strip()


def data_rows(mask: pd.Series) -> list[int]:
    """Data-row numbers, 1-based, where `mask` holds."""
    return [int(i) + 1 for i in np.flatnonzero(mask.fillna(False).to_numpy(dtype=bool))]
