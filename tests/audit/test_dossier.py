"""The dossier, read by a real Chromium and as files: of the finished mini study, and of one as if of people."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from urllib.parse import quote, unquote

import pypdfium2
import pytest
import yaml
from browser import Browser, browser
from conftest import WAVE
from findings.audit import explain
from findings.audit.dossier import write
from findings.audit.dossier.about import Declared
from findings.audit.dossier.graph import svg
from findings.audit.dossier.listing import entry_at, marks
from findings.audit.dossier.packed import Numbered, column, front
from findings.audit.dossier.pages import PAGES
from findings.audit.dossier.released import Release, labels
from findings.audit.dossier.steps import hash_shown, records, steps
from findings.audit.dossier.views import Dossier, flow
from findings.audit.narrowing import narrowed
from findings.audit.plain.answers import Answers
from findings.audit.plain.estimates import Frame
from findings.audit.plain.keys import leaves
from findings.audit.plain.replay import read_wave
from findings.config import load_study, load_wave
from findings.environment import ROOT
from findings.keys import print_key

csv.field_size_limit(2**31 - 1)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def dossier(finished_study) -> Path:
    return finished_study / "results" / "audit"


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Browser:
    with browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def printed(finished_study) -> tuple[str, str]:
    """A key whose number stands in the report's text, and the text as printed."""
    line = rows(finished_study / "results/release/sentences.en.csv")[0]
    return line["keys"].split(" ")[0], line["texts"].split("|")[0]


def of_key(page: Browser, dossier: Path, key: str) -> str:
    page.open(f"{dossier.as_uri()}/key.html#{quote(key, safe='')}")
    return page.tell("document.getElementById('about').innerText")


def clean(page: Browser) -> None:
    """No request left the folder, and the console is silent."""
    assert not page.errors
    assert {address.split(":")[0] for address in page.requests} <= {"file", "data", "about"}


@pytest.mark.parametrize("width", [360, 1100])
@pytest.mark.parametrize("dark", [False, True])
def test_every_page_opens_and_asks_for_nothing_elsewhere(page, dossier, width, dark):
    page.look(width, dark=dark)
    papers = set()
    for path in sorted(dossier.glob("*.html")):
        page.open(path.as_uri())
        assert page.tell("document.querySelectorAll('main h1').length") == 1, path.name
        assert page.tell("document.documentElement.scrollWidth <= innerWidth"), f"{path.name} is wider than {width}"
        papers.add(page.tell("getComputedStyle(document.body).backgroundColor"))
    assert papers == {"rgb(22, 22, 22)" if dark else "rgb(255, 255, 255)"}
    assert {file for file, *_ in PAGES} <= {path.name for path in dossier.glob("*.html")}
    clean(page)


def test_a_search_leads_to_a_number_that_is_the_one_in_the_pdf(page, dossier, finished_study, printed):
    key, words = printed
    page.look()
    page.open(f"{dossier.as_uri()}/index.html")
    page.tell("document.querySelector('[type=search]').focus()")
    page.write(key)
    page.press("Enter")
    page.wait("location.pathname.endsWith('register.html') && document.querySelector('#rows a') !== null")
    assert page.tell("document.getElementById('count').textContent").startswith("1 row,")
    page.tell("document.querySelector('#rows a').focus()")
    page.press("Enter")
    page.wait("location.pathname.endsWith('key.html') && document.querySelector('.number') !== null")
    shown = page.tell("document.querySelector('.number').textContent")
    told = page.tell("document.getElementById('about').innerText")
    texts = {
        (row["language"], row["text"])
        for row in rows(finished_study / "results/release/numbers.csv") if row["key"] == key
    }  # fmt: skip
    assert ("en", shown) in texts and all(text in told for _, text in texts)
    # Read back from the finished PDF: the sentence's number stands in it as on the page.
    pdf = pypdfium2.PdfDocument(finished_study / "results/release/report.en.pdf")
    inside = "".join(leaf.get_textpage().get_text_range() for leaf in pdf)
    assert re.sub(r"\s", "", words) in re.sub(r"\s", "", inside) and words in told
    released = next(row for row in rows(finished_study / "results/release/estimates.csv") if row["key"] == key)
    assert all(released[name] in told for name in ("estimate", "ci_low", "ci_high", "n", "reliability"))
    clean(page)


