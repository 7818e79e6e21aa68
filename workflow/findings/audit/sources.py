"""Where a key stands: its row in the release and in the register, and the exhibits and sentences that show it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from findings.audit.plain.keys import leaves
from findings.audit.plain.without import headline_of
from findings.keys import RULE_EFFECTS, print_key

Row = dict[str, Any]
# An exhibit may show thousands of keys, in one field.
csv.field_size_limit(2**31 - 1)
# Files of results/confidential/<wave>/ that hold rows of the register, and the rule that makes each.
PARTS = {
    "register": "estimate", "descriptives": "descriptives", "barriers": "barriers", "comparisons": "comparisons",
    "nonanswers": "nonanswers", "specifications": "specify", "rule_effects": "rule_effects", "models": "models",
    "changes": "changes", "decompositions": "decompositions", "wave_diff": "wave_diff", "claims": "claims",
}  # fmt: skip


@dataclass(frozen=True)
class Exact:
    """A row of the exact register, and the file (`part`) of PARTS that it stands in."""

    row: Row
    part: str


def released_row(release: Path, key: str) -> Row | None:
    """The row of estimates.csv with a key; None if there is none. The file is searched, not parsed."""
    file = release / "estimates.csv"
    with file.open("rb") as stream:
        header = stream.readline()
        rest = stream.read()
    start = f'"{key}",' if "," in key else f"{key},"
    wanted = start.encode()
    at = 0 if rest.startswith(wanted) else rest.find(b"\n" + wanted) + 1
    if at == 0 and not rest.startswith(wanted):
        return None
    end = rest.find(b"\n", at)
    text = (header + rest[at : end if end >= 0 else len(rest)]).decode("utf-8")
    return {name: value or None for name, value in next(csv.DictReader(io.StringIO(text))).items()}


def released_keys(release: Path) -> Iterator[tuple[str, str]]:
    """Every key of the release, with its status."""
    with (release / "estimates.csv").open(newline="", encoding="utf-8") as stream:
        lines = csv.reader(stream)
        status = next(lines).index("status")
        for line in lines:
            yield line[0], line[status]


def exact_row(confidential: Path, key: str) -> Exact | None:
    """The exact row of a key among all files of a wave's folder that hold rows; None if there is none."""
    for part in PARTS:
        path = confidential / f"{part}.parquet"
        if path.is_file():
            table = pq.read_table(path, filters=pc.field("key") == key)
            if table.num_rows:
                return Exact(table.to_pylist()[0], part)
    return None


def without_rules(confidential: Path, exact: Row) -> list[Row]:
    """What a number would be without each rule of cleaning; of an effect, its headline. [] for what is no headline."""
    return _lines(confidential, needed(exact)["rows"][0] if exact["family"] == RULE_EFFECTS else exact["key"])


def both_numbers(confidential: Path, key: str) -> Row:
    """Of the effect of a rule: the headline as cleaned and without it, as `plain.without.effect_row` names them."""
    made: Row = {}
    for place, (_, parts) in enumerate(leaves(key), start=1):
        if parts.family == RULE_EFFECTS:
            headline, rule = headline_of(parts)
            line = next(one for one in _lines(confidential, print_key(vars(headline))) if one["rule"] == rule)
            names = ("as_cleaned", "without", "n_without")
            made |= {f"{name}_{place}" if place > 1 else name: line[name] for name in names}
    return made


def _lines(confidential: Path, key: str) -> list[Row]:
    """The lines of without_rule.parquet of a headline, by rule."""
    path = confidential / "without_rule.parquet"
    if not path.is_file():
        return []
    lines: list[Row] = pq.read_table(path, filters=pc.field("key") == key).to_pylist()
    return sorted(lines, key=lambda line: line["number"])


def rows_of_family(confidential: Path, part: str, family: str) -> list[Row]:
    """The exact rows of one family of comparisons that have a p."""
    wanted = (pc.field("comparison_family") == family) & pc.field("p").is_valid()
    columns = ["key", "family", "indicator", "ministry", "service", "estimate", "p", "p_adjusted"]
    rows = pq.read_table(confidential / f"{part}.parquet", filters=wanted, columns=columns).to_pylist()
    return [row for row in rows if row["p"] == row["p"]]


def needed(row: Row) -> Row:
    """What a row's cells say: its counts, or the rows and counts that it is derived from."""
    return dict(json.loads(row["cells"])) if row.get("cells") else {}


def exhibits(release: Path, key: str) -> list[Row]:
    """Exhibits that show a key: name, wave, rule, script and files."""
    found: dict[tuple[str, str], Row] = {}
    with (release / "exhibits.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if key in row["keys"] and key in row["keys"].split(" "):
                one = found.setdefault(
                    (row["exhibit"], row["wave"]),
                    {name: row[name] for name in ("exhibit", "wave", "rule", "script")} | {"files": []},
                )
                one["files"].append(row["file"])
    return list(found.values())


def sentences(release: Path, key: str) -> list[Row]:
    """Sentences in which the number of a key stands: language, exhibit, sentence, and the number as printed."""
    made = []
    for path in sorted(release.glob("sentences.*.csv")):
        with path.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                keys = row["keys"].split(" ")
                if key in keys:
                    texts = row["texts"].split("|")
                    printed = texts[keys.index(key)] if len(texts) == len(keys) else row["texts"]
                    made.append({"language": path.name.split(".")[1], "exhibit": row["exhibit"],
                                 "sentence": row["sentence"], "printed": printed})  # fmt: skip
    return made + _claims(release / "claims.csv", key)


def _claims(path: Path, key: str) -> list[Row]:
    """Declared claims that are about a key, in every language, each with its verdict."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return [
            {"language": column.removeprefix("sentence_"), "exhibit": f"claim {row['id']} {row['wave']}",
             "sentence": sentence, "printed": row["verdict"]}
            for row in csv.DictReader(stream) if key in row["keys"].split(" ")
            for column, sentence in row.items() if column.startswith("sentence_")
        ]  # fmt: skip
