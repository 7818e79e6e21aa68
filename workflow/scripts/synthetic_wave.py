from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    import yaml

    from findings.synthetic import write_wave

    truth = yaml.safe_load(Path(io.input.truth).read_text(encoding="utf-8"))
    write_wave(Path(io.params.folder), io.params.study, truth, io.params.seed)
