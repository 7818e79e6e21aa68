"""A synthetic wave, drawn from the instrument and planted truth, with real mess and its clean twin.

No microdata of the study were published: nothing drawn here is, or stands for, a finding.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from findings.instrument import read_xlsform
from findings.synthetic.draw import Drawer
from findings.synthetic.form import write_form
from findings.synthetic.kobo import write_export
from findings.synthetic.mess import Mess

__all__ = ["write_wave"]
SPARE_SCALE = 0.12


def write_wave(
    folder: Path, study: Mapping[str, Any], truth: Mapping[str, Any], reference: Path, seed: int, scale: float = 1.0
) -> None:
    """Write a wave to `folder`: form.xlsx, export.xlsx, frame.csv, corrections.csv, wave.yaml.

    Beside them clean_twin.csv (what cleaning is to give, with the export's `data_row`) and irrecoverable.csv. `scale`
    is of the sample's size; the same arguments give the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    form = folder / "form.xlsx"
    write_form(form, reference / "instrument", study)
    codebook = read_xlsform(form)
    drawer = Drawer(codebook, study, truth, seed, scale)
    spare = Drawer(codebook, study, truth, seed + 1, max(SPARE_SCALE * scale, 0.05)).frame()
    messy = Mess(codebook, truth, drawer.random).apply(drawer.frame(), spare)
    write_export(folder / "export.xlsx", messy.rows, codebook)
    kept = [name for name in codebook.questions if name in messy.twin]
    columns = ["data_row", *kept, "interview_month", "duration_flag"]
    messy.twin[columns].to_csv(folder / "clean_twin.csv", index=False, lineterminator="\n")
    lost = pd.DataFrame(messy.irrecoverable, columns=["data_row", "column"])
    lost.to_csv(folder / "irrecoverable.csv", index=False, lineterminator="\n")
    pd.DataFrame(messy.corrections).to_csv(folder / "corrections.csv", index=False, lineterminator="\n")
    margins = pd.read_csv(reference / "state_urban.csv")
    margins["stratum"] = margins["state_region"] + "_" + margins["urban_rural"]
    margins[["stratum", "population"]].to_csv(folder / "frame.csv", index=False, lineterminator="\n")
    shutil.copyfile(Path(__file__).parent / "wave.yaml", folder / "wave.yaml")
