"""Each kind of difference between two instruments, planted and found, and none else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from findings.instrument import Codebook, Question
from findings.wave_diff.asked import asked
from findings.wave_diff.structure import KINDS, Difference, differences, likeness
from hypothesis import given, settings
from hypothesis import strategies as st

AGREE = ["no", "rather_no", "rather_yes", "yes", "dont_know"]
LABELS = {
    "no": {"en": "No", "my": "မဟုတ်ပါ"},
    "rather_no": {"en": "Rather no", "my": "သိပ်မဟုတ်ပါ"},
    "rather_yes": {"en": "Rather yes", "my": "အတော်အတန် ဟုတ်ပါသည်"},
    "yes": {"en": "Yes", "my": "ဟုတ်ကဲ့"},
    "dont_know": {"en": "Do not know", "my": "မသိပါ"},
}
SILENT = ["dont_know", "prefer_not_to_answer"]


def question(name: str, kind: str = "select_one", **other) -> Question:
    made = Question(
        name, kind, "agree" if kind.startswith("select") else None,
        {"en": f"Do you trust the {name} office?", "my": "ဤရုံးကို ယုံကြည်ပါသလား။"}, "", "", True, "g",
    )  # fmt: skip
    return replace(made, **other)


def codebook(*questions: Question, choices: dict | None = None) -> Codebook:
    made = questions or (question("tax"), question("age", "integer"))
    return Codebook({q.name: q for q in made}, {"agree": choices or {code: LABELS[code] for code in AGREE}})


def found(later: Codebook, earlier: Codebook | None = None, wave: dict | None = None, record: dict | None = None):
    own, other = asked(later, wave or {}, record or {}), asked(earlier or codebook(), {}, {})
    return differences(own, other, SILENT, 0.9)


def kinds(*arguments, **named) -> list[tuple[str, str, str]]:
    return [(each.kind, each.option, each.language) for each in found(*arguments, **named)]


def without(code: str) -> dict:
    return {name: label for name, label in LABELS.items() if name != code}


def labelled(**labels: str) -> dict:
    return {code: {**texts, "en": labels.get(code, texts["en"])} for code, texts in LABELS.items()}


AGE = question("age", "integer")
PLANTED = {
    "column_added": (codebook(question("tax"), AGE, question("new", "text")), [("column_added", "", "")]),
    "column_lost": (codebook(question("tax")), [("column_lost", "", "")]),
    "type_changed": (codebook(question("tax", "select_multiple"), AGE), [("type_changed", "", "")]),
    "filter_changed": (codebook(question("tax", relevant="${age} > 17"), AGE), [("filter_changed", "", "")]),
    "required_changed": (codebook(question("tax", required=False), AGE), [("required_changed", "", "")]),
    "constraint_changed": (
        codebook(question("tax"), replace(AGE, constraint=". < 120")),
        [("constraint_changed", "", "")],
    ),
    "wording_touched": (
        codebook(question("tax", label={"en": "Do you trust a tax office?", "my": "ဤရုံးကို ယုံကြည်ပါသလား။"}), AGE),
        [("wording_touched", "", "en")],
    ),
    "reworded": (
        codebook(question("tax", label={"en": "Do you trust the tax office?", "my": "အခွန်ကို ကြိုက်သလား။"}), AGE),
        [("reworded", "", "my")],
    ),
    "language_added": (
        codebook(question("tax", label={**question("tax").label, "kac": "x"}), AGE), [("language_added", "", "kac")]
    ),
    "language_lost": (
        codebook(question("tax", label={"en": question("tax").label["en"]}), AGE),
        [("language_lost", "", "my")],
    ),
    "option_added": (codebook(choices={**LABELS, "never": {"en": "Never"}}), [("option_added", "never", "")]),
    "option_lost": (codebook(choices=without("rather_no")), [("option_lost", "rather_no", "")]),
    "nonanswer_added": (
        codebook(choices={**LABELS, "prefer_not_to_answer": {"en": "Rather not say"}}),
        [("nonanswer_added", "prefer_not_to_answer", "")],
    ),
    "nonanswer_lost": (codebook(choices=without("dont_know")), [("nonanswer_lost", "dont_know", "")]),
    "label_touched": (codebook(choices=labelled(rather_yes="Rather, yes")), [("label_touched", "rather_yes", "en")]),
    "relabelled": (codebook(choices=labelled(rather_yes="Certainly")), [("relabelled", "rather_yes", "en")]),
    "labels_swapped": (
        codebook(choices=labelled(no="Yes", yes="No")),
        [("labels_swapped", "no", "en"), ("labels_swapped", "yes", "en")],
    ),
    "scale_reversed": (
        codebook(choices={code: LABELS[code] for code in [*AGREE[3::-1], "dont_know"]}), [("scale_reversed", "", "")]
    ),
    "order_changed": (
        codebook(choices={code: LABELS[code] for code in ["rather_no", "no", *AGREE[2:]]}), [("order_changed", "", "")]
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLANTED)
def test_what_was_planted_is_found_and_nothing_else(kind):
    later, expected = PLANTED[kind]
    assert kinds(later) == expected
    # Seen from the other side it is a difference as well.
    assert len(kinds(codebook(), later)) == len(expected)


def test_every_kind_is_planted():
    renamed = {"column_renamed", "option_renamed"}
    assert set(PLANTED) | renamed == set(KINDS)


def test_what_a_person_called_the_same_is_renamed_not_lost():
    own = {"university": {"en": "University"}, "none": {"en": "None"}}
    later = {"tertiary": {"en": "Tertiary"}, "none": {"en": "None"}, "university": {"en": "University"}}
    wave = {
        "codes": {"agree": {"university": {"label": {"en": "University"}}}},
        "cleaning": [{"step": "recode", "column": "tax", "map": {"tertiary": "university"}}],
        "columns": {"q_tax": {"rename": "tax"}},
    }
    assert found(codebook(choices=later), codebook(choices=own), wave) == [
        Difference("column_renamed", "tax", before="tax", now="q_tax"),
        Difference("option_renamed", "tax", "university", "", "university (University)", "tertiary (Tertiary)"),
    ]


def test_an_answer_that_counts_as_none_is_lost():
    wave = {"answers": {"tax": {"rather_yes": None}}}
    assert kinds(codebook(), wave=wave) == [("option_lost", "rather_yes", "")]


def test_two_answers_in_another_order_are_no_scale():
    pair = {code: LABELS[code] for code in ("no", "yes")}
    assert kinds(codebook(choices=dict(reversed(pair.items()))), codebook(choices=pair)) == [("order_changed", "", "")]


def test_what_is_in_the_form_and_not_in_the_export_was_not_asked():
    assert kinds(codebook(), record={"absent": ["tax"]}) == [("column_lost", "", "")]


def test_the_labels_of_the_export_are_compared_where_both_waves_have_them():
    def of(words: str) -> dict:
        return asked(codebook(), {}, {"labels": {"tax": {"wording": words, "values": {"yes": words}}}})

    own, other = of("Do you trust it?"), of("Would you ever rely on these people?")
    told = [(each.kind, each.option, each.language) for each in differences(own, other, SILENT, 0.9)]
    assert told == [("reworded", "", "export"), ("relabelled", "yes", "export")]
    assert not differences(own, asked(codebook(), {}, {}), SILENT, 0.9)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("<b>How</b> old are you?", "How  old are you"),
        ("Ich\u00a0gehe", "ich gehe."),
        ("ဟုတ်ကဲ့။", "ဟုတ်\u200bကဲ့"),
        ("e\u0301t\u00e9", "\u00e9te\u0301"),
    ],
)
def test_what_no_reader_sees_is_no_difference(before, now):
    assert likeness(before, now) == 1


texts = st.text(alphabet="abc ကခဂ", max_size=6)
codes = st.lists(st.sampled_from("abcdef"), unique=True, min_size=1)
instruments = st.lists(
    st.tuples(st.sampled_from(["select_one", "select_multiple", "integer"]), texts, texts, st.booleans()), max_size=4
)


@given(instruments, codes, texts)
@settings(max_examples=60, deadline=None)
def test_a_wave_has_no_difference_from_itself(drawn, order, label):
    made = [
        question(f"q{n}", kind, label={"en": en, "my": my}, required=required)
        for n, (kind, en, my, required) in enumerate(drawn)
    ]
    book = codebook(*made, choices={code: {"en": label + code} for code in order})
    assert found(book, book) == []
    other = codebook(*reversed(made), choices={code: {"en": label + code} for code in order})
    assert found(other, book) == []
