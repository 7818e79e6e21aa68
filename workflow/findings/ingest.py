"""Ingest: a raw export and its form -> responses under random ids; every column accounted for, identifying ones stop.

Answers stay as received: they are only checked here (`findings.cleaning` changes them, and its ledger says so). The
exceptions are of notation, not of content: options of a select_multiple stand in form order, and the labels of an
export in label mode become the form's codes.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from findings import crosswalk, form_rules, readers
from findings.answers import answers_of
from findings.errors import FindingsError
from findings.fates import KEPT_TYPES, Fate, check_declared, fates_of, under_names
from findings.instrument import Codebook, read_xlsform
from findings.provenance import sha256
from findings.readers.headers import original_name
from findings.readers.table import RawTable
from findings.repeats import repeated
from findings.submissions import check_repeated, corrections_by_row
from findings.times import times


@dataclass(frozen=True)
class Ingested:
    """What ingest hands on; all frames are text, sorted by `row_id` (corrections: in their own order); null = empty.

    `responses`: row_id, one column per question kept, interview_month, interview_minutes, duration_flag.
    `free_text`: row_id, column, text.
    `link`: data_row (1-based), row_id. `record`: the content of ingest.json. `corrections`: CORRECTION_COLUMNS.
    `repeats`: name -> row_id, repeat_row (1-based, of the respondent), parent_row (of a repeat in a repeat), and
    one column per question kept.
    """

    responses: pd.DataFrame
    free_text: pd.DataFrame
    link: pd.DataFrame
    codebook: Codebook
    record: dict[str, Any]
    corrections: pd.DataFrame
    repeats: dict[str, pd.DataFrame]


def ingest(wave: Mapping[str, Any], wave_dir: Path, key: bytes) -> Ingested:
    """Read the export of `wave` (wave.yaml) in `wave_dir`; `key` is the secret that row ids are drawn with.

    Stops with a FindingsError on anything the form and wave.yaml do not know: a column, an answer, a date format.
    """
    if not key:
        raise ValueError("row ids need a secret key")
    source = wave["source"]
    export = wave_dir / source["export"]
    place: dict[str, Any] = {"wave": wave["wave"], "file": export.name}
    raw = readers.read(export, wave=wave["wave"], tool=source.get("tool"), source=source)
    digest = _check_source(export, source, len(raw.cells), place)
    codebook = extended(_read_form(wave, wave_dir), wave, place)
    states, without = left_out(raw, source)
    raw = _blanked(raw, states.notna(), source.get("missing") or [])
    ids = _row_ids(raw.headers, raw.cells, key)
    submitted, codebook = raw, under_names(raw, codebook, wave, place)
    if coded := readers.READERS[raw.evidence["tool"]].coded:
        raw = coded(raw, codebook, wave, place)
    cells = raw.cells
    rows = crosswalk.read(wave_dir, wave["wave"])
    crosswalk.check_known(rows, wave, codebook, place)
    fates, codebook, languages, used = fates_of(raw, codebook, wave, raw.evidence, place)
    repeats, of_repeats, texts, codebook, more = repeated(raw, states.notna(), ids, codebook, wave, place)
    check_declared(wave, used | more, place)
    named: Mapping[str, str] = raw.evidence.get("headers") or {}
    placed = {named.get(f.header, f.header): (f.column, f.option) for f in fates if f.fate != "identifying"}
    crosswalk.check_sure(rows, placed, place)
    by_fate = {fate: [i for i, f in enumerate(fates) if f.fate == fate] for fate in {f.fate for f in fates}}
    columns, rebuilt, from_labels = answers_of(cells, fates, codebook, wave, place)

    clock = {fates[i].column: cells[i] for i in by_fate.get("duration", [])}
    responses = pd.DataFrame({"row_id": ids, **columns, **times(clock, wave, place)})
    order = np.argsort(ids.to_numpy(dtype=object), kind="stable")
    order = order[states.isna().to_numpy()[order]]
    free = [(fates[i].column, cells[i]) for i in by_fate.get("free_text", [])]
    kept = {*columns, *(name for name, _ in free)}
    of_rows = {f.column for found in of_repeats.values() for f in found if f.fate in ("kept", "free_text")}
    form_rules.check(codebook, wave, kept | of_rows)
    matched = corrections_by_row(wave, wave_dir, submitted, ids, fates, codebook, kept)
    removed = ids.isin(matched.table.loc[matched.table["column"].isna(), "row_id"])
    check_repeated(wave, submitted, {**columns, **dict(free)}, states.notna() | removed, place)
    corrections = matched.table[~matched.table["row_id"].isin(ids[states.notna()])].reset_index(drop=True)
    record = {
        "wave": wave["wave"],
        "tool": raw.evidence["tool"],
        "export": export.name,
        "sha256": digest,
        "rows": len(cells),
        "left_out": without,
        "delimiter": raw.evidence["delimiter"],
        "encoding": raw.evidence["encoding"],
        "header_style": "labels" if languages else "names",
        "header_languages": sorted(languages),
        "select_style": _select_style(fates, rebuilt, columns, codebook),
        "evidence": raw.evidence,
        "labels": _labels(raw, fates),
        "columns": [vars(fate) for fate in fates],
        "repeats": {name: [vars(fate) for fate in found] for name, found in of_repeats.items()},
        "rebuilt": rebuilt,
        "absent": [n for n, q in codebook.questions.items() if q.type in KEPT_TYPES and n not in columns],
        "answers": {name: dict(mapping) for name, mapping in (wave.get("answers") or {}).items()},
        "answers_from_labels": from_labels,
        "crosswalk": [vars(row) for row in rows if row.accepted != crosswalk.SURE],
        "corrections": matched.counts,
    }
    return Ingested(
        responses.iloc[order].reset_index(drop=True).astype("string"),
        _free_text(free, ids, texts),
        pd.DataFrame({"data_row": np.arange(1, len(cells) + 1), "row_id": ids}).iloc[order].reset_index(drop=True),
        codebook,
        record,
        corrections,
        repeats,
    )


def _check_source(export: Path, source: Mapping[str, Any], rows: int, place: dict[str, Any]) -> str:
    """The SHA-256 of the export; stops when it, or the number of rows, is not what wave.yaml declares."""
    digest = sha256(export)
    if source.get("sha256") and source["sha256"].lower() != digest:
        raise FindingsError(
            "The export is not the file declared.",
            **place,
            mend="put the export back as it was received, or, if this is it: `sha256: " + digest + "` in wave.yaml.",
        )
    if source.get("rows") is not None and source["rows"] != rows:
        raise FindingsError(
            f"The export has {rows} rows, {source['rows']} are declared.", **place, mend=f"`rows: {rows}` in wave.yaml."
        )
    return digest


def _read_form(wave: Mapping[str, Any], wave_dir: Path) -> Codebook:
    form = wave_dir / wave["source"]["form"]
    if not form.is_file():
        raise FindingsError(
            "The form is missing.", wave=wave["wave"], file=form.name, mend="put the XLSForm beside wave.yaml."
        )
    return read_xlsform(form)


def extended(codebook: Codebook, wave: Mapping[str, Any], place: dict[str, Any]) -> Codebook:
    """The codebook with wave.yaml's further codes of its lists."""
    choices = {name: dict(codes) for name, codes in codebook.choices.items()}
    for name, codes in (wave.get("codes") or {}).items():
        if name not in choices:
            raise FindingsError(
                f"wave.yaml extends the list {name}, which the form does not have.",
                **{**place, "file": "wave.yaml"},
                mend=f"one of {', '.join(sorted(choices)[:5])} ... under `codes`.",
            )
        choices[name].update({str(code): dict((entry or {}).get("label") or {}) for code, entry in codes.items()})
    return replace(codebook, choices=choices)


