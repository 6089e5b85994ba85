"""A request's bytes in, a receipt for each event out. Accepted means durable in the queue before the answer."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from touchline.domain.event_documents import DocumentIds, event_index, rejected_document, rejected_index, sequence_of
from touchline.domain.event_times import read_moment
from touchline.domain.events import Document, Rules, validate_event
from touchline.domain.limits import EVENT_BYTES, ID_CHARS, KIB
from touchline.domain.rejection import Refused, Rejection
from touchline.domain.tenancy import Tenant
from touchline.domain.text import HIDDEN
from touchline.errors import InvalidRequest
from touchline.ports import EventBodies, EventPacking, EventQueue, SentEvents
from touchline.services.limit_rate import RateLimiter


@dataclass(frozen=True, slots=True)
class SentRequest:
    body: bytes
    content_type: str
    content_encoding: str
    received_at: int  # epoch ms
    first_slot: int  # of the sequence; random, so that two containers in one millisecond hardly ever share a number


@dataclass(slots=True)
class Receipts:
    """What became of each event, in the request's order."""

    receipts: list[dict[str, Any]] = field(default_factory=list)
    accepted: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)  # by code

    def answer(self) -> dict[str, Any]:
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": self.rejected.total(),
            "receipts": self.receipts,
        }


@dataclass(frozen=True, slots=True)
class Intake:
    """What accepting needs from the outside."""

    bodies: EventBodies
    packing: EventPacking
    queue: EventQueue
    limiter: RateLimiter
    max_age_days: int


def accept_events(request: SentRequest, tenant: Tenant, intake: Intake) -> Receipts:
    """Raises InvalidRequest, TooLarge or RateLimited for the request as a whole; StoreUnavailable promises nothing."""
    intake.limiter.check(tenant, request.received_at)
    sent = intake.bodies.read(request.body, request.content_type, request.content_encoding)
    rules = Rules(
        tenant=tenant,
        received_at=request.received_at,
        now=request.received_at,
        max_age_days=intake.max_age_days,
        sent_at=_sent_at(sent.sent_at),
    )
    intake.limiter.use(tenant, len(sent.events), request.received_at)
    return queue_events(sent, rules, request.first_slot, intake.packing, intake.queue)


def queue_events(sent: SentEvents, rules: Rules, first_slot: int, packing: EventPacking, queue: EventQueue) -> Receipts:
    """Each judged, and put on the queue or aside. Raises StoreUnavailable; sending the same again is harmless."""
    sorting = _Sorting(sent, rules, first_slot, packing)
    for index, event in enumerate(sent.events):
        sorting.add(index, event)
    queue.send(packing.pack(rules.tenant.id, rules.received_at, sorting.events, sorting.rejected))
    return sorting.receipts


class _Sorting:
    """One request's events, sorted into what is taken and what is set aside."""

    def __init__(self, sent: SentEvents, rules: Rules, first_slot: int, packing: EventPacking) -> None:
        self.events: list[bytes] = []
        self.rejected: list[bytes] = []
        self.receipts = Receipts()
        self._sent = sent
        self._rules = rules
        self._packing = packing
        self._first_sequence = sequence_of(rules.received_at, first_slot)
        self._ids = DocumentIds(rules.tenant.id)
        self._taken: set[str] = set()

    def add(self, index: int, event: object) -> None:
        verdict = self._judge(index, event)
        if isinstance(verdict, Rejection):
            self._set_aside(index, event, verdict)
            return
        document, encoded = verdict
        event_id = document["id"]
        receipts = self.receipts
        if event_id in self._taken:
            receipts.duplicates += 1
            receipts.receipts.append({"index": index, "id": event_id, "status": "duplicate"})
            return
        self._taken.add(event_id)
        document_id = self._ids.of(event_id.encode())
        self.events.append(self._packing.lines(event_index(document["@timestamp"]), document_id, encoded))
        receipts.accepted += 1
        receipts.receipts.append({"index": index, "id": event_id, "status": "accepted"})

    def _judge(self, index: int, event: object) -> tuple[Document, bytes] | Rejection:
        if isinstance(event, Rejection):
            return event
        document = validate_event(event, self._rules, self._first_sequence + index)
        if isinstance(document, Rejection):
            return document
        encoded = self._packing.encode(document)
        if len(encoded) > EVENT_BYTES:
            return Rejection("event_too_large", None, f"The event's document is over {EVENT_BYTES // KIB} KiB.")
        return document, encoded

    def _set_aside(self, index: int, event: object, rejection: Rejection) -> None:
        rules = self._rules
        original = self._sent.original(index)
        event_id = _readable_id(event)
        document = rejected_document(
            rules.tenant.id,
            original,
            rejection,
            sequence=self._first_sequence + index,
            event_id=event_id,
            sent_at=rules.sent_at,
        )
        encoded = self._packing.encode(document)
        self.rejected.append(self._packing.lines(rejected_index(rules.received_at), self._ids.of(original), encoded))
        receipt = {"index": index, "id": event_id, "status": "rejected", "code": rejection.code}
        self.receipts.receipts.append(receipt | {"field": rejection.field, "reason": rejection.reason})
        self.receipts.rejected[rejection.code] += 1


def _sent_at(value: object) -> int | None:
    if value is None:
        return None
    try:
        return read_moment(value, "sent_at")
    except Refused as refused:
        raise InvalidRequest(refused.rejection.reason, field="sent_at") from refused


def _readable_id(event: object) -> str | None:
    """The event's own id, where it can be shown."""
    event_id = event.get("id") if isinstance(event, dict) else None
    if type(event_id) is not str or len(event_id) > ID_CHARS or HIDDEN.search(event_id):
        return None
    return event_id or None
