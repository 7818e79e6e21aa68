from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings import indicators, weighting
    from findings.config import expand_indicators, levels, load_wave

    study = io.params.study
    respondents = pd.read_parquet(io.input.respondents)
    frame = indicators.build(
        respondents[respondents["dropped_by"].isna()], expand_indicators(study), levels(study), study
    )
    wave_file = Path(io.input.wave)
    weighted = weighting.weigh(frame, load_wave(wave_file), study, Path("data/reference"), wave_file.parent)
    weighted.frame.to_parquet(io.output.indicators, index=False)
    Path(io.output.design).write_text(json.dumps(weighted.design, indent=1))
