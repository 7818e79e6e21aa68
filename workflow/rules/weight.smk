rule weight:
    message:
        "Weighting wave {wildcards.wave} and deriving its indicators"
    input:
        wave=wave_file,
        raw=raw_files,
        reference=sorted(str(path) for path in Path("data/reference").glob("*.csv")),
        respondents="results/confidential/{wave}/respondents.parquet",
        codebook="results/confidential/{wave}/codebook.json",
        # Nothing is estimated on a wave whose ledger does not replay.
        replay="results/confidential/{wave}/replay.json",
    output:
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
    params:
        code=code("weight"),
        study=part(STUDY, *PLAN, "nonanswers", "weighting", "singletons"),
    log:
        "results/logs/{wave}/weight.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/weight.py"
