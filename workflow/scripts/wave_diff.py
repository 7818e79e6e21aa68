from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    from findings.config import load_wave, of_wave
    from findings.wave_diff.laid import Laid, compare

    folders = [Path(path).parent for path in io.input.waves]
    waves = [load_wave(folder / "wave.yaml") for folder in folders]
    results = [Path(path).parent for path in io.input.codebooks]
    own, *others = (Laid.read(wave, folder) for wave, folder in zip(waves, results, strict=True))
    found = compare(own, others, io.params.earlier, of_wave(io.params.study, waves[0]))
    found.rows.to_parquet(io.output.rows, index=False)
    for path, content in ((io.output.differences, found.differences), (io.output.comparability, found.comparability)):
        Path(path).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    print("\n".join(found.notes))
