"""Answers that are worked on later, kept in DynamoDB, which removes them when they have expired."""

from dataclasses import asdict
from typing import Any

from touchline.adapters.dynamodb.revised_items import RevisedItems
from touchline.domain.answers import Answer


class DynamoDbAnswers:
    def __init__(self, client: Any, table: str) -> None:
        self._items = RevisedItems(client, table, "The answers table")

    def get(self, tenant: str, answer_id: str) -> Answer | None:
        item = self._items.get(tenant, answer_id)
        if item is None:
            return None
        item.pop("expires")
        return Answer(**item)

    def add(self, answer: Answer) -> None:
        self._items.add(_item(answer))

    def replace(self, answer: Answer) -> None:
        self._items.replace(_item(answer))


def _item(answer: Answer) -> dict[str, Any]:
    return asdict(answer) | {"expires": answer.expires_at // 1_000}
