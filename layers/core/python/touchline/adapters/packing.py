"""Queue messages: one zstd frame of a complete `_bulk` body each, made here and read back here.

A message is at most 900 KiB of SQS's 1 MiB, and unpacks to at most 8 MiB; what is over is split, what claims to be over
is poison.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
import zstandard

from touchline.adapters.event_json import bulk_lines, encode_document
from touchline.domain.limits import KIB, MIB
from touchline.errors import PoisonMessage
from touchline.ports import Document, PackedBatch, UnpackedBatch

VERSION: Final = 1
MESSAGE_BYTES: Final = 900 * KIB
BODY_BYTES: Final = 8 * MIB
ENVELOPE_BYTES: Final = 1 * KIB  # everything of a message but the frame
FRAME_BYTES: Final = (MESSAGE_BYTES - ENVELOPE_BYTES) * 3 // 4
# Level 3 makes frames a fifth smaller than level 1 for half a microsecond an event; higher levels cost more than SQS.
LEVEL: Final = 3
_NUMBERS: Final = ("events", "rejected", "received_at")


class ZstdPacking:
    def encode(self, document: Document) -> bytes:
        return encode_document(document)

    def lines(self, index: str, document_id: str, encoded: bytes) -> bytes:
        return bulk_lines(index, document_id, encoded)

    def pack(
        self, tenant: str, received_at: int, events: Sequence[bytes], rejected: Sequence[bytes]
    ) -> list[PackedBatch]:
        documents = [(lines, True) for lines in events] + [(lines, False) for lines in rejected]
        return [batch for part in _by_size(documents) for batch in _pack_part(tenant, received_at, part)]

    def unpack(self, message: str) -> UnpackedBatch:
        return read_message(message)


def write_message(batch: PackedBatch) -> str:
    envelope = {
        "v": VERSION,
        "tenant": batch.tenant,
        "events": batch.events,
        "rejected": batch.rejected,
        "received_at": batch.received_at,
        "body": base64.b64encode(batch.frame).decode(),
    }
    return orjson.dumps(envelope).decode()


def read_message(message: str) -> UnpackedBatch:
    """Raises PoisonMessage for everything that `write_message` does not write."""
    envelope = _envelope(message)
    try:
        frame = base64.b64decode(envelope["body"], validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise PoisonMessage("The message's body is not base64.") from error
    body = read_frame(frame)
    if body.count(b"\n") != 2 * (envelope["events"] + envelope["rejected"]) or not body.endswith(b"\n"):
        raise PoisonMessage("The message's body has another number of documents than it says.")
    numbers = {name: envelope[name] for name in _NUMBERS}
    return UnpackedBatch(PackedBatch(tenant=envelope["tenant"], frame=frame, **numbers), body)


def read_frame(frame: bytes) -> bytes:
    """One frame, at most BODY_BYTES unpacked, whatever it claims."""
    try:
        claimed = zstandard.get_frame_parameters(frame).content_size
        if not 0 < claimed <= BODY_BYTES:
            raise PoisonMessage(f"The message's frame claims {claimed} bytes; at most {BODY_BYTES} are unpacked.")
        return zstandard.ZstdDecompressor().decompress(frame, max_output_size=BODY_BYTES, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise PoisonMessage("The message's frame is damaged.") from error


def _envelope(message: str) -> dict[str, Any]:
    try:
        envelope = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise PoisonMessage("The message is not JSON.") from error
    if not isinstance(envelope, dict) or envelope.get("v") != VERSION:
        raise PoisonMessage(f"The message is not of version {VERSION}.")
    if not isinstance(envelope.get("tenant"), str) or not isinstance(envelope.get("body"), str):
        raise PoisonMessage("The message names no tenant or has no body.")
    if any(type(envelope.get(name)) is not int or envelope[name] < 0 for name in _NUMBERS):
        raise PoisonMessage("The message's numbers are missing or wrong.")
    return envelope


def _by_size(documents: Sequence[tuple[bytes, bool]]) -> Iterable[list[tuple[bytes, bool]]]:
    """Parts of at most BODY_BYTES; a single document is far below (see the limits)."""
    part: list[tuple[bytes, bool]] = []
    size = 0
    for document in documents:
        if size + len(document[0]) > BODY_BYTES:
            yield part
            part, size = [], 0
        part.append(document)
        size += len(document[0])
    if part:
        yield part


def _pack_part(tenant: str, received_at: int, part: Sequence[tuple[bytes, bool]]) -> list[PackedBatch]:
    """Halved until each frame fits: how far text shrinks is known only when it is done."""
    frame = zstandard.ZstdCompressor(level=LEVEL).compress(b"".join([lines for lines, _ in part]))
    if len(frame) > FRAME_BYTES and len(part) > 1:
        half = len(part) // 2
        return _pack_part(tenant, received_at, part[:half]) + _pack_part(tenant, received_at, part[half:])
    events = sum(is_event for _, is_event in part)
    return [PackedBatch(tenant, events, len(part) - events, received_at, frame)]
