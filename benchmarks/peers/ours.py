"""The whole plan by findings.estimators, from the file: seconds, peak memory, and every estimate as CSV.

Run by run.py: ours.py FILE WEIGHTING OUT.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from findings.estimators import estimate
from respondents import INDICATORS, LEVELS


def peak() -> int:
    """The most memory that this process has held, in bytes (`ru_maxrss` would count its parent's)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) * 1024


def main() -> None:
    """Estimate, time, write."""
    path, weighting, out = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    design = {"kind": "probability", "singletons": "error", "weighting": [weighting]}
    before = peak()
    wall, cpu = time.perf_counter(), time.process_time()
    made = estimate(path, design, INDICATORS, LEVELS, {}, {"wave": "benchmark"})
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    after = peak()
    columns = ["column", "breakdown", "group", "estimate", "se", "ci_low", "ci_high", "df", "n", "n_eff"]
    made[columns].to_csv(out, index=False, float_format="%.17g")
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": after, "before": before, "estimates": len(made)}))


if __name__ == "__main__":
    main()
