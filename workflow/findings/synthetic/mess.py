"""The mess that fieldwork adds to sincere answers, and what cleaning can be asked to give back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from findings.instrument import Codebook

DIGITS = str.maketrans("0123456789", "".join(chr(0x1040 + i) for i in range(10)))
WA = "\u101d"
COMMENTS = (
    "The signal is poor here.",
    "Please call 09 420 000 {number:04d}.",
    "I heard of it from a neighbour.",
    "n/a",
    "None",
)
OTHER = ("The queue is long.", "Nobody explained it.", "-")
Row = dict[str, Any]


@dataclass(frozen=True)
class Messy:
    """`rows` as exported, in the export's order; `twin` what cleaning is to give, with `data_row` (1-based).

    `irrecoverable`: (data_row, column) of cells whose true value no rule can bring back; `corrections` and `recodes`
    for files of these names.
    """

    rows: list[Row]
    twin: pd.DataFrame
    irrecoverable: list[tuple[int, str]]
    corrections: list[dict[str, str]]
    recodes: list[dict[str, str]]


class Mess:
    """Adds the mess of `truth["mess"]`; the generator alone decides where."""

    def __init__(self, codebook: Codebook, truth: Mapping[str, Any], random: np.random.Generator) -> None:
        self.codebook, self.truth, self.random = codebook, truth, random
        self.share = truth["mess"]
        day = datetime.fromisoformat(truth["period"]["from"])
        self.first, self.days = day + timedelta(hours=7), truth["period"]["days"]
        self.singles = [
            name
            for name, question in codebook.questions.items()
            if question.type == "select_one" and name not in ("consent", "is_test", "interview_language")
        ]
        self.scale = [name for name in codebook.questions if name.startswith("sus_")]

    def apply(self, frame: pd.DataFrame, spare: pd.DataFrame) -> Messy:
        """The export of the respondents `frame`; `spare` gives the rows that cleaning is to drop."""
        sincere = [self._whole(row) for row in frame.to_dict("records")]
        exported = [dict(row) for row in sincere]
        lost = self._spoil(sincere, exported)
        recodes = self._read(sincere, exported)
        wrong = self._mistype(sincere, exported)
        rows = [(row, i) for i, row in enumerate(exported)]
        rows += [(self._again(exported[i]), -1) for i in self._some(len(exported), self.share["duplicates"])]
        rows += [(row, -1) for row in self._dropped(spare, len(frame))]
        order = self.random.permutation(len(rows))
        place = {rows[j][1]: number for number, j in enumerate(order, start=1) if rows[j][1] >= 0}
        final = [rows[j][0] for j in order]
        twin = [
            {"data_row": place[i], **{k: v for k, v in row.items() if not k.startswith("#")}}
            | {"place_text": row.get("#code")}
            | {"interview_month": row["#start"].strftime("%Y-%m"), "duration_flag": "ok"}
            for i, row in enumerate(sincere)
        ]
        return Messy(
            final,
            pd.DataFrame(twin, dtype=object).sort_values("data_row", ignore_index=True),
            sorted((place[i], column) for i, column in lost),
            [
                {"tool_id": exported[i]["#uuid"], "data_row": str(place[i]), "column": column, "old": old, "new": new,
                 "reason": "interviewer reported a slip", "who": "field_team", "date": "2025-05-05"}
                for i, column, old, new in wrong
            ],
            recodes,
        )  # fmt: skip

    def _whole(self, row: Mapping[Any, Any]) -> Row:
        """A drawn respondent with consent, times, place and ids; keys with # are not questions."""
        answers: Row = {str(key): value for key, value in row.items()}
        answers |= {"consent": "yes", "is_test": "no", "place_text": None}
        if answers["location"] == "inside":
            zawgyi, text, code = self.truth["places"][self.random.integers(len(self.truth["places"]))]
            answers |= {"place_text": text, "#zawgyi": zawgyi, "#code": code}
        return answers | self._envelope(float(np.clip(self.random.lognormal(3.2, 0.3), 10, 120)))

    def _envelope(self, minutes: float) -> Row:
        start = self.first + timedelta(
            days=int(self.random.integers(self.days)), minutes=int(self.random.integers(0, 600))
        )
        return {
            "#start": start,
            "#end": start + timedelta(seconds=round(minutes * 60)),
            "#uuid": _uuid(self.random),
            "#device": f"device:{self.random.integers(10**8):08d}",
            "#phone": f"09 420 000 {self.random.integers(10**4):04d}",
            "#place": (round(16 + 8 * self.random.random(), 5), round(94 + 5 * self.random.random(), 5)),
        }

    def _some(self, count: int, share: float) -> list[int]:
        return [int(i) for i in self.random.choice(count, max(1, round(count * share)), replace=False)]

    def _spoil(self, sincere: list[Row], exported: list[Row]) -> list[tuple[int, str]]:
        """Spoil cells; those that cleaning cannot give back are returned, and empty in the twin."""
        count, lost = len(exported), []
        for i in self._some(count, self.share["burmese_digits"]):
            exported[i]["age"] = exported[i]["age"].translate(DIGITS)
        tens = [i for i, row in enumerate(sincere) if row["age"].endswith("0")]
        for i in self.random.choice(tens, max(1, round(count * self.share["wa_for_zero"])), replace=False):
            exported[i]["age"] = sincere[i]["age"].translate(DIGITS)[:-1] + WA
        for i in self._some(count, self.share["age_out_of_range"]):
            exported[i]["age"] = str(self.random.integers(150, 999))
            sincere[i]["age"] = None
            lost.append((i, "age"))
        for i in self._some(count, self.share["zawgyi"]):
            if "#zawgyi" in exported[i]:
                exported[i]["place_text"] = exported[i]["#zawgyi"]
        skips = [name for name in self.singles if name.startswith("ever_")]
        for i in self._some(count, self.share["broken_skips"]):
            name = skips[self.random.integers(len(skips))]
            if sincere[i][name] is None:
                exported[i][name] = "no"
        for i in self._some(count, self.share["stray_characters"] * 10):
            name = self.singles[self.random.integers(len(self.singles))]
            if exported[i][name]:
                exported[i][name] = (" {}", "{}\u200b", "{} ")[self.random.integers(3)].format(exported[i][name])
        for i in self._some(count, self.share["comments"]):
            text = COMMENTS[self.random.integers(len(COMMENTS))]
            exported[i]["comment"] = text.format(number=self.random.integers(10**4))
            if self.random.random() < 0.3:
                if self.share.get("own_words"):
                    self._own_words(exported[i])
                    continue
                exported[i]["other_barrier"] = OTHER[self.random.integers(len(OTHER))]
        return lost

    def _mistype(self, sincere: list[Row], exported: list[Row]) -> list[tuple[int, str, str, str]]:
        """Slips that the field team knows of: row, column, the exported answer, the true one."""
        if not self.share["corrections"]:
            return []
        codes = list(self.codebook.choices[self.codebook.questions["education"].list or ""])[:5]
        slips = []
        for i in self.random.choice(len(exported), self.share["corrections"], replace=False):
            true = str(sincere[i]["education"])
            exported[i]["education"] = next(code for code in codes if code != true)
            slips.append((int(i), "education", exported[i]["education"], true))
        return slips

    def _read(self, sincere: list[Row], exported: list[Row]) -> list[dict[str, str]]:
        """What a person makes of the own words: the truth's recodes that meet an answer, which they change."""
        gone, lines = set(self.truth.get("replaced", [])), []
        for recode in self.truth.get("recodes", []):
            name = recode.get("question")
            questions = [name] if name else [each["question"] for each in self.truth["recodes"] if "question" in each]
            said = [i for i, row in enumerate(exported) if row.get("other_barrier") == recode["text"]]
            met = [i for i in said if any(sincere[i][question] for question in questions)]
            for i in met if name else []:
                # The wave's own codes come after the form's.
                order = list(self.codebook.choices[self.codebook.questions[name].list or ""])
                codes = ({*sincere[i][name].split()} - gone) | {recode["code"]}
                rank = {code: order.index(code) if code in order else len(order) for code in codes}
                sincere[i][name] = " ".join(sorted(codes, key=rank.__getitem__))
            if met:
                lines.append({"column": "other_barrier", "question": name or "", "text": recode["text"],
                              "code": recode["code"], "reason": "own words read", "who": "analyst",
                              "date": "2026-05-11"})  # fmt: skip
        return lines

    def _own_words(self, row: Row) -> None:
        """An option that a respondent wrote in: no export marks it."""
        asked = [name for name in self.codebook.questions if name.startswith("barriers_") and row.get(name)]
        if asked:
            row[f"#other_{asked[0]}"] = OTHER[self.random.integers(2)]

    def _again(self, row: Row) -> Row:
        """The same submission sent twice: the tool's own ids differ."""
        return row | {"#uuid": _uuid(self.random)}

    def _dropped(self, spare: pd.DataFrame, count: int) -> Iterable[Row]:
        """Rows that cleaning drops: tests, no consent, under age, speeders, straight-liners."""
        rows = iter([self._whole(row) for row in spare.to_dict("records")])

        def number(kind: str) -> range:
            return range(max(2, round(count * self.share[kind])) if self.share[kind] else 0)

        for _ in number("test_rows"):
            yield next(rows) | {"is_test": "yes"}
        for _ in number("no_consent"):
            yield {"consent": "no", "is_test": "no"} | self._envelope(9)
        for _ in number("under_age"):
            yield next(rows) | {"age": str(self.random.integers(14, 18))}
        for _ in number("speeders"):
            row = next(rows)
            yield row | {"#end": row["#start"] + timedelta(seconds=int(self.random.integers(90, 400)))}
        for _ in number("straight_liners"):
            row = next(row for row in rows if row["most_used"])
            yield row | dict.fromkeys(self.scale, "agree")


def _uuid(random: np.random.Generator) -> str:
    text = random.bytes(16).hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
