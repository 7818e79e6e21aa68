"""The report: chapters of text and exhibits, as a tagged PDF and as one HTML file, and the list of its sentences.

Both are views of one `content`; neither template holds a number.
"""

from __future__ import annotations

import base64
import csv
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from findings import tables
from findings.drawn import lifted
from findings.errors import FindingsError
from findings.finished import texts_of_html
from findings.fonts import inline as inline_fonts
from findings.keys import print_key
from findings.release import Released, text
from findings.tables import inventory
from findings.text.captions import FOLDER, captions
from findings.text.checklists import checklists
from findings.text.exhibits import alt, marks, question, sentences, title
from findings.text.facts import wave_label
from findings.text.issued import issue, plain, unmarked
from findings.text.numbers import numerals
from findings.text.sentences import Claim, claim

SENTENCES = ["wave", "exhibit", "sentence", "keys", "texts"]
# What stands for the number of a figure or a table: its place in the report.
PLACE = "place"
# Characters of a table's line that a page holds, and of a column that is not broken.
LINE, SHORT = 100, 18
# Height of a page's text by its width, with room for a heading and a caption.
PAGE = 1.28


@dataclass(frozen=True)
class Parts:
    """What a report is made of: releases and wave.yaml by wave, the headline's name, exhibits as (name, wave).

    `release` is the folder that holds `figures/<name>[.<wave>].<lang>.svg`.
    """

    released: Mapping[str, Released]
    waves: Mapping[str, Mapping[str, Any]]
    headline: str
    figures: Sequence[tuple[str, str]]
    tables: Sequence[tuple[str, str]]
    inventory: Mapping[str, Any]
    release: Path


def content(parts: Parts, lang: str) -> tuple[dict[str, Any], list[tuple[str, Claim]]]:
    """What the report says, as data, and its claims with their wave.

    Raises FindingsError if a chapter names an exhibit that is not there, or a figure's file is missing.
    """
    main = parts.released[parts.headline]
    study, words = main.config, captions(lang)
    _known(study, parts)
    claims: list[tuple[str, Claim]] = []
    chapters, numbers = [], {"figure": 0, "table": 0}
    for chapter in study.get("report", {}).get("chapters") or [_default(study, words, lang)]:
        said = [_paragraph(main, lang, paragraph) for paragraph in chapter.get("paragraphs", [])]
        claims += [(parts.headline, each) for each in said]
        figures, tables_ = [], []
        for name, wave in _chosen(parts.figures, chapter.get("figures", [])):
            figure, made = _figure(parts, name, wave, lang)
            numbers["figure"] += 1
            figures.append({**figure, "number": issue(PLACE, numerals(str(numbers["figure"]), lang))})
            claims += [(wave, each) for each in made]
        for name, wave in _chosen(parts.tables, chapter.get("tables", [])):
            numbers["table"] += 1
            place = issue(PLACE, numerals(str(numbers["table"]), lang))
            tables_.append({**_table(parts, name, wave, lang), "number": place})
        lists = checklists(parts.waves, parts.released, study, lang) if chapter.get("checklists") else []
        declared = chapter.get("figures") or chapter.get("tables")
        if figures or tables_ or lists or chapter.get("methods") or (said and not declared):
            chapters.append(
                {"id": chapter["id"], "label": text(chapter["label"], lang), "paragraphs": [s.sentence for s in said],
                 "methods": bool(chapter.get("methods")), "figures": figures, "tables": tables_, "checklists": lists}
            )  # fmt: skip
    found = {
        "lang": lang,
        "fonts": words.get("fonts", []),
        # Wordings stand in every language they were asked in: the page has the font of those too.
        "inside": next((names[-1] for names in map(_fonts, [lang, *study["languages"]]) if len(names) > 1), ""),
        "leading": words.get("leading", 1.0),
        "digits": list(words.get("digits", "0123456789")),
        "title": text(study["study"]["title"], lang),
        "population": text(study["study"]["population"], lang),
        "note": text(study["study"].get("note", {}), lang),
        "waves": [wave_label(each, lang) for each in parts.released.values()],
        "stamp": words["stamp"] if any(each.synthetic for each in parts.released.values()) else "",
        "warning": words["report"]["synthetic"] if any(each.synthetic for each in parts.released.values()) else "",
        "words": words["report"],
        "methods": [
            paragraph.replace("{{ weighting }}", words["footer"]["weighting"].get(main.weighting, "")).replace(
                "{{ marks }}", marks(lang)
            )
            for paragraph in words["report"]["paragraphs"]
        ],
        "chapters": chapters,
    }
    return found, claims


