from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.claims.part import claims, known
    from findings.config import load_wave, of_wave
    from findings.influence import headline, sample
    from findings.plan import expand_indicators

    wave = load_wave(Path(io.input.wave))
    study = of_wave(io.params.study, wave)
    design = json.loads(Path(io.input.design).read_text(encoding="utf-8"))
    of = sample(pd.read_parquet(io.input.indicators), design, headline(design, study), wave["wave"])
    rows = known(map(pd.read_parquet, io.input.judged), map(pd.read_parquet, io.input.made), io.params.earlier)
    found, notes = claims(of, io.params.predicates, study, expand_indicators(study), rows, wave, design["kind"])
    found.to_parquet(io.output.rows, index=False)
    print("\n".join([f"{len(found)} rows", *notes]))
