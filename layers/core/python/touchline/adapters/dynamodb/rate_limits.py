"""Events used per tenant and window, counted in DynamoDB by one atomic addition."""

from typing import Any

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.items import from_item, to_item


class DynamoDbRateLimits:
    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def use(self, tenant: str, window: int, events: int, expires: int) -> int:
        with as_our_errors("The rate limits table"):
            answer = self._client.update_item(
                TableName=self._table,
                Key=to_item({"window": f"{tenant}#{window}"}),
                UpdateExpression="ADD used :events SET expires = :expires",
                ExpressionAttributeValues=to_item({":events": events, ":expires": expires}),
                ReturnValues="UPDATED_NEW",
            )
        return int(from_item(answer["Attributes"])["used"])
