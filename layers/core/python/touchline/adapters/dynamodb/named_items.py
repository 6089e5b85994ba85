"""Items of a tenant that have names of their own: beside each item lies a marker that holds its name.

Keys: `tenant`, and as `sk` `<kind>#<id>` or `name#<kind>#<hash of the name>`. The item itself is kept as JSON text.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Protocol

from pydantic import TypeAdapter

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.cancellations import refused_places
from touchline.adapters.dynamodb.items import from_item, to_item
from touchline.errors import Conflict

CHANGED = "It was changed by somebody else meanwhile; read it again."


class Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def revision(self) -> int: ...


class NamedItems[Item: Named]:
    """`room_of`: within what an item's name is its own, as a service's within its group."""

    def __init__(
        self,
        client: Any,
        table: str,
        kind: str,
        shape: TypeAdapter[Item],
        room_of: Callable[[Item], str] = lambda _: "",
    ) -> None:
        self._client = client
        self._table = table
        self._store = f"The table of {kind}s"
        self._kind = kind
        self._shape = shape
        self._room_of = room_of

    def get(self, tenant: str, item_id: str) -> Item | None:
        with as_our_errors(self._store):
            answer = self._client.get_item(
                TableName=self._table, Key=self._key(tenant, self._place(item_id)), ConsistentRead=True
            )
        return self._read(answer["Item"]) if "Item" in answer else None

    def all(self, tenant: str) -> list[Item]:
        query = {
            "TableName": self._table,
            "KeyConditionExpression": "tenant = :tenant AND begins_with(sk, :kind)",
            "ExpressionAttributeValues": to_item({":tenant": tenant, ":kind": self._place("")}),
            "ConsistentRead": True,
        }
        with as_our_errors(self._store):
            pages = self._client.get_paginator("query").paginate(**query)
            found = [self._read(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda item: (item.name.casefold(), item.id))

    def add(self, tenant: str, item: Item) -> None:
        self._change(item, [self._item(tenant, item, "attribute_not_exists(sk)"), self._marker(tenant, item)])

    def replace(self, tenant: str, item: Item) -> None:
        before = self.get(tenant, item.id)
        if before is None or before.revision != item.revision - 1:
            raise Conflict(CHANGED)
        unchanged = self._item(tenant, item, "revision = :before", {":before": before.revision})
        if self._name_place(before) == self._name_place(item):
            self._change(item, [unchanged])
        else:
            freed = {"Delete": {"TableName": self._table, "Key": self._key(tenant, self._name_place(before))}}
            self._change(item, [unchanged, self._marker(tenant, item), freed])

    def delete(self, tenant: str, item_id: str) -> None:
        item = self.get(tenant, item_id)
        if item is not None:
            places = (self._place(item_id), self._name_place(item))
            deletes = [{"Delete": {"TableName": self._table, "Key": self._key(tenant, place)}} for place in places]
            self._change(item, deletes)

    def _change(self, item: Item, writes: list[dict[str, Any]]) -> None:
        try:
            with as_our_errors(self._store):
                self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            if refused_places(error, self._store) == [1]:
                raise Conflict(f"Another {self._kind} is named {item.name!r}.", field="name") from error
            raise Conflict(CHANGED) from error

    def _item(self, tenant: str, item: Item, condition: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
        kept = {"sk": self._place(item.id), "revision": item.revision, "body": self._shape.dump_json(item).decode()}
        more = {"ExpressionAttributeValues": to_item(values)} if values else {}
        put = {"TableName": self._table, "Item": to_item({"tenant": tenant, **kept}), "ConditionExpression": condition}
        return {"Put": put | more}

    def _marker(self, tenant: str, item: Item) -> dict[str, Any]:
        marker = {"tenant": tenant, "sk": self._name_place(item), "id": item.id}
        unused = "attribute_not_exists(sk)"
        return {"Put": {"TableName": self._table, "Item": to_item(marker), "ConditionExpression": unused}}

    def _place(self, item_id: str) -> str:
        return f"{self._kind}#{item_id}"

    def _name_place(self, item: Item) -> str:
        name = f"{self._room_of(item)}\0{item.name.casefold()}"
        return f"name#{self._kind}#{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"

    def _key(self, tenant: str, place: str) -> dict[str, Any]:
        return to_item({"tenant": tenant, "sk": place})

    def _read(self, item: dict[str, Any]) -> Item:
        return self._shape.validate_json(from_item(item)["body"])
