from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings.fonts import cut

    cut(Path(io.output[0]))
