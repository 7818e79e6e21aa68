rule disclose:
    message:
        "The gate of wave {wildcards.wave}: what may be published, tried against an attacker"
    input:
        wave=wave_file,
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


rule disclose_changes:
    message:
        "The gate of the changes of wave {wildcards.wave}: only of what both waves publish"
    input:
        changes="results/confidential/{wave}/changes.parquet",
        estimates=lambda wildcards: expand(
            "results/work/release/{wave}/estimates.csv", wave=[wildcards.wave, EARLIER[wildcards.wave]]
        ),
        code=code("disclose_changes"),
    output:
        changes="results/work/release/{wave}/changes.csv",
    params:
        min_cell=STUDY["disclosure"]["min_cell"],
    log:
        "results/logs/{wave}/disclose_changes.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/disclose_changes.py"
