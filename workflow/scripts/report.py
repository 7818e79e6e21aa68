from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings.config import load_wave
    from findings.finished import check_report
    from findings.inventory import load_inventory
    from findings.release import Released, write_record
    from findings.reporting import Parts, build_html, build_pdf, content, write_sentences

    study, release, language = io.params.study, Path(io.params.release), io.wildcards.language
    waves = {Path(path).parent.name: load_wave(Path(path)) for path in io.input.waves}
    files = (map(Path, paths) for paths in (io.input.estimates, io.input.derived))
    released = Released.chain(*files, study, io.params.earlier, [*map(Path, io.input.laid)])
    inventory = load_inventory(Path(io.input.inventory), study["services"]) if io.input.inventory else {}
    parts = Parts(released, waves, io.params.headline, io.params.figures, io.params.tables, inventory, release)
    found, claims = content(parts, language)
    write_sentences(claims, Path(io.output.sentences))
    html, pdf = Path(io.output.html), Path(io.output.pdf)
    said = build_html(found, release, Path(io.input.fonts), html)
    build_pdf(found, release, Path(io.input.fonts), pdf, study["source_date_epoch"])
    numbers = {language: check_report(found, said, html, pdf, release / "figures")}
    write_record(Path(io.output.record), "report", "", "report", [], [], numbers)
