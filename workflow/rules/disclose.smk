rule disclose:
    message:
        "The gate of wave {wildcards.wave}: what may be published, tried against an attacker"
    input:
        register="results/confidential/{wave}/register.parquet",
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
        code=code("disclose"),
    output:
        estimates="results/work/release/{wave}/estimates.csv",
        register="results/confidential/{wave}/disclosure.parquet",
        attack="results/confidential/{wave}/attack.json",
    params:
        accept=bool(config.get("accept_interim_gate", False)),
        study=part(STUDY, *PLAN, "disclosure"),
    log:
        "results/logs/{wave}/disclose.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/disclose.py"
