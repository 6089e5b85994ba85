"""Where a corrected event stands among the versions of its id."""

import json

import pytest
from touchline.adapters.memory.event_index import MemoryEventIndex
from touchline.adapters.memory.rejected_events import MemoryRejectedEvents
from touchline.adapters.packing import ZstdPacking
from touchline.adapters.request_body import JsonEventBodies
from touchline.domain.event_documents import rejected_document, sequence_of
from touchline.domain.rejected_events import RejectedEvent
from touchline.domain.rejection import Rejection
from touchline.services.replay_rejected import Replaying, replay_events

from tests.unit.services.accepting import ACME, EVENT, NOW, Accepting

LATER = NOW + 86_400_000


def rejected(code: str) -> RejectedEvent:
    original = json.dumps(EVENT | {"timestamp": NOW}).encode()
    document = rejected_document(
        "acme", original, Rejection(code, None, "strict"), sequence=sequence_of(NOW, 7), event_id="e1"
    )
    return RejectedEvent("r1", "rejected-2026.11.18", document)


@pytest.mark.parametrize(("code", "before_the_first"), [("refused_by_index", True), ("too_long", False)])
def test_what_the_index_refused_is_corrected_in_its_place(code: str, *, before_the_first: bool) -> None:
    accepting = Accepting()
    index = MemoryEventIndex()
    event = rejected(code)
    index.indices[event.index] = {event.id: event.document}
    replaying = Replaying(
        rejected=MemoryRejectedEvents(index),
        bodies=JsonEventBodies(),
        packing=ZstdPacking(),
        queue=accepting.queue,
        tenant=ACME,
        now=LATER,
        first_slot=0,
        max_age_days=400,
    )
    (replay,) = replay_events([event], replaying)
    assert replay.status == "replayed"
    [document] = accepting.documents()
    assert (document["sequence"] < sequence_of(NOW, 7)) is before_the_first
