from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.cleaning import clean
    from findings.config import load_wave

    corrections = pd.read_parquet(io.input.corrections)
    result = clean(
        pd.read_parquet(io.input.responses),
        pd.read_parquet(io.input.free_text),
        json.loads(Path(io.input.codebook).read_text()),
        load_wave(Path(io.input.wave)),
        corrections if len(corrections) else None,
        sum(json.loads(Path(io.input.record).read_text(encoding="utf-8"))["left_out"].values()),
    )
    result.respondents.to_parquet(io.output.respondents, index=False)
    result.free_text.to_parquet(io.output.free_text, index=False)
    result.ledger.to_parquet(io.output.ledger, index=False)
    Path(io.output.flow).write_text(json.dumps(result.flow, indent=1))
