RELEASED = expand("results/work/release/{wave}/estimates.csv", wave=WAVES)
FIGURES = STUDY["exhibits"]["figures"]
TABLES = STUDY["exhibits"]["tables"]
LANGUAGES = STUDY["languages"]
LABELS = part(
    STUDY, "study", "languages", "waves", "ministries", "services", "dimensions", "barriers", "breakdowns", "crossings",
    "indicators", "exhibits", "headline_weighting", "disclosure", "source_date_epoch", labels=True,
)  # fmt: skip


rule figure:
    message:
        "Drawing figure {wildcards.name} of wave {wildcards.wave}"
    input:
        estimates="results/work/release/{wave}/estimates.csv",
        report=report_files(),
        code=code("figure"),
    output:
        record="results/work/exhibits/figures/{name}.{wave}.json",
        files=expand(
            "results/work/release/figures/{{name}}.{{wave}}.{language}.{format}",
            language=LANGUAGES,
            format=["svg", "pdf", "png"],
        ),
    params:
        study=LABELS,
    log:
        "results/logs/{wave}/figure_{name}.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/figure.py"


rule table:
    message:
        "Setting table {wildcards.name} of wave {wildcards.wave}"
    input:
        estimates="results/work/release/{wave}/estimates.csv",
        report=report_files(),
        code=code("table"),
    output:
        record="results/work/exhibits/tables/{name}.{wave}.json",
        codes="results/work/release/tables/{name}.{wave}.csv",
        files=expand(
            "results/work/release/tables/{{name}}.{{wave}}.{language}.{format}",
            language=LANGUAGES,
            format=["html", "xlsx"],
        ),
    params:
        study=LABELS,
    log:
        "results/logs/{wave}/table_{name}.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/table.py"
