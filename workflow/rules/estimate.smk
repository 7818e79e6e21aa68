# What is computed from several rows of the register: each part by a rule of its own, all judged by disclose_derived.
PARTS = ["descriptives", "barriers", "comparisons", "nonanswers", "specifications", "rule_effects", "models", "wave_diff"]
PARTS += ["claims"] if "claims" in STUDY else []


rule estimate:
    message:
        "Estimating every indicator of wave {wildcards.wave} into the register"
    input:
        wave=wave_file,
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
        flow="results/confidential/{wave}/flow.json",
        own_words="results/confidential/{wave}/other_specify.json",
    output:
        register="results/confidential/{wave}/register.parquet",
    params:
        code=code("estimate"),
        study=part(
            STUDY, *PLAN, "nonanswers", "weighting", "singletons", "headline_weighting", "replicates", "interval"
        ),
    log:
        "results/logs/{wave}/estimate.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/estimate.py"


rule models:
    message:
        "Fitting the models of wave {wildcards.wave}, and the reliability of its scales"
    input:
        wave=wave_file,
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
    output:
        models="results/confidential/{wave}/models.parquet",
    params:
        code=code("models"),
        study=part(STUDY, *PLAN, "headline_weighting", "disclosure", "models", "reliability"),
    log:
        "results/logs/{wave}/models.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/models.py"


rule descriptives:
    message:
        "Medians and totals of wave {wildcards.wave}"
    input:
        wave=wave_file,
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
    output:
        rows="results/confidential/{wave}/descriptives.parquet",
    params:
        code=code("descriptives"),
        study=part(STUDY, *PLAN, "headline_weighting"),
    log:
        "results/logs/{wave}/descriptives.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/descriptives.py"


# Needs no estimate: what it says is to be read before one is made.
rule wave_diff:
    message:
        "Laying wave {wildcards.wave} beside those before it: questions, answers, non-answers, design"
    input:
        waves=lambda wildcards: laid_beside(wildcards, WAVES, "data/raw", "wave.yaml"),
        codebooks=lambda wildcards: laid_beside(wildcards, WAVES, "results/confidential", "codebook.json"),
        files=lambda wildcards: laid_beside(
            wildcards, WAVES, "results/confidential", "ingest.json", "respondents.parquet", "indicators.parquet",
            "design.json",
        ),
    output:
        differences="results/confidential/{wave}/wave_diff.json",
        comparability="results/confidential/{wave}/comparability.json",
        rows="results/confidential/{wave}/wave_diff.parquet",
    params:
        code=code("wave_diff"),
        study=part(STUDY, *PLAN, "nonanswers", "headline_weighting", "comparability", "disclosure"),
        earlier=lambda wildcards: EARLIER[wildcards.wave],
    log:
        "results/logs/{wave}/wave_diff.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/wave_diff.py"


rule changes:
    message:
        "Comparing wave {wildcards.wave} with the one before"
    input:
        comparability="results/confidential/{wave}/comparability.json",
        registers=lambda wildcards: confidential("register.parquet", both(wildcards, EARLIER)),
        comparisons=lambda wildcards: confidential("comparisons.parquet", both(wildcards, EARLIER)),
    output:
        changes="results/confidential/{wave}/changes.parquet",
    params:
        code=code("changes"),
        study=part(STUDY, *PLAN, "comparisons", "headline_weighting"),
    log:
        "results/logs/{wave}/changes.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/changes.py"


rule decompositions:
    message:
        "Taking the changes of wave {wildcards.wave} apart: within groups, and of their composition"
    input:
        comparability="results/confidential/{wave}/comparability.json",
        waves=lambda wildcards: [f"data/raw/{wave}/wave.yaml" for wave in both(wildcards, EARLIER)],
        indicators=lambda wildcards: confidential("indicators.parquet", both(wildcards, EARLIER)),
        designs=lambda wildcards: confidential("design.json", both(wildcards, EARLIER)),
    output:
        rows="results/confidential/{wave}/decompositions.parquet",
    params:
        code=code("decompositions"),
        study=part(STUDY, *PLAN, "decompositions", "headline_weighting"),
    log:
        "results/logs/{wave}/decompositions.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/decompositions.py"


rule comparisons:
    message:
        "Comparing the groups, ministries and users of wave {wildcards.wave}"
    input:
        wave=wave_file,
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
    output:
        rows="results/confidential/{wave}/comparisons.parquet",
    params:
        code=code("comparisons"),
        study=part(STUDY, *PLAN, "comparisons", "missing", "headline_weighting", "disclosure"),
    log:
        "results/logs/{wave}/comparisons.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/comparisons.py"


rule nonanswers:
    message:
        "Counting the non-answers of wave {wildcards.wave}, and what they could hide"
    input:
        wave=wave_file,
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
    output:
        rows="results/confidential/{wave}/nonanswers.parquet",
    params:
        code=code("nonanswers"),
        study=part(STUDY, *PLAN, "comparisons", "missing", "headline_weighting", "disclosure"),
    log:
        "results/logs/{wave}/nonanswers.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/nonanswers.py"


