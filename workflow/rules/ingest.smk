rule ingest:
    message:
        "Reading the export of wave {wildcards.wave}; identifying columns stop here"
    input:
        raw=raw_files,
    output:
        responses="results/confidential/{wave}/responses.parquet",
        free_text="results/confidential/{wave}/free_text_raw.parquet",
        link="results/confidential/{wave}/link.parquet",
        corrections="results/confidential/{wave}/corrections.parquet",
        codebook="results/confidential/{wave}/codebook.json",
        record="results/confidential/{wave}/ingest.json",
        # repeat_<name>.parquet, one for every repeat: how many there are only the export knows.
        repeats=directory("results/confidential/{wave}/repeats"),
    params:
        code=code("ingest"),
        key="results/confidential/row_id.key",
    log:
        "results/logs/{wave}/ingest.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/ingest.py"
