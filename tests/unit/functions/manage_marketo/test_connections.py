import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from touchline.adapters.memory.workflows import MemoryWorkflows
from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.connections import Check
from touchline.domain.marketo.executions import Execution, Waiting
from touchline.domain.marketo.services import Service
from touchline.errors import MarketoLimitReached, MarketoUnavailable, StoreUnavailable
from touchline.marketo_ports import Reservation

from tests.unit.functions.manage_marketo.conftest import ENDPOINT, NOW, Call, World, new_connection

NO_SCHEMA = Check("schema", "failed", "Grant the role Read-Write Schema Custom Field.", ("mark",))


def test_a_connection_is_tried_kept_and_shown_without_its_secret(call: Call, world: World) -> None:
    made = call("POST", "/connections", new_connection(share={"calls_a_day": 5_000}))
    assert (made["status"], made["verdict"], made["endpoint"]) == (201, "ok", ENDPOINT)
    assert list(made["share"].values()) == [5_000, 500_000_000, 45, 4]
    assert made["checks"][0]["name"] == "credentials"
    assert world.secrets.get("acme", made["id"]) == "s3cret"
    shown = [made, call("GET", f"/connections/{made['id']}"), call("GET", "/connections", by="read")]
    assert "s3cret" not in json.dumps(shown)


def test_credentials_that_marketo_refuses_are_not_kept(call: Call, world: World) -> None:
    answer = call("POST", "/connections", new_connection(client_secret="wrong"))
    assert (answer["status"], answer["code"]) == (422, "marketo_credentials_refused")
    assert world.connections.kept == {}
    assert world.secrets._kept == {}


def test_a_refusal_as_a_verdict_is_a_refusal_all_the_same(call: Call, world: World) -> None:
    world.marketo.checks = [Check("credentials", "failed", "No such client.")]
    answer = call("POST", "/connections", new_connection())
    assert (answer["code"], answer["detail"], answer["field"]) == (
        *("marketo_credentials_refused", "No such client.", "client_secret"),
    )
    assert world.connections.kept == {}


