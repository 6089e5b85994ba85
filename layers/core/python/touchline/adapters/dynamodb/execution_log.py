"""Lines of executions kept in DynamoDB, in order of time; the key of a line is made of all that it says."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.items import from_item, to_item
from touchline.marketo_ports import Row

STORE: Final = "The table of execution logs"


class DynamoDbExecutionLog:
    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def write(self, tenant: str, execution: str, at: int, stage: str, message: str, facts: Mapping[str, Any]) -> None:
        body = line_body(at, stage, message, facts)
        item = {"execution": f"{tenant}#{execution}", "line": line_key(at, body), "body": body.decode()}
        with as_our_errors(STORE):
            self._client.put_item(TableName=self._table, Item=to_item(item))

    def read(self, tenant: str, execution: str, after: str | None = None, limit: int = 200) -> tuple[list[Row], str]:
        later = " AND line > :after" if after else ""
        query = {
            "TableName": self._table,
            "KeyConditionExpression": f"execution = :execution{later}",
            "ExpressionAttributeValues": to_item({":execution": f"{tenant}#{execution}", ":after": after or None}),
            "ConsistentRead": True,
            "Limit": limit,
        }
        with as_our_errors(STORE):
            found = [from_item(item) for item in self._client.query(**query)["Items"]]
        return [orjson.loads(item["body"]) for item in found], found[-1]["line"] if found else after or ""


def line_body(at: int, stage: str, message: str, facts: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"at": at, "stage": stage, "message": message, "facts": facts}, option=orjson.OPT_SORT_KEYS)


def line_key(at: int, body: bytes) -> str:
    """Orders by time; the same line has the same key."""
    return f"{at:015}#{hashlib.blake2b(body, digest_size=8).hexdigest()}"
