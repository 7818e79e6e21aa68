"""The report: every exhibit with its text, as a tagged PDF and as one HTML file, and the list of its claims.

Both are views of one `content`; neither template holds a number.
"""

from __future__ import annotations

import base64
import csv
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from findings import tables
from findings.errors import FindingsError
from findings.release import Released, text
from findings.text.captions import FOLDER, captions
from findings.text.exhibits import alt, marks, question, sentences, title
from findings.text.facts import spec
from findings.text.sentences import Claim

CLAIMS = ["wave", "exhibit", "sentence", "keys", "texts"]


def content(waves: Sequence[Released], release: Path, lang: str) -> tuple[dict[str, Any], list[tuple[str, Claim]]]:
    """What the report says, as data, and its claims with their wave.

    `waves` are the released rows of each wave in order; `release` holds `figures/<name>.<wave>.<lang>.svg`. Raises
    FindingsError if a figure's file is missing.
    """
    study, words = waves[0].config, captions(lang)
    claims: list[tuple[str, Claim]] = []
    parts = []
    for released in waves:
        shown = []
        for name, entry in study["exhibits"]["figures"].items():
            head, body = title(released, name, entry, lang), sentences(released, name, entry, lang)
            claims += [(released.wave, each) for each in (head, *body)]
            image = release / "figures" / f"{name}.{released.wave}.{lang}.svg"
            if not image.is_file():
                raise FindingsError("A figure of the report is missing.", file=image.name, mend="run again.")
            shown.append(
                {
                    "name": name,
                    "heading": text(entry.get("label", {}), lang),
                    "title": head.sentence,
                    "question": question(entry, lang),
                    "sentences": [each.sentence for each in body],
                    "image": image.name,
                    "alt": alt(released, name, spec(released, "figures", name), lang),
                }
            )
        set_ = [tables.labelled(released, name, lang) for name in study["exhibits"]["tables"]]
        parts.append(
            {
                "wave": released.wave,
                "label": text(study["waves"][released.wave].get("label", {}), lang) or released.wave,
                "synthetic": released.synthetic,
                "figures": shown,
                "tables": [
                    {
                        "name": table.name,
                        "caption": table.caption,
                        "question": table.question,
                        "header": table.header,
                        "rows": table.texts(),
                        "notes": " ".join(table.notes),
                        "fragment": tables.html(table),
                    }
                    for table in set_
                ],
            }  # fmt: skip
        )
    weightings = {words["footer"]["weighting"].get(released.weighting, released.weighting) for released in waves}
    found = {
        "lang": lang,
        "title": text(study["study"]["title"], lang),
        "population": text(study["study"]["population"], lang),
        "note": text(study["study"].get("note", {}), lang),
        "stamp": words["stamp"] if any(released.synthetic for released in waves) else "",
        "warning": words["report"]["synthetic"] if any(released.synthetic for released in waves) else "",
        "words": words["report"],
        "paragraphs": [
            paragraph.replace("{{ weighting }}", " ".join(sorted(weightings))).replace("{{ marks }}", marks(lang))
            for paragraph in words["report"]["paragraphs"]
        ],
        "waves": parts,
    }
    return found, claims


def write_claims(claims: Iterable[tuple[str, Claim]], path: Path) -> None:
    """claims.csv: each sentence with a number, the keys of its numbers, and each number as printed, in order."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(CLAIMS)
        for wave, claim in claims:
            if claim.keys:
                # A key has no space in it; a printed number may: a bar divides those.
                writer.writerow([wave, claim.exhibit, claim.sentence, " ".join(claim.keys), "|".join(claim.texts)])


def build_pdf(found: Mapping[str, Any], release: Path, output: Path, epoch: int) -> None:
    """The report as a tagged PDF (PDF/UA-1) through Typst; `epoch` (seconds, UTC) is the date it carries.

    Typst reads the content as data, so that no text of the study is taken for markup. Fonts are matplotlib's.
    Raises FindingsError with Typst's message if it cannot be set.
    """
    import typst

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copy(FOLDER / "report.typ", root / "report.typ")
        for wave in found["waves"]:
            for figure in wave["figures"]:
                shutil.copy(release / "figures" / figure["image"], root / figure["image"])
        (root / "content.json").write_text(json.dumps(found), encoding="utf-8")
        try:
            pdf = typst.Compiler(root / "report.typ", root=root, font_paths=[fonts], ignore_system_fonts=True).compile(
                format="pdf", pdf_standards=["ua-1"], timestamp=datetime.fromtimestamp(epoch, UTC)
            )
        except typst.TypstError as error:
            raise FindingsError(f"Typst cannot set the report: {error.message}", file="report.typ") from None
    if not isinstance(pdf, bytes):
        raise FindingsError("Typst gave no PDF.", file="report.typ")
    output.write_bytes(pdf)


def build_html(found: Mapping[str, Any], release: Path, output: Path) -> None:
    """The report as one file that needs no other: figures are inside it, with their text for who cannot see them."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip

    def inline(name: str) -> str:
        return "data:image/svg+xml;base64," + base64.b64encode((release / "figures" / name).read_bytes()).decode()

    page = environment.get_template("report.html.jinja").render(**found, inline=inline)
    output.write_text(page, encoding="utf-8")
