"""What a reader sees of a wave beside those before it, in every language; and that no figure shows what is not told."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from findings import fonts, tables
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.finished import check_page
from findings.release import Released
from findings.text.facts import panels
from findings.text.issued import plain
from findings.wave_diff.page import exact, page
from findings.wave_diff.verdicts import DEFAULTS
from jsonschema import Draft202012Validator
from released_example import of_figure, study

NAMES = ["comparability", "wave_diff", "wave_diff_shifts"]


def laid(comparable: bool = True) -> dict:
    found = {"kind": "reworded", "question": "trust", "option": "", "language": "my", "before": "ယခင် <b>",
             "now": "ယခု", "likeness": 0.4}  # fmt: skip
    reasons = [
        {"code": code, "verdict": "note", "question": "trust", "language": "en"}
        for code in [*DEFAULTS["differences"], "withheld"]
        if code != "other_option"
    ]
    overruled = {"code": "overruled", "verdict": "comparable", "was": "note", "text": {"en": "Tried.", "my": "စမ်းသပ်"}}
    judged = {
        "adoption__aware__nugpay": {"verdict": "note", "reasons": reasons},
        "adoption__aware__telekyanmar": {"verdict": "note", "reasons": reasons},
        "trust__trust": {"verdict": "not_comparable", "reasons": reasons[:1]},
        "trust__legitimacy": {"verdict": "comparable", "reasons": [overruled]},
        "trust__inclusivity": {"verdict": "comparable", "reasons": []},
    }
    return {
        "wave": "nug_2025", "earlier": "nug_2024" if comparable else None,
        "waves": [] if comparable else [{"wave": "nug_2024", "differs": ["kind", "mode", "frame", "volunteers"]}],
        "pairs": [{"earlier": "nug_2024", "comparable": comparable, "differs": [], "differences": [found]}],
        "questions": {"trust": {"en": "Do you trust it?", "my": "ယုံကြည်ပါသလား။"}},
        "columns": judged if comparable else {},
        "levels": {"education": {"verdict": "comparable", "reasons": []}} if comparable else {},
    }  # fmt: skip


def row(key: str, indicator: str, statistic: str, value: float, wave: str, **more) -> dict:
    return {"key": key, "wave": wave, "family": "wave_diff", "indicator": indicator, "statistic": statistic,
            "weighting": "calibrated", "estimate": value, "n": 2000.0, "design": "probability", "synthetic": True,
            **more}  # fmt: skip


def numbers() -> tuple[pd.DataFrame, pd.DataFrame]:
    own, before = [], []
    for question, statistic, value, other, p in (
        ("trust", "declined", 0.25, 0.05, 0.0004), ("aware_nugpay", "declined", 0.06, 0.05, 0.6),
        ("duration", "mean", 31.0, 30.25, 0.5),
    ):  # fmt: skip
        keys = [f"wave_diff.{question}.{statistic}|weights=calibrated@{wave}" for wave in ("nug_2025", "nug_2024")]
        own.append(row(keys[0], question, statistic, value, "nug_2025"))
        before.append(row(keys[1], question, statistic, other, "nug_2024"))
        kind = "difference_of_means" if statistic == "mean" else "difference"
        limits = {"ci_low": value - other - 0.1, "ci_high": value - other + 0.1, "ci_method": "t", "p_adjusted": p}
        own.append(row(f"diff({','.join(keys)})", question, kind, value - other, "nug_2025", **limits))
    return pd.DataFrame(own), pd.DataFrame(before)


def beside(comparable: bool = True) -> Released:
    own, before = numbers()
    if not comparable:
        own, before = own[~own["key"].str.startswith("diff")], before.iloc[:0]
    return exact(own, study(), laid(comparable), before)


@pytest.mark.parametrize("lang", ["en", "my"])
def test_the_tables_say_what_differs_what_moved_and_what_may_be_compared(lang):
    rows = beside()
    judged, differs, moved = (tables.labelled(rows, name, lang).texts() for name in NAMES)
    # Two services for one reason are one row.
    assert len(judged) == 4 and "NUGPay" in judged[0][1] and "; " in judged[0][1]
    assert {"en": "Tried.", "my": "စမ်းသပ်"}[lang] in judged[2][3]
    assert len(differs) == 1 and differs[0][-2:] == ["ယခင် <b>", "ယခု"]
    # The length of interviews, what is told apart, and how many others there are.
    assert len(moved) == 3 and "+0.75" in moved[0][4].translate(str.maketrans("၀၁၂၃၄၅၆၇၈၉", "0123456789"))
    assert moved[1][0].startswith("trust – ") and ("1" if lang == "en" else "၁") in moved[2][0]
    schema = json.loads((ROOT / "workflow/schemas/comparability.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate({name: laid()[name] for name in schema["required"]})


def test_names_that_several_indicators_have_are_said_once_with_the_base_that_tells_them_apart():
    reason = [{"code": "option_added", "verdict": "note", "question": "barriers_health", "option": "queue"}]
    columns = [f"{family}__{of}__health" for family in ("barriers", "barriers_users") for of in ("power", "cost")]
    judged = {column: {"verdict": "note", "reasons": reason} for column in [*columns, "barriers__any_barrier__health"]}
    judged["adoption__aware_any__health"] = judged["barriers__any_barrier__health"]
    rows = exact(numbers()[0], study(), {**laid(), "columns": judged, "levels": {}}, numbers()[1])
    ((_, named, *_),) = tables.labelled(rows, "comparability", "en").texts()
    assert named == (
        "Health (those aware of a service of the ministry; those who ever used one): Power cuts; Cost. "
        "Health: Any barrier. Aware of a service of Health"
    )


@pytest.mark.parametrize("lang", ["en", "my"])
def test_one_earlier_wave_stands_over_the_tables_and_every_cell_has_its_header_on_a_narrow_screen(lang, tmp_path):
    fonts.cut(tmp_path)
    made = page(beside(), lang, tmp_path)
    earlier = study()["waves"]["nug_2024"]["label"][lang]
    assert made.count(f": {earlier}</b>") == 2 and made.count(f">{earlier}<") == 0
    assert "#table-comparability tbody tr>:nth-child(3)::before" in made and "nth-child(4)::before" in made
    assert "#table-comparability tbody tr>:nth-child(4)::before" not in made


def test_the_codes_hold_every_row_and_the_keys_of_both_waves():
    rows = beside()
    judged, differs, moved = (tables.build(rows, name) for name in NAMES)
    assert (len(judged), len(differs), len(moved)) == (6, 1, 3)
    assert moved["earlier"].notna().all() and (moved["later"] - moved["earlier"] - moved["change"]).abs().max() < 1e-9
    assert len(tables.keys(rows, "wave_diff_shifts")) == 9


@pytest.mark.parametrize("lang", ["en", "my"])
def test_the_page_stands_by_itself_and_says_where_it_is_confidential(lang, tmp_path):
    fonts.cut(tmp_path)
    made = page(beside(), lang, tmp_path, confidential=True)
    assert 'class="exact"' in made and 'class="exact"' not in page(beside(), lang, tmp_path)
    assert made.count("<table") == 3 and "ယခင် &lt;b&gt;" in made and "@font-face" in made
    assert "src=" not in made and "href=" not in made


@pytest.mark.parametrize("lang", ["en", "my"])
def test_every_number_of_the_page_has_its_key_and_a_typed_one_stops_it(lang, tmp_path):
    fonts.cut(tmp_path)
    made, path = page(beside(), lang, tmp_path), tmp_path / "page.html"
    path.write_text(plain(made), encoding="utf-8")
    assert len({key for key, _ in check_page(made, path)}) > 5
    with pytest.raises(FindingsError, match="no key stands behind"):
        check_page(made.replace("<h1>", "<h1>61% "), path)
    path.write_text(plain(made).replace("<h1>", "<h1>61% "), encoding="utf-8")
    with pytest.raises(FindingsError, match="not those that were issued"):
        check_page(made, path)


def test_beside_volunteers_nothing_is_compared_and_the_page_says_in_what_they_differ():
    rows = beside(comparable=False)
    judged = tables.labelled(rows, "comparability", "en").texts()
    why = "kind of sample; mode of interview; list the sample was drawn from; both of volunteers"
    assert judged == [["Survey 2024, volunteers (synthetic)", "The whole wave", "not comparable", why]]
    assert tables.build(rows, "wave_diff_shifts").empty and tables.build(rows, "comparability").empty


def test_an_indicator_without_a_change_row_has_no_line_in_a_figure():
    config = study()
    whole = of_figure(config, "change")
    entry = config["exhibits"]["figures"]["change"]

    def lines(released: Released) -> set[str]:
        return {line.estimate.key for panel in panels(released, entry, "en") for line in panel.lines}

    gone = {r["key"] for r in whole._derived if r["key"].startswith("diff(trust.trust.")}
    kept = Released(whole._rows, config, whole.earlier, [r for r in whole._derived if r["key"] not in gone])
    assert gone and any(key.startswith("trust.trust.") for key in lines(whole))
    assert not any("trust.trust." in key for key in lines(kept)) and lines(kept)
