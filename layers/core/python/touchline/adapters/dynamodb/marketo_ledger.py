"""What executions of a connection use together, in DynamoDB: one item a connection, of its current day."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from touchline.adapters.dynamodb.marketo_quota import QuotaItems, State, key
from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.ledger import LedgerDay, Reservation, current, released, reserved, used

SK: Final = "ledger"
KEPT_FOR_SECONDS: Final = 7 * 86_400


class DynamoDbQuotaLedger:
    def __init__(self, client: Any, table: str) -> None:
        self._items = QuotaItems(client, table)

    def day(self, tenant: str, connection: Connection, now: int) -> LedgerDay:
        return current(_day(self._items.get(key(tenant, connection.id), SK)), now)

    def reserve(self, tenant: str, connection: Connection, wanted: Reservation, now: int) -> None:
        self._change(tenant, connection, lambda kept: reserved(current(kept, now), wanted, connection.share))

    def use(
        self, tenant: str, connection: Connection, execution: str | None, *, calls: int = 0, size: int = 0, now: int
    ) -> None:
        self._change(
            tenant, connection, lambda kept: used(current(kept, now), execution, calls, size, connection.share)
        )

    def release(self, tenant: str, connection: Connection, execution: str) -> None:
        self._change(tenant, connection, lambda kept: None if kept is None else released(kept, execution))

    def _change(
        self, tenant: str, connection: Connection, arithmetic: Callable[[LedgerDay | None], LedgerDay | None]
    ) -> None:
        def step(kept: State | None) -> tuple[State | None, None]:
            before = _day(kept)
            after = arithmetic(before)
            return (None if after is None or after == before else _item(after)), None

        self._items.change(key(tenant, connection.id), SK, step)


def _item(day: LedgerDay) -> State:
    return asdict(day) | {"expires": day.resets_at // 1000 + KEPT_FOR_SECONDS}


def _day(item: State | None) -> LedgerDay | None:
    if item is None:
        return None
    reservations = tuple(Reservation(**one) for one in item["reservations"])
    return LedgerDay(item["day"], item["resets_at"], item["calls_used"], item["bytes_used"], reservations)
