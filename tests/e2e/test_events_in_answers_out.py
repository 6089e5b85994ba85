"""The main road: what a client sends over HTTP comes back as numbers over HTTP."""

import gzip
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import requests

from tests.books import dead_letters

pytestmark = pytest.mark.system

NOW = {"days": 10, "settle_minutes": 0}  # nothing is being sent while it compares


def test_each_event_gets_its_receipt_and_only_the_good_ones_count(customer: Any, event: Any) -> None:
    ours = customer()
    good = [event(f"e{n}", days_ago=n) for n in range(5)]
    answer = ours.send(*good, good[0], {**event("bad"), "actor": {"id": "null"}})
    assert (answer["accepted"], answer["duplicates"], answer["rejected"]) == (5, 1, 1)
    refused = answer["receipts"][-1]
    assert (refused["status"], refused["field"]) == ("rejected", "actor.id")
    ours.wait()
    assert ours.count() == 5


def test_sending_in_any_order_any_number_of_times_changes_nothing(customer: Any, event: Any) -> None:
    chance = random.Random(20261122)
    ours = customer()
    events = [event(f"e{n}", days_ago=n % 9, actor=f"c{n % 7}") for n in range(300)]
    for _ in range(4):
        chance.shuffle(events)
        for start in range(0, len(events), 60):
            ours.send(*events[start : start + 60])
    ours.wait()
    assert ours.count() == 300
    assert ours.count(measure={"type": "unique_actors"}) == 7
    assert dead_letters(ours.system.running) == 0


def test_gzip_json_and_ndjson_are_the_same_road(customer: Any, event: Any) -> None:
    ours = customer()
    single = orjson.dumps(event("one"))
    batch = gzip.compress(orjson.dumps({"events": [event("two"), event("three")]}))
    plain = {"Content-Type": "application/json"}
    assert ours.ask("ingest", "POST", "/v1/events", data=single, headers=plain).json()["accepted"] == 1
    packed = plain | {"Content-Encoding": "gzip"}
    assert ours.ask("ingest", "POST", "/v1/events", data=batch, headers=packed).json()["accepted"] == 2
    ours.wait()
    assert ours.count() == 3


