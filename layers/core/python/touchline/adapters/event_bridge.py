"""Notices as events on a bus of EventBridge."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from touchline.adapters.aws_errors import as_our_errors
from touchline.errors import StoreUnavailable

SOURCE: Final = "touchline.marketo"


class EventBridgeNotices:
    def __init__(self, client: Any, bus: str) -> None:
        self._client = client
        self._bus = bus

    def tell(self, tenant: str, kind: str, facts: Mapping[str, Any]) -> None:
        """At least once. Raises `StoreUnavailable`."""
        detail = orjson.dumps({"tenant": tenant, **facts}).decode()
        entry = {"Source": SOURCE, "DetailType": kind, "Detail": detail, "EventBusName": self._bus}
        with as_our_errors("The bus of notices"):
            answer = self._client.put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):
            raise StoreUnavailable(f"The bus of notices refused: {answer['Entries'][0].get('ErrorCode')}.")
