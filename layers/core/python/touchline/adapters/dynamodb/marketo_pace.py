"""A connection's rate and calls in flight in DynamoDB: one item, changed by every call."""

from dataclasses import asdict
from typing import Any, Final

from touchline.adapters.dynamodb.marketo_quota import QuotaItems, State, key
from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.pacing import Caller, PaceState, Slowdown, Turn, entered, slowed

SK: Final = "pace"
KEPT_FOR_SECONDS: Final = 86_400


class DynamoDbPace:
    def __init__(self, client: Any, table: str) -> None:
        self._items = QuotaItems(client, table)

    def enter(self, tenant: str, connection: Connection, now: int, caller: Caller) -> Turn:
        def step(kept: State | None) -> tuple[State | None, Turn]:
            state, turn = entered(_state(kept), connection.share, now, caller)
            return (_item(state, now) if turn.place else None), turn

        return self._items.change(key(tenant, connection.id), SK, step)

    def leave(self, tenant: str, connection: Connection, place: str) -> None:
        def step(kept: State | None) -> tuple[State | None, None]:
            if kept is None or all(one[0] != place for one in kept["places"]):
                return None, None
            return {**kept, "places": [one for one in kept["places"] if one[0] != place]}, None

        self._items.change(key(tenant, connection.id), SK, step)

    def slow_down(self, tenant: str, connection: Connection, now: int, *, code: str, until: int | None = None) -> None:
        def step(kept: State | None) -> tuple[State | None, None]:
            return _item(slowed(_state(kept), now, code, until), now), None

        self._items.change(key(tenant, connection.id), SK, step)


def _item(state: PaceState, now: int) -> State:
    return asdict(state) | {"expires": max(now, state.resting_until) // 1000 + KEPT_FOR_SECONDS}


def _state(item: State | None) -> PaceState:
    if item is None:
        return PaceState()
    return PaceState(
        item["ideal"],
        item["resting_until"],
        item["resting_for"],
        Slowdown(**item["rate"]),
        Slowdown(**item["at_once"]),
        tuple((place, until) for place, until in item["places"]),
    )
