from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    import yaml

    from findings.synthetic import write_wave

    truth_file = Path(io.input.truth)
    truth = yaml.safe_load(truth_file.read_text(encoding="utf-8"))
    write_wave(Path(io.params.folder), io.params.study, truth, truth_file.parent, io.params.seed)
