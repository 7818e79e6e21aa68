from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings.appendix import frame, keys, variables
    from findings.appendix.page import page
    from findings.finished import check_finished, check_said, numerals_of_html, texts_of_html
    from findings.release import Released, write_record
    from findings.tables.labelled import write_codes
    from findings.text.issued import plain

    wave, codes = io.wildcards.wave, Path(io.output.codes)
    released = Released.read(Path(io.input.estimates), io.params.study, Path(io.input.derived))
    found, absent = variables(released)
    write_codes(frame(found), codes)
    numbers = {}
    for path in map(Path, io.output.pages):
        language = path.name.split(".")[-2]
        made = page(released, found, absent, language, Path(io.input.fonts), codes.name)
        path.write_text(plain(made), encoding="utf-8")
        numbers[language] = check_said("appendix", texts_of_html(made))
        check_finished("appendix", texts_of_html(made), numerals_of_html(path))
    files = [io.output.codes, *io.output.pages]
    write_record(Path(io.output.record), "appendix", wave, "appendix", keys(found), files, numbers)
