from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings import indicators, weighting
    from findings.config import load_wave, of_wave
    from findings.plan import expand_indicators, levels

    wave_file = Path(io.input.wave)
    wave = load_wave(wave_file)
    study = of_wave(io.params.study, wave)
    everyone = pd.read_parquet(io.input.respondents)
    kept = everyone[everyone["dropped_by"].isna()]
    # Row ids are drawn with a secret: sorted by content, no sum depends on them.
    kept = kept.sort_values([name for name in kept.columns if name != "row_id"], ignore_index=True)
    codebook = json.loads(Path(io.input.codebook).read_text(encoding="utf-8"))
    added = wave.get("codes") or {}
    indicators.check_offered(expand_indicators(study), codebook, study["not_asked"], added, kept)
    frame = indicators.build(kept, expand_indicators(study), levels(study), study)
    weighted = weighting.weigh(frame, kept, wave, study, Path("data/reference"), wave_file.parent)
    # In row groups, so that the estimate job can read them one after the other.
    weighted.frame.to_parquet(io.output.indicators, index=False, row_group_size=2**16)
    Path(io.output.design).write_text(json.dumps(weighted.design, indent=1), encoding="utf-8")
    design_effects = {name: round(value, 3) for name, value in weighted.design["kish_deff"].items()}
    print(f"Kish design effects: {design_effects}; rounds of raking: {len(weighted.design['trace'])}")
