"""This, R survey and svy side by side on the same files; prints one dated Markdown section.

60 indicators × 10 breakdowns, every estimate with its standard error and interval, at 10 thousand, 100 thousand and a
million respondents in 600 PSUs.

Run: PYTHONPATH=workflow .venv/bin/python benchmarks/peers/run.py >> benchmarks/results.md
Needs Rscript with survey, and a package registry: svy is installed into an environment that is thrown away, and is in
no lock of ours. Every process has one thread. The peers do a sample of the plan (some indicators, all breakdowns) and
are compared per estimate; their reading of the file and declaring of the design are not timed, ours are. CPU seconds
are compared: the machine may be shared, and wall seconds then say how busy it was.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from findings.environment import PINNED, ROOT
from respondents import GROUPS, INDICATORS, write
from scipy.stats import t as student

HERE = Path(__file__).parent
SVY = "svy==0.35.0"
# Respondents: indicators that R, and that svy, are asked for (a tenth of them means, at least one).
SIZES = {10_000: (8, 20), 100_000: (4, 12), 1_000_000: (2, 6)}
CALIBRATED = (10_000, 100_000)
BREAKDOWNS = ",".join(GROUPS)
THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS")}
LIMITS = ["ci_low", "ci_high"]
KEYS = ["column", "breakdown", "group"]


def run(*command: str | Path) -> dict[str, Any]:
    """What a process says of itself in the last line of its output."""
    environment = {**os.environ, **PINNED, **THREADS, "PYTHONPATH": str(ROOT / "workflow")}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{command[0]} {command[1]} failed:\n{done.stderr}")
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


def sampled(count: int) -> str:
    """Some indicators of the plan: a tenth of them means."""
    shares, means = ([i.column for i in INDICATORS if i.statistic == kind] for kind in ("proportion", "mean"))
    few = max(1, count // 10)
    return ",".join([*shares[: count - few], *means[:few]])


def per_estimate(said: dict[str, Any], kind: str = "cpu") -> float:
    """Seconds of a peer per estimate, over its calls."""
    return float(sum(call[kind] for call in said["calls"]) / sum(call["estimates"] for call in said["calls"]))


def agreement(ours: Path, theirs: Path, intervals: bool = True) -> dict[str, float]:
    """Largest differences, relative to max(1, |x|), over the estimates that both have; all that the peer has are ours.

    Limits are compared where the effective sample size is under n: above, this caps it at n, as the definition that the
    register follows says, and the peers do not.
    """
    both = pd.read_csv(ours).merge(pd.read_csv(theirs), on=KEYS, suffixes=("", "_peer"), how="right")
    found: dict[str, float] = {"estimates": len(both)}
    p, n, df = (both[name].to_numpy(dtype=float) for name in ("estimate", "n", "df"))
    with np.errstate(invalid="ignore"):
        effective = p * (1 - p) / both["se"] ** 2
        adjusted = effective * (student.ppf(0.975, n - 1) / student.ppf(0.975, df)) ** 2
    capped = both["column"].str.startswith("p") & (np.maximum(effective, adjusted) >= n)
    found["capped"] = int(capped.sum())
    for name in ["estimate", "se", *(LIMITS if intervals else []), *(["df"] if "df_peer" in both else [])]:
        rows = both[~capped] if name in LIMITS else both
        peer = rows[f"{name}_peer"]
        found[name] = float(((rows[name] - peer).abs() / peer.abs().clip(lower=1)).max(skipna=False))
    return found


def read_bytes(path: Path) -> int:
    """Bytes of the numbers that the plan reads: 60 indicators and the weight, 8 each (text is not counted)."""
    return int(pq.read_metadata(path).num_rows * 8 * (len(INDICATORS) + 1))


def repeated(path: Path, times: int, to: Path) -> Path:
    """The file several times over, row group by row group."""
    with pq.ParquetFile(path) as file, pq.ParquetWriter(to, file.schema_arrow) as writer:
        for group in [*range(file.num_row_groups)] * times:
            writer.write_table(file.read_row_group(group))
    return to


def main() -> None:
    """Measure and print."""
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "svy", with_pip=True)
        python = folder / "svy" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", SVY], check=True, capture_output=True)
        times, agreed, versions = [], [], set()
        for size, (of_r, of_svy) in SIZES.items():
            parquet, csv = write(size, folder)
            out = {side: folder / f"{side}.csv" for side in ("ours", "svy", "r", "raked", "r_raked")}
            mine = [run(sys.executable, HERE / "ours.py", parquet, "design", out["ours"])]
            svy = run(python, HERE / "with_svy.py", parquet, out["svy"], sampled(of_svy), BREAKDOWNS)
            mine.append(run(sys.executable, HERE / "ours.py", parquet, "design", out["ours"]))
            r = run("Rscript", HERE / "survey.R", csv, out["r"], sampled(of_r), BREAKDOWNS, "design")
            mine.append(run(sys.executable, HERE / "ours.py", parquet, "design", out["ours"]))
            versions |= {r["version"], f"svy {svy['version']}"}
            times.append((size, mine, svy, r, read_bytes(parquet)))
            for peer, side in (("R", "r"), ("svy", "svy")):
                agreed.append((size, "design weights", peer, agreement(out["ours"], out[side])))
            if size in CALIBRATED:
                raked = run(sys.executable, HERE / "ours.py", parquet, "calibrated", out["raked"])
                r = run("Rscript", HERE / "survey.R", csv, out["r_raked"], sampled(2), BREAKDOWNS, "calibrated")
                agreed.append((size, "calibrated", "R", agreement(out["raked"], out["r_raked"], intervals=False)))
                ratio = per_estimate(r) / (raked["cpu"] / raked["estimates"])
                lines.append(
                    f"- Calibrated (two margins), {size:,} respondents: {raked['cpu']:.2f} s, R × {ratio:.0f}."
                )
        thrice = repeated(parquet, 3, folder / "thrice.parquet")
        flat = run(sys.executable, HERE / "ours.py", thrice, "design", folder / "thrice.csv")
        flat_bytes = read_bytes(thrice)
    report(times, agreed, lines, versions, (flat, flat_bytes))


def report(times: list, agreed: list, lines: list[str], versions: set[str], flat: tuple[dict[str, Any], int]) -> None:
    """The section of results.md."""
    machine = f"{os.cpu_count()} cores (load {os.getloadavg()[2]:.0f} over 15 minutes), one thread each"
    print(f"\n## benchmarks/peers/run.py, {datetime.date.today().isoformat()}\n")
    used = f"Python {platform.python_version()}, pyarrow {pa.__version__}, {', '.join(sorted(versions))}"
    print(
        f"{used}; {machine}. 600 PSUs, 60 indicators × 10 breakdowns: 3,420 estimates with standard error and interval."
        " CPU seconds; ours from the file to the rows, median of three runs; the peers without reading, per estimate of"
        " their sample.\n"
    )
    head = ["respondents", "this, s", "this, ms per estimate", "R, ms (sample)", "svy, ms (sample)", "R / this"]
    head += ["svy / this", "svy's mean, no Korn-Graubard / this", "peak memory / bytes of the numbers read"]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for size, mine, svy, r, read in times:
        cpu, each = median(m["cpu"] for m in mine), median(m["cpu"] / m["estimates"] for m in mine)
        of_r, of_svy = (sum(call["estimates"] for call in said["calls"]) for said in (r, svy))
        most = max(m["peak"] for m in mine)
        row = [f"{size:,}", f"{cpu:.2f}", f"{each * 1e3:.3f}", f"{per_estimate(r) * 1e3:.0f} ({of_r})"]
        row += [f"{per_estimate(svy) * 1e3:.1f} ({of_svy})", f"{per_estimate(r) / each:.0f}"]
        row += [f"{per_estimate(svy, kind) / each:.0f}" for kind in ("cpu", "least")]
        print(f"| {' | '.join([*row, f'{most / 1e6:.0f} MB / {read / 1e6:.0f} MB = {most / read:.2f}'])} |")
    cpus = [median(m["cpu"] for m in mine) for _, mine, *_ in times]
    growth = " and ".join(f"{b / a:.1f}" for a, b in zip(cpus, cpus[1:], strict=False))
    (_, mine, svy, r, _), (again, read) = times[-1], flat
    print("\n- Targets at a million: R ≥ 50, svy ≥ 10, memory ≤ 3.")
    print(f"- Ten times the respondents cost {growth} times as much.")
    most, python = max(m["peak"] for m in mine), mine[0]["before"]
    print(
        f"- The million three times over: {again['cpu'] / cpus[-1]:.2f} times the seconds, and a peak of"
        f" {again['peak'] / 1e6:.0f} MB for {most / 1e6:.0f} MB = {again['peak'] / read:.2f} of the bytes read; Python"
        f" and its packages are {python / 1e6:.0f} MB of each."
    )
    wall = median(m["wall"] for m in mine)
    ratios = [f"{per_estimate(said, 'wall') / wall * mine[0]['estimates']:.0f}" for said in (r, svy)]
    print(f"- Wall seconds at a million: {wall:.1f}; R / this {ratios[0]}, svy / this {ratios[1]}.")
    print("\n".join(lines))
    print("\nLargest differences from the peers, relative to max(1, |x|):\n")
    print("| respondents | weights | peer | estimates | estimate | standard error | limits | df | limits capped at n |")
    print("|---|---|---|---|---|---|---|---|---|")
    for size, weights, peer, found in agreed:
        limits = f"{max(found[x] for x in LIMITS):.0e}" if LIMITS[0] in found else "not compared"
        df = f"{found['df']:.0f}" if "df" in found else ""
        print(f"| {size:,} | {weights} | {peer} | {found['estimates']} | {found['estimate']:.0e} | {found['se']:.0e} |"
              f" {limits} | {df} | {found['capped']} |")  # fmt: skip


if __name__ == "__main__":
    main()
