"""Reading the release: the only way in which figures, tables and sentences meet a number.

A row is one released estimate. A suppressed row has no number at all: `value`, `low`, `high` and `n` are None, and
whoever shows it must show that it is withheld, never zero.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from findings.errors import FindingsError
from findings.keys import AND
from findings.plan import Indicator, Level, expand_indicators, levels

COLUMNS = (
    "key", "wave", "family", "indicator", "statistic", "ministry", "service", "breakdown", "group", "weighting",
    "estimate", "ci_low", "ci_high", "ci_method", "df", "n", "n_eff", "deff", "bound_low", "bound_high", "test",
    "test_value", "df1", "p", "p_adjusted", "comparison_family", "detectable", "rank_low", "rank_high", "reliability",
    "design", "synthetic", "status",
)  # fmt: skip
# Columns of an Estimate that are numbers, beside `value`, `low`, `high` and `n`.
FURTHER = (
    "n_eff", "deff", "bound_low", "bound_high", "test_value", "df1", "p", "p_adjusted", "detectable", "rank_low",
    "rank_high",
)  # fmt: skip
NUMBERS = ("estimate", "ci_low", "ci_high", "n", *FURTHER)


@dataclass(frozen=True)
class Estimate:
    """One released row. `value`, `low`, `high` are proportions (0 to 1), means, counts or differences of these.

    None where withheld; what follows `status` also where it does not apply. `df` is as released: `<8`, `8–29`, `≥30`.
    """

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
    n_eff: float | None = None
    deff: float | None = None
    bound_low: float | None = None
    bound_high: float | None = None
    test_value: float | None = None
    df1: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    detectable: float | None = None
    rank_low: float | None = None
    rank_high: float | None = None
    df: str | None = None
    test: str | None = None
    comparison_family: str | None = None

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

    `rows` and `derived` have the columns of estimates.csv as text; empty text and None are null. `rows` are estimates
    of one indicator in one group; `derived` what is computed from several. `earlier` is the release of the wave that
    this one is compared with; `laid` the content of its wave_diff.json. Raises FindingsError if a column is missing, a
    key stands twice, the rows are of more than one wave, or a suppressed row has a number.
    """

    def __init__(
        self,
        rows: Iterable[Mapping[str, Any]],
        config: Mapping[str, Any],
        earlier: Released | None = None,
        derived: Iterable[Mapping[str, Any]] = (),
        laid: Mapping[str, Any] | None = None,
    ) -> None:
        self.config, self.earlier, self.laid = config, earlier, laid or {}
        self._rows, self._derived = list(rows), list(derived)
        every = [*self._rows, *self._derived]
        absent = [name for name in COLUMNS if every and name not in every[0]]
        if absent:
            raise FindingsError("The release lacks columns.", file="estimates.csv", codes=absent, mend="run again")
        waves = {row["wave"] for row in every}
        if len(waves) != 1:
            raise FindingsError("An exhibit is of one wave; the rows are of another number.", codes=sorted(waves))
        self.wave: str = waves.pop()
        self._by_key = {row["key"]: row for row in every}
        if len(self._by_key) < len(every):
            seen: set[str] = set()
            twice = [row["key"] for row in every if row["key"] in seen or seen.add(row["key"])]  # type: ignore[func-returns-value]
            raise FindingsError("A key stands twice in the release.", wave=self.wave, codes=twice)
        leaks = [row["key"] for row in every if row["status"] != "published" and any(row[c] for c in NUMBERS)]
        if leaks:
            raise FindingsError("A suppressed row has a number.", wave=self.wave, codes=leaks)

    @classmethod
    def read(
        cls,
        path: Path,
        config: Mapping[str, Any],
        derived: Path | None = None,
        earlier: Released | None = None,
        laid: Path | None = None,
    ) -> Released:
        """The release of a wave from its estimates.csv, derived.csv and wave_diff.json, and of the wave before."""
        rows: list[list[dict[str, Any]]] = []
        for source in (path, derived):
            rows.append([])
            if source:
                with source.open(newline="", encoding="utf-8") as stream:
                    rows[-1] += csv.DictReader(stream)
        return cls(rows[0], config, earlier, rows[1], json.loads(laid.read_text(encoding="utf-8")) if laid else None)

    @classmethod
    def beside(
        cls, path: Path, config: Mapping[str, Any], others: Sequence[Path], laid: Path | None = None
    ) -> Released:
        """From an estimates.csv and what stands beside it: its derived.csv, and both files of each wave before.

        The nearest wave is first; `others` is empty where the estimates are all that is needed.
        """
        own, before = next(iter(others), None), others[1:]
        earlier: Released | None = None
        for estimates, derived in reversed([*zip(before[::2], before[1::2], strict=True)]):
            earlier = cls.read(estimates, config, derived, earlier)
        return cls.read(path, config, own, earlier, laid)

    @classmethod
    def chain(
        cls, paths: Iterable[Path], derived: Iterable[Path], config: Mapping[str, Any],
        earlier: Mapping[str, str | None], laid: Sequence[Path] = (),
    ) -> dict[str, Released]:  # fmt: skip
        """The releases of several waves by name, each with the one that `earlier` says is before it.

        `paths` are estimates.csv in folders of the waves' names, an earlier wave first; `derived` their derived.csv,
        `laid` their wave_diff.json.
        """
        of_wave = {path.parent.name: path for path in laid}
        found: dict[str, Released] = {}
        for path, own in zip(paths, derived, strict=True):
            wave = path.parent.name
            found[wave] = cls.read(path, config, own, found.get(earlier[wave] or ""), of_wave.get(wave))
        return found

    @property
    def waves(self) -> list[Released]:
        """The comparable waves before that are at hand, the first one first, and this one."""
        return [*(self.earlier.waves if self.earlier else []), self]

    @cached_property
    def weighting(self) -> str:
        """The weighting that exhibits show: of a volunteer wave none; else the headline's, else the design's."""
        if self.volunteers:
            return "none"
        have = {row["weighting"] for row in self._rows}
        wanted = (self.config["headline_weighting"], "design", "none")
        return next((weighting for weighting in wanted if weighting in have), "none")

    @cached_property
    def volunteers(self) -> bool:
        """Whether the wave is of volunteers: no interval, no population noun."""
        return any(row["design"] == "volunteer" for row in self._rows)

    @cached_property
    def synthetic(self) -> bool:
        """Whether any row is of synthetic data."""
        return any(_true(row["synthetic"]) for row in [*self._rows, *self._derived])

    @cached_property
    def levels(self) -> dict[str, Level]:
        """The ladder levels of the study by name."""
        return {level.name: level for level in levels(self.config)}

    @cached_property
    def _indicators(self) -> dict[tuple[str, str, str | None], Indicator]:
        return {(i.family, i.id, i.service or i.ministry): i for i in expand_indicators(self.config)}

    @cached_property
    def _by_indicator(self) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
        found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for row in self._rows:
            found.setdefault((row["family"], row["indicator"]), []).append(row)
        return found

    def number(self, key: str) -> Estimate:
        """The row of a key, of this wave or of the one it is compared with. Raises FindingsError if in neither."""
        if key in self._by_key:
            return _estimate(self._by_key[key])
        if self.earlier is not None:
            return self.earlier.number(key)
        raise FindingsError("A sentence or an exhibit asks for a key that is not released.", codes=[key])

    def has(self, key: str) -> bool:
        """Whether a key has a row, withheld or not, in this wave or in one that it is compared with."""
        return key in self._by_key or (self.earlier is not None and self.earlier.has(key))

    def select(self, family: str, indicator: str | None = None, **wanted: str | None) -> list[Estimate]:
        """Rows whose columns equal `wanted` (None = the column is null), in the order of the file."""
        places = [(family, indicator)] if indicator else [place for place in self._by_indicator if place[0] == family]
        return [
            _estimate(row)
            for place in places
            for row in self._by_indicator.get(place, [])
            if all((row[column] or None) == value for column, value in wanted.items())
        ]

    def totals(self, family: str, indicator: str) -> list[Estimate]:
        """Rows of everyone (no breakdown) in the weighting shown: one per service or ministry, in the study's order."""
        return self._in_order(self.select(family, indicator, breakdown=None, weighting=self.weighting))

    def derived(self, family: str | None = None, **wanted: str | None) -> list[Estimate]:
        """Derived rows whose columns equal `wanted` (None = the column is null), in the study's order."""
        places = self._derived_by_family
        chosen = places.get(family, []) if family else self._derived
        rows = [_estimate(row) for row in chosen if all((row[column] or None) == v for column, v in wanted.items())]
        return self._in_order(rows)

    @cached_property
    def _derived_by_family(self) -> dict[str, list[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self._derived:
            found.setdefault(row["family"], []).append(row)
        return found

    def groups(self, breakdown: str, weighting: str | None = None, **wanted: str | None) -> list[Estimate]:
        """Rows by the groups of a breakdown, at the ladder level that the gate let through, in the level's order.

        Where no level was let through, the coarsest one that has rows, all withheld; empty if there are no rows. A
        crossing has one level: its cells.
        """
        shown: list[Estimate] = []
        share = -1.0
        for level, order in self._ladder(breakdown):
            rows = self.select(breakdown=level, weighting=weighting or self.weighting, **wanted)  # type: ignore[arg-type]
            published = sum(row.published for row in rows) / len(rows) if rows else -1.0
            if published > share or published == 0 == share:
                place = {group: number for number, group in enumerate(order)}
                shown = sorted(rows, key=lambda row: place.get(row.group or "", len(place)))
                share = published
        return shown

    def _ladder(self, breakdown: str) -> list[tuple[str, list[str]]]:
        """Levels of a breakdown, finest first, with their groups in order; of a crossing, its cells."""
        for crossing in self.config.get("crossings", []):
            if crossing["name"] == breakdown:
                cells = [""]
                for step in crossing["levels"]:
                    cells = [f"{cell}{AND if cell else ''}{g}" for cell in cells for g in self.levels[step].groups]
                return [(AND.join(crossing["levels"]), cells)]
        ladder = sorted((v for v in self.levels.values() if v.breakdown == breakdown), key=lambda v: v.rank)
        return [(level.name, list(level.groups)) for level in ladder]

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

    def breakdown_label(self, breakdown: str, lang: str) -> str:
        """The label of a breakdown or a crossing."""
        crossing = next((c for c in self.config.get("crossings", []) if c["name"] == breakdown), None)
        return text(crossing["label"], lang) if crossing else self.label("breakdowns", breakdown, lang)

    def of_label(self, row: Estimate, lang: str) -> str:
        """The label of the service or ministry that a row is of."""
        return self.label("services" if row.service else "ministries", row.of, lang)

    def group_label(self, row: Estimate, lang: str) -> str:
        """The label of a row's group; of a crossing's cell, its groups'."""
        names, groups = (row.breakdown or "").split(AND), (row.group or "").split(AND)
        found = [self.levels[n].groups.get(g) if n in self.levels else None for n, g in zip(names, groups, strict=True)]
        labels = [(text(f.label, lang) if f else "") or g.replace("_", " ") for f, g in zip(found, groups, strict=True)]
        return " · ".join(labels)


def text(texts: Mapping[str, str], lang: str) -> str:
    """A text in a language; the first there is where that one is missing; empty where there is none."""
    return texts.get(lang) or next(iter(texts.values()), "")


Numbers = Mapping[str, Iterable[tuple[str, str]]]


def write_record(
    path: Path, exhibit: str, wave: str, rule: str, keys: Iterable[str], files: Iterable[str], numbers: Numbers
) -> None:
    """Say what an exhibit shows and where: the lines of exhibits.csv, and of numbers.csv.

    `files` lie two folders deep in the release; `numbers` are (key, text) of each number printed, by language.
    """
    record = {
        "exhibit": exhibit,
        "wave": wave,
        "rule": rule,
        "script": f"workflow/scripts/{rule}.py",
        "keys": list(keys),
        "files": sorted("/".join(Path(file).parts[-2:]) for file in files),
        "numbers": {language: [list(pair) for pair in pairs] for language, pairs in numbers.items()},
    }
    path.write_text(json.dumps(record, indent=1), encoding="utf-8")


def _true(value: Any) -> bool:
    return str(value).lower() in ("true", "1")


def _estimate(row: Mapping[str, Any]) -> Estimate:
    def number(column: str) -> float | None:
        return None if row[column] in ("", None) else float(row[column])

    size = number("n")
    return Estimate(
        key=row["key"], wave=row["wave"], family=row["family"], indicator=row["indicator"],
        statistic=row["statistic"], ministry=row["ministry"] or None, service=row["service"] or None,
        breakdown=row["breakdown"] or None, group=row["group"] or None, weighting=row["weighting"] or None,
        value=number("estimate"), low=number("ci_low"), high=number("ci_high"), ci_method=row["ci_method"] or None,
        n=None if size is None else int(size), reliability=row["reliability"] or None,
        synthetic=_true(row["synthetic"]), status=row["status"], df=row["df"] or None, test=row["test"] or None,
        comparison_family=row["comparison_family"] or None, **{column: number(column) for column in FURTHER},
    )  # fmt: skip
