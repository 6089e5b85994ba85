"""The client before a simulated instance that refuses, limits, cuts and lies."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import pytest
from moto import mock_aws
from touchline.adapters.dynamodb.marketo_ledger import DynamoDbQuotaLedger
from touchline.adapters.dynamodb.marketo_pace import DynamoDbPace
from touchline.adapters.dynamodb.marketo_tokens import DynamoDbAccessTokens
from touchline.domain.marketo.api import ExportJob, ExportOrder, LeadField
from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.limits import CALLS_AT_ONCE, CALLS_IN_WINDOW
from touchline.errors import (
    CredentialsRefused,
    MarketoLimitReached,
    MarketoRefused,
    MarketoUnavailable,
    NotFound,
    PermissionMissing,
)

from local.marketo_simulator.identity import TokenExpired
from tests.contract.marketo_worlds import TENANT, SimulatedWorld, create_quota_table, simulated_world

MIDNIGHT = round(datetime(2026, 11, 23, tzinfo=ZoneInfo("America/Chicago")).timestamp() * 1000)
MERGE = "POST /rest/v1/leads/{id}/merge.json"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SimulatedWorld]:
    with simulated_world(tmp_path) as world:
        yield world


def by_threads(count: int, work: Callable[[int], object]) -> list[Any]:
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(work, range(count)))


# Rate, calls in flight, quota


def test_twelve_workers_stay_below_what_marketo_allows(world: SimulatedWorld) -> None:
    """More at once, and more in 20 seconds, than it would take. Calls come as late as a busy machine makes them."""
    world.simulated.instance.switches.slow_by_ms = 15
    with world.running_clock():
        by_threads(12, lambda _: [world.open().calls_today() for _ in range(11)])
    figures = world.figures()
    assert figures["calls"] == 132
    assert figures["most_in_window"] <= CALLS_IN_WINDOW
    assert figures["most_in_flight"] <= CALLS_AT_ONCE
    assert not set(figures["by_code"]) & {"606", "615"}


def test_a_rate_that_others_use_up_is_waited_for(world: SimulatedWorld) -> None:
    world.simulated.instance.switches.calls_in_window = 12
    with world.running_clock(speed=60):
        by_threads(4, lambda _: [world.open().calls_today() for _ in range(10)])
    figures = world.figures()
    assert figures["by_code"]["606"] <= 12
    assert figures["by_route"]["GET /rest/v1/stats/usage.json"] == 40 + figures["by_code"]["606"]


def test_too_many_calls_at_once_become_fewer(world: SimulatedWorld) -> None:
    world.simulated.instance.switches.calls_at_once = 1
    world.simulated.instance.switches.slow_by_ms = 30
    with world.running_clock():
        by_threads(4, lambda _: [world.open().calls_today() for _ in range(4)])
    assert world.figures()["by_code"].get("615", 0) <= 8


def test_a_used_up_quota_is_told_with_its_reset_and_not_hammered(world: SimulatedWorld) -> None:
    world.simulated.instance.limits.use(50_000, "others@example.test", world.now())
    for _ in range(3):
        with pytest.raises(MarketoLimitReached) as reached:
            world.open().calls_today()
        assert (reached.value.limit, reached.value.until) == ("daily_calls", MIDNIGHT)
    assert world.figures()["by_code"] == {"607": 1}
    world.simulated.instance.clock.set(MIDNIGHT)
    assert world.open().calls_today() >= 1


def test_a_reset_that_ignores_summer_time_costs_an_hour_and_not_a_day(world: SimulatedWorld) -> None:
    instance = world.simulated.instance
    instance.switches.fixed_central_time = True
    midnight = round(datetime(2027, 7, 2, tzinfo=ZoneInfo("America/Chicago")).timestamp() * 1000)
    instance.clock.set(midnight - 3_600_000)
    instance.limits.use(50_000, "others@example.test", world.now())
    for until in (midnight, midnight + 3_600_000):
        with pytest.raises(MarketoLimitReached) as reached:
            world.open().calls_today()
        assert reached.value.until == until
        instance.clock.set(until)
    assert world.open().calls_today() >= 1


def test_the_share_of_calls_is_kept_whatever_marketo_would_allow(world: SimulatedWorld) -> None:
    world.share = Share(calls_a_day=7)
    for _ in range(7):
        world.open("e1").calls_today()
    with pytest.raises(MarketoLimitReached) as reached:
        world.open("e2").calls_today()
    assert (reached.value.limit, reached.value.until) == ("daily_calls", MIDNIGHT)
    assert world.figures()["calls"] == world.ledger.day(TENANT, world.connection, world.now()).calls_used == 7


def test_who_has_no_time_to_wait_is_told_so_and_takes_no_turn(world: SimulatedWorld) -> None:
    world.pace.slow_down(TENANT, world.connection, world.now(), code="606")
    with pytest.raises(MarketoUnavailable) as gone:
        world.open(time_left=lambda: 20_000).calls_today()
    assert gone.value.marketo_code == "606"
    assert (world.figures()["calls"], world.slept) == (0, [])


def test_functions_that_share_a_table_share_rate_ledger_and_token(
    world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = issues(world, monkeypatch)
    with mock_aws(config={"core": {"passthrough": {"urls": [f"{world.simulated.endpoint}.*"]}}}):
        client = boto3.client("dynamodb")
        create_quota_table(client, "quota")
        world.ledger = DynamoDbQuotaLedger(client, "quota")
        world.pace = DynamoDbPace(client, "quota")
        world.tokens = DynamoDbAccessTokens(client, "quota")
        for number in range(30):
            world.open(f"e{number % 3}").calls_today()
        day = world.ledger.day(TENANT, world.connection, world.now())
    assert day.calls_used == world.figures()["calls"] == 30
    assert len(given) == 1
    assert world.figures()["by_code"] == {}
    assert 12 < sum(world.slept) < 14  # five at once, then one each half second


# Tokens


def issues(world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that Marketo gave, one for each time that it was asked."""
    given: list[str] = []
    issue = world.simulated.instance.tokens.issue

    def counted(client: str, now: int, seconds: int) -> Any:
        token = issue(client, now, seconds)
        given.append(token.text)
        return token

    monkeypatch.setattr(world.simulated.instance.tokens, "issue", counted)
    return given