rule specify:
    message:
        "Every headline of wave {wildcards.wave} in every way that another analyst might have taken"
    input:
        wave=wave_file,
        raw=raw_files,
        reference=sorted(str(path) for path in Path("data/reference").glob("*.csv")),
        responses="results/confidential/{wave}/responses.parquet",
        free_text="results/confidential/{wave}/free_text_raw.parquet",
        corrections="results/confidential/{wave}/corrections.parquet",
        codebook="results/confidential/{wave}/codebook.json",
        respondents="results/confidential/{wave}/respondents.parquet",
        design="results/confidential/{wave}/design.json",
        # Summaries are over the specifications that will be released.
        judged="results/confidential/{wave}/disclosure.parquet",
    output:
        rows="results/confidential/{wave}/specifications.parquet",
    params:
        code=code("specify"),
        study=part(
            STUDY, *PLAN, "nonanswers", "weighting", "singletons", "headline_weighting", "specifications", "models",
            "disclosure",
        ),
    log:
        "results/logs/{wave}/specify.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/specify.py"


rule rule_effects:
    message:
        "What each rule of cleaning does to the headlines of wave {wildcards.wave}: each left out in turn"
    input:
        wave=wave_file,
        raw=raw_files,
        reference=sorted(str(path) for path in Path("data/reference").glob("*.csv")),
        responses="results/confidential/{wave}/responses.parquet",
        free_text="results/confidential/{wave}/free_text_raw.parquet",
        corrections="results/confidential/{wave}/corrections.parquet",
        codebook="results/confidential/{wave}/codebook.json",
        respondents="results/confidential/{wave}/respondents.parquet",
        design="results/confidential/{wave}/design.json",
        register="results/confidential/{wave}/register.parquet",
    output:
        rows="results/confidential/{wave}/rule_effects.parquet",
        table="results/confidential/{wave}/without_rule.parquet",
    params:
        code=code("rule_effects"),
        study=part(
            STUDY, *PLAN, "nonanswers", "weighting", "singletons", "headline_weighting", "comparisons",
            "specifications",
        ),
    log:
        "results/logs/{wave}/rule_effects.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/rule_effects.py"


rule barriers:
    message:
        "Ranking barriers and counting their combinations in wave {wildcards.wave}"
    input:
        wave=wave_file,
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
    output:
        rows="results/confidential/{wave}/barriers.parquet",
    params:
        code=code("barriers"),
        study=part(STUDY, *PLAN, "rankings", "intersections", "headline_weighting", "disclosure"),
    log:
        "results/logs/{wave}/barriers.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/barriers.py"


rule claims:
    message:
        "Testing what the report claims on wave {wildcards.wave}"
    input:
        wave=wave_file,
        indicators="results/confidential/{wave}/indicators.parquet",
        design="results/confidential/{wave}/design.json",
        # Which rows are withheld: a claim on one of these is counted, and told nothing of.
        judged=lambda wildcards: confidential("disclosure.parquet", both(wildcards, EARLIER)),
        # Differences that are there already.
        made=lambda wildcards: derived_parts(wildcards, ["comparisons"], EARLIER),
    output:
        rows="results/confidential/{wave}/claims.parquet",
    params:
        code=code("claims"),
        study=part(STUDY, *PLAN, "rankings", "headline_weighting"),
        predicates=predicates(STUDY),
        earlier=lambda wildcards: EARLIER[wildcards.wave],
    log:
        "results/logs/{wave}/claims.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/claims.py"


# Targets of their own, for before the analysis (`./reproduce wave-diff`): never part of a normal run.
rule wave_diff_draft:
    message:
        "Setting wave {wildcards.wave} beside those before it, in {wildcards.language}, with exact numbers"
    input:
        rows="results/confidential/{wave}/wave_diff.parquet",
        differences="results/confidential/{wave}/wave_diff.json",
        comparability="results/confidential/{wave}/comparability.json",
        earlier=lambda wildcards: [
            f"results/confidential/{name}/wave_diff.parquet" for name in [EARLIER[wildcards.wave]] if name
        ],
        captions=report_files(".yaml"),
        fonts="results/work/fonts",
    output:
        "results/confidential/{wave}/wave_diff.{language}.html",
    params:
        code=code("wave_diff_draft"),
        study=lambda wildcards: wave_part(STUDY, wildcards.wave, WAVES),
    log:
        "results/logs/{wave}/wave_diff_draft_{language}.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/wave_diff_draft.py"


rule wave_diff_drafts:
    message:
        "Every wave is set beside those before it"
    input:
        expand(
            "results/confidential/{wave}/wave_diff.{language}.html",
            wave=list(WAVES)[1:],
            language=STUDY["languages"],
        ),
