from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.config import load_wave
    from findings.rule_effects import of_wave
    from findings.specifications.sets import read_records

    wave = load_wave(Path(io.input.wave))
    records = read_records(io.input, wave)
    known = frozenset(pd.read_parquet(io.input.register, columns=["key"])["key"])
    design = json.loads(Path(io.input.design).read_text(encoding="utf-8"))
    folders = Path("data/reference"), Path(io.input.wave).parent
    table, rows = of_wave(records, design, known, io.params.study, wave, *folders)
    table.to_parquet(io.output.table, index=False)
    rows.to_parquet(io.output.rows, index=False)
    print(f"Rules of cleaning: {table['rule'].nunique()}; headline numbers: {table['key'].nunique()}")
    for rule, reason in table[["rule", "stops"]].dropna().drop_duplicates().itertuples(index=False):
        print(f"There is no wave without {rule}: {reason}")
