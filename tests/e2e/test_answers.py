"""Questions that nobody waits for, tables as CSV, reports and refusals, over HTTP."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local.under_test import SystemUnderTest
from tests.e2e.conftest import Customer

pytestmark = pytest.mark.system

PATH = "/v1/queries/timeseries"
LATER = {"Prefer": "respond-async"}
MONTH: dict[str, Any] = {"range": "last_30_days", "breakdown": {"field": "action", "top": 5}, "time_zone": "UTC"}


@pytest.fixture
def ours(customer: Callable[..., Customer], event: Callable[..., Any]) -> Customer:
    made = customer()
    price = {"amount": "12.50", "currency": "EUR"}
    sent = [event(f"e{n}", days_ago=1 + n % 20, actor=f"c{n % 50}", value=price) for n in range(400)]
    formula = {"campaign": "=cmd|' /C calc'!A0"}
    sent += [event(f"f{n}", days_ago=1 + n % 9, action="ad_clicked", context=formula) for n in range(10)]
    made.send(*sent)
    made.wait()
    return made


def state(ours: Customer, location: str) -> dict[str, Any]:
    answer = ours.ask("read", "GET", location)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def over(ours: Customer, location: str) -> dict[str, Any]:
    while (told := state(ours, location))["state"] in {"waiting", "working"}:
        pass
    return told


def later(ours: Customer, **body: Any) -> str:
    answer = ours.ask("read", "POST", PATH, json=MONTH | body, headers=LATER)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Preference-Applied"] == "respond-async"
    return str(answer.headers["Location"])


def test_the_later_answer_is_the_one_given_at_once(ours: Customer, customer: Callable[..., Customer]) -> None:
    location = later(ours)
    told = over(ours, location)
    assert (told["state"], told["tries"], told["problem"]) == ("done", 1, None)
    assert told["result"] == f"{location}/result"
    result = ours.ask("read", "GET", told["result"]).json()
    at_once = ours.ask("read", "POST", PATH, json=MONTH).json()
    assert result["series"] == at_once["series"]
    assert result["series"][0]["total"] == 410
    table = ours.ask("read", "GET", told["result"], params={"format": "csv", "table": "totals"})
    assert rows(table)[0]["total"] == "410"
    for path in (location, told["result"]):
        assert customer().ask("read", "GET", path).status_code == 404
    assert state(ours, location)["expires_at"] > told["asked_at"]


def test_a_long_answer_tells_how_far_it_is(ours: Customer) -> None:
    opened, clicked = ({"filters": [{"field": "action", "value": action}]} for action in ("email_opened", "ad_clicked"))
    body = {"range": "last_30_days", "steps": [opened, clicked], "window": "30 days"}
    answer = ours.ask("read", "POST", "/v1/queries/funnel", json=body, headers=LATER)
    assert answer.status_code == 202, answer.text
    told = over(ours, answer.headers["Location"])
    assert told["state"] == "done", told
    assert told["progress"]["done"] == told["progress"]["of"] >= 1
    result = ours.ask("read", "GET", told["result"]).json()
    assert result["rows"] == ours.ask("read", "POST", "/v1/queries/funnel", json=body).json()["rows"]


def test_an_answer_can_be_called_off(ours: Customer) -> None:
    """A worker may be quicker than we are: then it is done, stays so, and we try another."""
    for _ in range(50):
        location = later(ours)
        told = ours.ask("read", "DELETE", location).json()
        assert told["state"] in {"cancelled", "done"}
        assert over(ours, location)["state"] == told["state"]
        if told["state"] == "cancelled":
            break
    refused = ours.ask("read", "GET", f"{location}/result")
    assert (refused.status_code, refused.json()["code"]) == (409, "cancelled")


def test_what_cannot_be_answered_is_told_later_as_at_once(ours: Customer) -> None:
    wrong = {"filters": [{"field": "campaign", "value": "x"}]}
    at_once = ours.ask("read", "POST", PATH, json=MONTH | wrong).json()
    location = later(ours, **wrong)
    assert over(ours, location)["state"] == "failed"
    result = ours.ask("read", "GET", f"{location}/result")
    assert result.status_code == 422
    assert {name: result.json()[name] for name in ("code", "field", "detail")} == {
        name: at_once[name] for name in ("code", "field", "detail")
    }


def test_csv_is_the_answer_and_no_spreadsheet_runs_it(ours: Customer) -> None:
    by_campaign = MONTH | {"breakdown": {"field": "context.campaign"}}
    answer = ours.ask("read", "POST", PATH, json=by_campaign, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    found = rows(answer)
    facts = ours.ask("read", "POST", PATH, json=by_campaign).json()
    assert len(found) == len(facts["buckets"]) * len(facts["series"])
    assert sum(int(row["value"]) for row in found if row["series"] == "whole") == 410
    assert {row["key"] for row in found if row["series"] == "value"} == {"'=cmd|' /C calc'!A0"}


def test_a_table_that_is_too_large_for_a_response_is_whole_at_its_link(ours: Customer, event: Any) -> None:
    long = "a campaign with a very long name, as some of them have, " * 4
    ours.send(*(event(f"l{n}", days_ago=2, context={"campaign": f"{long}{n}"}) for n in range(7)))
    ours.wait()
    body = {"range": "last_20_days", "interval": "15 minutes", "breakdown": {"field": "context.campaign", "top": 7}}
    answer = ours.ask("read", "POST", PATH, json=body, headers={"Accept": "text/csv"}, allow_redirects=False)
    assert answer.status_code == 303, answer.text[:200]
    link = answer.headers["Location"]
    assert answer.json()["link"] == link
    whole = requests.get(link, timeout=60)  # without a key
    found = rows(whole)
    assert len(found) == 20 * 96 * 10
    assert sum(int(row["value"]) for row in found if row["series"] == "whole") == 417


def test_a_report_answers_by_its_link_as_of_now(ours: Customer, event: Callable[..., Any]) -> None:
    report = {"name": "All of it", "kind": "timeseries", "body": MONTH}
    assert ours.ask("read", "POST", "/v1/reports", json=report).json()["code"] == "not_allowed"
    made = ours.ask("analyst", "POST", "/v1/reports", json=report)
    assert made.status_code == 201, made.text
    link = made.json()["answer"]
    assert ours.ask("read", "GET", link).json()["series"][0]["total"] == 410
    ours.send(event("late", days_ago=3))
    ours.wait()
    assert ours.ask("read", "GET", link).json()["series"][0]["total"] == 411
    table = ours.ask("read", "GET", link, params={"format": "csv", "table": "totals"})
    assert rows(table)[0]["total"] == "411"
    put_off = ours.ask("read", "GET", link, headers=LATER)
    assert put_off.status_code == 202
    assert over(ours, put_off.headers["Location"])["state"] == "done"
    path = made.headers["Location"]
    changed = ours.ask("analyst", "PUT", path, json=report | {"name": "Everything"})
    assert (changed.json()["name"], changed.json()["answer"]) == ("Everything", link)
    assert ours.ask("analyst", "DELETE", path).status_code == 204
    assert ours.ask("read", "GET", link).status_code == 404


@pytest.mark.parametrize(
    ("body", "code", "field", "hint"),
    [
        ({"filters": [{"field": "campain", "value": "x"}]}, "unknown_field", "filters.0.field", "context.campaign"),
        ({"time_zone": "Europe/Berln"}, "unknown_time_zone", "time_zone", "Europe/Berlin"),
        ({"range": "last_9999_days"}, "range_too_wide", "range", "at most"),
        ({"range": "sometime"}, "invalid_range", "range", "month_to_date"),
        ({"breakdown": {"field": "action", "top": 101}}, "invalid_request", "breakdown.top", "100"),
        ({"interval": "minute"}, "too_many_buckets", "interval", "would work"),
        ({"measure": {"type": "mood"}}, "invalid_request", "measure", "count"),
        ({"segment": {"conditions": []}}, "invalid_request", "segment.conditions", "1"),
    ],
    ids=str,
)
def test_a_question_that_was_understood_is_refused_with_what_would_work(
    system: SystemUnderTest, customer: Callable[..., Customer], body: Any, code: str, field: str, hint: str
) -> None:
    answer = customer().ask("read", "POST", PATH, json=MONTH | body)
    told = answer.json()
    assert (answer.status_code, told["code"], told["field"]) == (422, code, field)
    assert hint in told["detail"]
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_segment_counts_only_its_people(ours: Customer) -> None:
    often = {"filters": [{"field": "action", "value": "email_opened"}], "at_least": 8}
    asked = {"measure": {"type": "unique_actors"}, "breakdown": None}
    today = datetime.now(UTC).date()
    span = {"range": None, "from": (today - timedelta(days=30)).isoformat(), "to": today.isoformat()}
    everybody = ours.ask("read", "POST", PATH, json=MONTH | asked | span)
    assert everybody.json()["series"][0]["total"] == 51
    some = ours.ask("read", "POST", PATH, json=MONTH | asked | span | {"segment": {"conditions": [often]}})
    assert some.status_code == 200, some.text
    assert some.json()["series"][0]["total"] == 50
    never = {"conditions": [often | {"at_least": 0, "at_most": 0}]}
    none = ours.ask("read", "POST", PATH, json=MONTH | asked | span | {"segment": never})
    assert none.json()["series"][0]["total"] == 1


def rows(answer: requests.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text[:500]
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline=""), strict=True))
