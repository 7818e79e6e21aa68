from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings import figures, fonts
    from findings.figures.page import save
    from findings.finished import check_said
    from findings.release import Released, write_record

    study, name, wave = io.params.study, io.wildcards.name, io.wildcards.wave
    fonts.use(Path(io.input.fonts))
    released = Released.beside(Path(io.input.estimates), study, [*map(Path, io.input.beside)])
    numbers = {}
    for language in study["languages"]:
        paths = [Path(path) for path in io.output.files if Path(path).name.split(".")[-2] == language]
        said = save(figures.draw(released, name, language), paths, study["source_date_epoch"], language)
        numbers[language] = check_said(name, [said])
    keys = figures.keys(released, name, study["languages"][0])
    write_record(Path(io.output.record), name, wave, "figure", keys, io.output.files, numbers)
