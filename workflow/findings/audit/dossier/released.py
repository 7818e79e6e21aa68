"""The release as the pages need it: every row, where its number is printed, and what it is, in one `data.js`."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from findings.audit.dossier.about import About, Declared
from findings.audit.dossier.packed import Packed, column, front
from findings.audit.explain import design_in_words

Row = dict[str, str]
# An exhibit may show thousands of keys, in one field.
csv.field_size_limit(2**31 - 1)
# Columns that say what a row is of, and have words in every language.
LABELLED = ("wave", "ministry", "service", "breakdown", "group", "indicator")


class Release:
    """The files of `results/release/`, read once: `rows` by key, sorted; `place` their numbers.

    `rests_on` says of published derived rows which part they are of and which rows they are computed from.
    """

    def __init__(self, folder: Path, rests_on: Mapping[str, Sequence[Any]]) -> None:
        self.folder, self.rests_on = folder, rests_on
        self._lines: dict[tuple[str, str], int] = {}
        self.rows = {row["key"]: row for row in sorted(table(folder / "estimates.csv"), key=lambda row: row["key"])}
        self.place = {key: number for number, key in enumerate(self.rows)}
        # (wave, part) -> how many published rows are of the part.
        self.of_part = Counter(
            (self.rows[key]["wave"], part) for key, (part, _) in rests_on.items() if key in self.rows
        )

    def part(self, key: str) -> str:
        """The part that a row is of; of a withheld derived row nothing is known."""
        return str(self.rests_on[key][0]) if key in self.rests_on else "register"

    def lines(self, wave: str, file: str) -> int:
        """How many rows a file of a wave has; no cell of it holds a line's end."""
        if (wave, file) not in self._lines:
            self._lines[wave, file] = (self.folder / wave / file).read_bytes().count(b"\n") - 1
        return self._lines[wave, file]

    def of_family(self, family: str) -> list[Row]:
        """The rows of a family, in the order of the release's own files."""
        return [row for row in self.rows.values() if row["family"] == family]


def table(path: Path) -> Iterator[Row]:
    """The rows of a CSV file as text."""
    with path.open(newline="", encoding="utf-8") as stream:
        yield from csv.DictReader(stream)


def data(release: Release, declared: Declared) -> Packed:
    """Everything that `data.js` holds. A withheld row has its key, its parts and its status, and nothing else."""
    rows, about = list(release.rows.values()), About(declared)
    numbers = [about.of(row["key"], release.part(row["key"])) for row in rows]
    places = release.place
    return {
        "rows": len(rows),
        "keys": front(list(release.rows)),
        "columns": {name: column([row[name] for row in rows]) for name in rows[0] if name != "key"},
        "rests_on": {
            str(places[key]): [places[other] for other in found[1]]
            for key, found in release.rests_on.items()
            if key in places and found[1] and not key.startswith(("diff(", "ratio("))
        },
        "about": about.data(numbers),
        "questions": questions(declared),
        "designs": designs(declared),
        "labels": labels(declared.study),
        "exhibits": exhibits(release, declared.study),
        "printed": printed(release),
        "sentences": sentences(release),
    }


def questions(declared: Declared) -> Packed:
    """Wave -> question -> label by language and condition, as its form asks it."""
    return {
        wave: {q.name: {"label": q.label, "relevant": q.relevant} for q in book.questions.values() if q.label}
        for wave, book in declared.codebooks.items()
    }


def designs(declared: Declared) -> Packed:
    """Wave -> weighting ("" for a number that has none) -> the design in words."""
    return {
        wave: {
            weighting or "": design_in_words(declared.frame(wave), weighting)
            for weighting in (None, *declared.frame(wave).design.weightings())
        }
        for wave in declared.waves
    }


