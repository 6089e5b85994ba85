"""Each kind of service on a list with known duplicates, as one and in parts; and again, when nothing is left to do."""

import hashlib
import io
from typing import Any

import polars as pl
import pytest
from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.executions import Stage
from touchline.domain.marketo.services import Kind
from touchline.services.marketo import deduplicating
from touchline.services.marketo.work import Sizes

from tests.unit.services.marketo.leads import instance, lead
from tests.unit.services.marketo.world import TENANT, World

MARKS = [
    LeadField("tlDuplicateGroup", "Group", "string", 255),
    LeadField("tlSurvivor", "Survivor", "string", 255),
    LeadField("tlIsDuplicate", "Is duplicate", "boolean"),
    LeadField("tlRule", "Rule", "string", 255),
]
HASHES = [LeadField("emailSha256", "Email SHA-256", "string", 255)]
DOMAINS = [LeadField(name, name, "string", 255) for name in ("emailDomainClass", "emailCompanyDomain")]
IN_PARTS = Sizes(part=2_000, piece=500, work_at_once=1)
RULES: dict[Kind, dict[str, Any]] = {
    "dedupe": {"survivor": {"prefer": []}},
    "email_hash": {},
    "email_domain": {},
}


def world(kind: Kind, count: int = 200, sizes: Sizes | None = None, rules: dict[str, Any] | None = None) -> World:
    made = World(instance(count), kind=kind, rules=rules or RULES[kind], sizes=sizes or Sizes())
    for field in [*MARKS, *HASHES, *DOMAINS]:
        made.marketo.known_fields[field.name] = field
    for name in ("emailInvalid", "leadPartitionId"):
        made.marketo.known_fields[name] = LeadField(name, name, "boolean" if name == "emailInvalid" else "integer")
    return made


def tables(made: World, prefix: str) -> pl.DataFrame:
    names = made.files.names(TENANT, "e-1", prefix)
    return pl.concat([pl.read_parquet(io.BytesIO(made.files.get(TENANT, "e-1", name))) for name in names])


def test_more_duplicates_than_agreed_ask_a_person() -> None:
    made = world("dedupe")
    made.begin()
    assert made.run() == "asked"
    assert made.execution.state == "awaiting_approval"


def agreed(made: World) -> World:
    made.rules = {**made.rules, "ask_above_share": 1.0}
    return made


@pytest.mark.parametrize("sizes", [Sizes(), IN_PARTS], ids=["as one", "in parts"])
def test_duplicates_are_marked_once(sizes: Sizes) -> None:
    made = agreed(world("dedupe", sizes=sizes))
    made.begin()
    assert made.run() == "done"
    rows = made.marketo.store.rows
    assert (rows[3]["tlIsDuplicate"], rows[2].get("tlIsDuplicate")) == (True, None)
    assert rows[3]["tlSurvivor"] == "2"
    assert made.execution.results["groups"] == 99
    assert made.execution.results["verified_differ"] == 0
    assert made.execution.results["written"] == 198
    first = {**made.marketo.calls}
    made.begin("e-2")
    assert made.run() == "done"
    assert made.execution.results.get("written", 0) == 0
    assert made.marketo.calls["update_leads"] == first["update_leads"]


@pytest.mark.parametrize("kind", ["dedupe", "email_hash", "email_domain"])
def test_in_parts_it_finds_what_it_finds_as_one(kind: Kind) -> None:
    found = []
    for sizes in (Sizes(), IN_PARTS):
        made = agreed(world(kind, sizes=sizes)) if kind == "dedupe" else world(kind, sizes=sizes)
        made.begin()
        assert made.run() == "done"
        found.append(tables(made, "changes/").sort("id", "field"))
        parts = len(list(made.files.names(TENANT, "e-1", "extract/")))
        assert (parts > 2) == (sizes is IN_PARTS)
    assert found[0].equals(found[1])
    assert found[0].height > 100


def test_an_execution_goes_on_with_the_slices_that_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a newer version of the code, which cuts otherwise, is deployed in the middle of it."""
    monkeypatch.setattr(deduplicating, "BYTES_A_SLICE", 1)
    made = agreed(world("dedupe", sizes=IN_PARTS))

    def deployed(stage: Stage) -> bool:
        if any(made.files.names(TENANT, "e-1", "keys/done-")):
            monkeypatch.setattr(deduplicating, "BYTES_A_SLICE", 10**9)
        return False

    made.begin()
    assert made.run(deployed) == "done"
    assert len(list(made.files.names(TENANT, "e-1", "rows/decided-"))) == deduplicating.MOST_SLICES
    assert made.execution.results["groups"] == 99


def test_addresses_are_hashed() -> None:
    made = world("email_hash")
    made.begin()
    made.run()
    wanted = hashlib.sha256(b"person7@example.com").hexdigest()
    assert made.marketo.store.rows[14]["emailSha256"] == wanted
    assert made.execution.results["written"] == 200


def test_domains_are_told() -> None:
    made = world("email_domain")
    made.begin()
    made.run()
    assert made.marketo.store.rows[14]["emailDomainClass"] == "reserved"


def test_a_preview_writes_nothing_and_reports_all() -> None:
    made = world("dedupe", rules={"outcome": {"kind": "preview"}})
    made.begin()
    assert made.run() == "done"
    assert made.marketo.calls["update_leads"] == made.marketo.calls["import_leads"] == 0
    assert made.execution.progress.changes == 198
    report = made.files.get(TENANT, "e-1", "report/changes.csv").decode()
    assert report.count("\n") > 198
    assert "person" not in report.partition("\n")[2]  # keys are hashes


def test_no_address_is_anywhere_but_in_files() -> None:
    made = agreed(world("dedupe"))
    made.begin()
    made.run()
    told = repr(made.execution) + repr(made.log.lines) + repr(made.notices.told)
    assert "@example.com" not in told
    assert lead(2)["email"] in made.files.get(TENANT, "e-1", "extract/part-00000.csv").decode()


def test_leads_outside_the_list_that_share_an_address_are_found() -> None:
    rules = {"scope": {"closure": True}, "survivor": {"prefer": []}, "ask_above_share": 1.0}
    made = world("dedupe", 200, rules=rules)
    made.marketo.members["static", 7] = list(range(2, 201, 2))  # one of each pair
    made.begin()
    assert made.run() == "done"
    assert made.execution.results["groups"] == 99
    assert made.marketo.store.rows[3]["tlSurvivor"] == "2"
    assert made.execution.progress.leads == 199


@pytest.mark.parametrize("sizes", [Sizes(), IN_PARTS], ids=["as one", "in parts"])
def test_an_extract_that_was_deleted_meanwhile_is_exported_anew(sizes: Sizes) -> None:
    made = agreed(world("dedupe", 100, sizes=sizes))
    made.begin()
    made.run(until=lambda stage: stage == "work")
    for _ in range(3):
        made.stage("work")
    made.change(checkpoints={name: kept for name, kept in made.execution.checkpoints.items() if name != "work"})
    made.files.delete(TENANT, "e-1", "extract/")
    for number in range(101, 201):
        made.marketo.members["static", 7].append(made.marketo.store.add(lead(number)))
    assert made.run() == "done"
    assert made.marketo.calls["create_export"] == 2
    assert made.execution.results["groups"] == 99
