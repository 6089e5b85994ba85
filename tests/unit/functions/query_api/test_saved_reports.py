"""Saved questions over memory twins: checked as their kind would, and asked anew by their link."""

import json
from typing import Any

import pytest

from tests.unit.functions.query_api.conftest import Api

BODY = {"range": "last_2_days", "filters": [{"field": "action", "value": "Email Opened"}]}
REPORT = {"name": "Opens", "kind": "timeseries", "body": BODY}


def save(api: Api, **other: Any) -> tuple[int, dict[str, Any]]:
    return api.ask("POST", "/v1/reports", REPORT | other, key=api.keys["acme-analyst"])


def test_a_report_is_kept_listed_changed_and_deleted(api: Api) -> None:
    status, made = save(api)
    assert (status, made["name"], made["body"]) == (201, "Opens", BODY)
    path = f"/v1/reports/{made['id']}"
    assert api.ask("GET", path)[1] == made
    assert api.ask("GET", "/v1/reports")[1] == {"reports": [made]}
    analyst = api.keys["acme-analyst"]
    changed = api.ask("PUT", path, REPORT | {"name": "Opens, daily"}, key=analyst)[1]
    assert (changed["id"], changed["name"], changed["answer"]) == (made["id"], "Opens, daily", made["answer"])
    headers = {"authorization": f"Bearer {analyst}"}
    assert api.raw("DELETE", path, headers=headers)["statusCode"] == 204
    assert api.ask("GET", path)[0] == 404


def test_its_link_answers_as_the_question_itself_would(api: Api) -> None:
    link = save(api)[1]["answer"]
    at_once = api.ask("POST", "/v1/queries/timeseries", BODY)[1]
    assert api.ask("GET", link)[1] == at_once
    headers = {"authorization": f"Bearer {api.keys['acme']}"}
    lines = api.raw("GET", link, query="format=csv&table=totals", headers=headers)["body"].split("\r\n")
    assert lines[1] == f"whole,,,,{at_once['series'][0]['total']}"
    later = api.raw("GET", link, headers=headers | {"prefer": "respond-async"})
    assert (later["statusCode"], json.loads(later["body"])["kind"]) == (202, "timeseries")


def test_it_is_its_workspaces_alone_and_an_analysts_to_say(api: Api) -> None:
    made = save(api)[1]
    for path in (f"/v1/reports/{made['id']}", made["answer"]):
        assert api.ask("GET", path, tenant="other")[0] == 404
    assert api.ask("GET", "/v1/reports", tenant="other")[1] == {"reports": []}
    for method, path, body in (
        ("POST", "/v1/reports", REPORT),
        ("PUT", f"/v1/reports/{made['id']}", REPORT),
        ("DELETE", f"/v1/reports/{made['id']}", None),
    ):
        assert api.ask(method, path, body)[1]["code"] == "not_allowed"
    assert api.ask("DELETE", f"/v1/reports/{made['id']}", key=api.keys["other-analyst"])[0] == 404


@pytest.mark.parametrize(
    ("other", "field", "hint"),
    [
        ({"kind": "horoscope"}, "kind", "timeseries"),
        ({"name": " "}, "name", "1 to 200"),
        ({"body": {"range": "last_2_days", "interval": 7}}, "body.interval", "string"),
        ({"body": {"range": "last_2_days", "measure": {"type": "mood"}}}, "body.measure", "count"),
        ({"body": {"range": "someday"}}, "range", "month_to_date"),
        ({"body": BODY | {"filters": [{"field": "campaign", "value": 1}]}}, "filters.0.field", "context.campaign"),
        ({"body": BODY | {"interval": "fortnight"}}, "interval", "week"),
        ({"body": {"filters": [{"field": "action", "is": "in", "value": ["x" * 1000] * 150}]}}, "from", "range"),
        ({"owner": "me"}, "owner", "permitted"),
    ],
    ids=str,
)
def test_a_question_that_could_not_be_asked_is_not_kept(api: Api, other: dict[str, Any], field: str, hint: str) -> None:
    status, problem = save(api, **other)
    assert (status, problem["field"]) == (422, field), problem
    assert hint in problem["detail"]
    assert api.saved.kept == {}


def test_a_question_too_long_to_keep_is_told_so(api: Api) -> None:
    long = BODY | {"filters": [{"field": "properties.plan", "is": "in", "value": ["x" * 1000] * 150}]}
    status, problem = save(api, body=long)
    assert (status, problem["field"]) == (422, "body")
