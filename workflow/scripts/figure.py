from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings import figures, fonts
    from findings.figures.page import save
    from findings.release import Released, write_record

    study, name, wave = io.params.study, io.wildcards.name, io.wildcards.wave
    fonts.use(Path(io.input.fonts))
    derived, *before = [*map(Path, io.input.beside)] or [None]
    earlier = None
    for path in reversed(before):
        earlier = Released.read(path, study, earlier=earlier)
    released = Released.read(Path(io.input.estimates), study, derived, earlier)
    for language in study["languages"]:
        paths = [Path(path) for path in io.output.files if Path(path).name.split(".")[-2] == language]
        save(figures.draw(released, name, language), paths, study["source_date_epoch"], language)
    keys = figures.keys(released, name, study["languages"][0])
    write_record(Path(io.output.record), name, wave, "figure", keys, io.output.files)
