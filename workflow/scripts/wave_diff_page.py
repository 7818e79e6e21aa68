from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings.release import Released
    from findings.wave_diff.page import page

    study = io.params.study
    before = [Path(path) for path in io.input.earlier]
    earlier = Released.read(before[0], study, before[1]) if before else None
    estimates, derived, laid = (Path(path) for path in (io.input.estimates, io.input.derived, io.input.laid))
    released = Released.read(estimates, study, derived, earlier, laid)
    Path(io.output[0]).write_text(page(released, io.wildcards.language, Path(io.input.fonts)), encoding="utf-8")
