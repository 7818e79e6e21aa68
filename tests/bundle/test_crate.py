"""The crate: a validator accepts it, and what it says of its files is true."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from findings.bundle import crate
from findings.provenance import sha256
from requests.adapters import BaseAdapter, HTTPAdapter
from requests_cache import CachedSession
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings
from urllib3 import HTTPResponse

# The terms of RO-Crate's context that the crate uses, as https://w3id.org/ro/crate/1.1/context has them (CC0).
CONTEXT = Path(__file__).parent / "context.json"


class Shelf(BaseAdapter):
    """Serves the context from its file, and nothing else."""

    def send(self, request, **_):
        found = request.url == crate.CONTEXT[0]
        body = CONTEXT.read_bytes() if found else b""
        raw = HTTPResponse(body=BytesIO(body), status=200 if found else 404, preload_content=False,
                           headers={"Content-Type": "application/ld+json"})  # fmt: skip
        return HTTPAdapter().build_response(request, raw)

    def close(self):
        pass


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """A cache of the validator's that holds the context, so that no request leaves."""
    path = tmp_path_factory.mktemp("cache") / "http"
    session = CachedSession(str(path), backend="sqlite", expire_after=-1)
    session.mount("https://", Shelf())
    assert session.get(crate.CONTEXT[0]).json()["@context"]
    return path


def validate(folder: Path, cache: Path, severity=Severity.REQUIRED, **more):
    return services.validate(
        ValidationSettings(
            rocrate_uri=str(folder), profile_identifier="provenance-run-crate", requirement_severity=severity,
            offline=True, cache_path=str(cache), **more,
        )
    )  # fmt: skip


def metadata(folder: Path) -> dict:
    return json.loads((folder / crate.METADATA).read_text(encoding="utf-8"))


def test_a_validator_accepts_it(opened_bundle, cache):
    found = validate(opened_bundle, cache)
    assert found.passed(), [issue.message for issue in found.get_issues()]


@pytest.mark.parametrize("harm", ["step", "run", "profile"])
def test_the_validator_refuses_a_broken_one(opened_bundle, cache, tmp_path, harm):
    made = metadata(opened_bundle)
    of = {entity["@id"]: entity for entity in made["@graph"]}
    if harm == "step":
        of["#step/clean"].pop("workExample")
    elif harm == "run":
        of["#run"].pop("instrument")
    else:
        of["./"]["conformsTo"] = []
    (tmp_path / crate.METADATA).write_text(json.dumps(made), encoding="utf-8")
    assert not validate(tmp_path, cache, metadata_only=True, abort_on_first=True).passed()


def test_every_file_is_there_with_its_hash_and_size(opened_bundle):
    folder = opened_bundle
    made = metadata(folder)["@graph"]
    files = {entity["@id"]: entity for entity in made if "File" in entity["@type"]}
    parts = {each["@id"] for each in next(entity for entity in made if entity["@id"] == "./")["hasPart"]}
    assert parts == {*files, "results/release/"}
    for name, entity in files.items():
        assert sha256(folder / name) == entity["sha256"] and (folder / name).stat().st_size == int(
            entity["contentSize"]
        )


def test_every_reference_is_to_something_described(opened_bundle):
    made = metadata(opened_bundle)["@graph"]
    known = [entity["@id"] for entity in made]
    assert len(known) == len(set(known))
    wanted = set(re.findall(r'"@id": "([^"]+)"', json.dumps(made)))
    assert {each for each in wanted - set(known) if not each.startswith("https://")} == set()


def test_what_is_not_handed_out_has_no_hash_and_is_not_there(opened_bundle, finished_study):
    folder = opened_bundle
    made = metadata(folder)["@graph"]
    withheld = [entity for entity in made if entity["@id"].startswith("#not-included/")]
    named = {entity["name"] for entity in withheld}
    assert {"results/confidential/nug_2025/ledger.parquet", "data/raw/nug_2025/export.xlsx"} <= named
    assert all(set(entity) == {"@id", "@type", "name", "description"} for entity in withheld)
    assert not any((folder / name).exists() for name in named)
    words = json.dumps(made)
    secret = [path for path in (finished_study / "results/confidential").rglob("*") if path.is_file()]
    secret.append(finished_study / "data/raw/nug_2025/export.xlsx")
    assert len(secret) > 10 and not any(sha256(path) in words for path in secret)


def test_a_job_runs_from_what_it_read_to_what_it_wrote(opened_bundle):
    of = {entity["@id"]: entity for entity in metadata(opened_bundle)["@graph"]}
    gate = of["#job/nug_2025/disclose"]
    assert {"@id": "results/release/nug_2025/estimates.csv"} in gate["result"]
    assert {"@id": "#not-included/results/confidential/nug_2025/register.parquet"} in gate["object"]
    assert gate["instrument"] == {"@id": "workflow/scripts/disclose.py"} and gate["startTime"] < gate["endTime"]
    assert of["#control/nug_2025/disclose"]["instrument"] == {"@id": "#step/disclose"}
    assert of["#step/disclose"]["description"].startswith("The gate of wave {wave}")
