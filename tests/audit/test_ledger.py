"""The ledger replays, both ways, on the files as written, whatever is in it; and a run stops where it does not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import pytest
from conftest import WAVE, reproduce
from findings import ledger as book
from findings.audit.ledger import prove
from findings.audit.plain.replay import replayed
from findings.errors import FindingsError
from hypothesis import given, settings
from hypothesis import strategies as st

FILES = ("responses", "free_text_raw", "respondents", "free_text", "ledger", "link", "repeats")
TEXT = "said"
CELLS = st.sampled_from([None, "a", "b", "c", "d"])
COLUMNS = ["x", "y", TEXT]


def entry(row, column, old, new, step, place, count=1):
    return {"row": row, "column": column, "old": old, "new": new, "step": step, "reason": "why", "count": count,
            "source": "free_text" if column == TEXT else place}  # fmt: skip


@st.composite
def histories(draw):
    """Cells by column, `dropped_by` among them, as they came; and a ledger of every kind of entry made on them."""
    size = draw(st.integers(2, 6))
    cells = {column: draw(st.lists(CELLS, min_size=size, max_size=size)) for column in COLUMNS}
    now = {column: list(of) for column, of in cells.items()} | {book.DROPPED: [None] * size}
    ledger = []
    for number in range(draw(st.integers(0, 6))):
        column, place = draw(st.sampled_from(COLUMNS)), f"wave.yaml cleaning.{number}"
        kind = draw(st.sampled_from(["edit", "flag", "drop", "recode"]))
        rows = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=size, unique=True))
        if kind == "drop":
            rows = [row for row in rows if now[book.DROPPED][row] is None]
            ledger += [entry(f"r{row}", book.DROPPED, None, "duplicates", "duplicates", place) for row in rows]
            for row in rows:
                now[book.DROPPED][row] = "duplicates"
        elif kind == "recode":
            # All at once and one to one: a -> b and b -> a may change places.
            old = sorted({cell for cell in now[column] if cell is not None})
            new = draw(st.permutations([*dict.fromkeys([*old, "e", "f"])]))[: len(old)]
            mapping = {a: b for a, b in zip(old, new, strict=True) if a != b}
            if set(mapping.values()) & {cell for cell in now[column] if cell not in mapping}:
                continue
            place = place if column != TEXT else f"free_text {number}"
            ledger += [
                entry(None, column, a, b, "recode", place, now[column].count(a)) | {"source": place}
                for a, b in mapping.items()
            ]
            now[column] = [mapping.get(cell, cell) for cell in now[column]]
        else:
            step = f"{kind}_{number}"
            for row in rows:
                old = now[column][row]
                new = old if kind == "flag" else draw(CELLS)
                ledger.append(entry(f"r{row}", column, old, new, step, place))
                now[column][row] = new
    return cells, now, ledger


def places(folder: Path) -> dict[str, Path]:
    return {name: folder / (name if name == "repeats" else f"{name}.parquet") for name in FILES}


def write(folder: Path, cells: dict, now: dict, ledger: list[dict]) -> dict[str, Path]:
    ids = [f"r{row}" for row in range(len(cells["x"]))]
    said = [pd.DataFrame({"row_id": ids, "column": TEXT, "text": of[TEXT]}).dropna() for of in (cells, now)]
    frames = {
        "responses": pd.DataFrame({"row_id": ids, "x": cells["x"], "y": cells["y"]}),
        "respondents": pd.DataFrame({"row_id": ids, "x": now["x"], "y": now["y"], book.DROPPED: now[book.DROPPED]}),
        "free_text_raw": said[0],
        "free_text": said[1],
        "ledger": pd.DataFrame(ledger, columns=book.COLUMNS).astype({"count": "int64"}),
        "link": pd.DataFrame({"data_row": range(1, len(ids) + 1), "row_id": ids}),
    }
    for name, frame in frames.items():
        frame.astype({c: "string" for c in frame if c not in ("count", "data_row")}).to_parquet(
            folder / f"{name}.parquet", index=False
        )
    return places(folder)


@settings(max_examples=80, deadline=None)
@given(histories())
def test_any_ledger_replays_both_ways_by_both_implementations(history):
    cells, now, ledger = history
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder), cells, now, ledger)
        assert prove(files, WAVE)["entries"] == len(ledger)
        frames = {name: pd.read_parquet(path) for name, path in files.items() if path.is_file()}
    wide = frames["responses"].assign(**{TEXT: pd.Series(cells[TEXT], dtype="string")})
    after = frames["respondents"].assign(**{TEXT: pd.Series(now[TEXT], dtype="string")})
    made = book.apply(wide, frames["ledger"])
    pd.testing.assert_frame_equal(made, after[list(made)], check_dtype=False)
    pd.testing.assert_frame_equal(book.reverse(made, frames["ledger"]), wide, check_dtype=False)
    rows = [{"row_id": f"r{i}", "x": cells["x"][i], "y": cells["y"][i]} for i in range(len(cells["x"]))]
    plain = replayed(rows, ledger, {})
    assert [row["x"] for row in plain] == now["x"] and [row[book.DROPPED] for row in plain] == now[book.DROPPED]


@settings(max_examples=80, deadline=None)
@given(histories(), st.data())
def test_any_change_of_a_file_is_found_with_its_column_and_rows(history, data):
    cells, now, ledger = history
    row = data.draw(st.integers(0, len(cells["x"]) - 1))
    column = data.draw(st.sampled_from([*COLUMNS, book.DROPPED]))
    of = data.draw(st.sampled_from([now] if column == book.DROPPED else [cells, now]))
    of[column][row] = "z"
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder), cells, now, ledger)
        with pytest.raises(FindingsError, match="does not replay") as found:
            prove(files, WAVE)
    assert found.value.column == column and found.value.wave == WAVE
    assert row + 1 in found.value.rows or "recode" in str(found.value)


def tampered(study: Path, name: str, change) -> dict[str, Path]:
    folder = study / "results" / "confidential" / WAVE
    frame = change(pd.read_parquet(folder / f"{name}.parquet"))
    frame.to_parquet(folder / f"{name}.parquet", index=False)
    return places(folder)


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("ledger", lambda f: f.drop(f.index[f["column"] == "dropped_by"][:1]), "dropped_by"),
        ("ledger", lambda f: f.assign(column=f["column"].where(f.index > 0, "no_such")), "no_such"),
        ("ledger", lambda f: f.assign(old=f["old"].where(f.index > 0, "x")), "held"),
        ("respondents", lambda f: f.iloc[1:], "each once"),
        ("respondents", lambda f: f.rename(columns={"age": "years"}), "columns"),
        ("responses", lambda f: f.assign(age=f["age"].where(f.index > 0, "99")), "age"),
        ("free_text", lambda f: f.assign(text=f["text"].where(f.index > 0, "x")), "give"),
        ("free_text_raw", lambda f: f.assign(row_id=f["row_id"].where(f.index > 0, "nobody")), "nobody"),
    ],
)
def test_files_changed_by_hand_are_found(study, name, change, told):
    with pytest.raises(FindingsError, match=told) as found:
        prove(tampered(study, name, change), WAVE)
    assert "Mend" in str(found.value) and WAVE in str(found.value)


def test_a_run_stops_on_a_ledger_that_does_not_replay_and_says_where(study):
    before = (study / "results" / "release" / "MANIFEST.sha256").read_bytes()
    tampered(study, "ledger", lambda f: f.drop(f.index[f["column"] == "dropped_by"][:1]))
    # A whole run would make the ledger again: it is not as its job left it.
    done = reproduce(study, "run", f"results/confidential/{WAVE}/replay.json")
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "The ledger does not replay" in said and "column dropped_by" in said, said
    assert "Rows: " in said and f"wave {WAVE}" in said
    assert (study / "results" / "release" / "MANIFEST.sha256").read_bytes() == before
