from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings import estimators, register, replicates
    from findings.config import load_wave, of_wave
    from findings.influence import headline, sample
    from findings.plan import expand_indicators, levels

    wave = load_wave(Path(io.input.wave))
    study = of_wave(io.params.study, wave)
    design = json.loads(Path(io.input.design).read_text(encoding="utf-8"))
    flow = json.loads(Path(io.input.flow).read_text(encoding="utf-8"))
    source, indicators, steps = Path(io.input.indicators), expand_indicators(study), levels(study)
    estimates = estimators.estimate(source, design, indicators, steps, study, wave)
    if "replicates" in study and design["kind"] == "probability":
        of = sample(pd.read_parquet(source), design, headline(design, study), wave["wave"])
        estimates["se_replicate"] = replicates.check_column(estimates, of, indicators, design, study)
    for note in estimators.without_row(estimates, indicators, steps):
        print(note)
    rows = [
        estimates,
        register.flow_rows(flow, wave),
        register.sample_rows(source, design, steps, wave),
        register.quality_rows(source, indicators, wave),
        register.uncoded_rows(json.loads(Path(io.input.own_words).read_text(encoding="utf-8"))),
        register.population_rows(design, steps),
    ]
    register.assemble(rows, wave, design["kind"]).to_parquet(io.output.register, index=False)
