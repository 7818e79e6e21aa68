def of_exhibits(kind, endings):
    """The released files of all figures, or of all tables."""
    return [
        f"results/work/release/{kind}/{file}"
        for exhibit in (FIGURES if kind == "figures" else TABLES)
        for ending in endings
        for file in named(exhibit, ending)
    ]


RELEASED = expand("results/work/release/{wave}/estimates.csv", wave=WAVES)
CHANGES = expand("results/work/release/{wave}/changes.csv", wave=LATER)
FIGURE_FILES = of_exhibits("figures", [".{language}.{format}"])
TABLE_FILES = of_exhibits("tables", [".{language}.html", ".{language}.xlsx"]) + of_exhibits("tables", [".csv"])
INVENTORY = "data/reference/inventory.yaml" if any(not wave for _, wave in FIGURES + TABLES) else []


rule report:
    message:
        "Setting the report in {wildcards.language}"
    input:
        estimates=RELEASED,
        changes=CHANGES,
        inventory=INVENTORY,
        figures=[file for file in FIGURE_FILES if file.endswith(".svg")],
        waves=expand("data/raw/{wave}/wave.yaml", wave=WAVES),
        fonts=FONTS,
        report=report_files(),
        code=code("report"),
    output:
        pdf="results/work/release/report.{language}.pdf",
        html="results/work/release/report.{language}.html",
        claims="results/work/release/claims.{language}.csv",
    params:
        study=part(STUDY, *LABELS, "exhibits", "report", labels=True),
        figures=FIGURES,
        tables=TABLES,
        headline=headline(STUDY, WAVES),
        earlier=EARLIER,
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
        estimates=RELEASED + CHANGES,
        exhibits=FIGURE_FILES + TABLE_FILES,
        reports=expand("results/work/release/report.{language}.{format}", language=LANGUAGES, format=["pdf", "html"]),
        records=[
            f"results/work/exhibits/{kind}/{file}"
            for kind, exhibits_ in (("figures", FIGURES), ("tables", TABLES))
            for exhibit in exhibits_
            for file in named(exhibit, ".json")
        ],
        claims=expand("results/work/release/claims.{language}.csv", language=LANGUAGES),
        report=report_files(".yaml"),
        code=code("release"),
    output:
        update("results/release/MANIFEST.sha256"),
    params:
        study=part(STUDY, *LABELS, "exhibits", "disclosure", labels=True),
        work=lambda wildcards, input: str(Path(input.claims[0]).parent),
    log:
        "results/logs/release.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/release.py"
