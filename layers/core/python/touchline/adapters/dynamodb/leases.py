"""Leases kept in the progress table under the pk `lease`: a conditional write decides between two who ask at once."""

from typing import Any

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.items import to_item

PK = "lease"


class DynamoDbLeases:
    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def take(self, name: str, owner: str, now: int, until: int) -> bool:
        return self._put(
            name, owner, until, "attribute_not_exists(pk) OR held_until <= :now OR held_by = :owner", {":now": now}
        )

    def give_back(self, name: str, owner: str) -> None:
        self._put(name, owner, 0, "held_by = :owner", {})

    def _put(self, name: str, owner: str, until: int, condition: str, values: dict[str, Any]) -> bool:
        try:
            with as_our_errors("The progress table"):
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item({"pk": PK, "sk": name, "held_by": owner, "held_until": until}),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=to_item({**values, ":owner": owner}),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True
