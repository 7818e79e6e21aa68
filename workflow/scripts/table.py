from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings import tables
    from findings.finished import check_table
    from findings.release import Released, write_record
    from findings.tables.labelled import write

    study, name, wave = io.params.study, io.wildcards.name, io.wildcards.wave
    laid = next(map(Path, io.input.laid), None)
    released = Released.beside(Path(io.input.estimates), study, [*map(Path, io.input.beside)], laid)
    made = {language: tables.labelled(released, name, language) for language in study["languages"]}
    write(tables.build(released, name), made, Path(io.output.codes), io.output.files, study["source_date_epoch"])
    numbers = {lang: check_table(name, made[lang].said, io.output.files, lang) for lang in made}
    keys = tables.keys(released, name)
    write_record(Path(io.output.record), name, wave, "table", keys, [io.output.codes, *io.output.files], numbers)
