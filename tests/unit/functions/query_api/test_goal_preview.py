"""A preview says what would be stored: the same numbers as the conversions of the same goal on the same events."""

from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from touchline.adapters.goal_body import GoalBody, goal_of
from touchline.adapters.memory.conversions import MemoryConversionStore, MemoryPersonEvents
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.domain.queries.clock import DAY, instant
from touchline.services.attribute_people import AttributionParts, Task, attribute_people
from touchline.services.manage_goals import stored_goal

from tests.contract.reported_events import START
from tests.unit.functions.query_api.conftest import NOW, Api

RANGE = {"from": "2026-10-24T22:00:00Z", "to": "2026-10-27"}
PAID = {"name": "Paid", "criteria": [{"action": "Payment"}], "value": {"type": "event"}}
GOALS: dict[str, dict[str, Any]] = {
    "every": PAID | {"touch_actions": ["email_opened"], "lookback": "6 hours"},
    "once": PAID | {"counted": "once", "touch_actions": ["email_opened", "email_sent"], "lookback": "1 day"},
    "fixed": {
        "name": "Fixed",
        "criteria": [
            {"action": "payment", "filters": [{"field": "context.channel", "value": "ads"}]},
            {"action": "email_opened"},
        ],
        "value": {"type": "fixed", "amount": "2.5", "currency": "EUR"},
        "touch_actions": ["email_opened"],
    },
    "no touches": PAID | {"touch_actions": []},
}


@pytest.fixture(autouse=True)
def known_until_now(api: Api) -> None:
    api.columns.as_of = NOW


def stored(api: Api, body: dict[str, Any], start: int, end: int) -> list[dict[str, Any]]:
    """The conversions of [start, end), as they are stored once the goal is kept."""
    goal = stored_goal(goal_of(GoalBody.model_validate(body)), api.tenant("acme"))
    events = [{**one, "_id": one.get("_id", one["id"])} for one in api.events]
    store = MemoryConversionStore()
    parts = AttributionParts(MemoryIdentities(), MemoryPersonEvents(events), store)
    people = {one["actor"]["id"]: 0 for one in events if one["tenant"] == "acme"}
    attribute_people(parts, Task("acme", [goal], START + 4 * DAY, 0), people)
    return [one for one in store.documents.values() if "kind" not in one and start <= one["@timestamp"] < end]


@pytest.mark.parametrize("name", GOALS)
def test_it_says_what_would_be_stored(api: Api, name: str) -> None:
    status, answer = api.ask("POST", "/v1/queries/goal-preview", RANGE | {"goal": GOALS[name]})
    assert status == 200, answer.get("detail")
    start, end = (instant(datetime.fromisoformat(answer["range"][edge])) for edge in ("from", "to"))
    found = stored(api, GOALS[name], start, end)
    assert answer["conversions"] == len(found) > 5
    assert answer["people"] == len({one["person"] for one in found})
    assert answer["with_a_touch"] == sum(one["touch_count"] > 0 for one in found)
    assert answer["without_a_touch"] == len(found) - answer["with_a_touch"]
    totals: Counter[str] = Counter()
    for one in found:
        if "value" in one:
            totals[one["value"]["currency"]] += one["value"]["amount_e4"]
    assert {one["currency"]: float(one["total"]) for one in answer["values"]} == {
        currency: total / 10_000 for currency, total in totals.items()
    }
    assert sum(day["conversions"] for day in answer["days"]) == len(found)
    assert answer["examples"][0]["person"] in {one["person"] for one in found}
    assert [day["people"] for day in answer["days"]] == people_by_day(found, answer["days"])


def people_by_day(found: list[dict[str, Any]], days: list[dict[str, Any]]) -> list[int]:
    edges = [instant(datetime.fromisoformat(day["from"])) for day in days]
    edges.append(instant(datetime.fromisoformat(days[-1]["to"])))
    return [len({one["person"] for one in found if start <= one["@timestamp"] < end}) for start, end in pairwise(edges)]


def test_the_last_30_days_unless_a_range_is_given(api: Api) -> None:
    status, answer = api.ask("POST", "/v1/queries/goal-preview", {"goal": PAID})
    assert status == 200, answer.get("detail")
    assert len(answer["days"]) == 30


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"goal": PAID | {"criteria": [{"action": "paymen"}]}}, "unknown_action", None),
        ({"goal": PAID | {"lookback": "soon"}}, "invalid_interval", "lookback"),
        ({"goal": PAID, "filters": [{"field": "action", "value": "x"}]}, "invalid_filter", "filters"),
    ],
)
def test_what_is_wrong_is_said(api: Api, more: dict[str, Any], code: str, field: str | None) -> None:
    status, problem = api.ask("POST", "/v1/queries/goal-preview", RANGE | more)
    assert (status, problem["code"], problem.get("field")) == (422, code, field)
