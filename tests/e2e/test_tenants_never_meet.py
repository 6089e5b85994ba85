"""Two tenants with the same ids: every route answers with the caller's own, or as if the other's were not there."""

from typing import Any

import pytest
import requests

pytestmark = pytest.mark.system


@pytest.fixture
def two(customer: Any, event: Any) -> tuple[Any, Any]:
    """The same ids, actors and addresses at both; A has one campaign, B another, and B one more event."""
    a, b = customer(), customer()
    person = {"id": "c-1", "email": "ada@example.org"}
    a.send(event("e1") | {"actor": person, "context": {"campaign": "of-a"}})
    b.send(event("e1") | {"actor": person, "context": {"campaign": "of-b"}}, event("e2"))
    for each in (a, b):
        each.send({**event("bad"), "actor": {"id": "null"}, "context": {"campaign": f"rejected-{each.tenant}"}})
        each.wait()
    return a, b


def test_answers_hold_the_callers_own_events_only(two: tuple[Any, Any]) -> None:
    a, b = two
    assert (a.count(), b.count()) == (1, 2)
    assert a.count(filters=[{"field": "context.campaign", "value": "of-b"}]) == 0
    for own, foreign in ((a, "of-b"), (b, "of-a")):
        for path in (
            "/v1/events",
            "/v1/schema",
            "/v1/status",
            "/v1/rejected-events",
            "/v1/rejected-events/summary",
            "/v1/keys",
        ):
            answer = own.ask("admin" if "rejected" in path or "keys" in path else "read", "GET", path)
            assert answer.status_code == 200, (path, answer.text)
            assert foreign not in answer.text, path


def test_hashes_of_one_address_differ_between_tenants(two: tuple[Any, Any]) -> None:
    hashes = {
        each.ask("read", "GET", "/v1/events", params={"actor": "c-1"}).json()["events"][0]["actor"]["email_hash"]
        for each in two
    }
    assert len(hashes) == 2


def test_a_foreign_tenants_ids_are_not_found(two: tuple[Any, Any]) -> None:
    a, b = two
    rejected = b.ask("admin", "GET", "/v1/rejected-events").json()["rejected_events"][0]["id"]
    key = b.ask("admin", "GET", "/v1/keys").json()["keys"][0]["id"]
    attempts = [
        ("GET", f"/v1/rejected-events/{rejected}", None),
        ("POST", f"/v1/rejected-events/{rejected}/replay", {}),
        ("POST", f"/v1/keys/{key}/rotate", {}),
        ("DELETE", f"/v1/keys/{key}", None),
    ]
    for method, path, body in attempts:
        answer = a.ask("admin", method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path, answer.text)
    replayed = a.ask("admin", "POST", "/v1/rejected-events/replay", json={"ids": [rejected]}).json()
    assert [one["status"] for one in replayed["results"]] == ["not_found"]
    assert b.ask("admin", "GET", "/v1/keys").json()["keys"][0]["state"] == "active"


def test_a_foreign_cursor_shows_nothing_foreign(two: tuple[Any, Any]) -> None:
    a, b = two
    cursor = b.ask("read", "GET", "/v1/events", params={"limit": 1}).json()["next"]
    answer = a.ask("read", "GET", "/v1/events", params={"limit": 10, "cursor": cursor})
    assert answer.status_code in (200, 400, 422)
    assert "of-b" not in answer.text


@pytest.mark.parametrize("where", [(), ("properties",), ("context",)], ids=["event", "properties", "context"])
def test_a_tenant_named_in_the_request_is_never_believed(
    two: tuple[Any, Any], event: Any, where: tuple[str, ...]
) -> None:
    a, b = two
    claim: dict[str, Any] = {"tenant": b.tenant}
    for name in where:
        claim = {name: claim}
    a.send(event("claimed") | claim)
    a.wait()
    assert b.count() == 2


@pytest.mark.parametrize("route", ["POST /v1/events", "POST /v1/queries/timeseries", "GET /v1/events", "GET /v1/schema",
                                   "GET /v1/status", "GET /v1/keys", "GET /v1/rejected-events"])  # fmt: skip
def test_no_key_a_wrong_key_and_a_key_of_another_scope_are_refused(two: tuple[Any, Any], route: str) -> None:
    a, _ = two
    method, path = route.split()
    url = a.system.api_url + path
    wrong_scope = "read" if path in ("/v1/keys", "/v1/rejected-events") or route == "POST /v1/events" else "ingest"
    secret = a.keys["admin"]
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Authorization": f"Bearer {secret[:-4]}AAAA"}, 401),
        ({"X-Api-Key": a.keys[wrong_scope]}, 403),
    ):
        answer = requests.request(method, url, headers=headers, json={}, timeout=30)
        assert answer.status_code == status, (headers.keys(), answer.text)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert secret not in answer.text
