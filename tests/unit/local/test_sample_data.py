from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from local.sample_data import DAYS, SampleData

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVENTS = 20_000


@pytest.fixture(scope="module")
def data() -> SampleData:
    return SampleData(EVENTS, NOON)


@pytest.fixture(scope="module")
def events(data: SampleData) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in data]


def good(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {event["id"]: event for event in events if not event["id"].startswith("bad-")}


def test_the_same_seed_and_time_make_the_same_bytes() -> None:
    assert list(SampleData(2_000, NOON)) == list(SampleData(2_000, NOON))


def test_another_seed_makes_other_events() -> None:
    assert list(SampleData(2_000, NOON)) != list(SampleData(2_000, NOON, seed=1))


def test_a_run_on_a_later_day_makes_the_same_events_for_the_days_that_both_have(events: list[dict[str, Any]]) -> None:
    tomorrow = SampleData(EVENTS, NOON + timedelta(days=1))
    later = good([orjson.loads(line) for line in tomorrow])
    both = {id: event for id, event in good(events).items() if event["timestamp"] >= tomorrow.since.isoformat()}
    assert len(both) > EVENTS * 0.9
    assert all(later[id] == event for id, event in both.items())


def test_asking_for_more_keeps_what_there_was(events: list[dict[str, Any]]) -> None:
    more = good([orjson.loads(line) for line in SampleData(EVENTS * 2, NOON)])
    assert all(more[id] == event for id, event in good(events).items())


@pytest.mark.parametrize("weekday", range(7))
def test_there_are_at_least_as_many_events_as_were_asked_for(weekday: int) -> None:
    data = SampleData(EVENTS, datetime(2026, 11, 16 + weekday, 0, 1, tzinfo=UTC))
    for _ in data:
        pass
    assert data.totals is not None
    assert EVENTS <= data.totals.distinct <= EVENTS * 1.15


def test_totals_are_what_was_sent(data: SampleData, events: list[dict[str, Any]]) -> None:
    assert data.totals is not None
    assert data.totals.sent == len(events)
    assert data.totals.distinct == len(good(events))
    assert data.totals.bad == len(events) - sum(not event["id"].startswith("bad-") for event in events) > 0


def test_events_lie_in_the_last_thirty_days_and_have_the_shape_of_the_api(events: list[dict[str, Any]]) -> None:
    for event in good(events).values():
        at = datetime.fromisoformat(event["timestamp"])
        assert NOON - timedelta(days=DAYS + 1) < at <= NOON
        assert event["actor"]["type"] in {"contact", "visitor", "system"}
        assert event["context"]["channel"]


def test_the_set_is_as_varied_as_a_real_one(events: list[dict[str, Any]]) -> None:
    actions = Counter(event["action"] for event in good(events).values())
    assert actions.keys() == {
        *("email_sent", "email_delivered", "email_opened", "email_bounced", "link_clicked", "unsubscribed"),
        *("page_viewed", "trial_started", "order_completed", "spend_recorded"),
    }
    orders = [event for event in good(events).values() if event["action"] == "order_completed"]
    assert {order["value"]["currency"] for order in orders} == {"EUR", "USD"}
    assert len({event["context"].get("campaign") for event in good(events).values()}) >= 5
    assert len({event["context"]["channel"] for event in good(events).values()}) >= 4


def test_message_b_is_opened_more_often_than_a(events: list[dict[str, Any]]) -> None:
    counts = Counter((event["action"], event["context"].get("variant")) for event in good(events).values())
    rates = {which: counts["email_opened", which] / counts["email_delivered", which] for which in "AB"}
    assert rates["B"] > rates["A"]


def test_about_one_in_a_hundred_comes_late_and_one_in_a_hundred_twice(events: list[dict[str, Any]]) -> None:
    sent = [event["id"] for event in events]
    twice = len(sent) - len(set(sent))
    newest, late = "", 0
    for event in good(events).values():
        late += event["timestamp"] < newest[:10]
        newest = max(newest, event["timestamp"])
    assert EVENTS * 0.005 < twice < EVENTS * 0.015
    assert EVENTS * 0.005 < late < EVENTS * 0.015


def test_who_starts_a_trial_says_which_visitor_it_was(events: list[dict[str, Any]]) -> None:
    visitors = {event["actor"]["id"] for event in good(events).values() if event["actor"]["type"] == "visitor"}
    claims = [event["actor"] for event in good(events).values() if "anonymous_id" in event["actor"]]
    assert claims
    assert all(actor["id"].startswith("c-") and actor["anonymous_id"].startswith("visitor-") for actor in claims)
    # A visitor from before the first day is known only by what it did since.
    assert sum(actor["anonymous_id"] in visitors for actor in claims) > 0.9 * len(claims)


def test_customers_come_back_and_every_campaign_costs(events: list[dict[str, Any]]) -> None:
    orders = Counter(e["actor"]["id"] for e in good(events).values() if e["action"] == "order_completed")
    assert sum(number > 1 for number in orders.values()) > 20
    spent = [event for event in good(events).values() if event["action"] == "spend_recorded"]
    assert len({event["context"]["campaign"] for event in spent}) == 6
    assert len(spent) >= 6 * DAYS
