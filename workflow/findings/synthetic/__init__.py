"""Synthetic waves, drawn from the instrument and planted truth, with real mess and their clean twins.

No microdata of the study were published: nothing drawn here is, or stands for, a finding.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from findings import declarations
from findings.instrument import read_xlsform
from findings.synthetic import google, kobo
from findings.synthetic.draw import Drawer
from findings.synthetic.form import write_form
from findings.synthetic.mess import Mess, Row

__all__ = ["WAVES", "truth_of", "write_wave"]
SPARE_SCALE = 0.12
# Wave -> its seed. Its truth is synthetic_truth.yaml with what synthetic_truth_<wave>.yaml changes.
WAVES = {"nug_2024": 20240301, "nug_2025": 20250301, "nug_2026": 20260301}


def truth_of(wave: str, reference: Path) -> dict[str, Any]:
    """The planted truth of a wave."""
    truth: dict[str, Any] = declarations.read(reference / "synthetic_truth.yaml")
    own = reference / f"synthetic_truth_{wave}.yaml"
    return _merged(truth, declarations.read(own)) if own.is_file() else truth


def _merged(base: Any, own: Any) -> Any:
    """`own` over `base`, key by key; a list is taken whole."""
    if isinstance(base, dict) and isinstance(own, dict):
        return base | {key: _merged(base.get(key), value) for key, value in own.items()}
    return own


def write_wave(
    folder: Path, study: Mapping[str, Any], truth: Mapping[str, Any], reference: Path, seed: int, scale: float = 1.0,
    wave: str = "nug_2025",
) -> None:  # fmt: skip
    """Write a wave to `folder`: form.xlsx, its export, corrections.csv, recodes.csv, wave.yaml, and frame.csv where
    it has a design.

    Beside them clean_twin.csv (what cleaning is to give, with the export's `data_row`) and irrecoverable.csv. `scale`
    is of the sample's size; the same arguments give the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    form, own = folder / "form.xlsx", truth.get("form", {})
    # Answers are drawn in the study's codes; the wave's own ones come in when the export is written.
    write_form(form, reference / "instrument", study, {**own, "rename": {}})
    codebook = read_xlsform(form)
    drawer = Drawer(codebook, study, truth, seed, scale)
    spare = Drawer(codebook, study, truth, seed + 1, max(SPARE_SCALE * scale, 0.05)).frame()
    messy = Mess(codebook, truth, drawer.random).apply(drawer.frame(), spare)
    if own.get("rename"):
        write_form(form, reference / "instrument", study, own)
        renamed = {q: own["rename"].get(entry.list or "", {}) for q, entry in codebook.questions.items()}
        codebook = read_xlsform(form)
        messy.rows[:] = [_renamed(row, renamed) for row in messy.rows]
        for line in messy.corrections:
            line |= {end: renamed[line["column"]].get(line[end], line[end]) for end in ("old", "new")}
    _export(folder, truth.get("export", "kobo_xlsx"), messy.rows, codebook, drawer)
    kept = [name for name in codebook.questions if name in messy.twin]
    if truth.get("export") == "google_forms":
        # It tells one time only: no duration.
        messy.twin["duration_flag"] = None
    columns = ["data_row", *kept, "interview_month", "duration_flag"]
    messy.twin[columns].to_csv(folder / "clean_twin.csv", index=False, lineterminator="\n")
    lost = pd.DataFrame(messy.irrecoverable, columns=["data_row", "column"])
    lost.to_csv(folder / "irrecoverable.csv", index=False, lineterminator="\n")
    if messy.corrections:
        pd.DataFrame(messy.corrections).to_csv(folder / "corrections.csv", index=False, lineterminator="\n")
    if messy.recodes:
        pd.DataFrame(messy.recodes).to_csv(folder / "recodes.csv", index=False, lineterminator="\n")
    if "volunteers" not in truth["sample"]:
        margins = pd.read_csv(reference / "state_urban.csv")
        margins["stratum"] = margins["state_region"] + "_" + margins["urban_rural"]
        margins[["stratum", "population"]].to_csv(folder / "frame.csv", index=False, lineterminator="\n")
    shutil.copyfile(Path(__file__).parent / "waves" / f"{wave}.yaml", folder / "wave.yaml")


def _renamed(row: Row, renamed: Mapping[str, Mapping[str, str]]) -> Row:
    """A row in the wave's own codes; stray characters around a code stay."""
    made = dict(row)
    for question, codes in renamed.items():
        for code, own in codes.items():
            if made.get(question) and made[question].strip(" \u200b") == code:
                made[question] = made[question].replace(code, own)
    return made


def _export(folder: Path, tool: str, rows: list[Row], codebook: Any, drawer: Drawer) -> None:
    if tool == "google_forms":
        google.write_export(folder / "export.csv", rows, codebook, drawer.random)
    elif tool == "kobo_csv":
        kobo.write_csv(folder / "export.csv", rows, codebook)
    else:
        kobo.write_export(folder / "export.xlsx", rows, codebook)
