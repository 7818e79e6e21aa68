from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.config import load_wave, of_wave
    from findings.disclosure import disclose_derived, rests_on, without_unsafe
    from findings.register import COLUMNS

    study = of_wave(io.params.study, load_wave(Path(io.input.wave)))
    judged = [pd.read_csv(path, usecols=["key", "status"], dtype=str) for path in io.input.estimates]
    parts = {Path(path).stem: pd.read_parquet(path) for path in io.input.parts}
    part_of = {key: name for name, part in parts.items() for key in part["key"]}
    rows = [part for part in parts.values() if len(part)]
    derived = pd.concat(rows) if rows else pd.DataFrame(columns=COLUMNS)
    derived = without_unsafe(derived, pd.read_parquet(io.input.register), pd.read_parquet(io.input.indicators), study)
    derived = derived.sort_values("key", ignore_index=True)
    found = disclose_derived(derived, judged, study["disclosure"])
    found.to_csv(io.output.derived, index=False, lineterminator="\n")
    rest = json.dumps(rests_on(derived, part_of, found), indent=0)
    Path(io.output.rests_on).write_text(rest + "\n", encoding="utf-8")
    print(f"Derived rows by status: {found['status'].value_counts().to_dict()}")
