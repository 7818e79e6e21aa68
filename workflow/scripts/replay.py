from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    from findings.audit.ledger import prove

    record = prove({name: Path(path) for name, path in io.input.items()}, io.wildcards.wave)
    Path(io.output.record).write_text(json.dumps(record, indent=1), encoding="utf-8")
    print("Responses + ledger = respondents, and back: {cells} cells, {entries} entries, {changed} changed".format(**record))
