"""A request's body to its events: JSON or NDJSON, gzipped or not. Any bytes end in events or in a refusal."""

import zlib
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import orjson

from touchline.adapters.json_spans import Span, byte_text, elements, members, text_of, whole_value
from touchline.domain.limits import (
    EVENTS_PER_REQUEST,
    GZIP_MEMBERS,
    MIB,
    REQUEST_BYTES,
    UNZIPPED_BYTES,
    VALUES_PER_REQUEST,
)
from touchline.domain.rejection import Rejection
from touchline.domain.text import shown
from touchline.errors import InvalidRequest, Malformed, TooLarge
from touchline.ports import SentEvents

LINE_TYPES: Final = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/jsonlines",
    }
)
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
ENVELOPE: Final = frozenset({"events", "sent_at"})


class JsonEventBodies:
    def read(self, body: bytes, content_type: str, content_encoding: str) -> SentEvents:
        if len(body) > REQUEST_BYTES:
            raise TooLarge(f"The body has {len(body)} bytes; at most {REQUEST_BYTES // MIB} MiB are taken as sent.")
        plain = inflate(body, content_encoding).removeprefix(BYTE_ORDER_MARK)
        _check_values(plain)
        if content_type.partition(";")[0].strip().lower() in LINE_TYPES:
            return _checked(_of_lines(plain))
        return _checked(_of_json(plain))


def inflate(body: bytes, encoding: str) -> bytes:
    """At most UNZIPPED_BYTES are ever unpacked, whatever the body promises."""
    kind = encoding.strip().lower()
    if kind in {"", "identity"}:
        return body
    if kind not in {"gzip", "x-gzip"}:
        raise Malformed(f"Content-Encoding {shown(kind)!r} is not understood; send gzip or none.")
    unpacked = bytearray()
    rest = body
    for _ in range(GZIP_MEMBERS):
        rest = _inflate_member(rest, unpacked)
        if not rest:
            return bytes(unpacked)
    raise Malformed(f"The gzip body has more than {GZIP_MEMBERS} members.")


def _inflate_member(compressed: bytes, unpacked: bytearray) -> bytes:
    """What follows the member."""
    member = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked += member.decompress(compressed, UNZIPPED_BYTES + 1 - len(unpacked))
    except zlib.error as error:
        raise Malformed("The body is not gzip, or is damaged.") from error
    if len(unpacked) > UNZIPPED_BYTES:
        raise TooLarge(f"The body unpacks to more than {UNZIPPED_BYTES // MIB} MiB.")
    if not member.eof:
        raise Malformed("The gzip body ends too early.")
    return member.unused_data


def _check_values(body: bytes) -> None:
    values = body.count(b",") + body.count(b"[") + body.count(b"{") + body.count(b"\n")
    if values > VALUES_PER_REQUEST:
        raise TooLarge(f"The body holds more than {VALUES_PER_REQUEST:,} values.")


def _checked(sent: SentEvents) -> SentEvents:
    if len(sent.events) > EVENTS_PER_REQUEST:
        raise TooLarge(f"The request holds {len(sent.events)} events; at most {EVENTS_PER_REQUEST} are taken at once.")
    return sent


def _of_lines(body: bytes) -> SentEvents:
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not lines:
        raise Malformed("The body is empty.")
    return SentEvents([_of_line(line) for line in lines], None, lambda index: lines[index].removesuffix(b"\r"))


def _of_line(line: bytes) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return _patiently_of_line(line)


def _patiently_of_line(line: bytes) -> object:
    try:
        return whole_value(text_of(line)).value
    except Malformed:
        return Rejection("malformed_json", None, "The line is not JSON.")


def _of_json(body: bytes) -> SentEvents:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _of_lines(body) if _looks_like_lines(body) else _patiently(body)
    return _sent(value, body)


def _looks_like_lines(body: bytes) -> bool:
    """NDJSON under another content type: more than one line, and the first is an object by itself."""
    first, _, rest = body.strip().partition(b"\n")
    if not rest:
        return False
    try:
        return isinstance(orjson.loads(first), dict)
    except orjson.JSONDecodeError:
        return False


def _patiently(body: bytes) -> SentEvents:
    if not body.strip():
        raise Malformed("The body is empty.")
    return _sent(whole_value(text_of(body)).value, body)


def _sent(value: Any, body: bytes) -> SentEvents:
    @cache
    def spans() -> Sequence[bytes]:
        return _spans(body)

    def original(index: int) -> bytes:
        return spans()[index]

    if isinstance(value, list):
        return SentEvents(value, None, original)
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be an event, an array of events, or {'events': […]}.")
    if "events" not in value:
        return SentEvents([value], None, original)
    return SentEvents(_events_of(value), value.get("sent_at"), original)


def _events_of(envelope: dict[str, Any]) -> list[object]:
    unknown = next((name for name in envelope if name not in ENVELOPE), None)
    if unknown is not None:
        raise InvalidRequest(f"{shown(unknown)!r} is not known beside 'events' and 'sent_at'.", field=shown(unknown))
    events = envelope["events"]
    if not isinstance(events, list):
        raise InvalidRequest("'events' must be an array of events.", field="events")
    return events


def _spans(body: bytes) -> Sequence[bytes]:
    """The bytes of each event, in order."""
    text = byte_text(body)
    whole = whole_value(text)
    array: Span | None = whole if isinstance(whole.value, list) else None
    if isinstance(whole.value, dict) and "events" in whole.value:
        # The last of equal keys is the one that was decoded.
        array = [value for key, value in members(text, whole.start) if key == "events"][-1]
    spans = [whole] if array is None else elements(text, array.start)
    return [body[span.start : span.end] for span in spans]