def test_a_sentence_and_a_number_as_printed_lead_to_their_keys(page, dossier, finished_study):
    for language in ("en", "my"):
        line = rows(finished_study / f"results/release/sentences.{language}.csv")[0]
        keys, texts = line["keys"].split(" "), line["texts"].split("|")
        page.open(f"{dossier.as_uri()}/register.html?q={quote(line['sentence'])}")
        links = page.tell("[...document.querySelectorAll('#said ul ul a')].map(a => a.textContent)")
        assert links == keys
        page.open(f"{dossier.as_uri()}/register.html?q={quote(texts[0])}")
        assert keys[0] in page.tell("found.map(row => keys[row])")
    clean(page)


def test_a_search_without_a_row_of_its_own_says_what_is_shown(page, dossier, finished_study):
    line = rows(finished_study / "results/release/sentences.en.csv")[0]
    of = "document.getElementById('count').textContent"
    page.open(f"{dossier.as_uri()}/register.html?q={quote(line['sentence'])}")
    shown = page.tell("[...document.querySelectorAll('#rows .key')].map(e => e.textContent)")
    assert {*shown} == {*line["keys"].split(" ")} and "No row" not in page.tell(of)
    assert page.tell(of).startswith("The words stand in sentences")
    page.open(f"{dossier.as_uri()}/register.html?q={quote('nugpay no_such_word')}")
    nugpay = sum("nugpay" in row["key"] for row in rows(finished_study / "results/release/estimates.csv"))
    told = re.search(r"Alone: “nugpay” ([\d,]+), “no_such_word” 0\.$", page.tell(of))
    assert told and int(told[1].replace(",", "")) >= nugpay > 0
    page.open(f"{dossier.as_uri()}/register.html?family=flow&q=nugpay")
    assert page.tell(of).startswith("No row has all of these; without the filters, ")
    page.open(f"{dossier.as_uri()}/key.html")
    assert page.tell("document.querySelectorAll('#about ul ul a').length") > 3
    clean(page)


def test_a_key_page_tells_question_base_rules_settings_export_and_command(page, dossier, finished_study, printed):
    key, _ = printed
    told = of_key(page, dossier, key)
    export = finished_study / "data/raw" / WAVE / "export.xlsx"
    record = json.loads((finished_study / "results/logs" / WAVE / "ingest.json").read_text(encoding="utf-8"))
    for words in ("Base", "Counted", "respondents that no step of cleaning dropped", "findings.ingest.ingest",
                  "workflow/findings/disclosure", "Settings that it depends on", "eligibility",
                  record["inputs"][f"data/raw/{WAVE}/{export.name}"], f"./reproduce audit '{key}'"):  # fmt: skip
        assert words in told, words
    links = page.tell("[...document.querySelectorAll('#about a')].map(a => a.href)")
    pages = {link.split("#")[0].removeprefix("file://") for link in links if "key.html" not in link}
    assert pages and all(Path(link).is_file() for link in pages), [link for link in pages if not Path(link).is_file()]


def test_a_key_page_tells_who_is_left_from_the_export_to_the_number(page, dossier, finished_study):
    frame = Frame(Answers(read_wave(finished_study, WAVE)))
    left_out = explain.raw(finished_study, WAVE)["left_out"]
    released = {row["key"]: row for row in rows(finished_study / "results/release/estimates.csv")}
    start = "adoption.current_any.proportion|ministry=finance;weights=calibrated"
    of = [f"{start}@{WAVE}", f"{start};gender=female@{WAVE}",
          f"barriers.internet.proportion|ministry=finance;weights=calibrated@{WAVE}"]  # fmt: skip
    for key in (*of, f"diff({start};gender=female@{WAVE},{start};gender=male@{WAVE})"):
        assert released[key]["status"] == "published"
        of_key(page, dossier, key)
        tables = page.tell(
            """[...document.querySelectorAll('#about table')].filter(t => t.caption.textContent.match(/^(From the|Of )/)
            && t.rows[0].cells[2].textContent === 'Left').map(t => [...t.tBodies[0].rows].map(r =>
            [r.cells[0].textContent, r.cells[2].textContent, r.cells[2].querySelector('a')?.hash]))"""
        )
        leaves_of = [parts for _, parts in leaves(key)]
        assert len(tables) == len(leaves_of), key
        for lines, parts in zip(tables, leaves_of, strict=True):
            columns = explain.columns_of(key, [parts], lambda _: frame)[WAVE]
            exact = narrowed(frame, parts, columns, left_out)
            counts = [line.get("left", line.get("out")) for line in exact]
            told = [int(number) for _, number, _ in lines if number.isdigit()]
            # The released counts are the exact ones, and nothing is told of a row that is withheld.
            assert set(told) <= {*counts, int(released[print_key(vars(parts))]["n_missing"] or 0)}, (key, told, counts)
            assert told[0] == counts[0] and told[-1] == counts[-1] == int(released[print_key(vars(parts))]["n"])
            for _, number, link in lines:
                row = released[unquote(link[1:])] if link else None
                assert row is None or (row["status"] == "published") == (number != "withheld"), (key, link)
    clean(page)


