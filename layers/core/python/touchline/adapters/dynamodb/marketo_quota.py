"""The table of what connections use: items that many change at once, each change made from what it read."""

import time
from collections.abc import Callable, Mapping
from random import uniform
from typing import Any, Final

from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.items import from_item, to_item
from touchline.errors import StoreUnavailable

TABLE: Final = "The table of Marketo's quotas"
LONGEST_PAUSE_SECONDS: Final = 0.02
TRIES: Final = 60  # of those who change the same at once one succeeds each time

type State = dict[str, Any]


class QuotaItems:
    """A table with the keys `connection` (`TENANT#connection`) and `sk`, and the TTL `expires` (epoch seconds)."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, connection: str, sk: str) -> State | None:
        with as_our_errors(TABLE):
            answer = self._client.get_item(
                TableName=self._table, Key=to_item({"connection": connection, "sk": sk}), ConsistentRead=True
            )
        return from_item(answer["Item"]) if "Item" in answer else None

    def change[Answer](
        self, connection: str, sk: str, step: Callable[[State | None], tuple[Mapping[str, Any] | None, Answer]]
    ) -> Answer:
        """`step` makes what is to be kept (None: it stays as it is) and the answer from what is kept; it is taken anew
        where somebody else was quicker."""
        for _ in range(TRIES):
            kept = self.get(connection, sk)
            new, answer = step(kept)
            before = 0 if kept is None else int(kept["revision"])
            if new is None or self._put({**new, "connection": connection, "sk": sk, "revision": before + 1}, before):
                return answer
            time.sleep(uniform(0, LONGEST_PAUSE_SECONDS))  # not all at once again
        raise StoreUnavailable(f"{TABLE} was changed by others {TRIES} times.")

    def put_if(self, item: Mapping[str, Any], condition: str, values: Mapping[str, Any]) -> bool:
        named = {"ExpressionAttributeValues": to_item(values)} if values else {}
        try:
            with as_our_errors(TABLE):
                self._client.put_item(TableName=self._table, Item=to_item(item), ConditionExpression=condition, **named)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def put(self, item: Mapping[str, Any]) -> None:
        with as_our_errors(TABLE):
            self._client.put_item(TableName=self._table, Item=to_item(item))

    def delete(self, connection: str, sk: str) -> None:
        with as_our_errors(TABLE):
            self._client.delete_item(TableName=self._table, Key=to_item({"connection": connection, "sk": sk}))

    def _put(self, item: Mapping[str, Any], before: int) -> bool:
        if before == 0:
            return self.put_if(item, "attribute_not_exists(revision)", {})
        return self.put_if(item, "revision = :before", {":before": before})


def key(tenant: str, connection: str) -> str:
    return f"{tenant}#{connection}"
