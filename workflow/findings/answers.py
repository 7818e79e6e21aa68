"""Checks of answers against the form: known codes, option columns that agree, one language, ISO dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from findings.errors import FindingsError, shown_code
from findings.fates import SELECTS, Fate
from findings.instrument import Codebook, Question
from findings.labels import AMBIGUOUS, plain, splits, token, unique, wording
from findings.readers.kobo import OFF, ON

_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")


def answers_of(
    cells: pd.DataFrame, fates: list[Fate], codebook: Codebook, wave: Mapping[str, Any], place: dict[str, Any]
) -> tuple[dict[str, pd.Series], list[str], dict[str, dict[str, str]]]:
    """The columns kept, checked; those rebuilt from option columns; and question -> label -> code of answers in labels.

    `cells`: text, columns as `fates`. Raises FindingsError on an answer that neither the form nor wave.yaml knows.
    """
    answers: Mapping[str, Mapping[str, str | None]] = wave.get("answers") or {}
    kept = {fate.column: cells[i] for i, fate in enumerate(fates) if fate.fate == "kept"}
    columns, rebuilt = with_splits(kept, fates, cells, codebook, place, answers)
    from_labels: dict[str, dict[str, str]] = {}
    for name, column in columns.items():
        question = codebook.questions[name]
        if question.type in SELECTS and question.list:
            choices = codebook.choices.get(question.list, {})
            columns[name], relabelled = checked(column, question, choices, answers.get(name) or {}, place)
            if relabelled:
                from_labels[name] = relabelled
        elif question.type == "date":
            check_dates(column, name, place)
    return columns, rebuilt, from_labels


def with_splits(
    columns: dict[str, pd.Series],
    fates: list[Fate],
    cells: pd.DataFrame,
    codebook: Codebook,
    place: dict[str, Any],
    answers: Mapping[str, Mapping[str, str | None]],
) -> tuple[dict[str, pd.Series], list[str]]:
    """Columns with every select_multiple checked against its option columns, or rebuilt from them.

    `answers` (as in wave.yaml) say which option a renamed one is; those of no code are not compared. The second value
    names those rebuilt. A row whose option columns are all empty was not asked: null.
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
        renamed = {fates[i].header.rpartition("/")[2]: code for code, i in by_option.items()}
        choices = codebook.choices[codebook.questions[name].list or ""]
        label_mode = summary is not None and _is_labels(summary, choices, renamed)
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
            for word in plain(value).split():
                meant = answers.get(name, {}).get(word, word)
                if meant in bits:
                    wanted[k, bits[meant]] = True
                elif meant is not None:
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


def _is_labels(summary: pd.Series, choices: Mapping[str, Mapping[str, str]], renamed: Mapping[str, str]) -> bool:
    """Whether a summary column holds labels: not all its cells are codes, and all can be read as labels of the list, or
    as those of its option columns (`renamed`: label in the header -> code)."""
    labelled = [(text, code) for code, labels in choices.items() for text in labels.values()]
    known = unique([*labelled, *((text, code) for text, code in renamed.items() if text not in choices)])
    cells = [wording(cell) for cell in summary.dropna().unique()]
    return not all(set(cell.split()) <= set(choices) for cell in cells) and all(splits(c, known, " ") for c in cells)


def checked(
    column: pd.Series,
    question: Question,
    choices: Mapping[str, Mapping[str, str]],
    answers: Mapping[str, str | None],
    place: dict[str, Any],
) -> tuple[pd.Series, dict[str, str]]:
    """The column after the check that every answer is known; and label -> code, where it was exported as labels."""
    raw = [token(str(code)) if question.type == "select_multiple" else plain(str(code)) for code in answers]
    known = {*choices, *raw}
    rank = {code: i for i, code in enumerate([*choices, *raw])}
    wanted = {str(code) for code in answers.values() if code is not None}
    # Of a question of several answers, what stands in the columns of its options may be mapped to a tick.
    ticks = {"0", "1"} if question.type == "select_multiple" else set()
    if strange := sorted(wanted - set(choices) - ticks):
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
        words = plain(cell).split() if question.type == "select_multiple" else [plain(cell)]
        bad = [word for word in words if word not in known]
        if bad and not (question.type == "select_multiple" and token(cell) in known):
            unknown[cell] = bad[0]
        elif question.type == "select_multiple" and all(word in rank for word in cell.split()):
            ordered = " ".join(sorted(cell.split(), key=rank.__getitem__))
            if ordered != cell:
                change[cell] = ordered
    relabelled = _from_labels(column, unknown, question, choices, place)
    if relabelled is None:
        raise FindingsError(
            f"{len(unknown)} answer(s) are neither in the form's list {question.list} nor in wave.yaml.",
            **place,
            column=question.name,
            rows=data_rows(column.isin(list(unknown))),
            codes=dict.fromkeys(map(shown_code, unknown.values())),
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
    """Cell -> code when all unknown answers are labels of one language; None when some are labels of none. Several
    labels may stand in one cell, with a blank between them, where there is one way to read them."""
    readings: dict[str, dict[str, str]] = {cell: {} for cell in unknown}  # cell -> language -> codes
    twofold: list[str] = []
    for language in dict.fromkeys(language for labels in choices.values() for language in labels):
        codes = unique((labels[language], code) for code, labels in choices.items() if language in labels)
        for cell in unknown:
            bare = wording(cell)
            several = splits(bare, codes, " ") if question.type == "select_multiple" else set()
            found = {
                frozenset(reading): reading for reading in several or ({(codes[bare],)} if bare in codes else set())
            }
            if len(found) > 1 or any(AMBIGUOUS in reading for reading in found):
                twofold.append(cell)
            elif found:
                readings[cell][language] = _in_order(next(iter(found)), choices)
    if twofold:
        raise FindingsError(
            f"{len(twofold)} answer(s) can be read as more than one option of the form.",
            **place,
            column=question.name,
            rows=data_rows(column.isin(twofold)),
            mend="export it again with XML values, or correct the form's labels.",
        )
    holders = {cell: set(by_language) for cell, by_language in readings.items()}
    if not all(holders.values()):
        return None
    if not holders:
        return {}
    if common := sorted(set.intersection(*holders.values())):
        return {cell: readings[cell][common[0]] for cell in unknown}
    count = {lang: sum(lang in held for held in holders.values()) for lang in set().union(*holders.values())}
    main = max(sorted(count), key=count.__getitem__)
    raise FindingsError(
        f"The column mixes languages: most answers are labels in {main}, some in another language.",
        **place,
        column=question.name,
        rows=data_rows(column.isin([cell for cell, held in holders.items() if main not in held])),
        mend="export it again with XML values and headers.",
    )


def _in_order(codes: Iterable[str], choices: Mapping[str, Mapping[str, str]]) -> str:
    rank = {code: i for i, code in enumerate(choices)}
    return " ".join(sorted(codes, key=rank.__getitem__))


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


def data_rows(mask: pd.Series) -> list[int]:
    """Data-row numbers, 1-based, where `mask` holds."""
    return [int(i) + 1 for i in np.flatnonzero(mask.fillna(False).to_numpy(dtype=bool))]
