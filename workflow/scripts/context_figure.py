from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings import fonts
    from findings.figures import timeline
    from findings.figures.page import save
    from findings.finished import check_said
    from findings.inventory import load_inventory
    from findings.release import write_record

    study, name = io.params.study, io.wildcards.name
    fonts.use(Path(io.input.fonts))
    inventory = load_inventory(Path(io.input.inventory), study["services"])
    numbers = {}
    for language in study["languages"]:
        paths = [Path(path) for path in io.output.files if Path(path).name.split(".")[-2] == language]
        figure = timeline.draw(inventory, study, study["exhibits"]["figures"][name], language)
        said = save(figure, paths, study["source_date_epoch"], language)
        numbers[language] = check_said(name, [said])
    write_record(Path(io.output.record), name, "", "context_figure", [], io.output.files, numbers)
