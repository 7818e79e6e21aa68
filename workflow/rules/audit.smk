rule dossier:
    message:
        "Writing the dossier: every number from its sentence to rule, code and commit"
    input:
        release="results/release/MANIFEST.sha256",
        rests_on=expand("results/work/audit/{wave}/rests_on.json", wave=WAVES),
        waves=expand("data/raw/{wave}/wave.yaml", wave=WAVES),
        forms=[f"data/raw/{name}/{wave['source']['form']}" for name, wave in WAVES.items()],
        fonts=FONTS,
        templates=sorted(str(path) for path in (Path(workflow.basedir) / "workflow/report/dossier").iterdir()),
    output:
        update("results/audit/index.html"),
        update("results/audit/MANIFEST.sha256"),
        update("results/audit/checks.json"),
    params:
        code=code("dossier"),
        study=STUDY,
        # All of the code is shown, with its commit.
        shown=lambda wildcards: every_source(),
    log:
        "results/logs/dossier.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/dossier.py"


# A rule of its own: the dossier stays to be looked at, and the run stops on every run until its checks hold.
rule checks:
    message:
        "Stopping where a check of the dossier does not hold"
    input:
        "results/audit/checks.json",
    output:
        "results/work/audit/checked.json",
    params:
        code=code("checks"),
    log:
        "results/logs/checks.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/checks.py"
