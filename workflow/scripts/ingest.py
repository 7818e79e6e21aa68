from findings.job import job

with job(snakemake) as io:
    import json
    import secrets
    from pathlib import Path

    from findings.config import load_wave
    from findings.ingest import ingest
    from findings.repeats import write_repeats

    wave_file = next(Path(path) for path in io.input.raw if path.endswith("/wave.yaml"))
    key = Path(io.params.key)
    key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not key.exists():
        key.write_bytes(secrets.token_bytes(32))
    result = ingest(load_wave(wave_file), wave_file.parent, key.read_bytes())
    result.responses.to_parquet(io.output.responses, index=False)
    result.free_text.to_parquet(io.output.free_text, index=False)
    result.link.to_parquet(io.output.link, index=False)
    result.corrections.to_parquet(io.output.corrections, index=False)
    Path(io.output.codebook).write_text(result.codebook.to_json(), encoding="utf-8")
    write_repeats(result.repeats, Path(io.output.repeats))
    record = json.dumps(result.record, ensure_ascii=False, indent=1)
    Path(io.output.record).write_text(record, encoding="utf-8")
    # What may hold an answer that a person wrote down stays out of the log.
    long = ("columns", "labels", "repeats", "answers", "crosswalk")
    counts = {name: value for name, value in result.record.items() if name not in long}
    print(f"Recognised from the file: {json.dumps(counts, ensure_ascii=False)}")
