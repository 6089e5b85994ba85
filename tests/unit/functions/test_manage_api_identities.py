"""Who is who over the API, kept in DynamoDB, told to the attribution queue."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from manage_api import handler, parts
from manage_tenants import handler as tenants_handler
from touchline.adapters.attribution_queue import read_changed
from touchline.domain.identity import Claim, edge_id

type Call = Callable[..., dict[str, Any]]


@pytest.fixture
def keys(aws: None, context: Any) -> dict[str, str]:
    for module in (parts, tenants_handler):
        for built in vars(module).values():
            if hasattr(built, "cache_clear") and built.__module__ == module.__name__:
                built.cache_clear()
    made = {
        tenant: tenants_handler.lambda_handler({"operation": "create", "tenant": tenant, "name": tenant}, context)
        for tenant in ("acme", "other")
    }
    return made["acme"]["keys"] | {"other": made["other"]["keys"]["admin"]}


@pytest.fixture
def call(keys: dict[str, str], request_of: Call, context: Any) -> Call:
    def ask(method: str, path: str, body: Any = None, *, by: str = "admin", **query: str) -> dict[str, Any]:
        answer = handler.lambda_handler(request_of(method, path, body, key=keys[by], query=query), context)
        return {"status": answer["statusCode"], **json.loads(answer["body"])}

    return ask


def said(actor: str, known: str, at: int) -> Claim:
    return Claim(actor, known, "identify", at, 0, f"e{at}")


def told() -> list[list[str]]:
    queue = boto3.client("sqs")
    url = parts.settings().attribution_queue_url
    found = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [sorted(read_changed(message["Body"]).actors) for message in found.get("Messages", [])]


def test_merged_listed_undone_and_done_again(call: Call) -> None:
    made = call("POST", "/v1/identities", {"actor": "browser", "known": "ann"})
    assert (made["status"], made["state"], made["kind"]) == (201, "active", "manual")
    assert call("GET", "/v1/people/browser")["actors"] == ["ann", "browser"]
    path = f"/v1/identities/{made['id']}"
    assert call("POST", f"{path}/undo", {})["state"] == "undone"
    assert call("GET", "/v1/people/browser")["actors"] == ["browser"]
    [kept] = call("GET", "/v1/identities", state="undone")["identities"]
    assert kept["changed_at"]
    assert call("POST", f"{path}/redo", {})["state"] == "active"
    assert told() == [["ann", "browser"]] * 3


def test_what_events_said_is_shown_with_what_was_refused(call: Call) -> None:
    parts.identities().claim("acme", [said("x", "ann", 1), said("x", "bob", 2)])
    person = call("GET", "/v1/people/x")
    assert person["person"] == "ann"
    states = {(one["known"], one["state"], one["code"]) for one in person["identities"]}
    assert states == {("ann", "active", None), ("bob", "refused", "claimed_earlier")}
    assert all(one["reason"] for one in person["identities"] if one["state"] == "refused")


def test_two_known_people_are_refused_with_the_way_out(call: Call) -> None:
    parts.identities().claim("acme", [said("x", "ann", 1), said("y", "bob", 2)])
    refused = call("POST", "/v1/identities", {"actor": "bob", "known": "ann"})
    assert (refused["status"], refused["code"], refused["field"]) == (409, "conflict", "merge_known")
    assert call("POST", "/v1/identities", {"actor": "bob", "known": "ann", "merge_known": True})["status"] == 201


def test_pages_lead_through_all(call: Call) -> None:
    parts.identities().claim("acme", [said(f"x{n}", "ann", n) for n in range(7)])
    seen: list[str] = []
    page = call("GET", "/v1/identities", limit="3")
    seen += [one["actor"] for one in page["identities"]]
    while page["next"]:
        page = call("GET", "/v1/identities", limit="3", after=page["next"])
        seen += [one["actor"] for one in page["identities"]]
    assert sorted(seen) == [f"x{n}" for n in range(7)]


@pytest.mark.parametrize("actor", ["a/b c", "ä%2", "x.y~z", "100%"])
def test_any_id_can_be_asked_for(call: Call, actor: str) -> None:
    assert call("GET", f"/v1/people/{actor}")["person"] == actor


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/v1/identities", {"actor": "null", "known": "ann"}, 422, "actor"),
        ("POST", "/v1/identities", {"actor": "ann", "known": "guest"}, 422, "known"),
        ("POST", "/v1/identities", {"actor": "ann", "known": "ann"}, 422, "known"),
        ("POST", f"/v1/identities/{edge_id('a', 'b')}/undo", {}, 404, None),
        ("POST", "/v1/identities/nothing/redo", {}, 404, None),
        ("GET", "/v1/people/undefined", None, 422, "actor"),
    ],
)
def test_what_cannot_be_is_refused(
    call: Call, method: str, path: str, body: Any, status: int, field: str | None
) -> None:
    answer = call(method, path, body)
    assert (answer["status"], answer.get("field")) == (status, field)


def test_a_cursor_that_no_page_gave(call: Call) -> None:
    answer = call("GET", "/v1/identities", after="x")
    assert (answer["status"], answer["field"]) == (422, "after")


def test_another_tenant_and_another_scope_see_nothing(call: Call) -> None:
    made = call("POST", "/v1/identities", {"actor": "browser", "known": "ann"})
    assert call("GET", "/v1/people/browser", by="other")["actors"] == ["browser"]
    assert call("POST", f"/v1/identities/{made['id']}/undo", {}, by="other")["status"] == 404
    assert call("GET", "/v1/identities", by="read")["status"] == 403
