"""The code as pages that can be read, and the judgements marked in it and in the study's declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from findings.audit.dossier.steps import Step
from findings.environment import ROOT
from findings.provenance import modules, sources

_MARK = re.compile(r"ASSUME\[(\w+)\]:?\s*(.*)")
STUDY_FILES = ("config.yaml", "claims.yaml")


@dataclass
class Assumption:
    """A judgement: its mark, where it stands, its words, and what depends on it: rules, or entries of config.yaml."""

    name: str
    file: str
    line: int
    words: str
    rules: list[str] = field(default_factory=list)
    entry: str = ""


def files(root: Path) -> dict[str, str]:
    """Path -> text of every file that the dossier shows: the workflow, its lock, and the study's own declarations."""
    found = {str(path.relative_to(ROOT)): path for path in sources()}
    found |= {name: root / name for name in STUDY_FILES if (root / name).is_file()}
    return {name: path.read_text(encoding="utf-8") for name, path in sorted(found.items())}


def assumptions(texts: Mapping[str, str], made: Sequence[Step]) -> list[Assumption]:
    """Every judgement marked in the code and the declarations, in the order of their names."""
    reach = {step.rule: {str(path.relative_to(ROOT)) for path in modules(ROOT / step.script)} for step in made}
    found = []
    for file, text in texts.items():
        if file.startswith("workflow/report/") or not file.endswith((".py", ".yaml", ".smk", ".R")):
            continue
        for name, line, words in marks(text):
            rules = [rule for rule, reached in reach.items() if file in reached]
            entry = entry_at(text, line) if file in STUDY_FILES else ""
            found.append(Assumption(name, file, line, words, rules, entry))
    return sorted(found, key=lambda mark: (mark.name, mark.file, mark.line))


def marks(text: str) -> Iterator[tuple[str, int, str]]:
    """Name, line and words of each mark of a file: a comment to its end, a docstring to its next empty line."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not (start := _MARK.search(line)) or "re.compile" in line:
            continue
        comment = "#" in line[: start.start()]
        words = [start[2].lstrip(", ")]
        for other in lines[number + 1 :]:
            bare = other.strip()
            if not bare or (comment and not bare.startswith("#")) or bare.lstrip("# ").startswith("ASSUME["):
                break
            if '"""' in bare:
                words.append(bare.split('"""')[0])
                break
            words.append(bare.lstrip("# "))
        yield start[1], number + 1, " ".join(filter(None, words)).split('"""')[0].strip()


def entry_at(text: str, line: int) -> str:
    """The entry of a YAML file that a comment in `line` stands above: its path, such as `indicators.12`."""
    best: tuple[int, str] = (0, "")
    stack: list[tuple[str, Any]] = [("", yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))]
    while stack:
        path, node = stack.pop()
        children: list[tuple[str, Any, Any]] = []
        if isinstance(node, yaml.MappingNode):
            children = [(str(key.value), key, value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            children = [(str(place), value, value) for place, value in enumerate(node.value)]
        for name, start, value in children:
            own = f"{path}.{name}".lstrip(".")
            at = start.start_mark.line + 1
            # The first entry that begins below the comment, and of these the outermost.
            if at > line and (not best[1] or at < best[0]):
                best = (at, own)
            stack.append((own, value))
    return best[1]
