from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.config import load_wave, of_wave
    from findings.disclosure import disclose, weight_ranges
    from findings.errors import FindingsError
    from findings.plan import expand_indicators, levels

    study = of_wave(io.params.study, load_wave(Path(io.input.wave)))
    register = pd.read_parquet(io.input.register)
    if not register["synthetic"].all() and not io.params.accept:
        raise FindingsError(
            "A wave of real people is not released: the disclosure gate is an interim one.",
            wave=io.wildcards.wave,
            mend="read docs/disclose.md, review what would be published, then run with --accept-interim-gate.",
        )
    design = json.loads(Path(io.input.design).read_text(encoding="utf-8"))
    ranges = weight_ranges(pd.read_parquet(io.input.indicators), design, register)
    result = disclose(register, study, levels(study), expand_indicators(study), ranges)
    result.estimates.to_csv(io.output.estimates, index=False, lineterminator="\n")
    result.register.to_parquet(io.output.register, index=False)
    Path(io.output.attack).write_text(json.dumps(result.attack, indent=1), encoding="utf-8")
    counts = result.estimates["status"].value_counts()
    print(f"Rows by status: {counts.to_dict()}. The attacker: {json.dumps(result.attack)}")
