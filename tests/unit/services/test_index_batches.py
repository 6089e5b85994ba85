import json
import random
from typing import Any

import pytest
from touchline.adapters.memory.archive import MemoryArchive
from touchline.adapters.memory.event_index import MemoryEventIndex
from touchline.adapters.packing import ZstdPacking, write_message
from touchline.domain.archive import is_settled
from touchline.errors import StoreUnavailable
from touchline.ports import ItemOutcome
from touchline.services.index_batches import IndexedMessages, QueueMessage, index_batches

from tests.unit.services.accepting import EVENT, NOW, Accepting


def messages_of(*requests: list[dict[str, Any]]) -> list[QueueMessage]:
    accepting = Accepting()
    for events in requests:
        accepting.send_json(events)
    return [QueueMessage(f"m{number}", write_message(batch)) for number, batch in enumerate(accepting.queue.batches)]


def events(*names: str) -> list[dict[str, Any]]:
    return [EVENT | {"id": name} for name in names]


class Work:
    def __init__(self, index: MemoryEventIndex | None = None) -> None:
        self.index = index or MemoryEventIndex()
        self.archive = MemoryArchive()
        self.now = NOW

    def do(self, messages: list[QueueMessage]) -> IndexedMessages:
        return index_batches(messages, packing=ZstdPacking(), archive=self.archive, index=self.index, now=self.now)

    def ids(self) -> list[str]:
        return sorted(document["id"] for document in self.index.documents() if "state" not in document)


def test_messages_are_archived_in_one_object_and_indexed() -> None:
    work = Work()
    done = work.do(messages_of(events("a", "b"), events("c")))
    assert done.returned == {}
    assert work.ids() == ["a", "b", "c"]
    [key] = work.archive.keys("batches/")
    assert key.startswith("batches/2026-11-18/11/")
    assert done.newest == {"acme": NOW}


def test_a_message_that_waited_is_filed_under_the_hour_of_its_archiving() -> None:
    work = Work()
    work.now = NOW + 3 * 3_600_000
    work.do(messages_of(events("a")))
    [key] = work.archive.keys("batches/")
    assert key.startswith("batches/2026-11-18/14/")
    assert not is_settled(key, work.now)


def test_a_message_that_comes_again_in_its_hour_is_archived_once() -> None:
    work = Work()
    for _ in range(2):
        work.do(messages_of(events("a")))
    assert len(list(work.archive.keys("batches/"))) == 1


def test_any_number_of_deliveries_in_any_order_ends_in_the_same_state() -> None:
    messages = messages_of(events("a", "b"), events("b", "c"), [EVENT | {"actor": None}])
    states = []
    for seed in range(6):
        shuffled = random.Random(seed).choices(messages, k=8) + messages
        random.Random(seed).shuffle(shuffled)
        work = Work()
        for start in range(0, len(shuffled), 3):
            assert work.do(shuffled[start : start + 3]).returned == {}
        states.append({(index, name) for index, found in work.index.indices.items() for name in found})
    assert all(state == states[0] for state in states)
    assert len(states[0]) == 4


def test_a_poison_message_touches_no_other() -> None:
    work = Work()
    done = work.do([QueueMessage("poison", "{}"), *messages_of(events("a"))])
    assert list(done.poisoned) == ["poison"]
    assert work.ids() == ["a"]


def test_a_document_that_the_mapping_refuses_is_set_aside_alone() -> None:
    work = Work(MemoryEventIndex(lambda document: "strict" if document.get("id") == "b" else None))
    done = work.do(messages_of(events("a", "b", "c")))
    assert done.returned == {}
    assert (done.counts["created"], done.counts["refused"]) == (2, 1)
    [rejected] = [document for document in work.index.documents() if "state" in document]
    assert (rejected["code"], rejected["event_id"], rejected["reason"]) == ("refused_by_index", "b", "strict")
    assert json.loads(rejected["original"])["actor"] == {"id": "c1"}


def test_a_closed_day_is_opened_for_a_late_event() -> None:
    work = Work()
    work.index.closed.add("events-2026.11.18")
    assert work.do(messages_of(events("a"))).returned == {}
    assert work.ids() == ["a"]


@pytest.mark.parametrize("failing", ["archive", "index"])
def test_a_store_that_is_away_returns_the_messages(failing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise StoreUnavailable("away")

    work = Work()
    monkeypatch.setattr(getattr(work, failing), {"archive": "put", "index": "bulk"}[failing], away)
    messages = messages_of(events("a"), events("b"))
    assert set(work.do(messages).returned) == {"m0", "m1"}
    assert work.ids() == []


def test_one_document_to_try_again_returns_its_message_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    real = work.index.bulk

    def throttled(body: bytes) -> list[ItemOutcome]:
        return [ItemOutcome("retry", "429"), *real(body)[1:]]

    monkeypatch.setattr(work.index, "bulk", throttled)
    assert list(work.do(messages_of(events("a", "b"), events("c"))).returned) == ["m0"]
