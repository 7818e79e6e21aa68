"""Reading the release: the only way in which figures, tables and sentences meet a number.

A row is one released estimate. A suppressed row has no number at all: `value`, `low`, `high` and `n` are None, and
whoever shows it must show that it is withheld, never zero.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from findings.config import Indicator, Level, expand_indicators, levels
from findings.errors import FindingsError

COLUMNS = (
    "key", "wave", "family", "indicator", "statistic", "ministry", "service", "breakdown", "group", "weighting",
    "estimate", "ci_low", "ci_high", "ci_method", "n", "reliability", "design", "synthetic", "status",
)  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """One released row. `value`, `low`, `high` are proportions (0 to 1), means or counts; None where withheld."""

    key: str
    wave: str
    family: str
    indicator: str
    statistic: str
    ministry: str | None
    service: str | None
    breakdown: str | None
    group: str | None
    weighting: str | None
    value: float | None
    low: float | None
    high: float | None
    ci_method: str | None
    n: int | None
    reliability: str | None
    synthetic: bool
    status: str

    @property
    def published(self) -> bool:
        """Whether the row's number may be shown."""
        return self.status == "published" and self.value is not None

    @property
    def of(self) -> str | None:
        """The service, else the ministry, that the estimate is of; None if of neither."""
        return self.service or self.ministry


class Released:
    """The released rows of one wave, with the study's labels.

    `estimates` has the columns of estimates.csv as text or numbers; empty text and NaN are null. Raises FindingsError
    if a column is missing, a key stands twice, the rows are of more than one wave, or a suppressed row has a number.
    """

    def __init__(self, estimates: pd.DataFrame, config: Mapping[str, Any]) -> None:
        absent = [name for name in COLUMNS if name not in estimates]
        if absent:
            raise FindingsError("The release lacks columns.", file="estimates.csv", codes=absent, mend="run again")
        self.config = config
        self._rows = _typed(estimates)
        waves = set(self._rows["wave"])
        if len(waves) != 1:
            raise FindingsError("An exhibit is of one wave; the rows are of another number.", codes=sorted(waves))
        self.wave: str = waves.pop()
        if self._rows["key"].duplicated().any():
            twice = self._rows.loc[self._rows["key"].duplicated(), "key"]
            raise FindingsError("A key stands twice in the release.", wave=self.wave, codes=twice)
        leaks = (self._rows["status"] != "published") & self._rows[["estimate", "ci_low", "ci_high", "n"]].notna().any(
            axis=1
        )
        if leaks.any():
            raise FindingsError("A suppressed row has a number.", wave=self.wave, codes=self._rows.loc[leaks, "key"])

    @classmethod
    def read(cls, path: Path, config: Mapping[str, Any]) -> Released:
        """The release of a wave from its estimates.csv."""
        return cls(pd.read_csv(path, dtype=str, keep_default_na=False), config)

    @cached_property
    def weighting(self) -> str:
        """The weighting that exhibits show: the headline's if the wave has it, else the design's, else none."""
        have = set(self._rows["weighting"].dropna())
        wanted = (self.config["headline_weighting"], "design", "none")
        return next((weighting for weighting in wanted if weighting in have), "none")

    @cached_property
    def synthetic(self) -> bool:
        """Whether any row is of synthetic data."""
        return any(_true(value) for value in self._rows["synthetic"])

    @cached_property
    def levels(self) -> dict[str, Level]:
        """The ladder levels of the study by name."""
        return {level.name: level for level in levels(self.config)}

    @cached_property
    def _indicators(self) -> dict[tuple[str, str, str | None], Indicator]:
        return {(i.family, i.id, i.service or i.ministry): i for i in expand_indicators(self.config)}

    @cached_property
    def _by_key(self) -> dict[str, int]:
        return {key: number for number, key in enumerate(self._rows["key"])}

    def number(self, key: str) -> Estimate:
        """The row of a key. Raises FindingsError if the release does not hold it."""
        if key not in self._by_key:
            raise FindingsError("A sentence or an exhibit asks for a key that is not released.", codes=[key])
        return _estimate(self._rows.iloc[self._by_key[key]])

    def select(self, **wanted: str | None) -> list[Estimate]:
        """Rows whose columns equal `wanted` (None = the column is null), in the order of the file."""
        keep = pd.Series(True, index=self._rows.index)
        for column, value in wanted.items():
            keep &= self._rows[column].isna() if value is None else (self._rows[column] == value).fillna(False)
        return [_estimate(row) for _, row in self._rows[keep].iterrows()]

    def totals(self, family: str, indicator: str) -> list[Estimate]:
        """Rows of everyone (no breakdown) in the weighting shown: one per service or ministry, in the study's order."""
        return self._in_order(self.select(family=family, indicator=indicator, breakdown=None, weighting=self.weighting))

    def groups(self, breakdown: str, weighting: str | None = None, **wanted: str | None) -> list[Estimate]:
        """Rows by the groups of a breakdown, at the ladder level that the gate let through, in the level's order.

        Where no level was let through, the coarsest one that has rows, all withheld; empty if there are no rows.
        """
        shown: list[Estimate] = []
        share = -1.0
        for level in sorted((v for v in self.levels.values() if v.breakdown == breakdown), key=lambda v: v.rank):
            rows = self.select(breakdown=level.name, weighting=weighting or self.weighting, **wanted)
            published = sum(row.published for row in rows) / len(rows) if rows else -1.0
            if published > share or published == 0 == share:
                order = list(level.groups)
                place = {group: number for number, group in enumerate(order)}
                shown = sorted(rows, key=lambda row: place.get(row.group or "", len(place)))
                share = published
        return shown

    def _in_order(self, rows: Iterable[Estimate]) -> list[Estimate]:
        place = {code: n for n, code in enumerate([*self.config["ministries"], *self.config["services"]])}
        ministry = {code: n for n, code in enumerate(self.config["ministries"])}
        return sorted(rows, key=lambda r: (ministry.get(r.ministry or "", -1), place.get(r.of or "", -1)))

    def indicator(self, row: Estimate) -> Indicator | None:
        """The declared indicator of a row; None for a row that is of none (flow, sample)."""
        return self._indicators.get((row.family, row.indicator, row.of))

    def label(self, section: str, code: str | None, lang: str) -> str:
        """The label of a code of a section of the config (services, ministries, ...); its code in words if it has none.

        An empty text for code None.
        """
        if code is None:
            return ""
        return text(self.config.get(section, {}).get(code, {}).get("label", {}), lang) or code.replace("_", " ")

    def of_label(self, row: Estimate, lang: str) -> str:
        """The label of the service or ministry that a row is of."""
        return self.label("services" if row.service else "ministries", row.of, lang)

    def group_label(self, row: Estimate, lang: str) -> str:
        """The label of a row's group."""
        level = self.levels.get(row.breakdown or "")
        group = level.groups.get(row.group or "") if level else None
        return (text(group.label, lang) if group else "") or (row.group or "").replace("_", " ")


