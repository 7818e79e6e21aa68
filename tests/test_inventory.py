"""The inventory of services: every fact with its source, every text in both languages."""

from __future__ import annotations

import copy
import re

import pytest
import yaml
from findings.config import load_study
from findings.environment import ROOT
from findings.errors import FindingsError
from findings.inventory import load_inventory, sources
from findings.tables.inventory import labelled
from findings.text.context import events

PATH = ROOT / "data" / "reference" / "inventory.yaml"
STUDY = load_study(ROOT / "config.yaml")
INVENTORY = load_inventory(PATH, STUDY["services"])


def nodes(node):
    yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(part)


def stopped(tmp_path, change) -> str:
    """What is said of the inventory after `change`."""
    found = {"services": copy.deepcopy(INVENTORY)}
    change(found["services"])
    path = tmp_path / "inventory.yaml"
    path.write_text(yaml.safe_dump(found, allow_unicode=True), encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        load_inventory(path, STUDY["services"])
    return str(caught.value)


def test_every_service_of_the_study_is_there_in_its_order():
    assert list(INVENTORY) == list(STUDY["services"])


def test_every_dated_or_claimed_fact_has_an_address():
    facts = [node for node in nodes(INVENTORY) if isinstance(node, dict) and {"date", "value"} & set(node)]
    assert len(facts) > len(INVENTORY)
    assert all(fact["source"].startswith("http") for fact in facts)
    assert all(sources(entry) for entry in INVENTORY.values())


def test_every_text_is_in_both_languages_and_burmese_has_burmese_digits():
    texts = [node for node in nodes(INVENTORY) if isinstance(node, dict) and {"en", "my"} & set(node)]
    assert all(set(text) == {"en", "my"} for text in texts)
    for text in texts:
        assert not re.search("[0-9]", text["my"]), text["my"]
        assert re.search("[\u1000-\u109f]", text["my"]) and not re.search("[\u1000-\u109f]", text["en"])


def test_both_languages_give_the_same_numbers():
    digits = str.maketrans("၀၁၂၃၄၅၆၇၈၉", "0123456789")
    for text in (node for node in nodes(INVENTORY) if isinstance(node, dict) and {"en", "my"} <= set(node)):
        found = [sorted(re.findall(r"\d[\d,.]*\d|\d", words)) for words in (text["en"], text["my"].translate(digits))]
        # A year may be said once for two dates.
        assert set(found[0]) == set(found[1]), text


def test_a_claim_without_a_date_is_in_the_table_and_not_on_the_time_line():
    undated = [c["value"]["en"] for entry in INVENTORY.values() for c in entry["claims"] if c["date"] is None]
    assert undated
    shown = " ".join(event.label for event in events(INVENTORY, STUDY, "en"))
    cells = str(labelled(INVENTORY, STUDY, "services", STUDY["exhibits"]["tables"]["services"], "en").rows)
    assert all(value in cells and value not in shown for value in undated)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("nugpay"), ["lacks services", "nugpay", "Mend"]),
        (lambda s: s["nugpay"]["launched"].pop("source"), ["services.nugpay.launched", "Mend"]),
        (lambda s: s["nugpay"]["claims"][0].update(date="June 2022"), ["services.nugpay.claims.0.date", "June"]),
        (lambda s: s["nugpay"]["claims"][0].update(source="a friend"), ["services.nugpay.claims.0.source"]),
    ],
)
def test_a_wrong_inventory_names_the_key(tmp_path, change, words):
    message = stopped(tmp_path, change)
    assert all(word in message for word in words), message


@pytest.mark.parametrize("text", [None, "services: ["])
def test_missing_or_not_yaml(tmp_path, text):
    path = tmp_path / "inventory.yaml"
    if text:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(FindingsError, match="missing, or no YAML"):
        load_inventory(path, STUDY["services"])
