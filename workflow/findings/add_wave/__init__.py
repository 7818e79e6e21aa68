"""`./reproduce add-wave NAME EXPORT`: drafts a new wave's folder, and says what a person still has to decide.

The export is copied and hashed, its tool recognised; columns and answers are mapped to the codebook (`draft`,
`matching`), and crosswalk.csv and wave.yaml (`declaration`) say what is sure, what is proposed and what is unknown.
What is there is never written again: a second run only tells how things stand.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from findings import crosswalk, readers
from findings.add_wave import own_form
from findings.add_wave.declaration import clocks, declaration, formats
from findings.add_wave.draft import TIME, Export, fate_of, lines
from findings.add_wave.standing import standing
from findings.config import expand_indicators, levels, load_study, load_wave
from findings.crosswalk import Row
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.fates import Fate
from findings.indicators import wanted
from findings.ingest import extended, left_out
from findings.instrument import Codebook, Question, read_xlsform
from findings.provenance import sha256
from findings.readers.table import shown

USAGE = "./reproduce [--study DIR] add-wave NAME EXPORT [--form FORM] [--tool TOOL] [--encoding NAME] [--delimiter C]"
FORM = "form.xlsx"


def main(study: Path, words: list[str]) -> int:
    """Draft the wave that the words of the command line name, in the folder of the study; 0 if it is there."""
    parser = argparse.ArgumentParser(prog="./reproduce add-wave", usage=USAGE)
    parser.add_argument("name")
    parser.add_argument("export", type=Path)
    parser.add_argument("--form", type=Path, help="the wave's own XLSForm")
    parser.add_argument("--tool", choices=sorted(readers.READERS), help="the survey tool, if it is not recognised")
    parser.add_argument("--encoding", help="encoding of a CSV that is not UTF-8")
    parser.add_argument("--delimiter", help="delimiter of a CSV, if two would do")
    said = parser.parse_args(words)
    source = {key: value for key in ("tool", "encoding", "delimiter") if (value := getattr(said, key))}
    try:
        for line in add_wave(study, said.name, said.export, said.form, source):
            print(line)
    except FindingsError as error:
        print(error, file=sys.stderr)
        if "source: {" in (error.mend or ""):
            print("  There is no wave.yaml yet: say it by --tool, --encoding or --delimiter.", file=sys.stderr)
        return 1
    return 0


def add_wave(
    study_folder: Path, name: str, export: Path, form: Path | None, source: Mapping[str, Any]
) -> Iterable[str]:
    """Draft `data/raw/<name>/` of a study; the lines to tell. `source`: tool, encoding, delimiter, if they are said.

    Raises FindingsError on a name or file that cannot be, on an export other than that of the folder, and on whatever
    the reader of its tool stops at.
    """
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise FindingsError("The name of a wave is made of a to z, 0 to 9 and _.", mend="for example: survey_2027.")
    study = load_study(study_folder / "config.yaml")
    raw = study_folder / "data" / "raw"
    folder = raw / name
    if (folder / "wave.yaml").is_file() and not (folder / crosswalk.FILE).is_file():
        raise FindingsError(
            "The wave is there already, and was not drafted by this command.", wave=name, mend="choose another name."
        )
    earlier = [wave for wave in study["waves"] if wave != name]
    before = raw / earlier[-1] if earlier else None
    last = load_wave(before / "wave.yaml") if before else None
    own = form is not None
    if form is None:
        if before is None or last is None:
            raise FindingsError("This is the study's first wave: there is no form yet.", mend="add --form FORM.xlsx.")
        form = before / last["source"]["form"]
    copy = folder / f"export{export.suffix.lower()}"
    _unchanged(folder, {copy: export, folder / FORM: form if own else None}, name)
    new = not (folder / "wave.yaml").is_file()
    if new:
        asked = _asked(raw, earlier) if own else Codebook({}, {})
        fitting = _fitting(last) if own else last
        recodes = _recodes(last) if own else {}
        texts, tool = _drafted(name, export, copy.name, form, source, fitting, study, asked, recodes)
        folder.mkdir(parents=True, exist_ok=True)
        _place(copy, export)
        _place(folder / FORM, form)
        for file, text in texts.items():
            _place(folder / file, text)
        yield f"Wave {name} is drafted in {folder}/ from {export.name} ({tool})."
    else:
        yield f"Wave {name} is there already; nothing was changed. How it stands:"
    if not own and last:
        yield f"  Its form.xlsx is that of wave {last['wave']}: the codebook of the study, to which it is mapped."
    here = "" if study_folder == ROOT else f" --study {study_folder}"
    yield from standing(folder, name, study, f"./reproduce{here}")


def _unchanged(folder: Path, files: Mapping[Path, Path | None], name: str) -> None:
    """Stop where a file is missing, or another than the folder has."""
    for there, given in files.items():
        if given is None:
            continue
        if not given.is_file():
            raise FindingsError("There is no such file.", file=str(given), mend="check the path of the file.")
        if there.is_file() and sha256(there) != sha256(given):
            raise FindingsError(
                f"The file given is another one than {there.name} of the wave, which was not touched.",
                wave=name,
                file=given.name,
                mend=f"for a new wave choose another name; for a corrected export move {folder}/ away and begin again.",
            )
    if others := [p.name for p in sorted(folder.glob("export.*")) if p not in files]:
        raise FindingsError(
            f"The wave has another export, {others[0]}.", wave=name, mend="for a new wave choose another name."
        )


def _place(path: Path, content: Path | str) -> None:
    """Put a file in its place whole or not at all; what is there stays."""
    if path.exists():
        return
    beside = path.with_name(f".{path.name}.new")
    if isinstance(content, Path):
        shutil.copyfile(content, beside)
    else:
        beside.write_text(content, encoding="utf-8")
    os.replace(beside, path)


def _fitting(last: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The last wave without what is of its own form: columns, codes and recodes of these."""
    if last is None:
        return None
    steps = [step for step in last["cleaning"] if step["step"] != "recode"]
    return {**last, "columns": {}, "codes": {}, "cleaning": steps}


