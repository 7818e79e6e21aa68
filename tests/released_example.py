"""Released rows made up for tests of the exhibits: every shape that an exhibit can meet, no number of any study."""

from __future__ import annotations

import numpy as np
import pandas as pd
from findings.config import expand_indicators, levels, load_study
from findings.environment import ROOT
from findings.keys import print_key
from findings.register import COLUMNS
from findings.release import Released

WAVE = "nug_2025"
NUMBERS = ["estimate", "se", "ci_low", "ci_high", "n"]


def study() -> dict:
    return load_study(ROOT / "config.yaml")


def released(config: dict | None = None, **change) -> Released:
    config = config or study()
    return Released(estimates(config, **change), config)


def estimates(config: dict, *, synthetic: bool = True, intervals: bool = True, suppress: float = 0.08) -> pd.DataFrame:
    """One wave: totals and groups of every adoption and barriers indicator, flow and sample, some withheld."""
    random = np.random.default_rng(11)
    rows: list[dict] = []

    def add(**row) -> None:
        rows.append({"wave": WAVE, "synthetic": synthetic, "design": "probability", **row})

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
            for weighting in ("none", "design", "calibrated"):
                value = round(share * random.uniform(0.9, 1.1), 3)
                add(**sample, statistic="proportion", weighting=weighting, estimate=value, n=2800, **of)
    places: list[dict] = [{}]
    places += [{"breakdown": v.name, "group": g, "level": v} for v in levels(config) for g in v.groups]
    for indicator in expand_indicators(config):
        if indicator.family not in ("adoption", "barriers"):
            continue
        middle = {"aware": 0.6, "ever_used": 0.35, "current_use": 0.2}.get(indicator.id, 0.35)
        middle *= random.uniform(0.6, 1.4)
        for place in places:
            of = {key: place[key] for key in ("breakdown", "group") if place}
            value = float(np.clip(middle * random.uniform(0.8, 1.2), 0.004, 0.97))
            half = random.uniform(0.02, 0.06)
            # A coarser level is let through where the finest is of ten groups or more, as the gate does.
            level = place.get("level")
            ladder = [v for v in levels(config) if level and v.breakdown == level.breakdown]
            wanted = next((v for v in ladder if len(v.groups) < 10), None)
            hide = bool(level and level is not wanted and level.name != getattr(wanted, "name", None))
            hide = hide or random.uniform() < suppress
            for weighting in ("none", "calibrated"):
                add(family=indicator.family, indicator=indicator.id, statistic=indicator.statistic,
                    ministry=indicator.ministry, service=indicator.service, weighting=weighting,
                    estimate=round(value, 3), n=int(random.integers(120, 2800)), hide=hide,
                    ci_low=round(max(value - half, 0), 3) if intervals else None,
                    ci_high=round(min(value + half, 1), 3) if intervals else None,
                    ci_method="korn_graubard" if intervals else None,
                    reliability=str(random.choice(["reliable"] * 3 + ["review", "footnote", "not_reliable"])),
                    **of)  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["key"] = [print_key(row) for row in frame.to_dict("records")]
    hidden = frame.pop("hide").eq(True).to_numpy()
    frame["status"] = np.where(hidden, "suppressed", "published")
    frame["reason"] = np.where(hidden, "disclosure control", None)
    frame = frame.reindex(columns=[column for column in COLUMNS if column != "cells"])
    frame.loc[hidden, [*NUMBERS, "ci_method", "reliability"]] = None
    return frame.sort_values("key", ignore_index=True)
