rule disclose:
    message:
        "The gate of wave {wildcards.wave}: what may be published, tried against an attacker"
    input:
        wave=wave_file,
        register="results/confidential/{wave}/register.parquet",
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
    output:
        estimates="results/work/release/{wave}/estimates.csv",
        register="results/confidential/{wave}/disclosure.parquet",
        attack="results/confidential/{wave}/attack.json",
    params:
        code=code("disclose"),
        accept=bool(config.get("accept_interim_gate", False)),
        study=part(STUDY, *PLAN, "disclosure"),
    log:
        "results/logs/{wave}/disclose.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/disclose.py"


rule disclose_derived:
    message:
        "The gate of what is derived from the numbers of wave {wildcards.wave}"
    input:
        wave=wave_file,
        register="results/confidential/{wave}/disclosure.parquet",
        indicators="results/confidential/{wave}/indicators.parquet",
        parts=lambda wildcards: derived_parts(wildcards, PARTS, EARLIER),
        estimates=lambda wildcards: [
            f"results/work/release/{wave}/estimates.csv" for wave in both(wildcards, EARLIER)
        ],
    output:
        derived="results/work/release/{wave}/derived.csv",
        # For the dossier: of published rows, what made them and which rows they are computed from.
        rests_on="results/work/audit/{wave}/rests_on.json",
    params:
        code=code("disclose_derived"),
        study=part(STUDY, *PLAN, "intersections", "disclosure"),
    log:
        "results/logs/{wave}/disclose_derived.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/disclose_derived.py"


rule disclose_wave_diff:
    message:
        "The gate of what wave {wildcards.wave} is laid beside"
    input:
        differences="results/confidential/{wave}/wave_diff.json",
        comparability="results/confidential/{wave}/comparability.json",
        derived="results/work/release/{wave}/derived.csv",
    output:
        laid="results/work/release/{wave}/wave_diff.json",
    params:
        code=code("disclose_wave_diff"),
    log:
        "results/logs/{wave}/disclose_wave_diff.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/disclose_wave_diff.py"