@pytest.mark.parametrize("how", ["expired", "unknown"])
def test_a_token_that_dies_while_eight_work_is_fetched_once(
    world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    given = issues(world, monkeypatch)
    workers = [world.open() for _ in range(8)]
    tokens = world.simulated.instance.tokens
    with world.running_clock():
        by_threads(8, lambda number: workers[number].calls_today())
        assert len(given) == 1
        tokens.end_all(world.now())
        if how == "unknown":
            with pytest.raises(TokenExpired):
                tokens.client_of(given[0], world.now())
        by_threads(8, lambda number: [workers[number].calls_today() for _ in range(3)])
    assert len(given) == len(set(given)) == 2
    refused = {code: count for code, count in world.figures()["by_code"].items() if code in ("601", "602")}
    assert refused.get("602", 0) == (how == "expired")
    assert 1 <= sum(refused.values()) <= 8


def test_a_token_is_fetched_anew_before_it_ends(world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    given = issues(world, monkeypatch)
    world.open().calls_today()
    world.simulated.advance(3_590)
    world.open().calls_today()
    assert len(given) == 1
    world.simulated.advance(11)
    world.open().calls_today()
    assert len(given) == 2
    assert world.figures()["by_code"] == {}


def test_a_token_that_is_about_to_end_is_waited_out(world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marketo gives the old one again until its end: another user of the same client id had it first."""
    client_id = world.connection.client_id
    world.simulated.instance.tokens.issue(client_id, world.now(), 3_600)
    world.simulated.advance(3_597)
    given = issues(world, monkeypatch)
    world.open().calls_today()
    assert len(given) == 2
    assert given[0] != given[1]
    assert 3 <= sum(world.slept) <= 6
    assert world.figures()["by_code"] == {}


def test_wrong_credentials_are_told_without_the_secret(world: SimulatedWorld) -> None:
    marketo = world.open()
    world.secrets.put(TENANT, "c1", "wrong-and-secret")
    (check,) = marketo.check()
    assert (check.name, check.state) == ("credentials", "failed")
    assert "LaunchPoint" in check.message
    for _ in range(2):
        with pytest.raises(CredentialsRefused) as refused:
            marketo.fields()
        assert refused.value.field == "client_secret"
        assert "wrong-and-secret" not in f"{check.message} {refused.value}"
    assert world.open().calls_today() >= 1  # with the right one again
    assert world.slept == []  # nobody waits for who failed


def test_a_new_client_id_has_a_token_of_its_own(world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    given = issues(world, monkeypatch)
    world.open().calls_today()
    before = world.connection.client_id
    first = world.simulated.instance.credentials[0]
    object.__setattr__(first, "client_id", "another-client-id")
    assert world.connection.client_id != before
    world.open().calls_today()
    assert len(set(given)) == 2
    assert world.figures()["by_code"] == {}


def test_the_environment_has_no_say_in_where_calls_go(world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert world.open().calls_today() >= 0


# What is repeated, and what is not


@pytest.mark.parametrize(
    "fault",
    [
        {"code": "604"},
        {"code": "608"},
        {"code": "611"},
        {"code": "713"},
        {"status": 502, "body": "<html>Bad Gateway</html>"},
        {"status": 503, "body": ""},
        {"body": "<html>Sorry</html>"},
        {"body": '{"requestId":"1#1","success":true'},
        {"cut_at": 10},
        {"truncate_at": 10},
    ],
    ids=lambda fault: str(fault),
)
def test_reading_is_repeated_until_marketo_answers(world: SimulatedWorld, fault: dict[str, Any]) -> None:
    (lead,) = world.add_leads({"email": "ada@example.com"})
    world.fault(path="/rest/v1/leads.json", times=3, **fault)
    assert world.open().leads("id", [str(lead)], ["email"]) == [{"id": lead, "email": "ada@example.com"}]
    assert 1 <= sum(world.slept) <= 7


def test_who_never_gets_an_answer_is_told_in_the_end(world: SimulatedWorld) -> None:
    world.fault(path="/rest/v1/leads.json", times=0, code="611")
    with pytest.raises(MarketoUnavailable) as gone:
        world.open().leads("id", ["1"], ["email"])
    assert gone.value.marketo_code == "611"
    assert world.figures()["calls"] == 6
    assert 15 < sum(world.slept) < 40


def test_too_many_hits_are_asked_for_in_halves(world: SimulatedWorld) -> None:
    world.add_leads(*({"email": f"{number % 3}@example.com", "firstName": str(number)} for number in range(1_200)))
    found = world.open().leads("email", ["0@example.com", "1@example.com", "2@example.com"], ["firstName"])
    assert sorted(int(row["firstName"]) for row in found) == list(range(1_200))


def test_too_many_hits_of_one_value_are_told(world: SimulatedWorld) -> None:
    world.add_leads(*({"email": "same@example.com"} for _ in range(1_001)))
    with pytest.raises(MarketoRefused, match="Ask for fewer values") as refused:
        world.open().leads("email", ["same@example.com"], ["firstName"])
    assert refused.value.marketo_code == "1003"


@pytest.mark.parametrize("fault", [{"code": "604"}, {"status": 413, "body": "Too large"}], ids=str)
def test_a_change_that_is_too_much_is_made_in_halves_and_in_order(world: SimulatedWorld, fault: dict[str, Any]) -> None:
    leads = world.add_leads(*({"email": f"{number}@example.com"} for number in range(300)))
    world.fault(method="POST", path="/rest/v1/leads.json", **fault)
    told = world.open().update_leads([{"id": lead, "firstName": "X"} for lead in leads])
    assert [one.id for one in told] == leads
    assert world.figures()["by_route"]["POST /rest/v1/leads.json"] == 3


def test_a_body_is_never_larger_than_marketo_takes(world: SimulatedWorld) -> None:
    leads = world.add_leads(*({"email": f"{number}@example.com"} for number in range(300)))
    told = world.open().update_leads([{"id": lead, "address": "x" * 1_990 + "äöü€€"} for lead in leads] * 1)
    assert {one.status for one in told} == {"updated"}
    told = world.open().update_leads([{"id": lead, "website": "w" * 255, "notes": "y" * 5_000} for lead in leads[:250]])
    assert len(told) == 250
    assert "413" not in world.figures()["by_code"]


@pytest.mark.parametrize(
    "fault",
    [
        {"code": "604", "after": True},
        {"code": "611", "after": True},
        {"status": 502, "body": "x", "after": True},
        {"cut_at": 5},
        {"body": "<html>", "after": True},
    ],
    ids=str,
)
def test_a_merge_whose_end_is_not_known_is_not_sent_again(world: SimulatedWorld, fault: dict[str, Any]) -> None:
    winner, loser = world.add_leads({"email": "a@example.com"}, {"email": "b@example.com"})
    world.fault(path="/rest/v1/leads/*/merge.json", times=0, **fault)
    with pytest.raises(MarketoUnavailable):
        world.open().merge_leads(winner, [loser], in_crm=False)
    assert world.figures()["by_route"][MERGE] == 1
    assert [row["id"] for row in world.open().leads("id", [str(winner), str(loser)], [])] == [winner]


@pytest.mark.parametrize("code", ["606", "615", "601", "602"])
def test_a_merge_that_was_certainly_not_done_is_sent_again(world: SimulatedWorld, code: str) -> None:
    winner, loser = world.add_leads({"email": "a@example.com"}, {"email": "b@example.com"})
    world.fault(path="/rest/v1/leads/*/merge.json", code=code)
    world.open().merge_leads(winner, [loser], in_crm=False)
    assert [row["id"] for row in world.open().leads("id", [str(winner), str(loser)], [])] == [winner]


@pytest.mark.parametrize("code", ["712", "1076", "1077", "1078", "1079"])
def test_what_the_crm_forbids_is_told_with_what_would_work(world: SimulatedWorld, code: str) -> None:
    winner, loser = world.add_leads({"email": "a@example.com"}, {"email": "b@example.com"})
    world.fault(path="/rest/v1/leads/*/merge.json", code=code)
    with pytest.raises(MarketoRefused) as refused:
        world.open().merge_leads(winner, [loser], in_crm=True)
    assert refused.value.marketo_code == code
    assert world.figures()["by_route"][MERGE] == 1


def test_a_merge_is_not_begun_without_the_time_that_it_may_take(world: SimulatedWorld) -> None:
    with pytest.raises(MarketoUnavailable, match="time that this function has left"):
        world.open(time_left=lambda: 184_000).merge_leads(1, [2], in_crm=False)
    assert world.figures()["calls"] == 0


def test_fields_that_were_made_although_nobody_heard_of_it_are_made(world: SimulatedWorld) -> None:
    world.fault(path="/rest/v1/leads/schema/fields.json", status=502, body="x", after=True)
    world.open().create_fields([LeadField("emailSha256", "Email SHA-256", "string")])
    assert [field.data_type for field in world.open().fields() if field.name == "emailSha256"] == ["string"]


def test_a_field_that_marketo_does_not_make_is_named(world: SimulatedWorld) -> None:
    world.simulated.instance.switches.custom_fields = 0
    with pytest.raises(MarketoRefused, match="emailSha256") as refused:
        world.open().create_fields([LeadField("emailSha256", "Email SHA-256", "string")])
    assert refused.value.field == "emailSha256"


@pytest.mark.parametrize("fault", [{"status": 502, "body": "x", "after": True}, {"cut_at": 5}], ids=str)
def test_what_would_be_done_twice_is_not_sent_again(world: SimulatedWorld, fault: dict[str, Any]) -> None:
    (lead,) = world.add_leads({"email": "a@example.com"})
    chosen = world.add_list("static", "L", [lead])
    world.fault(path="/bulk/v1/leads/export/create.json", **fault)
    world.fault(path="/bulk/v1/leads.json", **fault)
    with pytest.raises(MarketoUnavailable):
        world.open().create_export(ExportOrder("leads", ("id",), {"staticListId": chosen}))
    with pytest.raises(MarketoUnavailable):
        world.open().import_leads(f"id,firstName\n{lead},A\n".encode(), lookup="id")
    assert world.figures()["calls"] == 2
    assert len(world.open().exports("leads")) == 1


# Permissions


def test_each_missing_permission_is_told_by_name(world: SimulatedWorld) -> None:
    held = world.simulated.instance.switches.permissions
    for gone in ("Read-Write Lead", "Read-Only Asset", "Read-Write Schema Custom Field", "Read-Only Activity"):
        held.remove(gone)
    for gone in ("Read-Write Schema Standard Field", "Read-Write Assets", "Read-Write Activity"):
        held.remove(gone)
    before = world.simulated.instance.store.value("select count(*) from leads")
    checks = {check.name: check for check in world.open().check()}
    failed = {name for name, check in checks.items() if check.state == "failed"}
    assert failed >= {"change_leads", "create_fields", "smart_lists", "extract_activities"}
    assert failed.isdisjoint({"credentials", "read_leads", "extract_leads"})
    assert "'Read-Write Lead'" in checks["change_leads"].message
    assert {"email_hash", "merge"} <= set(checks["change_leads"].needed_for)
    with pytest.raises(PermissionMissing, match="Read-Write Lead"):
        world.open().update_leads([{"id": 1, "firstName": "A"}])
    assert world.simulated.instance.store.value("select count(*) from leads") == before


def test_an_instance_that_exports_no_smart_lists_is_told_by_the_check_and_lacks_nothing(world: SimulatedWorld) -> None:
    world.simulated.instance.switches.smart_list_exports = False
    checks = [check for check in world.open().check() if check.state != "ok"]
    assert [(check.name, check.state) for check in checks] == [("extract_smart_lists", "not_needed")]
    assert "read everybody in their place" in checks[0].message
    assert world.open().exports("leads") == []


# Extracts


@pytest.fixture
def job(world: SimulatedWorld) -> ExportJob:
    leads = world.add_leads(*({"email": f"{number}@example.com", "firstName": "x" * 90} for number in range(1_000)))
    made = world.open().create_export(
        ExportOrder("leads", ("id", "email", "firstName"), {"staticListId": world.add_list("static", "L", leads)})
    )
    world.open().enqueue_export("leads", made.id)
    world.let_bulk_work()
    done = world.open().get_export("leads", made.id)
    assert done is not None
    assert (done.state, done.records) == ("Completed", 1_000)
    return done


def read_from(world: SimulatedWorld, job: ExportJob, start: int) -> tuple[bytes, Exception | None]:
    """What came, and what ended it."""
    came = bytearray()
    try:
        for piece in world.open("e1").read_export("leads", job.id, start, job.size or 0):
            came += piece
    except (MarketoUnavailable, NotFound) as error:
        return bytes(came), error
    return bytes(came), None


@pytest.mark.parametrize("fault", [{"cut_at": 70_001}, {"truncate_at": 70_001}, {"effect": "lose_last_byte"}], ids=str)
def test_a_file_that_ends_early_is_gone_on_with_at_its_byte(
    world: SimulatedWorld, job: ExportJob, fault: dict[str, Any]
) -> None:
    world.fault(path="*/file.json", times=0, **fault)
    came, tries = b"", 0
    while len(came) < (job.size or 0):
        more, error = read_from(world, job, len(came))
        assert more
        assert (error is None) == (len(came) + len(more) == job.size)
        came, tries = came + more, tries + 1
    assert hashlib.sha256(came).hexdigest() == job.sha256
    assert tries == 2
    assert world.ledger.day(TENANT, world.connection, world.now()).bytes_used == job.size


def test_a_wrong_checksum_can_be_seen(world: SimulatedWorld, job: ExportJob) -> None:
    world.fault(path="*/status.json", effect="wrong_checksum")
    told = world.open().get_export("leads", job.id)
    assert told is not None
    came, _ = read_from(world, job, 0)
    assert hashlib.sha256(came).hexdigest() == job.sha256 != told.sha256


def test_a_job_that_is_done_may_have_no_file(world: SimulatedWorld, job: ExportJob) -> None:
    world.fault(path="*/file.json", effect="file_missing")
    came, error = read_from(world, job, 0)
    assert came == b""
    assert isinstance(error, NotFound)
    assert read_from(world, job, 0)[1] is None


@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "json_instead_of_file"},
        {"code": "611"},
        {
            "body": '{"requestId":"1#1","success":false,"errors":[{"code":"611","message":"x"}]}',
            "content_type": "text/csv",
        },
        {"body": '{"requestId":"1#1","success":true}', "content_type": "application/json"},
        {"status": 503, "body": "<html>", "content_type": "text/csv"},
    ],
    ids=str,
)
def test_an_error_in_place_of_a_file_is_not_taken_for_one(
    world: SimulatedWorld, job: ExportJob, fault: dict[str, Any]
) -> None:
    world.fault(path="*/file.json", times=2, **fault)
    came, error = read_from(world, job, 0)
    assert error is None
    assert hashlib.sha256(came).hexdigest() == job.sha256
    assert sum(world.slept) > 0


def test_a_dead_token_does_not_break_a_download_nor_count_its_bytes_twice(
    world: SimulatedWorld, job: ExportJob
) -> None:
    world.fault(path="*/file.json", code="602")
    came, _ = read_from(world, job, 0)
    assert hashlib.sha256(came).hexdigest() == job.sha256
    assert world.ledger.day(TENANT, world.connection, world.now()).bytes_used == job.size


def test_bytes_beyond_the_share_are_not_read(world: SimulatedWorld, job: ExportJob) -> None:
    world.share = Share(bytes_a_day=(job.size or 0) - 1)
    with pytest.raises(MarketoLimitReached) as reached:
        list(world.open("e1").read_export("leads", job.id, 0, job.size or 0))
    assert reached.value.limit == "daily_bytes"


def test_who_stops_reading_gives_its_place_back(world: SimulatedWorld, job: ExportJob) -> None:
    world.share = Share(calls_at_once=1)
    reading = world.open().read_export("leads", job.id, 0, job.size or 0)
    assert next(reading)
    with pytest.raises(MarketoUnavailable):
        world.open(time_left=lambda: 5_001).calls_today()
    reading.close()  # type: ignore[attr-defined]
    assert world.open().calls_today() >= 0


@pytest.mark.parametrize(
    ("message", "limit", "wait"),
    [("Too many jobs in queue", "export_queue", 60_000), ("Export daily quota 500MB exceeded.", "daily_bytes", None)],
)
def test_full_queues_and_quotas_of_exports_are_told(
    world: SimulatedWorld, job: ExportJob, message: str, limit: str, wait: int | None
) -> None:
    world.fault(path="*/enqueue.json", code="1029", message=message)
    with pytest.raises(MarketoLimitReached) as reached:
        world.open().enqueue_export("leads", job.id)
    assert (reached.value.limit, reached.value.until) == (limit, world.now() + wait if wait else MIDNIGHT)
    assert world.open().enqueue_export("leads", job.id).state == "Completed"  # "Job already queued"


@pytest.mark.parametrize("code", ["1016", "1019"])
def test_full_queues_of_imports_are_told(world: SimulatedWorld, code: str) -> None:
    world.fault(path="/bulk/v1/leads.json", code=code)
    with pytest.raises(MarketoLimitReached) as reached:
        world.open().import_leads(b"id,firstName\n1,A\n", lookup="id")
    assert (reached.value.limit, reached.value.until) == ("import_queue", world.now() + 60_000)


def test_smart_lists_that_cannot_be_exported_are_told(world: SimulatedWorld) -> None:
    chosen = world.add_list("smart", "S", [])
    world.simulated.instance.switches.smart_list_exports = False
    with pytest.raises(MarketoRefused, match="static list") as refused:
        world.open().create_export(ExportOrder("leads", ("id",), {"smartListId": chosen}))
    assert refused.value.marketo_code == "1035"


# Nothing is told to those who must not know


def test_neither_secret_nor_token_nor_address_is_logged_or_told(
    world: SimulatedWorld, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = world.simulated.instance.credentials[0].client_secret
    world.add_leads({"email": "ada.hidden@example.com"})
    told = []
    for code, message in (("1003", "no ada.hidden@example.com here"), ("611", "x"), ("601", "bad token"), ("603", "")):
        world.fault(path="/rest/v1/leads.json", times=0, code=code, message=message)
        with pytest.raises((MarketoRefused, MarketoUnavailable)) as error:
            world.open().leads("email", ["ada.hidden@example.com"], ["firstName"])
        told.append(f"{error.value!r} {error.value.__cause__!r}")
        world.simulated.instance.faults.clear()
    world.open().leads("email", ["ada.hidden@example.com"], ["firstName"])
    tokens = [token["text"] for token in world.simulated.instance.tokens.as_json()]
    everything = " ".join([*told, caplog.text])
    assert len(tokens) >= 1
    assert not [hidden for hidden in (secret, "ada.hidden", *tokens) if hidden in everything]
