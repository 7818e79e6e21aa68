"""The inventory in words: its events in order, and its dates as a reader sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from findings.release import text
from findings.text.captions import captions
from findings.text.issued import issue
from findings.text.numbers import numerals

# What stands for a number that a published source says; the inventory names the source.
INVENTORY = "inventory"


@dataclass(frozen=True)
class Event:
    """A launch or a claim: `when` is its date as a number of years, in the middle of what the source names."""

    ministry: str
    service: str
    date: str
    when: float
    label: str
    launch: bool


def events(inventory: Mapping[str, Any], study: Mapping[str, Any], lang: str) -> list[Event]:
    """Events by ministry and service in the order of the config, then by date."""
    made = []
    for code, ministry in study["ministries"].items():
        for service in (s for s, own in study["services"].items() if own["ministry"] == code):
            names = text(ministry["label"], lang), text(study["services"][service]["label"], lang)
            for date, label, launch in sorted(_of(inventory[service], lang), key=lambda event: _years(event[0])):
                made.append(Event(*names, date, _years(date), label, launch))
    return made


def _of(entry: Mapping[str, Any], lang: str) -> list[tuple[str, str, bool]]:
    words = captions(lang)["timeline"]
    found: list[tuple[str, str, bool]] = []
    if entry["launched"]:
        note = text(entry["launched"].get("note", {}), lang)
        found.append((entry["launched"]["date"], f"{words['launched']}{': ' + note if note else ''}", True))
    # A claim without a date stands in the table alone.
    for claim in (claim for claim in entry["claims"] if claim["date"]):
        label = words["claimed"].format(value=text(claim["value"], lang), by=text(claim["by"], lang))
        found.append((claim["date"], label, False))
    return [(date, issue(INVENTORY, label), launch) for date, label, launch in found]


def _years(date: str) -> float:
    year, month, day = (int(part) for part in (date.split("-") + ["0", "0"])[:3])
    return year + ((month - 1 + ((day - 0.5) / 31 if day else 0.5)) / 12 if month else 0.5)


def dated(date: str, lang: str) -> str:
    """`2022-06-19` as `19 June 2022`, `2022-06` as `June 2022`, in the words and digits of the language."""
    words = captions(lang)["timeline"]
    year, month, day = (date.split("-") + ["", ""])[:3]
    form = "day" if day else "month" if month else "year"
    month_name = words["months"][int(month) - 1] if month else ""
    said = words["dates"][form].format(year=year, month=month_name, day=day.lstrip("0"))
    return issue(INVENTORY, numerals(said, lang))
