"""DynamoDB: items survive kill -9.

Fault: services/dynamodb.py keeps items in memory and writes them only at a graceful stop.
AWS: a write is stored in two zones before it is answered.
Without it: keys, tenants and progress made since the last stop are gone after a kill, and a new key stops working.

Definitions of tables belong to the snapshots of resources; the journal holds their items.
"""

import copy
import functools
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import dynamodb

from local.emulator.journal import Journal, Record
from local.emulator.patches import state_directory

type Key = tuple[str, str, str]  # account, region, table

_request = threading.local()
_items_replaced: Callable[[dict[str, Any]], None] = dynamodb._items_replaced


class Tables(dict[Key, dict[str, Any]]):
    """All tables; a new one starts empty, also where its name was used before."""

    def __setitem__(self, key: Key, table: dict[str, Any]) -> None:
        super().__setitem__(key, table)
        _record(["empty", key])

    def pop(self, key: Key, *default: Any) -> Any:
        _record(["empty", key])
        return super().pop(key, *default)

    def clear(self) -> None:
        for key in self:
            _record(["empty", key])
        super().clear()


_tables = Tables()


def _live() -> Iterator[Record]:
    for key, table in list(_tables.items()):
        yield from _whole(key, table)


def _whole(key: Key, table: dict[str, Any]) -> Iterator[Record]:
    yield ["empty", key]
    for partition, items in list(table["items"].items()):
        for sort, item in list(items.items()):
            yield ["put", key, partition, sort, item]


@functools.cache
def _journal() -> Journal:
    return Journal(state_directory() / "dynamodb.journal", _live)


def _record(record: Record) -> None:
    pending: list[Record] | None = getattr(_request, "records", None)
    if pending is None:
        _journal().append([record])
    else:
        pending.append(record)


def _key_of(table: dict[str, Any]) -> Key:
    _, _, _, region, account, name = table["TableArn"].split(":", 5)
    return account, region, name.removeprefix("table/")


def _put(original: Callable[..., Any]) -> Callable[..., Any]:
    def set_item(table: dict[str, Any], partition: str, sort: str, item: dict[str, Any]) -> Any:
        old = original(table, partition, sort, item)
        _record(["put", _key_of(table), partition, sort, item])
        return old

    return set_item


def _delete(original: Callable[..., Any]) -> Callable[..., Any]:
    def remove_item(table: dict[str, Any], partition: str, sort: str) -> Any:
        old = original(table, partition, sort)
        _record(["del", _key_of(table), partition, sort])
        return old

    return remove_item


def _replace(original: Callable[..., Any]) -> Callable[..., Any]:
    def items_replaced(table: dict[str, Any]) -> None:
        original(table)
        for record in _whole(_key_of(table), table):
            _record(record)

    return items_replaced


def _one_write_a_request(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """A transaction is in the journal whole or not at all.

    The handler never waits for anything while it changes items, so requests of the event loop do not mix.
    """

    async def handle_request(*args: Any) -> Any:
        _request.records = []
        try:
            return await handler(*args)
        finally:
            records, _request.records = _request.records, None
            _journal().append(records)

    return handle_request


_STORES = [
    "tags",
    "ttl_settings",
    "pitr_settings",
    "kinesis_destinations",
    "contributor_insights",
    "backups",
    "resource_policies",
    "exports",
    "imports",
]


def _definitions() -> dict[str, Any]:
    """The service's state without the items."""
    definitions = AccountRegionScopedDict()
    for key, table in list(_tables.items()):
        kept = {name: value for name, value in table.items() if name not in ("items", dynamodb._INDEX_MEMBERS)}
        definitions._data[key] = copy.deepcopy(kept)
    return {"tables": definitions, **{name: copy.deepcopy(getattr(dynamodb, f"_{name}")) for name in _STORES}}


def restore() -> None:
    """Give the tables of the snapshot their items back."""
    for table in _tables.values():
        table["items"] = defaultdict(dict)
    for kind, key_parts, *rest in _journal().replay():
        account, region, name = key_parts
        if found := _tables.get((account, region, name)):
            _apply(kind, found["items"], rest)
    for table in _tables.values():
        _items_replaced(table)
    _journal().rewrite()


def _apply(kind: str, items: dict[str, dict[str, Any]], rest: list[Any]) -> None:
    match kind, rest:
        case "empty", _:
            items.clear()
        case "put", [partition, sort, item]:
            items.setdefault(partition, {})[sort] = item
        case "del", [partition, sort]:
            items.get(partition, {}).pop(sort, None)
            if not items.get(partition, True):
                del items[partition]


def apply() -> None:
    dynamodb._tables._data = _tables
    dynamodb._set_item = _put(dynamodb._set_item)
    dynamodb._remove_item = _delete(dynamodb._remove_item)
    dynamodb._items_replaced = _replace(dynamodb._items_replaced)
    dynamodb.handle_request = _one_write_a_request(dynamodb.handle_request)
    dynamodb.get_state = _definitions
