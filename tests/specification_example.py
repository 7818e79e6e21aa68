"""Made-up points of every headline of the shipped grid, as released rows: some withheld, the number as reported not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from findings import grids


def rows(
    config: dict, random: np.random.Generator, *, volunteers: bool, intervals: bool, suppress: float
) -> Iterator[dict]:
    """Columns of `released_example.estimates`; with `suppress` 1 all are withheld."""
    weightings = ["none", "calibrated", "trimmed"] if volunteers else ["none", "design", "calibrated"]
    intervals = intervals and not volunteers
    for headline in grids.headlines(config, weightings, ["duration", "straight_lining"]):
        gap = headline.groups is not None
        for ministry in config["ministries"] if gap else [None]:
            middle = random.uniform(0.02, 0.1) if gap else 0.45
            of = {"family": grids.FAMILY, "ministry": ministry, "n": 2500}
            for number, point in enumerate(grids.points(headline)):
                value = float(np.clip(middle + random.normal(0, 0.02), -0.9, 0.9))
                yield {
                    **of, "indicator": point.indicator, "weighting": point.weighting, "estimate": round(value, 3),
                    "statistic": "difference" if gap else "proportion",
                    "ci_low": round(value - 0.05, 3) if intervals else None,
                    "ci_high": round(value + 0.05, 3) if intervals else None,
                    "ci_method": point.interval if intervals else None,
                    "hide": suppress == 1 or (number > 0 and random.uniform() < suppress),
                }  # fmt: skip
            chosen = [(None, None)]
            for name in grids.DIMENSIONS:
                choices = dict.fromkeys(getattr(point, name) for point in grids.points(headline))
                chosen += [(name, choice) for choice in choices] if len(choices) > 1 else []
            for name, choice in chosen:
                for statistic, share in (("same_sign", 0.97), ("significant", 0.61)):
                    if statistic == "same_sign" or not volunteers:
                        yield {
                            **of, "indicator": grids.summary(headline.name, name, choice), "statistic": statistic,
                            "estimate": share, "hide": suppress == 1,
                        }  # fmt: skip
