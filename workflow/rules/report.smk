RELEASED = expand("results/work/release/{wave}/estimates.csv", wave=WAVES)
DERIVED = expand("results/work/release/{wave}/derived.csv", wave=WAVES)
LAID = expand("results/work/release/{wave}/wave_diff.json", wave=WAVES)
LAID_PAGES = expand("results/work/release/wave_diff.{wave}.{language}.html", wave=list(WAVES)[1:], language=LANGUAGES)
FIGURE_FILES = named(FIGURES, "results/work/release/figures/", [".{language}.{format}"], LANGUAGES)
TABLE_FILES = named(TABLES, "results/work/release/tables/", [".{language}.html", ".{language}.xlsx", ".csv"], LANGUAGES)
INVENTORY = "data/reference/inventory.yaml" if any(not wave for _, wave in FIGURES + TABLES) else []
APPENDIX = named(
    [("variables", wave) for wave in WAVES], "results/work/release/appendix/", [".csv", ".{language}.html"], LANGUAGES
)

CLAIMS = ["results/work/release/claims.csv"] if "claims" in STUDY else []


rule verdicts:
    message:
        "Telling what the release says of each claim"
    input:
        estimates=RELEASED,
        derived=DERIVED,
    output:
        claims="results/work/release/claims.csv",
    params:
        code=code("verdicts"),
        study=part(STUDY, *LABELS, "claims", "headline_wave", labels=True),
        earlier=EARLIER,
    log:
        "results/logs/verdicts.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/verdicts.py"


rule report:
    message:
        "Setting the report in {wildcards.language}"
    input:
        estimates=RELEASED,
        derived=DERIVED,
        laid=LAID,
        # A sentence that no longer stands stops the run here.
        claims=CLAIMS,
        inventory=INVENTORY,
        figures=[file for file in FIGURE_FILES if file.endswith(".svg")],
        waves=expand("data/raw/{wave}/wave.yaml", wave=WAVES),
        fonts=FONTS,
        report=report_files(),
    output:
        pdf=report(
            "results/work/release/report.{language}.pdf",
            caption="../report/captions/report.rst",
            category="The report",
            labels={"report": "PDF", "language": "{language}"},
        ),
        html="results/work/release/report.{language}.html",
        sentences="results/work/release/sentences.{language}.csv",
        record="results/work/exhibits/report.{language}.json",
    params:
        code=code("report"),
        study=part(STUDY, *LABELS, "exhibits", "report", "claims", "headline_wave", labels=True),
        figures=FIGURES,
        tables=TABLES,
        headline=STUDY["headline_wave"],
        earlier=EARLIER,
        release=lambda wildcards, output: str(Path(output.pdf).parent),
        stamp=captions(LANGUAGES[0])["stamp"] if any(wave["synthetic"] for wave in WAVES.values()) else "",
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
        estimates=RELEASED + DERIVED,
        exhibits=FIGURE_FILES + TABLE_FILES,
        reports=expand("results/work/release/report.{language}.{format}", language=LANGUAGES, format=["pdf", "html"])
        + LAID
        + LAID_PAGES
        + APPENDIX,
        records=named(FIGURES, "results/work/exhibits/figures/", [".json"], LANGUAGES)
        + named(TABLES, "results/work/exhibits/tables/", [".json"], LANGUAGES)
        + [page.replace("work/release", "work/exhibits").replace(".html", ".json") for page in LAID_PAGES]
        + expand("results/work/exhibits/appendix.{wave}.json", wave=WAVES)
        + expand("results/work/exhibits/report.{language}.json", language=LANGUAGES),
        claims=CLAIMS + expand("results/work/release/sentences.{language}.csv", language=LANGUAGES),
        report=report_files(".yaml"),
        fonts=FONTS,
    output:
        update("results/release/MANIFEST.sha256"),
    params:
        code=code("release"),
        study=part(STUDY, *LABELS, "exhibits", "disclosure", labels=True),
        work=lambda wildcards, input: str(Path(input.reports[0]).parent),
    log:
        "results/logs/release.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/release.py"
