"""What a client may send as Idempotency-Key."""

from touchline.domain.limits import IDEMPOTENCY_KEY_CHARS
from touchline.errors import InvalidRequest


def checked_key(key: str) -> str:
    """Raises InvalidRequest."""
    if not key.isascii() or not key.isprintable() or not 0 < len(key) <= IDEMPOTENCY_KEY_CHARS:
        limit = IDEMPOTENCY_KEY_CHARS
        raise InvalidRequest(
            f"Idempotency-Key must be 1 to {limit} printable ASCII characters.", field="idempotency-key"
        )
    return key
