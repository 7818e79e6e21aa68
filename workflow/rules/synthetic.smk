# A target of its own: never part of a normal run, whose input is data/raw as it stands.
rule synthetic_waves:
    message:
        "Drawing the synthetic waves from the instrument and the planted truth"
    input:
        truth=sorted(str(path) for path in Path("data/reference").glob("synthetic_truth*.yaml")),
        instrument=["data/reference/instrument/survey.csv", "data/reference/instrument/choices.csv"],
        frame="data/reference/state_urban.csv",
    output:
        touch("results/work/synthetic_waves.done"),
    params:
        code=code("synthetic_wave"),
        study=part(STUDY, "study", "ministries", "services", "barriers", "dimensions", labels=True),
    log:
        "results/logs/synthetic_waves.log",
    conda:
        "../../envs/run.yaml"
    script:
        "../scripts/synthetic_wave.py"
