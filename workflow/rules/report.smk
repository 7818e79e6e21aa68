FIGURE_FILES = expand(
    "results/work/release/figures/{name}.{wave}.{language}.{format}",
    name=FIGURES, wave=WAVES, language=LANGUAGES, format=["svg", "pdf", "png"],
)  # fmt: skip
TABLE_FILES = expand("results/work/release/tables/{name}.{wave}.csv", name=TABLES, wave=WAVES) + expand(
    "results/work/release/tables/{name}.{wave}.{language}.{format}",
    name=TABLES, wave=WAVES, language=LANGUAGES, format=["html", "xlsx"],
)  # fmt: skip


rule report:
    message:
        "Setting the report in {wildcards.language}"
    input:
        estimates=RELEASED,
        figures=FIGURE_FILES,
        tables=TABLE_FILES,
        report=report_files(),
        code=code("report"),
    output:
        pdf="results/work/release/report.{language}.pdf",
        html="results/work/release/report.{language}.html",
        claims="results/work/release/claims.{language}.csv",
    params:
        study=LABELS,
        release=lambda wildcards, output: str(Path(output.pdf).parent),
    log:
        "results/logs/report_{language}.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/report.py"


rule release:
    message:
        "Checking every file and putting the release in place"
    input:
        estimates=RELEASED,
        exhibits=FIGURE_FILES + TABLE_FILES,
        reports=expand("results/work/release/report.{language}.{format}", language=LANGUAGES, format=["pdf", "html"]),
        records=expand("results/work/exhibits/figures/{name}.{wave}.json", name=FIGURES, wave=WAVES)
        + expand("results/work/exhibits/tables/{name}.{wave}.json", name=TABLES, wave=WAVES),
        claims=expand("results/work/release/claims.{language}.csv", language=LANGUAGES),
        code=code("release"),
    output:
        update("results/release/MANIFEST.sha256"),
    params:
        study=LABELS,
        work=lambda wildcards, input: str(Path(input.claims[0]).parent),
    log:
        "results/logs/release.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/release.py"
