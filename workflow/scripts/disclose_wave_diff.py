from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.wave_diff.released import released

    derived = pd.read_csv(io.input.derived, usecols=["key", "status"], dtype=str)
    published = set(derived.loc[derived["status"] == "published", "key"])
    differences, comparability = (
        json.loads(Path(path).read_text(encoding="utf-8")) for path in (io.input.differences, io.input.comparability)
    )
    found = released(differences, comparability, published)
    Path(io.output.laid).write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
