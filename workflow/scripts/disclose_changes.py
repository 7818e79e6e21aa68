from findings.job import job

with job(snakemake) as io:
    import pandas as pd

    from findings.disclosure import disclose_derived

    judged = pd.concat([pd.read_csv(path, usecols=["key", "status"], dtype=str) for path in io.input.estimates])
    found = disclose_derived(pd.read_parquet(io.input.changes), judged, io.params.min_cell)
    found.to_csv(io.output.changes, index=False, lineterminator="\n")
    print(f"Changes by status: {found['status'].value_counts().to_dict()}")
