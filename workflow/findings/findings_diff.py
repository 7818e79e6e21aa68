"""What moved between two releases of a study, and what changed between them: data, config, code or environment.

Beside the release, never in it: a release is the same whatever came before it. Two releases of a wave with different
suppression tell more together than either does (a row of the one less a row of the other), so the comparison is local.
"""

from __future__ import annotations

import csv
import hashlib
import html
import json
import platform
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from findings import declarations, plan
from findings.config import load_wave, without_labels
from findings.environment import ROOT
from findings.provenance import modules, sha256
from findings.release import NUMBERS
from findings.waves import earlier_wave

# The rules that make numbers; what stands below them shows these.
RULES = ("ingest", "clean", "weight", "estimate", "disclose")
# Parts of the config that no number rests on.
SHOWS = ("study", "languages", "source_date_epoch", "exhibits", "report")
CAUSES = ("data", "config", "code", "environment")
COLUMNS = (
    "wave", "key", "headline", "what", "before", "after", "ci_low_before", "ci_high_before", "ci_low_after",
    "ci_high_after", "because",
)  # fmt: skip
LOCAL = (
    "Keep this page to yourselves: where a number was withheld in one release and not in the other, both together "
    "may tell what the gate keeps back."
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>What moved since the last release</title>
<meta name="viewport" content="width=device-width"><style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 1rem; color-scheme: light dark }}
td, th {{ padding: .2rem .5rem; text-align: left; vertical-align: top }}
td, dd {{ overflow-wrap: anywhere }}
</style></head><body><main><h1>What moved since the last release</h1><p>{said}</p><p><strong>{local}</strong></p>
<h2>What changed</h2><dl>{causes}</dl><h2>How many rows</h2>{counts}<h2>Headlines</h2>{headlines}
<p>Every row: moved.csv.</p></main></body></html>
"""
State = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Moved:
    """A row that differs between two releases; `causes` are what changed of that which it rests on."""

    wave: str
    key: str
    headline: bool
    what: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    causes: tuple[str, ...]

    @property
    def because(self) -> str:
        """The one cause; of several, that it is not told which."""
        return " or ".join(self.causes) + (" (not told apart)" if len(self.causes) > 1 else "")


def record(study: Path) -> str | None:
    """Compare the release of a study with the last one, write results/findings_diff/, and keep this one as the last.

    One sentence on what moved; None for the first release, and where nothing has changed since.
    """
    results = study / "results"
    release, kept = results / "release", results / "work" / "last_release"
    config = declarations.read(study / "config.yaml")
    now = state(study, config)
    manifest = sha256(release / "MANIFEST.sha256")
    said = None
    if (kept / "state.json").is_file():
        last = json.loads((kept / "state.json").read_text(encoding="utf-8"))
        if last == {"manifest": manifest, "state": now}:
            return None
        changed = differences(last["state"], now)
        earlier = _earlier(study, config)
        moved, number = compare(kept, release, config, changed, earlier)
        said = sentence(moved, number, changed)
        write(results / "findings_diff", said, moved, changed)
    _keep(release, kept, {"manifest": manifest, "state": now})
    return said


def state(study: Path, config: Mapping[str, Any]) -> State:
    """Hashes of all that numbers rest on, by cause: files as received, parts of the config, code, environment."""
    waves = list(config["waves"])
    raw = [path for wave in waves for path in sorted((study / "data" / "raw" / wave).rglob("*")) if path.is_file()]
    reference = [path for path in sorted((study / "data" / "reference").rglob("*")) if path.is_file()]
    declared = [path for path in raw if path.name == "wave.yaml"]
    received = [path for path in (*raw, *reference) if path not in declared]
    parts = {f"config.yaml: {key}": value for key, value in config.items() if key not in SHOWS}
    if (claims := study / "claims.yaml").is_file():
        predicates = declarations.read(claims)["claims"]
        parts["claims.yaml"] = {name: claim["predicate"] for name, claim in predicates.items()}
    return {
        "data": {path.relative_to(study).as_posix(): sha256(path) for path in received},
        "config": {name: _hash(json.dumps(without_labels(part))) for name, part in parts.items()}
        | {path.relative_to(study).as_posix(): sha256(path) for path in declared},
        "code": {path.relative_to(ROOT).as_posix(): sha256(path) for path in _code()},
        "environment": {
            "envs/run.txt": sha256(ROOT / "envs" / "run.txt"),
            "Python": ".".join(platform.python_version_tuple()[:2]),
        },
    }


def _code() -> list[Path]:
    """Rules, scripts and modules that make numbers, and the schemas they check by."""
    rules = [ROOT / "workflow" / "rules" / f"{name}.smk" for name in RULES]
    names = {name for rule in rules for name in re.findall(r"\.\./scripts/(\w+)\.py", rule.read_text(encoding="utf-8"))}
    # No number rests on a page that is laid out before the gate.
    scripts = [ROOT / "workflow" / "scripts" / f"{name}.py" for name in names - {"wave_diff_draft"}]
    schemas = (ROOT / "workflow" / "schemas").glob("*.json")
    return sorted({*rules, *scripts, *schemas, *(path for script in scripts for path in modules(script))})


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def differences(last: State, now: State) -> dict[str, list[str]]:
    """By cause, the names of what was added, changed or taken away; causes without any are left out."""
    found = {
        cause: sorted(name for name in {**last[cause], **now[cause]} if last[cause].get(name) != now[cause].get(name))
        for cause in CAUSES
    }
    return {cause: names for cause, names in found.items() if names}


def compare(
    last: Path,
    now: Path,
    config: Mapping[str, Any],
    changed: Mapping[str, Sequence[str]],
    earlier: Mapping[str, str | None],
) -> tuple[list[Moved], int]:
    """Rows of two releases that differ, headlines first, and the number of rows that either publishes.

    A wave's estimates rest on its own files, and on what is common; derived rows on those of the wave before too.
    """
    headlines = plan.headlines(config)
    moved, number = [], 0
    for name in ("estimates.csv", "derived.csv"):
        for wave in config["waves"]:
            of = {wave} if name == "estimates.csv" else {wave, earlier.get(wave)}
            causes = tuple(cause for cause in CAUSES if any(_touches(x, of) for x in changed.get(cause, [])))
            before, after = _rows(last / wave / name), _rows(now / wave / name)
            for key in sorted({**before, **after}):
                rows = (before.get(key, {}), after.get(key, {}))
                shown = [row.get("status") == "published" for row in rows]
                number += any(shown)
                if any(shown) and (what := _what(*rows)):
                    row = rows[1] or rows[0]
                    told = not row["breakdown"] and (
                        row["family"] in headlines or f"{row['family']}.{row['indicator']}" in headlines
                    )
                    moved.append(Moved(wave, key, told, what, *rows, causes))
    return sorted(moved, key=lambda each: (not each.headline, each.wave, each.key)), number


def _touches(name: str, waves: Iterable[str | None]) -> bool:
    """Whether a change may move rows of the waves: it is of one of them, or of none."""
    of = re.match(r"data/raw/([^/]+)/", name)
    return of is None or of[1] in waves


def _what(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """In what a row differs; empty if in nothing."""
    if not before or not after:
        return "gone" if before else "new"
    if before["status"] != after["status"]:
        return "published now" if after["status"] == "published" else "withheld now"
    if before["estimate"] != after["estimate"]:
        return "estimate"
    return "interval, n or test" if any(before[column] != after[column] for column in NUMBERS) else ""


def _rows(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as stream:
        return {row["key"]: row for row in csv.DictReader(stream)}


def _earlier(study: Path, config: Mapping[str, Any]) -> dict[str, str | None]:
    waves = {name: load_wave(study / "data" / "raw" / name / "wave.yaml") for name in config["waves"]}
    return {name: earlier_wave(name, waves) for name in waves}


def sentence(moved: Sequence[Moved], number: int, changed: Mapping[str, Sequence[str]]) -> str:
    """How many published numbers differ, and why as far as that can be told."""
    if not moved:
        what = "; ".join(_listed(cause, names) for cause, names in changed.items())
        return f"None of {number:,} published numbers differs from the last release" + (
            f", though there were changes of {what}." if what else "."
        )
    start = f"{len(moved):,} of {number:,} published numbers differ from the last release: "
    reasons = []
    for causes, count in Counter(each.causes for each in moved).most_common():
        share = f"{count:,} " if count < len(moved) else ""
        named = " and ".join(_listed(cause, changed[cause]) for cause in causes)
        if not causes:
            reasons.append(f"{share}for no reason that is recorded: neither data, config, code nor environment changed")
        elif len(causes) == 1:
            reasons.append(f"{share}because of {named}")
        else:
            reasons.append(f"{share}because of one of {named}, which changed together, so it is not told which")
    return f"{start}{'; '.join(reasons)}."


def _listed(cause: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{cause} ({', '.join(names[:3])}{more})"


def write(folder: Path, said: str, moved: Sequence[Moved], changed: Mapping[str, Sequence[str]]) -> None:
    """moved.csv, a line per row that differs, and index.html, the same with what changed."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [_line(each) for each in moved]
    with (folder / "moved.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *rows])
    causes = "".join(f"<dt>{cause}</dt><dd>{html.escape('; '.join(names))}</dd>" for cause, names in changed.items())
    counted = Counter((each.wave, each.what, each.because) for each in moved)
    counts = _table(["wave", "what", "because", "rows"], [[*key, n] for key, n in sorted(counted.items())])
    headlines = _table(COLUMNS, [row for each, row in zip(moved, rows, strict=True) if each.headline])
    page = PAGE.format(said=html.escape(said), local=LOCAL, causes=causes or "<dd>nothing that is recorded</dd>",
                       counts=counts, headlines=headlines)  # fmt: skip
    (folder / "index.html").write_text(page, encoding="utf-8")


def _line(each: Moved) -> list[str]:
    ends = [row.get(end, "") for row in (each.before, each.after) for end in ("ci_low", "ci_high")]
    values = [row.get("estimate", "") for row in (each.before, each.after)]
    return [each.wave, each.key, "yes" if each.headline else "", each.what, *values, *ends, each.because]


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return "<p>None.</p>"
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div style="overflow-x:auto"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _keep(release: Path, kept: Path, state_: Mapping[str, Any]) -> None:
    """Keep what the next release is compared with; a run that stops here leaves the last one whole."""
    new = kept.with_name(kept.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    for path in (*release.glob("*/estimates.csv"), *release.glob("*/derived.csv")):
        (new / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, new / path.parent.name / path.name)
    (new / "state.json").write_text(json.dumps(state_, indent=1), encoding="utf-8")
    shutil.rmtree(kept, ignore_errors=True)
    new.rename(kept)
