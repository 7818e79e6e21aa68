from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    import pandas as pd

    from findings.text.issued import plain
    from findings.wave_diff.page import exact, page
    from findings.wave_diff.released import released
    from findings.wave_diff.verdicts import read

    rows = pd.read_parquet(io.input.rows)
    before = pd.concat([rows.iloc[:0], *map(pd.read_parquet, io.input.earlier)])
    laid = released(read(Path(io.input.differences)), read(Path(io.input.comparability)), set(rows["key"]))
    found = exact(rows, io.params.study, laid, before)
    made = page(found, io.wildcards.language, Path(io.input.fonts), confidential=True)
    Path(io.output[0]).write_text(plain(made), encoding="utf-8")