def _row_ids(headers: list[str], cells: pd.DataFrame, key: bytes) -> pd.Series:
    """Random-looking ids, `r` and six or more digits: ranks of a keyed HMAC of each row's content.

    The order says nothing of the submission order, and the same content gets the same id in a file sorted otherwise.
    """
    # The tool's running number changes when the export is sorted: it is no content.
    by_name = sorted(range(len(headers)), key=headers.__getitem__)
    content = cells[[i for i in by_name if original_name(headers[i]) != "_index"]]
    halves = [
        pd.util.hash_pandas_object(content, index=False, hash_key=half).to_numpy(dtype="<u8")
        for half in ("row-content-left", "row-content-rght")
    ]
    blocks = np.column_stack(halves).tobytes()
    digests = [hmac.digest(key, blocks[i * 16 : i * 16 + 16], "sha256") for i in range(len(cells))]
    width = max(6, len(str(len(cells))))
    ids = [""] * len(cells)
    for rank, row in enumerate(sorted(range(len(cells)), key=digests.__getitem__), start=1):
        ids[row] = f"r{rank:0{width}d}"
    return pd.Series(ids, dtype="string")


def left_out(raw: RawTable, source: Mapping[str, Any]) -> tuple[pd.Series, dict[str, int]]:
    """Why a submission is no interview (null = it is one), and how many are so."""
    # ASSUME[left_out]: what the tool marks as rejected, not decrypted, a preview or unfinished is no interview, unless
    # wave.yaml keeps its state by name: `source: {keep: [unfinished]}`.
    states = raw.states if raw.states is not None else pd.Series(pd.NA, index=raw.cells.index, dtype="string")
    states = states.mask(states.isin(list(source.get("keep") or [])))
    return states, {str(state): int(count) for state, count in states.value_counts().sort_index().items()}


