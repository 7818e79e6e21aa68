from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.config import load_wave
    from findings.specifications import of_wave
    from findings.specifications.sets import read_records

    wave = load_wave(Path(io.input.wave))
    records = read_records(io.input, wave)
    judged = pd.read_parquet(io.input.judged, columns=["key", "status"])
    design = json.loads(Path(io.input.design).read_text(encoding="utf-8"))
    rows = of_wave(records, design, judged, io.params.study, wave, Path("data/reference"), Path(io.input.wave).parent)
    rows.to_parquet(io.output.rows, index=False)
    print(f"Specifications: {len(rows)} rows with their summaries")
