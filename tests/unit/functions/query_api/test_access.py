"""Who may ask, and that nobody sees what is another tenant's."""

import json
from typing import Any

import pytest

from tests.unit.functions.query_api.conftest import Api

ROUTES: list[tuple[str, str, Any]] = [
    ("POST", "/v1/queries/timeseries", {"from": "2026-10-24", "to": "2026-10-28", "breakdown": {"field": "actor.id"}}),
    ("GET", "/v1/events", None),
    ("GET", "/v1/schema", None),
    ("GET", "/v1/status", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=lambda one: str(one)[:24])
def test_without_a_key_that_may_read_nothing_is_said(api: Api, method: str, path: str, body: Any) -> None:
    for key, status, code in (
        ("nonsense", 401, "not_authenticated"),
        ("tl_nobody_secret", 401, "not_authenticated"),
        (api.keys["acme"] + "x", 401, "not_authenticated"),
        (api.keys["acme-ingest"], 403, "not_allowed"),
    ):
        got, problem = api.ask(method, path, body, key=key)
        assert (got, problem["code"]) == (status, code)
    # Faults of the request are not told to strangers.
    assert api.ask("POST", "/v1/queries/timeseries", "{", key="nonsense")[0] == 401


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=lambda one: str(one)[:24])
def test_each_tenant_sees_its_own_events_alone(api: Api, method: str, path: str, body: Any) -> None:
    for event in api.events:
        if event["tenant"] == "other":
            event["context"]["campaign"] = "theirs"
            event["actor"]["id"] = "their-person"
    ours = json.dumps(api.ask(method, path, body)[1])
    assert "their" not in ours
    api.reports.documents = [event for event in api.events if event["tenant"] == "acme"]
    assert json.dumps(api.ask(method, path, body)[1]) == ours


def test_unknown_routes_and_broken_bodies_are_problems(api: Api) -> None:
    assert api.ask("GET", "/v1/nothing")[1]["code"] == "not_found"
    status, problem = api.ask("POST", "/v1/queries/timeseries", "{")
    assert (status, problem["code"]) == (400, "malformed_request")
    for body in ("[]", "null", '"text"', None):
        status, problem = api.ask("POST", "/v1/queries/timeseries", body)
        assert (status, problem["code"]) == (422, "invalid_request"), body


@pytest.mark.parametrize(
    ("body", "key"),
    [({"from": 7}, "acme"), ("{", "acme"), ({"from": "2026-10-28", "to": "2026-10-24"}, "acme"), ({}, "acme-ingest")],
    ids=["against the description", "not JSON", "without meaning", "without the scope"],
)
def test_every_refusal_is_counted(api: Api, capsys: pytest.CaptureFixture[str], body: Any, key: str) -> None:
    status, _ = api.ask("POST", "/v1/queries/timeseries", body, key=api.keys[key])
    assert status in {400, 403, 422}
    assert '"QueriesRefused":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_bug_tells_the_client_nothing_of_the_inside(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.reports, "tally", lambda *_: 1 / 0)
    answer = api.raw(
        "POST",
        "/v1/queries/timeseries",
        {"from": "2026-10-24", "to": "2026-10-28"},
        headers={"x-api-key": api.keys["acme"]},
    )
    assert answer["statusCode"] == 500
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert "division" not in answer["body"]


def test_the_description_and_its_page_need_no_key(api: Api) -> None:
    page = api.raw("GET", "/v1/docs", headers={})
    assert page["statusCode"] == 200
    assert "cdn" not in page["body"][-5_000:].lower()
    described = json.loads(api.raw("GET", "/v1/openapi.json", headers={})["body"])
    assert "/v1/queries/timeseries" in described["paths"]
