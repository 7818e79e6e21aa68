from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings.audit.dossier import write
    from findings.config import load_wave

    waves = {Path(path).parent.name: load_wave(Path(path)) for path in io.input.waves}
    target = Path(io.output[0]).parent
    rests_on = [Path(path) for path in io.input.rests_on]
    write(Path(), target, io.params.study, waves, rests_on, Path(io.input.fonts))
    files = [path for path in target.rglob("*") if path.is_file()]
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")
