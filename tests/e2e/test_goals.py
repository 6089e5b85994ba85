"""Goals over HTTPS on the whole system: conversions follow events, late ones, merges and changes, and a goal's past."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.system

PATIENCE_SECONDS = 90
PURCHASES = {
    "name": "Purchases",
    "criteria": [{"action": "purchase_made"}],
    "value": {"type": "event"},
    "touch_actions": ["link_clicked", "email_opened"],
}


class Goals:
    """What a customer does with goals, and what is stored of them."""

    def __init__(self, customer: Any) -> None:
        self.customer = customer

    def ask(self, method: str, path: str = "", body: Any = None) -> dict[str, Any]:
        answer = self.customer.ask("admin", method, f"/v1/goals{path}", **({} if body is None else {"json": body}))
        assert answer.ok, answer.text
        return dict(answer.json())

    def until_computed(self, goal: str) -> dict[str, Any]:
        def done() -> dict[str, Any] | None:
            told = self.ask("GET", f"/{goal}/backfill")
            assert told["state"] in {"running", "done"}, str(told)
            return told if told["state"] == "done" else None

        return dict(until(done))

    def stored(self, index: str, **terms: Any) -> list[dict[str, Any]]:
        url = self.customer.system.search_url
        requests.post(f"{url}/{index}/_refresh?ignore_unavailable=true", timeout=60).raise_for_status()
        filters = [{"term": {name: value}} for name, value in ({"tenant": self.customer.tenant} | terms).items()]
        body = {"size": 1_000, "query": {"bool": {"filter": filters}}, "sort": [{"@timestamp": "asc"}]}
        answer = requests.post(f"{url}/{index}/_search?ignore_unavailable=true", json=body, timeout=60)
        return [hit["_source"] for hit in answer.json()["hits"]["hits"]]

    def until_conversions(self, fits: Callable[[list[dict[str, Any]]], Any], **terms: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def fit() -> bool:
            found[:] = self.stored("conversions-*", **terms)
            return bool(fits(found))

        until(fit, lambda: found)
        return found


def until(ask: Callable[[], Any], shown: Callable[[], Any] = lambda: None) -> Any:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if told := ask():
            return told
        time.sleep(0.5)
    raise AssertionError(f"not within {PATIENCE_SECONDS} s: {shown()}")


def campaigns(conversion: dict[str, Any]) -> list[str]:
    return [touch["context"]["campaign"] for touch in conversion["touches"]]


@pytest.fixture
def goals(customer: Any) -> Goals:
    return Goals(customer())


def test_conversions_follow_late_events_duplicates_and_merges(goals: Goals, event: Any) -> None:
    customer = goals.customer
    spring, autumn = {"context": {"campaign": "spring"}}, {"context": {"campaign": "autumn"}}
    paid = {"value": {"amount": "99.99", "currency": "EUR"}}
    before = [
        event("c1", days_ago=12, action="link_clicked", actor="ann", **spring),
        event("p1", days_ago=10, action="purchase_made", actor="ann", **paid),
        event("s1", days_ago=13, action="email_sent", actor="ann", **spring),
    ]
    customer.send(*before)
    customer.wait()
    goal = goals.ask("POST", body=PURCHASES)["id"]

    # Its past is computed at once.
    assert goals.until_computed(goal)["conversions"] == 1
    (first,) = goals.stored("conversions-*", goal=goal)
    assert campaigns(first) == ["spring"]
    assert first["value"] == {"amount_e4": 999_900, "currency": "EUR"}
    assert sum(touch["linear_e4"] for touch in first["touches"]) == 999_900
    assert {one["kind"] for one in goals.stored("memberships")} == {"member", "converted"}

    # What comes now is computed as it comes, once, however often it is sent.
    now = [
        event("c2", days_ago=0.001, action="link_clicked", actor="ann", **autumn),
        event("p2", action="purchase_made", actor="ann", **paid),
    ]
    customer.send(*now)
    customer.send(*now, *before)
    _, second = goals.until_conversions(lambda found: len(found) == 2, goal=goal)
    assert campaigns(second) == ["spring", "autumn"]

    # A late touch before both takes its place in both.
    customer.send(event("c3", days_ago=11, action="email_opened", actor="ann", **autumn))
    first, second = goals.until_conversions(lambda found: [len(one["touches"]) for one in found] == [2, 3], goal=goal)
    assert campaigns(first) == ["spring", "autumn"]
    assert [touch["place"] for touch in second["touches"]] == ["first", "middle", "last"]

    # An anonymous visitor bought, and turns out to be the same person.
    customer.send(
        event("c4", days_ago=9, action="link_clicked", actor="visitor-1", **spring),
        event("p4", days_ago=8, action="purchase_made", actor="visitor-1"),
    )
    visitor = goals.until_conversions(lambda found: len(found) == 3, goal=goal)[1]
    assert (visitor["person"], campaigns(visitor)) == ("visitor-1", ["spring"])
    customer.send({**event("i1", action="page_viewed"), "actor": {"id": "ann", "anonymous_id": "visitor-1"}})
    merged = goals.until_conversions(lambda found: {one["person"] for one in found} == {"ann"}, goal=goal)
    assert [campaigns(one) for one in merged] == [
        ["spring", "autumn"],
        ["spring", "autumn", "spring"],
        ["spring", "autumn", "spring", "autumn"],
    ]


def test_a_changed_goal_is_a_new_version_and_a_deleted_one_leaves_nothing(goals: Goals, event: Any) -> None:
    customer = goals.customer
    people = [f"p{n}" for n in range(30)]
    customer.send(
        *(event(f"c-{p}", days_ago=3, action="link_clicked", actor=p, context={"campaign": "x"}) for p in people),
        *(event(f"a-{p}", days_ago=2, action="purchase_made", actor=p) for p in people),
        *(event(f"b-{p}", days_ago=1, action="purchase_made", actor=p) for p in people),
    )
    customer.wait()
    made = goals.ask("POST", body=PURCHASES)
    goal = made["id"]
    assert goals.until_computed(goal)["conversions"] == 60

    changed = goals.ask("PUT", f"/{goal}", PURCHASES | {"counted": "once", "version": 1})
    assert (changed["version"], changed["backfill"]["version"]) == (2, 2)
    told = goals.until_computed(goal)
    assert (told["version"], told["conversions"], told["people"], told["parts_done"]) == (2, 30, 30, told["parts"])
    assert len(goals.stored("conversions-*", goal=goal, goal_version=2)) == 30
    assert len(goals.stored("conversions-*", goal=goal, goal_version=1)) == 60

    goals.ask("DELETE", f"/{goal}")
    goals.until_conversions(lambda found: not found, goal=goal)
    assert goals.ask("GET")["goals"] == []


def test_a_goals_past_can_be_called_off_and_gone_on_with(goals: Goals, event: Any) -> None:
    customer = goals.customer
    customer.send(event("p1", days_ago=2, action="purchase_made", actor="ann"))
    customer.wait()
    goal = goals.ask("POST", body=PURCHASES)["id"]
    assert goals.ask("DELETE", f"/{goal}/backfill")["state"] == "cancelled"
    assert goals.ask("POST", f"/{goal}/backfill", {})["state"] == "running"
    assert goals.until_computed(goal)["conversions"] == 1
