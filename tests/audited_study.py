"""A small audited study, made in this process by the pipeline's own functions: raw files to register and release.

The gate is left out (its linear programs take minutes): every row is released, but one that is declared suppressed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd
from findings import (
    cleaning,
    comparisons,
    descriptives,
    estimators,
    indicators,
    nonanswers,
    rankings,
    register,
    rule_effects,
    weighting,
)
from findings.config import load_study, load_wave, of_wave
from findings.disclosure.release import released
from findings.influence import headline, sample
from findings.ingest import ingest
from findings.other_specify import read_recodes
from findings.plan import expand_indicators, levels
from findings.specifications import Records

WITHHELD = "trust.trust.proportion|weights=calibrated;gender=female"


def make(raw: Path, root: Path, wave: str) -> None:
    """The study of `raw` in `root`, with the results of `wave`: confidential files and a release."""
    shutil.copytree(raw, root)
    declared, cleaned, records = clean(root, wave)
    for part, rows in estimated(root, cleaned, declared, records).items():
        rows.to_parquet(root / "results" / "confidential" / wave / f"{part}.parquet", index=False)
    release(root, wave)


def clean(root: Path, wave: str) -> tuple[dict, cleaning.Cleaned, Records]:
    """The wave of the study in `root`, read and cleaned into its confidential files; its declaration comes first."""
    confidential, folder = root / "results" / "confidential" / wave, root / "data" / "raw" / wave
    confidential.mkdir(parents=True, mode=0o700)
    declared = load_wave(folder / "wave.yaml")
    result = ingest(declared, folder, b"k" * 32)
    record = result.record
    (confidential / "ingest.json").write_text(json.dumps(record), encoding="utf-8")
    (confidential / "codebook.json").write_text(result.codebook.to_json(), encoding="utf-8")
    result.responses.to_parquet(confidential / "responses.parquet", index=False)
    result.free_text.to_parquet(confidential / "free_text_raw.parquet", index=False)
    result.corrections.to_parquet(confidential / "corrections.parquet", index=False)
    corrections = result.corrections if len(result.corrections) else None
    codebook, recodes = json.loads(result.codebook.to_json()), read_recodes(declared, folder)
    cleaned = cleaning.clean(
        result.responses, result.free_text, codebook, declared, corrections, sum(record["left_out"].values()), recodes,
        root / "data" / "reference",
    )  # fmt: skip
    cleaned.respondents.to_parquet(confidential / "respondents.parquet", index=False)
    cleaned.ledger.to_parquet(confidential / "ledger.parquet", index=False)
    records = Records(result.responses, result.free_text, codebook, corrections, cleaned.respondents, recodes)
    return declared, cleaned, records


def estimated(root: Path, cleaned: cleaning.Cleaned, wave: dict, records: Records) -> dict[str, pd.DataFrame]:
    """The rows of every part but models and specifications, and the table of rules left out."""
    study = of_wave(load_study(root / "config.yaml"), wave)
    every, steps = expand_indicators(study), levels(study)
    kept = cleaned.respondents[cleaned.respondents["dropped_by"].isna()]
    kept = kept.sort_values([name for name in kept.columns if name != "row_id"], ignore_index=True)
    built = indicators.build(kept, every, steps, study)
    folder = root / "data" / "raw" / wave["wave"]
    weighed = weighting.weigh(built, kept, wave, study, root / "data" / "reference", folder)
    frame, design = weighed.frame, weighed.design
    kind = design["kind"]
    parts = [
        estimators.estimate(frame, design, every, steps, study, wave), register.flow_rows(cleaned.flow, wave),
        register.sample_rows(frame, design, steps, wave), register.quality_rows(frame, every, wave),
        register.population_rows(design, steps),
    ]  # fmt: skip
    of = sample(frame, design, headline(design, study), wave["wave"])
    assembled = register.assemble(parts, wave, kind)
    without_rule, effects = rule_effects.of_wave(
        records, design, frozenset(assembled["key"]), study, wave, root / "data" / "reference", folder
    )
    return {
        "register": assembled,
        "without_rule": without_rule,
        "rule_effects": effects,
        "descriptives": descriptives.descriptives(of, every, steps, wave, kind)[0],
        "comparisons": comparisons.comparisons(of, study, every, steps, wave, kind)[0],
        "nonanswers": nonanswers.nonanswers(of, study, every, steps, wave, kind)[0],
        "barriers": rankings.rows(frame, design, study, wave),
    }


def release(root: Path, wave: str) -> None:
    """A release of every row but WITHHELD, with an exhibit, a sentence in two languages, and a manifest."""
    confidential, folder = root / "results" / "confidential" / wave, root / "results" / "release"
    folder.mkdir(exist_ok=True)
    rows = pd.concat([
        pd.read_parquet(confidential / f"{part}.parquet")
        for part in ("register", "descriptives", "comparisons", "nonanswers", "barriers", "rule_effects")
    ], ignore_index=True)  # fmt: skip
    passed = rows["key"] != f"{WITHHELD}@{wave}"
    released(rows, passed, ~passed, 10).to_csv(folder / "estimates.csv", index=False, lineterminator="\n")
    key = f"trust.trust.proportion|weights=calibrated@{wave}"
    (folder / "exhibits.csv").write_text(
        f"exhibit,wave,rule,script,keys,file,sha256\nviews,{wave},figure,workflow/scripts/figure.py,{key} {key}x,"
        "figures/views.svg,0\n", encoding="utf-8",
    )  # fmt: skip
    for language, sentence in (("en", "Half trust them."), ("my", "ယုံကြည်သည်။")):
        text = f"wave,exhibit,sentence,keys,texts\n{wave},report,{sentence},other|@w {key},1%|52%\n"
        (folder / f"sentences.{language}.csv").write_text(text, encoding="utf-8")
    claim = f"id,wave,verdict,keys,sentence_en,sentence_my\nhalf,{wave},supported,{key},Half do.,ယုံသည်။\n"
    (folder / "claims.csv").write_text(claim, encoding="utf-8")
    own = hashlib.sha256((folder / "estimates.csv").read_bytes()).hexdigest()
    (folder / "MANIFEST.sha256").write_text(f"{own}  estimates.csv\n", encoding="utf-8")
