from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.config import load_wave, of_wave
    from findings.rankings import rows

    wave = load_wave(Path(io.input.wave))
    design = json.loads(Path(io.input.design).read_text(encoding="utf-8"))
    found = rows(pd.read_parquet(io.input.indicators), design, of_wave(io.params.study, wave), wave)
    found.to_parquet(io.output.rows, index=False)
