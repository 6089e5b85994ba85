"""Goals: one contract for memory and DynamoDB."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from touchline.adapters.dynamodb.goals import DynamoDbGoals
from touchline.adapters.memory.goals import MemoryGoals
from touchline.domain.goals import FixedValue, Goal
from touchline.domain.queries.filters import make_filter
from touchline.errors import Conflict
from touchline.ports import Goals

NOW = 1_795_000_000_000
BOUGHT = (
    make_filter("action", "in", ["bought", "ordered"], "x"),
    make_filter("value.amount", "gte", 12.5, "x"),
    make_filter("properties.vip", "eq", True, "x"),
    make_filter("properties.price", "eq", 3, "x"),
    make_filter("properties.ratio", "lt", 0.25, "x"),
    make_filter("context.campaign", "exists", None, "x"),
)
SIGNED_UP = (make_filter("action", "eq", "signed_up", "x"),)
GOAL = Goal(
    "g1",
    1,
    "Bought",
    (BOUGHT, SIGNED_UP),
    counted="once",
    value=FixedValue(-125_000, "EUR"),
    touch_actions=("opened",),
    lookback_ms=1_000,
    half_life_ms=2_000,
    conversion_window_ms=3_000,
    direct_channels=(),
    created_at=NOW,
    changed_at=NOW + 1,
)
PLAIN = Goal("g2", 1, "Signed up", (SIGNED_UP,), created_at=NOW - 1)


@pytest.fixture(params=["memory", "dynamodb"])
def goals(request: pytest.FixtureRequest) -> Iterator[Goals]:
    if request.param == "memory":
        yield MemoryGoals()
        return
    with mock_aws():
        client: Any = boto3.client("dynamodb")
        client.create_table(
            TableName="goals",
            KeySchema=[{"AttributeName": "tenant", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("tenant", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield DynamoDbGoals(client, "goals")


def test_a_goal_is_given_back_as_it_was_added(goals: Goals) -> None:
    assert goals.get("acme", "g1") is None
    goals.add("acme", GOAL)
    goals.add("acme", PLAIN)
    goals.add("acme", replace(GOAL, id="g3", value="event", conversion_window_ms=None, created_at=NOW + 5))
    assert goals.get("acme", "g1") == GOAL
    assert goals.get("acme", "g1", 1) == GOAL
    assert [goal.id for goal in goals.of_tenant("acme")] == ["g2", "g1", "g3"]
    third = goals.get("acme", "g3")
    assert third is not None
    assert (third.value, third.conversion_window_ms) == ("event", None)
    assert goals.get("another", "g1") is None
    assert goals.of_tenant("another") == []


def test_an_id_is_taken_once_even_of_a_deleted_goal(goals: Goals) -> None:
    goals.add("acme", GOAL)
    with pytest.raises(Conflict):
        goals.add("acme", GOAL)
    goals.add("another", GOAL)
    goals.replace("acme", replace(GOAL, state="deleted"), 1)
    with pytest.raises(Conflict):
        goals.add("acme", GOAL)


def test_a_change_is_a_new_version_and_the_old_one_stays(goals: Goals) -> None:
    goals.add("acme", GOAL)
    changed = replace(GOAL, version=2, counted="every")
    goals.replace("acme", changed, 1)
    assert goals.get("acme", "g1") == changed
    assert goals.get("acme", "g1", 1) == GOAL
    assert goals.versions("acme", "g1") == [changed, GOAL]
    assert goals.of_tenant("acme") == [changed]


def test_of_two_changes_of_the_same_version_one_is_refused(goals: Goals) -> None:
    goals.add("acme", GOAL)
    goals.replace("acme", replace(GOAL, version=2), 1)
    with pytest.raises(Conflict):
        goals.replace("acme", replace(GOAL, version=2, counted="every"), 1)
    with pytest.raises(Conflict):
        goals.replace("acme", replace(PLAIN, version=2), 1)
    assert goals.versions("acme", "g1")[0].counted == "once"


def test_a_deleted_goal_is_only_found_by_its_version(goals: Goals) -> None:
    goals.add("acme", GOAL)
    goals.replace("acme", replace(GOAL, state="deleted"), 1)
    assert goals.get("acme", "g1") is None
    assert goals.of_tenant("acme") == []
    assert goals.get("acme", "g1", 1) is not None
    assert len(goals.versions("acme", "g1")) == 1
    with pytest.raises(Conflict):
        goals.replace("acme", replace(GOAL, version=2), 1)
