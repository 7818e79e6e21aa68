from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    from findings.publication import publish

    study = io.params.study
    work = Path(io.params.work)
    expected = [
        Path(path) for name in ("estimates", "exhibits", "reports", "claims") for path in io.input.get(name, [])
    ]
    records = [json.loads(Path(path).read_text(encoding="utf-8")) for path in io.input.records]
    publish(work, Path("results/release"), expected, records, study, Path(io.input.fonts))
