"""A wave beside those before it, as a page that stands by itself: of the release, or of exact numbers beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from findings.fonts import faces
from findings.release import COLUMNS as RELEASED
from findings.release import Released
from findings.tables import TABLES
from findings.tables.labelled import Labelled, html, words_of
from findings.text.captions import captions
from findings.text.facts import wave_label

ORDER = ("comparability", "wave_diff", "wave_diff_shifts")
STYLE = (
    ":root{color-scheme:light dark}"
    "body{font-size:15px;line-height:1.6;max-width:75rem;margin:1.5rem auto;padding:0 1rem;overflow-wrap:break-word}"
    "h1{line-height:1.3}table{border-collapse:collapse;width:100%;margin:2.5rem 0}"
    "caption{text-align:left;padding-bottom:.5rem;font-size:1.15em}"
    ".stamp{display:block;font-size:.75em;color:light-dark(#a33f00,#ffb38a)}"
    "td,th{padding:.3rem .6rem;text-align:left;vertical-align:top;font-weight:normal}thead th{font-weight:bold}"
    "td:first-child,th:first-child{padding-left:0}"
    "tbody tr{border-top:1px solid #8886}tfoot td{font-size:.85em;padding-top:.6rem}.exact{font-weight:bold}"
)
# On a narrow screen a row is a card, and each cell says what it is of.
CARDS = (
    "table,caption,tbody,tfoot,tr,th,td{display:block}thead{position:absolute;clip-path:inset(50%);height:1px;width:1px;"
    "overflow:hidden}tbody tr{padding:.6rem 0}td,th{padding:.1rem 0}td:empty,th:empty{display:none}"
    "tbody td::before,tbody th::before{font-weight:bold}"
)


def exact(rows: pd.DataFrame, config: Mapping[str, Any], laid: Mapping[str, Any], before: pd.DataFrame) -> Released:
    """Derived rows of `wave_diff` as they are, in the place of the release, for the researcher alone.

    `before` are those of the comparable wave before (no rows if there is none).
    """
    earlier = Released([], config, derived=_as_text(before)) if len(before) else None
    return Released([], config, earlier, _as_text(rows), laid)


def page(released: Released, lang: str, fonts: Path, confidential: bool = False) -> str:
    """HTML: what may be compared, what differs in the questionnaire, and what moved. Its numbers carry their keys.

    `fonts` is the folder of the study's own fonts: questions stand on a page in every language they were asked in.
    """
    families = (captions(each).get("fonts", []) for each in released.config["languages"])
    words = captions(lang)["wave_diff"]
    title = words["title"].format(wave=wave_label(released, lang))
    exact_ = f'<p class="exact">{escape(words["exact"])}</p>' if confidential else ""
    tables = [*_tables(released, lang)]
    cards = f"@media(max-width:45rem){{{CARDS}{''.join(map(_headed, tables))}}}"
    shown = "".join(map(html, tables))
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{faces(families, fonts)}{STYLE}{cards}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{exact_}<p>{escape(words['intro'])}</p>{shown}</main></body></html>\n"
    )


def _tables(released: Released, lang: str) -> Iterator[Labelled]:
    """The page's tables; an earlier wave that is the same in every row stands over the table, once."""
    weighting = next((row.weighting for row in released.derived("wave_diff")), None)
    words = captions(lang)["wave_diff"]
    for kind in ORDER:
        label = words["tables"][kind]
        header, rows = TABLES[kind][1](released, {"kind": kind}, lang)
        waves = {row[0] for row in rows} if header[0] == words["earlier"] else set()
        if len(waves) == 1 and (wave := waves.pop()):
            label, header, rows = f"{label} – {words['earlier']}: {wave}", header[1:], [row[1:] for row in rows]
        entry = {"kind": kind, "label": {lang: label}, "weighting": weighting}
        yield words_of(released, kind, entry, header, rows, lang)


def _headed(table: Labelled) -> str:
    """CSS: each cell of a table says its column's header before what it holds."""
    told = (json.dumps(f"{words}: ", ensure_ascii=False) for words in table.header)
    cell = f"#table-{table.name} tbody tr>:nth-child"
    return "".join(f"{cell}({place})::before{{content:{words}}}" for place, words in enumerate(told, 1))


def _as_text(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as a release has them, with nothing withheld and nothing rounded."""
    made = rows.assign(status="published").reindex(columns=list(RELEASED)).astype(object)
    return made.where(made.notna(), None).rename(columns=str).to_dict("records")  # type: ignore[return-value]
