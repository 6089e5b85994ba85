"""API keys kept in DynamoDB; the index `by_tenant` lists a tenant's own."""

from dataclasses import asdict
from typing import Any

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.items import from_item, to_item
from touchline.domain.tenancy import ApiKey
from touchline.errors import Conflict

BY_TENANT = "by_tenant"


class DynamoDbApiKeys:
    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, key_id: str) -> ApiKey | None:
        with as_our_errors("The keys table"):
            # Consistent: a key that was made a moment ago must not be remembered as unknown.
            answer = self._client.get_item(TableName=self._table, Key=to_item({"key_id": key_id}), ConsistentRead=True)
        return _key(answer["Item"]) if "Item" in answer else None

    def add(self, key: ApiKey) -> None:
        unused = {"ConditionExpression": "attribute_not_exists(key_id)"}
        try:
            with as_our_errors("The keys table"):
                self._client.put_item(TableName=self._table, Item=_item(key), **unused)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Conflict(f"A key with the id {key.id!r} exists already.") from error

    def replace(self, key: ApiKey) -> None:
        unrevoked = {} if key.revoked_at is not None else {"ConditionExpression": "attribute_not_exists(revoked_at)"}
        try:
            with as_our_errors("The keys table"):
                self._client.put_item(TableName=self._table, Item=_item(key), **unrevoked)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Conflict("The key was revoked meanwhile.") from error

    def of_tenant(self, tenant: str) -> list[ApiKey]:
        query = {
            "TableName": self._table,
            "IndexName": BY_TENANT,
            "KeyConditionExpression": "tenant = :tenant",
            "ExpressionAttributeValues": to_item({":tenant": tenant}),
        }
        with as_our_errors("The keys table"):
            pages = self._client.get_paginator("query").paginate(**query)
            return [_key(item) for page in pages for item in page["Items"]]


def _item(key: ApiKey) -> dict[str, Any]:
    values = asdict(key)
    key_id = values.pop("id")
    return to_item(values | {"key_id": key_id, "scopes": sorted(key.scopes)})


def _key(item: dict[str, Any]) -> ApiKey:
    values = from_item(item)
    return ApiKey(id=values.pop("key_id"), scopes=frozenset(values.pop("scopes")), **values)
