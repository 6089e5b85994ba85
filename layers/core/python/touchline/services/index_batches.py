"""Queue messages to archive and index. Each message is done when all of it is; one message's trouble stays its own.

Archived first: whatever can be found can be indexed again. Indexing a message twice changes nothing; archiving it in
another hour writes its events once more, which their ids resolve.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from touchline.domain.archive import BATCHES
from touchline.domain.limits import MIB
from touchline.errors import PoisonMessage, StoreUnavailable
from touchline.ports import Archive, EventIndex, EventPacking, UnpackedBatch
from touchline.services.settle_outcomes import Settlement, settle_outcomes

# Larger bodies are no faster (measured from 5 MB on), and cost both sides their memory.
REQUEST_BYTES: Final = 5 * MIB
# Below this a second request costs the node more than waiting for one.
LEAST_BYTES: Final = MIB // 2
# Two at a time were measured to be the fastest: 43.7 k documents a second, against 30.0 k by one and 40.5 k by four.
AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class QueueMessage:
    id: str
    text: str
    receipt: str = ""
    receives: int = 1  # this delivery included


@dataclass(slots=True)
class IndexedMessages:
    """What became of an invocation's messages."""

    returned: dict[str, str] = field(default_factory=dict)  # message id → why it must come again
    poisoned: dict[str, str] = field(default_factory=dict)  # message id → why it never can be worked on
    counts: Counter[str] = field(default_factory=Counter)  # created, duplicate, refused
    indexed: list[tuple[str, UnpackedBatch]] = field(default_factory=list)  # by message id: whole, and nothing returned
    newest: dict[str, int] = field(default_factory=dict)  # tenant → received-at (epoch ms) of the newest indexed
    oldest_received_at: int | None = None


@dataclass(frozen=True, slots=True)
class _Work:
    message_id: str
    unpacked: UnpackedBatch


def index_batches(
    messages: Iterable[QueueMessage], *, packing: EventPacking, archive: Archive, index: EventIndex, now: int
) -> IndexedMessages:
    """`now` in epoch ms: batches are filed under the hour of their archiving, however long they waited before."""
    done = IndexedMessages()
    works = _unpack(messages, packing, done)
    archived = _archived(works, archive, done, now) if works else []
    requests = list(_in_requests(archived))
    if len(requests) == 1:
        results = [_index(requests[0], index, packing)]
    else:
        with ThreadPoolExecutor(AT_ONCE) as at_once:
            results = list(at_once.map(lambda request: _index(request, index, packing), requests))
    for request, result in zip(requests, results, strict=True):
        _note(request, result, done)
    return done


def batch_key(archived_at: int, frames: Sequence[bytes]) -> str:
    """From the hour and the content: archiving the same messages again soon after writes the same object."""
    digest = hashlib.blake2b(digest_size=16)
    for frame in frames:
        digest.update(frame)
    hour = datetime.fromtimestamp(archived_at // 1000, UTC).strftime("%Y-%m-%d/%H")
    return f"{BATCHES}{hour}/{digest.hexdigest()}.ndjson.zst"


def _unpack(messages: Iterable[QueueMessage], packing: EventPacking, done: IndexedMessages) -> list[_Work]:
    works = []
    for message in messages:
        try:
            works.append(_Work(message.id, packing.unpack(message.text)))
        except PoisonMessage as poison:
            done.poisoned[message.id] = f"{poison.code}: {poison}"
    return works


def _archived(works: list[_Work], archive: Archive, done: IndexedMessages, now: int) -> list[_Work]:
    """The works, if they are archived; none, and all of them returned, if not."""
    frames = sorted(work.unpacked.batch.frame for work in works)
    try:
        archive.put(batch_key(now, frames), b"".join(frames))
    except StoreUnavailable as error:
        done.returned |= {work.message_id: str(error) for work in works}
        return []
    return works


def _in_requests(works: Sequence[_Work]) -> Iterable[list[_Work]]:
    """In equal shares for the connections, so that none idles while another still sends."""
    share = sum(len(work.unpacked.body) for work in works) / AT_ONCE
    most = min(REQUEST_BYTES, max(LEAST_BYTES, share))
    request: list[_Work] = []
    size = 0
    for work in works:
        if request and size + len(work.unpacked.body) > most:
            yield request
            request, size = [], 0
        request.append(work)
        size += len(work.unpacked.body)
    if request:
        yield request


def _index(request: Sequence[_Work], index: EventIndex, packing: EventPacking) -> list[Settlement] | StoreUnavailable:
    """What became of each work, in order; or why the whole request must be sent again."""
    unpacked = [work.unpacked for work in request]
    expected = [work.batch.events + work.batch.rejected for work in unpacked]
    try:
        outcomes = index.bulk(b"".join([work.body for work in unpacked]))
        if len(outcomes) != sum(expected):
            raise StoreUnavailable(f"The index answered for {len(outcomes)} of {sum(expected)} documents.")
        settled = []
        start = 0
        for work, count in zip(unpacked, expected, strict=True):
            settled.append(settle_outcomes(work, outcomes[start : start + count], index=index, packing=packing))
            start += count
    except StoreUnavailable as error:
        return error
    return settled


def _note(request: Sequence[_Work], result: list[Settlement] | StoreUnavailable, done: IndexedMessages) -> None:
    if isinstance(result, StoreUnavailable):
        done.returned |= {work.message_id: str(result) for work in request}
        return
    for work, settlement in zip(request, result, strict=True):
        batch = work.unpacked.batch
        done.counts += settlement.counts
        if settlement.retry is not None:
            done.returned[work.message_id] = settlement.retry
            continue
        done.indexed.append((work.message_id, work.unpacked))
        done.newest[batch.tenant] = max(batch.received_at, done.newest.get(batch.tenant, 0))
        done.oldest_received_at = min(batch.received_at, done.oldest_received_at or batch.received_at)
