from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.config import load_wave, of_wave
    from findings.descriptives import descriptives
    from findings.influence import headline, sample
    from findings.plan import expand_indicators, levels

    wave = load_wave(Path(io.input.wave))
    study = of_wave(io.params.study, wave)
    design = json.loads(Path(io.input.design).read_text(encoding="utf-8"))
    frame = pd.read_parquet(io.input.indicators)
    of = sample(frame, design, headline(design, study), wave["wave"])
    rows, notes = descriptives(of, expand_indicators(study), levels(study), wave, design["kind"])
    rows.to_parquet(io.output.rows, index=False)
    print("\n".join([f"{len(rows)} rows", *notes]))
