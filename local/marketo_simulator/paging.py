"""Tokens that say where the next page begins. They are opaque to clients, and carry all there is to know."""

import base64
import json
from typing import Any

from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.routing import Request


def make_token(**place: Any) -> str:
    return base64.b32encode(json.dumps(place, separators=(",", ":")).encode()).decode()


def read_token(text: str) -> dict[str, Any]:
    """Raises 1003 for what no page ever ended with."""
    try:
        place = json.loads(base64.b32decode(text.strip().upper()))
    except ValueError as error:
        raise Refusal("1003", "Invalid paging token") from error
    if not isinstance(place, dict):
        raise Refusal("1003", "Invalid paging token")
    return place


def read_after(request: Request) -> int:
    """The id that the page before ended with; 0 for the first page."""
    text = request.text("nextPageToken")
    after = read_token(text).get("after") if text else 0
    if not isinstance(after, int):
        raise Refusal("1003", "Invalid paging token")
    return after
