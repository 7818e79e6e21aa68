from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    from findings.finished import check_table
    from findings.inventory import load_inventory
    from findings.release import write_record
    from findings.tables import inventory
    from findings.tables.labelled import write

    study, name = io.params.study, io.wildcards.name
    found, entry = load_inventory(Path(io.input.inventory), study["services"]), study["exhibits"]["tables"][name]
    made = {language: inventory.labelled(found, study, name, entry, language) for language in study["languages"]}
    write(inventory.build(found, study), made, Path(io.output.codes), io.output.files, study["source_date_epoch"])
    numbers = {lang: check_table(name, made[lang].said, io.output.files, lang) for lang in made}
    write_record(Path(io.output.record), name, "", "context_table", [], [io.output.codes, *io.output.files], numbers)