def _default(study: Mapping[str, Any], words: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """The one chapter of a study that declares none: everything."""
    exhibits = study["exhibits"]
    return {"id": "findings", "label": {lang: words["report"]["methods"]}, "methods": True,
            "figures": list(exhibits["figures"]), "tables": list(exhibits["tables"])}  # fmt: skip


def _known(study: Mapping[str, Any], parts: Parts) -> None:
    for chapter in study.get("report", {}).get("chapters", []):
        for kind in ("figures", "tables"):
            for name in chapter.get(kind, []):
                if name not in study["exhibits"][kind]:
                    raise FindingsError(
                        "A chapter of the report names an exhibit that is not there.", file="config.yaml",
                        column=f"report.chapters.{chapter['id']}.{kind}", codes=[name],
                        mend=f"name one of exhibits.{kind}, or take it out of the chapter.",
                    )  # fmt: skip


def _chosen(made: Sequence[tuple[str, str]], wanted: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, wave) for each in wanted for name, wave in made if name == each]


def _paragraph(released: Released, lang: str, texts: Mapping[str, str]) -> Claim:
    """A paragraph of the config with its numbers; `key` adds the weighting and the wave."""

    def key(name: str, ministry: str | None = None, service: str | None = None, **group: str) -> str:
        family, indicator, statistic = name.split(".")
        (breakdown, of), *_ = [*group.items(), (None, None)]
        row = {"family": family, "indicator": indicator, "statistic": statistic, "ministry": ministry,
               "service": service, "weighting": released.weighting, "breakdown": breakdown, "group": of,
               "wave": released.wave}  # fmt: skip
        return print_key(row)

    def labelled(section: str) -> list[dict[str, str]]:
        return [{"code": code, "label": released.label(section, code, lang)} for code in released.config[section]]

    facts = {"key": key, "population": text(released.config["study"]["population"], lang),
             "ministries": labelled("ministries"), "services": labelled("services")}  # fmt: skip
    return claim(released, lang, "report", text(texts, lang), facts)


def _figure(parts: Parts, name: str, wave: str, lang: str) -> tuple[dict[str, Any], list[Claim]]:
    study = parts.released[parts.headline].config
    entry = study["exhibits"]["figures"][name]
    image = f"{name}{'.' + wave if wave else ''}.{lang}.svg"
    if not (parts.release / "figures" / image).is_file():
        raise FindingsError("A figure of the report is missing.", file=image, mend="run again.")
    label = text(entry.get("label", {}), lang)
    width = _share(parts.release / "figures" / image)
    figure = {"width": width,"id": f"figure-{name}{'-' + wave if wave else ''}", "label": label, "image": image,
              "question": question(entry, lang), "sentences": []}  # fmt: skip
    if not wave:
        return {**figure, "alt": f"{captions(lang)['alt'][entry['kind']]}{label}"}, []
    released = parts.released[wave]
    head, body = title(released, name, entry, lang), sentences(released, name, entry, lang)
    figure |= {"alt": alt(released, name, entry, lang), "sentences": [each.sentence for each in body]}
    if wave != parts.headline or sum(other == name for other, _ in parts.figures) > 1:
        figure["label"] = f"{label} – {wave_label(released, lang)}"
    return figure, [head, *body]


def _table(parts: Parts, name: str, wave: str, lang: str) -> dict[str, Any]:
    study = parts.released[parts.headline].config
    if wave:
        table = tables.labelled(parts.released[wave], name, lang)
    else:
        table = inventory.labelled(parts.inventory, study, name, study["exhibits"]["tables"][name], lang)
    texts = table.texts()
    several = wave and (wave != parts.headline or sum(other == name for other, _ in parts.tables) > 1)
    of = f" – {wave_label(parts.released[wave], lang)}" if several else ""
    return {
        "id": f"table-{name}{'-' + wave if wave else ''}",
        "label": f"{table.caption}{of}",
        "question": table.question,
        "header": table.header,
        "widths": _widths(table.header, texts),
        "rows": texts,
        "notes": table.notes,
    }


