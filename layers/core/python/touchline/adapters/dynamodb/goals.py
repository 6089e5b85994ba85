"""Goals kept in DynamoDB: under `goal#<id>` the current version, under `version#<id>#<number>` each one."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.items import from_item, to_item
from touchline.domain.goals import FixedValue, Goal, GoalValue
from touchline.domain.queries.fields import field_named
from touchline.domain.queries.filters import Filter
from touchline.errors import Conflict

STORE: Final = "The goals table"
CURRENT: Final = "goal#"
PLAIN: Final = (
    *("id", "version", "name", "counted", "lookback_ms", "half_life_ms", "conversion_window_ms"),
    *("created_at", "changed_at", "state", "version_at"),
)


class DynamoDbGoals:
    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: str, goal_id: str, version: int | None = None) -> Goal | None:
        key = f"{CURRENT}{goal_id}" if version is None else _version_key(goal_id, version)
        with as_our_errors(STORE):
            answer = self._client.get_item(
                TableName=self._table, Key=to_item({"tenant": tenant, "sk": key}), ConsistentRead=True
            )
        goal = _goal(answer["Item"]) if "Item" in answer else None
        return None if goal is not None and version is None and goal.state != "active" else goal

    def of_tenant(self, tenant: str) -> list[Goal]:
        found = [goal for goal in self._beginning(tenant, CURRENT) if goal.state == "active"]
        return sorted(found, key=lambda goal: (goal.created_at, goal.id))

    def versions(self, tenant: str, goal_id: str) -> list[Goal]:
        return sorted(self._beginning(tenant, f"version#{goal_id}#"), key=lambda goal: -goal.version)

    def add(self, tenant: str, goal: Goal) -> None:
        self._put(tenant, goal, "attribute_not_exists(sk)", {}, f"A goal with the id {goal.id!r} exists already.")

    def replace(self, tenant: str, goal: Goal, expected: int) -> None:
        unchanged = "version = :expected AND #state = :active"
        values = {
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": to_item({":expected": expected, ":active": "active"}),
        }
        self._put(tenant, goal, unchanged, values, "The goal was changed or deleted meanwhile: read it again.")

    def _put(self, tenant: str, goal: Goal, condition: str, values: dict[str, Any], conflict: str) -> None:
        facts = _item(goal) | {"tenant": tenant}
        current = {"Item": to_item(facts | {"sk": f"{CURRENT}{goal.id}"}), "ConditionExpression": condition, **values}
        version = {"Item": to_item(facts | {"sk": _version_key(goal.id, goal.version)})}
        items = [{"Put": {"TableName": self._table, **put}} for put in (current, version)]
        try:
            with as_our_errors(STORE):
                self._client.transact_write_items(TransactItems=items)
        except self._client.exceptions.TransactionCanceledException as error:
            raise Conflict(conflict, field="version") from error

    def _beginning(self, tenant: str, prefix: str) -> list[Goal]:
        query = {
            "TableName": self._table,
            "KeyConditionExpression": "tenant = :tenant AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": to_item({":tenant": tenant, ":prefix": prefix}),
            "ConsistentRead": True,
        }
        with as_our_errors(STORE):
            pages = self._client.get_paginator("query").paginate(**query)
            return [_goal(item) for page in pages for item in page["Items"]]


def _version_key(goal_id: str, version: int) -> str:
    return f"version#{goal_id}#{version:06}"


def _item(goal: Goal) -> dict[str, Any]:
    return {
        **{name: getattr(goal, name) for name in PLAIN},
        # As text: DynamoDB's numbers are not JSON's, and nothing of it is asked for.
        "criteria": orjson.dumps([[_filter_facts(one) for one in criterion] for criterion in goal.criteria]).decode(),
        "value": orjson.dumps(_value_facts(goal.value)).decode(),
        "touch_actions": list(goal.touch_actions),
        "direct_channels": list(goal.direct_channels),
    }


def _goal(item: Mapping[str, Any]) -> Goal:
    values = from_item(item)
    return Goal(
        **{name: values.get(name) for name in PLAIN},  # type: ignore[arg-type]
        criteria=tuple(tuple(_filter(one) for one in criterion) for criterion in orjson.loads(values["criteria"])),
        value=_value(orjson.loads(values["value"])),
        touch_actions=tuple(values["touch_actions"]),
        direct_channels=tuple(values["direct_channels"]),
    )


def _filter_facts(one: Filter) -> dict[str, Any]:
    return {"field": one.field.name, "is": one.operator, "values": list(one.values)}


def _filter(facts: Mapping[str, Any]) -> Filter:
    return Filter(field_named(facts["field"], "criteria"), facts["is"], tuple(facts["values"]))


def _value_facts(value: GoalValue) -> Any:
    return {"amount_e4": value.amount_e4, "currency": value.currency} if isinstance(value, FixedValue) else value


def _value(facts: Any) -> GoalValue:
    return FixedValue(**facts) if isinstance(facts, dict) else facts