def test_a_derived_key_leads_to_what_it_is_computed_from(page, dossier, finished_study):
    derived = [row["key"] for row in rows(finished_study / "results/release" / WAVE / "derived.csv")
               if row["status"] == "published"]  # fmt: skip
    for start, wanted in (("diff(", 2), ("model.", 1), ("", 1)):
        key = next(k for k in derived if k.startswith(start) and (start or ".rank|" in k))
        told = of_key(page, dossier, key)
        leads = page.tell("[...document.querySelectorAll('#about ul a[href*=\"key.html#\"]')].length")
        assert "What made it" in told and (start == "model." or leads >= wanted), key
    clean(page)


def test_an_effect_is_told_with_its_rule_and_unit_and_has_a_line_of_its_own(page, dossier, finished_study):
    study, own = load_study(finished_study / "config.yaml"), finished_study / "data/raw" / WAVE / "wave.yaml"
    release = Release(finished_study / "results/release", {})
    effects = release.of_family("rule_effects")
    page.open(f"{dossier.as_uri()}/key.html")
    told = page.tell(f"number(places.get({json.dumps(effects[0]['key'])})).flat(3).map(e => e?.textContent).join()")
    rule = effects[0]["indicator"].rsplit("__", 1)[1].replace("_", " ")
    assert f"less the number without the cleaning rule “{rule}”" in told and "in percentage points" in told
    for row in effects:
        row["status"] = "published"
    told_of = ([], [], {}, [], {"labels": labels(study)}, finished_study)
    made = flow(Dossier(release, Declared(study, {WAVE: load_wave(own)}, finished_study), *told_of))
    lines = [label for label, _ in made["parts"][1]["rows"]]
    assert len({*lines}) == len(lines) and any(line.endswith(f": effect of {rule}") for line in lines)


def test_a_withheld_key_has_one_sentence_and_no_number(page, dossier, finished_study):
    withheld = [row for row in rows(finished_study / "results/release/estimates.csv") if row["status"] != "published"]
    key = withheld[0]["key"]
    assert of_key(page, dossier, key) == "withheld: disclosure control"
    assert page.tell("document.getElementById('which').innerText") == key
    assert of_key(page, dossier, "no.such.key|@w") == ""
    assert "no row" in page.tell("document.getElementById('which').innerText")
    counted = page.tell(
        """(() => { let bad = 0, all = 0; for (let row = 0; row < data.rows; row++) if (!published(row)) { all++;
        for (const name of ["estimate", "se", "ci_low", "ci_high", "n", "n_asked", "n_missing", "n_eff", "p"])
        if (value(name, row)) bad++; } return [bad, all]; })()"""
    )
    assert counted == [0, len(withheld)]


def test_words_of_every_language_and_filters_find_the_same_rows(page, dossier, finished_study):
    study = load_study(finished_study / "config.yaml")
    women = study["breakdowns"]["gender"]["ladder"][0]["groups"]["female"]["label"]
    found = set()
    for language in study["languages"]:
        page.open(f"{dossier.as_uri()}/register.html?status=published&q={quote('current_use ' + women[language])}")
        found.add(page.tell("document.getElementById('count').textContent"))
    assert len(found) == 1 and int(re.sub(r"\D", "", found.pop().split(" row")[0])) > 0
    page.open(f"{dossier.as_uri()}/register.html?family=flow&q=no_such_word")
    assert page.tell("document.getElementById('count').textContent") == "No row has all of these."
    assert page.tell("document.getElementById('count').getAttribute('aria-live')") == "polite"
    page.open(f"{dossier.as_uri()}/register.html?family=flow")
    flow = [row for row in rows(finished_study / "results/release/estimates.csv") if row["family"] == "flow"]
    assert page.tell("found.length") == len(flow)


