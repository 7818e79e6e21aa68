from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings.release import Released
    from findings.reporting import build_html, build_pdf, content, write_claims

    study, release, language = io.params.study, Path(io.params.release), io.wildcards.language
    waves = [Released.read(Path(path), study) for path in io.input.estimates]
    found, claims = content(waves, release, language)
    write_claims(claims, Path(io.output.claims))
    build_html(found, release, Path(io.output.html))
    build_pdf(found, release, Path(io.output.pdf), study["source_date_epoch"])
