"""Answers that are worked on later, kept in DynamoDB, which removes them when they have expired."""

from dataclasses import asdict
from typing import Any, Final

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.items import from_item, to_item
from touchline.adapters.dynamodb.revised_items import RevisedItems
from touchline.domain.answers import Answer

# Only items with `open_of` are in it, which are those that are not over.
OPEN: Final = "open"
NAME: Final = "The answers table"


class DynamoDbAnswers:
    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._items = RevisedItems(client, table, NAME)

    def get(self, tenant: str, answer_id: str) -> Answer | None:
        item = self._items.get(tenant, answer_id)
        if item is None:
            return None
        return _answer(item)

    def add(self, answer: Answer) -> None:
        self._items.add(_item(answer))

    def replace(self, answer: Answer) -> None:
        self._items.replace(_item(answer))

    def unfinished(self, tenant: str) -> list[Answer]:
        query = {
            "TableName": self._table,
            "IndexName": OPEN,
            "KeyConditionExpression": "open_of = :tenant",
            "ExpressionAttributeValues": to_item({":tenant": tenant}),
        }
        with as_our_errors(NAME):
            pages = self._client.get_paginator("query").paginate(**query)
            return [_answer(from_item(item) | {"body": ""}) for page in pages for item in page["Items"]]


def _item(answer: Answer) -> dict[str, Any]:
    item = asdict(answer) | {"expires": answer.expires_at // 1_000}
    return item if answer.is_over else item | {"open_of": answer.tenant}


def _answer(item: dict[str, Any]) -> Answer:
    return Answer(**{name: value for name, value in item.items() if name in Answer.__dataclass_fields__})
