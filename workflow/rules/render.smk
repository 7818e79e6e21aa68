FIGURES = exhibits(STUDY, "figures", WAVES)
TABLES = exhibits(STUDY, "tables", WAVES)
LANGUAGES = STUDY["languages"]
FONTS = "results/work/fonts"
STYLE = report_files(".mplstyle")
# Captions are no inputs: what an exhibit shows of them is its parameter `words`.
NUMERALS = report_files("numerals.yaml")


rule fonts:
    message:
        "Cutting the fonts of the exhibits"
    output:
        directory(FONTS),
    params:
        code=code("fonts"),
    log:
        "results/logs/fonts.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/fonts.py"


rule figure:
    message:
        "Drawing figure {wildcards.name} of wave {wildcards.wave}"
    input:
        estimates="results/work/release/{wave}/estimates.csv",
        beside=lambda wildcards: beside(STUDY, EARLIER, wildcards),
        numerals=NUMERALS,
        style=STYLE,
        fonts=FONTS,
    output:
        record="results/work/exhibits/figures/{name}.{wave}.json",
        files=marked(
            expand(
                "results/work/release/figures/{{name}}.{{wave}}.{language}.{format}",
                language=LANGUAGES,
                format=["svg", "pdf", "png"],
            ),
            "figures",
            STUDY,
        ),
    params:
        code=code("figure"),
        study=lambda wildcards: exhibit_part(STUDY, "figures", wildcards.name, WAVES, wildcards.wave),
        words=lambda wildcards: words(STUDY, STUDY["exhibits"]["figures"][wildcards.name]),
    log:
        "results/logs/{wave}/figure_{name}.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/figure.py"


rule context_figure:
    message:
        "Drawing figure {wildcards.name}"
    input:
        inventory="data/reference/inventory.yaml",
        numerals=NUMERALS,
        style=STYLE,
        fonts=FONTS,
    output:
        record="results/work/exhibits/figures/{name}.json",
        files=marked(
            expand(
                "results/work/release/figures/{{name}}.{language}.{format}",
                language=LANGUAGES,
                format=["svg", "pdf", "png"],
            ),
            "figures",
            STUDY,
        ),
    params:
        code=code("context_figure"),
        study=lambda wildcards: exhibit_part(STUDY, "figures", wildcards.name, WAVES),
        words=lambda wildcards: words(STUDY, STUDY["exhibits"]["figures"][wildcards.name]),
    log:
        "results/logs/figure_{name}.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/context_figure.py"


rule table:
    message:
        "Setting table {wildcards.name} of wave {wildcards.wave}"
    input:
        estimates="results/work/release/{wave}/estimates.csv",
        beside=lambda wildcards: beside(STUDY, EARLIER, wildcards),
        numerals=NUMERALS,
        laid=lambda wildcards: laid(STUDY, wildcards),
    output:
        record="results/work/exhibits/tables/{name}.{wave}.json",
        codes="results/work/release/tables/{name}.{wave}.csv",
        files=marked(
            expand(
                "results/work/release/tables/{{name}}.{{wave}}.{language}.{format}",
                language=LANGUAGES,
                format=["html", "xlsx"],
            ),
            "tables",
            STUDY,
        ),
    params:
        code=code("table"),
        study=lambda wildcards: exhibit_part(STUDY, "tables", wildcards.name, WAVES, wildcards.wave),
        words=lambda wildcards: words(STUDY, STUDY["exhibits"]["tables"][wildcards.name]),
    log:
        "results/logs/{wave}/table_{name}.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/table.py"


rule context_table:
    message:
        "Setting table {wildcards.name}"
    input:
        inventory="data/reference/inventory.yaml",
        numerals=NUMERALS,
    output:
        record="results/work/exhibits/tables/{name}.json",
        codes="results/work/release/tables/{name}.csv",
        files=marked(
            expand(
                "results/work/release/tables/{{name}}.{language}.{format}",
                language=LANGUAGES,
                format=["html", "xlsx"],
            ),
            "tables",
            STUDY,
        ),
    params:
        code=code("context_table"),
        study=lambda wildcards: exhibit_part(STUDY, "tables", wildcards.name, WAVES),
        words=lambda wildcards: words(STUDY, STUDY["exhibits"]["tables"][wildcards.name]),
    log:
        "results/logs/table_{name}.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/context_table.py"


rule wave_diff_page:
    message:
        "Setting wave {wildcards.wave} beside those before it, in {wildcards.language}"
    input:
        estimates="results/work/release/{wave}/estimates.csv",
        derived="results/work/release/{wave}/derived.csv",
        earlier=lambda wildcards: [
            f"results/work/release/{EARLIER[wildcards.wave]}/{name}.csv"
            for name in ("estimates", "derived")
            if EARLIER[wildcards.wave]
        ],
        laid="results/work/release/{wave}/wave_diff.json",
        captions=report_files(".yaml"),
        fonts=FONTS,
    output:
        page="results/work/release/wave_diff.{wave}.{language}.html",
        record="results/work/exhibits/wave_diff.{wave}.{language}.json",
    params:
        code=code("wave_diff_page"),
        study=lambda wildcards: wave_part(STUDY, wildcards.wave, WAVES),
    log:
        "results/logs/{wave}/wave_diff_page_{language}.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/wave_diff_page.py"


rule appendix:
    message:
        "The data appendix of wave {wildcards.wave}: a figure and a table of every variable"
    input:
        estimates="results/work/release/{wave}/estimates.csv",
        derived="results/work/release/{wave}/derived.csv",
        captions=report_files(".yaml"),
        own=report_files(folder="appendix"),
        fonts=FONTS,
    output:
        record="results/work/exhibits/appendix.{wave}.json",
        codes="results/work/release/appendix/variables.{wave}.csv",
        pages=[
            report(
                f"results/work/release/appendix/variables.{{wave}}.{language}.html",
                caption="../report/captions/appendix.rst",
                category="Data appendix",
                subcategory=wave_of(STUDY),
                labels={"language": language},
            )
            for language in LANGUAGES
        ],
    params:
        code=code("appendix"),
        study=lambda wildcards: wave_part(STUDY, wildcards.wave, WAVES),
    log:
        "results/logs/{wave}/appendix.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/appendix.py"
