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
