"""What the index said about each document of one message, made good where it can be.

A document that the mapping refuses is set aside alone, with its cause; a day that was closed for writing is opened for
the late event; what may work later sends the message back.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from touchline.domain.event_documents import DocumentIds, received_at_of, rejected_document, rejected_index
from touchline.domain.rejection import REFUSED_BY_INDEX, Rejection
from touchline.domain.sent_shape import as_sent
from touchline.ports import Document, EventIndex, EventPacking, ItemOutcome, UnpackedBatch


@dataclass(slots=True)
class Settlement:
    counts: Counter[str] = field(default_factory=Counter)  # created, duplicate, refused
    retry: str | None = None  # why the message must come again


type _Line = tuple[bytes, bytes]  # action and document


def settle_outcomes(
    unpacked: UnpackedBatch, outcomes: Sequence[ItemOutcome], *, index: EventIndex, packing: EventPacking
) -> Settlement:
    """Raises StoreUnavailable as the index does; sending the message again is then harmless."""
    counts = Counter(outcome.kind for outcome in outcomes)
    settlement = Settlement(Counter({kind: counts[kind] for kind in ("created", "duplicate") if counts[kind]}))
    if counts.keys() <= {"created", "duplicate"}:
        return settlement
    lines = unpacked.body.split(b"\n")
    pairs = list(zip(lines[0::2], lines[1::2], strict=False))
    _settle(pairs, outcomes, settlement, _Reopening(index), packing)
    return settlement


def _settle(
    pairs: Sequence[_Line],
    outcomes: Sequence[ItemOutcome],
    settlement: Settlement,
    reopening: "_Reopening",
    packing: EventPacking,
) -> None:
    pending = list(zip(pairs, outcomes, strict=False))
    blocked = [pair for pair, outcome in pending if outcome.kind == "blocked"]
    if blocked:
        again = list(zip(blocked, reopening.send(blocked), strict=True))
        settlement.counts.update(outcome.kind for _, outcome in again if outcome.kind in {"created", "duplicate"})
        pending = [(pair, outcome) for pair, outcome in pending if outcome.kind != "blocked"] + again
    refused = [(pair, outcome.reason) for pair, outcome in pending if outcome.kind == "refused"]
    trouble = [outcome.reason for _, outcome in pending if outcome.kind in {"retry", "blocked"}]
    if refused:
        trouble += _set_aside(refused, settlement, reopening, packing)
    if trouble:
        settlement.retry = f"{len(trouble)} documents: {trouble[0]}"


class _Reopening:
    """The index, opening days that are closed."""

    def __init__(self, index: EventIndex) -> None:
        self._index = index

    def send(self, pairs: Sequence[_Line]) -> list[ItemOutcome]:
        for name in sorted({str(json.loads(action)["create"]["_index"]) for action, _ in pairs}):
            self._index.reopen(name)
        return self.send_as_it_is(pairs)

    def send_as_it_is(self, pairs: Sequence[_Line]) -> list[ItemOutcome]:
        return self._index.bulk(b"".join([action + b"\n" + document + b"\n" for action, document in pairs]))


def _set_aside(
    refused: Sequence[tuple[_Line, str]], settlement: Settlement, index: _Reopening, packing: EventPacking
) -> list[str]:
    """Reasons for another try, if any."""
    pairs = []
    trouble = []
    for (_, encoded), cause in refused:
        document: Document = json.loads(encoded)
        if "state" in document:
            # A rejected document that is itself refused is our own fault: it must end where an alarm rings.
            trouble.append("a rejected document was refused by the mapping")
        else:
            pairs.append(_rejected_lines(document, cause, packing))
    outcomes = index.send_as_it_is(pairs) if pairs else []
    settlement.counts["refused"] += len(pairs)
    return trouble + [outcome.reason for outcome in outcomes if outcome.kind not in {"created", "duplicate"}]


def _rejected_lines(document: Document, cause: str, packing: EventPacking) -> _Line:
    original = json.dumps(as_sent(document), ensure_ascii=False).encode()
    rejected = rejected_document(
        document["tenant"],
        original,
        Rejection(REFUSED_BY_INDEX, None, cause),
        sequence=document["sequence"],
        event_id=document["id"],
    )
    name = rejected_index(received_at_of(document["sequence"]))
    lines = packing.lines(name, DocumentIds(document["tenant"]).of(original), packing.encode(rejected))
    action, encoded, _ = lines.split(b"\n")
    return action, encoded