def text(texts: Mapping[str, str], lang: str) -> str:
    """A text in a language; the first there is where that one is missing; empty where there is none."""
    return texts.get(lang) or next(iter(texts.values()), "")


def write_record(path: Path, exhibit: str, wave: str, rule: str, keys: Iterable[str], files: Iterable[str]) -> None:
    """Say what an exhibit shows and where: the lines of exhibits.csv. `files` lie two folders deep in the release."""
    record = {
        "exhibit": exhibit,
        "wave": wave,
        "rule": rule,
        "script": f"workflow/scripts/{rule}.py",
        "keys": list(keys),
        "files": sorted("/".join(Path(file).parts[-2:]) for file in files),
    }
    path.write_text(json.dumps(record, indent=1), encoding="utf-8")


def _typed(estimates: pd.DataFrame) -> pd.DataFrame:
    rows = estimates[list(COLUMNS)].copy()
    for column in COLUMNS:
        if column in ("estimate", "ci_low", "ci_high", "n"):
            rows[column] = pd.to_numeric(rows[column].replace("", None))
        elif column != "synthetic":
            rows[column] = rows[column].astype("string").mask(lambda cells: cells == "")
    return rows.reset_index(drop=True)


def _true(value: Any) -> bool:
    return str(value).lower() in ("true", "1")


def _estimate(row: pd.Series) -> Estimate:
    def word(column: str) -> str | None:
        return None if pd.isna(row[column]) else str(row[column])

    def number(column: str) -> float | None:
        return None if pd.isna(row[column]) else float(row[column])

    return Estimate(
        key=str(row["key"]), wave=str(row["wave"]), family=str(row["family"]), indicator=str(row["indicator"]),
        statistic=str(row["statistic"]), ministry=word("ministry"), service=word("service"),
        breakdown=word("breakdown"), group=word("group"), weighting=word("weighting"), value=number("estimate"),
        low=number("ci_low"), high=number("ci_high"), ci_method=word("ci_method"),
        n=None if pd.isna(row["n"]) else int(row["n"]), reliability=word("reliability"),
        synthetic=_true(row["synthetic"]), status=str(row["status"]),
    )  # fmt: skip