def _blanked(raw: RawTable, out: pd.Series, missing: list[str]) -> RawTable:
    """The table without the cells of rows that are left out and without declared missing codes; no row moves."""
    cells = raw.cells
    if out.any():
        cells = cells.mask(pd.DataFrame({i: out for i in cells.columns}))
    repeats = raw.repeats
    if missing:
        cells = cells.replace(missing, pd.NA)
        repeats = {name: replace(r, cells=r.cells.replace(missing, pd.NA)) for name, r in repeats.items()}
    return replace(raw, cells=cells, repeats=repeats)


def _labels(raw: RawTable, fates: list[Fate]) -> dict[str, Any]:
    """The export's own labels of the columns kept: question as asked, and answer -> label."""
    named: Mapping[str, str] = raw.evidence.get("headers") or {}
    found = {}
    for fate in fates:
        header = named.get(fate.column, fate.header)
        wording, values = raw.wordings.get(header), raw.values.get(header)
        if fate.fate == "kept" and (wording or values):
            found[fate.column] = {"wording": wording, "values": dict(values or {})}
    return found


def _free_text(columns: list[tuple[str, pd.Series]], ids: pd.Series, more: list[pd.DataFrame]) -> pd.DataFrame:
    """Long table of the text answers that are not empty; `more` those of repeats."""
    parts = more + [
        pd.DataFrame({"row_id": ids[text.notna()], "column": name, "text": text.dropna()}) for name, text in columns
    ]
    whole = pd.concat(parts) if parts else pd.DataFrame({"row_id": [], "column": [], "text": []})
    return whole.astype("string").sort_values(["row_id", "column"], ignore_index=True)


def _select_style(fates: list[Fate], rebuilt: list[str], columns: Iterable[str], codebook: Codebook) -> str:
    """How select_multiple questions were exported: both, splits, summary, or none of them."""
    split = any(fate.fate == "split" for fate in fates)
    summary = any(codebook.questions[n].type == "select_multiple" and n not in rebuilt for n in columns)
    return "both" if split and summary else "splits" if split else "summary" if summary else "none"
