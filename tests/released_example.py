"""Released rows made up for tests of the exhibits: every shape that an exhibit can meet, no number of any study."""

from __future__ import annotations

from functools import cache
from io import StringIO
from itertools import product

import numpy as np
import pandas as pd
import specification_example
from derived_example import derived_rows
from findings.config import load_study
from findings.environment import ROOT
from findings.inputs import WAVES_KINDS
from findings.keys import AND, print_key
from findings.plan import expand_indicators, levels
from findings.register import COLUMNS, CONFIDENTIAL
from findings.release import FURTHER, Released
from released_models import model_rows

WAVE = "nug_2025"
NUMBERS = ["estimate", "se", "ci_low", "ci_high", "n", "n_eff", "deff", "test_value", "df1", "p", "p_adjusted",
           "rank_low", "rank_high"]  # fmt: skip


def study() -> dict:
    return load_study(ROOT / "config.yaml")


def released(config: dict | None = None, earlier: Released | None = None, **change) -> Released:
    config = config or study()
    whole = estimates(config, **change)
    derived = is_derived(whole)
    wave, design = change.get("wave", WAVE), change.get("design", "probability")
    made = as_text(_derived(config, **{"wave": wave, **change})) if design == "probability" else []
    return Released(as_text(whole[~derived]), config, earlier, [*as_text(whole[derived]), *made])


def is_derived(frame: pd.DataFrame) -> pd.Series:
    """Which rows of `estimates` are computed from several, and so in derived.csv."""
    of_several = frame["family"].isin(["intersections", "specification", "model", "reliability"])
    return of_several | (frame["statistic"] == "rank") | frame["key"].str.startswith("diff(")


def _derived(config: dict, wave: str, synthetic: bool = True, suppress: float = 0.08, **_: object) -> pd.DataFrame:
    """Derived rows of the comparisons and the non-answers, some withheld."""
    frame = pd.DataFrame(derived_rows(config, wave, np.random.default_rng(3)))
    keys = [print_key(row) for row in frame.to_dict("records")]
    frame["key"] = frame["key"].where(frame["key"].notna(), pd.Series(keys))
    hidden = np.random.default_rng(4).uniform(size=len(frame)) < suppress
    hidden |= frame["hide"].eq(True).to_numpy(dtype=bool)
    frame["status"] = np.where(hidden, "suppressed", "published")
    columns = [column for column in COLUMNS if column not in CONFIDENTIAL]
    frame = frame.assign(synthetic=synthetic, design="probability").reindex(columns=columns)
    frame.loc[hidden, [*FURTHER, "estimate", "ci_low", "ci_high", "n"]] = None
    return frame.sort_values("key", ignore_index=True)


def as_text(frame: pd.DataFrame) -> list[dict]:
    """The rows as estimates.csv has them."""
    return pd.read_csv(StringIO(frame.to_csv(index=False)), dtype=str, keep_default_na=False).to_dict("records")


@cache
def _cached(frozen: tuple[tuple[str, object], ...], compared: bool) -> Released:
    change, config = dict(frozen), study()
    if not compared:
        return released(config, **change)
    return released(config, _cached((("wave", "nug_2024"), *frozen), False), changes=True, **change)


def of_figure(config: dict, name: str, **change) -> Released:
    """The release that a figure is of: with the wave before and the changes, or of volunteers, where it shows these."""
    kind = config["exhibits"]["figures"][name]["kind"]
    if kind == "sensitivity":
        change |= {"design": "volunteer", "intervals": False}
    if kind == "specification":
        change |= {"specifications": True}
    return _cached(tuple(sorted(change.items())), kind in WAVES_KINDS)


