"""Single events to look at: in which order, from where on, and in the shape in which they were sent."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final
from zoneinfo import ZoneInfo

from touchline.domain.event_documents import received_at_of
from touchline.domain.properties import Scalar, read_entry
from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.measures import amount_text
from touchline.domain.queries.ranges import TimeRange
from touchline.errors import InvalidRequest

MOST_EVENTS: Final = 500  # of 32 KiB at most; Lambda answers with at most 6 MB, so a page may end sooner
MOST_PAGE_BYTES: Final = 4 * 1024 * 1024
PARTS: Final = ("actor", "object", "context", "resource")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended. Rises with event time, then order of acceptance."""

    at: int
    sequence: int


@dataclass(frozen=True, slots=True)
class EventsQuestion:
    span: TimeRange
    filters: tuple[Filter, ...]
    newest_first: bool
    limit: int
    after: Position | None


def position_of(document: Mapping[str, Any]) -> Position:
    return Position(document["@timestamp"], document["sequence"])


def write_cursor(position: Position, *, newest_first: bool) -> str:
    text = json.dumps([int(newest_first), position.at, position.sequence])
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *, newest_first: bool) -> Position:
    try:
        found = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        order, at, sequence = found
    except (NotBase64, ValueError, TypeError) as error:  # ValueError: no JSON, no UTF-8, not three parts
        raise _not_ours() from error
    if not all(type(part) is int and abs(part) < 2**63 for part in (order, at, sequence)):
        raise _not_ours()
    if order != int(newest_first):
        raise InvalidRequest("The cursor was made for the other order of events.", field="cursor")
    return Position(at, sequence)


def _not_ours() -> InvalidRequest:
    return InvalidRequest("The cursor is damaged. Use `next` of the page before as it is.", field="cursor")


def cut_page(documents: list[dict[str, Any]], limit: int) -> tuple[list[dict[str, Any]], bool]:
    """The page, and whether more follow. Events that share a position are never split between pages."""
    sizes = accumulate(len(json.dumps(document)) for document in documents)
    fitting = max(1, sum(size <= MOST_PAGE_BYTES for size in sizes))
    end = min(limit, fitting)
    if len(documents) <= end:
        return documents, False
    page = documents[:end]
    last = position_of(documents[end])
    kept = [document for document in page if position_of(document) != last]
    return kept or page, True


def event_as_sent(document: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The event in the API's shape, with when it was received. Nested properties have dotted keys."""
    event: dict[str, Any] = {
        "id": document["id"],
        "timestamp": rfc3339(document["@timestamp"], zone),
        "received_at": rfc3339(received_at_of(document["sequence"]), zone),
        "action": document["action"],
    }
    if "original_timestamp" in document:
        event["original_timestamp"] = rfc3339(document["original_timestamp"], zone)
    if "action_raw" in document:
        event["action_raw"] = document["action_raw"]
    event |= {part: document[part] for part in PARTS if part in document}
    if "value" in document:
        value = document["value"]
        event["value"] = {"amount": amount_text(Decimal(value["amount_e4"])), "currency": value["currency"]}
    if "properties" in document:
        event["properties"] = _properties(document["properties"])
    return event


def _properties(entries: list[str]) -> dict[str, Scalar | list[Scalar]]:
    """A key that comes several times was an array."""
    found: dict[str, list[Scalar]] = {}
    for entry in [entries] if isinstance(entries, str) else entries:
        key, value = read_entry(entry)
        found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}