def test_a_repeated_request_with_an_idempotency_key_gets_the_saved_answer(customer: Any, event: Any) -> None:
    ours = customer()
    sent = event("once")
    first = ours.send(sent, **{"Idempotency-Key": "request-1"})
    assert ours.send(sent, **{"Idempotency-Key": "request-1"}) == first
    other = ours.ask("ingest", "POST", "/v1/events", json=event("other"), headers={"Idempotency-Key": "request-1"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_a_breakdown_with_its_other_adds_up_to_the_whole(customer: Any, event: Any) -> None:
    ours = customer()
    campaigns = Counter({"spring": 9, "summer": 6, "autumn": 3, "winter": 2, None: 4})
    events = [
        event(f"{name}-{n}", days_ago=n, **({"context": {"campaign": name}} if name else {}))
        for name, number in campaigns.items()
        for n in range(number)
    ]
    ours.send(*events)
    ours.wait()
    answer = ours.series(breakdown={"field": "context.campaign", "top": 2})
    totals = {(row["kind"], row.get("key")): row["total"] for row in answer["series"]}
    whole = totals.pop(("whole", None), sum(totals.values()))
    assert totals == {("value", "spring"): 9, ("value", "summer"): 6, ("other", None): 5, ("absent", None): 4}
    assert sum(totals.values()) == whole == ours.count() == 24


def test_a_rejected_event_is_listed_corrected_and_replayed_once(customer: Any, event: Any) -> None:
    ours = customer()
    wrong = {**event("fixable"), "value": {"amount": "a lot", "currency": "EUR"}}
    ours.send(wrong)
    ours.wait()
    listed = ours.ask("admin", "GET", "/v1/rejected-events").json()["rejected_events"]
    assert [(one["event_id"], one["field"], one["state"]) for one in listed] == [("fixable", "value.amount", "open")]
    summary = ours.ask("admin", "GET", "/v1/rejected-events/summary").json()
    assert summary["total"] == 1
    where = f"/v1/rejected-events/{listed[0]['id']}"
    assert orjson.loads(ours.ask("admin", "GET", where).json()["original"]) == wrong
    for _ in range(2):  # replaying twice is once
        right = {**wrong, "value": {"amount": "12.50", "currency": "EUR"}}
        assert ours.ask("admin", "POST", f"{where}/replay", json={"event": right}).status_code == 200
    ours.wait()
    assert ours.count() == 1
    assert ours.series(measure={"type": "sum"})["series"][0]["total"] == {"EUR": "12.5"}
    assert ours.ask("admin", "GET", where).json()["state"] == "replayed"


def test_one_id_on_two_days_is_one_event_after_compaction(customer: Any, event: Any) -> None:
    ours = customer()
    ours.send(event("same", days_ago=3), event("another", days_ago=3))
    ours.wait()
    ours.send(event("same", days_ago=1))
    ours.wait()
    ours.run_machine("CompactArchiveMachine", {"everything": True})
    ours.wait()
    assert ours.count() == 2
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    until = (day + timedelta(days=1)).isoformat()
    assert ours.count(**{"from": day.isoformat(), "to": until}) == 2, "the first accepted one stays"
    ours.send(event("same", days_ago=2))  # and once more, after its batch is gone
    ours.wait()
    ours.run_machine("CompactArchiveMachine", {"everything": True})
    ours.wait()
    assert ours.count() == 2


def test_replaying_a_day_brings_back_what_was_lost_and_changes_nothing_that_is_right(customer: Any, event: Any) -> None:
    ours = customer()
    ours.send(*[event(f"old-{n}", days_ago=5) for n in range(20)], *[event(f"new-{n}", days_ago=4) for n in range(10)])
    ours.wait()
    ours.run_machine("CompactArchiveMachine", {"everything": True})
    day = (datetime.now(UTC) - timedelta(days=5)).date().isoformat()
    lost = {"query": {"bool": {"filter": [{"term": {"tenant": ours.tenant}}, {"prefix": {"actor.id": "contact"}}]}}}
    index = f"{ours.system.search_url}/events-{day.replace('-', '.')}"
    requests.post(f"{index}/_delete_by_query?refresh=true", json=lost | {"max_docs": 12}, timeout=60).raise_for_status()
    assert ours.count() == 18
    reconciled = ours.run("ReconcileCountsFunction", NOW)
    assert reconciled["differences"] == 1
    status = ours.ask("read", "GET", "/v1/status").json()
    assert [one["archived"] - one["indexed"] for one in status["reconciliation"]["differences"]] == [12]
    ours.run_machine("ReplayDayMachine", {"day": day, "tenant": ours.tenant})
    ours.wait()
    assert ours.count() == 30
    assert ours.run("ReconcileCountsFunction", NOW)["differences"] == 0


def test_a_late_event_finds_its_closed_day(customer: Any, event: Any) -> None:
    ours = customer()
    ours.send(event("on-time", days_ago=6))
    ours.wait()
    ours.run("MaintainIndicesFunction", {})
    ours.send(event("late", days_ago=6))
    ours.wait()
    assert ours.count() == 2
    assert ours.ask("admin", "GET", "/v1/rejected-events").json()["rejected_events"] == []


def test_single_events_come_back_as_they_were_sent_page_by_page(customer: Any, event: Any) -> None:
    ours = customer()
    rich = event(
        "rich",
        action="order_completed",
        object={"type": "order", "id": "o-1"},
        context={"campaign": "Spring", "variant": "A"},
        value={"amount": "1234.5", "currency": "eur"},
        properties={"plan": "pro", "seats": 5, "trial": False, "address": {"city": "Zürich"}, "tags": ["a", "b"]},
    )
    ours.send(rich, *[event(f"e{n}", days_ago=n / 10) for n in range(1, 25)])
    ours.wait()
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = ours.ask("read", "GET", "/v1/events", params={"limit": 7} | more).json()
        seen += page["events"]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len({one["id"] for one in seen}) == 25
    got = next(one for one in seen if one["id"] == "rich")
    assert got["value"] == {"amount": "1234.5", "currency": "EUR"}
    assert got["context"] == {"campaign": "Spring", "variant": "A"}
    assert got["properties"] == {
        "plan": "pro",
        "seats": 5,
        "trial": False,
        "address.city": "Zürich",
        "tags": ["a", "b"],
    }


def test_status_and_schema_tell_the_customer_what_is_there(customer: Any, event: Any) -> None:
    ours = customer()
    ours.send(event("one", properties={"plan": "pro"}), event("two", action="Link Clicked"))
    ours.wait()
    status = ours.ask("read", "GET", "/v1/status").json()
    assert status["index"]["caught_up"]
    assert status["index"]["lag_ms"] >= 0
    schema = ours.ask("read", "GET", "/v1/schema").json()
    actions = next(field for field in schema["fields"] if field["name"] == "action")
    assert {one["value"] for one in actions["values"]} == {"email_opened", "link_clicked"}
    assert [one["name"] for one in schema["properties"]] == ["properties.plan"]


def test_a_question_is_json_whatever_the_client_calls_it(customer: Any) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}  # what curl -d says unless told otherwise
    body = '{"from": "2026-11-01", "to": "2026-11-02"}'
    assert customer().ask("read", "POST", "/v1/queries/timeseries", data=body, headers=form).status_code == 200


def test_the_api_describes_itself_without_the_network(customer: Any) -> None:
    ours = customer()
    described = ours.ask("read", "GET", "/v1/openapi.json").json()
    assert {"/v1/events", "/v1/queries/timeseries", "/v1/keys", "/v1/rejected-events"} <= set(described["paths"])
    page = ours.ask("read", "GET", "/v1/docs")
    assert page.status_code == 200
    assert 'src="http' not in page.text


def test_a_tenant_over_its_rate_is_told_when_to_come_back(customer: Any, event: Any) -> None:
    ours = customer(events_per_second=10)
    answers = [
        ours.ask("ingest", "POST", "/v1/events", json={"events": [event(f"{batch}-{n}") for n in range(80)]})
        for batch in range(6)
    ]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(1 <= int(answer.headers["Retry-After"]) <= 10 for answer in refused)
    assert {answer.json()["code"] for answer in refused} == {"rate_limited"}
