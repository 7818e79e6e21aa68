"""The graph is proved: one thing is changed, and what depends on it changes (keys, files, jobs), no more and no fewer.

What is expected is worked out from the declarations (the export, config.yaml, the rules' texts, the imports in the
sources) by code of this file, never from what changed. A value counts as changed beyond 1e-9: a respondent whose answer
changed is summed at another place, which moves the last digits of sums.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import WAVE, command, reproduce
from findings.config import load_study
from findings.environment import PINNED, ROOT
from findings.plan import expand_indicators
from test_workflow import export_rows, released, write_export

CONFIDENTIAL = f"results/confidential/{WAVE}"
WORK = f"results/work/release/{WAVE}"
PARTS = ("register", "descriptives", "barriers", "comparisons", "nonanswers", "specifications", "models", "wave_diff",
         "claims")  # fmt: skip
# What is set of everything that is released: a change of any number or exhibit changes them.
OF_ALL = {"estimates.csv", f"{WAVE}/estimates.csv", f"{WAVE}/derived.csv", "exhibits.csv", "numbers.csv", "claims.csv",
          "sentences.en.csv", "sentences.my.csv", "report.en.html", "report.en.pdf", "report.my.html", "report.my.pdf",
          "MANIFEST.sha256"}  # fmt: skip
_LEAF = re.compile(r"([a-z0-9_]+)\.([a-z0-9_]+)\.[a-z0-9_]+\|([^@(),]*)@")


def exact(study: Path, parts: Iterable[str] = PARTS) -> pd.DataFrame:
    """The exact rows by part and key."""
    rows = [pd.read_parquet(study / CONFIDENTIAL / f"{part}.parquet").assign(part=part) for part in parts]
    return pd.concat(rows, ignore_index=True).set_index(["part", "key"]).sort_index()


def moved(before: pd.DataFrame, after: pd.DataFrame, columns: Iterable[str] | None = None) -> set:
    """Index of the rows that differ in a column, or that one of the two lacks."""
    found = set(before.index.symmetric_difference(after.index))
    both = before.index.intersection(after.index)
    one, other = before.loc[both], after.loc[both]
    for name in columns or before.columns:
        a, b = one[name], other[name]
        if pd.api.types.is_numeric_dtype(a) and pd.api.types.is_numeric_dtype(b):
            same = np.isclose(a.astype(float), b.astype(float), rtol=1e-9, atol=1e-12, equal_nan=True)
        else:
            same = (a.astype("string").fillna("") == b.astype("string").fillna("")).to_numpy(dtype=bool)
        found |= set(both[~same])
    return found


def records(study: Path) -> dict[str, dict]:
    logs = study / "results" / "logs"
    return {str(path.relative_to(logs)): json.loads(path.read_text()) for path in sorted(logs.rglob("*.json"))}


def ran(before: dict[str, dict], after: dict[str, dict]) -> set[str]:
    return {name for name, record in after.items() if record["started"] != before[name]["started"]}


def downstream(jobs: dict[str, dict], first: Callable[[dict], bool]) -> set[str]:
    """The jobs that `first` names, and all that read what these made, and so on."""
    found = {name for name, record in jobs.items() if first(record)}
    while True:
        made = {file for name in found for file in jobs[name]["made"]}
        more = {name for name, record in jobs.items() if made & {*record["read"]}} - found
        if not more:
            return found
        found |= more


def upstream(jobs: dict[str, dict], target: str) -> set[str]:
    """The jobs that a file rests on."""
    found, wanted = set[str](), {target}
    while more := {name for name, record in jobs.items() if wanted & {*record["made"]}} - found:
        found |= more
        wanted = {file for name in more for file in jobs[name]["read"]}
    return found


def shown_by(study: Path, keys: set[str]) -> dict[str, set[str]]:
    """The released files of each exhibit that shows one of the keys, as exhibits.csv says."""
    listed = pd.read_csv(study / "results/release/exhibits.csv", keep_default_na=False)
    hit = listed[[bool(keys & {*row.split()}) for row in listed["keys"]]]
    return {name: {*part["file"]} for name, part in hit.groupby("exhibit")}


def members(study: Path, row_id: str) -> dict[str, str]:
    """The group of a respondent in every level that keys name."""
    frame = pd.read_parquet(study / CONFIDENTIAL / "indicators.parquet").set_index("row_id")
    return {name: cell for name, cell in frame.loc[row_id].items() if isinstance(cell, str)}


def holds(parts: str, group: dict[str, str]) -> bool:
    """Whether a respondent of these groups counts to a key's `level=group&level=group`; `all` is every group."""
    pairs = [pair.split("=") for part in parts.split(";") for pair in part.split("&") if pair]
    named = [(level, wanted) for level, wanted in pairs if level not in ("weights", "ministry", "service")]
    return all(
        level in group
        and (wanted in (group[level], "all") or wanted.startswith("not_") and wanted != f"not_{group[level]}")
        for level, wanted in named
    )


