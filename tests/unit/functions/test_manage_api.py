import json
from collections.abc import Callable
from typing import Any

import pytest
from manage_api import handler, parts
from manage_tenants import handler as tenants_handler
from touchline.adapters.memory.event_index import MemoryEventIndex
from touchline.adapters.memory.queue import MemoryEventQueue
from touchline.adapters.memory.rate_limits import MemoryRateLimits
from touchline.adapters.memory.rejected_events import MemoryRejectedEvents
from touchline.adapters.packing import ZstdPacking, read_frame
from touchline.adapters.request_body import JsonEventBodies
from touchline.domain.tenancy import Tenant
from touchline.services.accept_events import Intake, SentRequest, accept_events
from touchline.services.limit_rate import RateLimiter

type Call = Callable[..., dict[str, Any]]

BAD = {"id": "e1", "action": "signup", "actor": {"id": "undefined"}}
NEWEST = {"id": "e2", "acton": "signup", "actor": {"id": "c1"}}


@pytest.fixture
def queue() -> MemoryEventQueue:
    return MemoryEventQueue()


@pytest.fixture
def index() -> MemoryEventIndex:
    return MemoryEventIndex()


@pytest.fixture
def keys(
    aws: None, context: Any, queue: MemoryEventQueue, index: MemoryEventIndex, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    for built in (parts.settings, parts.key_ring, parts.api_keys):
        built.cache_clear()
    for built in (tenants_handler.settings, tenants_handler.tenants, tenants_handler.api_keys):
        built.cache_clear()
    for tenant in ("acme", "other"):
        set_aside(index, tenant, BAD, NEWEST)
    monkeypatch.setattr(parts, "rejected_events", lambda: MemoryRejectedEvents(index))
    monkeypatch.setattr(parts, "event_queue", lambda: queue)
    made = {
        tenant: tenants_handler.lambda_handler({"operation": "create", "tenant": tenant, "name": tenant}, context)
        for tenant in ("acme", "other")
    }
    return {"admin": made["acme"]["keys"]["admin"], "read": made["acme"]["keys"]["read"]} | {
        "other": made["other"]["keys"]["admin"]
    }


@pytest.fixture
def call(keys: dict[str, str], request_of: Call, context: Any) -> Call:
    def ask(method: str, path: str, body: Any = None, *, by: str = "admin", **query: str) -> dict[str, Any]:
        request = request_of(method, path, body, key=keys[by], query=query)
        answer = handler.lambda_handler(request, context)
        return {"status": answer["statusCode"], **json.loads(answer["body"])}

    return ask


def set_aside(index: MemoryEventIndex, tenant: str, *events: dict[str, Any]) -> None:
    whose = Tenant(tenant, tenant, "hash", b"k" * 32, 1_000, "UTC", "monday", 0)
    queue = MemoryEventQueue()
    intake = Intake(JsonEventBodies(), ZstdPacking(), queue, RateLimiter(MemoryRateLimits()), 400)
    accept_events(SentRequest(json.dumps(events).encode(), "", "", parts.now(), 0), whose, intake)
    for batch in queue.batches:
        index.bulk(read_frame(batch.frame))


def listed(call: Call, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call("GET", "/v1/rejected-events", **query)["rejected_events"]
    return found


def test_a_new_key_is_shown_once_with_its_secret(call: Call) -> None:
    made = call("POST", "/v1/keys", {"name": "site", "scopes": ["ingest"]})
    assert made["status"] == 201
    assert made["key"].startswith(f"tl_{made['id']}_")
    names = [key["name"] for key in call("GET", "/v1/keys")["keys"]]
    assert names.count("site") == 1
    assert made["key"] not in json.dumps(call("GET", "/v1/keys"))


def test_a_rotated_key_works_with_both_secrets_until_the_grace_ends(call: Call, keys: dict[str, str]) -> None:
    key_id = keys["admin"].split("_")[1]
    rotated = call("POST", f"/v1/keys/{key_id}/rotate", {})
    parts.key_ring.cache_clear()
    assert call("GET", "/v1/keys")["status"] == 200
    keys["admin"] = rotated["key"]
    assert call("GET", "/v1/keys")["status"] == 200


def test_a_revoked_key_is_told_so(call: Call, keys: dict[str, str]) -> None:
    call("DELETE", f"/v1/keys/{keys['admin'].split('_')[1]}")
    parts.key_ring.cache_clear()
    answer = call("GET", "/v1/keys")
    assert (answer["status"], answer["code"]) == (401, "key_revoked")


@pytest.mark.parametrize("action", [("POST", "/rotate"), ("DELETE", "")], ids=["rotate", "revoke"])
def test_another_tenants_key_is_not_there(call: Call, keys: dict[str, str], action: tuple[str, str]) -> None:
    path = f"/v1/keys/{keys['other'].split('_')[1]}{action[1]}"
    assert call(action[0], path, {})["status"] == 404


def test_the_scope_admin_is_needed(call: Call) -> None:
    assert call("GET", "/v1/rejected-events", by="read")["code"] == "not_allowed"


def test_unknown_members_are_refused_with_their_field(call: Call) -> None:
    answer = call("POST", "/v1/keys", {"name": "site", "scopes": ["ingest"], "tenant": "other"})
    assert (answer["status"], answer["code"], answer["field"]) == (422, "invalid_request", "tenant")


def test_an_unknown_route_is_a_problem(call: Call) -> None:
    assert call("GET", "/v1/keys/nothing/here")["code"] == "not_found"


def test_rejected_events_are_listed_newest_first_in_pages(call: Call) -> None:
    first = call("GET", "/v1/rejected-events", limit="1")
    second = call("GET", "/v1/rejected-events", limit="1", cursor=first["next"])
    codes = [page["rejected_events"][0]["code"] for page in (first, second)]
    assert codes == ["unknown_field", "placeholder_id"]
    assert second["next"] is None


def test_a_filter_takes_what_it_says(call: Call) -> None:
    assert [event["event_id"] for event in listed(call, code="placeholder_id")] == ["e1"]
    assert listed(call, field="nothing") == []


def test_reasons_are_counted(call: Call) -> None:
    summary = call("GET", "/v1/rejected-events/summary")
    assert summary["total"] == 2
    assert {"code": "placeholder_id", "field": "actor.id", "count": 1} in summary["reasons"]


def test_the_original_is_given_back_as_it_came(call: Call) -> None:
    [event] = listed(call, code="placeholder_id")
    assert json.loads(call("GET", f"/v1/rejected-events/{event['id']}")["original"]) == BAD


def test_another_tenants_rejected_event_is_not_there(call: Call) -> None:
    [event] = listed(call, code="placeholder_id")
    assert call("GET", f"/v1/rejected-events/{event['id']}", by="other")["status"] == 404
    assert call("POST", f"/v1/rejected-events/{event['id']}/replay", {}, by="other")["status"] == 404
    assert call("POST", "/v1/rejected-events/replay", {"ids": [event["id"]]}, by="other")["results"] == [
        {"id": event["id"], "status": "not_found", "event_id": None, "code": None, "field": None, "reason": None}
    ]


def test_a_corrected_event_is_sent_once_however_often_it_is_replayed(call: Call, queue: MemoryEventQueue) -> None:
    [event] = listed(call, code="placeholder_id")
    path = f"/v1/rejected-events/{event['id']}/replay"
    good = BAD | {"actor": {"id": "c1"}}
    answers = [call("POST", path, {"event": good}) for _ in range(3)]
    assert [answer["status"] for answer in answers] == ["replayed", "already_replayed", "already_replayed"]
    assert len(queue.batches) == 1
    assert listed(call, state="replayed")[0]["replayed_as"] == "e1"


def test_an_event_replayed_as_it_came_is_judged_again(call: Call, queue: MemoryEventQueue) -> None:
    [event] = listed(call, code="placeholder_id")
    answer = call("POST", f"/v1/rejected-events/{event['id']}/replay", {})
    assert (answer["status"], answer["code"]) == ("rejected", "placeholder_id")
    assert queue.batches == []


def test_many_are_replayed_with_a_field_set(call: Call, queue: MemoryEventQueue) -> None:
    change = {"code": "placeholder_id", "set": {"actor.id": "c7"}}
    answer = call("POST", "/v1/rejected-events/replay", change)
    assert (answer["replayed"], answer["rejected"], answer["left"]) == (1, 0, 0)
    assert b"c7" in read_frame(queue.batches[0].frame)


def test_a_bounded_replay_says_how_many_are_left(call: Call) -> None:
    answer = call("POST", "/v1/rejected-events/replay", {"limit": 1, "set": {"acton": None, "action": "signup"}})
    assert (answer["replayed"], answer["left"]) == (1, 1)
    rest = call("POST", "/v1/rejected-events/replay", {"cursor": answer["next"], "set": {"actor.id": "c1"}})
    assert (rest["replayed"], rest["left"], rest["next"]) == (1, 0, None)


@pytest.mark.parametrize("body", [b"\xff", b"[" * 200_000], ids=["not UTF-8", "too deep"])
def test_a_body_that_cannot_be_read_is_the_clients_fault(
    body: bytes, keys: dict[str, str], request_of: Call, context: Any
) -> None:
    request = request_of("POST", "/v1/rejected-events/replay", body, key=keys["admin"])
    assert handler.lambda_handler(request, context)["statusCode"] == 400


def test_a_key_that_ends_after_all_calendars_is_refused_and_not_kept(call: Call) -> None:
    new = {"name": "site", "scopes": ["read"], "expires_at": "9999-12-31T23:59:59-12:00"}
    answer = call("POST", "/v1/keys", new)
    assert (answer["status"], answer["field"]) == (422, "expires_at")
    assert "site" not in {key["name"] for key in call("GET", "/v1/keys")["keys"]}


def test_one_event_without_fields_does_not_stop_the_others(call: Call, index: MemoryEventIndex) -> None:
    set_aside(index, "acme", [1, 2])  # type: ignore[arg-type]
    answer = call("POST", "/v1/rejected-events/replay", {"set": {"actor.id": "c7"}})
    assert (answer["replayed"], answer["rejected"]) == (1, 2)
