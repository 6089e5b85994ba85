"""Connections to instances of Marketo kept in DynamoDB, without their secrets."""

from typing import Any, Final

from pydantic import TypeAdapter

from touchline.adapters.dynamodb.named_items import NamedItems
from touchline.domain.marketo.connections import Connection

SHAPE: Final = TypeAdapter(Connection)


class DynamoDbConnections(NamedItems[Connection]):
    def __init__(self, client: Any, table: str) -> None:
        super().__init__(client, table, "connection", SHAPE)
