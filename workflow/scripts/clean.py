from findings.job import job

with job(snakemake) as io:
    import json
    from pathlib import Path

    import pandas as pd

    from findings.cleaning import clean
    from findings.cleaning_steps import DOUBTFUL
    from findings.config import load_wave
    from findings.other_specify import read_recodes
    from findings.repeats import read_repeats

    wave = load_wave(Path(io.input.wave))
    corrections = pd.read_parquet(io.input.corrections)
    result = clean(
        pd.read_parquet(io.input.responses),
        pd.read_parquet(io.input.free_text),
        json.loads(Path(io.input.codebook).read_text()),
        wave,
        corrections if len(corrections) else None,
        sum(json.loads(Path(io.input.record).read_text(encoding="utf-8"))["left_out"].values()),
        read_recodes(wave, Path(io.input.wave).parent),
        repeats=read_repeats(Path(io.input.repeats)),
    )
    result.respondents.to_parquet(io.output.respondents, index=False)
    result.free_text.to_parquet(io.output.free_text, index=False)
    result.ledger.to_parquet(io.output.ledger, index=False)
    result.listed.lines.to_csv(io.output.own_words, index=False, lineterminator="\n", encoding="utf-8-sig")
    Path(io.output.counts).write_text(json.dumps(result.listed.counts, indent=1))
    for count in result.listed.counts:
        print("Own words in {column}: {texts}, of which {coded} coded and {uncoded} not".format(**count))
    Path(io.output.flow).write_text(json.dumps(result.flow, indent=1))
    Path(io.output.rules).write_text(json.dumps(result.rules, indent=1, ensure_ascii=False), encoding="utf-8")
    for rule in result.rules:
        if rule["breaks"]:
            print(f"Rule {rule['rule']}, {rule['column']}: {rule['breaks']} breaks, {rule['then']}")
    unjudged = sum(rule["judged"] is None for rule in result.rules)
    if unjudged:
        print(f"{unjudged} rules rest on columns that the data do not have, and were not judged: rules.json")
    doubtful = int((result.ledger["reason"] == DOUBTFUL).sum())
    print(f"Texts whose encoding is not sure, flagged in the ledger and left as they are: {doubtful}")
