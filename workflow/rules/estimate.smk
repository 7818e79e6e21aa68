# What is computed from several rows of the register: each part by a rule of its own, all judged by disclose_derived.
PARTS = []


rule estimate:
    message:
        "Estimating every indicator of wave {wildcards.wave} into the register"
    input:
        wave=wave_file,
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
        flow="results/confidential/{wave}/flow.json",
        code=code("estimate"),
    output:
        register="results/confidential/{wave}/register.parquet",
    params:
        study=part(STUDY, *PLAN, "nonanswers", "weighting", "singletons"),
    log:
        "results/logs/{wave}/estimate.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/estimate.py"


rule changes:
    message:
        "Comparing wave {wildcards.wave} with the one before"
    input:
        later="results/confidential/{wave}/register.parquet",
        earlier=lambda wildcards: f"results/confidential/{EARLIER[wildcards.wave]}/register.parquet",
        code=code("changes"),
    output:
        changes="results/confidential/{wave}/changes.parquet",
    params:
        weighting=STUDY["headline_weighting"],
    log:
        "results/logs/{wave}/changes.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/changes.py"
