"""ICU's answers on Burmese texts, by its command `uconv` (Debian: icu-devtools): an oracle of tests, never of a run.

    PYTHONPATH=workflow:tests/oracle .venv/bin/python tests/oracle/icu.py

records them anew in answers/myanmar.json, of the project's own Burmese texts as they are then: `text` in Unicode;
`zawgyi`, ICU's my-Zawgyi of it; `back`, ICU's Zawgyi-my of that; `nfc`, ICU's NFC of `messy(text)`.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import yaml
from findings.environment import ROOT
from recorded import HERE

PATH = HERE / "answers" / "myanmar.json"
INSTALL = "apt-get install icu-devtools"
# Marks above and below a letter, in whatever order they are typed they look the same.
MARKS = re.compile("[\u102d-\u1030\u1032\u1036\u1037\u103b-\u103e]{2,}")
LONGEST = 90


def messy(text: str) -> str:
    """The text with the marks above and below each letter in reverse."""
    return MARKS.sub(lambda marks: marks[0][::-1], text)


def uconv(transform: str, texts: list[str]) -> list[str] | None:
    """The texts, of one line each, as ICU transforms them; None where uconv is not installed."""
    if shutil.which("uconv") is None:
        return None
    command = ["uconv", "-f", "utf-8", "-t", "utf-8", "-x", transform]
    made = subprocess.run(command, input="\n".join(texts) + "\n", capture_output=True, text=True, encoding="utf-8")
    assert made.returncode == 0, made.stderr
    lines = made.stdout.split("\n")[:-1]
    assert len(lines) == len(texts)
    return lines


def computed(texts: list[str]) -> list[dict[str, str]] | None:
    """ICU's answers on `texts`, computed now; None where uconv is not installed."""
    zawgyi = uconv("my-Zawgyi", texts)
    if zawgyi is None:
        return None
    columns = {"text": texts, "zawgyi": zawgyi, "back": uconv("Zawgyi-my", zawgyi)}
    columns["nfc"] = uconv("any-nfc", list(map(messy, texts)))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]  # type: ignore[arg-type]


def corpus() -> list[str]:
    """The Burmese sentences of the config, captions, inventory and form that are short enough, and all their words."""
    read = [yaml.safe_load((ROOT / name).read_text(encoding="utf-8")) for name in (
        "config.yaml", "workflow/report/captions.my.yaml", "data/reference/inventory.yaml")]  # fmt: skip
    for name in ("survey", "choices"):
        with (ROOT / "data/reference/instrument" / f"{name}.csv").open(encoding="utf-8") as stream:
            read.append(list(csv.reader(stream)))
    plain = (re.sub(r"\{[^{}]*\}|<[^>]*>|[{}]", "", text) for text in _texts(read))
    sentences = dict.fromkeys(re.sub(r"\s+", " ", text).strip() for text in plain)
    words = dict.fromkeys(word for text in sentences for word in re.findall("[\u1000-\u1049\u104c-\u109f]+", text))
    return sorted({text for text in sentences if len(text) <= LONGEST} | set(words))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        if re.search("[\u1000-\u109f]", node):
            yield node
    else:
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from _texts(child)


if __name__ == "__main__":
    answers = computed(corpus())
    if answers is None:
        raise SystemExit(f"uconv is not installed: {INSTALL}")
    lines = ",\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers)
    PATH.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(answers)} texts recorded")
