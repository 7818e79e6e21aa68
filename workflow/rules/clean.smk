rule clean:
    message:
        "Cleaning wave {wildcards.wave}: named steps, every change in the ledger"
    input:
        wave=wave_file,
        responses="results/confidential/{wave}/responses.parquet",
        free_text="results/confidential/{wave}/free_text_raw.parquet",
        corrections="results/confidential/{wave}/corrections.parquet",
        codebook="results/confidential/{wave}/codebook.json",
        record="results/confidential/{wave}/ingest.json",
        repeats="results/confidential/{wave}/repeats",
        recodes=recodes_file,
        # Tables that its steps name.
        reference=lambda wildcards: aliases.tables(WAVES[wildcards.wave], Path("data/reference")),
    output:
        respondents="results/confidential/{wave}/respondents.parquet",
        free_text="results/confidential/{wave}/free_text.parquet",
        ledger="results/confidential/{wave}/ledger.parquet",
        flow="results/confidential/{wave}/flow.json",
        rules="results/confidential/{wave}/rules.json",
        own_words="results/confidential/{wave}/other_specify.csv",
        counts="results/confidential/{wave}/other_specify.json",
    params:
        code=code("clean"),
    log:
        "results/logs/{wave}/clean.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/clean.py"


rule replay:
    message:
        "Replaying the ledger of wave {wildcards.wave} on its files, both ways, cell for cell"
    input:
        responses="results/confidential/{wave}/responses.parquet",
        free_text_raw="results/confidential/{wave}/free_text_raw.parquet",
        respondents="results/confidential/{wave}/respondents.parquet",
        free_text="results/confidential/{wave}/free_text.parquet",
        ledger="results/confidential/{wave}/ledger.parquet",
        link="results/confidential/{wave}/link.parquet",
        repeats="results/confidential/{wave}/repeats",
    output:
        record="results/confidential/{wave}/replay.json",
    params:
        code=code("replay"),
    log:
        "results/logs/{wave}/replay.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/replay.py"
