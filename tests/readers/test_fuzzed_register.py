"""Cells, headers, delimiters and encodings of any kind: the register holds what was answered, or the run stops.

What was answered is counted here a second time, from the cells as they were written, by loops and a table of meanings.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pandas as pd
from findings import estimators
from findings.cleaning import clean
from findings.errors import FindingsError
from findings.indicators import build
from findings.ingest import ingest
from findings.plan import expand_indicators, levels
from findings.weighting import weigh
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from test_fuzzed import CELLS
from test_real_exports import write_form

COLOURS = {"red": "Red", "blue": "Blue", "none": "None"}
USES = {"pay": "To pay", "learn": "To learn"}
PLAIN = {"en": "x"}
ENTRY = {"family": "f", "label": PLAIN, "question": PLAIN, "base_label": PLAIN, "base": None}
STUDY: dict[str, Any] = {
    "ministries": {}, "services": {}, "barriers": {}, "dimensions": {}, "breakdowns": {}, "crossings": [],
    "nonanswers": {"declined": [], "dont_know": []}, "headline_weighting": "none", "singletons": "adjust",
    "weighting": {"max_iterations": 100, "tolerance": 1e-10, "trim": None},
    "indicators": [
        *[{**ENTRY, "id": code, "statistic": "proportion", "column": "colour", "equals": code} for code in COLOURS],
        *[{**ENTRY, "id": code, "statistic": "proportion", "column": "uses", "contains": code} for code in USES],
        {**ENTRY, "id": "age", "statistic": "mean", "column": "age", "number": True},
    ],
}  # fmt: skip
WAVE: dict[str, Any] = {
    "wave": "w", "synthetic": True, "cleaning": [{"step": "script"}], "design": {"kind": "probability"},
}  # fmt: skip
# What a cell may mean; every other one is to stop the run.
SPACES = ["{}", " {}", "{}\u200b", "{} "]
MEANING: dict[str, dict[str, Any]] = {
    "colour": {way.format(code): code for code in COLOURS for way in SPACES}
    | {label: code for code, label in COLOURS.items()},
    "uses": {"pay": {"pay"}, "learn": {"learn"}, "pay learn": {"pay", "learn"}, "learn pay": {"pay", "learn"}},
    "age": {"30": 30.0, "၃၀": 30.0, "၃ဝ": 30.0, " 41": 41.0, "7.5": 7.5, "007": 7.0, "1": 1.0, "1.0": 1.0, "၁၂": 12.0},
}
HEADERS = {"colour": ["colour", "g/colour", "Colour?"], "uses": ["uses", "g/uses"], "age": ["age", "Age?", "age "]}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(["", *known]) for name, known in MEANING.items()}),
    min_size=3, max_size=8,
)  # fmt: skip
ODD = st.one_of(st.none(), st.none(), st.tuples(st.sampled_from(sorted(MEANING)), st.integers(0, 7), CELLS))


def means(rows: list[dict[str, Any]]) -> dict[str, tuple[int, float]] | None:
    """Per indicator the answers and their mean; None where a cell means nothing."""
    answers: dict[str, list[Any]] = {name: [] for name in MEANING}
    for row in rows:
        for name, cell in row.items():
            if cell and cell not in MEANING[name]:
                return None
            answers[name] += [MEANING[name][cell]] if cell else []
    held = {code: [float(answer == code) for answer in answers["colour"]] for code in COLOURS}
    held |= {code: [float(code in answer) for answer in answers["uses"]] for code in USES}
    held["age"] = answers["age"]
    return {name: (len(values), sum(values) / len(values)) for name, values in held.items() if values}


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(ROWS, ODD, st.fixed_dictionaries({name: st.sampled_from(ways) for name, ways in HEADERS.items()}),
       st.sampled_from(";,\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
       st.sampled_from([True, True, True, False]),
       st.permutations(sorted(MEANING)))  # fmt: skip
def test_the_register_is_what_was_answered_or_the_run_stops(
    tmp_path, rows, odd, headers, delimiter, encoding, declared, order
):
    if odd:
        name, at, cell = odd
        rows[at % len(rows)] |= {name: cell}
    wanted = means(rows)
    if not (tmp_path / "form.xlsx").is_file():
        choices = [(name, code, label) for name, codes in (("colour", COLOURS), ("uses", USES))
                   for code, label in codes.items()]  # fmt: skip
        write_form(tmp_path / "form.xlsx", [("select_one colour", "colour", "Colour?"),
                   ("select_multiple uses", "uses", "Uses?"), ("decimal", "age", "Age?")], choices)  # fmt: skip
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([[headers[name] for name in order], *([row[name] for name in order] for row in rows)])
    try:
        (tmp_path / "e.csv").write_bytes(text.getvalue().encode(encoding))
    except UnicodeEncodeError:
        assume(False)
    said = {"delimiter": delimiter, "encoding": encoding} if declared else {}
    wave = {**WAVE, "source": {"tool": "plain_csv", "export": "e.csv", "form": "form.xlsx", **said}}
    try:
        found = numbers(wave, tmp_path)
    except FindingsError as error:
        # Only what nobody declared, a cell without a meaning, or labels among codes may stop: nothing else is refused.
        labelled = any(row["colour"] in COLOURS.values() for row in rows)
        assert wanted is None or not declared or labelled or not any(any(row.values()) for row in rows), error
        event("stopped")
        return
    event("counted")
    assert wanted is not None, "a cell without a meaning was counted"
    assert found.keys() == wanted.keys()
    for name, (n, value) in wanted.items():
        assert found[name][0] == n and abs(found[name][1] - value) < 1e-12, name


def numbers(wave: dict[str, Any], folder: Any) -> dict[str, tuple[int, float]]:
    """Unweighted estimates of the register, by indicator."""
    got = ingest(wave, folder, b"k" * 32)
    done = clean(got.responses, got.free_text, json.loads(got.codebook.to_json()), wave, None)
    indicators, steps = expand_indicators(STUDY), levels(STUDY)
    weighted = weigh(build(done.respondents, indicators, steps, STUDY), done.respondents, wave, STUDY, folder, folder)
    rows = estimators.estimate(weighted.frame, weighted.design, indicators, steps, STUDY, wave)
    rows = rows[(rows["weighting"] == "none") & rows["n"].gt(0)]
    assert not pd.Series(rows["indicator"]).duplicated().any()
    return {row["indicator"]: (int(row["n"]), float(row["estimate"])) for row in rows.to_dict("records")}
