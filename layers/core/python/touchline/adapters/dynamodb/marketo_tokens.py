"""Access tokens in DynamoDB, in a table that is encrypted with the stage's key; never logged."""

from typing import Any, Final

from touchline.adapters.dynamodb.marketo_quota import QuotaItems, key
from touchline.marketo_ports import AccessToken

SK: Final = "token"
LEASE: Final = "token_lease"
LEASE_MS: Final = 30_000  # longer than Marketo takes to answer
KEPT_FOR_SECONDS: Final = 3_600


class DynamoDbAccessTokens:
    def __init__(self, client: Any, table: str) -> None:
        self._items = QuotaItems(client, table)

    def get(self, tenant: str, connection: str) -> AccessToken | None:
        item = self._items.get(key(tenant, connection), SK)
        return None if item is None else AccessToken(item["text"], item["expires_at"])

    def put(self, tenant: str, connection: str, token: AccessToken) -> None:
        self._items.put(
            {
                "connection": key(tenant, connection),
                "sk": SK,
                "text": token.text,
                "expires_at": token.expires_at,
                "expires": token.expires_at // 1000 + KEPT_FOR_SECONDS,
            }
        )

    def lease(self, tenant: str, connection: str, now: int) -> bool:
        until = now + LEASE_MS
        item = {
            "connection": key(tenant, connection),
            "sk": LEASE,
            "held_until": until,
            "expires": until // 1000 + KEPT_FOR_SECONDS,
        }
        return self._items.put_if(item, "attribute_not_exists(sk) OR held_until <= :now", {":now": now})

    def give_back(self, tenant: str, connection: str) -> None:
        self._items.delete(key(tenant, connection), LEASE)