def cleaning(release: Release, declared: Declared) -> Packed:
    """Wave -> its steps of cleaning: the columns that each names (None: any), and the row of those left after it."""
    made: Packed = {}
    for wave, own in declared.waves.items():
        steps = []
        for step in own["cleaning"]:
            columns = step.get("columns") or ([step["column"]] if "column" in step else None)
            key = f"flow.{step['step']}.count|@{wave}"
            steps.append({"step": step["step"], "columns": columns, "left": release.place.get(key)})
        made[wave] = steps
    return made


def labels(study: Mapping[str, Any]) -> Packed:
    """Column of the release -> code -> its words by language; a group is `level=group`."""
    of: Packed = {name: {} for name in LABELLED}
    for name, section in (("wave", "waves"), ("ministry", "ministries"), ("service", "services")):
        of[name] = {code: entry.get("label", {}) for code, entry in study[section].items()}
    for entry in study["breakdowns"].values():
        for level in entry["ladder"]:
            of["breakdown"][level["level"]] = level.get("label") or entry["label"]
            for group, words in level["groups"].items():
                of["group"][f"{level['level']}={group}"] = (words or {}).get("label", {})
    for section in ("barriers", "dimensions", "spoken_languages"):
        of["indicator"] |= {code: entry.get("label", {}) for code, entry in study.get(section, {}).items()}
    return of


def exhibits(release: Release, study: Mapping[str, Any]) -> list[Packed]:
    """The figures and tables: name, wave, labels, rule, script, files, and the numbers of the rows that each shows."""
    known = {**study["exhibits"]["figures"], **study["exhibits"]["tables"]}
    found: dict[tuple[str, str], Packed] = {}
    for row in table(release.folder / "exhibits.csv"):
        name = (row["exhibit"], row["wave"])
        if name not in found:
            shown = sorted(release.place[key] for key in row["keys"].split(" ") if key)
            found[name] = {
                "exhibit": row["exhibit"], "wave": row["wave"], "rule": row["rule"], "script": row["script"],
                "label": known.get(row["exhibit"], {}).get("label", {}), "files": [],
                "rows": ",".join(map(str, (b - a for a, b in zip([0, *shown], shown, strict=False)))),
            }  # fmt: skip
        found[name]["files"].append(row["file"])
    return list(found.values())


def printed(release: Release) -> list[list[Any]]:
    """Every printed number of a row: exhibit, wave, language, the row's number, another column of it or "", text."""
    made = []
    for row in table(release.folder / "numbers.csv"):
        key, _, other = row["key"].partition("#")
        if key in release.place:
            made.append((row["exhibit"], row["wave"], row["language"], release.place[key], other, row["text"]))
    return [list(each) for each in dict.fromkeys(made)]


def sentences(release: Release) -> list[Packed]:
    """Sentences and declared claims: language, exhibit, words, the rows' numbers and the texts that stand for them."""
    made = []
    for path in sorted(release.folder.glob("sentences.*.csv")):
        for row in table(path):
            keys, texts = row["keys"].split(" "), row["texts"].split("|")
            texts = texts if len(texts) == len(keys) else [row["texts"]] * len(keys)
            made.append({"language": path.name.split(".")[1], "exhibit": row["exhibit"], "wave": row["wave"],
                         "sentence": row["sentence"], "rows": [release.place[key] for key in keys],
                         "texts": texts})  # fmt: skip
    if (release.folder / "claims.csv").is_file():
        for row in table(release.folder / "claims.csv"):
            keys = [key for key in row["keys"].split(" ") if key in release.place]
            made += [
                {"language": name.removeprefix("sentence_"), "exhibit": f"claim {row['id']}", "wave": row["wave"],
                 "sentence": words, "rows": [release.place[key] for key in keys],
                 "texts": [row["verdict"]] * len(keys)}
                for name, words in row.items() if name.startswith("sentence_") and words
            ]  # fmt: skip
    return made


def script(content: Mapping[str, Any]) -> str:
    """The one data file: a script, since browsers refuse to fetch from `file:`."""
    words = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # These two end a line in a script, where JSON lets them stand.
    return f"window.DOSSIER = {words};\n".replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
