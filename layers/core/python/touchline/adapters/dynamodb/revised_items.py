"""Items of a tenant that are changed by several hands: each change names the revision it was made from."""

from collections.abc import Mapping
from typing import Any

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.items import from_item, to_item
from touchline.errors import Conflict


class RevisedItems:
    """A table with the keys `tenant` and `id`; every item has a `revision`."""

    def __init__(self, client: Any, table: str, name: str) -> None:
        self._client = client
        self._table = table
        self._name = name

    def get(self, tenant: str, item_id: str) -> dict[str, Any] | None:
        with as_our_errors(self._name):
            # Consistent: what was kept a moment ago is looked for at once.
            answer = self._client.get_item(
                TableName=self._table, Key=to_item({"tenant": tenant, "id": item_id}), ConsistentRead=True
            )
        return from_item(answer["Item"]) if "Item" in answer else None

    def add(self, item: Mapping[str, Any]) -> None:
        self._put(item, {"ConditionExpression": "attribute_not_exists(id)"})

    def replace(self, item: Mapping[str, Any]) -> None:
        before = to_item({":before": item["revision"] - 1})
        self._put(item, {"ConditionExpression": "revision = :before", "ExpressionAttributeValues": before})

    def delete(self, tenant: str, item_id: str) -> None:
        with as_our_errors(self._name):
            self._client.delete_item(TableName=self._table, Key=to_item({"tenant": tenant, "id": item_id}))

    def of_tenant(self, tenant: str) -> list[dict[str, Any]]:
        query = {
            "TableName": self._table,
            "KeyConditionExpression": "tenant = :tenant",
            "ExpressionAttributeValues": to_item({":tenant": tenant}),
            "ConsistentRead": True,
        }
        with as_our_errors(self._name):
            pages = self._client.get_paginator("query").paginate(**query)
            return [from_item(item) for page in pages for item in page["Items"]]

    def _put(self, item: Mapping[str, Any], condition: Mapping[str, Any]) -> None:
        try:
            with as_our_errors(self._name):
                self._client.put_item(TableName=self._table, Item=to_item(item), **condition)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Conflict("It was changed by somebody else meanwhile; read it again.") from error
