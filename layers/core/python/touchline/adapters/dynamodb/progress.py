"""Small facts about work done, kept in DynamoDB under (pk, sk). What was put is what is read from then on."""

from collections.abc import Mapping
from typing import Any

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.items import from_item, to_item


class DynamoDbProgress:
    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, pk: str, sk: str, facts: Mapping[str, Any]) -> None:
        with as_our_errors("The progress table"):
            self._client.put_item(TableName=self._table, Item=to_item({**facts, "pk": pk, "sk": sk}))

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        with as_our_errors("The progress table"):
            key = to_item({"pk": pk, "sk": sk})
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            return None
        return {name: value for name, value in from_item(answer["Item"]).items() if name not in {"pk", "sk"}}

    def newest(self, pk: str, limit: int) -> list[dict[str, Any]]:
        with as_our_errors("The progress table"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=to_item({":pk": pk}),
                ConsistentRead=True,
                ScanIndexForward=False,
                Limit=limit,
            )
        return [{name: value for name, value in from_item(item).items() if name != "pk"} for item in answer["Items"]]