def _widths(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float | None]:
    """Shares of a page that the columns of long texts take; None = as wide as its content. No column is a sliver."""
    longest = [max(len(plain(text)) for text in column) for column in zip(header, *rows, strict=True)]
    if sum(longest) <= LINE:
        return [None] * len(longest)
    return [min(max(length, SHORT), LINE) ** 0.7 if length > SHORT else None for length in longest]


def _share(image: Path) -> float:
    """How much of the text's width a figure takes, so that it stands on one page."""
    with image.open(encoding="utf-8") as stream:
        wide, high = _size(stream.read(3000))
    return min(1.0, PAGE * wide / high)


def _size(svg: str) -> tuple[float, float]:
    """Width and height of a figure in points, of which its first lines tell."""
    sizes = [re.search(rf'<svg [^>]*?{side}="([\d.]+)pt"', svg) for side in ("width", "height")]
    wide, high = (float(size[1]) if size else 1.0 for size in sizes)
    return wide, high


def write_sentences(claims: Iterable[tuple[str, Claim]], path: Path) -> None:
    """sentences.csv: each sentence with a number, the keys of its numbers, and each number as printed, in order."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(SENTENCES)
        for wave, each in claims:
            if each.keys:
                # A key has no space in it; a printed number may: a bar divides those.
                writer.writerow([wave, each.exhibit, plain(each.sentence), " ".join(each.keys), "|".join(each.texts)])


def build_pdf(found: Mapping[str, Any], release: Path, fonts: Path, output: Path, epoch: int) -> None:
    """The report as a tagged PDF (PDF/UA-1) through Typst; `epoch` (seconds, UTC) is the date it carries.

    Typst reads the content as data, so that no text of the study is taken for markup. Raises FindingsError with Typst's
    message if it cannot be set.
    """
    import typst

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copy(FOLDER / "report.typ", root / "report.typ")
        drawn = {}
        for figure in (figure for chapter in found["chapters"] for figure in chapter["figures"]):
            name = figure["image"]
            svg, texts = lifted((release / "figures" / name).read_text(encoding="utf-8"))
            (root / name).write_text(svg, encoding="utf-8")
            drawn[name] = {"size": _size(svg), "texts": [asdict(each) for each in texts]}
        (root / "content.json").write_text(json.dumps({**unmarked(found), "drawn": drawn}), encoding="utf-8")
        paths = [Path(matplotlib.get_data_path()) / "fonts" / "ttf", fonts]
        try:
            pdf = typst.Compiler(root / "report.typ", root=root, font_paths=paths, ignore_system_fonts=True).compile(
                format="pdf", pdf_standards=["ua-1"], timestamp=datetime.fromtimestamp(epoch, UTC)
            )
        except typst.TypstError as error:
            raise FindingsError(f"Typst cannot set the report: {error.message}", file="report.typ") from None
    if not isinstance(pdf, bytes):
        raise FindingsError("Typst gave no PDF.", file="report.typ")
    output.write_bytes(pdf)


def _fonts(lang: str) -> list[str]:
    return list(captions(lang).get("fonts", []))


def build_html(found: Mapping[str, Any], release: Path, fonts: Path, output: Path) -> list[str]:
    """The report as one file that needs no other: figures are inside it, with their text for who cannot see them.

    A font goes in as well where a language of the study has one of its own. Gives the page's texts, numbers with keys.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip

    def inline(name: str) -> str:
        return "data:image/svg+xml;base64," + base64.b64encode((release / "figures" / name).read_bytes()).decode()

    faces = inline_fonts(fonts) if found["inside"] else {}
    page = environment.get_template("report.html.jinja").render(**found, inline=inline, faces=faces)
    output.write_text(plain(page), encoding="utf-8")
    return texts_of_html(page)
