from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings import figures
    from findings.figures.page import save
    from findings.release import Released, write_record

    study, name, wave = io.params.study, io.wildcards.name, io.wildcards.wave
    released = Released.read(Path(io.input.estimates), study)
    keys: set[str] = set()
    for language in study["languages"]:
        paths = [Path(path) for path in io.output.files if Path(path).name.split(".")[-2] == language]
        save(figures.draw(released, name, language), paths, study["source_date_epoch"])
        keys |= set(figures.keys(released, name, language))
    write_record(Path(io.output.record), name, wave, "figure", sorted(keys), io.output.files)
