"""Tokens that say where the next page begins. They are opaque to clients, and carry all there is to know."""

import base64
import json
from typing import Any

from local.marketo_simulator.refusal import Refusal


def make_token(**place: Any) -> str:
    return base64.b32encode(json.dumps(place, separators=(",", ":")).encode()).decode()


def read_token(text: str) -> dict[str, Any]:
    """Raises 1003 for what no page ever ended with."""
    try:
        return dict(json.loads(base64.b32decode(text.strip().upper())))
    except ValueError as error:
        raise Refusal("1003", "Invalid paging token") from error
