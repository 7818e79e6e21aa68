"""A sample of the plan by svy (PyPI): seconds per call, and every estimate as CSV.

Run by run.py in an environment of its own: with_svy.py FILE OUT INDICATORS BREAKDOWNS (comma-separated). One call per
indicator × breakdown, as svy is used: `prop` with Korn-Graubard's interval, `mean` for means; and, as the least it can
do for a proportion, `mean`, whose interval is another. Reading the file and declaring the design are not timed.
"""

from __future__ import annotations

import json
import sys
import time

import polars
import svy


def timed(call, /, **arguments):
    """Result, wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = call(**arguments)
    return made, time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    """Estimate, time, write."""
    path, out, indicators, breakdowns = sys.argv[1], sys.argv[2], sys.argv[3].split(","), sys.argv[4].split(",")
    frame = polars.read_parquet(path, columns=["stratum", "psu", "base_weight", *indicators, *breakdowns])
    frame = frame.with_columns(polars.col(indicators).fill_nan(None))
    sample = svy.Sample(data=frame, design=svy.Design(stratum="stratum", psu="psu", wgt="base_weight"))
    sample.estimation.mean(y=indicators[0], by=breakdowns[0], drop_nulls=True)  # what the first call alone costs
    rows, calls = [], []
    for indicator in indicators:
        for breakdown in breakdowns:
            wanted = {"y": indicator, "by": breakdown, "drop_nulls": True}
            share = indicator.startswith("p")
            made, wall, cpu = timed(sample.estimation.mean, **wanted)
            least = cpu
            if share:
                made, wall, cpu = timed(sample.estimation.prop, **wanted, ci_method="korn-graubard")
            kept = [e for e in made.estimates if not share or e.y_level == 1.0]
            calls.append({"wall": wall, "cpu": cpu, "least": least, "estimates": len(kept)})
            rows += [
                {"column": indicator, "breakdown": breakdown, "group": e.by_level[0], "estimate": e.est, "se": e.se,
                 "ci_low": e.lci, "ci_high": e.uci, "df": e.df}
                for e in kept
            ]  # fmt: skip
    polars.DataFrame(rows).write_csv(out)
    print(json.dumps({"calls": calls, "version": svy.__version__}))


if __name__ == "__main__":
    main()