def depends(key: str, names: set[str], group: dict[str, str]) -> bool:
    """Whether a key is, or is computed from, a number of one of these indicators in a group of the respondent."""
    return any(f"{family}__{indicator}" in names and holds(parts, group)
               for family, indicator, parts in _LEAF.findall(key))  # fmt: skip


def of_answer(study: Path, question: str, old: str, new: str) -> set[str]:
    """The indicators whose value is another with another answer; the question has to be of simple ones alone."""
    every = expand_indicators(load_study(study / "config.yaml"))
    own = [i for i in every if i.source.get("column") == question]
    used = {i.column for i in every if f"'{question}'" in str(i.source)}
    assert used == {i.column for i in own}

    def value(source: dict, answer: str) -> float | None:
        if "equals" in source:
            return float(source["equals"] == answer)
        return 1.0 if answer in source["one"] else 0.0 if answer in source["zero"] else None

    found = {i.column for i in own if value(i.source, old) != value(i.source, new)}
    assert not any(
        i.base in found or found & {*i.source.get("any_of", []), *i.source.get("but_not", [])} for i in every
    )
    # Claims and models are of other questions.
    assert question not in (study / "claims.yaml").read_text() + str(load_study(study / "config.yaml")["models"])
    return found


def ordinary(study: Path, question: str, answer: str, skip: int) -> tuple[int, str]:
    """A kept respondent of the population with an answer, in the order of the export: the number of the row in it
    (0 = the first) and the row id, which is another in each study."""
    everyone = pd.read_parquet(study / CONFIDENTIAL / "respondents.parquet")
    inside = everyone["dropped_by"].isna() & (everyone["location"] == "inside")
    kept = everyone[inside & (everyone[question] == answer)]
    # One that a duplicate is equal to would bring it back.
    answers = everyone.drop(columns=["row_id", "dropped_by", "interview_month", "interview_minutes", "duration_flag"])
    ids = kept.loc[~answers.duplicated(keep=False)[kept.index], "row_id"]
    link = pd.read_parquet(study / CONFIDENTIAL / "link.parquet").set_index("row_id")
    places = link.loc[ids, "data_row"].astype(int).sort_values()
    return int(places.iloc[skip]) - 1, str(places.index[skip])


