"""Every run proves its ledger: the files of cleaning as written, replayed both ways by code that did not write them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from findings.audit.plain.both_ways import NO_STEP, Mismatch, check
from findings.errors import FindingsError

FILES = ("responses", "free_text_raw", "respondents", "free_text", "ledger", "repeats")


def prove(files: Mapping[str, Path], wave: str) -> dict[str, int]:
    """Counts of what was compared (`both_ways.check`); `files`: responses, free_text_raw, respondents, free_text,
    ledger, repeats (a folder) and link.

    Raises FindingsError where responses + ledger are not the respondents or respondents − ledger not the responses: the
    column, the step, and the rows of the export.
    """
    try:
        return check(*(files[name] for name in FILES))
    except Mismatch as odd:
        link = pd.read_parquet(files["link"])
        rows = link.loc[link["row_id"].isin(odd.row_ids), "data_row"].sort_values().tolist()
        step = odd.step or NO_STEP
        raise FindingsError(
            f"The ledger does not replay: {odd.what}" + (f", in the step {step}." if step != NO_STEP else "."),
            wave=wave,
            file="ledger.parquet",
            column=odd.column,
            rows=rows,
            codes=[step],
            mend=f"if a file of results/confidential/{wave} was changed by hand, remove it there and run again, which"
            " cleans the wave anew; if not, the step named has a defect: report it with these lines.",
        ) from None
