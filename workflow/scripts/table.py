from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings import tables
    from findings.release import Released, write_record
    from findings.tables.labelled import write_codes, write_html, write_xlsx

    study, name, wave = io.params.study, io.wildcards.name, io.wildcards.wave
    released = Released.read(Path(io.input.estimates), study)
    write_codes(tables.build(released, name), Path(io.output.codes))
    for language in study["languages"]:
        table = tables.labelled(released, name, language)
        html, xlsx = (
            next(Path(path) for path in io.output.files if path.endswith(f".{language}.{kind}"))
            for kind in ("html", "xlsx")
        )
        write_html(table, html)
        write_xlsx(table, xlsx, study["source_date_epoch"])
    keys = tables.keys(released, name)
    write_record(Path(io.output.record), name, wave, "table", keys, [io.output.codes, *io.output.files])
