"""The services and what published sources say of them: no number of any respondent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.inventory import sources
from findings.release import text
from findings.tables.labelled import Labelled
from findings.text.captions import captions
from findings.text.context import INVENTORY, dated
from findings.text.exhibits import question
from findings.text.issued import issue

COLUMNS = ["ministry", "service", "launched", "languages", "claims", "conflicts", "sources"]


def build(inventory: Mapping[str, Any], study: Mapping[str, Any]) -> pd.DataFrame:
    """One row per service in codes: date of launch (null = not found), numbers of claims and conflicts, sources."""
    made = [
        [study["services"][service]["ministry"], service, (entry["launched"] or {}).get("date"),
         None if entry["languages"] is None else " ".join(entry["languages"]), len(entry["claims"]),
         len(entry["conflicts"]), " ".join(sources(entry))]
        for service, entry in inventory.items()
    ]  # fmt: skip
    return pd.DataFrame(made, columns=COLUMNS)


def labelled(
    inventory: Mapping[str, Any], study: Mapping[str, Any], name: str, entry: Mapping[str, Any], lang: str
) -> Labelled:
    """The table in a language; what was not found says so. Sources stand numbered in the notes."""
    words, own = captions(lang)["table"], captions(lang)["timeline"]
    header = [
        words[column] for column in ("service", "launched", "channel", "languages", "status", "claims", "sources")
    ]
    ministry = entry.get("ministry")
    chosen = {s: e for s, e in inventory.items() if ministry in (None, study["services"][s]["ministry"])}
    addresses = list(dict.fromkeys(source for each in chosen.values() for source in sources(each)))
    rows: list[list[Any]] = []
    notes = [own["claim"]]
    for service, each in chosen.items():
        launch, unknown = each["launched"], words["unknown"]
        began = dated(launch["date"], lang) if launch else unknown
        note = text((launch or {}).get("note", {}), lang)
        claims = [
            f"{dated(c['date'], lang) + ': ' if c['date'] else ''}{text(c['value'], lang)} ({text(c['by'], lang)})"
            for c in each["claims"]
        ]
        label = text(study["services"][service]["label"], lang)
        rows.append(
            [f"{label}: {text(each['what'], lang)}", f"{began}; {note}" if note else began,
             text((each["channel"] or {}).get("text", {}), lang) or unknown,
             text(each["languages"] or {}, lang) or unknown,
             text((each["status"] or {}).get("text", {}), lang) or unknown, "; ".join(claims) or unknown,
             " ".join(f"[{addresses.index(source) + 1}]" for source in sources(each))]
        )  # fmt: skip
        notes += [f"{words['conflicts']} – {label}: {text(conflict, lang)}" for conflict in each["conflicts"]]
    notes += [f"[{number}] {address}" for number, address in enumerate(addresses, 1)]
    rows, notes = [[issue(INVENTORY, cell) for cell in row] for row in rows], [issue(INVENTORY, n) for n in notes]
    return Labelled(name, lang, text(entry["label"], lang), question(entry, lang), "", header, rows, notes)
