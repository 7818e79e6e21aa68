"""Truth by simulation: samples of the planted population, estimated as the waves are; written to results/*.csv.

    PYTHONPATH=workflow:tests/simulation .venv/bin/python tests/simulation/simulate.py [--draws 2000] [--processes 2]

takes some minutes. What it writes is committed; `picture.py` draws the figures of docs/proof.md from it, and
test_simulation.py holds it to the criteria. Draws are seeded by their number: the same draws give the same file.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import special
import summaries
import volunteers
from contrasts import changed, changes_of, contrast_truths, contrasts_of
from estimates import Sums, Weigher, by_domain, domains, means_among, summed, traced, truths
from findings.config import load_study
from findings.environment import ROOT, pin
from findings.influence import sample
from measures import drawn
from planted import Floats, People, Planted

RESULTS = Path(__file__).parent / "results"
SEED = 20251125
CHUNK, FIRST = 20, 10
WAVE, LATER = "nug_2025", "nug_2026"
WEIGHTINGS = ("none", "design", "calibrated")
# Other weightings than the headline's are estimated for large domains only.
LARGE = ("", "gender", "urban_rural", "ethnicity_bamar", "zone")
# Indicators whose variance is taken apart by stratum.
TRACED = ("adoption.aware|telekyanmar", "adoption.current_any_service", "trust.trust", "literacy.literacy_search",
          "usability.sus")  # fmt: skip


@cache
def setting() -> dict[str, Any]:
    """The populations, the domains, and their truths: the same for every chunk of a process."""
    study = load_study(ROOT / "config.yaml")
    planted, later, full = Planted(WAVE, study), Planted(LATER, study), Planted(WAVE, study, answering=False)
    wanted = domains(planted)
    large = [d for d, domain in enumerate(wanted) if domain.breakdown in LARGE]
    bounded = [d for d, domain in enumerate(wanted) if domain.breakdown in special.BOUND_DOMAINS]
    true = truths(planted, wanted, WEIGHTINGS)
    later_true = truths(later, wanted, ("calibrated",))["calibrated"]
    complete = truths(full, wanted, ("calibrated",))["calibrated"]
    names = list(true["none"])
    return {
        "planted": planted,
        "later": later,
        "domains": wanted,
        "names": names,
        "traced": [names.index(name) for name in TRACED],
        "places": {w: list(range(len(wanted))) if w == "calibrated" else large for w in WEIGHTINGS},
        "bounded": bounded,
        "truths": {w: np.array([true[w][name] for name in names]) for w in WEIGHTINGS},
        "complete": np.array([complete[name][bounded] for name in special.BOUNDED]),
        "contrasts": contrast_truths(true["calibrated"], wanted),
        "changes": np.array([later_true[n][d] - true["calibrated"][n][d] for n, d in changed(wanted)]),
        "effects": special.effect_truths(planted),
        "tests": [wanted[d].holds for d in special.places_of([test[2] for test in special.TESTS], wanted)],
        "weighers": {WAVE: Weigher(planted), LATER: Weigher(later)},
    }


def chunk(number: int, draws: int = CHUNK) -> dict[str, Sums]:
    """Sums over some samples, by part of the results."""
    known = setting()
    planted: Planted = known["planted"]
    random = np.random.default_rng([SEED, number])
    people, town_effect = planted.draw(random, draws)
    values = drawn(planted, random, people, town_effect)
    groups = special.inert_groups(planted, random, people.age.shape)
    masks = np.array([domain.holds(people) for domain in known["domains"]])
    tested = np.array([holds(people) for holds in known["tests"]])
    then, then_effect = known["later"].draw(random, draws)
    then_values = drawn(known["later"], random, then, then_effect)
    then_masks = np.array([domain.holds(then) for domain in known["domains"]])
    town = planted.places()[2]
    mean = means_among(known["names"])
    parts: dict[str, list[Sums]] = {}

    def add(part: str, made: dict[str, Floats]) -> None:
        parts.setdefault(part, []).append(Sums(made))

    for i in range(draws):
        one, two = of_draw(people, i), of_draw(then, i)
        weighted = known["weighers"][WAVE].weighted(one, town)
        own = {name: column[i] for name, column in values.items()}
        table = np.stack(list(own.values()), axis=1)
        for weighting in WEIGHTINGS:
            places = known["places"][weighting]
            truth = known["truths"][weighting][:, places]
            add(weighting, by_domain(weighted, table, masks[places, i], weighting, truth, mean))
        of = sample(weighted.frame, weighted.design, "calibrated", WAVE)
        truth = known["truths"]["calibrated"][known["traced"]]
        means = np.broadcast_to(mean[known["traced"], None], truth.shape)
        add("traced", traced(of, table[:, known["traced"]], masks[:, i], truth, means))
        add("contrasts", contrasts_of(of, table, known["names"], masks[:, i], known["domains"], known["contrasts"]))
        add("tests", special.tests_of(of, own, {count: codes[i] for count, codes in groups.items()}, tested[:, i]))
        add("bounds", special.bounds_of(of, own, masks[known["bounded"], i], known["complete"]))
        found = special.effects_of(of, one, own)
        size = np.full(len(special.EFFECTS), float(len(of.weights)))
        every = np.ones(len(special.EFFECTS), dtype=bool)
        add("effects", summed(found["value"], found["se"], size, found["df"], known["effects"], every))
        later = known["weighers"][LATER].weighted(two, town)
        after = sample(later.frame, later.design, "calibrated", LATER)
        waves = (
            (after, {name: column[i] for name, column in then_values.items()}, then_masks[:, i]),
            (of, own, masks[:, i]),
        )
        add("changes", changes_of(*waves, known["domains"], known["changes"]))
    return {name: reduce(Sums.__add__, sums) for name, sums in parts.items()}


def of_draw(people: People, i: int) -> People:
    """The people of one sample."""
    return People(*(getattr(people, field)[i] for field in People.__dataclass_fields__))


def run(draws: int, processes: int, part: Callable[[int, int], dict[str, Sums]] = chunk) -> dict[str, Sums]:
    """Sums over all draws."""
    chunks = range(draws // CHUNK)
    # New processes, so that they start with one thread of arithmetic each.
    pin()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        made = list(pool.map(part, chunks, [CHUNK] * len(chunks)))
    return {name: reduce(Sums.__add__, [sums[name] for sums in made]) for name in made[0]}


def tables(sums: dict[str, Sums]) -> dict[str, pd.DataFrame]:
    """The results, by file."""
    return summaries.tables(sums, setting())


def first(sums: dict[str, Sums]) -> pd.DataFrame:
    """What the test computes anew: sums of the first draws, of everything that has a value and a standard error."""
    rows = []
    for part, sum_ in sums.items():
        if "se" in sum_.parts:
            columns = {name: sum_.parts[name].reshape(-1) for name in ("value", "se", "df", "held")}
            rows.append(pd.DataFrame(columns).assign(row=[f"{part}_{i}" for i in range(len(columns["se"]))]))
    return pd.concat(rows, ignore_index=True)


def write(made: dict[str, pd.DataFrame], folder: Path = RESULTS) -> None:
    """Write each table; seven digits are far more than the Monte-Carlo error leaves."""
    folder.mkdir(exist_ok=True)
    for name, table in made.items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.7g", lineterminator="\n")


def main() -> None:
    """Draw, estimate, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    write({"first": first(chunk(0, FIRST))})
    write(tables(run(options.draws, options.processes)))
    write({"volunteers": volunteers.table(run(options.draws, options.processes, volunteers.chunk))})


if __name__ == "__main__":
    main()