def test_pages_can_be_used_by_keyboard_and_screen_reader(page, dossier):
    for path in sorted(dossier.glob("*.html")):
        page.open(path.as_uri())
        page.press("Tab")
        assert page.tell("document.activeElement.className") == "skip", path.name
        problems = page.tell(
            """[...document.querySelectorAll('table')].filter(t => !t.caption).length
            + [...document.querySelectorAll('table')].filter(t => !t.querySelector('thead th[scope=col]')).length
            + [...document.querySelectorAll('tbody tr')].filter(r => !r.querySelector('th[scope=row]')).length
            + [...document.querySelectorAll('input, select')].filter(i => !i.labels.length).length
            + ['header', 'nav[aria-label]', 'main'].filter(s => document.querySelectorAll(s).length !== 1).length
            + (document.documentElement.lang ? 0 : 1)
            + [...document.querySelectorAll('.wide')].filter(w => w.tabIndex || !w.ariaLabel).length
            + [...document.querySelectorAll('[id]')].filter((e, i, all) => all.findIndex(o => o.id === e.id) < i).length
            """
        )
        assert problems == 0, path.name
    clean(page)


def test_every_link_of_every_page_leads_somewhere(dossier):
    for path in dossier.rglob("*.html"):
        words = path.read_text(encoding="utf-8")
        for link in re.findall(r'(?:href|src)="([^"#?]+)', words):
            if not link.startswith("data:"):
                assert (path.parent / link).resolve().is_file(), (path, link)


def test_checks_hold_on_a_run_and_every_job_is_told(dossier, finished_study):
    words = (dossier / "checks.html").read_text(encoding="utf-8")
    assert words.count('class="good"') > 8 and "does not hold" not in words
    ran = records(finished_study / "results/logs")
    told = sum((dossier / f"step.{step.rule}.html").read_text(encoding="utf-8").count("Digest of the code")
               for step in steps(ran))  # fmt: skip
    # All but the dossier's own record, and that of its checks.
    assert told == len(ran) == len(list((finished_study / "results/logs").rglob("*.json"))) - 2
    drawn = svg(steps(ran))
    assert all(f'href="step.{rule}.html"' in drawn for rule in {record["rule"] for record in ran})


def test_on_a_phone_the_graph_is_whole_and_begins_with_its_first_box(page, dossier):
    for width in (360, 1280):
        page.look(width)
        page.open(f"{dossier.as_uri()}/steps.html")
        boxes = page.tell(
            "[...document.querySelectorAll('svg.graph rect')].map(r => r.getBoundingClientRect()).filter(r => r.width)"
            ".map(r => [r.left, r.right, r.height])"
        )
        assert len(boxes) == len(list(dossier.glob("step.*.html")))
        assert all(0 <= left < right <= width and height > 18 for left, right, height in boxes)
    page.look(360)
    page.open(f"{dossier.as_uri()}/checks.html")
    assert page.tell("(table => table.scrollWidth <= table.clientWidth)(document.querySelectorAll('.wide')[1])")
    page.look()


def test_no_place_of_this_machine_and_no_record_is_in_the_dossier(dossier, finished_study):
    import pandas as pd

    confidential = finished_study / "results/confidential" / WAVE
    secret = {*pd.read_parquet(confidential / "link.parquet")["row_id"].astype(str)}
    texts = pd.read_parquet(confidential / "free_text_raw.parquet")["text"].dropna()
    secret |= {text for text in texts if len(text) > 15}
    secret |= {(finished_study / "results/confidential/row_id.key").read_bytes().hex()}
    places = {str(ROOT), str(finished_study), str(Path.home()), "/site-packages/"}
    for path in dossier.rglob("*"):
        if path.is_file():
            words = path.read_text(encoding="utf-8")
            assert not [place for place in places if place in words], path
            # The words of made-up answers stand in the code that made them up.
            assert path.is_relative_to(dossier / "code") or not [one for one in secret if one in words], path


@pytest.fixture
def of_people(finished_study, tmp_path) -> Path:
    """The dossier of the finished study as if its wave were of people, a name planted in logs and in the data."""
    study = tmp_path / "study"
    shutil.copytree(finished_study, study, symlinks=True)
    declaration = study / "data/raw" / WAVE / "wave.yaml"
    declared = yaml.safe_load(declaration.read_text(encoding="utf-8"))
    declared |= {"synthetic": False, "answers": {"gender": {"Daw Planted Name": None}}}
    declared["cleaning"].append({"step": "recode", "column": "place_text", "map": {"Daw Planted Name": "yangon"}})
    declaration.write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    for log in (study / "results/logs").rglob("*.log"):
        confidential = "results/confidential" in log.with_suffix(".json").read_text(encoding="utf-8")
        log.write_text("Daw Planted Name 09 123\n" if confidential else f"done in {study}/results\n", encoding="utf-8")
    return study


