"""One contract for the instance in memory, and for the client before the simulated instance."""

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from touchline.domain.marketo.api import ExportJob, ExportOrder, LeadField
from touchline.errors import MarketoRefused, NotFound

from tests.contract.marketo_worlds import MemoryWorld, World, simulated_world

ADA = {"email": "ada@example.com", "firstName": "Ada", "lastName": 'O"Hara, Ltd', "unsubscribed": True}
BO = {"email": "bo@example.com", "firstName": "Bo\nBo", "leadScore": 7, "unsubscribed": False}
NOBODY = {"email": None, "firstName": None, "lastName": "Ünïcode", "unsubscribed": False}


@pytest.fixture(params=["memory", "simulated"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    with simulated_world(tmp_path) as world:
        yield world


def test_leads_are_found_by_any_number_of_values(world: World) -> None:
    ada, bo, nobody = world.add_leads(ADA, BO, NOBODY)
    found = world.marketo.leads("email", ["BO@example.com", "ada@example.com", "who@example.com"], ["firstName"])
    assert {row["id"]: row["firstName"] for row in found} == {ada: "Ada", bo: "Bo\nBo"}
    by_id = world.marketo.leads("id", [str(number) for number in range(nobody + 700)], ["email", "leadScore"])
    assert {row["id"]: (row["email"], row["leadScore"]) for row in by_id if row["id"] in (ada, bo, nobody)} == {
        ada: ("ada@example.com", None),
        bo: ("bo@example.com", 7),
        nobody: (None, None),
    }
    assert world.marketo.leads("id", [], ["email"]) == []


def test_leads_are_changed_by_id_and_told_one_by_one(world: World) -> None:
    (ada,) = world.add_leads(ADA)
    told = world.marketo.update_leads([{"id": ada, "firstName": "Augusta", "lastName": None}, {"id": 999_999_999}])
    assert [(one.id, one.status, one.code) for one in told] == [(ada, "updated", None), (None, "skipped", "1004")]
    (row,) = world.marketo.leads("id", [str(ada)], ["firstName", "lastName", "email"])
    assert row == {"id": ada, "firstName": "Augusta", "lastName": None, "email": "ada@example.com"}


def test_merged_leads_are_one(world: World) -> None:
    ada, bo, nobody = world.add_leads(ADA, BO, NOBODY)
    world.marketo.merge_leads(ada, [bo, nobody], in_crm=False)
    (row,) = world.marketo.leads("id", [str(ada), str(bo), str(nobody)], ["email", "leadScore", "firstName"])
    assert row == {"id": ada, "email": "ada@example.com", "leadScore": 7, "firstName": "Ada"}
    with pytest.raises(MarketoRefused) as refused:
        world.marketo.merge_leads(ada, [bo], in_crm=False)
    assert refused.value.marketo_code == "1004"


def finished(world: World, order: ExportOrder) -> ExportJob:
    created = world.marketo.create_export(order)
    assert (created.state, created.size, created.kind) == ("Created", None, order.kind)
    queued = world.marketo.enqueue_export(order.kind, created.id)
    assert (queued.id, queued.state) == (created.id, "Queued")
    world.let_bulk_work()
    done = world.marketo.get_export(order.kind, created.id)
    assert done is not None
    assert done.state == "Completed"
    return done


def test_a_list_is_extracted_as_csv_in_ranges(world: World) -> None:
    leads = world.add_leads(ADA, BO, NOBODY)
    world.add_leads({"email": "other@example.com"})
    order = ExportOrder(
        "leads",
        ("id", "email", "firstName", "lastName", "unsubscribed", "leadScore"),
        {"staticListId": world.add_list("static", "Webinar", leads)},
    )
    done = finished(world, order)
    assert done.records == 3
    assert done.size is not None
    whole = b"".join(world.marketo.read_export("leads", done.id, 0, done.size))
    pieces = [b"".join(world.marketo.read_export("leads", done.id, at, at + 7)) for at in range(0, 70, 7)]
    assert b"".join(pieces) == whole[:70]
    assert hashlib.sha256(whole).hexdigest() == done.sha256
    assert sorted(csv.reader(io.StringIO(whole.decode(), newline="")))[:3] == [
        [str(leads[0]), "ada@example.com", "Ada", 'O"Hara, Ltd', "true", "null"],
        [str(leads[1]), "bo@example.com", "Bo\nBo", "null", "false", "7"],
        [str(leads[2]), "null", "null", "Ünïcode", "false", "null"],
    ]


def test_what_is_not_there_yet_or_any_more_is_told_as_such(world: World) -> None:
    order = ExportOrder("leads", ("id",), {"staticListId": world.add_list("static", "Nobody", [])})
    job = world.marketo.create_export(order)
    with pytest.raises(NotFound):
        list(world.marketo.read_export("leads", job.id, 0, 1))
    unknown = "00000000-0000-0000-0000-000000000000"
    assert world.marketo.get_export("leads", unknown) is None
    assert world.marketo.get_export("activities", job.id) is None
    assert world.marketo.get_import("999999") is None
    assert world.marketo.get_list("static", 999_999) is None
    assert world.marketo.get_list("smart", 999_999) is None


def test_a_job_may_be_enqueued_and_cancelled_any_number_of_times(world: World) -> None:
    order = ExportOrder("leads", ("id",), {"staticListId": world.add_list("static", "L", [])})
    first = world.marketo.create_export(order)
    for _ in range(2):
        assert world.marketo.enqueue_export("leads", first.id).state == "Queued"
    for _ in range(2):
        world.marketo.cancel_export("leads", first.id)
    second = finished(world, order)
    world.marketo.cancel_export("leads", second.id)
    assert {job.id: job.state for job in world.marketo.exports("leads")} == {
        first.id: "Cancelled",
        second.id: "Completed",
    }
    assert [job.id for job in world.marketo.exports("leads", ["Completed", "Failed"])] == [second.id]
    assert world.marketo.exports("activities") == []


def test_an_order_for_unknown_fields_is_refused_with_their_names(world: World) -> None:
    chosen = world.add_list("static", "L", [])
    with pytest.raises(MarketoRefused, match="shoeSize") as refused:
        world.marketo.create_export(ExportOrder("leads", ("id", "shoeSize"), {"staticListId": chosen}))
    assert refused.value.marketo_code == "1003"


def test_a_file_of_changes_is_imported_and_its_failures_told(world: World) -> None:
    ada, bo = world.add_leads(ADA, BO)
    file = f'id,firstName,leadScore\n{ada},"A, B",5\n999999999,X,1\n{bo},null,8\n'.encode()
    queued = world.marketo.import_leads(file, lookup="id")
    world.let_bulk_work()
    done = world.marketo.get_import(queued.id)
    assert done is not None
    assert (done.state, done.processed, done.failed) == ("Complete", 2, 1)
    (failure,) = world.marketo.import_failures(queued.id)
    assert (failure["id"], failure["firstName"]) == ("999999999", "X")
    assert failure["Import Failure Reason"]
    assert list(world.marketo.import_warnings(queued.id)) == []
    rows = world.marketo.leads("id", [str(ada), str(bo)], ["firstName", "leadScore"])
    assert {row["id"]: (row["firstName"], row["leadScore"]) for row in rows} == {ada: ("A, B", 5), bo: (None, 8)}


def test_lists_are_found_by_a_part_of_their_name(world: World) -> None:
    ids = [world.add_list("static", name, []) for name in ("Webinar 2026", "Fair", "old WEBINAR", "Webinar")]
    smart = world.add_list("smart", "Webinar people", [])
    found = world.marketo.lists("static", name="webinar")
    assert sorted(one.id for one in found) == sorted([ids[0], ids[2], ids[3]])
    assert world.marketo.lists("static", name="webinar", offset=1, limit=1) == [found[1]]
    assert len(world.marketo.lists("static")) == 4
    assert world.marketo.lists("static", name="nothing like it") == []
    assert [(one.kind, one.id, one.name) for one in world.marketo.lists("smart", name="PEOPLE")] == [
        ("smart", smart, "Webinar people")
    ]
    more = [world.add_list("smart", f"Smart {number}", []) for number in range(3)]
    assert [one.id for one in world.marketo.lists("smart", offset=1, limit=2)] == more[:2]
    assert [one.id for one in world.marketo.lists("smart", name="smart", offset=1)] == more[1:]
    static = world.marketo.get_list("static", ids[1])
    assert static is not None
    assert (static.kind, static.name, static.workspace) == ("static", "Fair", "Default")
    chosen = world.marketo.get_list("smart", smart)
    assert chosen is not None
    assert chosen.name == "Webinar people"


def test_a_smart_list_shows_its_rules_also_where_it_is_not_exported(world: World) -> None:
    chosen = world.add_list("smart", "With an address", world.add_leads(ADA, BO))
    world.refuse_smart_lists()
    with pytest.raises(MarketoRefused) as refused:
        world.marketo.create_export(ExportOrder("leads", ("id",), {"smartListId": chosen}))
    assert refused.value.marketo_code == "1035"
    rules = world.marketo.smart_list_rules(chosen)
    assert rules is not None
    assert (rules["filterMatchType"], rules["filters"][0]["name"]) == ("all", "Email Address")
    assert world.marketo.smart_list_rules(999_999) is None


def test_an_instance_is_as_old_as_its_first_folder(world: World) -> None:
    world.begin(1_600_000_000_000)
    assert world.marketo.begun_at() == 1_600_000_000_000


def test_fields_are_described_and_made_once(world: World) -> None:
    fields = {field.name: field for field in world.marketo.fields()}
    assert fields["email"].data_type == "email"
    assert fields["email"].searchable
    assert not fields["id"].updateable
    wanted = LeadField("emailSha256", "Email SHA-256", "string")
    world.marketo.create_fields([wanted])
    world.marketo.create_fields([wanted])
    assert {field.name: field.data_type for field in world.marketo.fields()}["emailSha256"] == "string"
    with pytest.raises(MarketoRefused, match="emailSha256") as refused:
        world.marketo.create_fields([LeadField("emailSha256", "x", "integer")])
    assert refused.value.field == "emailSha256"


def test_types_of_activities_have_names_and_calls_are_counted(world: World) -> None:
    assert world.marketo.activity_types()[6] == "Send Email"
    before = world.marketo.calls_today()
    world.marketo.fields()
    assert world.marketo.calls_today() > before


def test_good_credentials_pass_the_check(world: World) -> None:
    checks = world.marketo.check()
    assert checks[0].name == "credentials"
    assert {check.state for check in checks} == {"ok"}
