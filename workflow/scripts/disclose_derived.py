from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    import pandas as pd

    from findings.config import load_wave, of_wave
    from findings.disclosure import disclose_derived, without_unsafe
    from findings.register import COLUMNS

    study = of_wave(io.params.study, load_wave(Path(io.input.wave)))
    judged = [pd.read_csv(path, usecols=["key", "status"], dtype=str) for path in io.input.estimates]
    parts = [part for part in map(pd.read_parquet, io.input.parts) if len(part)]
    derived = pd.concat(parts) if parts else pd.DataFrame(columns=COLUMNS)
    derived = without_unsafe(derived, pd.read_parquet(io.input.register), pd.read_parquet(io.input.indicators), study)
    found = disclose_derived(derived.sort_values("key", ignore_index=True), judged, study["disclosure"])
    found.to_csv(io.output.derived, index=False, lineterminator="\n")
    print(f"Derived rows by status: {found['status'].value_counts().to_dict()}")
