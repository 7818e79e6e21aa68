rule compare:
    message:
        "Comparing wave {wildcards.wave} with the one before"
    input:
        later="results/confidential/{wave}/register.parquet",
        earlier=lambda wildcards: f"results/confidential/{EARLIER[wildcards.wave]}/register.parquet",
        code=code("compare"),
    output:
        changes="results/confidential/{wave}/changes.parquet",
    params:
        weighting=STUDY["headline_weighting"],
    log:
        "results/logs/{wave}/compare.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/compare.py"
