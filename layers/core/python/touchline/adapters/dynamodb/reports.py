"""Saved questions kept in DynamoDB."""

from dataclasses import asdict
from typing import Any

import orjson

from touchline.adapters.dynamodb.revised_items import RevisedItems
from touchline.domain.reports import Report


class DynamoDbReports:
    def __init__(self, client: Any, table: str) -> None:
        self._items = RevisedItems(client, table, "The reports table")

    def get(self, tenant: str, report_id: str) -> Report | None:
        item = self._items.get(tenant, report_id)
        return None if item is None else _report(item)

    def add(self, report: Report) -> None:
        self._items.add(_item(report))

    def replace(self, report: Report) -> None:
        self._items.replace(_item(report))

    def delete(self, tenant: str, report_id: str) -> None:
        self._items.delete(tenant, report_id)

    def of_tenant(self, tenant: str) -> list[Report]:
        return sorted(map(_report, self._items.of_tenant(tenant)), key=lambda one: (one.created_at, one.id))


def _item(report: Report) -> dict[str, Any]:
    # As text: a table's numbers and empty members come back as other ones than were sent.
    return asdict(report) | {"body": orjson.dumps(report.body).decode()}


def _report(item: dict[str, Any]) -> Report:
    return Report(**item | {"body": orjson.loads(item["body"])})