def test_missing_permissions_are_told_with_what_they_are_needed_for(call: Call, world: World) -> None:
    lacking = Check("bulk_extract", "failed", "Grant the role Read-Only Lead.", ("dedupe", "email_hash"))
    world.marketo.checks = [Check("credentials", "ok", ""), lacking]
    made = call("POST", "/connections", new_connection())
    assert (made["status"], made["verdict"]) == (201, "limited")
    assert "dedupe" not in made["ready_for"]
    assert made["checks"][1]["needed_for"] == ["dedupe", "email_hash"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"endpoint": "https://example.com"}, "endpoint"),
        ({"endpoint": "https://169.254.169.254"}, "endpoint"),
        ({"endpoint": "http://123-abc-456.mktorest.com"}, "endpoint"),
        ({"endpoint": "https://123-abc-456.mktorest.com.evil.test"}, "endpoint"),
        ({"share": {"calls_in_20_seconds": 100}}, "share.calls_in_20_seconds"),
        ({"share": {"calls_at_once": 10}}, "share.calls_at_once"),
        ({"share": {"calls_a_day": 0}}, "share.calls_a_day"),
        ({"client_secret": "two words"}, "client_secret"),
        ({"client_id": "ü"}, "client_id"),
        ({"name": " "}, "name"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_what_cannot_be_a_connection_is_refused_before_marketo_is_asked(
    call: Call, world: World, change: dict[str, Any], field: str
) -> None:
    answer = call("POST", "/connections", new_connection(**change))
    assert (answer["status"], answer["field"]) == (422, field)
    assert world.marketo.calls["check"] == 0


def test_a_name_is_taken_once(call: Call, connection: str, world: World) -> None:
    answer = call("POST", "/connections", new_connection(name="MAIN"))
    assert (answer["status"], answer["field"]) == (409, "name")
    assert world.marketo.calls["check"] == 1
    assert call("POST", "/connections", new_connection(), by="other-admin")["status"] == 201


def test_a_new_secret_is_tried_before_it_replaces_the_old_one(call: Call, connection: str, world: World) -> None:
    refused = call("PATCH", f"/connections/{connection}", {"client_secret": "typo"})
    assert refused["code"] == "marketo_credentials_refused"
    assert world.secrets.get("acme", connection) == "s3cret"
    world.secret = "n3w"
    assert call("PATCH", f"/connections/{connection}", {"client_secret": "n3w"})["status"] == 200
    assert world.secrets.get("acme", connection) == "n3w"


def test_a_new_client_id_is_tried_with_the_secret_that_is_kept(call: Call, connection: str, world: World) -> None:
    call("PATCH", f"/connections/{connection}", {"client_id": "other"})
    tried, secret = world.tried[-1]
    assert (tried.client_id, secret) == ("other", "s3cret")
    assert call("GET", f"/connections/{connection}")["client_id"] == "other"


def test_a_new_share_or_name_asks_nothing_of_marketo_and_leaves_the_rest(
    call: Call, connection: str, world: World
) -> None:
    before = world.marketo.calls.total()
    changed = call("PATCH", f"/connections/{connection}", {"name": "Other", "share": {"calls_a_day": 7_000}})
    assert (changed["name"], changed["share"]["calls_a_day"], changed["share"]["calls_at_once"]) == ("Other", 7_000, 4)
    assert world.marketo.calls.total() == before


def test_a_check_keeps_its_verdict_also_that_the_secret_is_dead(call: Call, connection: str, world: World) -> None:
    world.secret = "rotated elsewhere"
    answer = call("POST", f"/connections/{connection}/check")
    assert (answer["status"], answer["verdict"], answer["ready_for"]) == (200, "failed", [])
    assert call("GET", f"/connections/{connection}")["verdict"] == "failed"
    world.secret = "s3cret"
    assert call("POST", f"/connections/{connection}/check")["verdict"] == "ok"


def test_marketo_that_does_not_answer_leaves_everything_as_it_was(call: Call, connection: str, world: World) -> None:
    before = call("GET", f"/connections/{connection}")
    world.marketo.faults["check"] = [MarketoUnavailable("Marketo does not answer.")]
    answer = call("POST", f"/connections/{connection}/check")
    assert (answer["status"], answer["code"]) == (503, "marketo_unavailable")
    assert call("GET", f"/connections/{connection}") == before


def test_a_limit_says_until_when(call: Call, connection: str, world: World) -> None:
    world.marketo.faults["fields"] = [MarketoLimitReached("Used up.", limit="daily_calls", until=NOW + 60_000)]
    answer = call("GET", f"/connections/{connection}/fields")
    assert (answer["status"], answer["limit"], answer["until"]) == (503, "daily_calls", "2026-11-22T12:01:00+00:00")


def test_a_connection_in_use_is_not_deleted_and_its_users_are_named(
    call: Call, connection: str, service: dict[str, Any], world: World
) -> None:
    answer = call("DELETE", f"/connections/{connection}")
    assert answer["status"] == 409
    assert "'Nightly'" in answer["detail"]
    call("DELETE", f"/services/{service['id']}")
    assert call("DELETE", f"/connections/{connection}")["status"] == 204
    assert call("GET", f"/connections/{connection}")["status"] == 404
    assert world.secrets._kept == {}


def test_services_are_never_moved_to_another_instance(
    call: Call, connection: str, service: dict[str, Any], world: World
) -> None:
    elsewhere = {"endpoint": "https://999-zzz-999.mktorest.com"}
    refused = call("PATCH", f"/connections/{connection}", elsewhere)
    assert (refused["status"], "'Nightly'" in refused["detail"]) == (409, True)
    assert call("PATCH", f"/connections/{connection}", {"endpoint": f"{ENDPOINT}/rest"})["status"] == 200
    call("DELETE", f"/services/{service['id']}")
    assert call("PATCH", f"/connections/{connection}", elsewhere)["endpoint"] == elsewhere["endpoint"]


def test_lists_are_found_by_a_part_of_their_name_page_by_page(call: Call, connection: str, world: World) -> None:
    for number in range(5):
        world.marketo.add_list("static", 100 + number, f"Fair {number}", [])
    path, seen, cursor = f"/connections/{connection}/lists", [], {}
    while True:
        page = call("GET", path, kind="static", name="fair", limit="2", **cursor)
        seen += [one["id"] for one in page["lists"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [100, 101, 102, 103, 104]
    assert [one["id"] for one in call("GET", path, kind="smart")["lists"]] == [8]
    assert call("GET", path, kind="all")["field"] == "kind"
    assert call("GET", path, kind="static", cursor="x")["field"] == "cursor"


def test_fields_are_those_of_the_instance(call: Call, connection: str, world: World) -> None:
    world.marketo.known_fields["tier"] = LeadField("tier", "Tier", "string", 50)
    fields = {one["name"]: one for one in call("GET", f"/connections/{connection}/fields")["fields"]}
    assert fields["tier"] == {
        "name": "tier",
        "display_name": "Tier",
        "type": "string",
        "length": 50,
        "updateable": True,
        "searchable": False,
    }


def test_the_days_quota_adds_up(call: Call, connection: str, world: World) -> None:
    kept = world.connections.get("acme", connection)
    assert kept is not None
    world.ledger.reserve("acme", kept, Reservation("e1", 100, 2_000_000), NOW)
    world.ledger.use("acme", kept, "e1", calls=30, size=500_000, now=NOW)
    quota = call("GET", f"/connections/{connection}/quota", by="read")
    assert quota["calls"] == {"used": 30, "reserved": 70, "share": 10_000, "free": 9_900}
    assert quota["bytes"]["used"] + quota["bytes"]["reserved"] == 2_000_000
    assert quota["reservations"] == [{"execution": "e1", "calls": 70, "bytes": 1_500_000}]
    assert quota["resets_at"] == "2026-11-23T06:00:00Z"  # midnight in Chicago


ROUTES = [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/check"), ("GET", "/lists"), ("GET", "/fields")]


@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("GET", "/quota")])
def test_another_tenants_connection_is_not_there(call: Call, connection: str, method: str, path: str) -> None:
    answer = call(method, f"/connections/{connection}{path}", {}, by="other-admin", kind="static")
    assert (answer["status"], answer["code"]) == (404, "not_found")


def test_who_only_reads_changes_nothing_and_spends_no_calls(call: Call, connection: str) -> None:
    for method, path in ROUTES[1:]:
        assert call(method, f"/connections/{connection}{path}", {}, by="read", kind="static")["code"] == "not_allowed"
    assert call("POST", "/connections", new_connection(), by="read")["code"] == "not_allowed"
    assert call("GET", "/connections", by="ingest")["code"] == "not_allowed"
    assert call("GET", "/connections", by="nobody")["code"] == "not_authenticated"
    assert call("GET", f"/connections/{connection}", by="read")["status"] == 200


def test_no_secret_is_logged(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        call("POST", "/connections", new_connection())
        call("POST", "/connections", new_connection(client_secret="wr0ng-secret", name="B"))
        call("POST", "/connections", new_connection(client_secret={"s3cret": "s3cret"}, name="B"))
    assert "s3cret" not in caplog.text
    assert "wr0ng" not in caplog.text


def waits_for(world: World, code: str, service: str, connection: str) -> None:
    of = Service(service, "g", connection, "dedupe", service, None)
    world.services.add("acme", of)
    waiting = Waiting("Used up.", code, NOW + 3_600_000)
    world.executions.begin(Execution(service, "acme", of, state="waiting", waiting=waiting))


@pytest.mark.parametrize(
    ("share", "woken"),
    [
        ({"calls_a_day": 20_000}, ["b", "ca"]),
        ({"calls_a_day": 10_000}, ["b", "ca"]),  # Marketo may have granted more
        ({"bytes_a_day": 900_000_000, "calls_a_day": 500}, ["b"]),
        ({"calls_a_day": 500}, ["b"]),
        ({"bytes_a_day": 1_000_000}, ["ca"]),
        (None, []),
    ],
)
def test_what_waits_for_the_share_looks_again_when_it_is_set(
    call: Call, connection: str, world: World, share: dict[str, int] | None, woken: list[str]
) -> None:
    other = call("POST", "/connections", new_connection(name="Other"))["id"]
    for code, service, of in (
        ("daily_calls", "ca", connection),
        ("daily_bytes", "b", connection),
        ("import_running", "1", connection),
        ("daily_calls", "e", other),
    ):
        waits_for(world, code, service, of)
    body = {"name": "Renamed"} if share is None else {"share": share}
    assert call("PATCH", f"/connections/{connection}", body)["status"] == 200
    executions = world.executions.page("acme").executions
    assert sorted(one.id for one in executions if one.state == "queued") == woken
    assert {one.attempt for one in executions if one.state == "queued"} <= {2}
    assert sorted(world.workflows.started) == [f"{execution}-2" for execution in woken]
    for execution in woken:
        assert "share" in call("GET", f"/executions/{execution}/log")["lines"][0]["message"]


class _Broken(MemoryWorkflows):
    def start(self, name: str, facts: Mapping[str, Any]) -> None:
        raise StoreUnavailable("The state machine does not answer.")


def test_who_was_cut_off_while_waking_them_asks_again(call: Call, connection: str, world: World) -> None:
    waits_for(world, "daily_calls", "ca", connection)
    working, world.workflows = world.workflows, _Broken()
    body = {"share": {"calls_a_day": 20_000}}
    assert call("PATCH", f"/connections/{connection}", body)["status"] == 503
    world.workflows = working
    assert call("PATCH", f"/connections/{connection}", body)["status"] == 200
    assert list(working.started) == ["ca-2"]
