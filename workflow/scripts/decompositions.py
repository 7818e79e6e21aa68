from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.config import load_wave, of_wave
    from findings.decompositions import decompositions, planned
    from findings.influence import headline, sample
    from findings.plan import expand_indicators, levels
    from findings.wave_diff.verdicts import noted, read, without_incomparable

    study, samples, there = io.params.study, [], []
    for wave, indicators, design in zip(io.input.waves, io.input.indicators, io.input.designs, strict=True):
        declared, drawn = load_wave(Path(wave)), json.loads(Path(design).read_text(encoding="utf-8"))
        there.append(levels(of_wave(study, declared)))
        samples.append(sample(pd.read_parquet(indicators), drawn, headline(drawn, study), declared["wave"]))
    shared = [level for level in there[1] if level.name in {other.name for other in there[0]}]
    plan = planned(study, expand_indicators(study), shared)
    table = pd.DataFrame([(i.column, level.name) for i, level in plan], columns=["column", "breakdown"])
    verdicts = read(Path(io.input.comparability))
    kept = without_incomparable(table, verdicts).index
    with_note = set(table[noted(table, verdicts)].itertuples(index=False, name=None))
    rows, notes = decompositions((samples[0], samples[1]), [plan[i] for i in kept], declared, with_note)
    rows.to_parquet(io.output.rows, index=False)
    print("\n".join([f"{len(rows)} rows; {len(plan) - len(kept)} not comparable", *notes]))
