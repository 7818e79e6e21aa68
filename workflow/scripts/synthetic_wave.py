from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings.synthetic import WAVES, truth_of, write_wave

    reference = Path(io.input.frame).parent
    for wave, seed in WAVES.items():
        write_wave(Path("data/raw") / wave, io.params.study, truth_of(wave, reference), reference, seed, wave=wave)