def test_a_raw_cell_and_a_line_of_the_ledger_change_what_counts_these_answers_and_nothing_else(study):
    before, jobs, files = exact(study), records(study), released(study)
    effects = exact(study, ["rule_effects"])
    told = pd.read_csv(study / "results/release/estimates.csv", dtype=str, keep_default_na=False).set_index("key")
    expected = set()
    # A cell of the export.
    position, row_id = ordinary(study, "responsiveness", "agree", 3)
    rows = export_rows(study)
    column = next(n for n, header in enumerate(rows[0]) if str(header).split("/")[-1] == "responsiveness")
    assert rows[position + 1][column] == "agree"
    rows[position + 1][column] = "disagree"
    write_export(study, rows)
    changes = [(of_answer(study, "responsiveness", "agree", "disagree"), members(study, row_id))]
    # A line of the ledger: a correction.
    position, row_id = ordinary(study, "inclusivity", "disagree", 7)
    tool_id = rows[position + 1][rows[0].index("_uuid")]
    with (study / "data/raw" / WAVE / "corrections.csv").open("a", encoding="utf-8") as stream:
        stream.write(f"{tool_id},,inclusivity,disagree,strongly_agree,a slip,team,2025-05-06\n")
    changes.append((of_answer(study, "inclusivity", "disagree", "strongly_agree"), members(study, row_id)))
    for names, group in changes:
        expected |= {at for at in before.index if depends(at[1], names, group)}
    assert 50 < len(expected) < len(before) / 4
    done = reproduce(study)
    assert done.returncode == 0, done.stderr
    after = exact(study)
    apart = [name for name in before.columns if name != "p_adjusted"]
    assert moved(before, after, apart) == expected
    # A p that is adjusted hangs on those of its family: these may move in families with a changed number, no others.
    families = set(before.loc[sorted(expected), "comparison_family"].dropna())
    also = moved(before, after, ["p_adjusted"]) - expected
    assert set(before.loc[sorted(also), "comparison_family"]) <= families
    # Neither question is of a headline, so no rule's effect on one moves.
    assert moved(effects, exact(study, ["rule_effects"])) == set()
    # Jobs: all that rest on the wave's folder.
    assert ran(jobs, records(study)) == downstream(
        jobs, lambda record: any(name.startswith(f"data/raw/{WAVE}/") for name in record["read"])
    )
    # Released: rows of these keys, and files that show them.
    now = pd.read_csv(study / "results/release/estimates.csv", dtype=str, keep_default_na=False).set_index("key")
    changed = moved(told, now)
    assert changed <= {key for _, key in expected | also}
    shift = (after["estimate"].astype(float) - before["estimate"].astype(float)).abs()
    # A share of few is released to two digits: what moved by more than one of these is another number.
    seen = {key for _, key in expected if (shift.xs(key, level="key") > 1e-2).any()}
    seen &= set(told.index[told["status"] == "published"]) & set(now.index[now["status"] == "published"])
    assert seen and seen <= changed
    new = released(study)
    differ = {name for name in files.keys() | new.keys() if files.get(name) != new.get(name)}
    assert differ <= OF_ALL | set().union(*shown_by(study, changed).values())
    assert {"estimates.csv", f"{WAVE}/estimates.csv", "exhibits.csv", "report.en.pdf", "MANIFEST.sha256"} <= differ
    # The tests of both questions are in this table; the shares of all that the other exhibits show move by less than
    # what they are rounded to.
    assert f"tables/tests.{WAVE}.csv" in differ


