"""The study's questionnaire as an XLSForm, from the question and choice tables of data/reference/instrument.

A row with `for_each` is repeated, with its neighbours of the same `for_each`, for every service or ministry of the
config; every list of choices ends in "don't know" and "prefer not to answer".
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

SURVEY = ["type", "name", "label::English (en)", "label::Burmese (my)", "relevant", "constraint", "required", "calculation"]  # fmt: skip  # noqa: E501
CHOICES = ["list_name", "name", "label::English (en)", "label::Burmese (my)"]
EVERY_LIST = "*"
# A workbook says when it was made; a constant keeps its bytes the same.
CREATED = datetime(2025, 1, 1)
STRATUM = "if(${location} = 'inside', concat(${state_region}, '_', ${urban_rural}), 'outside')"


def write_form(path: Path, tables: Path, study: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> None:
    """Write the XLSForm of `study` from the tables survey.csv and choices.csv in the folder `tables`.

    `own` is how a wave's form differs: `leave_out` (questions and groups), `labels` (question, or its name before the
    service or ministry -> label per language; {label} is the study's, {service} the service's), `choices` (list -> code
    -> label per language), `rename` (list -> code -> code).
    """
    own = own or {}
    survey = [_reworded(row, own, study) for row in _survey(_read(tables / "survey.csv"), study)]
    survey = [row for row in survey if row["name"] not in own.get("leave_out", []) or not row["name"]]
    choices = [_own_choice(row, own) for row in _choices(_read(tables / "choices.csv"), study, survey)]
    settings = [{"form_title": study["study"]["title"]["en"], "form_id": study["study"]["id"], "version": "1"}]
    with Workbook(str(path)) as book:
        book.set_properties({"created": CREATED})
        for name, header, rows in (
            ("survey", SURVEY, survey),
            ("choices", CHOICES, choices),
            ("settings", list(settings[0]), settings),
        ):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, header)
            for number, row in enumerate(rows, start=1):
                for column, key in enumerate(header):
                    if row.get(key):
                        sheet.write_string(number, column, row[key])


def _reworded(row: dict[str, str], own: Mapping[str, Any], study: Mapping[str, Any]) -> dict[str, str]:
    for begins, labels in own.get("labels", {}).items():
        name = row["name"]
        if name == begins or (begins.endswith("_") and name.startswith(begins)):
            for column, language in zip(SURVEY[2:4], ("en", "my"), strict=True):
                service = study["services"].get(name.removeprefix(begins), {}).get("label", {}).get(language, "")
                words = labels[language].replace("{label}", row[column]).replace("{service}", service)
                row = row | {column: words}
    # What a question that is left out decides, is decided.
    for absent in own.get("leave_out", []):
        row = row | {"relevant": row["relevant"].replace(f"${{{absent}}} = 'yes'", "true()")}
    return row


def _own_choice(row: dict[str, str], own: Mapping[str, Any]) -> dict[str, str]:
    labels = own.get("choices", {}).get(row["list_name"], {}).get(row["name"])
    if labels:
        row = row | dict(zip(CHOICES[2:], (labels["en"], labels["my"]), strict=True))
    return row | {"name": own.get("rename", {}).get(row["list_name"], {}).get(row["name"], row["name"])}


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _survey(rows: list[dict[str, str]], study: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    everything = {"all_ever": _any("ever", study["services"])}
    for each, block in groupby(rows, key=lambda row: row["for_each"]):
        if not each:
            for row in block:
                made = {key: value.replace("{all_ever}", everything["all_ever"]) for key, value in row.items()}
                yield made | ({"calculation": STRATUM} if row["type"] == "calculate" else {})
            continue
        repeated = list(block)
        for code, entry in study[{"service": "services", "ministry": "ministries"}[each]].items():
            own = {c: e for c, e in study["services"].items() if each == "ministry" and e["ministry"] == code}
            values = {each: code, f"{each}_en": entry["label"]["en"], f"{each}_my": entry["label"]["my"], **everything}
            values |= {f"any_{step}": _any(step, own) for step in ("aware", "ever", "now")}
            for row in repeated:
                yield {key: value.format(**values) for key, value in row.items()}


def _any(step: str, services: Mapping[str, Any]) -> str:
    return " or ".join(f"${{{step}_{service}}} = 'yes'" for service in services)


def _choices(
    rows: list[dict[str, str]], study: Mapping[str, Any], survey: list[dict[str, str]]
) -> Iterator[dict[str, str]]:
    def of_config(section: str) -> list[dict[str, str]]:
        return [
            dict(zip(CHOICES, (section, code, entry["label"]["en"], entry["label"]["my"]), strict=True))
            for code, entry in study[section].items()
        ]

    lists = dict.fromkeys(row["type"].split()[1] for row in survey if row["type"].startswith("select_"))
    for name in lists:
        if name in ("services", "barriers"):
            yield from of_config(name)
        yield from (row for row in rows if row["list_name"] == name)
        yield from (row | {"list_name": name} for row in rows if row["list_name"] == EVERY_LIST)
