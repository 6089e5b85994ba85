"""Tenants kept in DynamoDB, one item each."""

from typing import Any

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.items import from_item, to_item
from touchline.domain.tenancy import Tenant
from touchline.errors import Conflict


class DynamoDbTenants:
    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: str) -> Tenant | None:
        with as_our_errors("The tenants table"):
            # Consistent: a tenant that was made a moment ago must not be remembered as unknown, with its key.
            answer = self._client.get_item(TableName=self._table, Key=to_item({"tenant": tenant}), ConsistentRead=True)
        return _tenant(answer["Item"]) if "Item" in answer else None

    def add(self, tenant: Tenant) -> None:
        unused = {"ConditionExpression": "attribute_not_exists(tenant)"}
        try:
            with as_our_errors("The tenants table"):
                self._client.put_item(TableName=self._table, Item=_item(tenant), **unused)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Conflict(f"A tenant named {tenant.id!r} exists already.") from error

    def replace(self, tenant: Tenant) -> None:
        with as_our_errors("The tenants table"):
            self._client.put_item(TableName=self._table, Item=_item(tenant))

    def all(self) -> list[Tenant]:
        with as_our_errors("The tenants table"):
            pages = self._client.get_paginator("scan").paginate(TableName=self._table)
            found = [_tenant(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda tenant: tenant.id)


def _item(tenant: Tenant) -> dict[str, Any]:
    return to_item(
        {
            "tenant": tenant.id,
            "name": tenant.name,
            "email_policy": tenant.email_policy,
            "email_key": tenant.email_key,
            "events_per_second": tenant.events_per_second,
            "time_zone": tenant.time_zone,
            "week_starts_on": tenant.week_starts_on,
            "created_at": tenant.created_at,
        }
    )


def _tenant(item: dict[str, Any]) -> Tenant:
    values = from_item(item)
    return Tenant(
        id=values["tenant"],
        name=values["name"],
        email_policy=values["email_policy"],
        email_key=values["email_key"],
        events_per_second=values["events_per_second"],
        time_zone=values["time_zone"],
        week_starts_on=values["week_starts_on"],
        created_at=values["created_at"],
    )
