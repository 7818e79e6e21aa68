from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.config import load_wave, of_wave
    from findings.models.part import models

    wave = load_wave(Path(io.input.wave))
    frame = pd.read_parquet(io.input.indicators)
    design = json.loads(Path(io.input.design).read_text(encoding="utf-8"))
    found, told = models(frame, design, of_wave(io.params.study, wave), wave)
    found.to_parquet(io.output.models, index=False)
    print(*told, sep="\n")