def test_a_weight_changes_what_is_weighted_by_it_and_nothing_else(study):
    parts = ["register"]
    before, frame = exact(study, parts), pd.read_parquet(study / CONFIDENTIAL / "indicators.parquet")
    path = study / "data/raw" / WAVE / "frame.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    cells = lines[1].split(",")
    stratum, at = cells[header.index("stratum")], header.index("population")
    cells[at] = str(round(float(cells[at]) * 1.5))
    path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:], ""]), encoding="utf-8")
    done = reproduce(study, "snakemake", f"{CONFIDENTIAL}/register.parquet")
    assert done.returncode == 0, done.stderr
    changed = moved(before, exact(study, parts))
    inside = (frame["stratum"] == stratum).to_numpy(dtype=bool)
    assert inside.any() and not inside.all()
    columns = {column: frame[column].to_numpy(dtype=float) for column in frame if f"{column}__state" in frame}
    groups = {
        (level, group): (frame[level] == group).fillna(False).to_numpy(dtype=bool)
        for level in frame for group in (frame[level].dropna().unique() if frame[level].dtype == "string" else [])
    }  # fmt: skip
    base = frame["base_weight"].to_numpy(dtype=float)
    may, must = set(), set()
    for row in before.reset_index().itertuples():
        at_ = (row.part, row.key)
        if row.family == "sample" and row.weighting in ("design", "calibrated"):
            may.add(at_)
        values = columns.get(row.column) if isinstance(row.column, str) else None
        if values is None or row.weighting not in ("design", "calibrated") or row.statistic == "nonresponse":
            continue
        within = ~np.isnan(values)
        if isinstance(row.breakdown, str):
            for pair in zip(row.breakdown.split("&"), row.group.split("&"), strict=True):
                within = within & groups[pair]
        if row.weighting == "calibrated":
            # Raking weighs every respondent anew.
            may.add(at_)
        elif (within & inside).any() and (within & ~inside).any():
            # A group all inside or all outside of the stratum keeps its share: its weights keep their proportions.
            may.add(at_)
            shares = [np.average(values[rows], weights=base[rows]) for rows in (within & inside, within & ~inside)]
            if abs(shares[0] - shares[1]) > 1e-3:
                must.add(at_)
    design = before["weighting"].eq("design").fillna(False).to_numpy(dtype=bool)
    assert changed <= may and must <= changed and len(must) > 100
    assert "none" not in set(before.loc[sorted(changed), "weighting"])
    assert len(set(before.index[design]) - may) > 20, "groups outside of the stratum are there, and stay"
    assert len(changed & set(before.index[~design])) > 100


def rules_naming(words: str) -> set[str]:
    """The rules in whose text a word stands, directly or through what exhibits know of the study (LABELS)."""
    inputs = (ROOT / "workflow/findings/inputs.py").read_text(encoding="utf-8")
    labels = re.search(r"^LABELS = \((.*?)^\)", inputs, re.S | re.M)
    through = ("*LABELS", "exhibit_part(", "wave_part(") if labels and words in labels[1] else ()
    found = set()
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk")):
        for name, text in re.findall(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", path.read_text(encoding="utf-8"), re.S | re.M):
            found |= {name} if any(word in text for word in (words, *through)) else set()
    return found


def test_a_key_of_the_configuration_changes_the_family_that_it_is_of_and_nothing_else(study):
    before, jobs = exact(study), records(study)
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    family = next(entry for entry in config["comparisons"] if entry["id"] == "ministry_gap")
    assert family["correction"] == "holm"
    family["correction"] = "benjamini_hochberg"
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, default_flow_style=None, width=1000)
    (study / "config.yaml").write_text(text, encoding="utf-8")
    target = f"{WORK}/derived.csv"
    done = reproduce(study, "snakemake", target)
    assert done.returncode == 0, done.stderr
    after = exact(study)
    own = before.index[before["comparison_family"].eq("ministry_gap").fillna(False).to_numpy(dtype=bool)]
    # Holm's and Benjamini-Hochberg's steps, written out.
    p = before.loc[own, "p"].astype(float).sort_values()
    n, rank = len(p), np.arange(1, len(p) + 1)
    holm = np.minimum(np.maximum.accumulate(p * (n - rank + 1)), 1)
    hochberg = np.minimum(np.minimum.accumulate((p * n / rank)[::-1])[::-1], 1)
    expected = {at for at in p.index if abs(holm[at] - hochberg[at]) > 1e-9 * hochberg[at] + 1e-12}
    assert expected
    assert moved(before, after) == expected
    assert moved(before, after, [name for name in before.columns if name != "p_adjusted"]) == set()
    naming = rules_naming('"comparisons"')
    assert {"comparisons", "nonanswers", "figure", "table"} <= naming and "estimate" not in naming
    assert ran(jobs, records(study)) == upstream(jobs, target) & downstream(jobs, lambda r: r["rule"] in naming)
    assert moved_files(study, jobs) <= {
        target,
        *(f"{CONFIDENTIAL}/{part}.parquet" for part in ("comparisons", "claims")),
    }