def test_of_people_logs_hashes_and_answers_above_the_gate_stay_out(of_people, monkeypatch):
    monkeypatch.chdir(of_people)
    waves = {WAVE: load_wave(Path("data/raw") / WAVE / "wave.yaml")}
    shutil.rmtree("results/audit")
    hidden = Path("results/confidential")
    record = json.loads(Path("results/logs", WAVE, "clean.json").read_text(encoding="utf-8"))
    # What is below the gate opens no confidential file: there is none.
    hidden.rename("elsewhere")
    write(Path(), Path("results/audit"), load_study(Path("config.yaml")), waves,
          [Path("results/work/audit", WAVE, "rests_on.json")], Path("results/work/fonts"))  # fmt: skip
    words = {path: path.read_text(encoding="utf-8") for path in Path("results/audit").rglob("*") if path.is_file()}
    digests = [digest for way in ("inputs", "outputs") for name, digest in record[way].items()
               if name.startswith("results/confidential")]  # fmt: skip
    assert digests
    for path, text in words.items():
        assert "Planted Name" not in text and str(of_people) not in text, path
        assert not [digest for digest in digests if digest[:12] in text], path
    clean_page = words[Path("results/audit/step.clean.html")]
    assert clean_page.count("left out") > 5 and clean_page.count("same") > 3 and "clean.log" in clean_page
    assert "done in …/results" in words[Path("results/audit/step.figure.html")]
    assert not Path("results/audit.new").exists() and not Path("results/audit.old").exists()


def test_a_file_that_was_changed_between_two_jobs_breaks_the_chain(of_people, monkeypatch):
    from findings.audit.dossier.checks import checks

    monkeypatch.chdir(of_people)
    path = Path("results/logs", WAVE, "weight.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    record["inputs"][f"results/confidential/{WAVE}/respondents.parquet"] = "0" * 64
    record["code"] = "1" * 64
    path.write_text(json.dumps(record), encoding="utf-8")
    table = Path("results/release/tables/respondents." + WAVE + ".csv")
    table.write_text("changed\n", encoding="utf-8")
    ran = records(Path("results/logs"))
    bad = {name for check in checks(ran, Release(Path("results/release"), {})) for name in check.bad}
    assert bad == {f"weight: results/confidential/{WAVE}/respondents.parquet", f"weight {WAVE}",
                   f"tables/respondents.{WAVE}.csv"}  # fmt: skip


def test_hashes_of_small_files_of_people_are_not_shown():
    declared = {"w": {"source": {"form": "form.xlsx"}}}
    shown = ["data/raw/w/wave.yaml", "data/raw/w/form.xlsx", "data/raw/w/export.csv", "data/reference/age_sex.csv",
             "results/work/release/w/estimates.csv", "workflow/report/report.typ"]  # fmt: skip
    hidden = ["results/confidential/w/flow.json", "data/raw/w/corrections.csv", "data/raw/w/recodes.csv"]
    assert all(hash_shown(name, declared, {"w": "export.csv"}) for name in shown)
    assert not any(hash_shown(name, declared, {"w": "export.csv"}) for name in hidden)


def test_columns_and_keys_are_packed_without_loss():
    assert column(["b", "a", "a", "", "a"]) == {"words": ["a", "", "b"], "runs": "2,0*2,1,0"}
    assert front(["adoption.a|@w", "adoption.b|@w", "zero"]) == "0 adoption.a|@w\n9 b|@w\n0 zero"
    numbered = Numbered()
    assert [numbered.of(each) for each in (["a"], ["b"], ["a"])] == [0, 1, 0] and numbered.values == [["a"], ["b"]]


def test_marks_are_read_from_comments_and_docstrings():
    mark = "ASSUME"
    text = f"# {mark}[one]: first line\n#   and second.\ny = 2\n"
    text += f'"""Text: {mark}[two]: of a\ndocstring.\n\nOther."""\n'
    assert list(marks(text)) == [("one", 1, "first line and second."), ("two", 4, "of a docstring.")]
    config = "a: 1\nindicators:\n  - {id: x}\n  # a comment\n  - {id: y}\n"
    assert entry_at(config, 4) == "indicators.1"
