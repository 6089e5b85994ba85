"""Goals over the API: made, shown, changed, deleted, and their past."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from manage_api import handler, parts
from manage_tenants import handler as tenants_handler
from touchline.adapters.memory.conversions import MemoryAttributionQueue
from touchline.adapters.memory.event_reports import MemoryEventReports
from touchline.adapters.memory.workflows import MemoryWorkflows
from touchline.errors import StoreUnavailable
from touchline.ports import ChangedPeople

type Call = Callable[..., dict[str, Any]]

NEW = {"name": "Purchases", "criteria": [{"action": "purchase-made"}], "value": {"type": "event"}}
FULL = {
    "name": "Large orders",
    "criteria": [
        {
            "action": ["purchase_made", "Ordered"],
            "filters": [
                {"field": "value.amount", "is": "gte", "value": 99.5},
                {"field": "properties.vip", "value": True},
            ],
        },
        {"action": "contract_signed", "filters": [{"field": "context.campaign", "is": "exists"}]},
    ],
    "counted": "once",
    "value": {"type": "fixed", "amount": "12.50", "currency": "eur"},
    "touch_actions": ["link_clicked", "E-Mail opened"],
    "lookback": "2 weeks",
    "half_life": "36 hours",
    "conversion_window": "10 days",
    "direct_channels": [],
}


@pytest.fixture
def workflows() -> MemoryWorkflows:
    return MemoryWorkflows()


@pytest.fixture
def call(
    aws: None, request_of: Call, context: Any, workflows: MemoryWorkflows, monkeypatch: pytest.MonkeyPatch
) -> Call:
    for module in (parts, tenants_handler):
        for built in vars(module).values():
            if hasattr(built, "cache_clear") and built.__module__ == module.__name__:
                built.cache_clear()
    now = parts.now()
    event = {"@timestamp": now, "sequence": 1, "tenant": "acme", "id": "e", "actor": {"id": "a"}}
    sent = [event | {"action": action} for action in ("purchase_made", "link_clicked")]
    monkeypatch.setattr(parts, "reports", lambda: MemoryEventReports(sent))
    monkeypatch.setattr(parts, "backfills", lambda: workflows)
    keys = {
        tenant: tenants_handler.lambda_handler({"operation": "create", "tenant": tenant, "name": tenant}, context)[
            "keys"
        ]
        for tenant in ("acme", "other")
    }

    def ask(method: str, path: str, body: Any = None, *, by: str = "admin", tenant: str = "acme") -> dict[str, Any]:
        answer = handler.lambda_handler(request_of(method, path, body, key=keys[tenant][by]), context)
        return {"status": answer["statusCode"], **json.loads(answer["body"])}

    return ask


def sent(shown: dict[str, Any]) -> dict[str, Any]:
    """What was shown, as it may be sent again."""
    return {name: shown[name] for name in FULL}


def test_a_goal_is_shown_as_it_is_understood(call: Call) -> None:
    made = call("POST", "/v1/goals", FULL)
    assert made["status"] == 201
    assert made["version"] == 1
    assert made["criteria"][0]["action"] == ["purchase_made", "ordered"]
    assert made["criteria"][0]["filters"][0] == {"field": "value.amount", "is": "gte", "value": 99.5}
    assert made["value"] == {"type": "fixed", "amount": "12.50", "currency": "EUR"}
    assert made["touch_actions"] == ["e_mail_opened", "link_clicked"]
    assert (made["lookback"], made["half_life"], made["conversion_window"]) == ("14 days", "36 hours", "10 days")
    assert made["description"].startswith(
        "each person's first event where action is one of 'purchase_made', 'ordered' and"
    )
    assert call("GET", f"/v1/goals/{made['id']}")["criteria"] == made["criteria"]
    assert any("contract_signed" in note for note in made["notes"])


def test_what_is_shown_can_be_sent_again_and_changes_nothing(call: Call) -> None:
    made = call("POST", "/v1/goals", FULL)
    again = call("PUT", f"/v1/goals/{made['id']}", sent(made) | {"version": 1})
    assert (again["status"], again["version"], again["changed_at"]) == (200, 1, made["changed_at"])


def test_its_past_is_computed_at_once_and_can_be_called_off_and_gone_on_with(
    call: Call, workflows: MemoryWorkflows
) -> None:
    made = call("POST", "/v1/goals", NEW)
    path = f"/v1/goals/{made['id']}/backfill"
    assert made["backfill"]["state"] == "running"
    assert [facts["goal"] for facts in workflows.started.values()] == [made["id"]]
    assert call("POST", path, {})["code"] == "conflict"
    assert call("DELETE", path)["state"] == "cancelled"
    assert call("GET", path)["state"] == "cancelled"
    again = call("POST", path, {})
    assert (again["status"], again["state"]) == (202, "running")
    assert [facts["attempt"] for facts in workflows.started.values()] == [1, 2]


def test_a_range_of_the_past_lies_in_what_is_kept(call: Call) -> None:
    made = call("POST", "/v1/goals", NEW)
    path = f"/v1/goals/{made['id']}/backfill"
    call("DELETE", path)
    refused = call("POST", path, {"from": "2001-01-01", "to": "2001-02-01"})
    assert (refused["status"], refused["code"], refused["field"]) == (422, "invalid_range", "from")
    begun = call("POST", path, {"from": "2001-01-01"})
    assert begun["from"] > "2020"


def test_a_change_is_a_new_version_with_a_past_of_its_own(call: Call, workflows: MemoryWorkflows) -> None:
    made = call("POST", "/v1/goals", NEW)
    changed = call("PUT", f"/v1/goals/{made['id']}", NEW | {"counted": "once", "version": 1})
    assert (changed["version"], changed["backfill"]["version"]) == (2, 2)
    assert changed["created_at"] == made["created_at"]
    assert len(workflows.started) == 2
    found = call("GET", f"/v1/goals/{made['id']}/versions", by="read")["versions"]
    assert [(one["version"], one["counted"]) for one in found] == [(2, "once"), (1, "every")]


def test_a_new_name_is_no_new_version(call: Call, workflows: MemoryWorkflows) -> None:
    made = call("POST", "/v1/goals", NEW)
    changed = call("PUT", f"/v1/goals/{made['id']}", NEW | {"name": "Sales", "version": 1})
    assert (changed["version"], changed["name"]) == (1, "Sales")
    assert len(workflows.started) == 1


def test_of_two_changes_the_second_is_told_to_look_again(call: Call) -> None:
    made = call("POST", "/v1/goals", NEW)
    call("PUT", f"/v1/goals/{made['id']}", NEW | {"counted": "once", "version": 1})
    refused = call("PUT", f"/v1/goals/{made['id']}", NEW | {"lookback": "1 day", "version": 1})
    assert (refused["status"], refused["field"]) == (409, "version")


def test_a_name_is_given_once(call: Call) -> None:
    call("POST", "/v1/goals", NEW)
    refused = call("POST", "/v1/goals", NEW | {"name": "PURCHASES"})
    assert (refused["status"], refused["field"]) == (409, "name")


def test_a_deleted_goal_is_gone_and_its_documents_follow(call: Call) -> None:
    made = call("POST", "/v1/goals", NEW)
    assert call("DELETE", f"/v1/goals/{made['id']}")["deleted"]
    assert call("GET", f"/v1/goals/{made['id']}")["status"] == 404
    assert call("GET", "/v1/goals")["goals"] == []
    queue: Any = parts.attribution_queue()
    (message,) = queue._client.receive_message(QueueUrl=queue._queue_url)["Messages"]
    assert json.loads(message["Body"])["forget_goal"] == made["id"]
    assert len(call("GET", f"/v1/goals/{made['id']}/versions")["versions"]) == 1


def test_a_goal_whose_deletion_ended_half_way_is_deleted_again(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    made = call("POST", "/v1/goals", NEW)

    class Away:
        def send(self, changed: ChangedPeople, *, seconds: int | None = None) -> None:
            raise StoreUnavailable("away")

    queue = MemoryAttributionQueue()
    monkeypatch.setattr(parts, "attribution_queue", Away)
    assert call("DELETE", f"/v1/goals/{made['id']}")["status"] == 503
    monkeypatch.setattr(parts, "attribution_queue", lambda: queue)
    assert call("DELETE", f"/v1/goals/{made['id']}")["deleted"]
    # A second time for what was being computed when it was deleted.
    assert [(changed.forget_goal, seconds) for changed, seconds in queue.sent] == [
        (made["id"], None),
        (made["id"], 900),
    ]
    assert call("DELETE", "/v1/goals/0123456789abcdef")["status"] == 404


def test_who_may_read_answers_may_read_goals_and_no_more(call: Call) -> None:
    made = call("POST", "/v1/goals", NEW)
    assert [goal["id"] for goal in call("GET", "/v1/goals", by="read")["goals"]] == [made["id"]]
    assert call("POST", "/v1/goals", NEW, by="read")["status"] == 403
    assert call("DELETE", f"/v1/goals/{made['id']}", by="read")["status"] == 403
    assert call("GET", "/v1/goals", by="ingest")["status"] == 403
    assert call("GET", "/v1/keys", by="read")["status"] == 403


def test_another_tenants_goal_is_not_there(call: Call) -> None:
    made = call("POST", "/v1/goals", NEW)
    assert call("GET", f"/v1/goals/{made['id']}", tenant="other")["status"] == 404
    assert call("DELETE", f"/v1/goals/{made['id']}", tenant="other")["status"] == 404
    assert call("GET", "/v1/goals", tenant="other")["goals"] == []


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"criteria": []}, "invalid_request", "criteria"),
        ({"criteria": [{"action": "purchase_mode"}]}, "unknown_action", None),
        ({"criteria": [{"filters": []}]}, "invalid_request", "criteria.0.action"),
        ({"criteria": [{"action": "purchase_made", "filters": [{"field": "campain", "value": "x"}]}]}, "unknown_field",
         "criteria.0.filters.0.field"),
        ({"lookback": "2 moons"}, "invalid_interval", "lookback"),
        ({"lookback": "2 years"}, "invalid_interval", "lookback"),
        ({"half_life": "0 days"}, "invalid_interval", "half_life"),
        ({"value": {"type": "fixed", "amount": "x", "currency": "EUR"}}, "invalid_request", "value.amount"),
        ({"value": {"type": "fixed", "amount": 1, "currency": "euro"}}, "invalid_request", "value.currency"),
        ({"counted": "twice"}, "invalid_request", "counted"),
        ({"colour": "red"}, "invalid_request", "colour"),
        ({"touch_actions": ["link_clickd"]}, "unknown_action", None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(call: Call, change: dict[str, Any], code: str, field: str | None) -> None:
    refused = call("POST", "/v1/goals", NEW | change)
    assert (refused["code"], refused.get("field")) == (code, field)
    assert 400 <= refused["status"] <= 422
    assert call("GET", "/v1/goals")["goals"] == []
