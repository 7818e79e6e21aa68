from findings.job import job

with job(snakemake) as io:
    import pandas as pd

    from findings.comparisons import changes

    later, earlier = (pd.read_parquet(path) for path in (io.input.later, io.input.earlier))
    changes(later, earlier, io.params.weighting).to_parquet(io.output.changes, index=False)
