"""Do the rank sets hold all true ranks at once? Samples of a clustered design, with ties, tiers and a spread of truths.

Run: PYTHONPATH=workflow .venv/bin/python benchmarks/rank_coverage.py
It writes benchmarks/rank_coverage.json and prints the table of docs/estimate.md; a test holds the two together.

Every respondent answers eleven items (select-all); answers go together within a respondent and within a PSU; strata are
weighted unequally; only a part of the sample, differing by PSU, is asked. Items with one truth have equal shares in the
population, so that a set must hold the whole range of ranks that they share.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from findings.design import covariance, make_design
from findings.influence import Sample, means
from findings.rankings import effective_df
from findings.ranks import overlap_sets, rank_sets

RESULTS = Path(__file__).with_suffix(".json")
DRAWS = 2_000
# Fewer draws of the critical value than a run takes: it is simulated anew in every sample.
INNER = 4_000
TRUTHS = {
    "tied": [-0.8] * 11,
    "tiered": [0.2] * 3 + [-0.5] * 4 + [-1.3] * 4,
    "spread": list(np.linspace(0.4, -2.0, 11)),
}
DESIGNS = {"120 PSUs in 30 strata": (30, 4, 8), "24 PSUs in 12 strata": (12, 2, 30)}
METHODS = ("stepwise", "intervals of the items", "pair by pair")


@dataclass(frozen=True)
class Tally:
    """Of `draws` samples: the share whose sets all hold, by method, and the mean number of ranks in a set."""

    draws: int
    coverage: dict[str, float]
    size: dict[str, float]

    def error(self, method: str) -> float:
        """Monte-Carlo standard error of the coverage."""
        share = self.coverage[method]
        return float(np.sqrt(share * (1 - share) / self.draws))


def tally(truth: list[float], design: tuple[int, int, int], draws: int, seed: int, inner: int = INNER) -> Tally:
    """Draw samples and count; `truth` are logits, `design` strata, PSUs of each and respondents of each PSU."""
    random = np.random.default_rng(seed)
    logits = np.array(truth)
    least = 1 + (logits[None, :] > logits[:, None]).sum(axis=1)
    greatest = len(logits) - (logits[None, :] < logits[:, None]).sum(axis=1)
    held = dict.fromkeys(METHODS, 0)
    size = dict.fromkeys(METHODS, 0.0)
    for _ in range(draws):
        value, matrix, df = estimates(random, logits, *design)
        stepwise = rank_sets(value, matrix, df, draws=inner, seed=int(random.integers(2**31)))
        # What would be wrong: each pair tested by itself at 5 %.
        se = np.sqrt(np.maximum(np.add.outer(np.diag(matrix), np.diag(matrix)) - 2 * matrix, 1e-300))
        above = np.subtract.outer(value, value) > 1.96 * se
        found = {
            "stepwise": (stepwise.low, stepwise.high),
            "intervals of the items": overlap_sets(value, np.sqrt(np.diag(matrix)), df),
            "pair by pair": (1 + above.sum(axis=0), len(value) - above.sum(axis=1)),
        }
        for method, (low, high) in found.items():
            held[method] += bool(((low <= least) & (greatest <= high)).all())
            size[method] += float((high - low + 1).mean())
    return Tally(draws, {m: held[m] / draws for m in METHODS}, {m: size[m] / draws for m in METHODS})


def estimates(random, logits, strata: int, psus: int, people: int):
    """Shares of the items among those asked, their covariance and its degrees of freedom, of one sample."""
    stratum = np.repeat(np.arange(strata), psus)
    psu = np.repeat(np.arange(strata * psus), people)
    count, items = len(psu), len(logits)
    # An item's place effect has the same law for all items: equal logits are equal shares in the population.
    place = random.normal(0, 0.4, (strata * psus, items))[psu]
    person = random.normal(0, 0.8, (count, 1))
    value = (random.random((count, items)) < 1 / (1 + np.exp(-(logits + place + person)))).astype(float)
    weights = np.repeat(np.linspace(0.4, 1.6, strata), psus * people)
    asked = random.random(count) < random.uniform(0.4, 0.9, strata * psus)[psu]
    frame = pd.DataFrame({"stratum": stratum[psu], "psu": psu})
    design = make_design(frame, "error", "", calibrated=False)
    of = Sample(frame, weights, design, "design", "")
    shares = means(of, np.where(asked[:, None], value, np.nan), np.ones((items, count), dtype=bool))
    matrix = covariance(shares.influence, weights, design)
    return shares.value, matrix, effective_df(of, shares)


def table(results: dict) -> str:
    """The results as the Markdown table of docs/estimate.md."""
    lines = [
        "| design | truth | joint coverage (Monte-Carlo error) | mean size of a set, of 11 | "
        "the same from intervals of the items | pair by pair, wrongly |",
        "|---|---|---|---|---|---|",
    ]
    for name, by_truth in results["designs"].items():
        for truth, found in by_truth.items():
            cells = [
                f"{100 * found[m]['coverage']:.1f} % ({100 * found[m]['error']:.1f}), size {found[m]['size']:.1f}"
                for m in METHODS[1:]
            ]
            own = found["stepwise"]
            lines.append(
                f"| {name} | {truth} | {100 * own['coverage']:.1f} % ({100 * own['error']:.1f}) | {own['size']:.1f} | "
                + " | ".join(cells)
                + " |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    start = time.perf_counter()
    made: dict = {"draws": DRAWS, "designs": {}}
    for number, (name, design) in enumerate(DESIGNS.items()):
        made["designs"][name] = {}
        for place, (truth, logits) in enumerate(TRUTHS.items()):
            result = tally(logits, design, DRAWS, seed=1000 * number + place)
            made["designs"][name][truth] = {
                m: {
                    "coverage": result.coverage[m],
                    "error": round(result.error(m), 5),
                    "size": round(result.size[m], 3),
                }
                for m in METHODS
            }
            print(f"{name}, {truth}: {result.coverage} {time.perf_counter() - start:.0f} s", file=sys.stderr)
    RESULTS.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(table(made))
