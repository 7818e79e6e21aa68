from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    import pandas as pd

    from findings.changes import changes, in_one_only
    from findings.config import expand_indicators
    from findings.families import families
    from findings.wave_diff.verdicts import read, without_incomparable

    study, weighting = io.params.study, io.params.study["headline_weighting"]
    later, earlier = (pd.read_parquet(path) for path in (io.input.later, io.input.earlier))
    declared = families(study, expand_indicators(study), ("waves",))
    kept = without_incomparable(later, read(Path(io.input.comparability)))
    print(f"{len(later) - len(kept)} rows are not comparable: they have no change.")
    changes(kept, earlier, weighting, declared).to_parquet(io.output.changes, index=False)
    print("\n".join(in_one_only(later, earlier, weighting)) or "Both waves have the same groups and indicators.")
