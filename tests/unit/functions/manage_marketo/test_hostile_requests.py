"""Whatever is sent, the answer is an answer: never a fault of ours, and never another tenant's."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.functions.manage_marketo.conftest import Call, new_connection, new_service

TEXT = st.text(max_size=30) | st.sampled_from(
    [
        "\ud800",
        "\x00",
        "",
        "../..",
        "cron(* * * * ? *)",
        "rate(1 day)",
        "UTC",
        "static",
        "id",
        "email",
        "mark",
        "1" * 500,
    ]
)
NUMBER = st.integers() | st.floats() | st.booleans() | st.none()
VALUES = st.recursive(
    TEXT | NUMBER, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=12
)
MEMBERS = [
    *("name", "endpoint", "client_id", "client_secret", "share", "group", "connection", "kind", "list", "rules"),
    *("schedule", "create_missing_fields", "leads", "calls_a_day", "calls_at_once", "expression", "time_zone", "id"),
]
BODIES = VALUES | st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=5)
IDS = st.sampled_from(["", "0", "f" * 64, "f" * 3_000, "%00", "é", "a b", "running", "%2e%2e"])
PATHS = st.sampled_from(
    [
        *("connections", "connections/{}", "connections/{}/check", "connections/{}/lists", "connections/{}/fields"),
        *("connections/{}/quota", "groups", "groups/{}", "services", "services/{}", "services/{}/clone"),
        *("services/{}/pause", "services/{}/resume", "services/{}/plan", "services/{}/executions", "executions"),
        *("executions/{}", "executions/{}/stop", "executions/{}/resume", "executions/{}/approve"),
        *("executions/{}/run-again", "executions/{}/log", "executions/{}/files", "executions/{}/explain"),
        "executions/{}/undo",
    ]
)
METHODS = st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT"])
FUZZ = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


@FUZZ
@given(METHODS, PATHS, IDS, BODIES, st.dictionaries(st.sampled_from(["kind", "limit", "cursor", "lead", "name"]), TEXT))
def test_no_request_is_a_fault_of_ours(
    call: Call, method: str, path: str, id: str, body: Any, query: dict[str, str]
) -> None:
    answer = call(method, "/" + path.format(id), body, **{name: value[:80] for name, value in query.items()})
    assert answer["status"] < 500, answer


@FUZZ
@given(
    st.dictionaries(st.sampled_from(MEMBERS), VALUES, min_size=1, max_size=4),
    st.sampled_from(["services", "connections"]),
)
def test_a_good_body_with_hostile_members_is_taken_or_refused_with_its_place(
    call: Call, connection: str, group: str, change: dict[str, Any], what: str
) -> None:
    body = new_service(connection, group) if what == "services" else new_connection(name="Other")
    answer = call("POST", f"/{what}", body | change)
    assert answer["status"] in {201, 400, 409, 422}, answer
    assert answer["status"] == 201 or answer.get("field") or answer["code"] == "malformed_request", answer
    json.dumps(answer).encode()


@pytest.mark.parametrize("body", ["[" * 100_000, '{"name": 1e999}', "{", '"', "\x00"], ids=range(5))
def test_what_is_no_json_is_said_to_be_none(call: Call, keys: dict[str, str], context: Any, body: str) -> None:
    from manage_marketo import handler

    request = {
        "version": "2.0",
        "routeKey": "POST /v1/marketo/{proxy+}",
        "rawPath": "/v1/marketo/groups",
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {keys['admin']}"},
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/marketo/groups"},
            "requestId": "r",
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": False,
    }
    assert handler.lambda_handler(request, context)["statusCode"] in {400, 422}
