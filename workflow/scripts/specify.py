from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.config import load_wave
    from findings.other_specify import read_recodes
    from findings.specifications import Records, of_wave

    wave = load_wave(Path(io.input.wave))
    corrections = pd.read_parquet(io.input.corrections)
    records = Records(
        responses=pd.read_parquet(io.input.responses),
        free_text=pd.read_parquet(io.input.free_text),
        codebook=json.loads(Path(io.input.codebook).read_text(encoding="utf-8")),
        corrections=corrections if len(corrections) else None,
        respondents=pd.read_parquet(io.input.respondents),
        recodes=read_recodes(wave, Path(io.input.wave).parent),
    )
    judged = pd.read_parquet(io.input.judged, columns=["key", "status"])
    design = json.loads(Path(io.input.design).read_text(encoding="utf-8"))
    rows = of_wave(records, design, judged, io.params.study, wave, Path("data/reference"), Path(io.input.wave).parent)
    rows.to_parquet(io.output.rows, index=False)
    print(f"Specifications: {len(rows)} rows with their summaries")