def moved_files(study: Path, jobs: dict[str, dict]) -> set[str]:
    """Files under results/ whose bytes are not those that the records of before say."""
    after = records(study)
    return {
        file for name, record in jobs.items() for file, digest in record["outputs"].items()
        if after[name]["outputs"].get(file) != digest
    }  # fmt: skip


def imports(script: Path, package: Path) -> set[Path]:
    """The modules that a script reaches, by the words of import lines; a package is its __init__ too."""
    found, queue = set[Path](), [script]
    line = re.compile(r"^\s*(?:from (findings[\w.]*) import (\([^)]*\)|[^\n(]*)|import (findings[\w.]*))", re.M)
    while queue:
        for module, names, plain in line.findall(queue.pop().read_text(encoding="utf-8")):
            places = (
                [f"{module}.{name.split()[0]}" for name in names.strip("()").split(",") if name.strip()]
                if module
                else [plain]
            )
            for place in {*places, module or plain}:
                parts = place.split(".")[1:]
                tries = [package.joinpath(*parts[:n]) for n in range(len(parts) + 1)]
                files = [file for path in tries for file in (path / "__init__.py", path.with_suffix(".py"))]
                new = {file for file in files if file.is_file()} - found
                found |= new
                queue += new
    return found


@pytest.fixture
def workshop(study, tmp_path) -> tuple[Path, Path]:
    """A copy of the workflow, and a finished study that was made with it, for all that Snakemake's notes say."""
    root = tmp_path / "repository"
    for name in ("workflow", "profiles", "envs"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "reproduce"):
        shutil.copy2(ROOT / name, root)
    for note in (study / ".snakemake" / "metadata").iterdir():
        note.write_text(note.read_text(encoding="utf-8").replace(f"{ROOT}/", f"{root}/"), encoding="utf-8")
    return root, study


def made_with(root: Path, study: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **PINNED, "PYTHONPATH": str(root / "workflow")}
    return subprocess.run(command(study, *words), capture_output=True, text=True, env=env, cwd=root)


def rules_reaching(root: Path, module: str) -> set[str]:
    package = root / "workflow" / "findings"
    scripts = {
        path.stem for path in (root / "workflow" / "scripts").glob("*.py") if package / module in imports(path, package)
    }
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((root / "workflow" / "rules").glob("*.smk")))
    rules = re.findall(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", text, re.S | re.M)
    return {name for name, body in rules if (own := re.search(r"scripts/(\w+)\.py", body)) and own[1] in scripts}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, (path.name, old)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_line_of_the_package_runs_the_rules_whose_scripts_reach_it_and_changes_what_it_says(workshop):
    root, study = workshop
    jobs, files, package = records(study), released(study), root / "workflow" / "findings"
    # A comment, which changes nothing, and a line that does.
    edit(package / "wave_diff" / "released.py", "from __future__", "# A comment.\nfrom __future__")
    edit(package / "figures" / "timeline.py", 'color="#e6e6e6"', 'color="#d0d0d0"')
    reaching = {
        rule for name in ("wave_diff/released.py", "figures/timeline.py") for rule in rules_reaching(root, name)
    }
    # The dossier shows every file of the workflow.
    reaching |= {"dossier"}
    assert reaching == {"disclose_wave_diff", "wave_diff_draft", "context_figure", "dossier"}
    done = made_with(root, study)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ran(jobs, records(study)) == downstream(jobs, lambda record: record["rule"] in reaching)
    new = released(study)
    differ = {name for name in files.keys() | new.keys() if files.get(name) != new.get(name)}
    drawn = {name for name in files if name.startswith("figures/timeline.")}
    assert drawn and drawn <= differ
    assert differ <= drawn | {
        "report.en.html",
        "report.en.pdf",
        "report.my.html",
        "report.my.pdf",
        "exhibits.csv",
        "MANIFEST.sha256",
    }
