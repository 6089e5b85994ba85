"""How events and rejected events are named and laid out in the search store: index, id and fields."""

import base64
import hashlib
from functools import lru_cache
from typing import Any, Final

from touchline.domain.event_times import DAY_MS, day_of
from touchline.domain.limits import ORIGINAL_BYTES
from touchline.domain.rejection import Rejection
from touchline.domain.text import shown

type Document = dict[str, Any]

SLOTS: Final = 1_000_000  # sequence = received-at (epoch ms) x SLOTS + slot
ID_BYTES: Final = 16


class DocumentIds:
    """`_id`s of one tenant's documents: the same event has the same one, whenever and however often it comes."""

    def __init__(self, tenant: str) -> None:
        self._begun = hashlib.blake2b(tenant.encode() + b"\0", digest_size=ID_BYTES)

    def of(self, named: bytes) -> str:
        """For the UTF-8 of an event id, or the original bytes of a rejected event."""
        digest = self._begun.copy()
        digest.update(named)
        return base64.urlsafe_b64encode(digest.digest())[:22].decode()


def sequence_of(received_at: int, slot: int) -> int:
    """`received_at` in epoch ms, 0 <= slot < SLOTS."""
    return received_at * SLOTS + slot


def received_at_of(sequence: int) -> int:
    return sequence // SLOTS


def event_index(moment: int) -> str:
    return _event_index_of_day(moment // DAY_MS)


def rejected_index(received_at: int) -> str:
    return f"rejected-{day_of(received_at)}"


@lru_cache(maxsize=1024)
def _event_index_of_day(day: int) -> str:
    return f"events-{day_of(day * DAY_MS)}"


def rejected_document(
    tenant: str,
    original: bytes,
    rejection: Rejection,
    *,
    sequence: int,
    event_id: str | None,
    sent_at: int | None = None,
) -> Document:
    """Absent fields are left out; `original` is kept as it came, up to ORIGINAL_BYTES."""
    document: Document = {
        "@timestamp": received_at_of(sequence),
        "sequence": sequence,
        "tenant": tenant,
        "code": rejection.code,
        "reason": rejection.reason,
        "state": "open",
    }
    if rejection.field:
        # Named by the client, so of any length; Lucene refuses terms over 32,766 bytes.
        document["field"] = shown(rejection.field, 256)
    if event_id is not None:
        document["event_id"] = event_id
    if sent_at is not None:
        document["sent_at"] = sent_at
    if len(original) > ORIGINAL_BYTES:
        document["original_size"] = len(original)
    return document | _original(original[:ORIGINAL_BYTES])


def original_of(document: Document) -> bytes:
    """The bytes as they came, or the first ORIGINAL_BYTES where `original_size` is set."""
    if "original" in document:
        return str(document["original"]).encode()
    return base64.b64decode(document["original_base64"])


def _original(kept: bytes) -> Document:
    try:
        return {"original": kept.decode()}
    except UnicodeDecodeError:
        return {"original_base64": base64.b64encode(kept).decode()}