def estimates(
    config: dict, *, synthetic: bool = True, intervals: bool = True, suppress: float = 0.08, wave: str = WAVE,
    design: str = "probability", changes: bool = False, specifications: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """One wave: totals and groups of every indicator, flow, sample, population and quality, some withheld."""
    random = np.random.default_rng(11)
    rows: list[dict] = []
    crossings = [AND.join(crossing["levels"]) for crossing in config.get("crossings", [])]

    def add(**row) -> None:
        rows.append({"wave": wave, "synthetic": synthetic, "design": design, **row})

    steps = zip(config["exhibits"]["figures"]["flow"]["steps"], range(3200, 0, -37), strict=False)
    for place, (step, count) in enumerate(steps):
        add(family="flow", indicator=step, statistic="count", estimate=count, n=count, hide=place == 4)
    sample = {"family": "sample", "indicator": "respondents"}
    add(**sample, statistic="count", weighting="none", estimate=2800, n=2800)
    for level in levels(config):
        share = 1 / len(level.groups)
        for group in level.groups:
            of = {"breakdown": level.name, "group": group}
            count = int(2800 * share)
            add(**sample, statistic="count", weighting="none", estimate=count, n=count, **of)
            if level.name in ("gender", "age_group", "urban_rural", "state_region"):
                add(family="population", indicator="share", statistic="proportion", estimate=round(share, 3), **of)
            for weighting in ("none", "design", "calibrated"):
                value = round(share * random.uniform(0.9, 1.1), 3)
                add(**sample, statistic="proportion", weighting=weighting, estimate=value, n=2800, **of)
    places: list[dict] = [{}]
    places += [{"breakdown": v.name, "group": g, "level": v} for v in levels(config) for g in v.groups]
    for crossing in crossings:
        groups = [next(v for v in levels(config) if v.name == step).groups for step in crossing.split(AND)]
        places += [{"breakdown": crossing, "group": AND.join(cell), "crossing": True} for cell in product(*groups)]
    for indicator in expand_indicators(config):
        mean = indicator.statistic == "mean"
        middle = {"aware": 0.6, "ever_used": 0.35, "current_use": 0.2}.get(indicator.id, 0.35)
        middle *= random.uniform(0.6, 1.4)
        if indicator.family == "answers":
            middle = 0.2
        of_what = {"family": indicator.family, "indicator": indicator.id, "ministry": indicator.ministry,
                   "service": indicator.service}  # fmt: skip
        add(**{**of_what, "family": "quality", "indicator": f"{indicator.family}_{indicator.id}"},
            statistic="nonresponse", weighting="none", estimate=0.04, n=2000)  # fmt: skip
        # No exhibit shows other families, or other services, by group.
        grouped = indicator.family in ("adoption", "barriers") and indicator.service is None
        grouped = grouped or indicator.id in ("sus", "satisfaction")
        for place in places if grouped else [{}]:
            level = place.get("level")
            if place and not ({level.breakdown} if level else {c["name"] for c in config["crossings"]}) & indicator.by:
                continue
            of = {key: place[key] for key in ("breakdown", "group") if place}
            value = float(np.clip(middle * random.uniform(0.8, 1.2), 0.004, 0.97)) * (100 if mean else 1)
            half = random.uniform(0.02, 0.06) * (100 if mean else 1)
            # A coarser level is let through where the finest is of ten groups or more, as the gate does.
            ladder = [v for v in levels(config) if level and v.breakdown == level.breakdown]
            wanted = next((v for v in ladder if len(v.groups) < 10), None)
            hide = bool(level and level is not wanted and level.name != getattr(wanted, "name", None))
            hide = hide or random.uniform() < suppress
            numbers = {"n": int(random.integers(120, 2800)), "hide": hide, "n_eff": 300, "deff": 1.4}
            limits = {
                "ci_low": round(max(value - half, 0), 3) if intervals else None,
                "ci_high": round(value + half if mean else min(value + half, 1), 3) if intervals else None,
                "ci_method": ("t" if mean else "korn_graubard") if intervals else None,
                "reliability": str(random.choice(["reliable"] * 3 + ["review", "footnote", "not_reliable"])),
            }
            for weighting in ("none", "calibrated", *(["trimmed"] if design == "volunteer" else [])):
                moved = {"none": 0.0, "calibrated": 0.004, "trimmed": 0.002}[weighting]
                add(**of_what, statistic=indicator.statistic, weighting=weighting, estimate=round(value + moved, 3),
                    **limits, **numbers, **of)  # fmt: skip
            if changes and not place:
                # One of the changes that the exhibits show is always withheld.
                hide = hide or indicator.id == "willingness"
                add(**of_what, **{**numbers, "hide": hide}, statistic="difference_of_means" if mean else "difference",
                    weighting="calibrated", estimate=0.04, ci_low=0.01, ci_high=0.07, ci_method="t",
                    p_adjusted=float(random.choice([0.001, 0.2])))  # fmt: skip
    if specifications:
        given = {"volunteers": design == "volunteer", "intervals": intervals, "suppress": suppress}
        for row in specification_example.rows(config, random, **given):
            add(**row)
    if design == "probability":
        rows += [{**row, "synthetic": synthetic} for row in model_rows(config, wave, suppress >= 1)]
    for row in [*ranks(config, rows, intervals=intervals), *combinations(config, rows, intervals=intervals)]:
        add(**row)
    frame = pd.DataFrame(rows)
    frame["key"] = [
        row["key"] if isinstance(row.get("key"), str) else
        f"diff({print_key(row)},{print_key({**row, 'wave': 'nug_2024'})})"
        if str(row["statistic"]).startswith("difference") and row["family"] != "specification" else print_key(row)
        for row in frame.to_dict("records")
    ]  # fmt: skip
    hidden = frame.pop("hide").eq(True).to_numpy()
    frame["status"] = np.where(hidden, "suppressed", "published")
    frame["reason"] = np.where(hidden, "disclosure control", None)
    frame = frame.reindex(columns=[column for column in COLUMNS if column not in CONFIDENTIAL])
    frame.loc[hidden, [*NUMBERS, "ci_method", "reliability"]] = None
    return frame.sort_values("key", ignore_index=True)


def of_everyone(config: dict, rows: list[dict], declared: dict, weighting: str) -> list[list[dict]]:
    """The rows of a declared family for everyone, of one ministry or service each, the largest first."""
    found: dict[tuple, list[dict]] = {}
    for row in rows:
        if row["family"] == declared["family"] and row["indicator"] in config[declared["items"]]:
            if row["statistic"] == "proportion" and row["weighting"] == weighting and "breakdown" not in row:
                found.setdefault((row["ministry"], row["service"]), []).append(row)
    return [sorted(each, key=lambda row: -row["estimate"]) for each in found.values()]


def ranks(config: dict, rows: list[dict], *, intervals: bool) -> list[dict]:
    """Rank rows as the gate leaves them: all of a ranking withheld if one of its rows is."""
    made = []
    for declared in config.get("rankings", {}).values():
        for ranked in of_everyone(config, rows, declared, "calibrated" if intervals else "none"):
            hide = any(row["hide"] for row in ranked)
            for place, row in enumerate(ranked, 1):
                of = {name: row[name] for name in ("family", "indicator", "ministry", "service", "weighting", "n")}
                sets = {"rank_low": max(place - 2, 1), "rank_high": min(place + 1, len(ranked))} if intervals else {}
                made.append({**of, "statistic": "rank", "estimate": place, "hide": hide, **sets})
    return made


def combinations(config: dict, rows: list[dict], *, intervals: bool) -> list[dict]:
    """Combinations of published sets: those withheld are not listed."""
    made = []
    if declared := config.get("intersections"):
        for ranked in of_everyone(config, rows, declared, "calibrated" if intervals else "none"):
            sets = [row for row in ranked if not row["hide"]][: declared["sets"]]
            order = [code for code in config[declared["items"]] if code in {row["indicator"] for row in sets}]
            for number in range(min(1 << len(order), 20) if sets else 0):
                names = [code for place, code in enumerate(order) if number * 7 % (1 << len(order)) >> place & 1]
                value = round(0.12 / (number + 1), 3)
                limits = {"ci_low": round(value * 0.7, 3), "ci_high": round(value * 1.4, 3)} if intervals else {}
                of = {name: sets[0][name] for name in ("ministry", "service", "weighting", "n")}
                made.append({**of, "family": "intersections", "indicator": "__".join(names) or "none",
                             "statistic": "proportion", "estimate": value, **limits,
                             "ci_method": "korn_graubard" if intervals else None})  # fmt: skip
    return made