def _recodes(last: Mapping[str, Any] | None) -> dict[str, dict[str, str]]:
    """Column -> map of the last wave's steps `recode`."""
    return {step["column"]: step["map"] for step in (last or {}).get("cleaning", []) if step["step"] == "recode"}


def _asked(raw: Path, earlier: Iterable[str]) -> Codebook:
    """What the forms of earlier waves ask, a later one's words before an earlier one's; a list of options is called as
    its question, for two forms may give one list other codes."""
    questions, choices = dict[str, Question](), dict[str, dict[str, dict[str, str]]]()
    for name in earlier:
        wave = load_wave(raw / name / "wave.yaml")
        found = extended(read_xlsform(raw / name / wave["source"]["form"]), wave, {"wave": name})
        for question in found.questions.values():
            questions[question.name] = replace(question, list=question.name if question.list else None)
            choices[question.name] = found.choices.get(question.list or "", {})
    return Codebook(questions, choices)


def _drafted(
    name: str, export: Path, copy: str, form: Path, source: Mapping[str, Any], last: Mapping[str, Any] | None,
    study: Mapping[str, Any], before: Codebook, recodes: Mapping[str, Mapping[str, str]],
) -> tuple[dict[str, str], str]:  # fmt: skip
    """crosswalk.csv and wave.yaml as texts, in the order to be written; and the tool with what marks it.

    `before` is the study's codebook so far, and `recodes` those of the last wave, where `form` is the wave's own; else
    both are empty.
    """
    place: dict[str, Any] = {"wave": name, "file": export.name}
    raw = readers.read(export, wave=name, tool=source.get("tool"), source=source)
    tool = str(raw.evidence["tool"])
    if odd := [i for i, header in enumerate(raw.headers) if shown(header) != header]:
        raise FindingsError(
            "A header may be an answer: the export has no row of headers, or a question holds a number or an address.",
            **place,
            column=shown(raw.headers[odd[0]], odd[0]),
            mend="export it again with a row of headers.",
        )
    codebook = extended(read_xlsform(form), {"codes": (last or {}).get("codes")}, place)
    declared = {
        "tool": tool, "export": copy, "form": FORM, "rows": len(raw.cells), "sha256": sha256(export),
        **{key: source[key] for key in ("encoding", "delimiter") if key in source},
    }  # fmt: skip
    states, _ = left_out(raw, {})
    words = dict((last or {}).get("source", {}).get("other") or {})
    wave: dict[str, Any] = {
        "wave": name,
        "source": {**source, "tool": tool, "other": words},
        "columns": (last or {}).get("columns", {}),
    }

    def of(said: Mapping[str, Any]) -> Export:
        return Export(raw, codebook, {**wave, **said}, states.notna(), place)

    def times(said: Mapping[str, Any]) -> set[str]:
        found = (fate_of(of(said), i) for i in range(len(raw.headers)))
        return {fate.column for fate in found if isinstance(fate, Fate) and fate.fate == "duration"}

    said = clocks(last, times)
    rows = lines(of(said))
    unclear = _unclear(of(said), [row for row in rows if row.kind == "column"], codebook)
    reported = wanted(expand_indicators(study), levels(study))
    taken = own_form.counterparts(rows, codebook, before, reported)
    rows = own_form.named(rows, taken)
    codes = own_form.codes(taken, codebook, before, reported, recodes, study["languages"][0])
    columns = [row for row in rows if row.kind == "column"]
    known = {row.question for row in columns if row.question}
    # Of the last wave's decisions on columns those that the export has; a proposed column takes its question's.
    here = known | {row.header for row in columns}
    wave["columns"] = {key: entry for key, entry in wave["columns"].items() if key in here}
    if words := {question: text for question, text in words.items() if question in known}:
        declared["other"] = words
    text = declaration(
        {"wave": name, "source": declared, "columns": wave["columns"], "codes": (last or {}).get("codes"), **said},
        last, known, unclear, study["languages"], *codes,
    )  # fmt: skip
    marks = ", ".join(raw.evidence["recognised_by"])
    return {crosswalk.FILE: crosswalk.written(rows), "wave.yaml": text}, f"{tool}, by {marks}; {len(raw.cells)} rows"


def _unclear(export: Export, columns: list[Row], codebook: Codebook) -> dict[str, list[str]]:
    """`timestamp` and `date`, where cells are not ISO 8601 and the tool's own way does not fit -> ways that fit all."""
    found: dict[str, list[str]] = {}
    if not export.tool.coded:
        return found
    for i, row in enumerate(columns):
        question = codebook.questions.get(row.question)
        is_date = question is not None and question.type == "date"
        key = "date" if is_date else "timestamp" if row.note == TIME else None
        cells = export.raw.cells[i].dropna()
        if key is None or key in found or cells.empty:
            continue
        try:
            # The tool's own way of writing times needs no declaration.
            read = export.tool.coded(export.column(i, cells), export.codebook, export.wave, export.place).cells[0]
        except FindingsError:
            read = cells
        if (fits := formats(read, days=is_date)) is not None:
            found[key] = fits
    return found
