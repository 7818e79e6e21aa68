from findings.job import job

with job(snakemake) as io:
    import pandas as pd

    from findings.disclosure import disclose_derived
    from findings.register import COLUMNS

    judged = [pd.read_csv(path, usecols=["key", "status"], dtype=str) for path in io.input.estimates]
    parts = [part for part in map(pd.read_parquet, io.input.parts) if len(part)]
    derived = pd.concat(parts) if parts else pd.DataFrame(columns=COLUMNS)
    found = disclose_derived(derived.sort_values("key", ignore_index=True), judged, io.params.limits)
    found.to_csv(io.output.derived, index=False, lineterminator="\n")
    print(f"Derived rows by status: {found['status'].value_counts().to_dict()}")
