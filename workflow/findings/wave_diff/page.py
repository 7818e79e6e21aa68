"""A wave beside those before it, as a page that stands by itself: of the release, or of exact numbers beforehand."""

from __future__ import annotations

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
    "body{font-size:15px;line-height:1.6;max-width:75rem;margin:1.5rem auto;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%;margin:2rem 0}caption{text-align:left;padding-bottom:.5rem}"
    "td,th{padding:.3rem .6rem;text-align:left;vertical-align:top;font-weight:normal}thead th{font-weight:bold}"
    "tbody tr{border-top:1px solid #8886}tfoot td{font-size:.85em;padding-top:.6rem}.exact{font-weight:bold}"
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
    tables = "".join(html(table) for table in _tables(released, lang))
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{faces(families, fonts)}{STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{exact_}<p>{escape(words['intro'])}</p>{tables}</main></body></html>\n"
    )


def _tables(released: Released, lang: str) -> Iterator[Labelled]:
    weighting = next((row.weighting for row in released.derived("wave_diff")), None)
    for kind in ORDER:
        entry = {"kind": kind, "label": {lang: captions(lang)["wave_diff"]["tables"][kind]}, "weighting": weighting}
        header, rows = TABLES[kind][1](released, entry, lang)
        yield words_of(released, kind, entry, header, rows, lang)


def _as_text(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as a release has them, with nothing withheld and nothing rounded."""
    made = rows.assign(status="published").reindex(columns=list(RELEASED)).astype(object)
    return made.where(made.notna(), None).rename(columns=str).to_dict("records")  # type: ignore[return-value]
