from findings.job import job

with job(snakemake) as io:
    from pathlib import Path

    import pandas as pd

    from findings.changes import changes, gap_changes, in_one_only
    from findings.families import families
    from findings.plan import expand_indicators
    from findings.wave_diff.verdicts import noted, read, without_incomparable

    study, weighting = io.params.study, io.params.study["headline_weighting"]
    (earlier, later), gaps = (list(map(pd.read_parquet, paths)) for paths in (io.input.registers, io.input.comparisons))
    declared = {kind: families(study, expand_indicators(study), (kind,)) for kind in ("waves", "gap_waves")}
    verdicts = read(Path(io.input.comparability))
    kept = without_incomparable(later, verdicts)
    with_note = set(kept.loc[noted(kept, verdicts), "key"])
    print(f"{len(later) - len(kept)} rows are not comparable: they have no change.")
    found = [
        changes(kept, earlier, weighting, declared["waves"], with_note),
        gap_changes(gaps[1], gaps[0], set(kept["key"]), declared["gap_waves"], with_note),
    ]
    pd.concat(found, ignore_index=True).to_parquet(io.output.changes, index=False)
    print("\n".join(in_one_only(later, earlier, weighting)) or "Both waves have the same groups and indicators.")
