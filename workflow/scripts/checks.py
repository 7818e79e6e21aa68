from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    from findings.audit.dossier.checks import hold

    held = hold(Path(io.input[0]))
    Path(io.output[0]).write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
    print(f"{len(held)} checks hold")
