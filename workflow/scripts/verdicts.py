from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings.claims.verdicts import check_stale, verdicts, write
    from findings.release import Released

    study = io.params.study
    released = Released.chain(map(Path, io.input.estimates), map(Path, io.input.derived), study, io.params.earlier)
    found = {wave: verdicts(rows) for wave, rows in released.items()}
    write(found, released, Path(io.output.claims))
    print("\n".join(f"{one.wave} {one.id}: {one.verdict} {one.reason}" for each in found.values() for one in each))
    check_stale(found[study["headline_wave"]], study["claims"].get("when_stale", "stop"))
