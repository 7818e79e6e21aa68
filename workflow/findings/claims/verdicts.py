"""What a release says of each claim: its verdict, why it cannot be told, and since which wave.

Everything here is read from released rows. A claim of which any row is withheld cannot be told, for disclosure control,
whatever the confidential verdict is; a wave of which it cannot be told also ends the run of waves that `since` counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from findings.claims.declared import Statement, statements
from findings.errors import FindingsError
from findings.keys import print_key
from findings.plan import Indicator, expand_indicators
from findings.release import Estimate, Released

UNKNOWN = "unknown"
VERDICTS = {1.0: "supported", 0.0: "cannot_tell", -1.0: "not_supported"}
# In the order in which they are printed.
ORDER = ("supported", "not_supported", "cannot_tell")


@dataclass(frozen=True)
class Verdict:
    """A claim in a wave: `verdict` supported, not_supported or cannot_tell; `reason` of the latter, else empty.

    Of volunteers the reason is among_respondents. `since` is the first of the comparable waves up to this one that all
    have this verdict for this reason; `numbers` are the released rows that the claim is about; `p_adjusted` None where
    there is none. `expected` is empty but on the headline wave, of which claims.yaml speaks.
    """

    id: str
    wave: str
    verdict: str
    reason: str
    since: str
    numbers: list[Estimate]
    key: str | None = None
    p_adjusted: float | None = None
    expected: str = ""

    @property
    def stale(self) -> bool:
        """Whether an author stands by another verdict."""
        return self.expected not in ("", UNKNOWN, self.verdict)


def verdicts(released: Released) -> list[Verdict]:
    """Every claim of the study in a wave, in the order of claims.yaml, which speaks of the study's `headline_wave`."""
    declared = released.config.get("claims", {}).get("claims", {})
    indicators = expand_indicators(released.config) if declared else []
    return [_verdict(released, name, entry, indicators) for name, entry in declared.items()]


def check_stale(found: Iterable[Verdict], when_stale: str) -> None:
    """Stop when a sentence no longer stands, unless claims.yaml says to print it as such. Raises FindingsError."""
    stale = [one for one in found if one.stale]
    if stale and when_stale != "print":
        told = [f"{one.id} (expected {one.expected}, now {_in_words(one)})" for one in stale]
        raise FindingsError(
            f"{len(stale)} sentence(s) of the report no longer stand.", wave=stale[0].wave, file="claims.yaml",
            column="expected", codes=told,
            mend=f"look why (docs/claims.md); then correct the sentence and set `expected: {stale[0].verdict}` for "
            f"{stale[0].id}, and so on; or say `when_stale: print`, to print it as no longer {stale[0].expected}.",
        )  # fmt: skip


def write(found: Mapping[str, Sequence[Verdict]], released: Mapping[str, Released], path: Path) -> None:
    """claims.csv (claims.schema.json): every claim of every wave, in the order of the study."""
    rows = []
    for wave, each in found.items():
        config = released[wave].config
        for one in each:
            sentence = config["claims"]["claims"][one.id]["sentence"]
            rows.append(
                {
                    "id": one.id, "wave": wave, "verdict": one.verdict, "reason": one.reason, "since": one.since,
                    "expected": one.expected, "stale": one.stale, "keys": " ".join(n.key for n in one.numbers),
                    "estimate": " ".join("-" if n.value is None else f"{n.value:g}" for n in one.numbers),
                    "p_adjusted": one.p_adjusted, "synthetic": released[wave].synthetic,
                    **{f"sentence_{lang}": sentence[lang] for lang in config["languages"]},
                }
            )  # fmt: skip
    pd.DataFrame(rows).to_csv(path, index=False, lineterminator="\n")


def _in_words(one: Verdict) -> str:
    return f"{one.verdict}{f', {one.reason}' if one.reason else ''}, since {one.since}"


def _verdict(released: Released, name: str, entry: Mapping[str, Any], indicators: Sequence[Indicator]) -> Verdict:
    parts = statements(entry["predicate"], released.config, indicators)
    verdict, reason, row = _told(released, name, parts)
    since, before = released.wave, released.earlier
    while before is not None and _told(before, name, parts)[:2] == (verdict, reason):
        since, before = before.wave, before.earlier
    earlier = released.earlier.wave if released.earlier else None
    keys = [part.number(released.weighting, released.wave, earlier) for part in parts]
    return Verdict(
        id=name, wave=released.wave, verdict=verdict, reason=reason, since=since,
        numbers=[released.number(key) for key in keys if key and released.has(key)],
        key=row.key if row else None, p_adjusted=row.p_adjusted if row else None,
        expected=entry["expected"] if released.wave == released.config.get("headline_wave") else "",
    )  # fmt: skip


def _told(released: Released, name: str, parts: Sequence[Statement]) -> tuple[str, str, Estimate | None]:
    """Verdict, reason and the row that they are read from; None where the wave has none."""
    earlier = released.earlier.wave if released.earlier else None
    if earlier is None and any(part.kind == "change" for part in parts):
        return "cannot_tell", "no_comparable_wave", None
    rows = [key for part in parts for key in part.rows(released.weighting, released.wave, earlier)]
    if not all(released.has(key) for key in rows):
        return "cannot_tell", "not_asked", None
    changed = [part.number(released.weighting, released.wave, earlier) for part in parts if part.kind == "change"]
    if not all(key and released.has(key) for key in changed):
        return "cannot_tell", "not_comparable", None
    row = released.number(
        print_key({"family": "claims", "indicator": name, "statistic": "verdict", "weighting": released.weighting,
                   "wave": released.wave})
    )  # fmt: skip
    if not row.published or row.value is None:
        return "cannot_tell", "disclosure_control", row
    verdict = VERDICTS[row.value]
    if released.volunteers:
        return verdict, "among_respondents", row
    if verdict != "cannot_tell":
        return verdict, "", row
    return verdict, "no_standard_error" if row.p_adjusted is None else "too_imprecise", row
