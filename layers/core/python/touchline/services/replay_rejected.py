"""Rejected events judged once more, as they came or corrected, and sent on their way. Doing it twice changes nothing.

The event's id makes a second sending harmless, so an event is sent first and marked as replayed after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from touchline.domain.event_documents import SLOTS, DocumentIds, event_index, sequence_of
from touchline.domain.events import Document, Rules, validate_event
from touchline.domain.limits import EVENT_BYTES, KIB
from touchline.domain.rejected_events import RejectedEvent, RejectedFilter, corrected
from touchline.domain.rejection import REFUSED_BY_INDEX, Rejection
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest
from touchline.ports import EventBodies, EventPacking, EventQueue, RejectedEvents

# Read, judged, sent and marked within API Gateway's 30 s, many times over.
REPLAYED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Replaying:
    """What replaying needs from the outside, and when and for whom it is done."""

    rejected: RejectedEvents
    bodies: EventBodies
    packing: EventPacking
    queue: EventQueue
    tenant: Tenant
    now: int  # epoch ms
    first_slot: int
    max_age_days: int


@dataclass(frozen=True, slots=True)
class Replay:
    """`replayed`, `already_replayed`, or `rejected` again with the reason."""

    id: str
    status: str
    event_id: str | None = None
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class ReplayedPage:
    replays: list[Replay]
    left: int  # open ones that the filter takes and this call did not reach
    next_before: int | None  # go on from here


def replay_events(
    events: Sequence[RejectedEvent],
    replaying: Replaying,
    *,
    changes: Mapping[str, Any] | None = None,
    replacement: object | None = None,
) -> list[Replay]:
    """`changes` are set in each event by path; `replacement` takes the place of what was sent. In the order given."""
    ids = DocumentIds(replaying.tenant.id)
    replays: list[Replay] = []
    lines: list[bytes] = []
    sent: list[tuple[RejectedEvent, str]] = []
    for slot, event in enumerate(events):
        if event.replayed_as is not None:
            replays.append(Replay(event.id, "already_replayed", event.replayed_as))
            continue
        verdict = _judge(event, replaying, slot, changes or {}, replacement)
        if isinstance(verdict, Rejection):
            replays.append(Replay(event.id, "rejected", rejection=verdict))
            continue
        document, encoded = verdict
        index = event_index(document["@timestamp"])
        lines.append(replaying.packing.lines(index, ids.of(document["id"].encode()), encoded))
        sent.append((event, document["id"]))
        replays.append(Replay(event.id, "replayed", document["id"]))
    if lines:
        replaying.queue.send(replaying.packing.pack(replaying.tenant.id, replaying.now, lines, []))
        replaying.rejected.mark_replayed(sent)
    return replays


def replay_matching(
    wanted: RejectedFilter, replaying: Replaying, *, changes: Mapping[str, Any], limit: int, before: int | None
) -> ReplayedPage:
    """The newest `limit` open ones that the filter takes, from before the sequence `before`."""
    tenant = replaying.tenant.id
    events = replaying.rejected.page(tenant, wanted, limit=limit, before=before)
    replays = replay_events(events, replaying, changes=changes)
    if len(events) < limit:
        return ReplayedPage(replays, 0, None)
    following = events[-1].sequence
    left = replaying.rejected.count(tenant, wanted, before=following)
    return ReplayedPage(replays, left, following if left else None)


def _judge(
    rejected: RejectedEvent, replaying: Replaying, slot: int, changes: Mapping[str, Any], replacement: object | None
) -> tuple[Document, bytes] | Rejection:
    event = replacement if replacement is not None else _decoded(rejected, replaying.bodies)
    if isinstance(event, Rejection):
        return event
    if changes:
        if not isinstance(event, dict):
            return Rejection("not_an_object", None, "No field of it can be set; send the corrected event.")
        event = corrected(event, changes)
    rules = Rules(
        tenant=replaying.tenant,
        received_at=rejected.document["@timestamp"],  # an event without a time happened when it first came
        now=replaying.now,
        max_age_days=replaying.max_age_days,
        sent_at=rejected.document.get("sent_at"),
    )
    document = validate_event(event, rules, _sequence(rejected, replaying, slot))
    if isinstance(document, Rejection):
        return document
    encoded = replaying.packing.encode(document)
    if len(encoded) > EVENT_BYTES:
        return Rejection("event_too_large", None, f"The event's document is over {EVENT_BYTES // KIB} KiB.")
    return document, encoded


def _sequence(rejected: RejectedEvent, replaying: Replaying, slot: int) -> int:
    """Just before the event where the index refused it: its first version is in the archive, and of an id's versions
    the one accepted first counts. So the corrected one takes its place there, on whatever day either happened."""
    if rejected.document["code"] == REFUSED_BY_INDEX:
        return rejected.sequence - SLOTS  # a millisecond: the slots of one are another request's
    return sequence_of(replaying.now, replaying.first_slot + slot)


def _decoded(rejected: RejectedEvent, bodies: EventBodies) -> object:
    if not rejected.is_whole:
        return Rejection("event_too_large", None, "Only its beginning was kept; send the corrected event.")
    try:
        events = bodies.read(b"[" + rejected.original + b"]", "application/json", "").events
    except InvalidRequest:
        return Rejection("malformed_json", None, "What was sent is not JSON; send the corrected event.")
    return events[0] if len(events) == 1 else Rejection("malformed_json", None, "What was sent is not one JSON value.")
