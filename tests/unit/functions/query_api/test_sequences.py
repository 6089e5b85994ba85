"""Funnels, retention, paths and the people behind them, as they are asked over HTTP."""

import csv
import io
from typing import Any

import pytest

from tests.unit.functions.query_api.conftest import NOW, Api

RANGE = {"from": "2026-10-24", "to": "2026-10-27"}
SENT, OPENED, PAID = ([{"field": "action", "value": a}] for a in ("Email Sent", "email_opened", "payment"))
STEPS = [{"name": "Sent", "filters": SENT}, {"filters": OPENED}, {"filters": PAID}]
FUNNEL = RANGE | {"steps": STEPS, "window": "1 day"}
RETENTION = RANGE | {"interval": "day", "periods": 2, "start": SENT, "return": PAID}
PATHS = RANGE | {"anchor": SENT, "depth": 2, "width": 2}


@pytest.fixture(autouse=True)
def known_until_now(api: Api) -> None:
    api.columns.as_of = NOW


def ask(api: Api, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    status, answer = api.ask("POST", f"/v1/queries/{kind}", body)
    assert status == 200, answer
    return answer


def refused(api: Api, kind: str, body: dict[str, Any]) -> tuple[str, str, str]:
    status, problem = api.ask("POST", f"/v1/queries/{kind}", body)
    assert status == 422, problem
    return problem["code"], problem["field"], problem["detail"]


@pytest.mark.parametrize(("kind", "body"), [("funnel", FUNNEL), ("retention", RETENTION), ("paths", PATHS)])
def test_says_what_it_counted_over_what_and_as_of_when(api: Api, kind: str, body: dict[str, Any]) -> None:
    filtered = body | {"filters": [{"field": "context.channel", "value": "ads"}]}
    answer = ask(api, kind, filtered)
    assert len(answer["definition"]) > 80
    assert answer["range"] == {"from": "2026-10-24T00:00:00+02:00", "to": "2026-10-27T00:00:00+01:00"}
    assert answer["filters"] == ["context.channel is 'ads'"]
    assert answer["accuracy"] == {"exact": True, "bound": None, "notes": []}
    assert answer["as_of"] == "2026-10-26T13:00:00+01:00"


def test_a_funnel_names_its_steps_in_words_unless_they_have_a_name(api: Api) -> None:
    answer = ask(api, "funnel", FUNNEL)
    assert [step["name"] for step in answer["steps"]] == ["Sent", "action is 'email_opened'", "action is 'payment'"]
    (row,) = answer["rows"]
    assert row["entered"] == len({e["actor"]["id"] for e in acme(api) if e["action"] == "email_sent"})
    assert row["in_progress"] > 0
    assert "in progress" in answer["notes"][0]


def test_a_segment_is_of_its_people_only(api: Api) -> None:
    segment = {"conditions": [{"filters": PAID, "at_least": 3}]}
    payers = [e["actor"]["id"] for e in acme(api) if e["action"] == "payment"]
    senders = {e["actor"]["id"] for e in acme(api) if e["action"] == "email_sent"}
    expected = {person for person in senders if payers.count(person) >= 3}
    assert ask(api, "funnel", FUNNEL | {"segment": segment})["rows"][0]["entered"] == len(expected) > 0


def test_a_funnel_as_a_table(api: Api) -> None:
    question = FUNNEL | {"breakdown": {"field": "context.campaign", "top": 2}}
    headers = {"authorization": f"Bearer {api.keys['acme']}", "accept": "text/csv"}
    answer = api.raw("POST", "/v1/queries/funnel", question, headers=headers)
    assert answer["statusCode"] == 200
    lines = list(csv.DictReader(io.StringIO(answer["body"].lstrip("\ufeff"))))
    rows = ask(api, "funnel", question)["rows"]
    assert [int(line["people"]) for line in lines] == [step["people"] for row in rows for step in row["steps"]]


def test_people_behind_a_number_page_by_page(api: Api) -> None:
    number = ask(api, "funnel", FUNNEL)["rows"][0]["steps"][1]["people"]
    body: dict[str, Any] = {"kind": "funnel", "question": FUNNEL, "cell": {"step": 2}, "limit": 5}
    found: list[str] = []
    while True:
        page = ask(api, "people", body)
        assert page["number"] == number
        found += [one["id"] for one in page["people"]]
        if page["next"] is None:
            break
        body["cursor"] = page["next"]
    assert len(found) == len(set(found)) == number
    assert page["definition"] == "People who did step 2 (action is 'email_opened')"


@pytest.mark.parametrize("row", [{}, {"kind": "other"}, {"kind": "absent"}, {"kind": "value", "key": "c0"}])
def test_events_behind_a_number_page_by_page(api: Api, row: dict[str, Any]) -> None:
    question = RANGE | {"breakdown": {"field": "context.campaign", "top": 3}, "filters": SENT}
    answer = ask(api, "timeseries", question)
    (series,) = [one for one in answer["series"] if {p: one[p] for p in ("kind", "key") if p in one} == wanted(row)]
    bucket = answer["buckets"][1]["from"]
    body: dict[str, Any] = {"kind": "timeseries", "question": question, "list": "events", "limit": 7}
    body["cell"] = {"row": row or {"kind": "whole"}, "bucket": bucket}
    found: list[str] = []
    while True:
        page = ask(api, "people", body)
        found += [one["id"] for one in page["events"]]
        if page["next"] is None:
            break
        body["cursor"] = page["next"]
    assert len(found) == len(set(found)) == page["number"] == series["values"][1] > 0


def wanted(row: dict[str, Any]) -> dict[str, Any]:
    return (row or {"kind": "whole"}) | ({"key": None} if row.get("kind") == "absent" else {})


def test_a_tenant_lists_its_own_people_only(api: Api) -> None:
    for event in api.events:
        event["actor"] = {"id": f"{event['tenant']}-{event['actor']['id']}"}
    page = ask(api, "people", {"kind": "funnel", "question": FUNNEL})
    assert {one["id"].partition("-")[0] for one in page["people"]} == {"acme"}


@pytest.mark.parametrize(
    ("change", "code", "field", "says"),
    [
        ({"steps": STEPS[:1]}, "invalid_request", "steps", "at least 2"),
        ({"steps": STEPS * 4}, "invalid_request", "steps", "at most 10"),
        ({"window": "400 days"}, "invalid_interval", "window", "366 days"),
        ({"window": "1 month"}, "invalid_interval", "window", "'7 days'"),
        ({"hold_constant": ["campain"]}, "unknown_field", "hold_constant.0", "context.campaign"),
        ({"hold_constant": ["value.amount"]}, "unknown_field", "hold_constant.0", "too many different values"),
        ({"breakdown": {"field": "context.campaing"}}, "unknown_field", "breakdown.field", "context.campaign"),
        (
            {"breakdown": {"field": "action", "top": 200}},
            "invalid_request",
            "breakdown.top",
            "less than or equal to 100",
        ),
        ({"breakdown": {"field": "action", "by": "step"}}, "invalid_request", "breakdown.step", "by: step"),
        ({"breakdown": {"field": "action", "by": "step", "step": 4}}, "invalid_request", "breakdown.step", "3 steps"),
        ({"to": "2028-10-27"}, "range_too_wide", "to", "400"),
        ({"interval": "1 minute", "to": "2026-11-27"}, "too_many_buckets", "interval", "would work"),
        ({"steps": [STEPS[0] | {"optional": True}, *STEPS[1:]]}, "invalid_request", "steps.0.optional", "first step"),
        (
            {"steps": [STEPS[0], {"filters": [{"field": "nam", "value": "x"}]}]},
            "unknown_field",
            "steps.1.filters.0.field",
            "Did you mean object.name?",
        ),
        ({"mode": "strict", "steps": [*STEPS, STEPS[1] | {"optional": True}]}, "invalid_request", "mode", "in_order"),
        ({"windows": "1 day"}, "invalid_request", "windows", "Extra inputs"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_funnel_that_cannot_be_answered(api: Api, change: dict[str, Any], code: str, field: str, says: str) -> None:
    told = refused(api, "funnel", FUNNEL | change)
    assert told[:2] == (code, field)
    assert says in told[2]


@pytest.mark.parametrize(
    ("kind", "change", "code", "field", "says"),
    [
        ("retention", {"interval": "hour"}, "invalid_interval", "interval", "days, weeks, months"),
        ("retention", {"interval": "month", "clock": "rolling"}, "invalid_interval", "interval", "days or weeks"),
        ("retention", {"periods": 401}, "invalid_request", "periods", "400"),
        ("retention", {"periods": 400, "to": "2027-10-27"}, "too_many_buckets", "periods", "fewer periods"),
        ("retention", {"counting": "brackets"}, "invalid_request", "brackets", "are needed there"),
        (
            "retention",
            {"counting": "brackets", "brackets": [[3, 1]]},
            "invalid_request",
            "brackets.0",
            "after its last",
        ),
        ("paths", {"depth": 11}, "invalid_request", "depth", "10"),
        ("paths", {"width": 51}, "invalid_request", "width", "50"),
        ("paths", {"by": "actions"}, "unknown_field", "by", "action"),
        ("paths", {"window": "91 days"}, "invalid_interval", "window", "90 days"),
        ("paths", {"anchor": None, "occurrences": "every"}, "invalid_request", "occurrences", "session_gap"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_question_that_cannot_be_answered(
    api: Api, kind: str, change: dict[str, Any], code: str, field: str, says: str
) -> None:
    told = refused(api, kind, {"retention": RETENTION, "paths": PATHS}[kind] | change)
    assert told[:2] == (code, field)
    assert says in told[2]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"kind": "funnels"}, "kind", "funnel"),
        ({"cell": {"step": 4}}, "cell.step", "3 steps"),
        ({"cell": {"steps": 1}}, "cell.steps", "Extra inputs"),
        ({"cell": {"row": {"kind": "other"}}}, "cell.row", "whole"),
        ({"question": FUNNEL | {"window": "1 month"}}, "question.window", "'7 days'"),
        ({"question": {"steps": STEPS}}, "question.from", "range"),
        ({"question": FUNNEL | {"step": 1}}, "question.step", "Extra inputs"),
        ({"list": "events"}, "list", "people"),
        ({"cursor": "zz"}, "cursor", "damaged"),
        ({"question": FUNNEL | {"interval": "day"}, "cell": {"bucket": "2026-10-24T01:00"}}, "cell.bucket", "buckets"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_list_that_cannot_be_made(api: Api, change: dict[str, Any], field: str, says: str) -> None:
    _, told_field, detail = refused(api, "people", {"kind": "funnel", "question": FUNNEL} | change)
    assert told_field == field
    assert says in detail


def test_an_action_that_nobody_did_is_asked_about(api: Api) -> None:
    misspelt = [{"filters": [{"field": "action", "value": "email_snt"}]}, *STEPS]
    status, problem = api.ask("POST", "/v1/queries/funnel", FUNNEL | {"steps": misspelt})
    assert (status, problem["code"]) == (422, "unknown_action")
    later = ask(api, "funnel", FUNNEL | {"steps": [*STEPS, *misspelt[:1]]})
    assert any("Did you mean email_sent?" in note for note in later["notes"])


def acme(api: Api) -> list[dict[str, Any]]:
    start, end = 1_792_792_800_000, 1_793_055_600_000  # the range, in Berlin
    return [e for e in api.events if e["tenant"] == "acme" and start <= e["@timestamp"] < end]
