from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings.finished import check_page
    from findings.release import Released, write_record
    from findings.text.issued import plain
    from findings.wave_diff.page import page

    study = io.params.study
    before = [Path(path) for path in io.input.earlier]
    earlier = Released.read(before[0], study, before[1]) if before else None
    estimates, derived, laid = (Path(path) for path in (io.input.estimates, io.input.derived, io.input.laid))
    released = Released.read(estimates, study, derived, earlier, laid)
    language, output = io.wildcards.language, Path(io.output.page)
    made = page(released, language, Path(io.input.fonts))
    output.write_text(plain(made), encoding="utf-8")
    numbers = {language: check_page(made, output)}
    write_record(Path(io.output.record), "wave_diff", io.wildcards.wave, "wave_diff_page", [], [], numbers)
