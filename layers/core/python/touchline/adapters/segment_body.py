"""A request of a Segment library to events: one message, or `{"batch": […]}`, gzipped or not."""

import secrets
from collections.abc import Sequence
from typing import Any

import orjson

from touchline.adapters.json_spans import text_of, whole_value
from touchline.adapters.request_body import BYTE_ORDER_MARK, inflate
from touchline.domain.limits import KIB
from touchline.domain.rejection import Rejection
from touchline.domain.segment.limits import MESSAGES_PER_REQUEST, REQUEST_BYTES
from touchline.domain.segment.messages import as_event
from touchline.errors import InvalidRequest, Malformed, TooLarge
from touchline.ports import SentEvents


class SegmentBodies:
    """`call`: what the route says that a message is; None for a batch, whose messages say it themselves.

    Of a message that is set aside, its event is kept where it could be read as one: so that it can be corrected and
    replayed like any other.
    """

    def __init__(self, call: str | None) -> None:
        self._call = call

    def read(self, body: bytes, content_type: str, content_encoding: str) -> SentEvents:
        """Whatever the content type: browsers say text/plain where they may not say JSON."""
        if len(body) > REQUEST_BYTES:
            raise _too_large()
        plain = inflate(body, content_encoding).removeprefix(BYTE_ORDER_MARK)
        if len(plain) > REQUEST_BYTES:
            raise _too_large()
        messages, sent_at = self._messages(_decoded(plain))
        events = [as_event(one, self._call, sent_at, len(_encoded(one)), _new_id) for one in messages]

        def original(index: int) -> bytes:
            event = events[index]
            return _encoded(messages[index] if isinstance(event, Rejection) else event)

        return SentEvents(events, None, original)

    def _messages(self, value: Any) -> tuple[Sequence[object], object]:
        if not isinstance(value, dict):
            raise InvalidRequest("The body must be a JSON object, as Segment's libraries send it.")
        if self._call is not None:
            return [value], None
        batch = value.get("batch")
        if not isinstance(batch, list):
            raise InvalidRequest("batch must be an array of messages.", field="batch")
        if len(batch) > MESSAGES_PER_REQUEST:
            raise TooLarge(
                f"The batch holds {len(batch)} messages; at most {MESSAGES_PER_REQUEST:,} are taken at once."
            )
        shared = value.get("context")
        return [_with_context(one, shared) for one in batch], value.get("sentAt")


def _with_context(message: object, shared: object) -> object:
    """A batch may say once what is true of all its messages."""
    if not isinstance(message, dict) or not isinstance(shared, dict) or "context" in message:
        return message
    return {**message, "context": shared}


def _decoded(body: bytes) -> Any:
    if not body.strip():
        raise Malformed("The body is empty.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return whole_value(text_of(body)).value


def _encoded(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):  # half a surrogate pair: kept as it can be shown
        return repr(value).encode("utf-8", "backslashreplace")


def _new_id() -> str:
    return f"segment-{secrets.token_hex(16)}"


def _too_large() -> TooLarge:
    return TooLarge(f"The body is over {REQUEST_BYTES // KIB} KiB, Segment's limit.")
