"""All blocks of a model side by side: effects by term, tests of the terms, the last block's interval and p."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.models.plan import plans
from findings.release import Estimate, Released
from findings.text.associations import (
    ALL,
    EFFECTS,
    FAMILY,
    WHOLE,
    Column,
    columns,
    level_label,
    scope_label,
    term_label,
)
from findings.text.captions import captions
from findings.text.numbers import interval, p_value, part

COLUMNS = [
    "key", "model", "scope", "block", "term", "level", "statistic", "estimate", "ci_low", "ci_high", "test",
    "test_value", "df1", "p", "p_adjusted", "n", "reliability", "status",
]  # fmt: skip


def build(released: Released, entry: Mapping[str, Any]) -> pd.DataFrame:
    """One row per derived row of the model in codes, in the order of its scopes and blocks; null where withheld."""
    own = [plan for plan in plans(released.config) if plan.name == entry["model"]]
    order = {}
    for plan in own:
        for block in plan.blocks:
            for ending in ("", "_log_odds", "_proportional_odds"):
                order[plan.named(block.id) + ending] = (plan, block.id)
    place = {name: n for n, name in enumerate(order)}
    rows = sorted(
        (row for row in released.derived(FAMILY) if row.indicator in order), key=lambda r: (place[r.indicator], r.key)
    )
    made = [
        [r.key, order[r.indicator][0].name, order[r.indicator][0].scope, order[r.indicator][1], r.breakdown, r.group,
         r.statistic, r.value, r.low, r.high, r.test, r.test_value, r.df1, r.p, r.p_adjusted, r.n, r.reliability,
         r.status]
        for r in rows
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS).astype({"n": "Int64"})


def label(released: Released, entry: Mapping[str, Any], lang: str) -> tuple[list[str], list[list[Any]]]:
    """Header and rows: per scope its terms with their F, the reference, every level, and the share explained."""
    words, table = captions(lang)["model"], captions(lang)["table"]
    own = [plan for plan in plans(released.config) if plan.name == entry["model"]]
    several = len(own) > 1
    header: list[str] = []
    rows: list[list[Any]] = []
    for plan in own:
        found = columns(released, {**entry, "columns": "blocks", "scope": plan.scope}, lang)
        if not found:
            continue
        header = [words["scope"]] * several + [
            words["term"],
            *(column.label for column in found),
            table["interval"],
            words["p"],
        ]
        lead = [scope_label(released, plan, lang)] * several
        last = found[-1]
        for term, levels in last.terms.items():
            test = last.rows.get((term, ALL))
            within = term_label(released, term, lang)
            rows.append([*lead, within, *_tests(found, term, lang), words["f_test"], _p(test, lang)])
            for level in levels:
                name = f"{within}: {level_label(released, term, level, lang)}"
                if level == levels[0]:
                    rows.append(
                        [*lead, name, *(_reference(column, term, lang) for column in found), table["no"], table["no"]]
                    )
                    continue
                effects = [column.effect(term, level) for column in found]
                row = effects[-1]
                limits = interval(row, lang) if row is not None and row.published else table["no"]
                rows.append([*lead, name, *(table["no"] if e is None else e for e in effects), limits, _p(row, lang)])
        whole = [column.whole for column in found]
        rows.append(
            [*lead, words["share"], *(table["no"] if row is None else row for row in whole), table["no"], table["no"]]
        )
    return header, rows


def _tests(found: list[Column], term: str, lang: str) -> list[Any]:
    no = captions(lang)["table"]["no"]
    return [
        column.rows.get((term, ALL)) or (column.whole if _withheld(column) and term in column.terms else no)
        for column in found
    ]


def _reference(column: Column, term: str, lang: str) -> str:
    shown = term in column.terms and not _withheld(column)
    return str(captions(lang)["model"]["reference"] if shown else captions(lang)["table"]["no"])


def _withheld(column: Column) -> bool:
    return column.whole is not None and not column.whole.published


def _p(row: Estimate | None, lang: str) -> str:
    if row is None or not row.published or row.p_adjusted is None:
        return str(captions(lang)["table"]["no"])
    return part(row, "p_adjusted", p_value(row.p_adjusted), lang)


__all__ = ["EFFECTS", "WHOLE", "build", "label"]
